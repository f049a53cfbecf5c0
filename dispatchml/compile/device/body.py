"""Expressions on a device: positions that nobody looks at, and elements that a thread reads several of at once."""

from __future__ import annotations

from typing import Any

from ..emit.body import Body, Scope
from ..emit.text import BYTES, MEMORY, REGISTERS, Text
from ..lower.expressions import Expr
from ..lower.forms import Form, Variable
from ..lower.regions import Region

#: Bytes that a thread reads at once, and elements at most.
TOGETHER, MOST = 16, 4
#: Expressions of a loop beyond which a thread does one element: more would not fit into its registers.
LARGE = 120


class DeviceBody(Body):
    """Writes expressions for a thread. width: how many neighbouring elements it has; number: which is written now."""

    def __init__(self, text: Text, pointer: Any, needs: dict[str, Any], fast: bool, inner: Variable) -> None:
        super().__init__(text, pointer, needs, fast)
        self.inner, self.width, self.number = inner, 1, 0
        #: The registers of what was read for all elements of a thread.
        self.vectors: dict[Expr, str] = {}

    def index(self, expr: Expr, scope: Scope) -> str:
        """A whole number as a position. Nothing is raised on a device: what is outside begins again, as in CuPy."""
        if expr.payload[1] == "clip":
            return super().index(expr, scope)
        text, number = self.text, expr.args[0]
        kind, register = REGISTERS[number.character], scope.get(number)
        if kind != "i64":
            register = text.let(f"{'sext' if number.character in 'bhi' else 'zext'} {kind} {register} to i64")
        size = text.size(expr.payload[0])
        fine, turn, after = text.let(f"icmp ult i64 {register}, {size}"), text.fresh("turn"), text.fresh("after")
        before = text.label
        text.branch(fine, after, turn)
        text.begin(turn)
        rest = text.let(f"srem i64 {register}, {size}")
        added = text.let(f"add i64 {rest}, {size}")
        turned = text.let(f"select i1 {text.let(f'icmp slt i64 {rest}, 0')}, i64 {added}, i64 {rest}")
        text.jump(after)
        text.begin(after)
        return text.let(f"phi i64 [ {register}, %{before} ], [ {turned}, %{turn} ]")

    def load(self, expr: Expr, scope: Scope) -> str:
        """An element in memory: one of a vector, where neighbours are read at once."""
        if self.width == 1 or not is_vector(expr, self.inner, self.width):
            return super().load(expr, scope)
        text, (value, offset, _) = self.text, expr.payload
        kind, memory = REGISTERS[expr.character], MEMORY[expr.character]
        if expr not in self.vectors:
            at = text.let(f"getelementptr inbounds {memory}, ptr {self.pointer(value)}, i64 {self.form(offset, scope)}")
            whole = f"<{self.width} x {memory}>"
            self.vectors[expr] = text.let(f"load {whole}, ptr {at}, align {self.width * BYTES[expr.character]}")
        found = text.let(f"extractelement <{self.width} x {memory}> {self.vectors[expr]}, i32 {self.number}")
        return text.let(f"icmp ne {memory} {found}, 0") if kind == "i1" else found

    def store_vector(self, character: str, values: list[str], place: str, offset: str) -> None:
        """Write neighbouring elements at once."""
        text, memory = self.text, MEMORY[character]
        whole, vector = f"<{len(values)} x {memory}>", "poison"
        for k, value in enumerate(values):
            if character == "?":
                value = text.let(f"zext i1 {value} to i8")
            vector = text.let(f"insertelement {whole} {vector}, {memory} {value}, i32 {k}")
        at = text.let(f"getelementptr inbounds {memory}, ptr {place}, i64 {offset}")
        text.add(f"store {whole} {vector}, ptr {at}, align {len(values) * BYTES[character]}")


def is_aligned(offset: Form, inner: Variable, width: int) -> bool:
    """Whether neighbours along a loop are neighbours in memory, and the first of each `width` at a multiple of that."""
    steps = dict(offset.terms)
    if steps.pop(inner, 0) != 1 or offset.constant % width:
        return False
    return all(type(atom) is Variable and c % width == 0 for atom, c in steps.items())


def is_vector(expr: Expr, inner: Variable, width: int) -> bool:
    """Whether an element in memory is read with its neighbours."""
    _, offset, bounds = expr.payload
    return not bounds and expr.character not in "FD" and is_aligned(offset, inner, width)


def is_vector_store(target: Any, inner: Variable, width: int) -> bool:
    """Whether a result is written with its neighbours."""
    plain = target.operation is None and not target.row and not target.conditions
    return plain and target.expr.character not in "FD" and is_aligned(target.offset, inner, width)


def width_of(region: Region, lanes: int) -> int:
    """How many neighbouring elements a thread has. lanes: how many threads share a row, at least."""
    known, extent = region.elements.graph.known.values(), region.inner.extent
    if any(t.scan for t in region.targets) or sum(e.kind == "call" for e in known) > LARGE:
        return 1
    for width in (MOST, 2):
        if extent < width * lanes or extent % width and region.count > 1:
            continue
        characters = [e.character for e in known if e.kind == "load" and is_vector(e, region.inner, width)]
        characters += [t.expr.character for t in region.targets if is_vector_store(t, region.inner, width)]
        if characters and max(BYTES[c] for c in characters) * width <= TOGETHER:
            return width
    return 1
