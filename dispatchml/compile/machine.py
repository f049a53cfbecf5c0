"""From LLVM's text to functions in memory: known ones at once, then those on disk, else compiled.

    library = machine.load(text)
    library.address("kernel")       # valid as long as `library` is referenced

The text must be complete: no address of this process and no name that another library would bring. Loading from disk
needs no llvmlite.
"""

from __future__ import annotations

import functools
import os
import struct
import threading
import weakref
from typing import Any

from ..dispatch.errors import DispatchmlError
from . import cache, host, image

#: Changes with the layout of what is stored, and whenever other code comes out for the same text.
FORMAT = "2: opt 3, loops and straight lines vectorised, unrolled, position-independent, small"
#: Libraries that are referenced, by key.
LIBRARIES: weakref.WeakValueDictionary[str, Library] = weakref.WeakValueDictionary()
IMMORTAL: list[Library] = []
LOCK = threading.RLock()


def renew_lock() -> None:
    """Another thread may have held the lock when this process was forked."""
    global LOCK
    LOCK = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=renew_lock)


class CompilationError(DispatchmlError, RuntimeError):
    """A text is not what LLVM accepts: a fault of what has written it."""


class Library:
    """Functions in memory.

    source: where they came from, "disk" or "compiled". kind: who has linked them, "image" (we) or "object" (LLVM).
    size: bytes of code. symbols: their addresses.
    """

    __slots__ = ("key", "source", "kind", "size", "symbols", "memory", "__weakref__")

    def __init__(self, key: str, source: str, kind: str, size: int, symbols: dict[str, int], memory: Any) -> None:
        self.key, self.source, self.kind, self.size = key, source, kind, size
        self.symbols, self.memory = symbols, memory

    def address(self, symbol: str) -> int:
        """Where a function begins. Raises KeyError, naming what there is, for a name that the text does not define."""
        try:
            return self.symbols[symbol]
        except KeyError:
            raise KeyError(f"no function {symbol!r}; there are: {', '.join(self.symbols)}") from None

    def immortal(self) -> None:
        """Never give the memory back, not even when Python ends."""
        IMMORTAL.append(self)
        getattr(self.memory, "keep", int)()

    def __repr__(self) -> str:
        return f"<Library of {', '.join(self.symbols)}: {self.size} bytes, {self.source}>"


def load(text: str, effort: int = 3) -> Library:
    """The functions that a text in LLVM's language defines, for this processor.

    effort: how hard LLVM looks for good code, 0 to 3. Code without loops over numbers is as fast with 0, and there ten
    times sooner; 2 is 3 without loops that are written twice.

    Raises CompilationError for a text that LLVM refuses, ModuleNotFoundError where llvmlite is needed and missing, and
    OSError where the system lets no memory be made executable.
    """
    key = cache.key_of(*circumstances(), *(() if effort == 3 else (f"effort {effort}",)), text)
    found = LIBRARIES.get(key)
    if found is not None:
        return found
    with LOCK:
        found = LIBRARIES.get(key)
        if found is None:
            found = from_disk(key) or from_text(key, text, effort)
            LIBRARIES[key] = found
    return found


def load_key(key: str) -> Library | None:
    """The library of a key that an earlier process has written down; None where the cache has it no more."""
    found = LIBRARIES.get(key)
    if found is None:
        with LOCK:
            found = LIBRARIES.get(key) or from_disk(key)
            if found is not None:
                LIBRARIES[key] = found
    return found


@functools.cache
def circumstances() -> tuple[str, ...]:
    """What code depends on beside its text."""
    from .. import __version__

    return FORMAT, __version__, host.identity(), host.llvmlite_version()


def from_disk(key: str) -> Library | None:
    """What an earlier process has compiled."""
    data = cache.load(key)
    if data is None:
        return None
    try:
        return in_memory(key, "disk", data)
    except (struct.error, UnicodeDecodeError, IndexError):
        return None


def from_text(key: str, text: str, effort: int) -> Library:
    """Compile, and keep for later processes."""
    from . import generator, linking
    from .attempts import EndedProcesses, attempt

    try:
        with attempt(key):
            data, names = generator.compile_text(text, effort)
    except EndedProcesses as ended:
        raise CompilationError(
            f"LLVM has ended {ended} processes that compiled it. Please report the function; `dispatchml cache clear` "
            "makes the next process try again."
        ) from None
    except RuntimeError as error:
        raise CompilationError(f"LLVM refuses a text of ours: {error}") from error
    try:
        stored = b"image " + image.pack(linking.link(data))
    except linking.LinkError:
        stored = b"object" + image.pack(image.Image(data, dict.fromkeys(names, 0), [], []))
    cache.store(key, stored)
    return in_memory(key, "compiled", stored)


def in_memory(key: str, source: str, stored: bytes) -> Library:
    """A library of what was stored."""
    kind, found = stored[:6].decode().strip(), image.unpack(stored[6:])
    if kind not in ("image", "object") or not found.symbols:
        raise struct.error("this is no code")
    if kind == "image":
        from .executable import Executable

        memory = Executable(found)
        symbols = {name: memory.base + offset for name, offset in found.symbols.items()}
        return Library(key, source, kind, len(found.code), symbols, memory)
    from .generator import Linked

    linked = Linked(found.code, list(found.symbols))
    return Library(key, source, kind, len(found.code), linked.symbols, linked)
