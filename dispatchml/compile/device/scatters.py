"""Adding elements up at places that are read from memory.

As it comes: each thread adds to the place by an atomic instruction, in no order. In an order that the index alone
decides: elements and their places are left in memory, the places are sorted (a call of the library's), and a thread for
each place adds its elements up one after the other.
"""

from __future__ import annotations

from typing import Any

from ..emit.body import Scope
from ..emit.joining import INTEGERS, joined
from ..emit.kernel import Kernel, Pointer
from ..emit.text import MEMORY, REGISTERS, Text
from ..lower.forms import form_of
from ..lower.gathers import SCATTERS
from ..lower.regions import Region

#: Dtypes that a card adds to a place by one instruction.
ADDED = "fdiIqQ"


def is_scatter(target: Any) -> bool:
    """Whether a target is added up at places that are read from memory."""
    return target.operation is not None and target.root.node.op.name in SCATTERS


def orders(region: Region) -> bool:
    """Whether the order of what a region adds up at places matters."""
    return any(is_scatter(t) and t.expr.character not in INTEGERS for t in region.targets)


class Scattering:
    """What kernels of threads do with such targets. ordered: whether elements are left with their places."""

    region: Region
    text: Text
    body: Any
    places: dict[Any, str]
    scattered: list[Any]
    ordered: bool

    def scatter_pointers(self: Any) -> None:
        """The arrays to which elements are added, or in which they are left."""
        #: Registers of the addresses of elements and of their places.
        self.left: dict[Any, tuple[str, str]] = {}
        for target in self.scattered:
            value = target.root.value
            if self.ordered:
                both = (self.pointer(Pointer(kind, value, 0, "store")) for kind in ("values", "places"))
                self.left[target] = next(both), next(both)
            else:
                self.places[value] = self.pointer(Pointer("value", value, 0, "store"))

    def leave(self: Any, target: Any, value: str, scope: Scope, carried: list[Any]) -> str | None:
        """Put an element where it goes."""
        if target not in self.scattered:
            return super().leave(target, value, scope, carried)  # type: ignore[misc]
        if self.ordered:
            self.leave_with_place(target, value, scope, form_of(self.region.inner))
        elif self.is_carried(target):
            return self.carry(target.operation, target.expr.character, value, carried)
        else:
            self.add_to_place(target, value, scope)
        return None

    def add_up(self: Any, target: Any, value: str, scope: Scope) -> None:
        """What is known once a row."""
        if target not in self.scattered:
            super().add_up(target, value, scope)  # type: ignore[misc]
        elif self.ordered:
            self.leave_with_place(target, value, scope, None)
        else:
            self.add_to_place(target, value, scope)

    def leave_with_place(self: Any, target: Any, value: str, scope: Scope, inner: Any) -> None:
        """Write an element and its place down, at its number."""
        number = self.region.row()
        if inner is not None:
            number = number.times(self.region.inner.extent).plus(inner)
        at = self.body.form(number, scope)
        values, places = self.left[target]
        self.text.store(target.expr.character, value, values, at)
        self.text.store("q", self.body.form(target.offset, scope), places, at)

    def add_to_place(self: Any, target: Any, value: str, scope: Scope) -> None:
        """Add an element to its place, to which other threads add at the same time."""
        text, character = self.text, target.expr.character
        kind, opcode = MEMORY[character], "add" if character in INTEGERS else "fadd"
        place, offset = self.places[target.root.value], self.body.form(target.offset, scope)
        at = text.let(f"getelementptr inbounds {kind}, ptr {place}, i64 {offset}")
        text.let(f"atomicrmw {opcode} ptr {at}, {kind} {value} monotonic")


def adding(character: str, count: int) -> Kernel:
    """out[p] = out[p] and all elements of place p, one after the other: a thread for each element, in the order of
    places, of which the first of a place does the work. Arrays: elements, places, the order, out.
    """
    text, kind = Text(), REGISTERS[character]
    text.sizes = {0: "%s0"}  # always an argument: one text for each dtype
    text.lines += ["  br label %unit", "unit:", "  %u = phi i64 [ %low, %entry ], [ %u.next, %stored ]"]
    element = text.load("q", "%p2", "%u")
    place = text.load("q", "%p1", element)
    text.lines += ["  %is.first = icmp eq i64 %u, 0", "  br i1 %is.first, label %begin, label %look", "look:"]
    earlier = text.load("q", "%p1", text.load("q", "%p2", text.let("sub i64 %u, 1")))
    text.lines += [f"  %same = icmp eq i64 {earlier}, {place}", "  br i1 %same, label %stored, label %begin", "begin:"]
    start = text.load(character, "%p3", place)
    text.lines += ["  br label %more", "more:", "  %k = phi i64 [ %u, %begin ], [ %k.next, %on ]"]
    text.lines += [f"  %total = phi {kind} [ {start}, %begin ], [ %sum, %on ]"]
    found = text.load(character, "%p0", text.load("q", "%p2", "%k"))
    total = joined(text, "add", character, "%total", found)
    text.lines += [f"  %sum = bitcast {kind} {total} to {kind}", "  %k.next = add i64 %k, 1"]
    text.lines += ["  %any = icmp slt i64 %k.next, %s0", "  br i1 %any, label %on, label %leave", "on:"]
    following = text.load("q", "%p1", text.load("q", "%p2", "%k.next"))
    text.lines += [
        f"  %again = icmp eq i64 {following}, {place}",
        "  br i1 %again, label %more, label %leave",
        "leave:",
    ]
    text.store(character, "%sum", "%p3", place)
    text.lines += ["  br label %stored", "stored:", "  %u.next = add i64 %u, 1"]
    text.lines += ["  %left = icmp slt i64 %u.next, %high", "  br i1 %left, label %unit, label %done"]
    text.lines += ["done:", "  ret void"]
    pointers = [Pointer(name, None) for name in ("values", "places", "order")] + [Pointer("value", None, 0, "store")]
    made = Kernel(f"add_{character}", text, {}, pointers, count, 1, None, "add")
    made.sizes = [count]
    return made
