"""What NumPy does in place, on traced arrays: functions and methods that write into their first argument.

Everything ends in item assignment, so that views and owners see it and derivatives follow. Other layered values have no
item assignment and are refused with what to write instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.called import called_function
from ..dispatch.errors import OutArgumentError, ReadOnlyError, at_user_line, class_name
from ..engines.foreign_methods import claimed
from ..engines.provider import HOLDERS
from ..engines.traced import Traced
from ..engines.writable import Writable, is_array
from .registry import is_ours, numpy_function, operand


def positions(x: Any) -> Any:
    """The flat position of each element of x, in the shape of x."""
    return np.arange(math.prod(ops.shape(x))).reshape(ops.shape(x))


def write_flat(x: Any, index: Any, values: Any) -> None:
    """`x.flat[index] = values`: values are repeated where they are too few, and cut where they are too many."""
    places = np.asarray(positions(x).reshape(-1)[index])
    values = operand(values)
    if ops.ndim(values):
        have = ops.size(values)
        if not have:
            if places.size:
                raise ValueError(f"Cannot fill {places.size} elements from an empty array{at_user_line()}.")
            return
        values = ops.reshape(values, shape=(have,))
        if have != places.size:
            values = ops.getitem(values, index=np.arange(places.size) % have)
        places = places.reshape(-1)
    x[np.unravel_index(places, ops.shape(x)) if ops.ndim(x) else Ellipsis] = values


class Flat:
    """`x.flat`: the elements one by one, the last axis fastest; what is assigned to them reaches x."""

    __slots__ = ("base", "rest")

    def __init__(self, base: Any) -> None:
        self.base, self.rest = base, None

    def __len__(self) -> int:
        return ops.size(self.base)

    def __iter__(self) -> Iterator[Any]:
        return iter(ops.unstack(ops.ravel(self.base), axis=0))

    def __next__(self) -> Any:
        if self.rest is None:
            self.rest: Any = iter(self)
        return next(self.rest)

    def __getitem__(self, index: Any) -> Any:
        found = self.copy()[index]
        return found

    def __setitem__(self, index: Any, values: Any) -> None:
        write_flat(writable(self.base, "x.flat[...] = v", "x.reshape(-1) with numpy.where"), index, values)

    def copy(self) -> Any:
        """A new array with one axis."""
        x = ops.ravel(self.base)
        return ops.astype(x, dtype=ops.dtype(x))

    def __array__(self, *_: Any, **__: Any) -> Any:
        return np.asarray(self.base)


def writable(x: Any, what: str, instead: str) -> Any:
    """A value that takes item assignment; an error with what to write instead for the others."""
    if isinstance(x, Writable) or hasattr(type(x), "__setitem__"):
        return x
    raise ReadOnlyError(
        f"{what} writes into {class_name(type(x))}{at_user_line()}, which does not change. Write {instead}."
    )


def target(x: Any, name: str, instead: str) -> Any:
    """The first argument of a function of NumPy that writes: a traced array, or an array of lifted code."""
    if isinstance(x, Writable) or type(x) in HOLDERS:
        return x
    raise OutArgumentError(
        f"numpy.{name} writes into its first argument{at_user_line()}, which would lose what traced or layered values "
        f"carry. Write {instead}."
    )


def write_numbers(x: Any, values: Any, where: Any = True) -> None:
    """What NumPy does in C: numbers go to memory where a condition holds, whatever the class's item assignment does.

    A type whose registration has a method "__copyto__" (x, values, where) says what becomes of what it carries.
    """
    method = claimed(x, "__copyto__") if isinstance(x, Traced) else None
    if method is not None:
        method(x, values, where)
    else:
        x[...] = values if where is True else ops.where(where, values, x)


# ---- methods -----------------------------------------------------------------------------------------------------


def fill(x: Any, value: Any) -> None:
    """`x.fill(value)`; NumPy's numbers stay what they are."""
    if isinstance(x, Writable) and not ops.shape(x) and not is_array(x):
        return
    write_numbers(writable(x, "x.fill(v)", "numpy.full_like(x, v)"), value)


def sort(x: Any, axis: int, kind: Any, order: Any) -> None:
    """`x.sort()`."""
    from . import sort as sorted_copy

    writable(x, "x.sort()", "numpy.sort(x)")[...] = sorted_copy(x, axis=axis, kind=kind, order=order)


def partition(x: Any, kth: Any, axis: int) -> None:
    """`x.partition(kth)`."""
    from . import partition as partitioned_copy

    writable(x, "x.partition(k)", "numpy.partition(x, k)")[...] = partitioned_copy(x, kth, axis=axis)


def put(x: Any, indices: Any, values: Any, mode: str) -> None:
    """`x.put(indices, values)`."""
    writable(x, "x.put(i, v)", "numpy.where(mask, v, x)")
    size = ops.size(x)
    places = np.asarray(indices)
    if mode == "wrap":
        places = places % size
    elif mode == "clip":
        places = np.clip(places, 0, size - 1)
    write_flat(x, places, values)


# ---- functions ---------------------------------------------------------------------------------------------------


@numpy_function(np.copyto, arrays=0)
def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    name = called_function().rpartition(".")[2]
    if name in ("full", "full_like"):
        target(dst, name, "numpy.broadcast_to(x, shape) for an array that is filled with x")
    x = target(dst, "copyto", "x = y, or x[...] = y with a traced x: numpy.zeros_like(y) makes one")
    write_numbers(x, operand(src), where)


@numpy_function(np.put, arrays=0, plain=np.put)
def put_(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    put(target(a, "put", "x[indices] = values with a traced x, or numpy.where(mask, values, x)"), ind, v, mode)


@numpy_function(np.putmask, arrays=0)
def putmask(a: Any, mask: Any, values: Any) -> None:
    x = target(a, "putmask", "numpy.where(mask, values, x)")
    values = operand(values)
    if ops.ndim(values):
        flat = ops.reshape(values, shape=(ops.size(values),))
        values = ops.getitem(flat, index=positions(x) % ops.size(values))
    write_numbers(x, values, mask)


@numpy_function(np.place, arrays=0)
def place(arr: Any, mask: Any, vals: Any) -> None:
    x = target(arr, "place", "numpy.where(mask, values, x)")
    values = ops.ravel(operand(vals) if type(vals) in (list, tuple) else vals)
    if not ops.size(values):
        if np.any(mask):
            raise ValueError(f"Cannot insert from an empty array{at_user_line()}.")
        return
    shape = ops.shape(x)
    mask = ops.reshape(ops.astype(mask if is_ours(mask) else np.asarray(mask), dtype=np.dtype(bool)), shape=shape)
    before = ops.subtract(ops.cumsum(ops.astype(ops.ravel(mask), dtype=np.dtype(int)), axis=0), 1)
    write_numbers(x, ops.reshape(ops.take(values, before, axis=0, mode="wrap"), shape=shape), mask)


@numpy_function(np.fill_diagonal, arrays=0)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    x = target(a, "fill_diagonal", "numpy.where(numpy.eye(n, dtype=bool), values, x)")
    shape = ops.shape(x)
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        np.fill_diagonal(np.empty(shape), 0.0)  # raises NumPy's error
    if len(shape) == 2:
        step, end = shape[1] + 1, None if wrap else shape[1] * shape[1]
    else:
        step, end = 1 + sum(math.prod(shape[:k]) for k in range(1, len(shape))), None
    write_flat(x, slice(None, end, step), val)


@numpy_function(np.put_along_axis, arrays=0)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    x = target(arr, "put_along_axis", "x = dispatchml.ops.put_along_axis(x, indices, values, axis=axis)")
    if axis is None:
        write_flat(x, indices, values)
    else:
        x[...] = ops.put_along_axis(x, indices, operand(values), axis=axis)


def write_at(name: str, function: Any, x: Any, indices: Any, *values: Any) -> None:
    """`ufunc.at` on a traced array, where each element is met once or the ufunc adds."""
    if isinstance(x, Writable):
        places = np.asarray(positions(x)[indices])
        if name in ("add", "subtract"):
            more = operand(values[0])
            x[...] = ops.add_at(x, more if name == "add" else ops.negative(more), index=indices)
            return
        if np.unique(places).size == places.size:
            x[indices] = function(ops.getitem(x, index=indices), *map(operand, values))
            return
    instead = (
        "y = dispatchml.ops.add_at(x, values, index=indices)" if name == "add" else "y = numpy.where(mask, new, x)"
    )
    raise OutArgumentError(
        f"numpy.{name}.at writes into its first argument{at_user_line()}, which would lose what the others "
        f"carry. Write {instead}."
    )
