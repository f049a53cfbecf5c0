"""What of a long program will be in memory, guessed before anything is followed back.

Elements of a chain of stencils are followed back through all of it, from more positions at each step, until there are
too many. In long programs that takes long, so that the positions are counted beforehand, as shifts along axes.
"""

from __future__ import annotations

from typing import Any

from ...ops.index import is_basic
from ..graph import Node, Program, Value
from .elements import REDUCTIONS
from .expressions import cost_of
from .moves import basic_parts, is_move

#: Programs of fewer operations are followed back at once.
SHORTEST = 150
#: Positions beyond which none are counted.
MOST = 12

Shift = tuple[Any, ...]


def wanted_ahead(program: Program, reasons: dict[Node, str], worth: float) -> set[Value]:
    """Values that a region would compute at several positions, at a cost of more than `worth` nanoseconds."""
    if len(program.nodes) < SHORTEST:
        return set()
    costs = costs_of(program, reasons)
    places: dict[Value, set[Shift]] = {}
    for x in program.outputs:
        if isinstance(x, Value):
            places[x] = {(0,) * x.ndim}
    users = program.uses()
    found: set[Value] = set()
    for node in reversed(program.nodes):
        if node in reasons:
            for x in node.inputs:
                if isinstance(x, Value):
                    places[x] = {(0,) * x.ndim}
            continue
        (y,) = node.outputs
        here = places.get(y, set())
        if (len(here) - 1) * costs[y] > worth and not is_move(node):
            found.add(y)
            here = {(0,) * y.ndim}
        for x in dict.fromkeys(node.inputs):
            if isinstance(x, Value) and users[x]:
                into = places.setdefault(x, set())
                for k, other in enumerate(node.inputs):
                    if other is x and len(into) < MOST:
                        into.update(shifted(node, k, shift) for shift in here)
    return found


def costs_of(program: Program, reasons: dict[Node, str]) -> dict[Value, float]:
    """What an element of each value costs, from inputs and results of calls on."""
    costs: dict[Value, float] = {}
    for node in program.nodes:
        for y in node.outputs:
            own = 0.0 if is_move(node) else cost_of(node.op.name)
            before = sum(costs.get(x, 0.0) for x in dict.fromkeys(node.inputs) if isinstance(x, Value))
            costs[y] = 0.0 if node in reasons else min(own + before, 1e9)
    return costs


def shifted(node: Node, k: int, shift: Shift) -> Shift:
    """Where argument k is read for an element of the result."""
    x, y, name = node.inputs[k], node.outputs[0], node.op.name
    assert isinstance(x, Value)
    if node.op.family == "elementwise":
        if x.shape == y.shape:
            return shift
        missing = y.ndim - x.ndim
        return tuple(0 if n == 1 else s for n, s in zip(x.shape, shift[missing:], strict=True))
    if name in ("getitem", "scatter", "setitem", "add_at"):
        index = node.keywords["index"]
        if name in ("setitem", "add_at") and k == 0:
            return shift
        if is_basic(index):
            parts = basic_parts(index, x.shape if name == "getitem" else y.shape)
            if all(step == 1 for _, _, step, _ in parts):
                return sliced(parts, shift, x.ndim) if name == "getitem" else put(parts, shift)
    if name == "concatenate":
        axis = node.keywords["axis"] % y.ndim
        before = sum(v.shape[axis] for v in node.inputs[:k] if isinstance(v, Value))
        return (*shift[:axis], plus(shift[axis], -before), *shift[axis + 1 :])
    if name in REDUCTIONS and x.size == y.size:
        return (0,) * x.ndim if x.size == 1 else ((name, shift),) * max(x.ndim, 1)
    return ((node.op.name, repr(node.keywords)[:80], shift),) * max(x.ndim, 1)


def sliced(parts: list[Any], shift: Shift, ndim: int) -> Shift:
    """Where a slice is read."""
    found: list[Any] = [0] * ndim
    places = iter(shift)
    for axis, start, _, count in parts:
        if axis is None:
            next(places, 0)
        else:
            found[axis] = plus(next(places, 0), start) if count is not None else ("at", start)
    return tuple(found)


def put(parts: list[Any], shift: Shift) -> Shift:
    """Where the element that lies at a place is read."""
    found: list[Any] = []
    for axis, start, _, count in parts:
        if axis is None:
            found.append(0)
        elif count is not None:
            found.append(plus(shift[axis], -start))
    return tuple(found)


def plus(shift: Any, by: int) -> Any:
    """A shift further; one that is no number stays what it is, and so do two of them apart."""
    return shift + by if isinstance(shift, int) else (*shift, by) if by else shift
