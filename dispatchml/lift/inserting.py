"""Code objects with instructions put in between: jumps, handlers and lines go on to mean what they meant.

Sources: CPython, Objects/exception_handling_notes.txt and Objects/locations.md (3.11 and later).
"""

from __future__ import annotations

import dis
import types
from collections.abc import Iterator

from ..dispatch.handled import spans

EXTENDED = dis.opmap["EXTENDED_ARG"]
JUMPS = frozenset(dis.hasjrel)


class Step:
    """One instruction. caches: what stands behind it for the interpreter; target: the step that it jumps to; places:
    where in the text it comes from.
    """

    __slots__ = ("opcode", "argument", "caches", "target", "places", "start", "wide")

    def __init__(self, opcode: int, argument: int, caches: bytes, places: tuple[int | None, ...]) -> None:
        self.opcode, self.argument, self.caches, self.places = opcode, argument, caches, places
        self.target: Step | None = None
        self.start, self.wide = 0, 0

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return 2 + 2 * self.wide + len(self.caches)


def steps_of(code: types.CodeType) -> tuple[list[Step], dict[int, Step]]:
    """The instructions of some code, and the one at each offset; wider numbers are part of their instruction."""
    raw, places = code.co_code, list(code.co_positions())
    shown = [i for i in dis.get_instructions(code) if i.opname != "CACHE"]
    found: list[Step] = []
    at: dict[int, Step] = {}
    targets: dict[Step, int] = {}
    begins: list[int] = []
    for k, i in enumerate(shown):
        begins.append(i.offset)
        if i.opcode == EXTENDED:
            continue
        end = shown[k + 1].offset if k + 1 < len(shown) else len(raw)
        step = Step(raw[i.offset], i.arg or 0, raw[i.offset + 2 : end], places[i.offset // 2])
        found.append(step)
        at.update(dict.fromkeys(begins, step))
        begins.clear()
        if raw[i.offset] in JUMPS:
            targets[step] = i.argval
    for step, offset in targets.items():
        step.target = at[offset]
    return found, at


def inserted(code: types.CodeType, before: dict[int, bytes], stack: int) -> types.CodeType:
    """The code with instructions, in bytes without jumps, before those at some offsets. stack: how much higher it gets.

    What jumped to an instruction jumps to what was put before it.
    """
    steps, at = steps_of(code)
    first = {id(at[offset]): new_steps(new, at[offset]) for offset, new in before.items()}
    every: list[Step] = []
    for step in steps:
        every += [*first.get(id(step), ()), step]

    def begin(step: Step) -> Step:
        return first[id(step)][0] if id(step) in first else step

    for step in steps:
        if step.target is not None:
            step.target = begin(step.target)
    settle(every)
    raw = b"".join(map(encoded, every))

    def moved(offset: int) -> int:
        return begin(at[offset]).start if offset in at else len(raw)

    table = b"".join(
        numbers(moved(start) // 2, (moved(end) - moved(start)) // 2, moved(target) // 2, depth)
        for start, end, target, depth in spans(code)
    )
    return code.replace(
        co_code=raw, co_exceptiontable=table, co_linetable=lines(every, code.co_firstlineno),
        co_stacksize=code.co_stacksize + stack,
    )  # fmt: skip


def new_steps(new: bytes, at: Step) -> list[Step]:
    """The instructions that are put before one."""
    found: list[Step] = []
    high = 0
    for k in range(0, len(new), 2):
        opcode, argument = new[k], new[k + 1]
        if opcode == EXTENDED:
            high = high << 8 | argument
        elif dis.opname[opcode] == "CACHE":
            found[-1].caches += new[k : k + 2]
        else:
            found.append(Step(opcode, high << 8 | argument, b"", at.places))
            high = 0
    return found


def settle(steps: list[Step]) -> None:
    """Find where each instruction begins; a jump that got longer may need a wider number."""
    changed = True
    while changed:
        changed, offset = False, 0
        for step in steps:
            step.start = offset
            offset += step.size
        for step in steps:
            if step.target is not None:
                distance = step.target.start - (step.start + step.size)
                step.argument = abs(distance) // 2
            wide = max(0, (step.argument.bit_length() + 7) // 8 - 1)
            if wide > step.wide:
                step.wide = wide
                changed = True


def encoded(step: Step) -> bytes:
    """An instruction in bytes."""
    wider = [(EXTENDED, step.argument >> 8 * k & 255) for k in range(step.wide, 0, -1)]
    return bytes(b for pair in (*wider, (step.opcode, step.argument & 255)) for b in pair) + step.caches


def numbers(*values: int) -> bytes:
    """An entry of the table of handlers: six bits a byte, the most significant first; the first byte is marked."""
    found = bytearray()
    for value in values:
        digits = [value & 63]
        while value := value >> 6:
            digits.append(value & 63)
        found += bytes(d | 64 for d in reversed(digits[1:])) + bytes((digits[0],))
    found[0] |= 128
    return bytes(found)


def lines(steps: list[Step], line: int) -> bytes:
    """The table of lines and columns."""
    found = bytearray()
    for step in steps:
        first, last, start, end = step.places
        units = step.size // 2
        while units > 0:
            count = min(units, 8)
            units -= count
            if first is None:
                found.append(128 | 15 << 3 | count - 1)
                continue
            found.append(128 | (13 if start is None or end is None or last is None else 14) << 3 | count - 1)
            found += bytes(digits(abs(first - line) << 1 | (first < line)))
            if not (start is None or end is None or last is None):
                found += bytes((*digits(last - first), *digits(start + 1), *digits(end + 1)))
            line = first
    return bytes(found)


def digits(value: int) -> Iterator[int]:
    """A number of the table of lines: six bits a byte, the least significant first."""
    while value > 63:
        yield value & 63 | 64
        value >>= 6
    yield value
