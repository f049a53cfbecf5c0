"""Joining, splitting, repeating and padding."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NoMethodError, ShapeError, at_user_line
from ..ops.axes import axis_of
from .manipulation import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    in_order,
    normal_axis,
    order_of,
    sizes,
)
from .registry import is_ours, numpy_function, operand, operands


@numpy_function(np.concatenate, arrays=0, names="concat")
def concatenate(
    arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    parts = operands(arrays)
    if axis is None:
        parts, axis = tuple(ops.reshape(p, shape=(ops.size(p),)) for p in parts), 0
    if dtype is not None:
        parts = tuple(ops.astype(p, dtype=np.dtype(dtype)) for p in parts)
    if not parts:
        raise ValueError("need at least one array to concatenate")
    return ops.concatenate(parts, axis=normal_axis(axis, ops.ndim(parts[0])))


@numpy_function(np.stack, arrays=0)
def stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    parts = operands(arrays)
    if not parts:
        raise ValueError("need at least one array to stack")
    if dtype is not None:
        parts = tuple(ops.astype(p, dtype=np.dtype(dtype)) for p in parts)
    return ops.stack(parts, axis=normal_axis(axis, ops.ndim(parts[0]) + 1))


@numpy_function(np.hstack, arrays=0)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    parts = tuple(map(atleast_1d, operands(tup)))
    return concatenate(parts, 0 if ops.ndim(parts[0]) == 1 else 1, dtype=dtype)


@numpy_function(np.vstack, arrays=0)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    return concatenate(tuple(map(atleast_2d, operands(tup))), 0, dtype=dtype)


@numpy_function(np.dstack, arrays=0)
def dstack(tup: Any) -> Any:
    return concatenate(tuple(map(atleast_3d, operands(tup))), 2)


@numpy_function(np.column_stack, arrays=0)
def column_stack(tup: Any) -> Any:
    columns = (ops.reshape(p, shape=(ops.size(p), 1)) if ops.ndim(p) < 2 else p for p in operands(tup))
    return concatenate(tuple(columns), 1)


@numpy_function(np.block, arrays=0)
def block(arrays: Any) -> Any:
    def depth(x: Any) -> int:
        return 1 + max(map(depth, x)) if isinstance(x, list) else 0

    levels = depth(arrays)

    def highest(x: Any) -> int:
        return max(map(highest, x)) if isinstance(x, list) else ops.ndim(x)

    count = max(levels, highest(arrays))

    def join(x: Any, level: int) -> Any:
        if not isinstance(x, list):
            x = operand(x)
            return ops.reshape(x, shape=(1,) * (count - ops.ndim(x)) + ops.shape(x))
        return ops.concatenate(tuple(join(e, level + 1) for e in x), axis=count - levels + level)

    return join(arrays, 0)


@numpy_function(np.append, arrays=2)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    return concatenate((arr, values), axis)


@numpy_function(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    if isinstance(indices_or_sections, (int, np.integer)):
        n, parts = ops.shape(ary)[axis_of(axis, ops.ndim(ary))], int(indices_or_sections)
        if parts <= 0:
            raise ValueError(f"array_split into {parts} parts: the number of parts must be positive")
        sizes = [n // parts + (k < n % parts) for k in range(parts)]
        indices_or_sections = list(itertools.accumulate(sizes))[:-1]
    return slices(ary, indices_or_sections, axis)


@numpy_function(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    if isinstance(indices_or_sections, (int, np.integer)):
        n = ops.shape(ary)[axis_of(axis, ops.ndim(ary))]
        if n % indices_or_sections:
            raise ValueError(f"split of {n} elements into {indices_or_sections} equal parts: use numpy.array_split")
    return array_split(ary, indices_or_sections, axis)


def slices(ary: Any, places: Any, axis: int) -> list[Any]:
    """The parts between the places as slices, which are views as in NumPy."""
    axis = axis_of(axis, ops.ndim(ary))
    cuts = [None, *map(int, places), None]
    return [
        ops.getitem(ary, index=(slice(None),) * axis + (slice(start, end),)) for start, end in itertools.pairwise(cuts)
    ]


@numpy_function(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    return split(ary, indices_or_sections, 1 if ops.ndim(ary) > 1 else 0)


@numpy_function(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    if ops.ndim(ary) < 2:
        raise ValueError("vsplit only works on arrays of 2 or more dimensions")
    return split(ary, indices_or_sections, 0)


@numpy_function(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    if ops.ndim(ary) < 3:
        raise ValueError("dsplit only works on arrays of 3 or more dimensions")
    return split(ary, indices_or_sections, 2)


@numpy_function(np.unstack)
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    return ops.unstack(x, axis=axis)


@numpy_function(np.tile)
def tile(A: Any, reps: Any) -> Any:
    return ops.tile(A, reps=reps)


@numpy_function(np.repeat)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    counts = operator.index(repeats) if np.ndim(repeats) == 0 else np.asarray(repeats)
    return ops.repeat(a, repeats=counts, axis=axis)


@numpy_function(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    wanted = sizes(new_shape)
    count = int(np.prod(wanted))
    index = np.arange(count) % max(ops.size(a), 1)
    return ops.reshape(ops.getitem(ops.reshape(a, shape=(ops.size(a),)), index=index), shape=wanted)


@numpy_function(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    n = ops.ndim(array)
    if callable(mode):
        raise NoMethodError(
            f"numpy.pad with a function as mode is not defined on layered values{at_user_line()}: it writes "
            "into its argument. "
            "Join the parts with numpy.concatenate."
        )
    if isinstance(pad_width, dict):
        widths = [pad_width.get(k, pad_width.get(k - n, 0)) for k in range(n)]
        pad_width = tuple((w, w) if isinstance(w, int) else tuple(w) for w in widths)
    value = kwargs.get("constant_values", 0)
    if not is_ours(value):
        return in_order(ops.pad(array, pad_width=pad_width, mode=mode, **kwargs), order_of(array))
    if not isinstance(value, (tuple, list)) and ops.ndim(value):
        raise NoMethodError(
            f"numpy.pad takes layered constant_values as one number or a tuple of numbers{at_user_line()}. Join the "
            "parts with numpy.concatenate."
        )
    y = ops.pad(array, pad_width=pad_width)
    side = np.pad(np.zeros(ops.shape(array), int), pad_width, constant_values=sides(value, n))
    for k, each in enumerate(flattened(value), 1):
        y = ops.where(side != k, y, each)
    return in_order(y, order_of(array))


def flattened(value: Any) -> list[Any]:
    """The numbers of a nest of tuples."""
    return [x for v in value for x in flattened(v)] if isinstance(value, (tuple, list)) else [value]


def sides(value: Any, n: int) -> Any:
    """A nest of tuples with positions, from 1, in the place of its numbers."""
    count = iter(range(1, 2 * n + 1))

    def numbered(v: Any) -> Any:
        return tuple(map(numbered, v)) if isinstance(v, (tuple, list)) else next(count)

    return numbered(value)


@numpy_function(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    if ops.ndim(filt) != 1:
        raise ShapeError(f"numpy.trim_zeros takes one axis on layered values{at_user_line()}.")
    nonzero = ops.nonzero(filt)[0]
    nonzero = np.asarray(nonzero)
    if nonzero.size == 0:
        return ops.getitem(filt, index=slice(0, 0))
    start = int(nonzero[0]) if "f" in trim.lower() else None
    stop = int(nonzero[-1]) + 1 if "b" in trim.lower() else None
    return ops.getitem(filt, index=slice(start, stop))


def as_sequence(x: Any) -> Sequence[Any]:
    """The elements along the first axis."""
    return x if isinstance(x, (tuple, list)) else unstack(x)
