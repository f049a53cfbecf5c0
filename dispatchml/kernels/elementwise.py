"""A kernel for each element of arrays: one operation, whose derivatives are the same for kernels of dual numbers.

Its arguments are vectors of one length; each derivative and each batch of it is a call of the same operation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..compile.device import LIBRARIES
from ..dispatch.operation import operation
from ..rules.registry import batch, rule
from ..transforms.compiled_calls import chosen, discrete, is_float
from ..transforms.containers import flatten
from . import kinds
from .calls import no_tangent
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
        return leaf_kinds([np.dtype(ops.dtype(x)).type(0) if flag else x for x, flag in every])

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
            partial = call.tangent(arrays, [j == k for j in range(len(arrays))])
            slopes = run(partial, [*arrays, ops.ones_like(x)])
            terms = [
                ops.strong_multiply(c, ops.conj(s) if ops.is_complex(s) else s)
                for c, s in zip(chosen(ct, floats), chosen(slopes, floats), strict=True)
            ]
            total = terms[0]
            for term in terms[1:]:
                total = ops.add(total, term)
            found.append(total)
        return tuple(found)

    return elementwise_call_pullback


@batch(elementwise_call)
def elementwise_call_batch(arrays, batched, size, *, call):
    length = next(ops.shape(x)[1] if flag else ops.shape(x)[0] for x, flag in zip(arrays, batched, strict=True))
    flat = [
        ops.reshape(x if flag else ops.broadcast_to(x, shape=(size, length)), shape=(-1,))
        for x, flag in zip(arrays, batched, strict=True)
    ]
    return tuple(ops.reshape(y, shape=(size, length)) for y in elementwise_call(tuple(flat), call=call))
