"""Tests of dispatchml.kernels.spelling: NumPy's functions that derivatives know in numbers."""

import math

import numpy as np
import pytest

import dispatchml as dm

X = np.array([1.3, 2.1, 0.7])


def matrix(x):
    a = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            a[i, j] = x[i] * (j + 1.0) + (i == j) * 3 + 0.1 * x[j] ** 2
    return a


def solved(x):
    return np.linalg.solve(matrix(x), x)


def solved_columns(x):
    return np.linalg.solve(matrix(x), matrix(x * 2))


def inverse(x):
    return np.linalg.inv(matrix(x))


def factor(x):
    a = matrix(x)
    return np.linalg.cholesky(a @ a.T)


def variances(x):
    return np.var(x) + 2 * x.std()


def sums(x):
    return x.cumsum() * np.cumprod(x) + np.trace(matrix(x)) + np.average(x)


def others(x):
    return np.trapezoid(x) + np.deg2rad(x) - np.degrees(x)


def determinants(x):
    return np.linalg.det(matrix(x)) + np.linalg.det(matrix(x)[:2, 1:]) * np.median(x)


def gammas(x):
    return math.gamma(x[0]) + math.lgamma(x[1]) * math.gamma(-x[2])


SLOW = [pytest.param(f, marks=pytest.mark.slow) for f in (solved_columns, inverse, others, determinants, gammas)]


@pytest.mark.parametrize("f", [solved, factor, variances, sums, *SLOW], ids=lambda f: f.__name__)
def test_both_modes(f):
    compiled, dx = dm.kernel(f), np.array([0.5, -1.0, 0.3])
    slopes = (np.asarray(f(X + 1e-6 * dx)) - f(X - 1e-6 * dx)) / 2e-6
    value, tangent = dm.jvp(compiled, (X,), (dx,))
    assert np.allclose(value, f(X))
    assert np.allclose(tangent, slopes, rtol=1e-5, atol=1e-6)
    ct = np.cos(np.arange(slopes.size)).reshape(slopes.shape)
    ct = ct if ct.shape else float(ct)
    assert np.isclose(np.sum(dm.vjp(compiled, X)[1](ct) * dx), np.sum(ct * slopes), rtol=1e-5)


@dm.kernel
def through_pinv(a):
    return np.sum(np.linalg.pinv(a)) + a[0, 0]


@pytest.mark.parametrize("take", [dm.grad, lambda f: lambda a: dm.jvp(f, (a,), (a,))], ids=["grad", "jvp"])
def test_functions_that_are_not_written_out_name_the_users_line(take):
    with pytest.raises(TypeError, match=r"test_spelling.py:\d+\): `pinv` does not take such arguments"):
        take(through_pinv)(np.eye(2))


def test_deviation_of_a_constant_has_slope_zero():
    @dm.kernel
    def f(x):
        return np.std(x)

    assert np.all(dm.grad(f)(np.ones(3)) == 0)
    assert dm.jvp(f, (np.ones(3),), (np.array([1.0, 0.0, 0.0]),))[1] == 0


@dm.kernel
def determinant(a):
    return np.linalg.det(a)


DIAGONALS = [np.diag(x) for x in ((0.0, 0, 0), (1.0, 0, 0), (2.0, 1, 0), (0.0, 2, 1), (1.0, 2, 3))]


def test_determinants_of_matrices_without_an_inverse():
    for a in DIAGONALS:
        np.testing.assert_allclose(dm.grad(determinant)(a), dm.grad(np.linalg.det)(a))


@pytest.mark.slow
@pytest.mark.parametrize("a", DIAGONALS, ids=lambda a: str(np.diag(a)))
def test_second_derivatives_of_determinants(a):
    direction = np.array([[0.3, 1, -2], [0.5, 0.7, 1], [2, -1, 0.4]])
    found, wanted = (dm.hvp(f, (a,), (direction,)) for f in (determinant, np.linalg.det))
    np.testing.assert_allclose(found, wanted, atol=1e-15)


@dm.kernel
def median(x):
    return np.median(x)


@pytest.mark.parametrize("x", [[1.0, 2, 2, 3, 2], [1.0, 2, 2, 3], [1.0, 1, 2, 2], [3.0, 1, 2]], ids=str)
def test_medians_share_between_equal_elements(x):
    np.testing.assert_allclose(dm.grad(median)(np.array(x)), dm.grad(np.median)(np.array(x)))


@dm.kernel
def logarithm(x):
    return math.lgamma(x)


def test_slopes_of_the_gamma_function():
    gamma = 0.5772156649015329
    np.testing.assert_allclose([dm.derivative(logarithm)(x) for x in (1.0, 2.0)], [-gamma, 1 - gamma], rtol=1e-14)
