"""Operations whose elements come from one of several arguments, by where they lie: padding, joining, assignment."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...ops.axes import axes_of, axis_of
from ...ops.index import is_basic
from ..graph import Node, Value
from .expressions import Expr
from .forms import ZERO, Form, Position, broadcast, by_axes, number, settled
from .moves import basic_parts

Asks = Generator[tuple[Any, Any], Expr, Expr]
INFINITY = float("inf")


def put(x: Any, node: Node, position: Position) -> tuple[list[Any], Position, tuple[int, ...]]:
    """For an assignment into a basic index: under which conditions an element lies in it, where, and its shape."""
    y = node.outputs[0]
    places = by_axes(position, y.shape)
    conditions, inner, shape = [], [], []
    for axis, start, step, count in basic_parts(node.keywords["index"], y.shape):
        if axis is None:
            inner.append(ZERO)
            shape.append(1)
        elif count is not None:
            offset = places[axis].plus(-start) if step == 1 else number(start).plus(places[axis], -1)
            conditions.append((offset, 0, count))
            inner.append(offset)
            shape.append(count)
        else:
            conditions.append((places[axis].plus(-start), 0, 1))
    return conditions, settled(tuple(inner), tuple(shape)), tuple(shape)


def is_put(node: Node) -> bool:
    """Whether the index is basic with neighbouring elements."""
    index = node.keywords["index"]
    shape = node.outputs[0].shape
    return is_basic(index) and all(step in (1, -1) for _, _, step, _ in basic_parts(index, shape))


def narrowed(position: Position, shape: tuple[int, ...], source: tuple[int, ...]) -> Position:
    """Where a value that is broadcast into a place is read; it may have more axes of size 1 in front."""
    extra = len(source) - len(shape)
    return broadcast(position, shape, source[max(extra, 0) :]) if source != shape else position


def scattered(elements: Any, node: Node, position: Position) -> Asks:
    y, value = node.outputs[0], node.inputs[0]
    conditions, inner, shape = put(y, node, position)
    inside = yield value, narrowed(inner, shape, getattr(value, "shape", ()))
    return elements.graph.choose(tuple(conditions), elements.cast(inside, y), elements.zero(y))


def assigned(elements: Any, node: Node, position: Position) -> Asks:
    y, (x, value) = node.outputs[0], node.inputs
    conditions, inner, shape = put(y, node, position)
    before = yield x, position
    inside = yield value, narrowed(inner, shape, getattr(value, "shape", ()))
    return elements.graph.choose(tuple(conditions), elements.cast(inside, y), elements.cast(before, y))


def added(elements: Any, node: Node, position: Position) -> Asks:
    y, (x, value) = node.outputs[0], node.inputs
    conditions, inner, shape = put(y, node, position)
    before = yield x, position
    inside = yield value, narrowed(inner, shape, getattr(value, "shape", ()))
    before, inside = elements.cast(before, y), elements.cast(inside, y)
    total = elements.apply("add", (before, inside), y)
    return elements.graph.choose(tuple(conditions), total, before)


def padded(elements: Any, node: Node, position: Position) -> Asks:
    from ...ops.padding import pairs

    y, x = node.outputs[0], node.inputs[0]
    assert isinstance(x, Value)
    widths = pairs(node.keywords["pad_width"], y.ndim)
    places = by_axes(position, y.shape)
    inner = tuple(p.plus(-before) for p, (before, _) in zip(places, widths, strict=True))
    conditions = tuple((p, 0, n) for p, n in zip(inner, x.shape, strict=True))
    inside = yield x, settled(inner, x.shape)
    return elements.graph.choose(conditions, inside, elements.number(node.keywords["value"], y))


def joined(elements: Any, node: Node, position: Position) -> Asks:
    """concatenate and stack."""
    y = node.outputs[0]
    stacked = node.op.name == "stack"
    axis = axis_of(node.keywords["axis"], y.ndim)
    places = by_axes(position, y.shape)
    found, start = None, 0
    pieces = []
    for x in node.inputs:
        shape = getattr(x, "shape", ())
        inner: tuple[Form, ...] = tuple(p for k, p in enumerate(places) if k != axis)
        count = 1 if stacked else shape[axis]
        offset = places[axis].plus(-start)
        if not stacked:
            inner = (*inner[:axis], offset, *inner[axis:])
        low, high = offset.bounds
        if count and high >= 0 and low < count:
            pieces.append(((offset, 0, count), (yield x, settled(inner, shape))))
        start += count
    for condition, piece in reversed(pieces):
        piece = elements.cast(piece, y)
        found = piece if found is None else elements.graph.choose((condition,), piece, found)
    return found if found is not None else elements.zero(y)


def rolled(elements: Any, node: Node, position: Position) -> Asks:
    y, x = node.outputs[0], node.inputs[0]
    shift, axis = node.keywords["shift"], node.keywords["axis"]
    shape = (y.size,) if axis is None else y.shape
    if axis is not None and isinstance(shift, int):
        axes = axes_of(axis, y.ndim)
        shifts = dict.fromkeys(axes, shift)
    elif axis is None:
        shifts = {0: shift}
    else:
        raise NotImplementedError
    places = list(by_axes(position, shape))
    (turned, by), *more = shifts.items()
    assert not more
    n = shape[turned]
    offset = places[turned].plus(-(by % n))
    behind = [*places]
    behind[turned], places[turned] = offset.plus(n), offset
    first = yield x, settled(tuple(places), shape) if axis is not None else settled((offset,), shape)
    second = yield x, settled(tuple(behind), shape) if axis is not None else settled((offset.plus(n),), shape)
    return elements.graph.choose(((offset, 0, n),), first, second)


def triangular(elements: Any, node: Node, position: Position) -> Asks:
    y = node.outputs[0]
    places = by_axes(position, y.shape)
    across = places[-1].plus(places[-2], -1).plus(-node.keywords["k"])
    condition = (across, -INFINITY, 1) if node.op.name == "tril" else (across, 0, INFINITY)
    inside = yield node.inputs[0], position
    return elements.graph.choose((condition,), inside, elements.zero(y))


#: Handlers, as `Elements` runs them.
PLACES = {
    "scatter": scattered,
    "setitem": assigned,
    "add_at": added,
    "pad_constant": padded,
    "concatenate": joined,
    "stack": joined,
    "roll": rolled,
    "tril": triangular,
    "triu": triangular,
}


def is_place(node: Node) -> bool:
    """Whether a node takes each element from one of its arguments, in a way that forms can say."""
    name = node.op.name
    if name not in PLACES:
        return False
    if name in ("scatter", "setitem", "add_at"):
        return is_put(node)
    if name in ("tril", "triu"):
        return node.outputs[0].ndim >= 2 and len(getattr(node.inputs[0], "shape", ())) >= 2
    if name == "roll":
        shift, axis = node.keywords["shift"], node.keywords["axis"]
        return isinstance(shift, int) and (isinstance(axis, int) or axis is None and node.outputs[0].ndim == 1)
    if name == "concatenate":
        return isinstance(node.keywords["axis"], int)
    return True
