"""Tests of dispatchml.kernels.source."""

import ast
import math

import numpy as np
import pytest

from dispatchml.dispatch.errors import DispatchmlError
from dispatchml.kernels.source import read

FACTOR = 2.5
TABLE = np.arange(3.0)


def helper(x):
    return FACTOR * math.sin(x)


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


def with_branches(x, n=3):
    """A docstring."""
    total = 0.0
    for i in range(n):
        if x > 0:
            total += helper(x) + TABLE[i]
        else:
            return -1.5e-3
    return total + np.linalg.norm(TABLE)


def test_the_tree_has_the_lines_of_the_file():
    source = read(with_branches)
    assert isinstance(source.tree, ast.FunctionDef)
    assert source.tree.lineno == with_branches.__code__.co_firstlineno
    assert source.file == __file__
    assert source.parameters == ("x", "n")
    assert source.defaults == (3,)
    loop = next(n for n in ast.walk(source.tree) if isinstance(n, ast.For))
    assert source.line(loop) == f"{__file__}:{source.tree.lineno + 3}"


def test_names_and_helpers_are_found():
    source = read(with_branches)
    assert source.names["TABLE"] is TABLE
    assert source.names["np.linalg.norm"] is np.linalg.norm
    assert set(source.helpers) == {"helper"}
    inner = source.helpers["helper"]
    assert inner.names["FACTOR"] == 2.5
    assert inner.names["math.sin"] is math.sin
    assert not source.recursive


def test_recursion_is_a_cycle_of_sources():
    source = read(even)
    assert source.recursive
    assert source.helpers["odd"].helpers["even"] is source
    assert len(list(source.reached())) == 2


def test_cells_methods_and_indented_functions():
    scale = 3.0

    def inner(x):
        def twice(y):
            return 2 * y

        return scale * twice(x)

    source = read(inner)
    assert source.names["scale"] == 3.0
    assert "twice" not in source.names
    assert source.tree.lineno == inner.__code__.co_firstlineno


def test_lambdas_on_one_line_are_told_apart():
    f, g = (lambda x: x + 1.0), (lambda x: x * 2.0)
    assert ast.unparse(read(f).tree.body[0]) == "return x + 1.0"
    assert ast.unparse(read(g).tree.body[0]) == "return x * 2.0"
    h = lambda x: -x  # noqa: E731
    assert ast.unparse(read(h).tree.body[0]) == "return -x"


def test_what_cannot_be_a_kernel_is_refused_with_its_line():
    def generator(x):
        yield x

    async def waits(x):
        return x

    def many(*x):
        return x

    def keywords(x, *, y=1):
        return x

    made = {}
    exec("def made(x): return x", made)
    for function, text in (
        (generator, "generator"),
        (waits, "asynchronous"),
        (many, r"takes \*x"),
        (keywords, "keyword"),
        (made["made"], "no text"),
        (math.sin, "takes a Python function"),
    ):
        with pytest.raises(DispatchmlError, match=text):
            read(function)


def test_hints_are_not_read():
    def hinted(x: "Undefined") -> "Undefined":  # noqa: F821
        y: Undefined = x + 1  # noqa: F821
        return y

    assert read(hinted).parameters == ("x",)
