"""Reading, writing and scattering elements. What shares a place is added up: in any order, or in one that is always the
same with `default_device(..., deterministic=True)`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import ops
from ...dispatch.errors import TracerConversionError, at_user_line
from ...ops.index import is_basic, is_injective, parts_of, result_shape
from ..placing import is_deterministic
from .methods import method

#: How much a dtype can hold; storing a higher one in a lower one loses digits or the imaginary part.
RANKS = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}


def checked(lib: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """The index, refused where an array of the host in it names what is not there: CuPy would begin again at 0."""
    parts = parts_of(index)
    if any(isinstance(p, (list, np.ndarray)) for p in parts) and not any(isinstance(p, lib.ndarray) for p in parts):
        result_shape(index, shape)
    return index


@method("getitem")
def getitem(lib: Any, x: Any, *, index: Any) -> Any:
    return x[index] if is_basic(index) else x[checked(lib, index, x.shape)]


def writeable(x: Any, value: Any) -> Any:
    """A copy of x that value can be written into without loss."""
    dtype = ops.dtype(value)
    if RANKS.get(dtype.kind, 0) > max(RANKS.get(x.dtype.kind, 3), 1):
        raise TracerConversionError(
            f"A {dtype} value cannot be stored in an array of {x.dtype} without loss{at_user_line()}: its derivative "
            f"would be lost with its digits. Make the array with dtype={dtype}, or use astype."
        )
    return x.copy()


@method("setitem")
def setitem(lib: Any, x: Any, value: Any, *, index: Any) -> Any:
    y = writeable(x, value)
    y[checked(lib, index, x.shape)] = value
    return y


@method("add_at")
def add_at(lib: Any, x: Any, value: Any, *, index: Any) -> Any:
    y = writeable(x, value)
    if is_injective(index):
        y[index] += value
    else:
        add_repeated(lib, y, checked(lib, index, x.shape), value)
    return y


@method("scatter")
def scatter(lib: Any, value: Any, *, index: Any, shape: Any) -> Any:
    value = lib.xp.asarray(value)
    y = lib.xp.zeros(shape, value.dtype)
    if is_injective(index):
        y[index] = value
    else:
        add_repeated(lib, y, checked(lib, index, y.shape), value)
    return y


def add_repeated(lib: Any, y: Any, index: Any, value: Any) -> None:
    """y[index] += value, also where elements are named more than once."""
    if is_deterministic():
        y += in_order(lib, y, index, value)
    elif y.dtype.kind == "i":  # sums of whole numbers with and without sign are the same bits
        unsigned = np.dtype(f"u{y.dtype.itemsize}") if y.dtype.itemsize >= 4 else None
        if unsigned is None:
            raise TracerConversionError(
                f"Elements of an array of {y.dtype} cannot be added up on a device{at_user_line()}: use 32 or 64 bits."
            )
        lib.find("x.scatter_add")(y.view(unsigned), index, lib.xp.asarray(value).astype(y.dtype).view(unsigned))
    else:
        lib.find("x.scatter_add")(y, index, value)


def in_order(lib: Any, y: Any, index: Any, value: Any) -> Any:
    """The sums of the values that share a place, in an order that the index alone decides: sorted by place, then added
    to the one 1, 2, 4, ... places before while that goes to the same place.
    """
    xp, count = lib.xp, math.prod(y.shape)
    places = xp.arange(count).reshape(y.shape)[index]
    values = xp.broadcast_to(xp.asarray(value, y.dtype), places.shape).reshape(-1)
    places = places.reshape(-1)
    if not places.size:
        return xp.zeros_like(y)
    order = xp.argsort(places, kind="stable")
    places, values, step = places[order], values[order], 1
    zero = xp.zeros((), y.dtype)
    while step < places.size:
        same = places[step:] == places[:-step]
        values = xp.concatenate((values[:step], values[step:] + xp.where(same, values[:-step], zero)))
        step *= 2
    ends = xp.concatenate((places[1:] != places[:-1], xp.ones(1, bool)))
    total = xp.zeros(count + 1, y.dtype)
    total[xp.where(ends, places, count)] = values  # what is no end goes to a place that nobody reads
    return total[:-1].reshape(y.shape)


@method("take")
def take(lib: Any, x: Any, indices: Any, *, axis: Any, mode: str) -> Any:
    indices = lib.xp.asarray(indices)
    n = x.size if axis is None else x.shape[axis]
    return lib.xp.take(x, lib.xp.clip(indices, 0, n - 1) if mode == "clip" else indices, axis=axis)


@method("scatter_take")
def scatter_take(lib: Any, value: Any, indices: Any, *, shape: Any, axis: Any, mode: str) -> Any:
    n = math.prod(shape) if axis is None else shape[axis]
    indices = lib.xp.asarray(indices)
    indices = indices % n if mode == "wrap" else lib.xp.clip(indices, 0, n - 1) if mode == "clip" else indices
    if axis is None:
        return scatter(lib, value, index=indices, shape=(n,)).reshape(shape)
    return scatter(lib, value, index=(*(slice(None),) * (axis % len(shape)), indices), shape=shape)


def full_index(lib: Any, indices: Any, shape: Any, axis: int) -> tuple[Any, ...]:
    """The index that take_along_axis stands for."""
    axis, ndim = axis % len(shape), len(shape)
    places = [lib.xp.arange(n).reshape([-1 if i == k else 1 for i in range(ndim)]) for k, n in enumerate(shape)]
    return (*places[:axis], indices, *places[axis + 1 :])


@method("take_along_axis")
def take_along_axis(lib: Any, x: Any, indices: Any, *, axis: Any) -> Any:
    if axis is None:
        return x.reshape(-1)[indices.reshape(-1)]
    return lib.xp.take_along_axis(x, indices, axis)


@method("scatter_along_axis")
def scatter_along_axis(lib: Any, value: Any, indices: Any, *, shape: Any, axis: Any) -> Any:
    indices = lib.xp.asarray(indices)
    if axis is None:
        return scatter(lib, value, index=indices, shape=(math.prod(shape),)).reshape(shape)
    return scatter(lib, value, index=full_index(lib, indices, shape, axis), shape=shape)


@method("put_along_axis")
def put_along_axis(lib: Any, x: Any, indices: Any, values: Any, *, axis: Any) -> Any:
    y = writeable(x, values)
    if axis is None:
        flat = y.reshape(-1)
        flat[indices] = values
        return flat.reshape(y.shape)
    y[full_index(lib, indices, y.shape, axis)] = values
    return y


@method("nonzero")
def nonzero(lib: Any, x: Any) -> Any:
    return tuple(lib.xp.nonzero(x if x.ndim else x.reshape(1)))


@method("unique_indices")
def unique_indices(lib: Any, x: Any) -> Any:
    return lib.xp.unique(x, return_index=True)[1]
