"""Item assignment and views inside transforms: functional updates under the hood, with NumPy's aliasing.

A view knows what it was taken from and how: (owner, operation, keywords, payload of the owner at that time). A write
re-points the owner to a new entry of its tape; a view whose owner has moved on is gathered anew when it is read.

Some views are of other elements than their owner's: the real part of complex numbers, the numbers of a quantity, what
a sparse array stores. Such a `Part` says how an owner is made of new elements. Where it has the owner's axes, positions
go through it as they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import ReadOnlyError, TracerConversionError, at_user_line
from ..dispatch.parts import ENGINE, PARTS, Part
from ..dispatch.shown import SHOWN, follow_writes
from ..ops.index import is_basic
from ..ops.placement import beside
from .bundles import Bundle
from .moving import MOVED, before_moving, remember_moving
from .traced import hidden_axes
from .writable import Writable


class Writes:
    """How often traced values were written to: a view with the latest stamp needs no look at what it was taken from."""

    __slots__ = ("count",)


#: Operations whose results NumPy does not let be written to.
READ_ONLY: set[Any] = {ops.diagonal, ops.diag}
NAMES = {"stretched": "broadcast_to", "windows": "sliding_window_view"}
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
    return (x, op, keywords, value, stamp_of(x))


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
    owner, op, keywords, seen, stamp = x._base
    if MOVED and id(owner) in MOVED:
        owner = before_moving(owner, stamp)
        x._base = (owner, op, keywords, seen, stamp)
    value = current(owner)
    if value is not seen:
        if is_copy(x):
            x._base = None
            return
        new = op(owner, **keywords)
        if is_apart(op) and ops.shape(new) != ops.shape(x):
            x._base = None  # the owner stores its elements elsewhere now
            return
        for name in type(x).__slots__:
            setattr(x, name, getattr(new, name))
    x._base = (owner, op, keywords, value, stamp_of(owner))


def is_copy(x: Any) -> bool:
    """Whether what was recorded as a view is a copy in NumPy: of a scalar, or of memory not seen in that shape."""
    owner, op, keywords, *_ = x._base
    if is_part(op):
        return False
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
    None where they are not one plain array, or one that repeats its elements, as the array that it stands for does not.
    """
    inner, hidden, shape = numbers_of(x), hidden_axes(x), ops.shape(x)
    if type(inner) is not np.ndarray or inner.ndim != len(shape) + hidden or not shape:
        return None
    if hidden:
        inner = inner[(0,) * hidden] if inner.size else np.empty(shape, inner.dtype)
    return inner if inner.shape == shape and 0 not in inner.strides else None


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
    if hasattr(made, "_base") and made is not x and isinstance(x, Writable):  # a carrier hands out its own payload
        made._base = taken_from(x, op, keywords, current(x))
    return made


def is_part(op: Any) -> bool:
    """Whether a view is of other elements than its owner's."""
    return type(op) is Part or op in PARTS


def is_apart(op: Any) -> bool:
    """The same with axes of its own: positions in it are none of its owner."""
    return type(op) is Part and not op.aligned


def links(x: Any) -> tuple[Any, list[tuple[Any, dict[str, Any]]]]:
    """What a view is positions of, and the operations from there to the view."""
    chain = []
    while x._base is not None and not is_apart(x._base[1]):
        owner, op, keywords, *_ = x._base
        chain.append((op, keywords))
        x = owner
    return x, chain[::-1]


def positions(x: Any) -> tuple[Any, Any]:
    """The owner at the root of a view, and the flat positions of the view's elements in it, laid out like it."""
    x, chain = links(x)
    return x, followed(layout(x), chain)


def layout(x: Any) -> np.ndarray[Any, Any]:
    """The flat positions of the elements of a traced value that is no view, laid out as its numbers are."""
    shape = ops.shape(x)
    where = np.arange(int(np.prod(shape, dtype=np.intp))).reshape(shape)
    element = element_of(x)
    if element is not None and not element.flags.c_contiguous:
        laid_out = np.empty_like(element, dtype=where.dtype)
        laid_out[...] = where
        where = laid_out
    return where


def followed(where: Any, chain: list[tuple[Any, dict[str, Any]]]) -> Any:
    """The positions that are left by what a view was taken with."""
    for op, keywords in chain:
        if type(op) is not Part:
            where = op(where, **keywords)
    return where


def share_memory(a: Any, b: Any, ask: Callable[[Any, Any], bool]) -> bool:
    """What NumPy's `may_share_memory` or `shares_memory` say of two traced values: views of one share what the
    positions of their elements do.
    """
    if not (isinstance(a, Writable) and isinstance(b, Writable)):
        return False
    for x in (a, b):
        current(x)
        cut_copies(x)
    (top, first), (other, second) = links(a), links(b)
    if top is not other or type(numbers_of(top)) is not np.ndarray:
        return False
    where = layout(top)
    return ask(followed(where, first), followed(where, second))


def assign(x: Any, index: Any, value: Any, part: Part | None = None, whole: bool = False) -> None:
    """`x[index] = value` for a traced x: every alias sees it, nothing that was recorded changes.

    part: write into this part of x. whole: the value is x with new elements, as it stands.
    """
    current(x)
    cut_copies(x)
    if x._base is None and part is None:
        repoint(x, ops.setitem(x, value, index=index))
        return
    refuse_read_only(x)
    top, chain = links(x)
    if part is not None:
        chain.append((part, {}))
    parts: list[tuple[Part, Any]] = [(PARTS.get(op) or op, keywords) for op, keywords in chain if is_part(op)]
    elements = [top]
    for part, keywords in parts:
        elements.append(part.read(elements[-1], **keywords))
    for part, keywords in reversed(parts):
        if part.bare is not None:
            value = part.bare(value, **keywords)
    if all(type(op) is Part for op, _ in chain):
        new = value if whole else ops.setitem(elements[-1], value, index=index)
    else:
        new = scattered(elements[-1], np.asarray(positions(x)[1])[index], value)
    for (part, keywords), owner in zip(reversed(parts), reversed(elements[:-1]), strict=True):
        new = part.write(owner, new, **keywords)
    put_back(top, new)


def scattered(x: Any, where: Any, value: Any) -> Any:
    """x with values at flat positions, laid out in memory as it was."""
    shape = ops.shape(x)
    values = ops.reshape(ops.broadcast_to(value, shape=where.shape), shape=(-1,))
    return ops.setitem(x, values, index=np.unravel_index(where.reshape(-1), shape) if shape else where.reshape(-1))


def put_back(x: Any, new: Any) -> None:
    """Make what is no view, or a view with axes of its own, stand for new elements."""
    if x._base is None:
        repoint(x, new)
        return
    owner, part, *_ = x._base
    whole = part.write(owner, new)
    if whole is NotImplemented:  # as the library, which gives the view memory of its own
        repoint(x, new)
        return
    if owner._base is None or is_apart(owner._base[1]):
        put_back(owner, whole)
    else:
        assign(owner, Ellipsis, whole, whole=True)


def assign_where(x: Any, mask: Any, value: Any) -> bool:
    """`x[mask] = number` for a mask that differs between the elements of a batch; whether it was that."""
    shape, covered = ops.shape(x), ops.shape(mask)
    if ops.dtype(mask).kind != "b" or ops.ndim(value) or covered != shape[: len(covered)]:
        return False
    mask = ops.reshape(mask, shape=(*covered, *(1,) * (len(shape) - len(covered))))
    assign(x, Ellipsis, ops.where(mask, value, x))
    return True


def assign_at(x: Any, index: Any, value: Any) -> bool:
    """`x[i, :, j] = value` for positions that are traced or recorded; whether it was that.

    The position is one of all, chosen by comparing: each has the element that it had, or the new one.
    """
    shape = ops.shape(x)
    parts = index if type(index) is tuple else (index,)
    whole = slice(None)
    if len(parts) > len(shape) or not all(is_position(p) or type(p) is slice and p == whole for p in parts):
        return False
    taken = [k for k, p in enumerate(parts) if type(p) is not slice]
    kept = tuple(n for k, n in enumerate(shape) if k not in taken)
    if ops.ndim(value) > len(kept) or ops.dtype(x).kind not in "fc" and ops.dtype(value) != ops.dtype(x):
        return False
    mask: Any = None
    for k in taken:
        numbers = beside(np.arange(shape[k]), x)
        at = ops.equal(numbers, ops.take(numbers, parts[k]))  # looks whether it is inside, and counts from the end
        at = ops.reshape(at, shape=(shape[k], *(1,) * (len(shape) - k - 1)))
        mask = at if mask is None else ops.logical_and(mask, at)
    value = ops.reshape(
        ops.broadcast_to(value, shape=kept), shape=tuple(1 if k in taken else n for k, n in enumerate(shape))
    )
    new = ops.where(mask, value, x)
    assign(x, Ellipsis, new if ops.dtype(new) == ops.dtype(x) else ops.astype(new, dtype=ops.dtype(x)))
    return True


def is_position(p: Any) -> bool:
    """Whether a part of an index is a whole number, traced or not."""
    if isinstance(p, Writable):
        return ops.dtype(p).kind in "iu" and not ops.shape(p)
    return isinstance(p, (int, np.integer)) and not isinstance(p, (bool, np.bool_))


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
    written()


def written() -> None:
    """Something was written to: views look at their owners when they are read."""
    WRITES.count = next(STAMPS)
    if SHOWN:
        follow_writes()


def as_part(made: Any, x: Any, part: Part) -> Any:
    """What a part reads as a view of its owner."""
    return as_view(made, x, part, {})


def stamp_of(owner: Any) -> Any:
    """The stamp of a view that is up to date; none where plain memory has to be looked at each time."""
    return None if type(owner) is Bundle and owner.is_watched else WRITES.count


def rewrite(x: Any, part: Part, value: Any) -> None:
    """All elements of an aligned part are new, in x and in what it is a view of."""
    assign(x, Ellipsis, value, part)


def replace(x: Any, part: Part, value: Any) -> None:
    """`x.name = value` for an attribute that is a part: x has other memory there. The part itself, which `x.name += 1`
    has written to before, changes nothing.
    """
    base = getattr(value, "_base", None)
    if base is not None and base[0] is x and base[1] is part:
        return
    current(x)
    shared = type(value) is type(x) and ops.dtype(value) == ops.dtype(x)
    new = part.write(x, value if shared else ops.setitem(part.read(x), value, index=Ellipsis))
    remember_moving(x, next(STAMPS))
    if shared and new is not value and new._base is not None and new._base[0] is value:
        take_over(x, new)  # a view of what was given, as in the library
    else:
        repoint(x, new)


def take_over(x: Any, new: Any) -> None:
    """Make a traced value what another one is, a view included."""
    for slot in type(x).__slots__:
        setattr(x, slot, getattr(new, slot))
    written()


def change(x: Any, function: Callable[[Any], Any], name: str) -> None:
    """Make a traced value stand for what a function makes of it; every alias sees it.

    What the function gives for a view must be a view of that: what is around the elements belongs to the view.
    """
    current(x)
    if x._base is None:
        repoint(x, function(x))
        return
    old = object.__new__(type(x))
    for slot in type(x).__slots__:
        setattr(old, slot, getattr(x, slot))
    new = function(old)
    if getattr(new, "_base", None) is None:
        raise ReadOnlyError(
            f"{name} changes a view in place{at_user_line()}: what it was taken from would have other elements than "
            "NumPy's. Copy it first, or change what it was taken from."
        )
    take_over(x, new)


ENGINE.update(link=as_part, change=change, replace=replace, rewrite=rewrite)
