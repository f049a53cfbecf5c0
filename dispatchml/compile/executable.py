"""Memory that holds code: written once, executable afterwards, given back with the last reference."""

from __future__ import annotations

import ctypes
import mmap
import struct
import sys
from functools import cache
from typing import Any

from .image import OF_NUMBA, OF_PYTHON, Image, is_external


@cache
def c_library() -> Any:
    """The C library of this process."""
    library = ctypes.CDLL(None, use_errno=True)
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = (
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long,
    )  # fmt: skip
    library.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    library.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    return library


@cache
def address_in_c(name: str) -> int:
    """The address of a C function that code may call."""
    if not is_external(name):
        raise ValueError(f"code of ours does not call {name}")
    if name.startswith(OF_NUMBA):
        from numba import _helperlib  # pyright: ignore[reportAttributeAccessIssue]

        return _helperlib.c_helpers[name.removeprefix(OF_NUMBA)]  # pyright: ignore[reportAttributeAccessIssue]
    if name in OF_PYTHON:
        return ctypes.cast(ctypes.pythonapi[name], ctypes.c_void_p).value or 0
    function = getattr(c_library(), name, None) or getattr(mathematics_library(), name)
    return ctypes.cast(function, ctypes.c_void_p).value or 0


@cache
def mathematics_library() -> Any:
    """The C library's mathematics, where it is a file of its own."""
    from ctypes.util import find_library

    return ctypes.CDLL(find_library("m"))


class Executable:
    """An image in memory. It never can be written and executed at the same time."""

    __slots__ = ("base", "size", "unmap")

    def __init__(self, image: Image) -> None:
        library = c_library()
        code = bytearray(image.code)
        self.unmap, self.size = library.munmap, max(len(code), 1)
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        base = library.mmap(None, self.size, mmap.PROT_READ | mmap.PROT_WRITE, flags, -1, 0)
        if base is None or base == ctypes.c_void_p(-1).value:
            self.base = 0
            raise MemoryError(f"no memory for {self.size} bytes of code")
        self.base: int = base
        for place, name in image.pointers:
            struct.pack_into("<Q", code, place, address_in_c(name))
        for place, target in image.bases:
            struct.pack_into("<Q", code, place, base + target)
        ctypes.memmove(base, bytes(code), len(code))
        if library.mprotect(base, self.size, mmap.PROT_READ | mmap.PROT_EXEC):
            raise OSError(ctypes.get_errno(), "this system lets no memory be made executable")

    def keep(self) -> None:
        """Leave the memory as it is for as long as the process lives."""
        self.size = 0

    def __del__(self) -> None:
        # at exit a thread that Python does not wait for may still be running in it, and the names here may be gone
        if self.base and self.size and sys is not None and not sys.is_finalizing():
            self.unmap(self.base, self.size)
