"""What a program of machine code (`programs`) is to do, and the record that tells it."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from . import layout
from .programs import REGISTERS, ROWS


class Steps:
    """A program as it is written down: calls of ufuncs on named registers, and named constants.

    inputs: their names. leader: the position of one that is an array; others may be Python's numbers.
    """

    def __init__(self, inputs: tuple[str, ...], leader: int = 0) -> None:
        self.inputs, self.leader = inputs, leader
        self.lines: list[tuple[Any, tuple[str, ...], str]] = []
        self.constants: dict[str, float] = {}

    def constant(self, value: float) -> str:
        """The name of a constant."""
        name = f"#{value!r}"
        self.constants[name] = value
        return name

    def call(self, ufunc: Any, *operands: str) -> str:
        """Write down one step; gives the name of its result."""
        made = f"t{len(self.lines)}"
        self.lines.append((ufunc, operands, made))
        return made

    def registers(self, outputs: tuple[str, ...]) -> dict[str, int] | None:
        """The number of each name's register, or None where there are too many."""
        fixed = (*self.inputs, *outputs, *self.constants)
        rows = [made for _, _, made in self.lines if made not in fixed]
        if len(set(fixed)) < len(fixed) or len(rows) > ROWS or len(fixed) + len(rows) > REGISTERS:
            return None
        return {name: k for k, name in enumerate((*fixed, *rows))}

    def record(
        self, outputs: tuple[str, ...], entry: Callable[..., Any], cls: type | None = None, names: tuple[str, ...] = ()
    ) -> tuple[bytes, list[Any]]:
        """The record of a program and what must live as long; empty where a step has no loop.

        outputs: names of steps, one or two. entry: the entry of a ufunc for some dtype characters. cls: the class that
        is made, and the names of its four slots.
        """
        registers = self.registers(outputs)
        slots = [slot(cls, name) for name in names] if cls is not None else [0] * 4
        if registers is None or None in slots:
            return b"", []
        alive: list[Any] = []
        words: list[int] = []
        for character in "df":
            dtype, steps = np.dtype(character), list[int]()
            for ufunc, operands, made in self.lines:
                descr, _, loop, data, out, _ = entry(ufunc, character * len(operands))
                if not loop or descr != id(dtype) or out != id(dtype):
                    return b"", []
                places = [registers[x] for x in (*operands, made)]
                steps += [loop, data, *places, *[places[-1]] * (3 - len(places))]
            table = (ctypes.c_int64 * len(steps))(*steps)
            values = np.array([*self.constants.values()], dtype)
            alive += [table, values]
            words += [id(dtype), dtype.itemsize, ctypes.addressof(table), values.ctypes.data]
        counts = len(self.inputs), len(outputs), len(self.lines), len(self.constants)
        scratch = len(self.lines) - len(outputs)
        head = struct.pack("Q" * 11, *counts, scratch, self.leader, id(cls) if cls else 0, *slots)  # type: ignore[arg-type]
        return head + struct.pack("Q" * len(words), *words), alive


def slot(cls: type | None, name: str) -> int | None:
    """Where in an object of a class the reference of one of its slots lies; None where it is not found."""
    member = getattr(cls, name, None)
    if type(member).__name__ != "member_descriptor" or cls is None:
        return None
    made, marker = cls(), object()
    setattr(made, name, marker)
    found = [at for at in range(16, cls.__basicsize__, 8) if layout.read(id(made) + at, ctypes.c_int64) == id(marker)]
    return found[0] if len(found) == 1 else None
