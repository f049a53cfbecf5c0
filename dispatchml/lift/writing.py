"""Writes of traced values into buffers: by an index, by `out=`, and by NumPy's functions that write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import LiftError, ReadOnlyError, at_user_line
from ..engines.views import element_of
from ..engines.writable import Writable
from ..numpy import writing as in_place
from .buffers import TRACED, Buffer, array_of, fresh, held, held_deeply, holds_traced, ndarray
from .lending import refuse_held, write_in_place
from .viewing import positions, set_part, strides_of

#: Up to so many bytes, the plain memory of an array that has become traced is made nan.
FORGOTTEN = 2**18


def write(x: Buffer, index: Any, new: Any) -> None:
    """`x[index] = new` where x or new is traced: the root holds a new value, which every view sees."""
    if x._part is not None:
        owner, name = x._part
        now = held(x)
        now = now.copy() if type(now) is ndarray else now
        refuse_lost(now, new)
        set_part(owner, name, ops.setitem(now, fit(new, now, index), index=index))
        return
    root = x if x._root is None else x._root
    value = root._value
    if root._viewed == "reshaped" and type(value) is ndarray:
        raise LiftError(
            f"A traced value was written into an array whose shape had been set after views of it were taken"
            f"{at_user_line()}. Write x = x.reshape(shape) instead of x.shape = shape."
        )
    root._strides = strides = strides_of(root)
    whole = index is Ellipsis or type(index) is slice and index == slice(None)
    memory = value if type(value) is ndarray else None
    if memory is not None:
        if root._lent:
            refuse_held(root)
        refuse_lost(value, new)
        value = value.copy("K") if not whole or x is not root else value
    if (
        x is root
        and whole
        and ops.shape(new) == value.shape
        and isinstance(new, TRACED)
        and lies_as(new, root, strides)
    ):
        made = fresh(new) if new.dtype == value.dtype else ops.astype(new, dtype=value.dtype)
    elif x is root:
        made = ops.setitem(value, fit(new, value, index), index=index)
    else:
        where = positions(x)
        refuse_read_only(where)
        where = where[index]
        flat = np.unravel_index(where, value.shape)
        made = ops.setitem(value, broadcast(new, where.shape), index=flat)
    if memory is None and root._lent:
        write_in_place(root, made)
        return
    root._value = made
    root._version += 1
    if memory is not None and memory.nbytes <= FORGOTTEN and memory.flags.writeable:
        memory.fill(np.nan)  # who still holds the plain memory shall not take it for the array


def lies_as(new: Any, root: Buffer, strides: tuple[int, ...]) -> bool:
    """Whether a traced value lies in memory as a buffer does, which decides what is a view of it later."""
    element = element_of(new) if isinstance(new, Writable) else None
    if element is None:
        element = np.empty(root.shape, root.dtype)
    return element.strides == tuple(s // root.dtype.itemsize * element.itemsize for s in strides)


def refuse_read_only(where: Any) -> None:
    """Refuse a write to a view that NumPy hands out read-only."""
    if not where.flags.writeable:
        raise ReadOnlyError(
            f"A view that NumPy hands out read-only, such as a diagonal or the result of broadcast_to, was written to"
            f"{at_user_line()}. Copy it first, or write into what it was taken from."
        )


def fit(new: Any, value: Any, index: Any) -> Any:
    """What is written, as operations take it; one element of several axes becomes a number, as in NumPy."""
    if type(new) in (list, tuple):
        new = array_of(held_deeply(new))
    if type(index) is int and len(value.shape) == 1 and ops.ndim(new) and ops.size(new) == 1:
        return ops.reshape(new, shape=())
    return new


def broadcast(new: Any, shape: tuple[int, ...]) -> Any:
    """What is written to positions of this shape."""
    if type(new) in (list, tuple):
        new = array_of(held_deeply(new))
    have = ops.shape(new)
    if have == shape:
        return new
    if len(have) > len(shape):
        new = ops.reshape(new, shape=have[len(have) - len(shape) :])
    return ops.broadcast_to(new, shape=shape)


def refuse_lost(value: Any, new: Any) -> None:
    """Refuse to write complex numbers into real ones, which would lose half of them."""
    if isinstance(new, TRACED) and new.dtype.kind == "c" and value.dtype.kind == "f":
        raise LiftError(
            f"A complex traced value was written into a real array{at_user_line()}: its imaginary part would be lost. "
            "Make the array with dtype=complex, or write x.real."
        )


def write_at(ufunc: Any, inputs: tuple[Any, ...], given: list[Any]) -> None:
    """`ufunc.at`."""
    x, index, *values = inputs[0], *map(held_deeply, given[1:])
    value = held(x)
    if type(value) is ndarray and not holds_traced(values):
        ufunc.at(value, index, *values)
        return
    if type(x) is not Buffer:
        ufunc.at(x, index, *values)
        return
    target = fresh(value) if isinstance(value, TRACED) else ops.multiply(first_traced(values) * 0, np.ones(value.shape))
    if not isinstance(value, TRACED):
        target = ops.add(np.zeros(value.shape), ops.broadcast_to(ops.sum(target) * 0, shape=value.shape)) + value
    ufunc.at(target, index, *values)
    x[...] = target


def first_traced(values: list[Any]) -> Any:
    """The first traced value, summed to a number."""
    return ops.sum(next(x for x in values if isinstance(x, TRACED)))


def protected(x: Any, where: Any) -> Any:
    """An argument with ones where its value is not used, so that nothing of it comes out of a division by zero."""
    return np.where(where, x, 1) if isinstance(x, TRACED) or type(x) is ndarray else x


#: Functions of NumPy that write into their first argument, and what does it on values that take item assignment.
IN_PLACE: dict[Any, Callable[..., Any]] = {
    np.copyto: in_place.copyto, np.fill_diagonal: in_place.fill_diagonal, np.putmask: in_place.putmask,
    np.place: in_place.place, np.put: in_place.put_, np.put_along_axis: in_place.put_along_axis,
}  # fmt: skip
