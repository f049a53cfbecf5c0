"""Derivatives of shaping: each is linear, and its transpose puts the elements back."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import Any

import numpy as np

from .. import ops
from ..ops.axes import axes_of, axis_of, inverse
from ..ops.padding import pairs
from .registry import linear, rule


def shaped(x: Any, shape: tuple[int, ...]) -> Any:
    """x in a shape that it may have already."""
    return x if ops.shape(x) == tuple(shape) else ops.reshape(x, shape=shape)


def sum_to(ct: Any, shape: tuple[int, ...]) -> Any:
    """The sum over what broadcasting from a shape has repeated."""
    have = ops.shape(ct)
    if have == tuple(shape):
        return ct
    missing = len(have) - len(shape)
    axes = tuple(range(missing)) + tuple(missing + k for k, n in enumerate(shape) if n == 1 and have[missing + k] != 1)
    return shaped(ops.sum(ct, axis=axes), shape)


# ---- one array -------------------------------------------------------------------------------------------------------


def reshape_transpose(ct: Any, like: Any, *, shape: Any = (-1,), order: str = "C") -> Any:
    return ops.reshape(ct, shape=like.shape, order=order)


def transpose_transpose(ct: Any, like: Any, *, axes: Any = None) -> Any:
    return ops.transpose(ct, axes=None if axes is None else inverse(axes_of(tuple(axes), len(like.shape))))


def moveaxis_transpose(ct: Any, like: Any, *, source: Any = 0, destination: Any = 0) -> Any:
    return ops.moveaxis(ct, source=destination, destination=source)


def swapaxes_transpose(ct: Any, like: Any, *, axis1: int = 0, axis2: int = 1) -> Any:
    return ops.swapaxes(ct, axis1=axis1, axis2=axis2)


def as_before(ct: Any, like: Any, **keywords: Any) -> Any:
    """The transpose of squeeze and expand_dims."""
    return ops.reshape(ct, shape=like.shape)


def broadcast_transpose(ct: Any, like: Any, *, shape: Any = ()) -> Any:
    return sum_to(ct, like.shape)


def flip_transpose(ct: Any, like: Any, *, axis: Any = None) -> Any:
    return ops.flip(ct, axis=axis)


def roll_transpose(ct: Any, like: Any, *, shift: Any = 1, axis: Any = None) -> Any:
    return ops.roll(ct, shift=-shift if isinstance(shift, int) else tuple(-np.asarray(shift)), axis=axis)


def rot90_transpose(ct: Any, like: Any, *, k: int = 1, axes: Any = (0, 1)) -> Any:
    return ops.rot90(ct, k=-k, axes=axes)


def tile_transpose(ct: Any, like: Any, *, reps: Any = 1) -> Any:
    reps = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    ndim = max(len(reps), len(like.shape))
    counts = (1,) * (ndim - len(reps)) + reps
    sizes = (1,) * (ndim - len(like.shape)) + tuple(like.shape)
    apart = ops.reshape(ct, shape=tuple(n for pair in zip(counts, sizes, strict=True) for n in pair))
    return shaped(ops.sum(apart, axis=tuple(range(0, 2 * ndim, 2))), like.shape)


def repeat_transpose(ct: Any, like: Any, *, repeats: Any = 1, axis: int | None = None) -> Any:
    shape = (math.prod(like.shape),) if axis is None else tuple(like.shape)
    axis = 0 if axis is None else axis_of(axis, len(shape))
    if np.ndim(repeats) == 0 or len(repeats) == 1:
        count = int(np.reshape(repeats, ()))
        apart = ops.reshape(ct, shape=(*shape[: axis + 1], count, *shape[axis + 1 :]))
        return shaped(ops.sum(apart, axis=axis + 1), like.shape)
    source = np.repeat(np.arange(shape[axis]), repeats)
    return shaped(ops.scatter(ct, index=(*(slice(None),) * axis, source), shape=shape), like.shape)


def tril_transpose(ct: Any, like: Any, *, k: int = 0) -> Any:
    return sum_to(ops.tril(ct, k=k), like.shape)


def triu_transpose(ct: Any, like: Any, *, k: int = 0) -> Any:
    return sum_to(ops.triu(ct, k=k), like.shape)


def on_diagonal(ct: Any, shape: tuple[int, ...], offset: int, axis1: int, axis2: int) -> Any:
    """Zeros of a shape with the last axis of ct along the diagonal of two axes."""
    ndim = len(shape)
    first, second = axis_of(axis1, ndim), axis_of(axis2, ndim)
    rest = tuple(a for a in range(ndim) if a not in (first, second))
    length = ops.shape(ct)[-1]
    rows, columns = np.arange(length) + max(-offset, 0), np.arange(length) + max(offset, 0)
    moved = (*(shape[a] for a in rest), shape[first], shape[second])
    # Unlike `scatter`, setitem need not add: no place is met twice.
    full = ops.setitem(ops.zeros_of(ct, shape=moved), ct, index=(..., rows, columns))
    return ops.transpose(full, axes=inverse((*rest, first, second)))


def diagonal_transpose(ct: Any, like: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return on_diagonal(ct, like.shape, offset, axis1, axis2)


def diag_transpose(ct: Any, like: Any, *, k: int = 0) -> Any:
    if len(like.shape) == 1:
        return ops.diagonal(ct, offset=k)
    return on_diagonal(ct, like.shape, k, 0, 1)


def trace_transpose(ct: Any, like: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    rows, columns = like.shape[axis1], like.shape[axis2]
    length = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    along = ops.broadcast_to(ops.expand_dims(ct, axis=-1), shape=(*ops.shape(ct), length))
    return on_diagonal(along, like.shape, offset, axis1, axis2)


linear(ops.reshape, reshape_transpose)
linear(ops.transpose, transpose_transpose)
linear(ops.moveaxis, moveaxis_transpose)
linear(ops.swapaxes, swapaxes_transpose)
linear(ops.squeeze, as_before)
linear(ops.expand_dims, as_before)
linear(ops.broadcast_to, broadcast_transpose)
linear(ops.flip, flip_transpose)
linear(ops.roll, roll_transpose)
linear(ops.rot90, rot90_transpose)
linear(ops.tile, tile_transpose)
linear(ops.repeat, repeat_transpose)
linear(ops.tril, tril_transpose, select=True)
linear(ops.triu, triu_transpose, select=True)
linear(ops.diagonal, diagonal_transpose, select=True)
linear(ops.diag, diag_transpose, select=True)
linear(ops.trace, trace_transpose, select=True)


# ---- several arrays --------------------------------------------------------------------------------------------------


def concatenate_transpose(ct: Any, like: Any, *, axis: int | None = 0, dtype: Any = None) -> Any:
    sizes = [math.prod(x.shape) if axis is None else x.shape[axis] for x in like]
    before = () if axis is None else (slice(None),) * axis_of(axis, len(like[0].shape))
    ends = list(accumulate(sizes))
    parts = (ops.getitem(ct, index=(*before, slice(e - n, e))) for n, e in zip(sizes, ends, strict=True))
    return tuple(shaped(part, x.shape) for part, x in zip(parts, like, strict=True))


def stack_transpose(ct: Any, like: Any, *, axis: int = 0, dtype: Any = None) -> Any:
    before = (slice(None),) * axis_of(axis, len(like[0].shape) + 1)
    return tuple(ops.getitem(ct, index=(*before, k)) for k in range(len(like)))


linear(ops.concatenate, concatenate_transpose)
linear(ops.stack, stack_transpose)


@rule(ops.split).jvp
def split_jvp(y: Any, tangents: Any, x: Any, *, indices_or_sections: Any = 1, axis: int = 0) -> Any:
    return ops.split(tangents[0], indices_or_sections=indices_or_sections, axis=axis)


@rule(ops.split).vjp
def split_vjp(y: Any, x: Any, *, needs: Any, indices_or_sections: Any = 1, axis: int = 0) -> Any:
    shape = ops.shape(x)
    cuts = indices_or_sections
    at = axis_of(axis, len(shape))
    ordered = isinstance(cuts, int) or all(0 <= a <= b for a, b in zip([0, *cuts], cuts, strict=False))

    def split_pullback(ct: Any) -> Any:
        if ordered:
            return (ops.concatenate(tuple(ct), axis=at),)
        edges = [0, *cuts, shape[at]]  # pyright: ignore[reportGeneralTypeIssues]
        index = [(*(slice(None),) * at, slice(a, b)) for a, b in zip(edges, edges[1:], strict=False)]
        whole = ops.scatter(ct[0], index=index[0], shape=shape)  # cuts that overlap: add up
        for part, i in zip(ct[1:], index[1:], strict=True):
            whole = ops.add(whole, ops.scatter(part, index=i, shape=shape))
        return (whole,)

    return split_pullback


# ---- padding with a number: affine -----------------------------------------------------------------------------------


@rule(ops.pad_constant).jvp
def pad_jvp(y: Any, tangents: Any, x: Any, *, pad_width: Any = 0, value: Any = 0) -> Any:
    return ops.pad_constant(tangents[0], pad_width=pad_width)


@rule(ops.pad_constant).vjp
def pad_vjp(y: Any, x: Any, *, needs: Any, pad_width: Any = 0, value: Any = 0) -> Any:
    inside = tuple(
        slice(before, before + n) for (before, _), n in zip(pairs(pad_width, ops.ndim(x)), ops.shape(x), strict=True)
    )

    def pad_pullback(ct: Any) -> Any:
        return (ops.getitem(ct, index=inside),)

    return pad_pullback
