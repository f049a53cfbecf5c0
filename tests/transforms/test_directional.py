"""jvp, derivative and hvp."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NonDifferentiableError, TangentMismatchError

X = np.array([0.3, 0.7, -1.2])


def test_jvp_of_several_arguments_and_containers():
    y, dy = dm.jvp(lambda a, t: a * t["b"], (2.0, {"b": X, "s": "x"}), (1.0, {"b": np.ones(3), "s": "x"}))
    np.testing.assert_allclose(y, 2 * X)
    np.testing.assert_allclose(dy, X + 2)


def test_jvp_dtypes():
    y, dy = dm.jvp(ops.sin, (X.astype(np.float32),), (np.ones(3),))
    assert y.dtype == dy.dtype == np.float32
    y, dy = dm.jvp(lambda x: x**2, (3,), (1,))
    assert (y, dy) == (9.0, 6.0)
    assert dm.jvp(lambda x: ops.floor(x), (2.5,), (1.0,)) == (2.0, 0.0)
    y, dy = dm.jvp(lambda x: (ops.argmax(x), "s"), (X,), (X,))
    assert y == (1, "s")
    assert dy == (0.0, "s")


def test_jvp_is_linear_and_agrees_with_vjp():
    def f(x):
        return ops.sin(x) * ops.sum(x * x)

    dx, ct = np.array([1.0, -2.0, 0.5]), np.array([0.2, 3.0, -1.0])
    dy = dm.jvp(f, (X,), (dx,))[1]
    np.testing.assert_allclose(dm.jvp(f, (X,), (3 * dx,))[1], 3 * dy)
    assert np.sum(ct * dy) == pytest.approx(np.sum(dm.vjp(f, X)[1](ct)[0] * dx))


def test_extra_values():
    y, dy, extra = dm.jvp(lambda x: (x * x, {"x": x}), (3.0,), (1.0,), has_aux=True)
    assert (y, dy, extra) == (9.0, 6.0, {"x": 3.0})
    assert dm.derivative(lambda x: (x**3, x), has_aux=True)(2.0) == (12.0, 2.0)
    product, extra = dm.hvp(lambda x: (ops.sum(x**3), x), (X,), (X,), has_aux=True)
    np.testing.assert_allclose(product, 6 * X * X)
    np.testing.assert_array_equal(extra, X)
    assert type(extra) is np.ndarray


@pytest.mark.parametrize(
    ("primals", "tangents", "text"),
    [
        ((X,), (np.ones(2),), "same shape"),
        ((X,), (), "1 primals and 0 tangents"),
        (X, (X,), "must be a tuple"),
        ((X,), X, "must be a tuple"),
        ((X,), (X * 1j,), "complex"),
        ((X,), (np.array(["a"] * 3),), "no tangent"),
        ((1.0,), (np.ones(1),), "same shape"),
    ],
)
def test_tangents_that_do_not_fit(primals, tangents, text):
    with pytest.raises(TangentMismatchError, match=text):
        dm.jvp(lambda x: ops.sum(x), primals, tangents)
    with pytest.raises(TangentMismatchError, match=text):
        dm.hvp(lambda x: ops.sum(x), primals, tangents)


def test_derivative():
    assert dm.derivative(lambda t: t**3)(2.0) == 12.0
    assert dm.derivative(lambda t: t**3)(2) == 12.0
    np.testing.assert_allclose(dm.derivative(lambda t: ops.sin(t * X))(1.0), np.cos(X) * X)
    found = dm.derivative(lambda a, t, *, k: {"y": a * t**k}, argnum=1)(2.0, 3.0, k=2)
    assert found == {"y": 12.0}
    assert dm.derivative(lambda t: t * t)(np.float32(3)).dtype == np.float32
    assert dm.derivative(lambda z: z**3)(1 + 1j) == pytest.approx(3 * (1 + 1j) ** 2)
    np.testing.assert_array_equal(dm.derivative(lambda t: X)(1.0), np.zeros(3))
    with pytest.raises(NonDifferentiableError, match="one number"):
        dm.derivative(ops.sum)(X)
    with pytest.raises(NonDifferentiableError, match="one number"):
        dm.derivative(lambda t: t[0])((1.0, 2.0))


def test_hvp():
    def f(x, y):
        return ops.sum(x**2 * y)

    y = np.array([1.0, 2.0, 3.0])
    u, v = np.array([1.0, 0.0, 2.0]), np.array([0.5, 1.0, 0.0])
    found = dm.hvp(f, (X, y), (u, v))
    np.testing.assert_allclose(found[0], 2 * y * u + 2 * X * v)
    np.testing.assert_allclose(found[1], 2 * X * u)
    single = dm.hvp(lambda x: f(x, y), (X,), (u,))
    np.testing.assert_allclose(single, 2 * y * u)


def test_lift_is_accepted():
    assert dm.jvp(ops.sin, (0.0,), (1.0,), lift=False) == (0.0, 1.0)
    assert dm.derivative(ops.sin, lift=False)(0.0) == 1.0
    assert dm.hvp(lambda x: x**3, (2.0,), (1.0,), lift=False) == 12.0
    assert dm.grad(ops.sin, lift=False)(0.0) == 1.0
