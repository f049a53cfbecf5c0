"""Derivatives of zeta functions in the exponent, by the Euler-Maclaurin formula (DLMF 25.11.8, 25.2.9, 25.4.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special

import dispatchml as dm
from dispatchml import ops, primal

from .partials import word

#: How many terms are summed before the formula, and how many of its corrections are taken.
TERMS, CORRECTIONS = 14, 12
#: B(2j)/(2j)! for these.
BERNOULLI = [
    scipy.special.bernoulli(2 * CORRECTIONS)[2 * j] / scipy.special.factorial(2 * j) for j in range(1, CORRECTIONS + 1)
]


def euler_maclaurin(s: Any, q: Any) -> Any:
    """The sum of (q + k)^-s, for q > 0 and s > -10 or so, other than 1."""
    last = q + float(TERMS)
    total: Any = ops.exp(-s * ops.log(last)) * (last / (s - 1) + 0.5)
    for k in range(TERMS):
        total = total + ops.exp(-s * ops.log(q + float(k)))
    rising = s * ops.exp((-s - 1) * ops.log(last))
    for j, coefficient in enumerate(BERNOULLI):
        total = total + coefficient * rising
        rising = rising * (s + (2 * j + 1)) * (s + (2 * j + 2)) / (last * last)
    return total


def riemann(s: Any) -> Any:
    """Riemann's function of real or complex numbers: by reflection where the real part is negative."""
    left = np.real(ops.stop_gradient(s)) < 0
    at = np.where(left, 1 - s, s)
    right = euler_maclaurin(at, 1.0)
    if not np.any(primal(left)):
        return right
    inside = np.where(left, at, 2.0)
    turned = (
        2 * ops.exp(ops.multiply(-inside, np.log(2 * np.pi)))
        * ops.cos(ops.multiply(inside, np.pi / 2)) * ops.gamma(inside) * right
    )  # fmt: skip
    return np.where(left, turned, right)


def slope_in(function: Any, s: Any) -> Any:
    """The derivative of a function of each number."""
    return dm.jvp(function, (s,), (ops.ones_like(s),))[1]


@word
def hurwitz_slope(x: Any, q: Any) -> Any:
    """The derivative of Hurwitz's zeta function in its exponent."""
    shape = np.broadcast_shapes(ops.shape(x), ops.shape(q))
    return slope_in(lambda s: euler_maclaurin(s, q), ops.multiply(x, np.ones(shape)) if shape else x)


@word
def riemann_slope(z: Any) -> Any:
    """The derivative of Riemann's zeta function."""
    return slope_in(riemann, z)
