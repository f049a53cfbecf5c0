"""Views of buffers: how each was taken from its root, and which of its elements it has."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .buffers import TRACED, Buffer, Take, held, kept, ndarray

#: Functions of NumPy whose results may be views of their first argument.
VIEWS = {
    np.reshape, np.ravel, np.transpose, np.swapaxes, np.moveaxis, np.rollaxis, np.squeeze, np.expand_dims,
    np.atleast_1d, np.atleast_2d, np.atleast_3d, np.broadcast_to, np.split, np.array_split, np.hsplit, np.vsplit,
    np.dsplit, np.diagonal, np.flip, np.flipud, np.fliplr, np.rot90, np.matrix_transpose, np.permute_dims,
    np.lib.stride_tricks.sliding_window_view,
}  # fmt: skip


def linked(x: Buffer, made: Any, take: Take) -> Buffer:
    """A view of a buffer."""
    if x._part is not None:
        owner, name = x._part
        return part(view(owner, take), name)
    if x._root is None:
        x._viewed = x._viewed or True
        return Buffer(made, x, take)
    before = x._take
    assert before is not None
    return Buffer(made, x._root, lambda v: take(before(v)))


def view(x: Buffer, take: Take) -> Any:
    """What a function that may give a view gives for a buffer: a view where NumPy would give one."""
    value = held(x)
    made = take(value)
    if type(value) is ndarray:
        shares = type(made) is ndarray and np.may_share_memory(made, value)
    else:
        where = positions(x)
        shares = np.may_share_memory(take(where), where)
    if type(made) in (list, tuple):
        return type(made)(view(x, lambda v, k=k: take(v)[k]) for k in range(len(made)))  # pyright: ignore[reportArgumentType]
    if not shares:
        return kept(made)
    return linked(x, made, take)


def positions(x: Buffer) -> Any:
    """The flat positions of a buffer's elements in its root, laid out in memory as its root was."""
    from ..numpy.manipulation import order_of

    root = x if x._root is None else x._root
    shape = root._value.shape
    where = np.arange(math.prod(shape)).reshape(shape)
    if root._order == "F" or order_of(root._value) == "F":
        where = np.asfortranarray(where)
    return where if x._take is None else x._take(where)


def part(x: Buffer, name: str) -> Any:
    """The real or imaginary part: of plain memory NumPy's own view of it."""
    value = held(x)
    made = getattr(value, name)
    if type(value) is ndarray:
        if made is value or not made.shape or not made.flags.writeable:
            return x if name == "real" else made
    elif value.dtype.kind != "c":
        return x if name == "real" else made
    found = Buffer(made)
    found._part = x, name
    return found


def set_part(x: Buffer, name: str, new: Any) -> None:
    """`x.real = new` and `x.imag = new`."""
    value, new = held(x), held(new)
    if new is x or new is value:
        return
    if type(value) is ndarray and not isinstance(new, TRACED):
        setattr(value, name, new)
    elif value.dtype.kind != "c":
        x[...] = new
    else:
        x[...] = new + 1j * value.imag if name == "real" else value.real + 1j * new  # pyright: ignore[reportAttributeAccessIssue, reportOperatorIssue]
