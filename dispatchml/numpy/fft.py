"""`dispatchml.numpy.fft`: Fourier transforms with NumPy's signatures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from .registry import PUBLIC, numpy_function


def one_axis(name: str) -> Callable[..., Any]:
    """A transform along one axis."""

    def transform(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
        return getattr(ops, name)(a, n=n, axis=axis, norm=norm)

    return made(transform, name)


def several_axes(name: str, axes_default: Any) -> Callable[..., Any]:
    """A transform along several axes."""

    def transform(a: Any, s: Any = None, axes: Any = axes_default, norm: Any = None, out: Any = None) -> Any:
        s, axes = (None if x is None else tuple(x) for x in (s, axes))
        return getattr(ops, name)(a, s=s, axes=axes, norm=norm)

    return made(transform, name)


def shift(name: str) -> Callable[..., Any]:
    """The order of frequencies changed."""

    def transform(x: Any, axes: Any = None) -> Any:
        return getattr(ops, name)(x, axes=tuple(axes) if isinstance(axes, list) else axes)

    return made(transform, name)


def made(transform: Any, name: str) -> Callable[..., Any]:
    """A transform under its name, public and in the table."""
    transform.__name__ = name
    return numpy_function(getattr(np.fft, name), room="fft")(transform)


fft, ifft, rfft, irfft, hfft, ihfft = map(one_axis, ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"))
fftn, ifftn, rfftn, irfftn = (several_axes(n, None) for n in ("fftn", "ifftn", "rfftn", "irfftn"))
fft2, ifft2, rfft2, irfft2 = (several_axes(n, (-2, -1)) for n in ("fft2", "ifft2", "rfft2", "irfft2"))
fftshift, ifftshift = shift("fftshift"), shift("ifftshift")


def fftfreq(n: int, d: Any = 1.0, *, dtype: Any = None, device: Any = None) -> Any:
    """The frequencies of a transform of n samples with spacing d, which may be layered."""
    y = frequencies(np.fft.fftfreq, n, d, device)
    return y if dtype is None else ops.astype(y, dtype=np.dtype(dtype))


def rfftfreq(n: int, d: Any = 1.0, *, dtype: Any = None, device: Any = None) -> Any:
    """The frequencies of a transform of n real samples with spacing d, which may be layered."""
    y = frequencies(np.fft.rfftfreq, n, d, device)
    return y if dtype is None else ops.astype(y, dtype=np.dtype(dtype))


def frequencies(function: Any, n: int, d: Any, device: Any) -> Any:
    """NumPy's frequencies for a plain spacing, divided by a layered one."""
    if isinstance(d, (int, float, np.generic, np.ndarray)):
        return function(n, d, device=device)
    return ops.divide(function(n), d)


__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft",
    "irfft", "irfft2",
    "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip
PUBLIC["fft"] |= {"fftfreq": fftfreq, "rfftfreq": rfftfreq}
