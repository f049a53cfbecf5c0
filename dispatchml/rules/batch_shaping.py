"""Shaping over a leading batch axis: the axes of an element are counted behind it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from ..ops.axes import axes_of, axis_of, behind
from ..ops.padding import pairs
from .batch_reductions import flattened, in_front
from .registry import batch
from .shaping import on_diagonal


def element(x: Any) -> tuple[int, ...]:
    """The shape of one element of the batch."""
    return ops.shape(x)[1:]


def with_axes(x: Any, ndim: int) -> Any:
    """Each element of the batch with axes of size 1 in front, up to `ndim` axes."""
    shape = element(x)
    missing = ndim - len(shape)
    return ops.reshape(x, shape=(ops.shape(x)[0], *(1,) * missing, *shape)) if missing > 0 else x


@batch(ops.reshape)
def reshape_batch(arguments: Any, batched: Any, size: int, *, shape: Any = (-1,), order: str = "C") -> Any:
    (x,) = arguments
    wanted = [int(n) for n in np.atleast_1d(np.asarray(shape, int))]
    if -1 in wanted:
        wanted[wanted.index(-1)] = math.prod(element(x)) // max(-math.prod(wanted), 1)
    if order == "C":
        return ops.reshape(x, shape=(size, *wanted))
    last = ops.moveaxis(x, source=0, destination=-1)
    return ops.moveaxis(ops.reshape(last, shape=(*wanted, size), order=order), source=-1, destination=0)


@batch(ops.transpose)
def transpose_batch(arguments: Any, batched: Any, size: int, *, axes: Any = None) -> Any:
    (x,) = arguments
    ndim = ops.ndim(x) - 1
    order = tuple(range(ndim))[::-1] if axes is None else axes_of(tuple(axes), ndim)
    return ops.transpose(x, axes=(0, *(a + 1 for a in order)))


@batch(ops.moveaxis)
def moveaxis_batch(arguments: Any, batched: Any, size: int, *, source: Any = 0, destination: Any = 0) -> Any:
    (x,) = arguments
    ndim = ops.ndim(x) - 1
    return ops.moveaxis(x, source=behind(source, ndim), destination=behind(destination, ndim))


@batch(ops.swapaxes)
def swapaxes_batch(arguments: Any, batched: Any, size: int, *, axis1: int = 0, axis2: int = 1) -> Any:
    (x,) = arguments
    ndim = ops.ndim(x) - 1
    return ops.swapaxes(x, axis1=axis_of(axis1, ndim) + 1, axis2=axis_of(axis2, ndim) + 1)


@batch(ops.squeeze)
def squeeze_batch(arguments: Any, batched: Any, size: int, *, axis: Any = None) -> Any:
    (x,) = arguments
    shape = element(x)
    axes = tuple(k for k, n in enumerate(shape) if n == 1) if axis is None else axis
    return ops.squeeze(x, axis=behind(axes, len(shape)))


@batch(ops.expand_dims)
def expand_dims_batch(arguments: Any, batched: Any, size: int, *, axis: Any = 0) -> Any:
    (x,) = arguments
    axes = (axis,) if np.ndim(axis) == 0 else tuple(axis)
    return ops.expand_dims(x, axis=tuple(a + 1 for a in axes_of(axes, ops.ndim(x) - 1 + len(axes))))


@batch(ops.broadcast_to)
def broadcast_to_batch(arguments: Any, batched: Any, size: int, *, shape: Any = ()) -> Any:
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    return ops.broadcast_to(with_axes(arguments[0], len(shape)), shape=(size, *shape))


@batch(ops.flip)
def flip_batch(arguments: Any, batched: Any, size: int, *, axis: Any = None) -> Any:
    (x,) = arguments
    return ops.flip(x, axis=behind(axis, ops.ndim(x) - 1))


@batch(ops.roll)
def roll_batch(arguments: Any, batched: Any, size: int, *, shift: Any = 1, axis: Any = None) -> Any:
    (x,) = arguments
    if axis is None:
        return ops.reshape(ops.roll(flattened(x), shift=shift, axis=1), shape=ops.shape(x))
    ndim = ops.ndim(x) - 1
    axes = axis_of(axis, ndim) + 1 if isinstance(axis, int) else tuple(axis_of(a, ndim) + 1 for a in axis)
    return ops.roll(x, shift=shift, axis=axes)


@batch(ops.rot90)
def rot90_batch(arguments: Any, batched: Any, size: int, *, k: int = 1, axes: Any = (0, 1)) -> Any:
    (x,) = arguments
    return ops.rot90(x, k=k, axes=tuple(axis_of(a, ops.ndim(x) - 1) + 1 for a in axes))  # pyright: ignore[reportArgumentType]


@batch(ops.tile)
def tile_batch(arguments: Any, batched: Any, size: int, *, reps: Any = 1) -> Any:
    reps = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    x = with_axes(arguments[0], len(reps))
    return ops.tile(x, reps=(1,) * (ops.ndim(x) - len(reps)) + reps)


@batch(ops.repeat)
def repeat_batch(arguments: Any, batched: Any, size: int, *, repeats: Any = 1, axis: int | None = None) -> Any:
    (x,) = arguments
    if axis is None:
        return ops.repeat(flattened(x), repeats=repeats, axis=1)
    return ops.repeat(x, repeats=repeats, axis=axis_of(axis, ops.ndim(x) - 1) + 1)


@batch(ops.concatenate)
def concatenate_batch(arguments: Any, batched: Any, size: int, *, axis: int | None = 0, dtype: Any = None) -> Any:
    arrays = tuple(in_front(x, flag, size) for x, flag in zip(arguments, batched, strict=True))
    if axis is None:
        return ops.concatenate(tuple(flattened(x) for x in arrays), axis=1, dtype=dtype)
    return ops.concatenate(arrays, axis=axis_of(axis, ops.ndim(arrays[0]) - 1) + 1, dtype=dtype)


@batch(ops.stack)
def stack_batch(arguments: Any, batched: Any, size: int, *, axis: int = 0, dtype: Any = None) -> Any:
    arrays = tuple(in_front(x, flag, size) for x, flag in zip(arguments, batched, strict=True))
    return ops.stack(arrays, axis=axis_of(axis, ops.ndim(arrays[0])) + 1, dtype=dtype)


@batch(ops.split)
def split_batch(arguments: Any, batched: Any, size: int, *, indices_or_sections: Any = 1, axis: int = 0) -> Any:
    (x,) = arguments
    return ops.split(x, indices_or_sections=indices_or_sections, axis=axis_of(axis, ops.ndim(x) - 1) + 1)


def declare_triangle(function: Any) -> None:
    """The batch rule of tril or triu, which take a vector for every row of a square."""

    @batch(function)
    def triangle_batch(arguments: Any, batched: Any, size: int, *, k: int = 0) -> Any:
        (x,) = arguments
        if ops.ndim(x) == 2:
            n = ops.shape(x)[1]
            x = ops.broadcast_to(ops.expand_dims(x, axis=1), shape=(size, n, n))
        return function(x, k=k)


declare_triangle(ops.tril)
declare_triangle(ops.triu)


def declare_diagonal(function: Any) -> None:
    """The batch rule of diagonal or trace."""

    @batch(function)
    def diagonal_batch(
        arguments: Any, batched: Any, size: int, *, offset: int = 0, axis1: int = 0, axis2: int = 1, **keywords: Any
    ) -> Any:
        (x,) = arguments
        first, second = (axis_of(a, ops.ndim(x) - 1) + 1 for a in (axis1, axis2))
        return function(x, offset=offset, axis1=first, axis2=second, **keywords)


declare_diagonal(ops.diagonal)
declare_diagonal(ops.trace)


@batch(ops.diag)
def diag_batch(arguments: Any, batched: Any, size: int, *, k: int = 0) -> Any:
    (x,) = arguments
    if ops.ndim(x) == 3:
        return ops.diagonal(x, offset=k, axis1=1, axis2=2)
    n = ops.shape(x)[1] + abs(k)
    return on_diagonal(x, (size, n, n), k, 1, 2)


@batch(ops.pad_constant)
def pad_batch(arguments: Any, batched: Any, size: int, *, pad_width: Any = 0, value: Any = 0) -> Any:
    (x,) = arguments
    ndim = ops.ndim(x) - 1
    values = value if np.ndim(value) == 0 else [(0, 0), *pairs(value, ndim)]
    return ops.pad_constant(x, pad_width=[(0, 0), *pairs(pad_width, ndim)], value=values)
