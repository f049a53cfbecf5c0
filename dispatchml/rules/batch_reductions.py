"""Reductions, scans and creation over a leading batch axis: axes are counted behind it."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..ops.axes import behind
from .registry import batch

__all__ = ["flattened", "in_front"]


def in_front(x: Any, flagged: bool, size: int) -> Any:
    """x with the batch axis in front, repeated without a copy where it has none."""
    return x if flagged else ops.broadcast_to(x, shape=(size, *ops.shape(x)))


def flattened(x: Any) -> Any:
    """Each element of the batch with one axis."""
    return ops.reshape(x, shape=(ops.shape(x)[0], ops.size(x) // max(ops.shape(x)[0], 1)))


def declare_reduction(function: Any) -> None:
    """The batch rule of an operation that reduces over any axes."""

    @batch(function)
    def reduction_batch(arguments: Any, batched: Any, size: int, *, axis: Any = None, **keywords: Any) -> Any:
        (x,) = arguments
        return function(x, axis=behind(axis, ops.ndim(x) - 1), **keywords)


for reduction in (
    ops.sum, ops.prod, ops.mean, ops.var, ops.std, ops.max, ops.min, ops.median, ops.logsumexp, ops.softmax,
    ops.log_softmax, ops.vector_norm, ops.any, ops.all, ops.count_nonzero,
):  # fmt: skip
    declare_reduction(reduction)


def declare_position(function: Any) -> None:
    """The batch rule of argmax and the like, which reduce one axis or the flattened array."""

    @batch(function)
    def position_batch(
        arguments: Any, batched: Any, size: int, *, axis: int | None = None, keepdims: bool = False
    ) -> Any:
        (x,) = arguments
        ndim = ops.ndim(x) - 1
        if axis is None or ndim == 0:
            y = function(flattened(x), axis=1)
            return ops.reshape(y, shape=(size,) + (1,) * ndim) if keepdims else y
        return function(x, axis=behind(axis, ndim), keepdims=keepdims)


for position in (ops.argmax, ops.argmin, ops.nanargmax, ops.nanargmin):
    declare_position(position)


def declare_scan(function: Any) -> None:
    """The batch rule of an operation along one axis or over the flattened array."""

    @batch(function)
    def scan_batch(arguments: Any, batched: Any, size: int, *, axis: int | None, **keywords: Any) -> Any:
        (x,) = arguments
        ndim = ops.ndim(x) - 1
        if axis is None or ndim == 0:
            return function(flattened(x), axis=1, **keywords)
        return function(x, axis=behind(axis, ndim), **keywords)


for scan in (
    ops.cumsum, ops.cumprod, ops.cummax, ops.cummin, ops.sort, ops.argsort, ops.partition, ops.argpartition,
):  # fmt: skip
    declare_scan(scan)


@batch(ops.searchsorted)
def searchsorted_batch(arguments: Any, batched: Any, size: int, *, side: str = "left", sorter: Any = None) -> Any:
    """By bisection where all share the sorted array, else by counting what is smaller."""
    x, values = arguments
    if not batched[0]:
        return ops.searchsorted(x, values, side=side, sorter=sorter)
    if sorter is not None:
        x = ops.take(x, sorter, axis=1)
    values = in_front(values, batched[1], size)
    x = ops.reshape(x, shape=(size, *(1,) * (ops.ndim(values) - 1), ops.shape(x)[1]))
    values = ops.expand_dims(values, axis=-1)
    return ops.sum((ops.less if side == "left" else ops.less_equal)(x, values), axis=-1)


# ---- creation --------------------------------------------------------------------------------------------------------


def declare_like(function: Any) -> None:
    """The batch rule of an operation that keeps the shape."""

    @batch(function)
    def like_batch(arguments: Any, batched: Any, size: int, **keywords: Any) -> Any:
        return function(arguments[0], **keywords)


for like in (ops.zeros_like, ops.ones_like, ops.empty_like, ops.full_like, ops.one_like):
    declare_like(like)


def declare_of(function: Any) -> None:
    """The batch rule of an operation that makes another shape."""

    @batch(function)
    def of_batch(arguments: Any, batched: Any, size: int, *, shape: Any = None, **keywords: Any) -> Any:
        full = None if shape is None else (size, *((shape,) if isinstance(shape, int) else shape))
        return function(arguments[0], shape=full, **keywords)


for of in (ops.zeros_of, ops.ones_of, ops.full_of):
    declare_of(of)
