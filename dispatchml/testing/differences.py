"""Derivatives by differences, over real coordinates: complex numbers are pairs, several outputs one long vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops

Vector = np.ndarray[Any, np.dtype[np.float64]]

#: Powers of two, so that x + h and x - h are exact; each is refined by the next.
STEPS = tuple(2.0**-k for k in (6, 8, 10, 12, 14))


def is_differentiable(x: Any) -> bool:
    """Whether a value has floating-point or complex numbers in it."""
    return not isinstance(x, (str, bytes, bool)) and ops.dtype(x).kind in "fc"


def leaves_of(values: Any) -> tuple[Any, ...]:
    """The differentiable ones among one or several values."""
    values = values if isinstance(values, (tuple, list)) else (values,)
    return tuple(x for x in values if is_differentiable(x))


def to_vector(values: Any) -> Vector:
    """The real coordinates of one or several values."""
    parts = []
    for x in leaves_of(values):
        flat = np.asarray(x).reshape(-1)
        flat = flat.astype(np.complex128).view(np.float64) if flat.dtype.kind == "c" else flat.astype(np.float64)
        parts.append(flat)
    return np.concatenate(parts) if parts else np.zeros(0)


def from_vector(vector: Vector, like: Any) -> Any:
    """The value like another one that has these real coordinates."""
    dtype, shape = ops.dtype(like), ops.shape(like)
    flat = np.array(vector).view(np.complex128) if dtype.kind == "c" else np.array(vector)
    made = flat.astype(dtype).reshape(shape)
    if isinstance(like, np.ndarray):
        return made
    return made[()] if isinstance(like, np.generic) else made.item()


def coordinates(x: Any) -> int:
    """How many real coordinates a value has."""
    return ops.size(x) * (2 if ops.dtype(x).kind == "c" else 1)


def position(k: int, values: Any) -> tuple[int, tuple[int, ...], str]:
    """Which leaf, which index in it and which part a real coordinate belongs to."""
    for number, x in enumerate(leaves_of(values)):
        count = coordinates(x)
        if k < count:
            is_complex = ops.dtype(x).kind == "c"
            flat = k // 2 if is_complex else k
            index = tuple(int(i) for i in np.unravel_index(flat, ops.shape(x))) if ops.shape(x) else ()
            return number, index, (("real part", "imaginary part")[k % 2] if is_complex else "")
        k -= count
    raise IndexError("no such coordinate")


def derivative_along(function: Callable[[Vector], Vector], x: Vector, direction: Vector) -> tuple[Vector, Vector]:
    """The derivative of a function of vectors in one direction, and an estimate of its error.

    Five-point central differences at a falling sequence of steps; for each component the pair of neighbours that agree
    best is taken (after Ridders), so a step that leaves the domain, or rounding at a small one, does no harm.
    """
    estimates = []
    for step in STEPS:
        values = [function(x + k * step * direction) for k in (1, -1, 2, -2)]
        estimates.append((8 * (values[0] - values[1]) - (values[2] - values[3])) / (12 * step))
    stack = np.array(estimates)
    changes = np.abs(np.diff(stack, axis=0))
    changes[~np.isfinite(changes)] = np.inf
    best = np.argmin(changes, axis=0)
    chosen = np.take_along_axis(stack[1:], best[None], axis=0)[0]
    return chosen, np.take_along_axis(changes, best[None], axis=0)[0]


def jacobian_of(function: Callable[[Vector], Vector], x: Vector) -> tuple[Vector, Vector]:
    """The matrix of derivatives (outputs by inputs) of a function of vectors, and an estimate of its error."""
    columns = []
    with np.errstate(all="ignore"):
        for k in range(x.size):
            direction = np.zeros(x.size)
            direction[k] = max(1.0, abs(x[k]))
            slope, error = derivative_along(function, x, direction)
            columns.append((slope / direction[k], error / direction[k]))
        if not columns:
            empty = np.zeros((function(x).size, 0))
            return empty, empty
    return np.stack([c[0] for c in columns], axis=1), np.stack([c[1] for c in columns], axis=1)
