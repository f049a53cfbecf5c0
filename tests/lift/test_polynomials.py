"""NumPy's polynomials, which are Python code over arrays of their own, in the user's functions."""

import numpy as np
import pytest
from numpy.polynomial import Chebyshev, Polynomial, chebyshev
from numpy.polynomial.polynomial import polyval

import dispatchml as dm

C = np.array([1.0, -0.5, 0.2])


def evaluated(c):
    return polyval(1.5, c) + chebyshev.chebval(0.3, c) + np.polynomial.legendre.legval(c, c).sum()


def of_the_class(c):
    p = Polynomial(c)
    return p(1.5) + p.deriv()(0.3) + (p * p).coef.sum() + p.integ()(1.0)


def fitted(c):
    return Chebyshev.fit(np.arange(3.0), c, 2)(0.5) ** 2


@pytest.mark.parametrize("function", [evaluated, of_the_class, fitted])
def test_they_are_differentiated(function):
    before = function(C)
    slope = [(function(C + 1e-6 * e) - function(C - 1e-6 * e)) / 2e-6 for e in np.eye(3)]
    value, gradient = dm.value_and_grad(function)(C)
    np.testing.assert_allclose(value, before, rtol=1e-15)
    np.testing.assert_allclose(gradient, slope, rtol=1e-7)
    np.testing.assert_allclose(dm.jvp(function, (C,), (np.ones(3),))[1], np.sum(gradient), rtol=1e-13)
    assert function(C) == before
