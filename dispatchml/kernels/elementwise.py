"""A kernel for each element of arrays: one operation, whose derivatives are the same for kernels of dual numbers.

Its arguments are vectors of one length, on a device also of rows; each derivative and each batch of it is a call of
the same operation.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from ..compile.device import LIBRARIES
from ..dispatch.operation import operation
from ..ops.placement import beside
from ..rules.registry import batch, rule
from ..transforms.compiled_calls import chosen, discrete, is_float
from ..transforms.containers import flatten
from . import kinds
from .calls import element_like, no_tangent
from .errors import KernelError
from .program import Program, leaf_kinds


class Call:
    """A function of numbers, and which of its arguments are vectors. leaves: the others. is_single: whether its result
    is one number, once that is known.
    """

    __slots__ = ("program", "leaves", "flags", "is_single")

    def __init__(self, program: Program, leaves: list[Any], flags: list[bool]) -> None:
        self.program, self.leaves, self.flags = program, leaves, flags
        self.is_single = True

    def every(self, arrays: Any) -> list[Any]:
        """All arguments."""
        rest = iter(arrays)
        return [next(rest) if flag else x for x, flag in zip(self.leaves, self.flags, strict=True)]

    def elements(self, arrays: Any) -> tuple[str, ...]:
        """The kinds of the numbers that the function gets."""
        every = zip(self.every(arrays), self.flags, strict=True)
        return leaf_kinds([element_like(x) if flag else x for x, flag in every])

    def tangent(self, arrays: Any, active: list[bool]) -> Call:
        """The function's tangent along the active vectors."""
        rest = iter(active)
        flags = tuple(flag and next(rest) for flag in self.flags)
        program = self.program.tangent(self.elements(arrays), flags)
        more = sum(flags)
        return Call(program, [*self.leaves, *(None for _ in range(more))], [*self.flags, *(True for _ in range(more))])


def run(call: Call, arrays: Any) -> list[Any]:
    """The results, vectors as the arguments are."""
    return [discrete(y) for y in elementwise_call(tuple(arrays), call=call)]


@operation(variadic=True, family="kernels")
def elementwise_call(arrays: Any, *, call: Any = None) -> Any:
    """The results of a function of numbers for vectors of arguments."""


@elementwise_call.decompose
def on_vectors(arrays: Any, *, call: Any) -> tuple[Any, ...]:
    if any(type(x) in LIBRARIES for x in arrays):
        from .devices import on_device

        return on_device(list(arrays), call)
    arrays = [np.ascontiguousarray(x) for x in arrays]
    elements, size = call.elements(arrays), len(arrays[0])
    if size:
        found = call.program.loop(elements, tuple(call.flags))(*call.every(arrays), size)
    else:
        found = nothing(call.program.code(elements).result)
    call.is_single = not isinstance(found, tuple)
    return tuple(flatten(found)[0])


def nothing(kind: str) -> Any:
    """No results of a kind."""
    if kinds.is_tuple(kind):
        return tuple(map(nothing, kinds.elements(kind)))
    return np.zeros(0, np.dtype(kind))


@rule(elementwise_call).jvp
def elementwise_call_jvp(y, tangents, arrays, *, call):
    active = [dx is not None and is_float(x) for dx, x in zip(tangents, arrays, strict=True)]
    found = run(call.tangent(arrays, active), [*arrays, *chosen(tangents, active)])
    return tuple(dy if is_float(v) else no_tangent(v) for v, dy in zip(y, found, strict=True))


@rule(elementwise_call).vjp
def elementwise_call_vjp(y, arrays, *, needs, call):
    floats = tuple(map(is_float, y))
    arrays = tuple(arrays)

    def elementwise_call_pullback(ct):
        found: list[Any] = []
        for k, (need, x) in enumerate(zip(needs, arrays, strict=True)):
            if not need or not is_float(x):
                found.append(None)
                continue
            try:
                columns = pulled(call, arrays, k, [j == k for j in range(len(arrays))], ct, floats)
            except KernelError:  # a variable that is active only later has two types there, and one where all are
                if len(arrays) == 1:
                    raise
                columns = pulled(call, arrays, k, list(map(is_float, arrays)), ct, floats)
            if ops.ndim(x) == 1:
                found += columns
            else:
                found.append(ops.reshape(ops.stack(tuple(columns), axis=-1), shape=ops.shape(x)))
        return tuple(found)

    return elementwise_call_pullback


def pulled(call: Call, arrays: Any, k: int, active: list[bool], ct: Any, floats: tuple[bool, ...]) -> list[Any]:
    """The cotangents along the directions of an argument, of a tangent by the active ones."""
    partial, found = call.tangent(arrays, active), []
    for along in directions(arrays[k]):
        tangents = [along if j == k else ops.zeros_like(x) for j, x in enumerate(arrays) if active[j]]
        slopes, total = run(partial, [*arrays, *tangents]), None
        for c, s in zip(chosen(ct, floats), chosen(slopes, floats), strict=True):
            term = ops.strong_multiply(c, ops.conj(s) if ops.is_complex(s) else s)
            total = term if total is None else ops.add(total, term)
        found.append(total)
    return found


def directions(x: Any) -> Any:
    """Ones, of vectors; of rows one vector of the basis after the other."""
    if ops.ndim(x) == 1:
        yield ops.ones_like(x)
        return
    shape = ops.shape(x)[1:]
    for k in range(math.prod(shape)):
        unit = np.zeros(shape, ops.dtype(x))
        unit.flat[k] = 1
        yield ops.add(ops.zeros_like(x), beside(unit, x))


@batch(elementwise_call)
def elementwise_call_batch(arrays, batched, size, *, call):
    length = next(ops.shape(x)[1] if flag else ops.shape(x)[0] for x, flag in zip(arrays, batched, strict=True))
    flat = []
    for x, flag in zip(arrays, batched, strict=True):
        row = ops.shape(x)[1 + flag :]
        whole = x if flag else ops.broadcast_to(x, shape=(size, length, *row))
        flat.append(ops.reshape(whole, shape=(size * length, *row)))
    return tuple(ops.reshape(y, shape=(size, length)) for y in elementwise_call(tuple(flat), call=call))
