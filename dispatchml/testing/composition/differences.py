"""Derivatives of plain functions by central differences of order eight, on floats and on exact numbers.

The differences are exact for polynomials up to degree eight, so with Fractions they are exact values.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

Function = Callable[[Any], Any]

STEP = Fraction(1, 128)
#: Offsets and weights of the first derivative (B. Fornberg, Mathematics of Computation 51, 1988, table 1).
WEIGHTS = {1: Fraction(4, 5), 2: Fraction(-1, 5), 3: Fraction(4, 105), 4: Fraction(-1, 280)}


def exact(x: Any) -> bool:
    """Whether an array holds Python objects such as Fractions."""
    return np.asarray(x).dtype == object


def along(function: Function, x: Any, direction: Any) -> Any:
    """The derivative of function(x + t direction) in the real number t at 0."""
    convert = (lambda q: q) if exact(x) else float
    total = 0
    for k, weight in WEIGHTS.items():
        reach = direction * convert(k * STEP)
        total = total + (function(x + reach) - function(x - reach)) * convert(weight / STEP)
    return total


def basis(x: Any) -> list[Any]:
    """The unit vectors of an array's shape, in C order."""
    directions = []
    for k in range(np.size(x)):
        flat = np.zeros(np.size(x), int).astype(np.asarray(x).dtype)
        flat[k] = Fraction(1) if exact(x) else 1
        directions.append(flat.reshape(np.shape(x)))
    return directions


def jacobian(function: Function) -> Function:
    """The function of all partial derivatives: shape of the output, then shape of x."""

    def derived(x: Any) -> Any:
        columns = [np.asarray(along(function, x, e)) for e in basis(x)]
        return np.stack(columns, axis=-1).reshape(columns[0].shape + np.shape(x))

    return derived


def gradient(function: Function) -> Function:
    """The steepest ascent of a real function: df/dx + i df/dy where x is complex."""

    def derived(x: Any) -> Any:
        slopes = jacobian(function)(x)
        if np.iscomplexobj(x):
            upward = [np.asarray(along(function, x, 1j * e)) for e in basis(x)]
            slopes = slopes + 1j * np.stack(upward, axis=-1).reshape(np.shape(x))
        return slopes

    return derived


def directional(function: Function, direction: Any) -> Function:
    """The function of the derivative in a direction."""
    return lambda x: np.asarray(along(function, x, direction))
