"""Discrete Fourier transforms. `workers` and `overwrite_x` change no result."""

from typing import Any

import numpy as np

from dispatchml import ops, primal
from dispatchml.lift import replaces
from dispatchml.rules.fft import OTHER_NORM

from ..arguments import array, unsupported
from ..implicit import order_of


def real_only(x: Any, name: str) -> Any:
    """An array of real numbers."""
    x = array(x)
    if ops.dtype(x).kind == "c":
        raise TypeError("x must be a real sequence")
    return x


def one_axis(name: str) -> None:
    """A transform along one axis."""
    transform = getattr(ops, name)
    needs_real = name in ("rfft", "ihfft")

    @replaces(f"scipy.fft.{name}")
    def transformed(x, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, *, plan=None):
        x = real_only(x, name) if needs_real else array(x)
        return transform(x, n=None if n is None else int(n), axis=int(axis), norm=norm)


def several_axes(name: str, default: Any) -> None:
    """A transform along several axes."""
    transform = getattr(ops, name)
    needs_real = name.startswith("rfft")

    @replaces(f"scipy.fft.{name}")
    def transformed(x, s=None, axes=default, norm=None, overwrite_x=False, workers=None, *, plan=None):
        x = real_only(x, name) if needs_real else array(x)
        return transform(x, **sizes(s, axes), norm=norm)


def sizes(s: Any, axes: Any) -> dict[str, Any]:
    """Sizes and axes as tuples of whole numbers."""
    return {
        "s": None if s is None else tuple(int(n) for n in np.atleast_1d(s)),
        "axes": None if axes is None else tuple(int(k) for k in np.atleast_1d(axes)),
    }


for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    one_axis(name)
for name in ("fft2", "ifft2", "rfft2", "irfft2"):
    several_axes(name, (-2, -1))
for name in ("fftn", "ifftn", "rfftn", "irfftn"):
    several_axes(name, None)


@replaces("scipy.fft.hfftn")
def hfftn(x, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, plan=None):
    """The transform of a signal with Hermitian symmetry."""
    return ops.irfftn(np.conj(array(x)), **sizes(s, axes), norm=OTHER_NORM[norm])


@replaces("scipy.fft.ihfftn")
def ihfftn(x, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, plan=None):
    """The inverse of hfftn."""
    return np.conj(ops.rfftn(real_only(x, "ihfftn"), **sizes(s, axes), norm=OTHER_NORM[norm]))


@replaces("scipy.fft.hfft2")
def hfft2(x, s=None, axes=(-2, -1), norm=None, overwrite_x=False, workers=None, *, plan=None):
    """hfftn over two axes."""
    return hfftn(x, s, axes, norm)


@replaces("scipy.fft.ihfft2")
def ihfft2(x, s=None, axes=(-2, -1), norm=None, overwrite_x=False, workers=None, *, plan=None):
    """ihfftn over two axes."""
    return ihfftn(x, s, axes, norm)


@replaces("scipy.fft.fftshift")
def fftshift(x, axes=None):
    """The frequency zero moved to the middle."""
    return np.fft.fftshift(array(x), axes)


@replaces("scipy.fft.ifftshift")
def ifftshift(x, axes=None):
    """fftshift undone."""
    return np.fft.ifftshift(array(x), axes)


def refuse_unbiased(name: str) -> None:
    """A Hankel transform by logarithms; SciPy leaves the bias out where it is 0, and its derivative with it."""

    def transform(a, dln, mu, offset=0.0, bias=0.0):
        if order_of(bias) and not np.all(primal(bias)):
            raise unsupported(f"scipy.fft.{name}(bias=0), differentiated in the bias,", "Start at a small bias.")
        return NotImplemented

    transform.__name__ = name
    replaces(f"scipy.fft.{name}")(transform)


for name in ("fht", "ifht"):
    refuse_unbiased(name)
