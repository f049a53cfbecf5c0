"""Polynomials of terms."""

from __future__ import annotations

from collections.abc import Sequence

from ..scalars.builder import Term, fma


def horner(x: Term, coefficients: Sequence[float]) -> Term:
    """c[0] + c[1] x + c[2] x**2 + ..., from the highest power down: the most exact order."""
    y = x.builder.number(coefficients[-1], x.kind)
    for c in reversed(coefficients[:-1]):
        y = fma(y, x, x.builder.number(c, x.kind))
    return y


def polynomial(x: Term, coefficients: Sequence[float]) -> Term:
    """c[0] + c[1] x + c[2] x**2 + ... in pairs, which takes half as many steps one after another."""
    number = x.builder.number
    pairs = [
        fma(x, number(coefficients[k + 1], x.kind), number(coefficients[k], x.kind))
        if k + 1 < len(coefficients)
        else number(coefficients[k], x.kind)
        for k in range(0, len(coefficients), 2)
    ]
    if len(pairs) == 1:
        return pairs[0]
    square = x * x
    y = pairs[-1]
    for pair in reversed(pairs[:-1]):
        y = fma(y, square, pair)
    return y
