"""Divided differences of functions of one variable, also where points are equal or close.

f[x0] = f(x0); f[x0, ..., xk] = (f[x1, ..., xk] - f[x0, ..., x(k-1)]) / (xk - x0), at equal points
the k-th derivative over k!.
Points that lie close together are done by the Taylor series about their mean (de Boor, Divided differences, 2005).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

#: Terms of the series, and up to which spread of the points it is used, relative to the scale on which f varies.
TERMS = 16
CLOSE = 0.1


def power_derivative(p: float, order: int, x: Any) -> Any:
    """The derivative of x**p; a whole p >= 0 has exact zeros beyond its order."""
    factor = math.prod(p - k for k in range(order))
    return np.zeros_like(x) if factor == 0 else factor * np.power(x, x.dtype.type(p - order))


def log_derivative(order: int, x: Any) -> Any:
    """The derivative of log."""
    return np.log(x) if order == 0 else power_derivative(-1.0, order - 1, x)


#: f's derivative of an order at x, by name.
DERIVATIVES: dict[str, Callable[[int, Any], Any]] = {
    "exp": lambda order, x: np.exp(x),
    "log": log_derivative,
    "sqrt": lambda order, x: power_derivative(0.5, order, x),
    "reciprocal": lambda order, x: power_derivative(-1.0, order, x),
    "inverse_sqrt": lambda order, x: power_derivative(-0.5, order, x),
    "sin": lambda order, x: (np.sin, np.cos)[order % 2](x) * (-1) ** (order // 2 % 2),
    "cos": lambda order, x: (np.cos, np.sin)[order % 2](x) * (-1) ** ((order + 1) // 2 % 2),
    "sinh": lambda order, x: (np.sinh, np.cosh)[order % 2](x),
    "cosh": lambda order, x: (np.cosh, np.sinh)[order % 2](x),
}
#: Functions that vary on the scale 1 everywhere; the others vary on the scale of their argument.
ENTIRE = frozenset({"exp", "sin", "cos", "sinh", "cosh"})


def scalar_function(function: Any, order: int, x: Any) -> Any:
    """The derivative of some order of a named function."""
    if isinstance(function, tuple) and len(function) == 2 and function[0] == "power":
        return power_derivative(function[1], order, x)
    if function not in DERIVATIVES:
        raise ValueError(f'function is {function!r}; known are {", ".join(DERIVATIVES)} and ("power", p)')
    return DERIVATIVES[function](order, x)


def divided_difference(function: Any, points: list[Any]) -> Any:
    """f[x0, ..., xk], elementwise over arrays of points that broadcast."""
    x = np.sort(np.stack(np.broadcast_arrays(*points)), axis=0)
    return of_sorted(function, x)


def of_sorted(function: Any, x: Any) -> Any:
    """The divided difference over the first axis, along which the points rise."""
    order = len(x) - 1
    if order == 0 or x.size == 0:
        return scalar_function(function, order, x[0])
    spread = x[-1] - x[0]
    length = 1 if function in ENTIRE else np.minimum(np.abs(x[0]), np.abs(x[-1]))
    close = spread <= CLOSE * length
    with np.errstate(divide="ignore", invalid="ignore"):
        far = (of_sorted(function, x[1:]) - of_sorted(function, x[:-1])) / np.where(close, 1, spread)
    if is_empty(close):
        return far
    return np.where(close, series(function, np.where(close, x, x[:1])), far)


def is_empty(mask: Any) -> bool:
    """Whether a mask holds nowhere, so that what is for it need not be computed."""
    return not mask.any()


def series(function: Any, x: Any) -> Any:
    """The Taylor series about the mean: derivatives times complete symmetric polynomials of the distances to it."""
    order = len(x) - 1
    centre = x.mean(axis=0)
    sums = np.zeros((TERMS, *centre.shape), x.dtype)
    sums[0] = 1
    for distance in x - centre:
        for m in range(1, TERMS):
            sums[m] = sums[m] + distance * sums[m - 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        total = scalar_function(function, order, centre) / math.factorial(order)
        for m in range(1, TERMS):
            term = scalar_function(function, order + m, centre) / math.factorial(order + m) * sums[m]
            total = total + np.where(sums[m] == 0, 0, term)
    return total
