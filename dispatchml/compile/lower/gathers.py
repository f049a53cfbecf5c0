"""Positions that are read from memory: picking elements by whole numbers, and adding elements up where these say.

A position outside is looked at: it becomes 0, so that nothing else is touched, and the kernel says so; the program is
then run operation by operation, where NumPy raises its IndexError.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

from ...ops.axes import axis_of
from ..graph import Literal, Node, Value
from .expressions import Expr
from .forms import Form, Position, by_axes, flattened, form_of

Asks = Generator[tuple[Any, Any], Expr, Expr]
GATHERS = ("take", "take_along_axis")
#: Adding up at positions: the transposes of these.
SCATTERS = ("scatter_take", "scatter_along_axis", "scatter_take_onto", "scatter_along_axis_onto")
#: Of these, what does so by blocks of rows.
TAKES = ("take", "scatter_take", "scatter_take_onto")
WHOLE = frozenset("bBhHiIqQ")
#: Operations whose results have the elements of their argument in the same order.
SAME_ORDER = frozenset("reshape ravel squeeze expand_dims".split())


def base_of(node: Node) -> Value | None:
    """The array to which a node adds at positions, where that lies and its result will."""
    base = node.inputs[2] if node.op.name in SCATTERS and len(node.inputs) == 3 else None
    return base if isinstance(base, Value) else None


def axis_shape(node: Node) -> tuple[tuple[int, ...], int]:
    """The shape of what is picked from, or added to, and the axis; one axis of all elements for axis None."""
    picked = node.outputs[0] if node.op.name in SCATTERS else node.inputs[0]
    assert isinstance(picked, Value)
    axis = node.keywords["axis"]
    if axis is None:
        return (picked.size,), 0
    return picked.shape, axis_of(axis, picked.ndim)


def is_gather(node: Node) -> bool:
    """Whether a node picks, or adds up, in a way that loops can do."""
    x, indices = node.inputs[:2]
    if isinstance(indices, Literal) or indices.dtype.kind not in "iu" or isinstance(x, Literal):
        return False
    shape, axis = axis_shape(node)
    if not all(shape) or not indices.size:
        return False
    if node.op.name in TAKES:
        wide = (*shape[:axis], *indices.shape, *shape[axis + 1 :])
        return (x.shape if node.op.name in SCATTERS else node.outputs[0].shape) == wide
    if node.keywords["axis"] is None:
        return indices.ndim == 1
    around = indices.shape[:axis] + indices.shape[axis + 1 :]
    return around == shape[:axis] + shape[axis + 1 :] and (node.op.name in GATHERS or x.shape == indices.shape)


def source(elements: Any, node: Node, position: Position, shape: tuple[int, ...]) -> Any:
    """Where an element at a position of the result of a gather lies in what is picked from."""
    indices = node.inputs[1]
    assert isinstance(indices, Value)
    whole, axis = axis_shape(node)
    n = whole[axis]
    mode = node.keywords.get("mode", "raise")
    if node.op.name in TAKES:
        groups = (math.prod(whole[:axis]), indices.size, math.prod(whole[axis + 1 :]))
        before, middle, behind = by_axes(position, groups)
        number = yield indices, middle
        places = (before, form_of(elements.index(number, n, mode)), behind)
        return flattened(places, (groups[0], n, groups[2]))
    number = yield indices, position
    places = list(by_axes(position, shape))
    places[axis] = form_of(elements.index(number, n, mode))
    return flattened(tuple(places), whole)


def gathered(elements: Any, node: Node, position: Position) -> Asks:
    """An element that is picked."""
    from .elements import CannotInline

    y, x = node.outputs[0], node.inputs[0]
    assert isinstance(x, Value)
    held = held_by(elements, x)
    if held is None:
        raise CannotInline(x)
    if type(position) is tuple:
        raise CannotInline(y)
    place = yield from source(elements, node, position, y.shape)
    return elements.load(held, elements.lies(held), place)


def held_by(elements: Any, x: Value) -> Value | None:
    """The value in memory that has the elements of x in the same order; None where there is none."""
    while elements.lies(x) is None:
        node = elements.makers[x]
        if node.op.name not in SAME_ORDER or node.keywords.get("order", "C") != "C":
            return None
        (x,) = node.inputs
        if isinstance(x, Literal):
            return None
    return x


def scattered_to(elements: Any, node: Node, position: Form) -> Form:
    """Where an element of what is added goes."""
    value = node.inputs[0]
    assert isinstance(value, Value)
    asks = source(elements, node, position, value.shape)
    try:
        wanted = next(asks)
        while True:
            wanted = asks.send(elements.at(*wanted))
    except StopIteration as found:
        return found.value
