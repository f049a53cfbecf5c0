"""One element of a value, as an expression: operations are followed back to what lies in memory.

Nothing recurses on the operands: programs may be thousands of operations deep.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from ...ops.axes import axes_of
from ..graph import Literal, Node, Operand, Value
from .expressions import Expr, Graph, depends_of
from .forms import Form, NotAffine, Position, Variable, broadcast, by_axes, flattened, form_of, settled
from .gathers import GATHERS, gathered
from .moves import MOVES
from .places import PLACES
from .scalar_calls import character_of, conversion, scalar_call, scalars

Asks = Generator[tuple[Operand, Position], Expr, Expr]
#: Reductions that kernels do, and what each does to two elements.
REDUCTIONS = {
    "sum": "add", "prod": "multiply", "max": "maximum", "min": "minimum", "any": "logical_or", "all": "logical_and",
}  # fmt: skip
#: Sums and products up to each element of a row, and what joins two elements of them.
SCANS = {"cumsum": "add", "cumprod": "multiply"}
#: At more positions than this a value is not computed: neighbours of neighbours of neighbours become too many.
MOST_VISITS = 24
#: Operations whose result is one number everywhere.
FILLS = {
    "zeros_like": 0, "ones_like": 1, "zeros_of": 0, "ones_of": 1, "one_like": 1, "full_like": None, "full_of": None,
}  # fmt: skip


class NeedsRows(Exception):
    """An element needs a reduction over an inner loop of its own."""

    def __init__(self, extent: int) -> None:
        super().__init__(extent)
        self.extent = extent


class CannotInline(Exception):
    """A value cannot be computed where it is read: it has to be in memory first."""

    def __init__(self, value: Value) -> None:
        super().__init__(repr(value))
        self.value = value


class Elements:
    """What elements are made of, within one kernel.

    makers: the node of each value. lies: where a value lies in memory, as something hashable, or None. inner: the
    variable of the inner loop; rows: whether a reduction within a row has asked for it; ring: a matrix of which only
    the rows that are read next are kept.
    """

    def __init__(
        self,
        makers: dict[Value, Node],
        lies: Callable[[Value], Any],
        inner: Variable,
        rows: bool = False,
        ring: Value | None = None,
    ) -> None:
        self.makers, self.lies, self.inner, self.rows, self.ring = makers, lies, inner, rows, ring
        self.graph = Graph()
        self.known: dict[tuple[Value, Position], Expr] = {}
        #: At how many positions each value was computed.
        self.visits: dict[Value, int] = {}
        #: The reduction that runs over the inner loop, once there is one.
        self.reducing: Value | None = None
        self.reductions: list[Value] = []
        #: Truth values that say of positions whether they are outside.
        self.checks: dict[Expr, None] = {}

    # ---- asking ------------------------------------------------------------------------------------------------------

    def at(self, x: Operand, position: Position) -> Expr:
        """The element of a value at a position.

        Raises NeedsSplit, NeedsRows, or CannotInline for a value that has to be in memory.
        """
        found = self.settle(x, position)
        if isinstance(found, Expr):
            return found
        stack: list[tuple[Asks, Value, Position]] = [found]
        answer: Expr | None = None
        while stack:
            asks, value, place = stack[-1]
            try:
                wanted = asks.send(answer)  # type: ignore[arg-type]
            except StopIteration as finished:
                stack.pop()
                answer = self.known[value, place] = finished.value
                continue
            except NotAffine:
                raise CannotInline(value) from None
            found = self.settle(*wanted)
            if isinstance(found, Expr):
                answer = found
            else:
                stack.append(found)
                answer = None
        assert answer is not None
        return answer

    def settle(self, x: Operand, position: Position) -> Expr | tuple[Asks, Value, Position]:
        """The expression, where it is known, or the work that finds it."""
        if isinstance(x, Literal):
            value = np.asarray(x.value)
            character = character_of(value.dtype)
            assert character is not None
            return self.graph.literal(value[()], character)
        found = self.known.get((x, position))
        if found is not None:
            return found
        lies = self.lies(x)
        if lies is not None:
            found = self.known[x, position] = self.load(x, lies, position)
            return found
        self.visits[x] = visits = self.visits.get(x, 0) + 1
        if visits > MOST_VISITS:
            raise CannotInline(self.origin(x))
        return self.work(self.makers[x], position), x, position

    def origin(self, x: Value) -> Value:
        """What a value holds elements of."""
        while self.makers[x].op.name in MOVES:
            source = self.makers[x].inputs[0]
            if not isinstance(source, Value) or source not in self.makers or self.lies(source) is not None:
                break
            x = source
        return x

    def load(self, x: Value, lies: Any, position: Position) -> Expr:
        """An element in memory, zero outside."""
        if x is self.ring:
            return self.in_ring(x, position)
        bounds = ()
        if type(position) is tuple:
            bounds = tuple((p, n) for p, n in zip(position, x.shape, strict=True) if not p.within(n))
        character = character_of(x.dtype)
        assert character is not None
        return self.graph.load(lies, character, flattened(position, x.shape, x.steps), bounds)

    def in_ring(self, x: Value, position: Position) -> Expr:
        """An element of a row that was computed shortly before, zero outside."""
        character = character_of(x.dtype)
        assert character is not None
        places = [p for p, n in zip(by_axes(position, x.shape), x.shape, strict=True) if n != 1]
        if len(places) != 2:
            raise CannotInline(x)
        return self.graph.make("staged", character, (x, *places), (), 0.15)

    def work(self, node: Node, position: Position) -> Asks:
        """What finds an element of a node's result."""
        name = node.op.name
        if name in MOVES:
            return self.moved(node, position)
        if name in GATHERS:
            return gathered(self, node, position)
        if name in PLACES:
            return PLACES[name](self, node, position)
        if name in REDUCTIONS:
            return self.reduced(node, position)
        if name in FILLS:
            return self.filled(node)
        return self.pointwise(node, position)

    # ---- operations --------------------------------------------------------------------------------------------------

    def moved(self, node: Node, position: Position) -> Asks:
        y = node.outputs[0]
        expr = yield node.inputs[0], MOVES[node.op.name](node, position)
        return self.cast(expr, y)

    def filled(self, node: Node) -> Asks:
        value = FILLS[node.op.name]
        return self.number(node.keywords["value"] if value is None else value, node.outputs[0])
        yield

    def pointwise(self, node: Node, position: Position) -> Asks:
        y = node.outputs[0]
        call = scalar_call(node)
        assert call is not None, node
        args = []
        if any(isinstance(x, Value) and x.steps is not None for x in node.inputs):
            position = by_axes(position, y.shape)
        for x, takes in zip(node.inputs, call.takes, strict=True):
            if isinstance(x, Literal):
                args.append(self.graph.literal(np.dtype(takes).type(x.value), takes))
                continue
            expr = yield x, broadcast(position, y.shape, x.shape)
            args.append(self.converted(expr, takes))
        return self.graph.call(call.scalar, node.op.name, call.gives, tuple(args))

    def reduced(self, node: Node, position: Position) -> Asks:
        """A reduction within a row of the inner loop."""
        y, x = node.outputs[0], node.inputs[0]
        assert isinstance(x, Value)
        extent, source = reduction_of(node)
        if type(position) is tuple:
            position = settled(position, y.shape)
            if type(position) is tuple:
                raise CannotInline(y)
        operation = REDUCTIONS[node.op.name]
        if extent == 1:
            expr = self.cast((yield x, position), y)
            # NumPy's sum begins with 0.0, which makes 0.0 of -0.0
            return self.apply("add", (expr, self.zero(y)), y) if operation == "add" and y.dtype.kind in "fc" else expr
        if source is None:
            raise CannotInline(y)
        assert type(position) is Form
        crossed = self.inner in depends_of(position)
        if not self.rows and (crossed or self.inner.extent == 1):
            raise NeedsRows(extent)
        if crossed or self.inner.extent != extent:
            raise CannotInline(y)
        self.rows, self.reducing = True, y
        self.reductions.append(y)
        inside = position.times(extent).plus(form_of(self.inner))
        expr = yield x, inside
        found = self.graph.reduce(operation, self.cast(expr, y), self.inner)
        # a sum in vectors minds no signs of zeros; NumPy's begins with 0.0
        return self.apply("add", (found, self.zero(y)), y) if operation == "add" and y.dtype.kind in "fc" else found

    # ---- numbers -----------------------------------------------------------------------------------------------------

    def converted(self, expr: Expr, character: str) -> Expr:
        """The expression in another dtype."""
        if expr.character == character:
            return expr
        if expr.kind == "literal":
            with np.errstate(all="ignore"):
                return self.graph.literal(expr.payload.astype(character)[()], character)
        call = conversion(expr.character, character)
        assert call is not None, (expr.character, character)
        return self.graph.call(call.scalar, "astype", character, (expr,))

    def cast(self, expr: Expr, y: Value) -> Expr:
        """The expression in the dtype of a value."""
        character = character_of(y.dtype)
        assert character is not None
        return self.converted(expr, character)

    def number(self, value: Any, y: Value) -> Expr:
        """A number in the dtype of a value."""
        character = character_of(y.dtype)
        assert character is not None
        return self.graph.literal(np.asarray(value).astype(y.dtype)[()], character)

    def zero(self, y: Value) -> Expr:
        """Zero in the dtype of a value."""
        return self.number(0, y)

    def index(self, number: Expr, size: int, mode: str) -> Expr:
        """A whole number as a position among so many; "raise": negative ones count from the end, and are checked."""
        if mode == "raise":
            self.checks[self.graph.make("outside", "?", (size,), (number,), 0.1)] = None
        return self.graph.make("index", "q", (size, mode), (number,), 0.1)

    def apply(self, name: str, args: tuple[Expr, ...], y: Value) -> Expr:
        """An elementwise operation of arguments in the dtype of y."""
        character = character_of(y.dtype)
        assert character is not None
        scalar = scalars.find(name, (character,) * len(args), {})
        assert scalar is not None
        return self.graph.call(scalar, name, character, args)


def reduction_of(node: Node) -> tuple[int, tuple[int, ...] | None]:
    """Over how many elements a reduction runs; and the shape (kept, reduced) where what it reduces lies behind."""
    x = node.inputs[0]
    assert isinstance(x, Value)
    axes = axes_of(node.keywords["axis"], x.ndim)
    reduced, kept, behind = 1, 1, True
    for k, n in enumerate(x.shape):
        if n == 1:
            continue
        if k in axes:
            reduced *= n
        else:
            kept *= n
            behind = behind and reduced == 1
    return reduced, (kept, reduced) if behind else None
