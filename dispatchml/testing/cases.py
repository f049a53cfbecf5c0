"""One operation with one set of arguments, as a function of the arguments that are differentiated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import jvp, ops, vjp
from .differences import Vector, coordinates, from_vector, is_differentiable, leaves_of, to_vector
from .reports import Subject


class Case:
    """An operation, its arguments and keywords, and which arguments are differentiated.

    before(*arguments) gives the arguments that the operation sees (to stay on symmetric matrices, say); after(*outputs)
    what is compared (where only a combination of the outputs is unique, such as the projector of an eigenvector).
    """

    __slots__ = ("op", "arguments", "keywords", "argnums", "before", "after", "subject")

    def __init__(
        self,
        op: Any,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        argnums: Any,
        before: Any,
        after: Any,
        subject: Subject,
    ) -> None:
        self.op, self.arguments, self.keywords = op, arguments, keywords
        self.argnums: tuple[int, ...] = tuple(argnums)
        self.before, self.after, self.subject = before, after, subject

    def of(self, arguments: tuple[Any, ...], argnums: Any = None) -> Case:
        """The same with other arguments, or with fewer of them differentiated."""
        chosen = self.argnums if argnums is None else tuple(argnums)
        return Case(self.op, arguments, self.keywords, chosen, self.before, self.after, self.subject)

    def subsets(self) -> Iterator[Case]:
        """Each differentiated argument alone, the others constant; then all of them together."""
        for k in self.argnums:
            yield self.of(self.arguments, (k,))
        if len(self.argnums) > 1:
            yield self

    def at(self, active: tuple[Any, ...]) -> Case:
        """The same at other differentiated arguments."""
        arguments = list(self.arguments)
        for k, x in zip(self.argnums, active, strict=True):
            arguments[k] = x
        return self.of(tuple(arguments))

    # ---- calls -----------------------------------------------------------------------------------------------------

    def call(self, *active: Any) -> Any:
        """The operation on these differentiated arguments and the constant others."""
        arguments = list(self.arguments)
        for k, x in zip(self.argnums, active, strict=True):
            arguments[k] = x
        if self.before is not None:
            mapped = self.before(*arguments)
            arguments = list(mapped) if isinstance(mapped, tuple) else [mapped]
        y = (
            self.op(tuple(arguments), **self.keywords)
            if self.op.info.variadic
            else self.op(*arguments, **self.keywords)
        )
        if self.after is None:
            return y
        return self.after(*y) if isinstance(y, tuple) else self.after(y)

    @property
    def active(self) -> tuple[Any, ...]:
        """The arguments that are differentiated."""
        return tuple(self.arguments[k] for k in self.argnums)

    def push(self, tangents: tuple[Any, ...]) -> tuple[Any, Any]:
        """Value and tangent by the forward rule."""
        return jvp(self.call, self.active, tangents)

    def pull(self, ct: Any) -> tuple[Any, ...]:
        """Cotangents by the reverse rule."""
        return vjp(self.call, *self.active)[1](ct)

    # ---- coordinates -----------------------------------------------------------------------------------------------

    def unpack(self, vector: Vector) -> tuple[Any, ...]:
        """Values for the differentiated arguments from real coordinates."""
        found, start = [], 0
        for x in self.active:
            stop = start + coordinates(x)
            found.append(from_vector(vector[start:stop], x))
            start = stop
        return tuple(found)

    def of_vector(self, vector: Vector) -> Vector:
        """The operation from real coordinates to real coordinates."""
        return to_vector(self.call(*self.unpack(vector)))


def differentiable_arguments(arguments: tuple[Any, ...]) -> tuple[int, ...]:
    """The positions of floating-point and complex arguments."""
    return tuple(k for k, x in enumerate(arguments) if is_differentiable(x))


def random_like(x: Any, seed: int) -> Any:
    """A value of the same kind with numbers away from zero, of both signs; zeros where x is not differentiable."""
    if isinstance(x, (tuple, list)):
        return tuple(random_like(v, seed + 10 * k) for k, v in enumerate(x))
    if not is_differentiable(x):
        return np.zeros_like(x)
    generator = np.random.default_rng(seed)
    vector = generator.uniform(0.5, 1.5, coordinates(x)) * generator.choice([-1.0, 1.0], coordinates(x))
    return from_vector(vector, x)


def zero_like(x: Any) -> Any:
    """Zeros of the same kind."""
    if isinstance(x, (tuple, list)):
        return tuple(map(zero_like, x))
    return from_vector(np.zeros(coordinates(x)), x) if is_differentiable(x) else np.zeros_like(x)


def matching_leaves(y: Any, dy: Any) -> tuple[Any, ...]:
    """The parts of a tangent (or cotangent) that belong to differentiable parts of a value."""
    if not isinstance(y, (tuple, list)):
        return (dy,) if is_differentiable(y) else ()
    return tuple(d for v, d in zip(y, dy, strict=True) if is_differentiable(v))


def check_kind(subject: Subject, what: str, y: Any, dy: Any) -> None:
    """A derivative has the shape and dtype of what it belongs to, and is Python's number where that is one."""
    for v, d in zip(leaves_of(y), matching_leaves(y, dy), strict=True):
        if ops.shape(v) != ops.shape(d) or ops.dtype(v) != ops.dtype(d):
            subject.fail(
                f"{what}: {ops.dtype(d)} of shape {ops.shape(d)} came for a {ops.dtype(v)} of shape {ops.shape(v)}"
            )
        if type(v) in (float, complex) and type(d) is not type(v):
            subject.fail(f"{what}: {type(d).__name__} came for Python's {type(v).__name__}")
