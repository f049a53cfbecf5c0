"""Elementwise operations on masked arrays of plain floats are numpy.ma's to the last bit, below the mask, too."""

import warnings

import numpy as np
import pytest
from dispatchml_masked.parts import masked_array

import dispatchml as dm
from dispatchml import ops

generator = np.random.default_rng(0)
A = np.ma.array(generator.uniform(-2.0, 2.0, (4, 5)), mask=generator.uniform(size=(4, 5)) < 0.3)
B = np.ma.array(generator.uniform(-2.0, 2.0, (4, 5)), mask=generator.uniform(size=(4, 5)) < 0.3, fill_value=7.0)
B[0, 0] = 0.0
B.mask = np.ma.getmaskarray(B) | (np.arange(5) == 2)

OPERATIONS = {
    "add": (lambda a, b: a + b, lambda a, b: ops.add(a, b)),
    "multiply": (lambda a, b: a * b, lambda a, b: ops.multiply(a, b)),
    "multiply by a number": (lambda a, b: a * 0.5, lambda a, b: ops.multiply(a, 0.5)),
    "divide": (lambda a, b: a / b, lambda a, b: ops.divide(a, b)),
    "divide by zero": (lambda a, b: a / 0.0, lambda a, b: ops.divide(a, 0.0)),
    "divide by a number": (lambda a, b: a / 3, lambda a, b: ops.divide(a, 3)),
    "negative": (lambda a, b: np.ma.negative(a), lambda a, b: ops.negative(a)),
    "sqrt": (lambda a, b: np.ma.sqrt(b), lambda a, b: ops.sqrt(b)),
    "log": (lambda a, b: np.ma.log(a), lambda a, b: ops.log(a)),
    "log10": (lambda a, b: np.ma.log10(a), lambda a, b: ops.log10(a)),
    "exp": (lambda a, b: np.ma.exp(a), lambda a, b: ops.exp(a)),
    "arctan": (lambda a, b: np.ma.arctan(b), lambda a, b: ops.arctan(b)),
    "the same twice": (lambda a, b: a - a, lambda a, b: ops.subtract(a, a)),
}


def same(got, wanted):
    assert type(got) is np.ma.MaskedArray
    assert got.dtype == wanted.dtype
    np.testing.assert_array_equal(np.ma.getmaskarray(got), np.ma.getmaskarray(wanted))
    np.testing.assert_array_equal(got.data.view(np.uint8), wanted.data.view(np.uint8))


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("name", OPERATIONS)
def test_numbers_masks_and_what_is_below_them_are_those_of_numpy_ma(name, kind):
    own, ours = OPERATIONS[name]
    a, b = A.astype(kind), B.astype(kind)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        wanted = own(a, b).astype(kind)  # numpy.ma makes double precision of single precision and a number
    with np.errstate(divide="raise", invalid="raise"):  # nothing is computed below a mask
        got = ours(a, b)
    if kind is np.float64:
        same(got, wanted)
    else:
        np.testing.assert_allclose(got.filled(0.0), wanted.filled(0.0), rtol=1e-6)
    assert got.fill_value == wanted.fill_value
    assert got.dtype == kind
    value, tangent = dm.jvp(ours, (a, b), (a, b))
    same(value, got)
    assert np.isfinite(tangent.data).all()
    assert not tangent.data[wanted.mask].any()
    for x, found in zip((a, b), dm.grad(lambda a, b: np.sum(ours(a, b)), argnums=(0, 1))(a, b), strict=True):
        assert found.dtype == kind or wanted.mask.all()  # the sum is then numpy.ma.masked, which is of double precision
        np.testing.assert_array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(x))
        assert not found.data[wanted.mask | x.mask].any()


def test_results_share_no_masks():
    a, b = A.copy(), B.copy()
    for y in (ops.multiply(a, 2.0), ops.add(a, a), dm.jvp(lambda a: a * 2.0, (a,), (a,))[0]):
        before = y.mask.copy()
        a.mask[1, 1] = ~a.mask[1, 1]
        np.testing.assert_array_equal(y.mask, before)
    del b


def test_a_masked_array_is_made_as_numpy_makes_it():
    numbers, mask = np.arange(3.0), np.array([False, True, False])
    wanted = numbers.view(np.ma.MaskedArray)
    wanted._mask = mask
    got = masked_array(numbers, mask)
    assert type(got) is np.ma.MaskedArray
    assert set(vars(got)) == set(vars(wanted))
    assert {k: v for k, v in vars(got).items() if k != "_mask"} == {
        k: v for k, v in vars(wanted).items() if k != "_mask"
    }
    assert got.copy().tolist() == [0.0, None, 2.0]
    got[0] = np.ma.masked
    assert got.tolist() == [None, None, 2.0]


@pytest.mark.parametrize("name", ["sqrt", "log", "log2", "log10", "tan", "arccosh", "true_divide", "remainder"])
@pytest.mark.parametrize("at", [np.inf, 1.5])
def test_functions_with_a_domain_mask_what_is_not_finite(name, at):
    function = getattr(np.ma, name)
    x = np.ma.array([at, 2.0, 3.0], mask=[False, False, True])

    def f(x):
        return function(x, 2.0) if name in ("true_divide", "remainder") else function(x)

    plain = f(x)
    value, tangent = dm.jvp(f, (x,), (np.ma.array(np.ones(3), mask=x.mask),))
    again, pullback = dm.vjp(f, x)
    (gradient,) = pullback(plain * 0.0 + 1.0)
    for found in (value, again):
        np.testing.assert_array_equal(found.mask, plain.mask)
        np.testing.assert_allclose(found.filled(0.0), plain.filled(0.0))
    np.testing.assert_allclose(gradient.filled(0.0), tangent.filled(0.0))
    assert np.isfinite(tangent.filled(0.0)).all()
