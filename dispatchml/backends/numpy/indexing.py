"""Kernels of indexing."""

import math
from typing import Any

import numpy as np

from ... import ops
from ...dispatch.errors import TracerConversionError, at_user_line
from ...ops.index import is_basic, is_injective, positions, refuse_unregistered
from .kernels import OBJECT, kernel

ndarray, asarray, zeros, add_at = np.ndarray, np.asarray, np.zeros, np.add.at
#: How much a dtype can hold; storing a higher one in a lower one loses digits or the imaginary part.
RANKS = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3, "O": 4}


def array_getitem(x: Any, index: Any) -> Any:
    if not is_basic(index):
        refuse_unregistered(ops.getitem, x, index)
    return x[index]


def number_getitem(x: Any, index: Any) -> Any:
    y = asarray(x)[index]
    return y.item() if y.ndim == 0 else y


def writeable(x: Any, value: Any) -> Any:
    """A copy of x that value can be written into without loss."""
    kind = ops.dtype(value).kind
    y = np.array(x) if type(x) is not ndarray or 0 not in x.strides else repeated(x)
    if RANKS.get(kind, 0) > max(RANKS.get(y.dtype.kind, 4), 1):
        raise TracerConversionError(
            f"A {ops.dtype(value)} value cannot be stored in an array of {y.dtype} without loss{at_user_line()}: its "
            f"derivative would be lost with its digits. Make the array with dtype={ops.dtype(value)}, or use astype."
        )
    return y


def repeated(x: Any) -> Any:
    """A copy of an array that repeats its elements, in C's order; where one array comes again and again along the first
    axis, as in a batch, each lies in memory as that one does.
    """
    one = x[0, ...] if x.size else x  # of objects, too, an array
    if 0 in one.strides:
        return np.array(x, order="C")
    axes = sorted(range(one.ndim), key=lambda k: -abs(one.strides[k]))
    y = np.empty((len(x), *(one.shape[k] for k in axes)), x.dtype).transpose(
        0, *(axes.index(k) + 1 for k in range(one.ndim))
    )
    y[...] = x
    return y


def element_in(value: Any) -> Any:
    """The element of a 0-d object array, which NumPy would make an element itself; anything else as it is."""
    return value[()] if type(value) is np.ndarray and not value.ndim and value.dtype is OBJECT else value


def array_setitem(x: Any, value: Any, index: Any) -> Any:
    refuse_unregistered(ops.setitem, x, index)
    y = writeable(x, value)
    y[index] = element_in(value)
    return y


def array_add_at(x: Any, value: Any, index: Any) -> Any:
    y = writeable(x, value)
    if is_injective(index):
        y[index] += value
    else:
        add_at(y, index, value)
    return y


def array_scatter(value: Any, index: Any, shape: Any) -> Any:
    if type(value) is ndarray and value.dtype is not OBJECT and is_basic(index):
        y = zeros(shape, value.dtype)
        y[index] = value
        return y
    value = asarray(value)
    y = zeros(shape, value.dtype) if value.dtype is not OBJECT else ops.zeros_of(value, shape=shape)
    if is_basic(index) or is_injective(index):
        y[index] = element_in(value)
    elif value.ndim == 1 and y.ndim == 1 or value.dtype.hasobject:
        add_at(y, index, value)
    else:
        # numpy.add.at is fast for a flat array and one flat index only
        add_at(y.reshape(-1), positions(index, shape).reshape(-1), value.reshape(-1))
    return y


def array_take(x: Any, indices: Any, axis: Any, mode: str) -> Any:
    return np.take(x, indices, axis=axis, mode=mode)  # type: ignore[call-overload]


def array_scatter_take(value: Any, indices: Any, shape: Any, axis: Any, mode: str) -> Any:
    n = math.prod(shape) if axis is None else shape[axis]
    indices = asarray(indices)
    indices = indices % n if mode == "wrap" else np.clip(indices, 0, n - 1) if mode == "clip" else indices
    if axis is None:
        return array_scatter(value, indices, (n,)).reshape(shape)
    return array_scatter(value, (*(slice(None),) * (axis % len(shape)), indices), shape)


def full_index(indices: Any, shape: Any, axis: int) -> tuple[Any, ...]:
    """The index of which numpy.take_along_axis makes use."""
    axis %= len(shape)
    ndim = len(shape)
    places = [np.arange(n).reshape([-1 if i == k else 1 for i in range(ndim)]) for k, n in enumerate(shape)]
    return (*places[:axis], indices, *places[axis + 1 :])


def array_take_along_axis(x: Any, indices: Any, axis: Any) -> Any:
    return np.take_along_axis(asarray(x), asarray(indices), axis)


def array_scatter_along_axis(value: Any, indices: Any, shape: Any, axis: Any) -> Any:
    if axis is None:
        return array_scatter(value, asarray(indices), (math.prod(shape),)).reshape(shape)
    return array_scatter(value, full_index(asarray(indices), shape, axis), shape)


def array_put_along_axis(x: Any, indices: Any, values: Any, axis: Any) -> Any:
    y = writeable(x, values)
    if axis is None:  # NumPy's own flattening of a strided array is read-only
        flat = y.reshape(-1)
        flat[asarray(indices)] = values
        return flat.reshape(y.shape)
    np.put_along_axis(y, asarray(indices), values, axis)
    return y


def array_unique_indices(x: Any) -> Any:
    return np.unique(x, return_index=True)[1]


kernel(ops.getitem, array_getitem, number_getitem)
ops.getitem.register(number_getitem, complex)
kernel(ops.setitem, array_setitem)
kernel(ops.add_at, array_add_at)
kernel(ops.scatter, array_scatter)
kernel(ops.take, array_take)
kernel(ops.scatter_take, array_scatter_take)
kernel(ops.take_along_axis, array_take_along_axis)
kernel(ops.scatter_along_axis, array_scatter_along_axis)
kernel(ops.put_along_axis, array_put_along_axis)
kernel(ops.nonzero, lambda x: np.nonzero(np.atleast_1d(x)))
kernel(ops.flatnonzero, np.flatnonzero)
kernel(ops.argwhere, np.argwhere)
kernel(ops.unique_indices, array_unique_indices)
kernel(ops.unique, np.unique)
