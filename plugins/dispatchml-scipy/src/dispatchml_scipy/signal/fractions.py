"""Partial fractions: simple poles as functions of the denominator by the implicit function theorem."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.signal

from dispatchml import ops
from dispatchml.lift import plainly, replaces

from ..arguments import decided, floating, unsupported
from ..implicit import implicit, run_plain, with_value


def value(polynomial: Any, x: Any) -> Any:
    """A polynomial, highest power first."""
    total = x * 0.0
    for k in range(ops.shape(polynomial)[0]):
        total = total * x + polynomial[k]
    return total


def slope(polynomial: Any) -> Any:
    """The derivative of a polynomial."""
    degree = ops.shape(polynomial)[0] - 1
    return polynomial[:-1] * np.arange(degree, 0, -1)


@replaces("scipy.signal.residue")
def residue(b, a, tol=1e-3, rtype="avg"):
    """Residues, poles and the polynomial of b/a, where all poles are simple."""
    own = plainly(scipy.signal.residue)
    b, a = floating(b), floating(a)
    decided(a), decided(b)  # the order of the poles is that of their numbers
    residues, poles, direct = run_plain(lambda tree: own(*tree, tol, rtype), (b, a))
    if np.any(np.asarray(decided(a))[:1] == 0) or np.any(np.asarray(decided(b))[:1] == 0):
        raise unsupported("scipy.signal.residue with a leading coefficient 0", "Leave it out.")
    plain = np.asarray(decided(poles))
    if plain.size and np.min(np.abs(plain[:, None] - plain) + 1e300 * np.eye(plain.size)) <= tol:
        raise unsupported("scipy.signal.residue with poles of higher order", "They are no differentiable functions.")
    start = poles if ops.dtype(poles).kind == "c" else poles + 0.0
    moved = implicit(lambda x, held: value(held[0], x), start, (a,), "scipy.signal.residue", elementwise=True)
    quotient, rest = divided(b, a)
    found = value(rest, moved) / value(slope(a), moved)
    return with_value(residues, found), moved, with_value(direct, quotient) if ops.shape(direct)[0] else direct


def divided(b: Any, a: Any) -> tuple[Any, Any]:
    """The quotient and the remainder of polynomials."""
    parts, n = [], ops.shape(a)[0]
    while ops.shape(b)[0] >= n:
        parts.append(b[0] / a[0])
        head = b[:n] - parts[-1] * a
        b = ops.concatenate((head[1:], b[n:]), axis=0)
    return (np.stack(parts) if parts else np.zeros(0)), b
