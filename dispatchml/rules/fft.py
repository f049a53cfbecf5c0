"""Derivatives of discrete Fourier transforms: linear, with the inverse transform in the other norm as adjoint.

A transform with n points crops or pads its axis first, so its adjoint pads or crops. Transforms that know only half of
a spectrum count every frequency but 0 and the middle one twice.
"""

from typing import Any

import numpy as np

from .. import ops
from ..ops.placement import beside
from .adjoints import conj
from .registry import batch, linear

#: The scale of the adjoint is that of the inverse with the scale on the other side.
OTHER_NORM = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def resized(x: Any, axis: int, wanted: int) -> Any:
    """An axis cropped, or padded with zeros, to a length."""
    shape = ops.shape(x)
    have = shape[axis]
    if have == wanted:
        return x
    axis %= len(shape)
    front = (slice(None),) * axis
    if have > wanted:
        return ops.getitem(x, index=(*front, slice(0, wanted)))
    first = ops.multiply(ops.getitem(x, index=(*front, slice(0, 1))), 0)
    zeros = ops.broadcast_to(first, shape=(*shape[:axis], wanted - have, *shape[axis + 1 :]))
    return ops.concatenate((x, zeros), axis=axis)


def weighted(x: Any, axis: int, n: int, factor: float) -> Any:
    """A half spectrum of n points with every frequency that stands for two times a factor."""
    shape = ops.shape(x)
    weights = np.ones(shape[axis], np.empty(0, ops.dtype(x)).real.dtype if ops.dtype(x).kind in "fc" else np.float64)  # pyright: ignore[reportAttributeAccessIssue]
    weights[1 : (n + 1) // 2] = factor
    weights = weights.reshape((-1,) + (1,) * (len(shape) - 1 - axis % len(shape)))
    return ops.multiply(x, beside(weights, x))


def adjoint_of_complex(ct: Any, count: int, axis: int, norm: Any, inverse: Any) -> Any:
    """The adjoint of `fft` (inverse=ifft) or `ifft` (inverse=fft) of `count` points."""
    return resized(inverse(ct, axis=axis, norm=OTHER_NORM[norm]), axis, count)


def adjoint_of_rfft(ct: Any, count: int, n: int, axis: int, norm: Any) -> Any:
    """The adjoint of `rfft`."""
    return resized(ops.irfft(weighted(ct, axis, n, 0.5), n=n, axis=axis, norm=OTHER_NORM[norm]), axis, count)


def adjoint_of_irfft(ct: Any, count: int, n: int, axis: int, norm: Any) -> Any:
    """The adjoint of `irfft` to n points."""
    return resized(weighted(ops.rfft(ct, axis=axis, norm=OTHER_NORM[norm]), axis, n, 2), axis, count)


def fft_transpose(ct: Any, like: Any, *, n: Any, axis: int, norm: Any) -> Any:
    """The adjoint of `fft`."""
    return adjoint_of_complex(ct, like.shape[axis], axis, norm, ops.ifft)


def ifft_transpose(ct: Any, like: Any, *, n: Any, axis: int, norm: Any) -> Any:
    """The adjoint of `ifft`."""
    return adjoint_of_complex(ct, like.shape[axis], axis, norm, ops.fft)


def rfft_transpose(ct: Any, like: Any, *, n: Any, axis: int, norm: Any) -> Any:
    """The adjoint of `rfft`."""
    return adjoint_of_rfft(ct, like.shape[axis], like.shape[axis] if n is None else n, axis, norm)


def irfft_transpose(ct: Any, like: Any, *, n: Any, axis: int, norm: Any) -> Any:
    """The adjoint of `irfft`."""
    return adjoint_of_irfft(ct, like.shape[axis], ops.shape(ct)[axis], axis, norm)


def hfft_transpose(ct: Any, like: Any, *, n: Any, axis: int, norm: Any) -> Any:
    """hfft(x) is irfft(conj(x)) with the other norm."""
    return conj(adjoint_of_irfft(ct, like.shape[axis], ops.shape(ct)[axis], axis, OTHER_NORM[norm]))


def ihfft_transpose(ct: Any, like: Any, *, n: Any, axis: int, norm: Any) -> Any:
    """ihfft(x) is conj(rfft(x)) with the other norm."""
    return adjoint_of_rfft(conj(ct), like.shape[axis], like.shape[axis] if n is None else n, axis, OTHER_NORM[norm])


# ---- several axes: one transform after the other, as NumPy does them ----------------------------------------------


def stages(shape: tuple[int, ...], s: Any, axes: Any, real: str) -> list[tuple[int, int, int, str]]:
    """(axis, points before, points of the transform, kind) in the order in which they are applied.

    real: "first" where the last axis is done first, by `rfft`; "last" where it is last, by `irfft`; "" for neither.
    """
    rank = len(shape)
    if axes is None:
        axes = range(rank) if s is None else range(rank - len(s), rank)
    axes = [k % rank for k in ((axes,) if isinstance(axes, int) else axes)]
    given = [None] * len(axes) if s is None else [None if n is None or n == -1 else n for n in s]
    plan = [(k, n, "complex") for k, n in zip(axes, given, strict=True)]
    if plan and real:
        plan[-1] = (*plan[-1][:2], "real")
    plan = plan if real == "last" else plan[::-1]
    sizes, found = list(shape), []
    for axis, n, kind in plan:
        before = sizes[axis]
        if s is None:
            n = shape[axis]
            if kind == "real" and real == "last":
                n = 2 * (n - 1)
        elif n is None:
            n = shape[axis]
        found.append((axis, before, n, kind))
        sizes[axis] = n // 2 + 1 if kind == "real" and real == "first" else n
    return found


def transpose_of_axes(real: str, inverse: Any) -> Any:
    """The transpose of a transform over several axes: those of its stages, the last one first."""

    def transform_transpose(ct: Any, like: Any, *, s: Any, axes: Any, norm: Any) -> Any:
        for axis, before, n, kind in reversed(stages(like.shape, s, axes, real)):
            if kind == "complex":
                ct = adjoint_of_complex(ct, before, axis, norm, inverse)
            elif real == "first":
                ct = adjoint_of_rfft(ct, before, n, axis, norm)
            else:
                ct = adjoint_of_irfft(ct, before, n, axis, norm)
        return ct

    return transform_transpose


def shift_transpose(ct: Any, like: Any, *, axes: Any) -> Any:
    """The adjoint of `fftshift`: it moves entries."""
    return ops.ifftshift(ct, axes=axes)


def ifftshift_transpose(ct: Any, like: Any, *, axes: Any) -> Any:
    """The adjoint of `ifftshift`."""
    return ops.fftshift(ct, axes=axes)


linear(ops.fft, transpose=fft_transpose, select=True)
linear(ops.ifft, transpose=ifft_transpose, select=True)
linear(ops.rfft, transpose=rfft_transpose, select=True)
linear(ops.irfft, transpose=irfft_transpose, select=True)
linear(ops.hfft, transpose=hfft_transpose, select=True)
linear(ops.ihfft, transpose=ihfft_transpose, select=True)
for operation in (ops.fft2, ops.fftn):
    linear(operation, transpose=transpose_of_axes("", ops.ifft))
for operation in (ops.ifft2, ops.ifftn):
    linear(operation, transpose=transpose_of_axes("", ops.fft))
for operation in (ops.rfft2, ops.rfftn):
    linear(operation, transpose=transpose_of_axes("first", ops.ifft))
for operation in (ops.irfft2, ops.irfftn):
    linear(operation, transpose=transpose_of_axes("last", ops.fft))
linear(ops.fftshift, transpose=shift_transpose)
linear(ops.ifftshift, transpose=ifftshift_transpose)


# ---- batches ---------------------------------------------------------------------------------------------------------


def behind_batch(axes: Any, rank: int) -> Any:
    """Axes of an element as axes of the batch."""
    if axes is None:
        return tuple(range(1, rank))
    return tuple(k if k < 0 else k + 1 for k in ((axes,) if isinstance(axes, int) else axes))


def declare_batch(operation: Any) -> None:
    """The same transform, with the axes counted behind the batch axis."""

    @batch(operation)
    def batched_transform(arguments: Any, batched: Any, size: int, **keywords: Any) -> Any:
        x = arguments[0]
        if "axis" in keywords:
            axis = keywords["axis"]
            keywords["axis"] = axis if axis < 0 else axis + 1
        elif keywords["axes"] is None and keywords.get("s") is not None:
            keywords["axes"] = tuple(range(-len(keywords["s"]), 0))
        else:
            keywords["axes"] = behind_batch(keywords["axes"], ops.ndim(x))
        return operation(x, **keywords)


for operation in (
    ops.fft, ops.ifft, ops.rfft, ops.irfft, ops.hfft, ops.ihfft, ops.fft2, ops.ifft2, ops.rfft2, ops.irfft2, ops.fftn,
    ops.ifftn, ops.rfftn, ops.irfftn, ops.fftshift, ops.ifftshift,
):  # fmt: skip
    declare_batch(operation)
