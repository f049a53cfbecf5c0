"""Tests of np.clip and abs of arrays inside of kernels."""

import numpy as np
import pytest

import dispatchml as dm


def between(x):
    return np.clip(x, 0.2, 0.6)


def one_side(x):
    return x.clip(0.1) + np.clip(x, None, 0.3) + np.clip(x, a_min=0.15, a_max=0.6)


def magnitude(x):
    return abs(x) * 2.0


X = np.array([0.1, 0.6, 0.4, 0.2, -3.0])


@pytest.mark.parametrize("f", [between, one_side, magnitude], ids=lambda f: f.__name__)
def test_values_and_derivatives(f):
    k = dm.kernel(f)
    np.testing.assert_array_equal(k(X), f(X))
    for jacobian in (dm.jacfwd, dm.jacrev):
        np.testing.assert_allclose(jacobian(k)(X), jacobian(f)(X))


def test_whole_numbers_and_numbers():
    k = dm.kernel(between)
    np.testing.assert_array_equal(k(np.array([0, 1, 2])), [0.2, 0.6, 0.6])
    assert k(0.1) == 0.2
    assert dm.derivative(k)(0.6) == dm.grad(k)(0.6) == 0.5
