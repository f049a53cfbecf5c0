"""Kernels under the transforms: one operation, whose derivatives and batches are kernels, too."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import ShapeError, at_user_line
from ..dispatch.operation import operation
from ..engines.record import Rec
from ..engines.traced import Traced
from ..rules.registry import batch, rule
from ..transforms.compiled_calls import chosen, discrete, is_float, merged
from ..transforms.containers import flatten, unflatten
from .kinds import is_array
from .program import Program, leaf_kinds
from .units.directions import by_units, summed


class Call:
    """One call of a program: its arguments without those that are arguments of the operation, and where these belong.

    arguments: a tuple of leaves and of tuples of leaves. result: the structure of what came out, once it is known.
    """

    __slots__ = ("program", "leaves", "places", "shape", "result")

    def __init__(self, program: Program, arguments: Any) -> None:
        self.program = program
        self.leaves, self.shape = flatten(arguments)
        self.places = tuple(k for k, x in enumerate(self.leaves) if is_argument(x))
        self.result: Any = None

    def run(self) -> Any:
        """The call as an operation: its result, traced where arguments are."""
        arrays = tuple(self.leaves[k] for k in self.places)
        for k in self.places:
            self.leaves[k] = None
        found = kernel_call(arrays, call=self)
        return unflatten(self.result, [discrete(y) for y in found])

    def all_leaves(self, arrays: Any) -> list[Any]:
        """Every leaf of the arguments."""
        leaves = list(self.leaves)
        for k, x in zip(self.places, arrays, strict=True):
            leaves[k] = x
        return leaves

    def flags(self, given: Any) -> tuple[bool, ...]:
        """Flags of the operation's arguments as flags of the leaves."""
        found = [False] * len(self.leaves)
        for k, flag in zip(self.places, given, strict=True):
            found[k] = bool(flag)
        return tuple(found)

    def argument_kinds(self, leaves: list[Any]) -> tuple[str, ...]:
        """The kinds of the arguments, as far as derived programs depend on them."""
        return tuple(map(kind_text, unflatten(self.shape, list(leaf_kinds(leaves)))))


def kind_text(tree: Any) -> str:
    """The kind of an argument of the kinds of its leaves."""
    return f"({','.join(map(kind_text, tree))})" if isinstance(tree, tuple) else tree


def is_argument(x: Any) -> bool:
    """Whether a leaf is an argument of the operation: numbers that have no derivative are not."""
    return isinstance(x, (Traced, Rec, float, complex, np.ndarray, np.inexact))


@operation(variadic=True, family="kernels")
def kernel_call(arrays: Any, *, call: Any = None) -> Any:
    """The leaves of a kernel's result."""


def run(arrays: Any, *, call: Any) -> tuple[Any, ...]:
    """The leaves of the result of a call that nothing traces any more."""
    found, call.result = flatten(call.program(*unflatten(call.shape, call.all_leaves(arrays))))
    return tuple(found)


kernel_call.decompose(run)


def call_leaves(program: Program, leaves: Any) -> tuple[Any, ...]:
    """The leaves of the result of a derived program, whose arguments are leaves."""
    return tuple(flatten(Call(program, tuple(leaves)).run())[0])


@rule(kernel_call).jvp
def kernel_call_jvp(y, tangents, arrays, *, call):
    leaves, found = call.all_leaves(arrays), None
    for one, directions in by_units(tangents):
        flags = tuple(dx is not None and is_float(x) for dx, x in zip(directions, arrays, strict=True))
        program = call.program.tangent(call.argument_kinds(leaves), call.flags(flags))
        found = summed(found, call_leaves(program, (*leaves, *chosen(directions, flags))), one)
    assert found is not None
    return tuple(dy if is_float(v) else no_tangent(v) for v, dy in zip(y, found, strict=True))


def no_tangent(v: Any) -> Any:
    """The tangent of an output that has none."""
    return ops.zeros_like(ops.multiply(v, 1.0))


@rule(kernel_call).vjp
def kernel_call_vjp(y, arrays, *, needs, call):
    needed = tuple(need and is_float(x) for need, x in zip(needs, arrays, strict=True))
    floats = tuple(map(is_float, y))
    leaves = call.all_leaves(arrays)
    values = tuple(arrays)
    result = kind_text(unflatten(call.result, list(leaf_kinds(y))))

    def kernel_call_pullback(ct):
        active, total = call.flags(needed), None
        program = call.program.pull(call.argument_kinds(leaves), active, result)
        for one, part in by_units(chosen(ct, floats)):
            # zeros stand for the results whose cotangents have other units
            cotangents = [ops.zeros_like(v) if c is None else c for c, v in zip(part, chosen(y, floats), strict=True)]
            if program is not None:
                found = call_leaves(program, (*leaves, *map(of_kind, cotangents, chosen(leaf_kinds(y), floats))))
            else:
                found = by_columns(call, leaves, active, floats, cotangents)
            total = summed(total, found, one)
        assert total is not None
        return merged((None,) * len(values), total, needed)

    return kernel_call_pullback


def by_columns(call: Call, leaves: list[Any], active: tuple[bool, ...], floats: tuple[bool, ...], ct: Any) -> list[Any]:
    """The cotangents of the active leaves, by the columns of the derivative."""
    arguments = call.argument_kinds(leaves)
    shapes = [ops.shape(x) for x in chosen(leaves, active)]
    sizes = [int(np.prod(s, dtype=int)) for s in shapes]
    count, start, directions = sum(sizes), 0, []
    for x, shape, size in zip(chosen(leaves, active), shapes, sizes, strict=True):
        unit = np.zeros((count, size), dtype=np.dtype(ops.dtype(x)))
        unit[start : start + size] = np.eye(size)
        directions.append(unit.reshape(count, *shape))
        start += size
    if not count:
        return [ops.zeros_like(x) for x in chosen(leaves, active)]
    program = call.program.columns(arguments, active, count)
    columns = tuple(chosen(call_leaves(program, (*leaves, *directions)), floats))
    total = None
    for column, c in zip(columns, ct, strict=True):
        rows, flat = ops.reshape(column, shape=(count, -1)), ops.reshape(as_array(c), shape=(-1,))
        term = ops.matmul(rows, flat)
        total = term if total is None else ops.add(total, term)
    assert total is not None
    found, start = [], 0
    for shape, size in zip(shapes, sizes, strict=True):
        found.append(ops.reshape(total[start : start + size], shape=shape))
        start += size
    return found


def of_kind(ct: Any, kind: str) -> Any:
    """A cotangent held as its output is: a number of Python's, or an array."""
    if isinstance(ct, (Traced, Rec)):
        return ct
    return np.asarray(ct, dtype=kind[0]) if is_array(kind) else np.dtype(kind).type(ct)


def as_array(c: Any) -> Any:
    """A number as an array without dimensions."""
    return np.asarray(c) if not isinstance(c, (Traced, Rec)) else c


@batch(kernel_call)
def kernel_call_batch(arrays, batched, size, *, call):
    if not size:
        raise ShapeError(f"A kernel was called for each element of a batch of size 0{at_user_line()}: its result has "
                         "no shape then. Leave out empty batches.")  # fmt: skip
    flags = call.flags(batched)
    leaves = call.all_leaves(arrays)
    made = call.program.of_tangents(flags, size)
    if made is not None:
        inner = Call(made, tuple(leaves))
        found = tuple(flatten(inner.run())[0])
        call.result = inner.result
        return found
    elements = [element_like(x) if flag else x for x, flag in zip(leaves, flags, strict=True)]
    program = call.program.loop(call.argument_kinds(elements), flags)
    inner = Call(program, (*leaves, int(size)))
    found = tuple(flatten(inner.run())[0])
    call.result = inner.result
    return found


def element_like(x: Any) -> Any:
    """Something of the kind of one element of a batch."""
    shape, dtype = ops.shape(x)[1:], np.dtype(ops.dtype(x))
    return np.empty(shape, dtype) if shape else dtype.type(0)
