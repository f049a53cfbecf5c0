"""Indices of whole numbers and masks that are part of a program, as positions that loops read.

Elements are picked by `take` along the axes that the index is about, taken as one. What is put somewhere is the same
the other way round: for each element of the result it is known which element was put there last, if any.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ... import ops
from ...ops.index import INTEGERS, is_basic, is_injective, parts_of, positions
from ..graph import Literal, Node, Operand, Value
from .rewriting import Rewriting

#: So many positions are always written down; more, where the index itself is hardly shorter.
FEW, SHARE = 1 << 12, 4


class Places(NamedTuple):
    """Where an index lies: between `before` and `behind` elements, at `there` of `size` positions."""

    before: int
    size: int
    behind: int
    there: np.ndarray[Any, np.dtype[np.int64]]

    @property
    def shape(self) -> tuple[int, int, int]:
        """That of the array of which the index is, with the axes that the index is about as one."""
        return self.before, self.size, self.behind

    @property
    def picked(self) -> tuple[int, int, int]:
        """The same of what the index picks."""
        return self.before, self.there.size, self.behind


def places_of(index: Any, shape: tuple[int, ...]) -> Places | None:
    """What an index means for an array of a shape; None for basic ones, and where it would take too long to write."""
    if is_basic(index):
        return None
    parts = list(parts_of(index))
    if not all(part is None or part is Ellipsis or isinstance(part, (slice, *INTEGERS, np.ndarray)) for part in parts):
        return None
    named = sum(axes_named(part) for part in parts)
    if Ellipsis not in [part for part in parts if not isinstance(part, np.ndarray)]:
        parts.append(Ellipsis)
    whole: list[Any] = []
    for part in parts:
        whole += [slice(None)] * (len(shape) - named) if part is Ellipsis else [part]
    arrays = [k for k, part in enumerate(whole) if isinstance(part, (*INTEGERS, np.ndarray))]
    first, last = 0, len(whole)
    if arrays[-1] - arrays[0] == len(arrays) - 1:  # else what they broadcast to comes first
        while is_full(whole[first]):
            first += 1
    while is_full(whole[last - 1]):
        last -= 1
    start = sum(map(axes_named, whole[:first]))
    stop = len(shape) - sum(map(axes_named, whole[last:]))
    long = sum(part.size for part in whole if isinstance(part, np.ndarray))
    if math.prod(shape[start:stop]) > max(FEW, SHARE * long):
        return None
    there = np.asarray(positions(tuple(whole[first:last]), shape[start:stop]), np.int64)
    return Places(math.prod(shape[:start]), math.prod(shape[start:stop]), math.prod(shape[stop:]), there.reshape(-1))


def is_full(part: Any) -> bool:
    """Whether a part of an index is `:`."""
    return isinstance(part, slice) and part == slice(None)


def axes_named(part: Any) -> int:
    """How many axes of the array a part of an index is about."""
    if isinstance(part, np.ndarray) and part.dtype.kind == "b":
        return part.ndim
    return 0 if part is None or part is Ellipsis else 1


def fitting(node: Node) -> Places | None:
    """The places of a node's index, where all of its arrays have elements and kernels know them."""
    y = node.outputs[0]
    x = node.inputs[0] if node.op.name == "getitem" else y
    if not isinstance(x, Value) or y.form != "array":
        return None
    values = [y, *(v for v in node.inputs if isinstance(v, Value))]
    if not all(v.size and v.dtype.kind in "biufc" for v in values):
        return None
    places = places_of(node.keywords["index"], x.shape)
    return places if places is not None and places.there.size else None


def getitem(work: Rewriting, node: Node) -> Operand | None:
    """x[index], picked along one axis."""
    x, y, places = node.inputs[0], node.outputs[0], fitting(node)
    if places is None or not isinstance(x, Value):
        return None
    return reshaped(work, taken(work, x, places.shape, places.there, node.line), y.shape, node.line)


def taken(work: Rewriting, x: Value, shape: tuple[int, int, int], there: np.ndarray[Any, Any], line: str) -> Value:
    """The elements of an array of a shape at positions along its middle axis."""
    kind = np.int32 if shape[1] < 1 << 31 else np.int64
    indices = work.constant(there.astype(kind))
    found = work.value(x.dtype, (shape[0], there.size, shape[2]), "array")
    keywords = {"axis": 1, "mode": "clip"}
    work.add(Node(ops.take.info, (reshaped(work, x, shape, line), indices), keywords, (found,), line))
    return found


def reshaped(work: Rewriting, x: Value, shape: tuple[int, ...], line: str) -> Value:
    """The same elements in another shape."""
    return x if x.shape == shape else work.moved(ops.reshape, x, shape, line, shape=shape)


class Put(NamedTuple):
    """At which positions something is put, with axes of size 1 around; and what, in the shape of the result with the
    axes of the index as one, or as one number.
    """

    where: Value
    what: Operand


def put(work: Rewriting, node: Node, value: Operand, places: Places, dtype: np.dtype[Any]) -> Put:
    """What an assignment leaves at each position, in a dtype: the last of several at one."""
    inverse = np.zeros(places.size, np.int64)
    inverse[places.there] = np.arange(places.there.size)
    touched = np.zeros((1, places.size, 1), bool)
    touched[0, places.there, 0] = True
    where = work.constant(touched)
    if isinstance(value, Literal):
        return Put(where, Literal(np.asarray(value.value).astype(dtype)[()]))
    if value.dtype != dtype:
        value = work.apply(ops.astype, value, line=node.line, dtype=dtype)
    if value.size == 1:
        return Put(where, reshaped(work, value, (1, 1, 1), node.line))
    shape = np.broadcast_to(np.int8(0), node.outputs[0].shape)[node.keywords["index"]].shape
    if value.shape != shape:
        if value.ndim > len(shape):
            value = reshaped(work, value, value.shape[value.ndim - len(shape) :], node.line)
        value = work.moved(ops.broadcast_to, value, shape, node.line, shape=shape)
    value = reshaped(work, value, places.picked, node.line)
    return Put(where, taken(work, value, places.picked, inverse, node.line))


def setitem(work: Rewriting, node: Node) -> Operand | None:
    """x with x[index] = value done."""
    (x, value), y, places = node.inputs, node.outputs[0], fitting(node)
    if places is None or not isinstance(x, Value) or x.shape != y.shape or x.dtype != y.dtype:
        return None
    if isinstance(value, Value) and value.dtype != y.dtype and "b" in (value.dtype.kind, y.dtype.kind):
        return None
    where, what = put(work, node, value, places, y.dtype)
    found = work.apply(ops.where, where, what, reshaped(work, x, places.shape, node.line), line=node.line)
    return reshaped(work, found, y.shape, node.line)


def is_once(index: Any, places: Places) -> bool:
    """Whether no position is named twice."""
    return is_injective(index) or np.bincount(places.there).max() == 1


def add_at(work: Rewriting, node: Node) -> Operand | None:
    """x with value added at [index], each position once."""
    (x, value), y, places = node.inputs, node.outputs[0], fitting(node)
    if places is None or not isinstance(x, Value) or y.dtype.kind == "b" or not is_once(node.keywords["index"], places):
        return None
    if not isinstance(value, Value) or not x.dtype == value.dtype == y.dtype or x.shape != y.shape:
        return None
    where, what = put(work, node, value, places, y.dtype)
    before = reshaped(work, x, places.shape, node.line)
    total = work.apply(ops.add, before, what, line=node.line)
    return reshaped(work, work.apply(ops.where, where, total, before, line=node.line), y.shape, node.line)


def scatter(work: Rewriting, node: Node) -> Operand | None:
    """Zeros with value added at [index]; what is added where is known, unless a position is named twice."""
    value, y, places = node.inputs[0], node.outputs[0], fitting(node)
    if places is None or not isinstance(value, Value) or y.dtype.kind == "b" or value.dtype != y.dtype:
        return None
    index, line = node.keywords["index"], node.line
    if is_once(index, places):
        where, what = put(work, node, value, places, y.dtype)
        zero = Literal(y.dtype.type(0))
        if not is_injective(index):  # a sum of -0.0 alone is 0.0
            what = work.apply(ops.add, what, zero, line=line)
        return reshaped(work, work.apply(ops.where, where, what, zero, line=line), y.shape, line)
    if y.dtype.kind == "c" or value.size != math.prod(places.picked):
        return None
    found = work.value(y.dtype, places.shape, "array")
    keywords = {"shape": places.shape, "axis": 1, "mode": "clip"}
    given = reshaped(work, value, places.picked, line), work.constant(places.there)
    work.add(Node(ops.scatter_take.info, given, keywords, (found,), line))
    return reshaped(work, found, y.shape, line)


RULES = {"getitem": getitem, "setitem": setitem, "add_at": add_at, "scatter": scatter}
