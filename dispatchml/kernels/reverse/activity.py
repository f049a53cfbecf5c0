"""Which values have a derivative: those that depend on an active argument and on which a result depends.

An array is active as a whole, by the memory that it is a part of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .errors import refused
from .primitives import FRESH, VIEWS, known
from .program import (
    Block,
    Call,
    Check,
    Compute,
    If,
    Instruction,
    Load,
    Loop,
    Operand,
    Program,
    Store,
    Value,
    arrays_written,
    leaves,
)


def key(x: Operand | None) -> Value | None:
    """What activity is known of: a number's value, or an array's memory. None for constants and what has none."""
    if not isinstance(x, Value) or not x.kind.floating:
        return None
    return x if x.kind.scalar else x.root


class Activity:
    """active: the values and memories with a derivative. outputs: arrays that are results, too."""

    def __init__(self, program: Program, inputs: set[Value], outputs: Iterable[Value] = ()) -> None:
        self.program = program
        edges = [
            (k, r) for a, b in dependences(program.body) if (k := key(a)) is not None and (r := key(b)) is not None
        ]
        varied = reached({k for v in inputs if (k := key(v)) is not None}, edges)
        results = (*leaves(program.result), *outputs)
        useful = reached({k for v in results if (k := key(v)) is not None}, [(r, k) for k, r in edges])
        self.active = varied & useful
        self.loops: dict[Instruction, bool] = {}
        self.check(program.body)

    def __call__(self, x: Operand | None) -> bool:
        return key(x) in self.active

    def works(self, op: Instruction) -> bool:
        """Whether the way back has something to do for an instruction."""
        known_already = self.loops.get(op)
        if known_already is None:
            found = any(map(self, (*op.results(), *arrays_written(op))))
            found = found or isinstance(op, Call) and bool(op.written)  # what it wrote over is put back
            known_already = self.loops[op] = found or any(self.works(i) for b in op.blocks() for i in b.code)
        return known_already

    def check(self, body: Block) -> None:
        """Raise for active functions without a partial derivative that numbers have."""
        for op in body.walk():
            if isinstance(op, Compute) and self(op.result):
                for x, text in zip(op.arguments, op.primitive.partials(op.arguments), strict=False):
                    if self(x) and not known(text):
                        raise refused(
                            op.place, f"the derivative of {op.primitive.name} needs {text!r}, which kernels do not have"
                        )


def dependences(body: Block) -> Iterator[tuple[Operand | None, Operand]]:
    """Pairs (x, y) where y depends on x with a derivative."""
    for op in body.walk():
        if isinstance(op, Compute):
            if op.primitive.name in FRESH or op.primitive.name in VIEWS:
                continue
            for x, text in zip(op.arguments, op.primitive.partials(op.arguments), strict=False):
                if text is not None:
                    yield x, op.result
        elif isinstance(op, Load):
            yield op.array, op.result
        elif isinstance(op, Store):
            yield op.value, op.array
        elif isinstance(op, If):
            for j in op.joins:
                yield j.then, j.result
                yield j.other, j.result
        elif isinstance(op, Loop):
            for c in op.carried:
                yield c.first, c.value
                yield c.next, c.value
        elif isinstance(op, Call):
            yield from ((x, y) for x in op.arguments for y in (*op.made, *op.written))
        else:
            assert isinstance(op, Check)


def reached(start: set[Value], edges: list[tuple[Value, Value]]) -> set[Value]:
    """Everything that can be reached."""
    table: dict[Value, list[Value]] = {}
    for a, b in edges:
        table.setdefault(a, []).append(b)
    found, waiting = set(start), list(start)
    while waiting:
        for b in table.get(waiting.pop(), ()):
            if b not in found:
                found.add(b)
                waiting.append(b)
    return found
