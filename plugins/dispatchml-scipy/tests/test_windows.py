"""Filters in the frequency domain, functions of windows, the cosine-tapered window, limits at infinity."""

import numpy as np
import pytest
from scipy import integrate, ndimage, signal

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError

IMAGE = np.sin(np.arange(12.0).reshape(3, 4) * 1.3)


def against_differences(function, x, step=1e-6):
    """The gradient and the jvp against central differences; the plain result is SciPy's own."""
    plain = function(x)
    value, gradient = dm.value_and_grad(function)(x)
    np.testing.assert_allclose(value, plain, rtol=1e-12)
    expected = [(function(x + step * e) - function(x - step * e)) / (2 * step) for e in np.eye(len(x))]
    np.testing.assert_allclose(gradient, expected, rtol=2e-6, atol=1e-8)
    np.testing.assert_allclose(dm.jvp(function, (x,), (np.ones_like(x),))[1], sum(expected), rtol=2e-6, atol=1e-8)


@pytest.mark.parametrize("name", ["fourier_gaussian", "fourier_uniform"])
@pytest.mark.parametrize("real", [False, True])
def test_a_factor_for_each_frequency(name, real):
    def total(p):
        spectrum = np.fft.rfft(p[0] * IMAGE) if real else np.fft.fft2(p[0] * IMAGE)
        if name == "fourier_gaussian":
            found = ndimage.fourier_gaussian(spectrum, p[1], n=4 if real else -1)
        else:
            found = ndimage.fourier_uniform(spectrum, p[1], n=4 if real else -1)
        return np.sum(np.abs(found) ** 2)

    against_differences(total, np.array([0.7, 1.3]))


def test_an_ellipsoid_of_constant_size():
    def total(p):
        return np.sum(np.abs(ndimage.fourier_ellipsoid(np.fft.fft2(p[0] * IMAGE), 2.0)) ** 2)

    against_differences(total, np.array([0.7]))
    with pytest.raises(LiftError, match="traced size"):
        dm.grad(lambda s: np.sum(ndimage.fourier_ellipsoid(np.ones((3, 3)), s)))(2.0)


@pytest.mark.parametrize("mode", ["reflect", "constant", "wrap", "nearest", "mirror"])
def test_a_function_of_each_window(mode):
    def total(p):
        found = ndimage.generic_filter(p[0] * IMAGE, lambda w: np.sum(w**2) * p[1], size=3, mode=mode, cval=0.5)
        return np.sum(found * IMAGE)

    against_differences(total, np.array([0.7, 1.3]))


@pytest.mark.parametrize("sym", [True, False])
@pytest.mark.parametrize("size", [14, 15])
def test_a_tapered_window(sym, size):
    weights = np.cos(np.arange(size))
    against_differences(lambda p: np.sum(weights * signal.windows.tukey(size, p[0], sym)), np.array([0.7]))
    with pytest.raises(LiftError, match="tukey"):
        dm.grad(lambda a: np.sum(signal.windows.tukey(9, a)))(1.5)


def test_a_limit_at_infinity_stays_there():
    def total(p):
        return integrate.quad(lambda x: np.exp(-p[0] * x), 0.0, np.inf * p[0])[0]

    against_differences(total, np.array([0.7]))
