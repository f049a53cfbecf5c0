"""Vectors of all stored numbers and back, and tangent spaces: directions, zeros, moving along them."""

import numpy as np
import pytest
from dispatchml_structured import Diagonal, Kronecker, KroneckerTangent
from structured_cases import NAMES, N, matrix, real

import dispatchml as dm

X = np.linspace(-1.0, 2.0, N)


@pytest.mark.parametrize("name", NAMES)
def test_ravel_keeps_the_structure(name, rng):
    m = matrix(name, real(rng))
    vector, unravel = dm.ravel({"m": m, "x": 2.0})
    back = unravel(vector)
    assert type(back["m"]) is type(m)
    np.testing.assert_array_equal(back["m"].materialise(), m.materialise())

    def f(v):
        tree = unravel(v)
        return np.sum((tree["m"] @ X) ** 2) + tree["x"]

    gradient = dm.grad(f)(vector)
    direction = rng.normal(size=vector.shape)
    expected = (f(vector + 1e-6 * direction) - f(vector - 1e-6 * direction)) / 2e-6
    assert gradient @ direction == pytest.approx(expected, rel=1e-6)
    assert dm.jvp(f, (vector,), (direction,))[1] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_directions(name, rng):
    m = matrix(name, real(rng))
    tangent = dm.random_tangent(m, rng)
    assert type(tangent).__name__ in (type(m).__name__, type(m).__name__ + "Tangent")
    gradient = dm.grad(lambda m: np.sum((m @ X) ** 2))(m)
    along = dm.jvp(lambda m: np.sum((m @ X) ** 2), (m,), (tangent,))[1]
    assert dm.inner(gradient, tangent) == pytest.approx(along)
    ahead, behind = (np.sum((dm.retract(m, s * 1e-6 * tangent) @ X) ** 2) for s in (1, -1))
    if name != "unit":  # a step off the unit diagonal leaves the class
        assert (ahead - behind) / 2e-6 == pytest.approx(along, rel=1e-6)
    zero = dm.zero_tangent(m)
    assert dm.inner(gradient, zero) == 0
    assert dm.inner(dm.zero_cotangent(m, 1.0), tangent) == 0


def test_a_vector_is_as_long_as_what_is_stored():
    assert dm.ravel(Diagonal(np.ones(100_000)))[0].shape == (100_000,)
    assert dm.ravel(Kronecker(Diagonal(np.ones(3)), np.ones((2, 2))))[0].shape == (7,)
    assert type(dm.random_tangent(Kronecker(np.eye(2), np.eye(2)), np.random.default_rng(0))) is KroneckerTangent


def test_gradient_descent_on_the_factors_of_a_product(rng):
    target = np.kron(rng.normal(size=(2, 2)), rng.normal(size=(2, 2)))
    loss = lambda k: np.sum((k.materialise() - target) ** 2)  # noqa: E731
    k = Kronecker(np.eye(2), np.ones((2, 2)))
    for _ in range(400):
        k = k - 0.02 * dm.grad(loss)(k)
    assert type(k) is Kronecker
    assert loss(k) < 1e-6 * loss(Kronecker(np.eye(2), np.ones((2, 2))))
