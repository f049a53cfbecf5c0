"""Every operation with a derivative, recorded: the program gives what the function gives, and so do its derivatives."""

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

    compiled = dm.jit(f)
    wanted = f(*given)
    for _ in range(2):
        assert_alike(compiled(*given), wanted)
    active = tuple(k for k, x in enumerate(given) if is_float(x))
    if not active or not any(is_float(y) for y in leaves(wanted)):
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

    primals = tuple(given[k] for k in active)

    def push(primals, tangents):
        return dm.jvp(of_active, primals, tangents)

    def pull(*primals):
        y, pullback = dm.vjp(of_active, *primals)
        return y, pullback(y)

    for function, arguments in ((push, (primals, tangents)), (pull, primals)):
        try:
            wanted = function(*arguments)
        except NoRuleError:
            continue
        compiled = dm.jit(function)
        for _ in range(2):
            assert_alike(compiled(*arguments), wanted)
