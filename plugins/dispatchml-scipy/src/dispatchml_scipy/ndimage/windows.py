"""Filters of scipy.ndimage in the frequency domain, and those that call a function for each window."""

from typing import Any

import numpy as np
import scipy.ndimage

import dispatchml as dm
from dispatchml import ops
from dispatchml.lift import lift, plainly, replaces

from ..arguments import array, unsupported


def frequencies(n: int, real: bool, size: int) -> Any:
    """Cycles a sample along an axis; real: half of them, of a real signal of so many samples."""
    return np.fft.rfftfreq(size) if real else np.fft.fftfreq(n)


def product(input: Any, n: int, axis: int, factor: Any, output: Any, name: str) -> Any:
    """The input times a factor for each axis, which factor(k, frequencies) gives."""
    if output is not None:
        raise unsupported(f"scipy.ndimage.{name} with output", "Use the result.")
    x = array(input)
    shape = ops.shape(x)
    for k, size in enumerate(shape):
        real = n >= 0 and k == axis % len(shape)
        f = factor(k, frequencies(size, real, n if real else size)[:size])
        x = x * np.reshape(f, (1,) * k + (size,) + (1,) * (len(shape) - k - 1))
    return x


def along(value: Any, k: int) -> Any:
    """The setting of an axis: the same for all, or one for each."""
    return value[k] if np.ndim(value) or isinstance(value, (list, tuple)) else value


@replaces("scipy.ndimage.fourier_gaussian")
def fourier_gaussian(input, sigma, n=-1, axis=-1, output=None):
    """Gauss: exp(-2 (pi sigma f)^2)."""
    return product(
        input, n, axis, lambda k, f: np.exp(-2 * (np.pi * along(sigma, k) * f) ** 2), output, "fourier_gaussian"
    )


@replaces("scipy.ndimage.fourier_uniform")
def fourier_uniform(input, size, n=-1, axis=-1, output=None):
    """A box: sinc(size f)."""
    return product(input, n, axis, lambda k, f: np.sinc(along(size, k) * f), output, "fourier_uniform")


@replaces("scipy.ndimage.fourier_ellipsoid")
def fourier_ellipsoid(input, size, n=-1, axis=-1, output=None):
    """An ellipsoid of constant size: the factors are those of an input of ones."""
    if output is not None:
        raise unsupported("scipy.ndimage.fourier_ellipsoid with output", "Use the result.")
    if any(dm.primal(s) is not s for s in (size if isinstance(size, (list, tuple)) else [size])):
        raise unsupported("scipy.ndimage.fourier_ellipsoid with a traced size", "dispatchml.primal(size) is plain.")
    x = array(input)
    return x * plainly(scipy.ndimage.fourier_ellipsoid)(np.ones(ops.shape(x)), size, n, axis)


@replaces("scipy.ndimage.generic_filter")
def generic_filter(
    input, function, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0,
    extra_arguments=(), extra_keywords=None, *, axes=None,
):  # fmt: skip
    """The function of each window; where its elements lie says the same filter over their positions."""
    if output is not None or axes is not None:
        raise unsupported("scipy.ndimage.generic_filter with output or axes", "Use the result.")
    x = array(input)
    shape = ops.shape(x)
    found: list[Any] = []
    where = np.arange(1.0, np.prod(shape) + 1).reshape(shape)

    def note(window: Any) -> float:
        found.append(window.copy())
        return 0.0

    plainly(scipy.ndimage.generic_filter)(where, note, size, footprint, None, mode, 0.0, origin)
    flat = np.append(np.reshape(x, (-1,)), cval)
    apply, keywords = lift(function), extra_keywords or {}
    values = [apply(flat[w.astype(int) - 1], *extra_arguments, **keywords) for w in found]
    return np.reshape(np.stack(values), shape)
