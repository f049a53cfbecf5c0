"""Values that take item assignment and operators in place, with NumPy's aliasing: traced and recorded ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import ShapeError, at_user_line
from ..dispatch.layers import layer_of
from ..dispatch.parts import BEFORE_WRITING
from .tape import PLAIN


class Writable:
    """Base of values that can be written into. `_base` is None or what a view was taken from."""

    __slots__ = ()

    _base: Any
    _value: Any

    def __setitem__(self, index: Any, value: Any) -> None:
        self._write_item(index, value)

    def _write_item(self, index: Any, value: Any) -> None:
        """Item assignment by NumPy's meaning of the index; what a type's own `__setitem__` ends in."""
        from ..ops.index import refuse_unregistered
        from .provider import held
        from .views import assign, assign_at, assign_where

        if self._base is not None and BEFORE_WRITING:
            self._note_writing(value, False)
        index = tuple(map(held, index)) if type(index) is tuple else held(index)
        refuse_unregistered(ops.setitem, self, index)
        if type(index) is not int and holds_positions(index) and assign_at(self, index, value):
            return
        if isinstance(index, Writable) and assign_where(self, index, value):
            return
        assign(self, index, value)

    def _write_all(self, new: Any) -> None:
        """All elements are new ones: what an operator in place ends in."""
        from .views import assign

        if self._base is not None and BEFORE_WRITING:
            self._note_writing(new, True)
        assign(self, Ellipsis, new)

    def _note_writing(self, value: Any, in_place: bool) -> None:
        """Do what the class of the numbers does to a view that is written to."""
        inner = self
        while isinstance(inner, Writable):
            inner = inner._value
        if type(inner) in BEFORE_WRITING:
            BEFORE_WRITING[type(inner)](self, value, in_place)

    def __iadd__(self, other: Any) -> Any:
        return update(self, ops.add(self, other), "__iadd__")

    def __isub__(self, other: Any) -> Any:
        return update(self, ops.subtract(self, other), "__isub__")

    def __imul__(self, other: Any) -> Any:
        return update(self, ops.multiply(self, other), "__imul__")

    def __itruediv__(self, other: Any) -> Any:
        return update(self, ops.divide(self, other), "__itruediv__")

    def __ipow__(self, other: Any) -> Any:
        return update(self, ops.power(self, other), "__ipow__")

    def __ilshift__(self, other: Any) -> Any:
        return update(self, self << other, "__ilshift__")

    def __irshift__(self, other: Any) -> Any:
        return update(self, self >> other, "__irshift__")


def holds_positions(index: Any) -> bool:
    """Whether an index has a traced or recorded whole number in it."""
    parts = index if type(index) is tuple else (index,)
    return any(isinstance(p, Writable) and ops.dtype(p).kind in "iu" and not ops.shape(p) for p in parts)


def update(x: Any, new: Any, operator: str) -> Any:
    """`x += v`: numbers are rebound, and what has no such operator; arrays change in place, as every alias sees."""
    if not ops.shape(x) and not is_array(x):
        return new
    if type(x._value) not in PLAIN and not works_in_place(x, operator):
        return new
    if ops.shape(new) != ops.shape(x):
        raise ShapeError(
            f"An array of shape {ops.shape(x)} cannot be updated in place with a result of shape {ops.shape(new)}"
            f"{at_user_line()}. Write x = x + v."
        )
    if type(x._value) in PLAIN or not has_other_units(x, new):
        x._write_all(new)
    else:
        from .views import repoint

        repoint(x, new)
    return x


def is_array(x: Any) -> bool:
    """Whether a value without axes is an array, below all traced ones: a number is rebound, one of a batch as well."""
    while isinstance(x, Writable):
        x = x._value
    return type(x) is np.ndarray and not x.shape


def works_in_place(x: Any, operator: str) -> bool:
    """Whether the class of a value, below all traced ones, has an operator that changes it in place."""
    while isinstance(x, Writable):
        x = x._value
    x = getattr(x, "__template__", x)
    return hasattr(getattr(type(x), "__stands_for__", type(x)), operator)


def has_other_units(x: Any, new: Any) -> bool:
    """Whether what a value says of its numbers, such as a unit, may be another one after an operation in place."""
    from .views import numbers_of

    if x._base is not None or type(new) is not type(x) or ops.dtype(new) != ops.dtype(x):
        return False
    inner = numbers_of(x)
    info = None if type(inner) in PLAIN else layer_of(type(inner))
    return info is not None and bool(info.properties.get("uniform"))
