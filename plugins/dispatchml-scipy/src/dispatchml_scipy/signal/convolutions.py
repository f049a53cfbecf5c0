"""Convolutions and correlations, by Fourier transforms where there are several axes or many numbers."""

from typing import Any

import numpy as np
import scipy.fft

from dispatchml import ops
from dispatchml.lift import replaces

from ..arguments import array, floating, unsupported

#: Below so many numbers in the shorter one, one axis is convolved by sums.
SHORT = 500


def by_transform(a: Any, b: Any, axes: tuple[int, ...]) -> Any:
    """The full convolution along some axes; the others broadcast."""
    shape = [ops.shape(a)[k] + ops.shape(b)[k] - 1 for k in axes]
    sizes = tuple(scipy.fft.next_fast_len(n, True) for n in shape)
    if ops.dtype(a).kind == "c" or ops.dtype(b).kind == "c":
        y = ops.ifftn(ops.fftn(a, s=sizes, axes=axes) * ops.fftn(b, s=sizes, axes=axes), s=sizes, axes=axes)
    else:
        y = ops.irfftn(ops.rfftn(a, s=sizes, axes=axes) * ops.rfftn(b, s=sizes, axes=axes), s=sizes, axes=axes)
    index = [slice(None)] * ops.ndim(y)
    for k, n in zip(axes, shape, strict=True):
        index[k] = slice(0, n)
    return y[tuple(index)]


def cropped(y: Any, a: Any, b: Any, mode: str, axes: tuple[int, ...]) -> Any:
    """The part of a full convolution that a mode keeps."""
    if mode == "full":
        return y
    index = [slice(None)] * ops.ndim(y)
    for k in axes:
        m, n = ops.shape(a)[k], ops.shape(b)[k]
        size = m if mode == "same" else max(m, n) - min(m, n) + 1
        start = (m + n - 1 - size) // 2
        index[k] = slice(start, start + size)
    return y[tuple(index)]


def convolved(a: Any, b: Any, mode: str, axes: Any = None, method: str = "auto") -> Any:
    """The convolution in a mode; the shorter one comes second in "valid"."""
    if mode not in ("full", "same", "valid"):
        raise ValueError("Acceptable mode flags are 'valid', 'same', or 'full'.")
    a, b = floating(a), floating(b)
    rank = ops.ndim(a)
    if rank == ops.ndim(b) == 0:
        return a * b
    if rank != ops.ndim(b):
        raise ValueError("in1 and in2 should have the same dimensionality")
    axes = tuple(range(rank)) if axes is None else tuple(int(k) % rank for k in np.atleast_1d(axes))
    if mode == "valid":
        longer = [ops.shape(a)[k] >= ops.shape(b)[k] for k in axes]
        shorter = [ops.shape(a)[k] <= ops.shape(b)[k] for k in axes]
        if not all(longer) and not all(shorter):
            raise ValueError("For 'valid' mode, one must be at least as large as the other in every dimension")
    few = rank == 1 and min(ops.shape(a)[0], ops.shape(b)[0]) <= SHORT
    full = ops.convolve(a, b, mode="full") if few and method != "fft" else by_transform(a, b, axes)
    return cropped(full, a, b, mode, axes)


@replaces("scipy.signal.convolve")
def convolve(in1, in2, mode="full", method="auto"):
    """The convolution of arrays of one rank."""
    return convolved(in1, in2, mode, method=method)


@replaces("scipy.signal.fftconvolve")
def fftconvolve(in1, in2, mode="full", axes=None):
    """The convolution by Fourier transforms."""
    return convolved(in1, in2, mode, axes, "fft")


@replaces("scipy.signal.oaconvolve")
def oaconvolve(in1, in2, mode="full", axes=None):
    """The convolution; SciPy adds overlapping parts, which changes no result."""
    return convolved(in1, in2, mode, axes, "fft")


def reversed_conjugate(x: Any) -> Any:
    """All axes from their ends, conjugated."""
    x = np.flip(floating(x))
    return np.conj(x) if ops.dtype(x).kind == "c" else x


@replaces("scipy.signal.correlate")
def correlate(in1, in2, mode="full", method="auto"):
    """The correlation of arrays of one rank."""
    a, b = floating(in1), floating(in2)
    if mode == "valid" and any(m < n for m, n in zip(ops.shape(a), ops.shape(b), strict=True)):
        return reversed_conjugate(convolved(b, reversed_conjugate(a), mode, method=method))
    return convolved(a, reversed_conjugate(b), mode, method=method)


def bordered(x: Any, by: Any, boundary: str, fillvalue: Any) -> Any:
    """An image with a border as wide as the other one."""
    widths = tuple((n, n) for n in ops.shape(by))
    if boundary == "fill":
        return np.pad(x, widths, constant_values=fillvalue)
    return np.pad(x, widths, mode={"wrap": "wrap", "symm": "symmetric"}[boundary])


def in_two(name: str, a: Any, b: Any, mode: str, boundary: str, fillvalue: Any) -> Any:
    """A convolution of images whose outside is not zero."""
    boundary = {"circular": "wrap", "pad": "fill", "symmetric": "symm"}.get(boundary, boundary)
    if boundary not in ("fill", "wrap", "symm"):
        raise ValueError("Acceptable boundary flags are 'fill', 'circular' (or 'wrap'), and 'symmetric' (or 'symm').")
    a, b = floating(a), floating(b)
    if mode == "valid" or boundary == "fill" and type(fillvalue) in (int, float) and fillvalue == 0:
        return convolved(a, b, mode)
    m, n = ops.shape(a), ops.shape(b)
    full = convolved(bordered(a, b, boundary, fillvalue), b, "full")
    index = tuple(slice(q, q + p + q - 1) for p, q in zip(m, n, strict=True))
    return cropped(full[index], a, b, mode, (0, 1))


@replaces("scipy.signal.convolve2d")
def convolve2d(in1, in2, mode="full", boundary="fill", fillvalue=0):
    """The convolution of two images."""
    return in_two("convolve2d", in1, in2, mode, boundary, fillvalue)


@replaces("scipy.signal.correlate2d")
def correlate2d(in1, in2, mode="full", boundary="fill", fillvalue=0):
    """The correlation of two images."""
    if mode == "valid" and any(m < n for m, n in zip(ops.shape(array(in1)), ops.shape(array(in2)), strict=True)):
        raise unsupported("scipy.signal.correlate2d(mode='valid') with a smaller first image", "Exchange the images.")
    if mode == "same":  # the middle of a correlation is that of SciPy's loop, half a pixel off for even images
        full = in_two("correlate2d", in1, reversed_conjugate(in2), "full", boundary, fillvalue)
        m, n = ops.shape(array(in1)), ops.shape(array(in2))
        return full[tuple(slice(q // 2, q // 2 + p) for p, q in zip(m, n, strict=True))]
    return in_two("correlate2d", in1, reversed_conjugate(in2), mode, boundary, fillvalue)
