"""Every operation with a derivative, recorded: the program gives what the function gives, and so do its derivatives."""

import contextlib

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NoRuleError

from .test_every_primitive import CASES


def leaves(y):
    return [v for part in y for v in leaves(part)] if isinstance(y, (tuple, list)) else [y]


def assert_alike(got, wanted):
    got, wanted = leaves(got), leaves(wanted)
    assert len(got) == len(wanted)
    for a, b in zip(got, wanted, strict=True):
        assert type(a) is type(b)
        assert getattr(a, "dtype", None) == getattr(b, "dtype", None)
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def assert_compiled(function, arguments, wanted):
    compiled = dm.jit(function)
    for _ in range(2):
        assert_alike(compiled(*arguments), wanted)


def is_float(x):
    return isinstance(x, (float, complex)) or (isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fc")


@pytest.mark.parametrize("row", CASES, ids=repr)
@pytest.mark.filterwarnings("error::dispatchml.dispatch.errors.FallbackWarning")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_recorded(row):
    op = getattr(ops, row.name)
    given = row.arguments
    rng = np.random.default_rng(0)

    def f(*arguments):
        return op(arguments, **row.keywords) if op.info.variadic else op(*arguments, **row.keywords)

    wanted = f(*given)
    active = tuple(k for k, x in enumerate(given) if is_float(x))
    if not active or not any(is_float(y) for y in leaves(wanted)):
        assert_compiled(f, given, wanted)
        return
    tangents = tuple(
        np.asarray(rng.standard_normal(np.shape(x)), x.dtype) if isinstance(x, np.ndarray) else type(x)(0.7)
        for x in (given[k] for k in active)
    )

    def of_active(*values):
        full = list(given)
        for k, v in zip(active, values, strict=True):
            full[k] = v
        return f(*full)

    def push(*primals):
        return dm.jvp(of_active, primals, tangents)

    def pull(*primals):
        y, pullback = dm.vjp(of_active, *primals)
        return y, pullback(y)

    def with_derivatives(*given):
        return f(*given), *(derivative(*(given[k] for k in active)) for derivative in existing)

    primals, existing = tuple(given[k] for k in active), []
    for derivative in (push, pull):
        with contextlib.suppress(NoRuleError):
            derivative(*primals)
            existing.append(derivative)
    assert_compiled(with_derivatives, given, with_derivatives(*given))
