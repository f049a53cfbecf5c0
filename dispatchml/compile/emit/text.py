"""The text of one function: registers, labels, types and constants of LLVM's language."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np

#: Types of dtypes in registers.
REGISTERS = {
    "?": "i1", "b": "i8", "B": "i8", "h": "i16", "H": "i16", "i": "i32", "I": "i32", "q": "i64", "Q": "i64",
    "e": "half", "f": "float", "d": "double", "F": "{float, float}", "D": "{double, double}",
}  # fmt: skip
#: Types in memory, where they differ; complex numbers lie there as two reals.
MEMORY = {**REGISTERS, "?": "i8", "F": "float", "D": "double"}
BYTES = {
    "?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "q": 8, "Q": 8, "e": 2, "f": 4, "d": 8, "F": 8, "D": 16,
}  # fmt: skip
#: Whole numbers up to this size are written into the text; larger ones are arguments, so that the text serves others.
WRITTEN = 16


def real_constant(value: float, kind: str) -> str:
    """A floating-point number, bit for bit."""
    if kind == "half":
        return f"0xH{struct.unpack('<H', struct.pack('<e', value))[0]:04X}"
    if kind == "float" and not math.isnan(value):
        value = float(np.float32(value))
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def constant(value: Any, character: str) -> str:
    """A number of a dtype as an operand."""
    kind = REGISTERS[character]
    if character == "?":
        return "true" if value else "false"
    if character in "FD":
        part = kind[1:-1].split(",")[0]
        value = complex(value)
        return f"{{ {part} {real_constant(value.real, part)}, {part} {real_constant(value.imag, part)} }}"
    if character in "efd":
        return real_constant(float(value), kind)
    return str(int(value))


class Text:
    """A function that is being written. Sizes become arguments %s0, %s1, ..., in the order of their first use."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.label = "entry"
        self.counter = 0
        self.sizes: dict[int, str] = {}
        self.intrinsics: dict[str, str] = {}
        self.hints: list[tuple[str, ...]] = []

    def fresh(self, stem: str = "v") -> str:
        """A register's or label's name that is not in use."""
        self.counter += 1
        return f"{stem}{self.counter}"

    def add(self, line: str) -> None:
        """A line that has no result."""
        self.lines.append(f"  {line}")

    def let(self, line: str, stem: str = "v") -> str:
        """The register that holds an instruction's result."""
        name = f"%{self.fresh(stem)}"
        self.lines.append(f"  {name} = {line}")
        return name

    def begin(self, label: str) -> None:
        """Go on in a block with this label."""
        self.lines.append(f"{label}:")
        self.label = label

    def jump(self, label: str) -> None:
        """Leave the block."""
        self.add(f"br label %{label}")

    def branch(self, condition: str, yes: str, no: str) -> None:
        """Leave the block, one way or the other."""
        self.add(f"br i1 {condition}, label %{yes}, label %{no}")

    def hint(self, hints: tuple[str, ...]) -> None:
        """What LLVM should know of the loop whose end was written just now."""
        self.lines[-1] += f", !llvm.loop !loop{len(self.hints)}."
        self.hints.append(hints)

    def reserve(self) -> int:
        """A place for lines that are known later, such as what a loop carries."""
        self.lines.append("")
        return len(self.lines) - 1

    def fill(self, place: int, lines: list[str]) -> None:
        """Write what was left open."""
        self.lines[place] = "\n".join(f"  {line}" for line in lines)

    def size(self, n: int) -> str:
        """A whole number: itself where it is small, else an argument."""
        if -WRITTEN <= n <= WRITTEN:
            return str(n)
        found = self.sizes.get(n)
        if found is None:
            found = self.sizes[n] = f"%s{len(self.sizes)}"
        return found

    def opaque(self, register: str) -> str:
        """The same truth value, of which LLVM knows nothing: joining it with others must not reach into the loop that
        has found it, which would not become vectors then.
        """
        wide = self.let(f"zext i1 {register} to i32")
        kept = self.let(f'call i32 asm "", "=r,0"(i32 {wide})')
        return self.let(f"trunc i32 {kept} to i1")

    def intrinsic(self, name: str, result: str, *types: str) -> str:
        """The name of one of LLVM's own functions, which is declared."""
        self.intrinsics[name] = f"declare {result} @{name}({', '.join(types)})"
        return name

    def load(self, character: str, pointer: str, offset: str) -> str:
        """An element in memory, in a register."""
        kind, memory = REGISTERS[character], MEMORY[character]
        if character in "FD":
            at = self.let(f"getelementptr inbounds {kind}, ptr {pointer}, i64 {offset}", "a")
            real = self.let(f"load {memory}, ptr {at}")
            next_at = self.let(f"getelementptr inbounds {memory}, ptr {at}, i64 1", "a")
            imag = self.let(f"load {memory}, ptr {next_at}")
            half = self.let(f"insertvalue {kind} poison, {memory} {real}, 0")
            return self.let(f"insertvalue {kind} {half}, {memory} {imag}, 1")
        at = self.let(f"getelementptr inbounds {memory}, ptr {pointer}, i64 {offset}", "a")
        found = self.let(f"load {memory}, ptr {at}")
        return self.let(f"icmp ne i8 {found}, 0") if character == "?" else found

    def store(self, character: str, value: str, pointer: str, offset: str) -> None:
        """Write a register into memory."""
        kind, memory = REGISTERS[character], MEMORY[character]
        if character in "FD":
            at = self.let(f"getelementptr inbounds {kind}, ptr {pointer}, i64 {offset}", "a")
            for part in range(2):
                number = self.let(f"extractvalue {kind} {value}, {part}")
                place = self.let(f"getelementptr inbounds {memory}, ptr {at}, i64 {part}", "a")
                self.add(f"store {memory} {number}, ptr {place}")
            return
        at = self.let(f"getelementptr inbounds {memory}, ptr {pointer}, i64 {offset}", "a")
        if character == "?":
            value = self.let(f"zext i1 {value} to i8")
        self.add(f"store {memory} {value}, ptr {at}")
