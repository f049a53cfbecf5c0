"""Operations that move elements: where in its argument each element of the result lies, as forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...ops.axes import axes_of, axis_of, moved_axes
from ...ops.index import is_basic, parts_of
from ..graph import Node
from .forms import ZERO, NotAffine, Position, broadcast, by_axes, flattened, number, settled

Move = Callable[[Node, Position], Position]


def shapes(node: Node) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shape of the result and that of the (first) argument."""
    return node.outputs[0].shape, getattr(node.inputs[0], "shape", ())


def reshaped(node: Node, position: Position) -> Position:
    """The same offset; where it may be outside, the same place on the axes that are not of size 1."""
    shape, source = shapes(node)
    if type(position) is not tuple:
        return position
    long = [(p, n) for p, n in zip(position, shape, strict=True) if n != 1]
    if [n for _, n in long] != [n for n in source if n != 1]:
        raise NotAffine("a reshape of what may be outside")
    if any(not p.within(1) for p, n in zip(position, shape, strict=True) if n == 1):
        raise NotAffine("outside of an axis of size 1")
    places = iter(p for p, _ in long)
    return settled(tuple(ZERO if n == 1 else next(places) for n in source), source)


def permuted(axes: tuple[int, ...], node: Node, position: Position) -> Position:
    """Axis k of the result is axis axes[k] of the argument; axes that stay neighbours are taken as one."""
    shape, source = shapes(node)
    if [a for a in axes if source[a] != 1] == sorted(a for a in axes if source[a] != 1):
        return reshaped(node, position)
    if type(position) is tuple:
        found = [ZERO] * len(source)
        for k, a in enumerate(axes):
            found[a] = position[k]
        return settled(tuple(found), source)
    runs: list[list[int]] = []
    for a in axes:
        if source[a] == 1:
            continue
        between = range(runs[-1][-1] + 1, a) if runs and runs[-1][-1] < a else None
        if between is not None and all(source[k] == 1 for k in between):
            runs[-1].append(a)
        else:
            runs.append([a])
    sizes = []
    for run in runs:
        size = 1
        for a in run:
            size *= source[a]
        sizes.append(size)
    places = by_axes(position, tuple(sizes))
    order = sorted(range(len(runs)), key=lambda k: runs[k][0])
    return flattened(tuple(places[k] for k in order), tuple(sizes[k] for k in order))


def transposed(node: Node, position: Position) -> Position:
    """transpose, in any of its spellings."""
    ndim = len(shapes(node)[1])
    axes = node.keywords.get("axes")
    order = tuple(range(ndim))[::-1] if axes is None else tuple(axis_of(a, ndim) for a in axes)
    return permuted(order, node, position)


def matrix_transposed(node: Node, position: Position) -> Position:
    ndim = len(shapes(node)[1])
    return permuted((*range(ndim - 2), ndim - 1, ndim - 2), node, position)


def swapped(node: Node, position: Position) -> Position:
    ndim = len(shapes(node)[1])
    order = list(range(ndim))
    a, b = axis_of(node.keywords["axis1"], ndim), axis_of(node.keywords["axis2"], ndim)
    order[a], order[b] = b, a
    return permuted(tuple(order), node, position)


def axes_moved(node: Node, position: Position) -> Position:
    ndim = len(shapes(node)[1])
    return permuted(moved_axes(node.keywords["source"], node.keywords["destination"], ndim), node, position)


def stretched(node: Node, position: Position) -> Position:
    shape, source = shapes(node)
    return broadcast(position, shape, source)


def flipped(node: Node, position: Position) -> Position:
    shape, _ = shapes(node)
    axes = axes_of(node.keywords["axis"], len(shape))
    places = by_axes(position, shape)
    return settled(
        tuple(
            number(n - 1).plus(p, -1) if k in axes else p for k, (p, n) in enumerate(zip(places, shape, strict=True))
        ),
        shape,
    )


def basic_parts(index: Any, shape: tuple[int, ...]) -> list[tuple[int | None, int, int, int | None]]:
    """What a basic index does, part by part: (axis, start, step, count).

    axis: None for a new one; count: None for an integer.
    """
    parts = list(parts_of(index))
    named = sum(p is not None and p is not Ellipsis for p in parts)
    if Ellipsis not in parts:
        parts.append(Ellipsis)
    found: list[tuple[int | None, int, int, int | None]] = []
    axis = 0
    for part in parts:
        if part is None:
            found.append((None, 0, 1, 1))
        elif part is Ellipsis:
            for _ in range(len(shape) - named):
                found.append((axis, 0, 1, shape[axis]))
                axis += 1
        elif isinstance(part, slice):
            chosen = range(*part.indices(shape[axis]))
            found.append((axis, chosen.start, chosen.step, len(chosen)))
            axis += 1
        else:
            at = int(part)
            found.append((axis, at + shape[axis] if at < 0 else at, 1, None))
            axis += 1
    return found


def picked(node: Node, position: Position) -> Position:
    """A basic index."""
    shape, source = shapes(node)
    places = iter(by_axes(position, shape))
    found = [ZERO] * len(source)
    for axis, start, step, count in basic_parts(node.keywords["index"], source):
        if axis is None:
            next(places)
        elif count is not None:
            found[axis] = next(places).times(step).plus(start)
        else:
            found[axis] = number(start)
    return settled(tuple(found), source)


def on_diagonal(node: Node, position: Position) -> Position:
    """diagonal: the last axis of the result runs along two axes of the argument."""
    shape, source = shapes(node)
    ndim, offset = len(source), node.keywords["offset"]
    a, b = axis_of(node.keywords["axis1"], ndim), axis_of(node.keywords["axis2"], ndim)
    places = by_axes(position, shape)
    others = iter(places[:-1])
    found = [ZERO if k in (a, b) else next(others) for k in range(ndim)]
    found[a], found[b] = places[-1].plus(max(-offset, 0)), places[-1].plus(max(offset, 0))
    return settled(tuple(found), source)


#: The operations whose result holds elements of their argument and nothing else.
MOVES: dict[str, Move] = {
    "reshape": reshaped,
    "ravel": reshaped,
    "squeeze": reshaped,
    "expand_dims": reshaped,
    "atleast_1d": reshaped,
    "atleast_2d": reshaped,
    "transpose": transposed,
    "matrix_transpose": matrix_transposed,
    "swapaxes": swapped,
    "moveaxis": axes_moved,
    "broadcast_to": stretched,
    "flip": flipped,
    "getitem": picked,
    "diagonal": on_diagonal,
    # numbers that are held in another way
    "python_number": reshaped,
    "numpy_number": reshaped,
    "array_of_number": reshaped,
}


def is_move(node: Node) -> bool:
    """Whether a node only moves elements, in a way that forms can say."""
    if node.op.name not in MOVES or node.keywords.get("order", "C") != "C":
        return False
    return node.op.name != "getitem" or is_basic(node.keywords["index"])
