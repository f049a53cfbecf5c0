"""Tests of arrays that are made of single numbers inside of kernels, in forward mode and to second order."""

import numpy as np
import pytest

import dispatchml as dm


def mixed(x):
    return np.sum(np.array([1, x, 2.0 * x * x]) ** 2)


def nested(x):
    return np.array([[x, 1.0], [2.0, x**3]]).sum() + np.asarray((x, x * x))[1]


def carried(x):
    y = np.array([1.0, 0.0])
    for _ in range(3):
        y = np.array([y[1], -x * y[0]])
    return y[0] * y[0] + y[1] + x


def alias(x):
    y = np.array([1.0, 0.5])
    z = y
    for _ in range(3):
        z = z * x + y
    return z[0] * z[1]


#: the first and the second derivative at 1.5
CASES = {
    mixed: (2 * 1.5 + 16 * 1.5**3, 2 + 48 * 1.5**2), nested: (1 + 3 * 1.5**2 + 2 * 1.5, 6 * 1.5 + 2),
    carried: (2 * 1.5 + 1, 2.0),
    alias: (8.125 * 10.75, 10.75**2 + 8.125 * 11),
}  # fmt: skip


@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_derivatives(f):
    k, (first, second) = dm.kernel(f), CASES[f]
    assert k(1.5) == f(1.5)
    np.testing.assert_allclose([dm.derivative(k)(1.5), dm.grad(k)(1.5)], first)
    np.testing.assert_allclose(dm.derivative(dm.derivative(k))(1.5), second)
