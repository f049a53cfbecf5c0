"""Views of buffers: how each was taken from its root, and which of its elements it has.

What NumPy's function gives on memory laid out as the root's says whether it gives a view, and of which elements. No
function is named here: `numpy.einsum`, `numpy.real` and `x.astype(float, copy=False)` are asked as `x.T` is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..engines.views import element_of
from ..engines.writable import Writable
from .buffers import TRACED, Buffer, Take, held, kept, ndarray

#: replay(x, v): a function's result with v in the place of a buffer among its arguments.
Replay = Callable[[Buffer, Any], Any]


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
    return related(take(held(x)), [x], lambda _, v: take(v))


def related(made: Any, sources: list[Buffer], replay: Replay) -> Any:
    """What a function has made of what buffers hold: views of these where NumPy's are, else arrays of their own."""
    if type(made) in (list, tuple):
        return type(made)(
            related(y, sources, lambda x, v, k=k: replay(x, v)[k])  # type: ignore[misc]
            for k, y in enumerate(made)
        )
    if not isinstance(made, (ndarray, *TRACED)):
        return made
    for x in sources:
        if made is held(x):
            return x
    if getattr(made, "base" if type(made) is ndarray else "_base") is not None:
        for x in sources:
            if shares(made, x, replay, alone=len(sources) == 1):
                if made.dtype != x.dtype:
                    return part(x, part_taken(x, replay))
                return linked(x, made, lambda v, x=x: replay(x, v))
    return kept(made)


def shares(made: Any, x: Buffer, replay: Replay, alone: bool) -> bool:
    """Whether a result is a view of a buffer. alone: nothing else is there that it could be a view of."""
    value = held(x)
    if type(value) is ndarray and alone:
        return type(made) is ndarray and np.may_share_memory(made, value)
    memory = memory_of(x)
    return np.may_share_memory(replay(x, memory), memory)


def replayed(function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Replay:
    """How a call is repeated with another value for one of its buffers; no other one decides what a view of it has."""

    def replay(x: Buffer, v: Any) -> Any:
        return function(
            *(exchanged(a, x, v) for a in arguments), **{k: exchanged(a, x, v) for k, a in keywords.items()}
        )

    return replay


def exchanged(a: Any, x: Buffer, v: Any) -> Any:
    """An argument with v for x, and nothing but shapes of all others that may be traced."""
    if a is x:
        return v
    if type(a) in (list, tuple):
        return type(a)(exchanged(e, x, v) for e in a)
    if type(a) is Buffer or isinstance(a, TRACED):
        return np.broadcast_to(np.empty((), a.dtype), a.shape)
    return a


def buffers_in(x: Any) -> Iterator[Buffer]:
    """The buffers among arguments, also in lists and tuples."""
    for v in x:
        if type(v) is Buffer:
            yield v
        elif type(v) in (list, tuple):
            yield from buffers_in(v)


# ---- how buffers lie in memory ---------------------------------------------------------------------------------------


def strides_of(root: Buffer) -> tuple[int, ...]:
    """The strides of a buffer that is no view: those of the memory that it had before it became traced."""
    value = root._value
    if type(value) is ndarray:
        return value.strides
    found = root._strides
    if found is None:
        element = element_of(value) if isinstance(value, Writable) else None
        found = root._strides = (np.empty(root.shape, root.dtype) if element is None else element).strides
    return found


def laid_out(shape: tuple[int, ...], dtype: Any, strides: tuple[int, ...]) -> Any:
    """An array of no content with these strides."""
    if 0 in shape:
        return np.empty(shape, dtype)
    size = np.dtype(dtype).itemsize
    steps = [stride * (n - 1) for n, stride in zip(shape, strides, strict=True)]
    first = -sum(s for s in steps if s < 0)
    last = sum(s for s in steps if s > 0)
    return np.ndarray(shape, dtype, np.empty((first + last) // size + 1, dtype), first, strides)


def memory_of(x: Buffer) -> Any:
    """Memory of no content, laid out as a buffer's is in NumPy."""
    root = x if x._root is None else x._root
    memory = laid_out(root._value.shape, root._value.dtype, strides_of(root))
    return memory if x._take is None else x._take(memory)


def positions(x: Buffer) -> Any:
    """The flat positions of a buffer's elements in its root; read-only where NumPy lets nobody write there."""
    root = x if x._root is None else x._root
    shape, dtype = root._value.shape, root._value.dtype
    numbers = np.arange(math.prod(shape)).reshape(shape)
    if x._take is None:
        return numbers
    memory = laid_out(shape, dtype, strides_of(root))
    made = x._take(memory)
    if not made.size:
        return np.empty(made.shape, int)
    where = laid_out(shape, int, tuple(s // dtype.itemsize * numbers.itemsize for s in memory.strides))
    where[...] = numbers
    behind = (address(made) - address(memory.base)) // dtype.itemsize
    strides = tuple(s // dtype.itemsize * numbers.itemsize for s in made.strides)
    found = np.ndarray(made.shape, int, where.base, behind * numbers.itemsize, strides)
    found.flags.writeable = made.flags.writeable
    return found


def address(x: Any) -> int:
    """Where the first element of an array lies."""
    return x.__array_interface__["data"][0]


# ---- parts of complex numbers ----------------------------------------------------------------------------------------


def part(x: Buffer, name: str) -> Any:
    """The real or imaginary part: of plain memory NumPy's own view of it."""
    value = held(x)
    made = getattr(value, name)
    if value.dtype.kind != "c":
        return x if name == "real" else made
    found = Buffer(made)
    found._part = x, name
    return found


def part_taken(x: Buffer, replay: Replay) -> str:
    """Which part of complex numbers a function gives."""
    memory = memory_of(x)
    return "imag" if (address(replay(x, memory)) - address(memory)) % memory.itemsize else "real"


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
