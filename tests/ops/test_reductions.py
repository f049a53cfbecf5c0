"""Values of reductions: NumPy's, over axes, keywords and dtypes."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from dispatchml import ops

RNG = np.random.default_rng(5)
X = RNG.standard_normal((3, 4, 2))
ARRAYS = {
    "float64": X,
    "float32": X.astype(np.float32),
    "float16": X.astype(np.float16),
    "complex128": X + 1j * X[::-1],
    "int64": (10 * X).astype(int),
    "int8": (10 * X).astype(np.int8),
    "bool": X > 0,
    "fortran": np.asfortranarray(X),
    "strided": X[::2, ::-1],
    "0-d": np.asarray(2.5),
    "scalar": np.float32(2.5),
}
SAME = ["sum", "prod", "mean", "var", "std", "max", "min", "median", "any", "all", "count_nonzero", "ptp"]
NANS = ["nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin", "nanmedian"]


@pytest.mark.parametrize("name", [*SAME, *NANS])
@pytest.mark.parametrize("kind", ARRAYS)
def test_values_are_those_of_numpy(name, kind):
    x = ARRAYS[kind]
    if kind == "bool" and name == "ptp":
        return  # NumPy does not subtract bools
    for axis in (None, 0, 1, -1, (0, 2), (-1, 0)) if np.ndim(x) else (None,):
        for keepdims in (False, True):
            found = getattr(ops, name)(x, axis=axis, keepdims=keepdims)
            want = getattr(np, name)(x, axis=axis, keepdims=keepdims)
            np.testing.assert_allclose(found, want, rtol=1e-14)
            assert np.asarray(found).dtype == np.asarray(want).dtype
            assert np.shape(found) == np.shape(want)


@pytest.mark.parametrize("name", ["argmax", "argmin", "nanargmax", "nanargmin"])
def test_positions(name):
    for axis in (None, 0, -1):
        for keepdims in (False, True):
            found = getattr(ops, name)(X, axis=axis, keepdims=keepdims)
            np.testing.assert_array_equal(found, getattr(np, name)(X, axis=axis, keepdims=keepdims))


@pytest.mark.parametrize("name", ["sum", "prod", "mean"])
def test_accumulators(name):
    for dtype in (np.float32, np.float64, np.complex128):
        found = getattr(ops, name)(ARRAYS["float32"], axis=1, dtype=dtype)
        np.testing.assert_array_equal(found, getattr(np, name)(ARRAYS["float32"], axis=1, dtype=dtype))
        assert found.dtype == dtype


def test_nothing():
    empty = np.zeros((0, 3))
    np.testing.assert_array_equal(ops.sum(empty, axis=0), np.zeros(3))
    np.testing.assert_array_equal(ops.prod(empty, axis=0), np.ones(3))
    assert ops.sum(empty, axis=1).shape == (0,)
    assert ops.mean(empty, axis=1).shape == (0,)
    for op in (ops.max, ops.min):
        with pytest.raises(ValueError, match="zero-size"):
            op(empty, axis=0)
    with pytest.warns(RuntimeWarning):
        assert np.isnan(ops.mean(np.zeros(0)))
    with pytest.raises(np.exceptions.AxisError):
        ops.sum(X, axis=3)


def test_python_numbers_stay():
    for op in (ops.sum, ops.prod, ops.mean, ops.max, ops.median, ops.var, ops.std, ops.logsumexp, ops.vector_norm):
        assert type(op(2.5)) is float
    assert ops.sum(2) == 2
    assert type(ops.sum(True)) is int
    assert type(ops.sum(2j)) is complex
    assert type(ops.mean(2)) is float
    assert ops.sum(2.5, axis=-1) == 2.5
    assert ops.sum(2, dtype=np.float64) == 2.0
    assert ops.mean(2, dtype=np.float32) == 2.0
    with pytest.raises(np.exceptions.AxisError):
        ops.sum(2.5, axis=1)


def test_objects():
    x = np.array([Fraction(1, 3), Fraction(1, 2), Fraction(1, 6)])
    assert ops.sum(x) == 1
    assert ops.prod(x) == Fraction(1, 36)
    assert ops.mean(x) == ops.median(x) == Fraction(1, 3)
    assert ops.max(x) == Fraction(1, 2)
    assert ops.var(x) == Fraction(1, 54)
    assert ops.std(np.array([Decimal(1), Decimal(3)])) == Decimal(1)
    assert ops.median(np.append(x, Fraction(1, 4))) == Fraction(7, 24)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)])
def test_logsumexp_and_softmax(axis):
    want = np.log(np.sum(np.exp(X), axis=axis, keepdims=True))
    np.testing.assert_allclose(ops.logsumexp(X, axis=axis, keepdims=True), want)
    assert np.shape(ops.logsumexp(X, axis=axis)) == np.shape(np.sum(X, axis=axis))
    np.testing.assert_allclose(ops.softmax(X, axis=axis), np.exp(X - want))
    np.testing.assert_allclose(ops.log_softmax(X, axis=axis), X - want, atol=1e-15)
    np.testing.assert_allclose(ops.logsumexp(X + 1000, axis=axis), ops.logsumexp(X, axis=axis) + 1000)
    np.testing.assert_allclose(ops.logsumexp(ARRAYS["complex128"]), np.log(np.sum(np.exp(ARRAYS["complex128"]))))
    assert ops.softmax(ARRAYS["float32"]).dtype == np.float32
    assert ops.logsumexp(np.array([1, 2])) == pytest.approx(np.log(np.e + np.e**2))


def test_softmax_at_infinities():
    lost = np.full((2, 3), -np.inf)
    lost[1, 1] = 5.0
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(ops.softmax(lost), [[0, 0, 0], [0, 1, 0]])
        np.testing.assert_array_equal(ops.logsumexp(lost, axis=1), [-np.inf, 5])
        np.testing.assert_array_equal(ops.log_softmax(lost), [[-np.inf] * 3, [-np.inf, 0, -np.inf]])


@pytest.mark.parametrize("ord", [0, 1, 2, 3, 2.5, 0.5, -1, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["float64", "float32", "complex128", "int64"])
def test_norms(ord, kind):
    x = ARRAYS[kind] + ARRAYS[kind].dtype.type(20)
    for axis in (None, 0, -1, (1, 2)):
        for keepdims in (False, True):
            found = ops.vector_norm(x, axis=axis, ord=ord, keepdims=keepdims)
            want = np.linalg.vector_norm(x, axis=axis, ord=ord, keepdims=keepdims)
            np.testing.assert_allclose(found, want, rtol=1e-5 if kind == "float32" else 1e-12)
            assert np.asarray(found).dtype == (np.float32 if kind == "float32" else np.float64)
            assert np.shape(found) == np.shape(want)


def test_averages_and_quantiles():
    w = RNG.uniform(1, 2, X.shape)
    for axis in (None, 1, (0, 2)):
        np.testing.assert_allclose(ops.average(X, w, axis=axis), np.average(X, weights=w, axis=axis))
    for q in (0.25, [0.1, 0.9]):
        np.testing.assert_array_equal(ops.quantile(X, q=q, axis=1), np.quantile(X, q, axis=1))


def test_nothing_is_written_to():
    x = X.copy()
    x.flags.writeable = False
    for name in (*SAME, *NANS, "logsumexp", "softmax", "log_softmax", "vector_norm"):
        getattr(ops, name)(x)


def test_a_keyword_that_is_not_there():
    with pytest.raises(TypeError, match="where"):
        ops.sum(X, where=X > 0)
