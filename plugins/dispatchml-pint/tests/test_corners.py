"""The conventions of dispatchml at singular points hold for quantities, with the units of y / x."""

import numpy as np
import pint
import pytest

import dispatchml as dm

u = pint.UnitRegistry()
X = np.array([0.0, 4.0]) * u.m
ROOT = 0.0 * u.m**0.5


def chosen_root(x):
    return np.sum(np.where(x > 0 * u.m, np.sqrt(x), ROOT))


CASES = {
    "where(x > 0, sqrt(x), 0)": (chosen_root, X, np.array([0.0, 0.25]) / u.m**0.5),
    "sqrt(x)": (lambda x: np.sum(np.sqrt(x)), X, np.array([np.inf, 0.25]) / u.m**0.5),
    "where(x > 0, 1 / x, 0)": (
        lambda x: np.sum(np.where(x > 0 * u.m, 1 / x, 0 / u.m)),
        X,
        np.array([0.0, -0.0625]) / u.m**2,
    ),
    "where(x > 0, log(x), 0)": (
        lambda x: np.sum(np.where(x > 0 * u.m, np.log(x / u.m), 0)),
        X,
        np.array([0, 0.25]) / u.m,
    ),
    "norm(x)": (np.linalg.norm, 0 * X, np.array([0.0, 0.0]) * u.dimensionless),
    "norm(x)**2": (lambda x: np.linalg.norm(x) ** 2, 0 * X, np.array([0.0, 0.0]) * u.m),
    "x**0": (lambda x: np.sum(x**0), X, np.array([0.0, 0.0]) / u.m),
    "x**2": (lambda x: np.sum(x**2), X, np.array([0.0, 8.0]) * u.m),
    "0 * sqrt(x)": (lambda x: 0.0 * np.sqrt(x), 0.0 * u.m, 0.0 * u.m**-0.5),
    "max(x), tied": (np.max, np.ones(2) * u.m, np.array([0.5, 0.5]) * u.dimensionless),
    "prod(x)": (np.prod, np.array([0.0, 2.0, 3.0]) * u.m, np.array([6.0, 0.0, 0.0]) * u.m**2),
    "std(x) of a constant": (np.std, np.ones(3) * u.m, np.array([0.0, 0.0, 0.0]) * u.dimensionless),
    "hypot(x, x)": (lambda x: np.hypot(x, x), 0.0 * u.m, 0.0 * u.dimensionless),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_both_modes_at_a_corner(name):
    function, x, expected = CASES[name]
    found = dm.grad(function)(x)
    np.testing.assert_array_equal(found.magnitude, expected.magnitude)
    assert found.units == expected.units
    ones = x * 0 + 1 * u.m
    slope = dm.jvp(function, (x,), (ones,))[1]
    assert slope.units == (expected * ones).units
    np.testing.assert_array_equal(slope.magnitude, np.sum(expected.magnitude))


@pytest.mark.filterwarnings("ignore")
def test_nested():
    product = dm.hvp(chosen_root, (X,), (np.ones(2) * u.m,))
    np.testing.assert_array_equal(product.magnitude, [0.0, -0.03125])
    assert product.units == u.m**-0.5
