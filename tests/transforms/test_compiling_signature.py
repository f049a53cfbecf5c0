"""jit: what a program belongs to."""

import warnings

import attrs
import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import (
    ArgumentError,
    FallbackWarning,
)
from dispatchml.transforms import latest
from dispatchml.transforms.compiling import Compiled

from .compiled import RUNS, X, same, wave

pytestmark = [
    pytest.mark.filterwarnings("error::dispatchml.dispatch.errors.FallbackWarning"),
    pytest.mark.usefixtures("no_runs"),
]


def test_it_is_recorded_once_for_each_signature():
    compiled = dm.jit(wave)
    for _ in range(3):
        same(compiled(X), wave(X))
    assert RUNS.qsize() == 1 + 3
    compiled(X[:3])
    compiled(X.astype(np.float32))
    assert RUNS.qsize() == 1 + 3 + 2


def test_containers_go_in_and_out():
    @attrs.frozen
    class Pair:
        a: object
        b: object

    def f(pair, more, *, scale=1.0):
        return {"sum": pair.a + pair.b * more[0] * scale, "pair": Pair(pair.b, 3)}

    got = dm.jit(f)(Pair(X, 2.0), [4.0], scale=0.5)
    wanted = f(Pair(X, 2.0), [4.0], scale=0.5)
    same(got["sum"], wanted["sum"])
    assert isinstance(got["pair"], Pair)
    assert got["pair"] == Pair(2.0, 3)


def test_whole_numbers_are_parts_of_the_signature():
    def f(x, n, how="sin"):
        RUNS.put(1)
        for _ in range(n):
            x = getattr(np, how)(x)
        return x

    compiled = dm.jit(f)
    for n in (1, 2, 1, 2):
        same(compiled(X, n), f(X, n))
    same(compiled(X, 1, how="cos"), np.cos(X))
    assert RUNS.qsize() == 2 + 4 + 1


def test_static_arguments():
    compiled = dm.jit(lambda x, k: x * (2.0 if k > 1 else 3.0), static_argnums=1)
    same(compiled(X, 2.5), X * 2.0)
    same(compiled(X, 0.5), X * 3.0)
    named = dm.jit(lambda x, *, k: x * (2.0 if k > 1 else 3.0), static_argnames="k")
    same(named(X, k=2.5), X * 2.0)


def test_a_branch_on_a_computed_number_is_remembered_with_the_program():
    def f(x):
        RUNS.put(1)
        return np.sum(x) if x[0] > 0.5 else np.sum(x * x)

    compiled = dm.jit(f)
    for x in (X, X + 1, X, X + 2, X):
        same(compiled(x), f(x))
    assert RUNS.qsize() == 2 + 5
    same(dm.grad(compiled)(X), 2 * X)
    same(dm.grad(compiled)(X + 1), np.ones(5))


def test_a_loop_whose_length_depends_on_numbers():
    def root(a):
        x = a
        while abs(x * x - a) > 1e-12:
            x = 0.5 * (x + a / x)
        return x

    compiled = dm.jit(root)
    for a in (2.0, 3.0, 2.5, 100.0):
        same(compiled(a), root(a))
    assert abs(dm.grad(compiled)(2.0) - 0.5 / np.sqrt(2)) < 1e-9


def test_the_signature_that_changes_each_time_is_pointed_out():
    compiled = dm.jit(lambda x, n: x * n)
    for n in range(8):
        compiled(X, n)
    with pytest.warns(FallbackWarning, match="in a row"):
        compiled(X, 8)
    compiled(X, 9)  # it is said once


def test_the_order_of_keys_is_part_of_the_signature():
    compiled = dm.jit(lambda d, rest: [v * 2 for v in d.values()] + [v for e in rest for v in e["x"].values()])
    for d in ({"a": 1.0, "b": 2.0}, {"b": 2.0, "a": 1.0}, {"a": 1.0, "b": 2.0}):
        for inner in ({"p": 3.0, "q": 4.0}, {"q": 4.0, "p": 3.0}):
            same(compiled(d, [{"x": inner}]), [v * 2 for v in d.values()] + list(inner.values()))


@pytest.mark.parametrize("options", [{"static_argnums": "x"}, {"static_argnums": 1.0}, {"static_argnames": 0}])
def test_static_arguments_are_named_by_position_or_name(options):
    with pytest.raises(ArgumentError, match="static_arg"):
        dm.jit(wave, **options)


def test_programs_of_signatures_that_are_not_used_are_forgotten(monkeypatch):
    monkeypatch.setattr(latest, "SIGNATURES", 5)
    compiled = Compiled(lambda x, n: x * n)
    x = np.ones(2)
    for n in range(8):
        compiled(x, 1)  # used again and again
        np.testing.assert_array_equal(compiled(x, n), x * n)
    assert len(compiled.programs) == 5
    before = {program.executable for (program,) in compiled.programs.values()}
    compiled(x, 1)
    assert {program.executable for (program,) in compiled.programs.values()} == before
    np.testing.assert_array_equal(compiled(x, 0), 0 * x)  # recorded anew


def test_signatures_that_are_refused_are_forgotten(monkeypatch):
    monkeypatch.setattr(latest, "SIGNATURES", 5)
    compiled = Compiled(lambda x, n: x * int(x[0]) * n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for n in range(8):
            np.testing.assert_array_equal(compiled(np.ones(2), n), np.ones(2) * n)
    assert len(compiled.refused) == 5
