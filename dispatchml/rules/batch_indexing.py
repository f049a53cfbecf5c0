"""Indexing over a leading batch axis: the index of an element, with everything of the batch axis before it."""

from __future__ import annotations

import math
from typing import Any

from .. import ops
from ..ops.axes import axis_of
from ..ops.index import behind_batch, result_shape
from .batch_reductions import flattened, in_front
from .batch_shaping import with_axes
from .registry import batch


@batch(ops.getitem)
def getitem_batch(arguments: Any, batched: Any, size: int, *, index: Any = ()) -> Any:
    full, place = behind_batch(index)
    y = ops.getitem(arguments[0], index=full)
    return ops.moveaxis(y, source=place, destination=0) if place else y


def placed(value: Any, flagged: bool, ndim: int, place: int) -> Any:
    """A value that is put at an index, with its batch axis where the indexed array has it; `ndim` is an element's."""
    if flagged:
        value = with_axes(value, ndim)
        return ops.moveaxis(value, source=0, destination=place) if place else value
    if not place:
        return value
    shape = ops.shape(value)
    value = ops.reshape(value, shape=(*(1,) * (ndim - len(shape)), *shape))
    return ops.expand_dims(value, axis=place)


@batch(ops.scatter)
def scatter_batch(arguments: Any, batched: Any, size: int, *, index: Any = (), shape: Any = ()) -> Any:
    full, place = behind_batch(index)
    wanted = result_shape(index, shape)
    value = with_axes(arguments[0], len(wanted))
    if ops.shape(value)[1:] != wanted:
        value = ops.broadcast_to(value, shape=(size, *wanted))
    return ops.scatter(placed(value, True, len(wanted), place), index=full, shape=(size, *shape))


def declare_update(function: Any) -> None:
    """The batch rule of setitem or add_at."""

    @batch(function)
    def update_batch(arguments: Any, batched: Any, size: int, *, index: Any = ()) -> Any:
        x = in_front(arguments[0], batched[0], size)
        full, place = behind_batch(index)
        ndim = len(result_shape(index, ops.shape(x)[1:]))
        value = arguments[1]
        extra = ops.ndim(value) - batched[1] - ndim
        if extra > 0:  # axes of size 1 in front, which NumPy lets a value have
            value = ops.squeeze(value, axis=tuple(range(batched[1], batched[1] + extra)))
        return function(x, placed(value, batched[1], ndim, place), index=full)


declare_update(ops.setitem)
declare_update(ops.add_at)


# ---- positions as an argument ----------------------------------------------------------------------------------------


def inside(indices: Any, n: int, mode: str) -> Any:
    """Positions as `take` understands them in a mode, for operations that raise on those outside."""
    if mode == "wrap":
        return ops.remainder(indices, n)
    return ops.maximum(ops.minimum(indices, n - 1), 0) if mode == "clip" else indices


@batch(ops.take)
def take_batch(arguments: Any, batched: Any, size: int, *, axis: int | None = None, mode: str = "raise") -> Any:
    x, indices = arguments
    if not batched[0]:
        at = 0 if axis is None else axis_of(axis, ops.ndim(x))
        y = ops.take(x, indices, axis=axis, mode=mode)
        return ops.moveaxis(y, source=at, destination=0) if at else y
    if axis is None:
        x, at = flattened(x), 1
    else:
        at = axis_of(axis, ops.ndim(x) - 1) + 1
    if not batched[1]:
        return ops.take(x, indices, axis=at, mode=mode)
    shape, many = ops.shape(x), ops.shape(indices)[1:]
    indices = inside(indices, shape[at], mode)
    line = (size,) + tuple(math.prod(many) if k == at else 1 for k in range(1, len(shape)))
    y = ops.take_along_axis(x, ops.reshape(indices, shape=line), axis=at)
    return ops.reshape(y, shape=(*shape[:at], *many, *shape[at + 1 :]))


@batch(ops.scatter_take)
def scatter_take_batch(
    arguments: Any, batched: Any, size: int, *, shape: Any = (), axis: int | None = None, mode: str = "raise"
) -> Any:
    value, indices = arguments
    full = (size, *shape)
    value = in_front(value, batched[0], size)
    if not batched[1]:
        if axis is None:
            y = ops.scatter_take(value, indices, shape=(size, math.prod(shape)), axis=1, mode=mode)
            return ops.reshape(y, shape=full)
        return ops.scatter_take(value, indices, shape=full, axis=axis_of(axis, len(shape)) + 1, mode=mode)
    flat = (size, math.prod(shape)) if axis is None else full
    at = 1 if axis is None else axis_of(axis, len(shape)) + 1
    count = math.prod(ops.shape(indices)[1:])
    line = (size,) + tuple(count if k == at else 1 for k in range(1, len(flat)))
    indices = ops.reshape(inside(indices, flat[at], mode), shape=line)
    value = ops.reshape(value, shape=(*flat[:at], count, *flat[at + 1 :]))
    return ops.reshape(ops.scatter_along_axis(value, indices, shape=flat, axis=at), shape=full)


def declare_along_axis(function: Any) -> None:
    """The batch rule of an operation along an axis; what has no batch axis broadcasts along it."""

    @batch(function)
    def along_axis_batch(arguments: Any, batched: Any, size: int, *, axis: int | None = -1, **keywords: Any) -> Any:
        first = in_front(arguments[0], batched[0], size)
        shape = keywords.get("shape", ops.shape(first)[1:])
        ndim = 1 if axis is None else len(shape)
        others = [
            with_axes(x, ndim) if flag else ops.expand_dims(x, axis=0)
            for x, flag in zip(arguments[1:], batched[1:], strict=True)
        ]
        if axis is None:
            if function is ops.scatter_along_axis:
                y = function(first, *others, axis=1, shape=(size, math.prod(shape)))
            else:
                y = function(flattened(first), *others, axis=1)
            return y if function is ops.take_along_axis else ops.reshape(y, shape=(size, *shape))
        if "shape" in keywords:
            keywords["shape"] = (size, *shape)
        return function(first, *others, axis=axis_of(axis, len(shape)) + 1, **keywords)


declare_along_axis(ops.take_along_axis)
declare_along_axis(ops.scatter_along_axis)
declare_along_axis(ops.put_along_axis)
