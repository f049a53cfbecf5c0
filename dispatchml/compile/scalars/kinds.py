"""The kinds of number that machine code computes with, by NumPy's dtype characters."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np


class Kind:
    """A real number in a register: its name, LLVM type, width in bits and class.

    category: "b" truth value, "i" signed, "u" unsigned, "f" floating point. LLVM tells signed from unsigned by
    operations, not by types. digits: bits of the significand, the leading one included.
    """

    __slots__ = ("name", "llvm", "bits", "category", "digits")

    def __init__(self, name: str, llvm: str, bits: int, category: str, digits: int = 0) -> None:
        self.name, self.llvm, self.bits, self.category, self.digits = name, llvm, bits, category, digits

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's dtype; there is none beyond 64 bits."""
        return np.dtype("?" if self.category == "b" else f"{self.category}{self.bits // 8}")

    @property
    def is_float(self) -> bool:
        """Whether it is floating point."""
        return self.category == "f"

    def constant(self, value: float) -> str:
        """A number of this kind as LLVM spells it; whole numbers wrap."""
        if self.category == "b":
            return "true" if value else "false"
        if not self.is_float:
            wrapped = int(value) & ((1 << self.bits) - 1)
            return str(wrapped - (1 << self.bits) if wrapped >> (self.bits - 1) else wrapped)
        with np.errstate(over="ignore"):
            stored = self.dtype.type(value)
        if self.bits == 16:
            return f"0xH{int(stored.view(np.uint16)):04X}"
        return f"0x{struct.unpack('<Q', struct.pack('<d', float(stored)))[0]:016X}"

    def __repr__(self) -> str:
        return self.name


B1 = Kind("b1", "i1", 1, "b")
I8, I16, I32, I64 = (Kind(f"i{n}", f"i{n}", n, "i") for n in (8, 16, 32, 64))
U8, U16, U32, U64 = (Kind(f"u{n}", f"i{n}", n, "u") for n in (8, 16, 32, 64))
F16, F32, F64 = Kind("f16", "half", 16, "f", 11), Kind("f32", "float", 32, "f", 24), Kind("f64", "double", 64, "f", 53)

KINDS = {kind.name: kind for kind in (B1, I8, I16, I32, I64, U8, U16, U32, U64, F16, F32, F64)}
SIGNED, UNSIGNED = (I8, I16, I32, I64), (U8, U16, U32, U64)
INTEGERS, FLOATS = SIGNED + UNSIGNED, (F16, F32, F64)
#: Complex kinds: name -> kind of the parts.
COMPLEX = {"c64": F32, "c128": F64}
#: The whole numbers of the width of a floating-point kind.
SIGNED_OF = {F16: I16, F32: I32, F64: I64}


def name_of(character: str) -> str | None:
    """The kind behind a dtype character: "f64" for "d", "i64" for "l" where that is 64 bits wide, "c128" for "D"."""
    dtype = np.dtype(character)
    if dtype.kind == "b":
        return "b1"
    name = f"{dtype.kind}{dtype.itemsize * 8}"
    return name if name in KINDS or name in COMPLEX else None


def names_of(characters: Iterable[str]) -> tuple[str, ...] | None:
    """The kinds behind dtype characters, or None where one is no number that is computed with here."""
    found = tuple(name_of(c) if len(c) == 1 else None for c in characters)
    return None if None in found else found  # type: ignore[return-value]


def register_type(name: str) -> str:
    """The LLVM type of a kind in registers: "i1" for truth values, a pair for complex numbers."""
    part = COMPLEX.get(name)
    return KINDS[name].llvm if part is None else f"{{ {part.llvm}, {part.llvm} }}"


def memory_type(name: str) -> str:
    """The LLVM type of a kind in memory, where truth values take a byte."""
    return "i8" if name == "b1" else register_type(name)
