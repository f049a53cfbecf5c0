"""A region: results that are computed in one pass over one set of loops, and what each element of them is made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...ops.axes import axes_of
from ..graph import Node, Value
from .elements import REDUCTIONS, SCANS, CannotInline, Elements, NeedsRows
from .expressions import Expr
from .forms import ZERO, Form, NeedsSplit, NotAffine, Position, Variable, by_axes, flattened, form_of, settled
from .gathers import SCATTERS, base_of, scattered_to

if TYPE_CHECKING:
    from .stages import Stage

Condition = tuple[Form, float, float]
#: How many more positions than a root's a region may have along an axis.
MARGIN = 8


class Root:
    """A value that a region leaves in memory.

    kind: "store", element by element, "reduce", by adding up over the region's loops, or "scan", by adding up along its
    rows. shape: that of its loops.
    """

    __slots__ = ("value", "node", "kind", "shape", "size")

    def __init__(self, value: Value, node: Node, kind: str) -> None:
        self.value, self.node, self.kind = value, node, kind
        source = node.inputs[0] if kind == "reduce" else value
        assert isinstance(source, Value)
        self.shape, self.size = source.shape, source.size

    def __repr__(self) -> str:
        return f"{self.kind} {self.value!r}"


class Target:
    """What a region does with one root: an expression, and at which offset of its memory it goes.

    operation: None for a store, else how elements are joined; scan: what those up to an element give is left at each.
    row: whether it is known once a row. conditions: where there is such an element, when the region has more positions
    than the root.
    """

    __slots__ = ("root", "expr", "offset", "operation", "row", "conditions", "scan")

    def __init__(
        self,
        root: Root,
        expr: Expr,
        offset: Form,
        operation: str | None,
        row: bool,
        conditions: tuple[Condition, ...] = (),
    ) -> None:
        self.root, self.expr, self.offset, self.operation, self.row = root, expr, offset, operation, row
        self.conditions = conditions
        self.scan = root.kind == "scan"


class Region:
    """Roots with common loops: outer variables, whose positions are shared out among threads, and an inner one."""

    def __init__(
        self, roots: list[Root], makers: dict[Value, Node], lies: Callable[[Value], Any], ring: Value | None = None
    ) -> None:
        self.roots, self.makers, self.lies, self.ring = roots, makers, lies, ring
        #: What is computed shortly before it is read: the value that lies in a ring of rows.
        self.stages: list[Stage] = []
        #: Results that lie in the memory of an input.
        self.in_place: dict[Value, Value] = {}
        self.outer: list[Variable] = []
        self.shape = max(roots, key=lambda root: root.size).shape
        self.inner = Variable(math.prod(self.shape))
        self.rows = False
        self.targets: list[Target] = []
        self.elements = self.followed()

    def still_holds(self, lies: Callable[[Value], Any]) -> bool:
        """Whether what was followed would be the same when other values lie in memory."""
        known = self.elements.graph.known.values()
        loads = {e.payload[0] for e in known if e.kind == "load"}
        return all(lies(v) is not None for v in loads) and all(lies(v) is None for v in self.elements.visits)

    @property
    def reads(self) -> set[Value]:
        """What it reads from memory."""
        found = {base for root in self.roots if (base := base_of(root.node)) is not None}
        for region in (self, *(stage.region for stage in self.stages)):
            found |= {e.payload[0] for e in region.elements.graph.known.values() if e.kind == "load"}
        return found

    @property
    def passes(self) -> int:
        """How often the region goes through its rows."""
        return 1 + max((t.expr.stage for t in self.targets), default=0)

    def reductions(self, stage: int) -> set[Value]:
        """The reductions within rows that are known after so many passes."""
        reduced = set(self.elements.reductions)
        return {v for (v, _), e in self.elements.known.items() if v in reduced and e.stage == stage}

    @property
    def indexed(self) -> bool:
        """Whether positions are read from memory."""
        known = self.elements.graph.known.values()
        return any(e.kind == "index" for e in known)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return math.prod(v.extent for v in self.outer)

    def followed(self) -> Elements:
        """The roots followed back; loops are split until every element's place is known.

        Raises CannotInline for a value that has to be in memory before.
        """
        for _ in range(200):
            elements = Elements(self.makers, self.lies, self.inner, self.rows, self.ring)
            try:
                self.targets = [self.target(root, elements) for root in self.roots]
            except NotAffine:
                raise CannotInline(self.roots[-1].value) from None
            except NeedsSplit as need:
                if need.variable is self.inner and elements.reducing is not None:
                    raise CannotInline(elements.reducing) from None
                self.split(need.variable, need.inner)
            except NeedsRows as need:
                self.outer.append(self.inner)
                self.inner, self.rows = Variable(need.extent), True
            else:
                self.rows = elements.rows
                self.checks = list(elements.checks)
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
        elif is_inside(root.shape, self.shape):
            return self.inside(root, elements, full)
        elif self.inner.extent * self.count == total and total % root.size == 0 and not self.outer:
            raise NeedsSplit(self.inner, total // root.size)
        else:
            raise CannotInline(root.value)
        if root.kind == "store":
            return Target(root, elements.at(root.value, position), position, None, is_row)
        if root.kind == "scan":
            return self.scanned(root, elements, full, is_row)
        source = root.node.inputs[0]
        assert isinstance(source, Value)
        expr = elements.cast(elements.at(source, position), root.value)
        if root.node.op.name in SCATTERS:
            return Target(root, expr, scattered_to(elements, root.node, position), "add", is_row)
        offset = kept_offset(root.node, position)
        return Target(root, expr, offset, REDUCTIONS[root.node.op.name], is_row)

    def scanned(self, root: Root, elements: Elements, position: Form, is_row: bool) -> Target:
        """What becomes of a root that is added up along rows, which the inner loop goes through from end to end."""
        length = root.value.shape[-1]
        if is_row or self.inner.extent % length or self.rows and self.inner.extent != length:
            raise CannotInline(root.value)
        if self.inner.extent != length:
            raise NeedsSplit(self.inner, length)
        expr = elements.cast(elements.at(root.node.inputs[0], position), root.value)
        return Target(root, expr, position, SCANS[root.node.op.name], False)

    def inside(self, root: Root, elements: Elements, full: Form) -> Target:
        """What becomes of a root with fewer positions than the region."""
        places = by_axes(full, self.shape)
        conditions = tuple((p, 0, n) for p, n in zip(places, root.shape, strict=True) if not p.within(n))
        position = settled(places, root.shape)
        if root.kind == "scan":
            raise CannotInline(root.value)
        if root.kind == "store":
            expr = elements.at(root.value, position)
            return Target(root, expr, flattened(position, root.shape), None, False, conditions)
        source = root.node.inputs[0]
        if root.value.size != 1:
            raise CannotInline(root.value)
        assert isinstance(source, Value)
        expr = elements.cast(elements.at(source, position), root.value)
        operation = REDUCTIONS[root.node.op.name]
        nothing = elements.graph.literal(identity(operation, root.value.dtype), expr.character)
        return Target(root, elements.graph.choose(conditions, expr, nothing), ZERO, operation, False)

    def row(self) -> Form:
        """The number of the row."""
        found, stride = ZERO, 1
        for variable in reversed(self.outer):
            found = found.plus(form_of(variable).times(stride))
            stride *= variable.extent
        return found


def is_inside(shape: tuple[int, ...], around: tuple[int, ...]) -> bool:
    """Whether a shape lies in another of hardly more elements, as that of differences of neighbours does."""
    return (
        len(shape) == len(around)
        and shape != around
        and all(0 <= n - m <= MARGIN for m, n in zip(shape, around, strict=True))
        and 4 * math.prod(shape) > 3 * math.prod(around)
    )


def identity(operation: str, dtype: np.dtype[Any]) -> Any:
    """The number that a reduction begins with. A sum of -0.0 alone is 0.0, as NumPy's is."""
    if operation in ("logical_or", "logical_and"):
        return dtype.type(operation == "logical_and")
    if operation in ("add", "multiply"):
        return dtype.type(operation == "multiply")
    if dtype.kind == "f":
        return dtype.type(-np.inf if operation == "maximum" else np.inf)
    if dtype.kind == "b":
        return dtype.type(operation == "minimum")
    info = np.iinfo(dtype)
    return dtype.type(info.min if operation == "maximum" else info.max)


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
