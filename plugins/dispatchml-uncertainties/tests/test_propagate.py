"""propagate(f, mean, cov): J C J^T by our jacobians, in containers and units, and the second order."""

import math

import numpy as np
import pytest
from dispatchml_uncertainties import propagate
from uncertainties import correlated_values

import dispatchml as dm
from dispatchml.dispatch.errors import ArgumentError, ContainerMismatchError, ShapeError

MEAN = np.array([1.0, 2.0, 1.5])
COV = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, 0.02], [0.0, 0.02, 0.01]])


def test_a_vector_to_a_vector_as_the_library_does_it():
    def f(x):
        return np.stack([x[0] * x[1], np.exp(x[2]) / x[0]])

    mean, cov = propagate(f, MEAN, COV)
    x, y, z = correlated_values(MEAN, COV)
    from uncertainties import covariance_matrix, umath

    expected = [x * y, umath.exp(z) / x]
    np.testing.assert_allclose(mean, [e.n for e in expected])
    np.testing.assert_allclose(cov, covariance_matrix(expected))


def test_a_number():
    mean, cov = propagate(lambda x: x**2, 3.0, 0.01)
    assert mean == 9.0
    assert cov == pytest.approx(36 * 0.01)
    assert np.shape(cov) == ()


def test_a_vector_to_a_number_and_a_number_to_a_vector():
    mean, cov = propagate(lambda x: np.sum(x), MEAN, COV)
    assert mean == 4.5
    assert cov == pytest.approx(np.sum(COV))
    assert np.shape(cov) == ()
    mean, cov = propagate(lambda t: t * np.array([1.0, 2.0]), 3.0, 0.5)
    np.testing.assert_allclose(cov, 0.5 * np.outer([1, 2], [1, 2]))


def test_matrices():
    mean, cov = propagate(lambda x: x.T, np.array([[1.0, 2.0], [3.0, 4.0]]), np.eye(4).reshape(2, 2, 2, 2))
    assert cov.shape == (2, 2, 2, 2)
    np.testing.assert_allclose(cov.reshape(4, 4), np.eye(4))


def test_containers():
    mean = {"a": np.array([1.0, 2.0]), "b": 3.0}
    cov = {
        "a": {"a": np.diag([0.1, 0.2]), "b": np.array([0.05, 0.0])},
        "b": {"a": np.array([0.05, 0.0]), "b": 0.3},
    }
    y, spread = propagate(lambda p: (p["a"] * p["b"], p["b"]), mean, cov)
    assert isinstance(y, tuple)
    assert isinstance(spread, tuple)
    assert isinstance(spread[0], tuple)
    jacobian = np.array([[3.0, 0.0, 1.0], [0.0, 3.0, 2.0], [0.0, 0.0, 1.0]])
    whole = np.array([[0.1, 0.0, 0.05], [0.0, 0.2, 0.0], [0.05, 0.0, 0.3]])
    expected = jacobian @ whole @ jacobian.T
    np.testing.assert_allclose(spread[0][0], expected[:2, :2])
    np.testing.assert_allclose(spread[0][1], expected[:2, 2])
    np.testing.assert_allclose(spread[1][0], expected[2, :2])
    np.testing.assert_allclose(spread[1][1], expected[2, 2])


def test_units():
    pint = pytest.importorskip("pint")
    pytest.importorskip("dispatchml_pint")
    u = pint.UnitRegistry()
    mean = {"v": np.array([3.0, 4.0]) * u.m / u.s, "m": 2.0 * u.kg}
    cov = {
        "v": {"v": np.diag([0.1, 0.2]) * u.m**2 / u.s**2, "m": np.zeros(2) * u.m / u.s * u.kg},
        "m": {"v": np.zeros(2) * u.m / u.s * u.kg, "m": 0.01 * u.kg**2},
    }
    energy, spread = propagate(lambda p: 0.5 * p["m"] * np.sum(p["v"] ** 2), mean, cov)
    assert energy.to("J").magnitude == pytest.approx(25.0)
    assert spread.to("J**2").magnitude == pytest.approx(36 * 0.1 + 64 * 0.2 + 12.5**2 * 0.01)
    with pytest.raises(pint.DimensionalityError):
        propagate(lambda p: p["m"] ** 2 + p["m"], mean, cov)


def test_second_order_is_exact_for_quadratic_functions_of_normal_variables():
    a = np.array([[1.0, 0.5, 0.0], [0.5, -2.0, 1.0], [0.0, 1.0, 3.0]])

    def f(x):
        return np.stack([x @ (a @ x), x[0] * x[1]])

    mean, cov = propagate(f, MEAN, COV, order=2)
    b = np.zeros((3, 3))
    b[0, 1] = b[1, 0] = 0.5
    forms = (a, b)
    # moments of quadratic forms: E = m'Am + tr(AC), Cov = 4 m'ACBm + 2 tr(ACBC)
    np.testing.assert_allclose(mean, [MEAN @ q @ MEAN + np.trace(q @ COV) for q in forms])
    expected = [[4 * MEAN @ p @ COV @ q @ MEAN + 2 * np.trace(p @ COV @ q @ COV) for q in forms] for p in forms]
    np.testing.assert_allclose(cov, expected)


def test_second_order_of_a_number():
    mean, cov = propagate(lambda x: x**2, 0.0, 0.25, order=2)
    assert mean == pytest.approx(0.25)
    assert cov == pytest.approx(2 * 0.25**2)
    assert propagate(lambda x: x**2, 0.0, 0.25)[1] == 0.0  # what the linear rule cannot see


def test_second_order_in_containers():
    mean = {"a": np.array([1.0, 2.0]), "b": 3.0}
    cov = {
        "a": {"a": np.diag([0.1, 0.2]), "b": np.array([0.05, 0.0])},
        "b": {"a": np.array([0.05, 0.0]), "b": 0.3},
    }
    y, spread = propagate(lambda p: p["a"][0] * p["b"], mean, cov, order=2)
    assert y == pytest.approx(3.0 + 0.05)
    assert spread == pytest.approx(9 * 0.1 + 2 * 3 * 0.05 + 0.3 + 0.1 * 0.3 + 0.05**2)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ShapeError, match="shape"):
        propagate(lambda x: x, MEAN, np.eye(2))
    with pytest.raises(ShapeError):
        propagate(lambda x: x, MEAN, np.ones(3))
    with pytest.raises(ArgumentError, match="orders 1 and 2"):
        propagate(lambda x: x, MEAN, COV, order=3)
    with pytest.raises((ContainerMismatchError, ValueError, TypeError)):
        propagate(lambda p: p["a"], {"a": 1.0}, 0.1)


def test_it_is_differentiable():
    def spread(w):
        return propagate(lambda x: np.sum(w * x), MEAN, COV)[1]

    w = np.array([0.5, 1.0, -1.0])
    np.testing.assert_allclose(dm.grad(spread)(w), 2 * COV @ w)


def test_wide_distributions_are_beyond_the_linear_rule():
    linear = propagate(lambda x: math.e**x if isinstance(x, float) else np.exp(x), 0.0, 1.0)
    second = propagate(lambda x: np.exp(x), 0.0, 1.0, order=2)
    assert linear == (1.0, 1.0)
    assert second[0] == pytest.approx(1.5)  # the exact mean is exp(1/2) = 1.65
