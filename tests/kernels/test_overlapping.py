"""Tests of dispatchml.kernels.overlapping: operators in place on views of one array, as NumPy computes them."""

import numpy as np
import pytest

import dispatchml as dm


def reversed_(x):
    y = x.copy()
    y += y[::-1]
    return y


def shifted(x):
    y = x.copy()
    y[1:] += y[:-1]
    return y


def assigned(x):
    y = x.copy()
    y[1:] = y[:-1] * 2
    y[:-1] -= y[1:]
    return y


def rows(x):
    m = np.ones((2, 4)) * x
    m[0] += x
    m[1, :] *= 2.0
    m[:, 0] /= x[1]
    m[1] += m[1][::-1]
    return m


def alone(x):
    y = x.copy()
    y[0] *= x[1]
    y[-1] **= 2
    y[1:] **= 2
    y *= y[0]
    return y


@pytest.mark.parametrize("f", [reversed_, shifted, assigned, rows, alone], ids=lambda f: f.__name__)
def test_values_and_derivatives(f):
    x, dx = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.5, -1.0, 2.0, 3.0])
    compiled, wanted = dm.kernel(f), f(x)
    slopes = (f(x + 1e-6 * dx) - f(x - 1e-6 * dx)) / 2e-6
    assert np.allclose(compiled(x), wanted)
    value, tangent = dm.jvp(compiled, (x,), (dx,))
    assert np.allclose(value, wanted)
    assert np.allclose(tangent, slopes, atol=1e-6)
    ct = np.cos(np.arange(wanted.size)).reshape(wanted.shape)
    assert np.isclose(np.sum(dm.vjp(compiled, x)[1](ct) * dx), np.sum(ct * slopes))


def test_hvp_of_parts_in_place():
    @dm.kernel
    def f(x):
        y = x.copy()
        y[1:] *= 2.0
        return (y * y).sum()

    x = np.array([1.0, 2.0, 3.0])
    assert list(dm.hvp(f, (x,), (np.ones(3),))) == [2.0, 8.0, 8.0]
