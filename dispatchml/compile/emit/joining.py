"""How reductions join two elements: instructions, and the number to begin with."""

from __future__ import annotations

import numpy as np

from ..lower import regions
from .text import REGISTERS, Text, constant

INTEGERS = "bBhHiIqQ"
BITS = {"b": 8, "B": 8, "h": 16, "H": 16, "i": 32, "I": 32, "q": 64, "Q": 64}


def identity(operation: str, character: str) -> str:
    """The number that a reduction begins with."""
    return constant(regions.identity(operation, np.dtype(character)), character)


def joined(text: Text, operation: str, character: str, a: str, b: str, free: bool = False) -> str:
    """The register with both joined. free: the order of a long sum may be chosen, for vectors of partial sums."""
    kind = REGISTERS[character]
    flags = "reassoc nsz " if free else ""
    if operation in ("logical_or", "logical_and") or character == "?":
        opcode = "or" if operation in ("logical_or", "maximum", "add") else "and"
        return text.let(f"{opcode} i1 {a}, {b}")
    if character in "FD":
        assert operation == "add"
        part = kind[1:-1].split(",")[0]
        found = "poison"
        for k in range(2):
            x, y = (text.let(f"extractvalue {kind} {z}, {k}") for z in (a, b))
            total = text.let(f"fadd {flags}{part} {x}, {y}")
            found = text.let(f"insertvalue {kind} {found}, {part} {total}, {k}")
        return found
    if operation in ("add", "multiply"):
        opcode = {"add": "add", "multiply": "mul"}[operation]
        return text.let(f"{opcode} {kind} {a}, {b}" if character in INTEGERS else f"f{opcode} {flags}{kind} {a}, {b}")
    if character in INTEGERS:
        name = ("s" if character in "bhiq" else "u") + ("max" if operation == "maximum" else "min")
        symbol = text.intrinsic(f"llvm.{name}.{kind}", kind, kind, kind)
    else:
        symbol = text.intrinsic(f"llvm.{operation}.f{32 if character == 'f' else 64}", kind, kind, kind)
    return text.let(f"call {kind} @{symbol}({kind} {a}, {kind} {b})")
