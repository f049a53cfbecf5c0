"""A large constant matrix times a vector with its tangent."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.engines.forward_products import LARGE

SIZE = int(LARGE**0.5)
MATRIX = np.sin(np.arange(SIZE * (SIZE + 3.0))).reshape(SIZE + 3, SIZE)
X, DX = np.cos(np.arange(float(SIZE))), np.arange(float(SIZE)) / SIZE


@pytest.mark.parametrize("product", [np.matmul, np.dot, lambda a, x: a @ x])
def test_value_and_tangent(product):
    y, dy = dm.jvp(lambda x: product(MATRIX, x), (X,), (DX,))
    np.testing.assert_allclose(y, MATRIX @ X, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(dy, MATRIX @ DX, rtol=1e-12, atol=1e-12)
    second = dm.jvp(lambda x: dm.jvp(lambda z: product(MATRIX, z * z), (x,), (DX,))[1], (X,), (DX,))[1]
    np.testing.assert_allclose(second, MATRIX @ (2 * DX * DX), rtol=1e-10)


def test_what_is_no_such_product():
    for a, x in ((MATRIX.astype(np.float32), X), (MATRIX.T[:, :SIZE], X), (MATRIX, np.stack([X, DX], axis=1))):
        y, dy = dm.jvp(lambda x, a=a: a @ x, (x,), (x,))
        np.testing.assert_allclose(dy, a @ x, rtol=1e-6, atol=1e-9)
        assert y.dtype == (a @ x).dtype
    with pytest.raises(ValueError, match="matmul"):
        dm.jvp(lambda x: MATRIX @ x[1:], (X,), (DX,))


def test_elements_are_written_apart():
    def f(x):
        y = MATRIX @ x
        y[0] = x[1] ** 2
        return y

    y, dy = dm.jvp(f, (X,), (DX,))
    assert (y[0], dy[0]) == pytest.approx((X[1] ** 2, 2 * X[1] * DX[1]))
    np.testing.assert_allclose(dy[1:], (MATRIX @ DX)[1:], rtol=1e-12, atol=1e-12)
