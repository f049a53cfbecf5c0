"""Arrays that a traced value shows without being differentiated: a mask, the places that a sparse array stores.

In a library such an array is memory of the value. Here it is a copy that follows the traced value, and what is written
to it is handed to the plugin, or refused. NumPy's functions take it as the plain array that it is.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import LeakedTracerError, ReadOnlyError, at_user_line
from .join import promotes

#: What is shown at this time, by id; looked at after each write into a traced value. Empty in most programs.
SHOWN: dict[int, weakref.ref[Source]] = {}


class Source:
    """Where a shown array comes from: the traced value, how the array is read, and what becomes of a new one."""

    __slots__ = ("x", "read", "write", "instead", "memory", "__weakref__")

    def __init__(self, x: Any, read: Callable[[Any], Any], write: Any, instead: str) -> None:
        self.x, self.read, self.write, self.instead = x, read, write, instead
        self.memory = np.array(read(x), order="C")

    def refresh(self) -> None:
        """Show what the value says now."""
        found = np.asarray(self.read(self.x))
        if found.shape == self.memory.shape and found.dtype == self.memory.dtype:
            self.memory[...] = found
        else:
            SHOWN.pop(id(self), None)  # the library would have made a new array, too


class Shown(np.ndarray[Any, Any]):
    """A plain array of a traced value. Writing to it is what the plugin says; what is computed with it is plain."""

    _source: Source | None

    def __array_finalize__(self, other: Any) -> None:
        self._source = getattr(other, "_source", None)

    def __setitem__(self, index: Any, value: Any) -> None:
        source = self._source
        if source is None or not np.may_share_memory(self, source.memory):
            super().__setitem__(index, value)
            return
        if source.write is None:
            raise ReadOnlyError(
                f"An array that a traced value shows was written to{at_user_line()}, which would change what is where "
                f"under its derivative. {source.instead}"
            )
        new = source.memory.copy()
        start = self.__array_interface__["data"][0] - source.memory.__array_interface__["data"][0]
        np.ndarray(self.shape, self.dtype, new, start, self.strides)[index] = value
        source.write(source.x, new)

    def fill(self, value: Any) -> None:
        """All elements are one value."""
        self[...] = value

    def copy(self, order: Any = "C") -> Any:
        """A plain array of its own."""
        return np.array(self, order=order)

    def __copy__(self) -> Any:
        return np.array(self)

    def __deepcopy__(self, memo: Any) -> Any:
        return np.array(self)

    def __reduce__(self) -> Any:
        return np.array(self).__reduce__()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **keywords: Any) -> Any:
        made = getattr(ufunc, method)(*map(as_plain, inputs), **keywords)
        if out is None:
            return made
        for target, value in zip(out, made if isinstance(made, tuple) else (made,), strict=True):
            target[...] = value
        return out[0] if len(out) == 1 else out

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        if function is np.copyto and isinstance(arguments[0], Shown):
            new = np.array(arguments[0])
            np.copyto(new, *map(as_plain, arguments[1:]), **{k: as_plain(v) for k, v in keywords.items()})
            arguments[0][...] = new
            return None
        return function(*as_plain(arguments), **as_plain(keywords))


def as_plain(x: Any) -> Any:
    """A shown array as a plain one; containers are gone through."""
    if isinstance(x, Shown):
        return x.view(np.ndarray)
    if type(x) in (tuple, list):
        return type(x)(map(as_plain, x))
    return {k: as_plain(v) for k, v in x.items()} if type(x) is dict else x


def shown(x: Any, read: Callable[[Any], Any], write: Any = None, instead: str = "") -> Any:
    """The array that read(x) gives of a traced value, as a view: it follows the value.

    write(x, new): what becomes of an array of which elements were written to. Without it a write raises ReadOnlyError,
    which says what to write instead. Numbers are handed out as they are.
    """
    source = Source(x, read, write, instead)
    if not source.memory.shape:
        return read(x)
    made = source.memory.view(Shown)
    made._source = source
    made.flags.writeable = False
    SHOWN[id(source)] = weakref.ref(source, forget(id(source)))
    return made


def forget(key: int) -> Callable[[Any], None]:
    """What is done when a source dies."""
    return lambda _: SHOWN.pop(key, None) and None


def follow_writes() -> None:
    """Bring what is shown up to date after a write into a traced value."""
    for key, known in list(SHOWN.items()):
        source = known()
        try:
            if source is not None:
                source.refresh()
        except LeakedTracerError:  # its transform has ended
            SHOWN.pop(key, None)


promotes(Shown, np.ndarray, convert=as_plain)
