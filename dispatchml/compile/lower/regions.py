"""A region: results that are computed in one pass over one set of loops, and what each element of them is made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...ops.axes import axes_of
from ..graph import Node, Value
from .elements import REDUCTIONS, CannotInline, Elements, NeedsRows
from .expressions import Expr
from .forms import ZERO, Form, NeedsSplit, NotAffine, Position, Variable, by_axes, flattened, form_of


class Root:
    """A value that a region leaves in memory.

    kind: "store", element by element, or "reduce", by adding up over the region's loops. size: how many positions its
    loops have.
    """

    __slots__ = ("value", "node", "kind", "size")

    def __init__(self, value: Value, node: Node, kind: str) -> None:
        self.value, self.node, self.kind = value, node, kind
        source = node.inputs[0] if kind == "reduce" else value
        assert isinstance(source, Value)
        self.size = source.size

    def __repr__(self) -> str:
        return f"{self.kind} {self.value!r}"


class Target:
    """What a region does with one root: an expression, and at which offset of its memory it goes.

    operation: None for a store, else how elements are joined. row: whether it is known once a row.
    """

    __slots__ = ("root", "expr", "offset", "operation", "row")

    def __init__(self, root: Root, expr: Expr, offset: Form, operation: str | None, row: bool) -> None:
        self.root, self.expr, self.offset, self.operation, self.row = root, expr, offset, operation, row


class Region:
    """Roots with common loops: outer variables, whose positions are shared out among threads, and an inner one."""

    def __init__(self, roots: list[Root], makers: dict[Value, Node], lies: Callable[[Value], Any]) -> None:
        self.roots, self.makers, self.lies = roots, makers, lies
        self.outer: list[Variable] = []
        self.inner = Variable(max(root.size for root in roots))
        self.rows = False
        self.targets: list[Target] = []
        self.elements = self.followed()

    @property
    def count(self) -> int:
        """How many rows there are."""
        return math.prod(v.extent for v in self.outer)

    def followed(self) -> Elements:
        """The roots followed back; loops are split until every element's place is known.

        Raises CannotInline for a value that has to be in memory before.
        """
        for _ in range(200):
            elements = Elements(self.makers, self.lies, self.inner, self.rows)
            try:
                self.targets = [self.target(root, elements) for root in self.roots]
            except NotAffine:
                raise CannotInline(self.roots[-1].value) from None
            except NeedsSplit as need:
                self.split(need.variable, need.inner)
            except NeedsRows as need:
                self.outer.append(self.inner)
                self.inner, self.rows = Variable(need.extent), True
            else:
                self.rows = elements.rows
                return elements
        raise RecursionError("loops are split without end")

    def split(self, variable: Variable, inner: int) -> None:
        """Make two loops of one."""
        first, second = Variable(variable.extent // inner), Variable(inner)
        if variable is self.inner:
            self.outer.append(first)
            self.inner = second
        else:
            k = self.outer.index(variable)
            self.outer[k : k + 1] = [first, second]

    def target(self, root: Root, elements: Elements) -> Target:
        """What becomes of one root."""
        row = self.row()
        full = row.times(self.inner.extent).plus(form_of(self.inner))
        total = self.count * self.inner.extent
        if root.size == self.count and (self.rows or root.size != total):
            position, is_row = row, True
        elif root.size == total:
            position, is_row = full, False
        elif self.inner.extent * self.count == total and total % root.size == 0 and not self.outer:
            raise NeedsSplit(self.inner, total // root.size)
        else:
            raise CannotInline(root.value)
        if root.kind == "store":
            return Target(root, elements.at(root.value, position), position, None, is_row)
        source = root.node.inputs[0]
        assert isinstance(source, Value)
        expr = elements.cast(elements.at(source, position), root.value)
        offset = kept_offset(root.node, position)
        return Target(root, expr, offset, REDUCTIONS[root.node.op.name], is_row)

    def row(self) -> Form:
        """The number of the row."""
        found, stride = ZERO, 1
        for variable in reversed(self.outer):
            found = found.plus(form_of(variable).times(stride))
            stride *= variable.extent
        return found


def kept_offset(node: Node, position: Position) -> Form:
    """Where an element that is reduced goes: its place on the axes that are kept."""
    x = node.inputs[0]
    assert isinstance(x, Value)
    axes = axes_of(node.keywords["axis"], x.ndim)
    groups: list[list[Any]] = []
    for k, n in enumerate(x.shape):
        if n == 1:
            continue
        if groups and groups[-1][1] == (k not in axes):
            groups[-1][0] *= n
        else:
            groups.append([n, k not in axes])
    if not any(kept for _, kept in groups):
        return ZERO
    places = by_axes(position, tuple(n for n, _ in groups))
    kept = [(p, n) for p, (n, k) in zip(places, groups, strict=True) if k]
    return flattened(tuple(p for p, _ in kept), tuple(n for _, n in kept))
