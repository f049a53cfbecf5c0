"""Shapes and axes: what rearranges, joins, splits and repeats."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.dressing import refuse_aligned
from ..engines.views import READ_ONLY, as_view, element_of, links
from ..engines.writable import Writable
from .registry import numpy_function, operands


def normal_axis(axis: Any, ndim: int) -> int:
    """An axis counted from the front; NumPy's AxisError where there is none."""
    axis = operator.index(axis)
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return axis % ndim


def normal_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """One or several axes counted from the front."""
    axes = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    found = tuple(normal_axis(a, ndim) for a in axes)
    if len(set(found)) < len(found):
        raise ValueError("repeated axis")
    return found


def axes_given(axis: Any, always: bool = False) -> Any:
    """One or several axes as operations take them: an int, a tuple of ints, or None."""
    if axis is None:
        return None
    if np.ndim(axis):
        return tuple(operator.index(a) for a in axis)
    return (operator.index(axis),) if always else operator.index(axis)


def sizes(shape: Any) -> tuple[int, ...]:
    """A shape given as one number or several."""
    if isinstance(shape, (tuple, list)):
        return tuple(operator.index(s) for s in shape)
    if isinstance(shape, np.ndarray) and shape.ndim:
        return tuple(int(s) for s in shape)
    return (operator.index(shape),)


def take_slice(x: Any, axis: int, *where: Any) -> Any:
    """x[where] along one axis."""
    refuse_aligned(x)
    return ops.getitem(x, index=(slice(None),) * normal_axis(axis, ops.ndim(x)) + where)


# ---- metadata ----------------------------------------------------------------------------------------------------


@numpy_function(np.shape)
def shape(a: Any) -> tuple[int, ...]:
    return ops.shape(a)


@numpy_function(np.ndim)
def ndim(a: Any) -> int:
    return ops.ndim(a)


@numpy_function(np.size)
def size(a: Any, axis: Any = None) -> int:
    if axis is None:
        return ops.size(a)
    count = 1
    for k in normal_axes(axis, ops.ndim(a)):
        count *= ops.shape(a)[k]
    return count


# ---- rearranging -------------------------------------------------------------------------------------------------


@numpy_function(np.reshape)
def reshape(x: Any, /, shape: Any = None, order: str = "C", *, copy: bool | None = None, newshape: Any = None) -> Any:
    order = order_of(x) if order == "A" else order
    y = ops.reshape(x, shape=sizes(newshape if shape is None else shape), order=order)
    return copy_of(y) if copy else y


def copy_of(x: Any) -> Any:
    """An independent value with the same contents."""
    return ops.astype(x, dtype=ops.dtype(x))


def in_order(x: Any, order: str) -> Any:
    """A new traced array laid out in memory as NumPy lays out the plain one, which decides what is a view later: "C",
    "F", or as it is ("A", "K").
    """
    if order not in ("C", "F") or not isinstance(x, Writable):
        return x
    if is_spread(x):
        x = copy_of(x)
    element = element_of(x)
    if element is None or (element.flags.c_contiguous if order == "C" else element.flags.f_contiguous):
        return x
    return ops.reshape(ops.ravel(x, order=order), shape=ops.shape(x), order=order)


def is_spread(x: Any) -> bool:
    """Whether a traced value is a view with elements of its owner more than once: its memory is not in one piece."""
    return any(op is stretched or op is windows for op, _ in links(x)[1])


def order_of(x: Any) -> str:
    """The order of new arrays like x in memory: "F" where x is in Fortran order only."""
    element = element_of(x) if isinstance(x, Writable) else None
    return "F" if element is not None and element.flags.fnc else "C"


@numpy_function(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    element = element_of(a) if isinstance(a, Writable) else None
    if order == "A" or order == "K" and (element is None or element.flags.forc):
        order = order_of(a)
    elif order == "K" and element is not None:  # with gaps or steps back: as the elements lie, a step back reversed
        axes = tuple(sorted(range(element.ndim), key=lambda k: -abs(element.strides[k])))
        return copy_of(ops.ravel(ops.transpose(a, axes=axes)))
    y = ops.ravel(a, order=order)
    if element is not None and not (element.flags.c_contiguous if order == "C" else element.flags.f_contiguous):
        y._base = None  # NumPy's ravel copies where the memory is not in one piece, though a view might be had
    return y


@numpy_function(np.transpose, names="permute_dims")
def transpose(a: Any, axes: Any = None) -> Any:
    return ops.transpose(a, axes=None if axes is None else axes_given(axes, always=True))


@numpy_function(np.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    return ops.matrix_transpose(x)


@numpy_function(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return ops.swapaxes(a, axis1=axis1, axis2=axis2)


NUMBER = np.empty(())


@numpy_function(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    if not ops.ndim(a):
        np.moveaxis(NUMBER, source, destination)  # raises for axes that a number does not have
    return ops.moveaxis(a, source=axes_given(source), destination=axes_given(destination))


@numpy_function(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    n = ops.ndim(a)
    axis = normal_axis(axis, n)
    start = start + n if start < 0 else start
    return moveaxis(a, axis, start - 1 if axis < start else start)


@numpy_function(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    return ops.expand_dims(a, axis=axes_given(axis))


@numpy_function(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    return ops.squeeze(a, axis=axes_given(axis))


@numpy_function(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    return ops.flip(m, axis=axes_given(axis))


@numpy_function(np.fliplr)
def fliplr(m: Any) -> Any:
    return flip(m, 1)


@numpy_function(np.flipud)
def flipud(m: Any) -> Any:
    return flip(m, 0)


@numpy_function(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    return ops.rot90(m, k=k, axes=tuple(axes))


@numpy_function(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    steps = tuple(int(s) for s in shift) if isinstance(shift, (tuple, list, np.ndarray)) else operator.index(shift)
    return ops.roll(a, shift=steps, axis=axes_given(axis))


@numpy_function(np.broadcast_to)
def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    return broadcast_view(array, sizes(shape))


def broadcast_view(x: Any, shape: tuple[int, ...]) -> Any:
    """x in a larger shape, as a view that is up to date with x and cannot be written to."""
    y = ops.broadcast_to(x, shape=shape)
    return as_view(y, x, stretched, {"shape": shape}) if isinstance(x, Writable) and ops.shape(x) else y


def stretched(x: Any, shape: tuple[int, ...]) -> Any:
    """A broadcast value; of positions a view."""
    return np.broadcast_to(x, shape) if type(x) is np.ndarray else ops.broadcast_to(x, shape=shape)


READ_ONLY.add(stretched)


@numpy_function(np.broadcast_arrays, arrays=0)
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    arrays = operands(args)
    wanted = np.broadcast_shapes(*map(ops.shape, arrays))
    arrays = tuple(np.asarray(a) if type(a) in (int, float, complex) else a for a in arrays)
    return tuple(a if ops.shape(a) == wanted else broadcast_view(a, wanted) for a in arrays)


@numpy_function(np.atleast_1d, arrays=0)
def atleast_1d(*arys: Any) -> Any:
    found = tuple(ops.reshape(a, shape=(1,)) if ops.ndim(a) == 0 else a for a in operands(arys))
    return found[0] if len(found) == 1 else found


@numpy_function(np.atleast_2d, arrays=0)
def atleast_2d(*arys: Any) -> Any:
    found = tuple(
        ops.reshape(a, shape=(1,) * (2 - ops.ndim(a)) + ops.shape(a)) if ops.ndim(a) < 2 else a for a in operands(arys)
    )
    return found[0] if len(found) == 1 else found


@numpy_function(np.atleast_3d, arrays=0)
def atleast_3d(*arys: Any) -> Any:
    wanted = {0: lambda s: (1, 1, 1), 1: lambda s: (1, *s, 1), 2: lambda s: (*s, 1)}
    found = tuple(
        ops.reshape(a, shape=wanted[ops.ndim(a)](ops.shape(a))) if ops.ndim(a) < 3 else a for a in operands(arys)
    )
    return found[0] if len(found) == 1 else found


@numpy_function(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    lengths = sizes(window_shape)
    axes = tuple(range(ops.ndim(x))) if axis is None else normal_axes(axis, ops.ndim(x))
    if len(axes) != len(lengths):
        raise ValueError(f"Must provide matching length window_shape and axis; got {lengths} and {axes}")
    given = {"lengths": lengths, "axes": axes}
    return as_view(windows(x, **given), x, windows, given)


def windows(x: Any, lengths: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    """What a window shows at each of its places; of positions a view."""
    if type(x) is np.ndarray:
        return np.lib.stride_tricks.sliding_window_view(x, lengths, axes)
    for k, n in zip(axes, lengths, strict=True):
        count = ops.shape(x)[k] - n + 1
        if count < 1:
            raise ValueError("window shape cannot be larger than input array shape")
        index = np.arange(count)[:, None] + np.arange(n)
        x = ops.moveaxis(ops.take(x, index, axis=k), source=k + 1, destination=-1)
    return x


READ_ONLY.add(windows)
