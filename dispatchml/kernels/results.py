"""From the words that a kernel leaves to Python's values."""

from __future__ import annotations

import ctypes
import struct
from typing import Any

import numpy as np

from . import kinds


def rebuild(kind: str, words: Any, release: Any) -> Any:
    """The value that stands in some words. Arrays are copied, and their memory is given back."""
    return Reading(words, release).value(kind)


class Reading:
    """Reads values one after the other."""

    __slots__ = ("words", "release", "place")

    def __init__(self, words: Any, release: Any) -> None:
        self.words, self.release, self.place = words, release, 0

    def word(self) -> int:
        """The next word."""
        self.place += 1
        return self.words[self.place - 1]

    def double(self) -> float:
        """The next word as a float."""
        return struct.unpack("=d", struct.pack("=q", self.word()))[0]

    def value(self, kind: str) -> Any:
        """The next value."""
        if kinds.is_tuple(kind):
            return tuple([self.value(inner) for inner in kinds.elements(kind)])
        if kinds.is_array(kind):
            return self.array(kind)
        if kind == "d":
            return self.double()
        if kind == "f":
            return np.float32(self.double())
        if kind in "DF":
            number = complex(self.double(), self.double())
            return number if kind == "D" else np.complex64(number)
        if kind == "N":
            return None
        number = self.word()
        return bool(number) if kind == "?" else number if kind == "q" else np.dtype(kind).type(number)

    def array(self, kind: str) -> Any:
        """The next value, an array."""
        count, dtype = kinds.dimensions(kind), np.dtype(kind[0])
        owner, address = self.word(), self.word()
        shape = tuple(self.word() for _ in range(count))
        strides = tuple(self.word() for _ in range(count))
        try:
            if 0 in shape:
                return np.empty(shape, dtype)
            low = address + sum(min(0, (n - 1) * s) for n, s in zip(shape, strides, strict=True))
            size = sum(abs((n - 1) * s) for n, s in zip(shape, strides, strict=True)) + dtype.itemsize
            memory = (ctypes.c_char * size).from_address(low)
            return np.ndarray(shape, dtype, memory, address - low, strides).copy()  # pyright: ignore[reportArgumentType]
        finally:
            if owner:
                self.release(owner)
