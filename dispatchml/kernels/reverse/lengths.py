"""Arrays that a loop binds to names again: which of them have the same lengths in all of its rounds."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from .primitives import FRESH, SHAPE
from .program import Carried, Compute, If, Load, Loop, Number, Slice, Value
from .sharing import within


def of_one_shape(loop: Loop, assumed: dict[Value, Carried] | None = None) -> frozenset[Value]:
    """The arrays that a loop carries whose shape stays for sure what it is before the loop.

    assumed: the same of loops around, as far as it is believed of them.
    """
    staying = {c.value: c for c in loop.carried if not c.value.kind.scalar and isinstance(c.first, Value)}
    while True:
        before, inside = Lengths(loop, assumed or {}), Lengths(loop, {**(assumed or {}), **staying})
        wrong = [v for v, c in staying.items() if inside.of(c.next) != before.of(c.first)]
        if not wrong:
            return frozenset(staying)
        for v in wrong:
            del staying[v]


class Lengths:
    """The lengths of arrays in a loop: numbers, and names of those that are not known."""

    def __init__(self, loop: Loop, assumed: dict[Value, Carried]) -> None:
        self.loop, self.assumed = loop, assumed
        self.known: dict[Any, tuple[Hashable, ...]] = {}
        self.staying: dict[Loop, frozenset[Value]] = {}

    def of(self, array: Any) -> tuple[Hashable, ...]:
        """The lengths of an array."""
        found = self.known.get(array)
        if found is None:
            found = self.known[array] = self.find(array) if isinstance(array, Value) else ()
        return found

    def find(self, array: Value) -> tuple[Hashable, ...]:
        op, unknown = array.made, tuple((array, axis) for axis in range(array.kind.ndim))
        if array in self.assumed:
            return self.of(self.assumed[array].first)
        if isinstance(op, Compute) and op.primitive.name in FRESH:
            return tuple(map(self.length, op.arguments))
        if isinstance(op, Compute) and op.primitive.name == "reshape":
            return tuple(map(self.length, op.arguments[1:]))
        if isinstance(op, Compute) and op.primitive.name == "transpose":
            return self.of(op.arguments[0])[::-1]
        if isinstance(op, Load):
            whole = self.of(op.array)
            kept = [(n, part) for n, part in zip(whole, op.index, strict=False) if isinstance(part, Slice)]
            sliced = [n if part.whole else (array, axis) for axis, (n, part) in enumerate(kept)]
            return (*sliced, *whole[len(op.index) :])
        if isinstance(op, If):
            join = next(j for j in op.joins if j.result is array)
            then, other = self.of(join.then), self.of(join.other)
            return then if then == other else unknown
        if isinstance(op, Loop) and op is not self.loop and within(op.block, self.loop.body):
            if op not in self.staying:
                self.staying[op] = of_one_shape(op, self.assumed)
            if array in self.staying[op]:
                return self.of(next(c for c in op.carried if c.value is array).first)
        return unknown

    def length(self, n: Any) -> Hashable:
        """One length."""
        if isinstance(n, Number):
            return n.value
        if isinstance(n.made, Compute) and n.made.primitive is SHAPE:
            return self.of(n.made.arguments[0])[n.made.settings[0]]
        return n
