"""Kernels of shaping. Methods of the array rather than NumPy's Python wrappers where these cost more than the work."""

import math
from typing import Any

import numpy as np

from ... import ops
from ...ops.axes import axes_of, axis_of, moved_axes
from .kernels import OBJECT, kernel

ndarray, asarray = np.ndarray, np.asarray
#: What has NumPy's methods; those of a NumPy scalar give a scalar where no axis comes of it.
SHAPED = (np.ndarray, np.generic)
#: Up to this many elements a copy costs less than a view without strides.
COPIED_SIZE = 2048


def array_reshape(x: Any, shape: Any, order: str) -> Any:
    if order == "C":
        return (x if isinstance(x, SHAPED) else asarray(x)).reshape(shape)
    if order != "F":
        raise ValueError(
            f'reshape: order is "C" or "F", not {order!r}: the others depend on how the array lies in memory.'
        )
    return asarray(x).reshape(shape, order=order)


def array_transpose(x: Any, axes: Any) -> Any:
    return (x if isinstance(x, SHAPED) else asarray(x)).transpose(axes)


def array_moveaxis(x: Any, source: Any, destination: Any) -> Any:
    x = asarray(x)
    return x.transpose(moved_axes(source, destination, x.ndim))


def array_swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    return asarray(x).swapaxes(axis1, axis2)


def array_expand_dims(x: Any, axis: Any) -> Any:
    x = asarray(x)
    if type(axis) is int and -1 <= axis <= x.ndim:
        return x[..., None] if axis < 0 else x[(slice(None),) * axis + (None,)]
    axes = tuple(axis) if isinstance(axis, (tuple, list)) else (int(axis),)
    ndim = x.ndim + len(axes)
    new = axes_of(axes, ndim)
    sizes = iter(x.shape)
    return x.reshape([1 if i in new else next(sizes) for i in range(ndim)])


def array_broadcast_to(x: Any, shape: Any) -> Any:
    """numpy.broadcast_to in a fraction of its time where the buffer can be handed on as it is."""
    if type(shape) is not tuple:
        return np.broadcast_to(x, shape)
    if type(x) is not ndarray:
        if type(x) is float:
            x = np.float64(x)
        if isinstance(x, np.number) and math.prod(shape) > COPIED_SIZE:
            return ndarray(shape, x.dtype, x, 0, (0,) * len(shape))  # a scalar's buffer is read-only
        x = asarray(x)
    if x.dtype != OBJECT and math.prod(shape) <= COPIED_SIZE and (x.ndim < 2 or x.flags.c_contiguous):
        y = np.empty(shape, x.dtype)
        y[...] = x
        y.setflags(write=False)
        return y
    missing = len(shape) - x.ndim
    if missing < 0 or x.dtype == OBJECT or 0 in shape or not x.flags.c_contiguous:
        return np.broadcast_to(x, shape)
    strides = [0] * missing
    for n, have, stride in zip(shape[missing:], x.shape, x.strides, strict=True):
        if have != n and have != 1:
            return np.broadcast_to(x, shape)  # which raises, with NumPy's words
        strides.append(stride if have == n else 0)
    y = ndarray(shape, x.dtype, x, 0, strides)
    y.setflags(write=False)
    return y


def array_squeeze(x: Any, axis: Any) -> Any:
    y = asarray(x).squeeze(axis)
    return y[()] if isinstance(x, np.generic) else y


def array_stack(arrays: Any, axis: int, dtype: Any) -> Any:
    first = arrays[0]
    if axis == 0 and (type(first) is not ndarray or first.ndim == 0):
        made = np.array(arrays, dtype)
        if made.dtype is not OBJECT:  # a 0-d array of an object would become an element itself
            return made
    return np.stack(arrays, axis=axis, dtype=dtype)


def array_split(x: Any, indices_or_sections: Any, axis: int) -> Any:
    return tuple(np.split(x, indices_or_sections, axis=axis))


def array_trace(x: Any, offset: int, axis1: int, axis2: int, dtype: Any) -> Any:
    return np.trace(x, offset, axis1, axis2, dtype)


def array_diag(x: Any, k: int) -> Any:
    return np.diag(x, k) if np.ndim(x) == 1 else np.diagonal(x, k) if np.ndim(x) == 2 else np.diag(x, k)


def array_roll(x: Any, shift: Any, axis: Any) -> Any:
    if type(x) is np.ndarray and type(shift) is int and x.ndim == 1 and x.size and axis in (None, 0, -1):
        k = x.size - shift % x.size  # two slices put together, at a fifth of the time
        return np.concatenate((x[k:], x[:k]))
    return np.roll(x, shift, axis)


def array_unstack(x: Any, axis: int) -> Any:
    x = asarray(x)
    before = (slice(None),) * axis_of(axis, x.ndim)
    return tuple(x[(*before, k)] for k in range(x.shape[axis]))


def array_pad_constant(x: Any, pad_width: Any, value: Any) -> Any:
    return np.pad(x, pad_width, constant_values=value)


def array_pad(x: Any, pad_width: Any, mode: str, **keywords: Any) -> Any:
    x = asarray(x)
    if mode in KEYWORDS:
        name = KEYWORDS[mode]
        return np.pad(x, pad_width, mode=mode, **{name: keywords[name]})  # type: ignore[call-overload]
    if mode == "empty":
        return np.pad(x, pad_width)
    return np.pad(x, pad_width, mode=mode)  # type: ignore[call-overload]


#: The one keyword that numpy.pad takes with a mode.
KEYWORDS = {
    "constant": "constant_values", "linear_ramp": "end_values", "reflect": "reflect_type", "symmetric": "reflect_type",
    "maximum": "stat_length", "mean": "stat_length", "median": "stat_length", "minimum": "stat_length",
}  # fmt: skip

kernel(ops.reshape, array_reshape)
kernel(ops.transpose, array_transpose)
kernel(ops.moveaxis, array_moveaxis)
kernel(ops.swapaxes, array_swapaxes)
kernel(ops.squeeze, array_squeeze)
kernel(ops.expand_dims, array_expand_dims)
kernel(ops.broadcast_to, array_broadcast_to)
kernel(ops.flip, np.flip)
kernel(ops.roll, array_roll)
kernel(ops.rot90, np.rot90)
kernel(ops.tile, np.tile)
kernel(ops.repeat, np.repeat)
kernel(ops.concatenate, np.concatenate)
kernel(ops.stack, array_stack)
kernel(ops.split, array_split)
kernel(ops.tril, np.tril)
kernel(ops.triu, np.triu)
kernel(ops.diagonal, np.diagonal)
kernel(ops.diag, array_diag)
kernel(ops.trace, array_trace)
kernel(ops.unstack, array_unstack)
kernel(ops.pad_constant, array_pad_constant)
kernel(ops.pad, array_pad)
