"""Masked arrays in compiled functions: the mask is part of the signature, the numbers are the program's."""

import warnings

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning

GENERATOR = np.random.default_rng(0)
PROGRAMS = {
    "polynomial": lambda x, y: x * x + 2.0 * y,
    "functions": lambda x, y: np.sum(np.sin(x) * np.exp(y)),
    "gradient": lambda x, y: dm.grad(lambda x: np.sum(np.sin(x) * y))(x),
    "tangent": lambda x, y: dm.jvp(lambda x: x * y / (1.0 + x * x), (x,), (y,)),
    "Hessian": lambda x, y: dm.hessian(lambda x: np.sum(x**3 * y))(x),
    "reductions": lambda x, y: x.mean() + np.max(y) + x.std(),
    "elements": lambda x, y: x[1] * y[1:],
    "remainder": lambda x, y: x % y,
    "quotient": lambda x, y: x / y,
    "logarithm": lambda x, y: dm.grad(lambda x: np.sum(np.log(x) * y))(x),
    "filled": lambda x, y: x.filled(3.0) * y.data,
    "in place": lambda x, y: in_place(x * 1.0, y),
    "together": lambda x, y: np.ma.concatenate([x, y]) * 2.0,
}


def in_place(x, y):
    x += y
    x *= 2.0
    return x


def drawn(k):
    mask = [False, True, False] if k < 2 else GENERATOR.random(3) < 0.4
    x = np.ma.array(np.round(GENERATOR.normal(size=3), 1), mask=mask)
    return x, np.ma.array(np.round(GENERATOR.normal(size=3)), mask=np.roll(mask, 1))


def check_same(found, wanted):
    if isinstance(wanted, tuple):
        for a, b in zip(found, wanted, strict=True):
            check_same(a, b)
        return
    np.testing.assert_array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(wanted))
    np.testing.assert_allclose(np.ma.filled(found, 0.0), np.ma.filled(wanted, 0.0), rtol=1e-12)


@pytest.mark.parametrize("name", PROGRAMS)
def test_compiled_functions_keep_masks_whatever_the_numbers_are(name):
    """Zeros and negative numbers mask what the recording has not seen masked."""
    f = PROGRAMS[name]
    compiled = dm.jit(f)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for k in range(6):
            x, y = drawn(k)
            check_same(compiled(x, y), f(x, y))


def test_functions_of_masked_arrays_are_compiled_not_only_run():
    compiled = dm.jit(dm.grad(lambda x: np.sum(np.sin(x) * x)))
    x = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
    with warnings.catch_warnings():
        warnings.simplefilter("error", FallbackWarning)
        check_same(compiled(x), dm.grad(lambda x: np.sum(np.sin(x) * x))(x))
    assert "sin" in str(compiled.report(x))


def test_another_mask_is_another_program_however_large_it_is():
    compiled = dm.jit(lambda x: np.sum(x * 2.0))
    size = 100_000
    x = np.ma.array(np.ones(size), mask=np.zeros(size, bool))
    x[0] = np.ma.masked
    assert compiled(x) == 2.0 * (size - 1)
    x[-1] = np.ma.masked
    assert compiled(x) == 2.0 * (size - 2)


def test_a_mask_that_depends_on_recorded_numbers_is_not_compiled():
    x = np.ma.array([1.0, -2.0, 3.0], mask=[False, False, True])
    compiled = dm.jit(np.ma.log)
    with pytest.warns(FallbackWarning, match="runs uncompiled"):
        found = compiled(x)
    check_same(found, np.ma.log(x))
