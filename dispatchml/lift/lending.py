"""Memory of a buffer that another library's array holds, too: `xarray.DataArray(b)`, `numpy.ma.array(b, copy=False)`.

Plain memory is lent as an array that says whether somebody still holds it: a traced value cannot be written to such a
buffer, because the other array would not see it. A traced value is lent as it is, and from then on changes in place.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from ..dispatch.errors import LiftError, at_user_line
from ..dispatch.parts import ENGINE
from ..engines.views import repoint
from .buffers import Buffer, held, ndarray


class Lender:
    """What plain memory is lent by: it lives as long as an array of that memory."""

    __slots__ = ("memory", "__weakref__")

    def __init__(self, memory: Any) -> None:
        self.memory = memory

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return self.memory.__array_interface__


def root_of(x: Buffer) -> Buffer:
    """The buffer whose memory a buffer has."""
    while x._part is not None:
        x = x._part[0]
    return x if x._root is None else x._root


def lend(x: Any) -> Any:
    """What a buffer holds, for an array that shares it; everything else as it is."""
    if type(x) is not Buffer:
        return x
    value, root = held(x), root_of(x)
    if type(value) is not ndarray:
        root._lent = True
        return value
    if not value.flags.writeable or value.dtype.hasobject:
        return value
    lender = Lender(value)
    alive = [known for known in root._lent or () if known() is not None] if root._lent is not True else []
    root._lent = [*alive, weakref.ref(lender)]
    return np.asarray(lender)


def lend_deeply(x: Any) -> Any:
    """The same inside lists, tuples and dictionaries."""
    cls = type(x)
    if cls is Buffer:
        return lend(x)
    if cls is list or cls is tuple:
        return cls(map(lend_deeply, x))
    return {k: lend_deeply(v) for k, v in x.items()} if cls is dict else x


def refuse_held(root: Buffer) -> None:
    """Refuse a traced value for plain memory that somebody else holds."""
    if root._lent is not True and any(known() is not None for known in root._lent):
        raise LiftError(
            "A traced value was written into an array b whose memory another array holds, such as xarray.DataArray(b) "
            f"or numpy.ma.array(b, copy=False){at_user_line()}: it would not see the value. Write to b before the "
            "other array is made, or make that of a copy."
        )


def write_in_place(root: Buffer, made: Any) -> None:
    """A traced value that was lent becomes a new one in place, which all that shares it sees."""
    if type(made) is not type(root._value):
        raise LiftError(
            f"A value of a newer transform was written into an array{at_user_line()} that another array shares. Make "
            "the array inside the inner function."
        )
    repoint(root._value, made)
    root._version += 1


ENGINE["lend"] = lend
