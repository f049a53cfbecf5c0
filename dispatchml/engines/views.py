"""Item assignment and views inside transforms: functional updates under the hood, with NumPy's aliasing.

A view knows what it was taken from and how: (owner, operation, keywords, payload of the owner at that time). A write
re-points the owner to a new entry of its tape; a view whose owner has moved on is gathered anew when it is read.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import ReadOnlyError, TracerConversionError, at_user_line
from ..ops.index import is_basic
from .traced import hidden_axes
from .writable import Writable


class Writes:
    """How often traced values were written to: a view with the latest stamp needs no look at what it was taken from."""

    __slots__ = ("count",)


#: Functions that take a part of each element -> what the elements are with new values in that part.
PARTS: dict[Any, Callable[[Any, Any], Any]] = {}
#: Operations whose results NumPy does not let be written to.
READ_ONLY: set[Any] = {ops.diagonal, ops.diag}
NAMES = {"stretched": "broadcast_to"}
WRITES = Writes()
WRITES.count = 0
#: Each stamp is given once, so that no thread can bring an old one back.
STAMPS = itertools.count(1)


def current(x: Any) -> Any:
    """The payload of a traced value, gathered anew when it is a view of something that was written to."""
    base = x._base
    if base is not None and base[4] != WRITES.count:
        refresh(x)
    return x._value


def taken_from(x: Any, op: Any, keywords: dict[str, Any], value: Any) -> tuple[Any, ...]:
    """What a view remembers: its owner, how it was taken, the owner's payload at that time, and the stamp."""
    return (x, op, keywords, value, WRITES.count)


def is_view(keywords: dict[str, Any]) -> bool:
    """Whether a view operation with these keywords shares memory: advanced indices copy."""
    index = keywords.get("index", Ellipsis)
    return index is Ellipsis or is_basic(index)


def has_memory(shape: tuple[int, ...], keywords: dict[str, Any]) -> bool:
    """Whether a result of this shape can be a view: an index of integers alone gives a number, which is a copy."""
    if shape:
        return True
    index = keywords.get("index", Ellipsis)
    return any(i is Ellipsis for i in (index if type(index) is tuple else (index,)))


def refresh(x: Any) -> None:
    """Bring a view up to date with what it was taken from."""
    owner, op, keywords, seen, _ = x._base
    value = current(owner)
    if value is not seen:
        if is_copy(x):
            x._base = None
            return
        new = op(owner, **keywords)
        for name in type(x).__slots__:
            setattr(x, name, getattr(new, name))
    x._base = (owner, op, keywords, value, WRITES.count)


def is_copy(x: Any) -> bool:
    """Whether what was recorded as a view is a copy in NumPy: of a scalar, or of memory not seen in that shape."""
    owner, op, keywords, *_ = x._base
    if (
        ops.shape(owner) == ()
        and getattr(numbers_of(owner), "ndim", 1) != 0
        or isinstance(numbers_of(owner), np.generic)
    ):
        return True
    where = positions(owner)[1]
    return not np.may_share_memory(where, op(where, **keywords))


def cut_copies(x: Any) -> None:
    """Let go of what a value, or anything that it is a view of, was copied from."""
    if x._base is not None:
        cut_copies(x._base[0])
        if is_copy(x):
            x._base = None


def numbers_of(x: Any) -> Any:
    """The value below all traced ones."""
    while isinstance(x, Writable):
        x = x._value
    return x


def element_of(x: Any) -> Any:
    """The numbers of a traced array without the axes that are hidden from the user, by which its memory is laid out;
    None where they are not one plain array.
    """
    inner, hidden, shape = numbers_of(x), hidden_axes(x), ops.shape(x)
    if type(inner) is not np.ndarray or inner.ndim != len(shape) + hidden or not shape:
        return None
    if hidden:
        inner = inner[(0,) * hidden] if inner.size else np.empty(shape, inner.dtype)
    return inner if inner.shape == shape else None


def part_written(x: Any) -> Callable[[Any, Any], Any] | None:
    """What joins new values with the other part of the owner's elements, where a view is of one part of them."""
    while x._base is not None:
        join = PARTS.get(x._base[1])
        if join is not None:
            return join
        x = x._base[0]
    return None


def refuse_read_only(x: Any) -> None:
    """Refuse a write to a view of which several elements are one, or which NumPy protects."""
    while x._base is not None:
        if x._base[1] in READ_ONLY:
            name = x._base[1].__name__
            raise ReadOnlyError(
                f"A result of {NAMES.get(name, name)} was written to{at_user_line()}, which NumPy hands out read-only. "
                "Copy it first, or write into what it was taken from."
            )
        x = x._base[0]


def as_view(made: Any, x: Any, op: Any, keywords: dict[str, Any]) -> Any:
    """A result as a view of what an operation, which is not declared to give views, has taken it from."""
    if hasattr(made, "_base") and made is not x:
        made._base = taken_from(x, op, keywords, current(x))
    return made


def positions(x: Any) -> tuple[Any, Any]:
    """The owner at the root of a view, and the flat positions of the view's elements in it, laid out like it."""
    chain = []
    while x._base is not None:
        owner, op, keywords, *_ = x._base
        chain.append((op, keywords))
        x = owner
    shape = ops.shape(x)
    where = np.arange(int(np.prod(shape, dtype=np.intp))).reshape(shape)
    element = element_of(x)
    if element is not None and not element.flags.c_contiguous:
        laid_out = np.empty_like(element, dtype=where.dtype)
        laid_out[...] = where
        where = laid_out
    for op, keywords in reversed(chain):
        where = op(where, **keywords)
    return x, where


def assign(x: Any, index: Any, value: Any) -> None:
    """`x[index] = value` for a traced x: every alias sees it, nothing that was recorded changes."""
    current(x)
    cut_copies(x)
    if x._base is None:
        repoint(x, ops.setitem(x, value, index=index))
        return
    refuse_read_only(x)
    root, where = positions(x)
    target = np.asarray(where)[index]
    flat = ops.reshape(root, shape=(-1,))
    shape = ops.shape(root)
    values = ops.reshape(ops.broadcast_to(value, shape=target.shape), shape=(-1,))
    where, join = target.reshape(-1), part_written(x)
    if join is not None:
        values = join(values, ops.getitem(flat, index=where))
    updated = ops.setitem(flat, values, index=where)
    repoint(root, ops.reshape(updated, shape=shape))


def assign_where(x: Any, mask: Any, value: Any) -> bool:
    """`x[mask] = number` for a mask that differs between the elements of a batch; whether it was that."""
    shape, covered = ops.shape(x), ops.shape(mask)
    if ops.dtype(mask).kind != "b" or ops.ndim(value) or covered != shape[: len(covered)]:
        return False
    mask = ops.reshape(mask, shape=(*covered, *(1,) * (len(shape) - len(covered))))
    assign(x, Ellipsis, ops.where(mask, value, x))
    return True


def repoint(x: Any, new: Any) -> None:
    """Make a traced value stand for a new one of the same kind."""
    if type(new) is not type(x):
        raise TracerConversionError(
            f"A value of a newer transform was written into one of an older transform{at_user_line()}: "
            f"{type(new).__name__} into {type(x).__name__}. Make the array inside the inner function, or build it with "
            "numpy.stack / numpy.where instead of assigning into it."
        )
    for name in type(x).__slots__:
        setattr(x, name, None if name == "_base" else getattr(new, name))
    WRITES.count = next(STAMPS)
