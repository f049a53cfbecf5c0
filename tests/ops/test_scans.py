"""Values of scans and sorting: NumPy's."""

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.ops.scans import recurrence

RNG = np.random.default_rng(6)
X = RNG.standard_normal((3, 5))


@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, int, bool, complex])
def test_sums_and_products(axis, dtype):
    x = (3 * X).astype(dtype)
    for name in ("cumsum", "cumprod", "nancumsum", "nancumprod"):
        found, want = getattr(ops, name)(x, axis=axis), getattr(np, name)(x, axis=axis)
        np.testing.assert_array_equal(found, want)
        assert found.dtype == want.dtype
    assert ops.cumsum(x, axis=axis, dtype=complex).dtype == complex


@pytest.mark.parametrize("axis", [None, 0, -1])
def test_extremes_and_orders(axis):
    flat, at = (X.reshape(-1), 0) if axis is None else (X, axis)
    np.testing.assert_array_equal(ops.cummax(X, axis=axis), np.maximum.accumulate(flat, at))
    np.testing.assert_array_equal(ops.cummin(X, axis=axis), np.minimum.accumulate(flat, at))
    want = np.log(np.cumsum(np.exp(X), axis=axis))
    np.testing.assert_allclose(ops.cumulative_logsumexp(X, axis=axis), want)
    np.testing.assert_allclose(ops.cumulative_logsumexp.decomposition(X, axis=axis), want)
    np.testing.assert_array_equal(ops.sort(X, axis=axis), np.sort(X, axis=axis))
    np.testing.assert_array_equal(ops.sort(X, axis=axis, descending=True), -np.sort(-X, axis=axis))
    np.testing.assert_array_equal(ops.argsort(X, axis=axis), np.argsort(X, axis=axis))
    np.testing.assert_array_equal(ops.argsort(X, axis=axis, descending=True), np.argsort(-X, axis=axis))
    np.testing.assert_array_equal(ops.partition(X, kth=2, axis=axis), np.partition(X, 2, axis=axis))
    np.testing.assert_array_equal(ops.argpartition(X, kth=2, axis=axis), np.argpartition(X, 2, axis=axis))


def test_differences():
    for n in (0, 1, 3):
        for axis in (0, -1):
            np.testing.assert_array_equal(ops.diff(X, n=n, axis=axis), np.diff(X, n, axis))
            np.testing.assert_array_equal(ops.diff.decomposition(X, n=n, axis=axis), np.diff(X, n, axis))
    with pytest.raises(ValueError, match="order"):
        ops.diff.decomposition(X, n=-1)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 9])
def test_a_recurrence(n):
    a, b = RNG.standard_normal((2, n)), RNG.standard_normal((2, n))
    want = b.copy()
    for k in range(1, n):
        want[:, k] = a[:, k] * want[:, k - 1] + b[:, k]
    np.testing.assert_allclose(recurrence(a, b, axis=1), want)
