"""Sums and products without error: a rounded result and what rounding it lost (D. Knuth; T. Dekker, 1971)."""

from __future__ import annotations

from ..scalars.builder import Term, fma

Two = tuple[Term, Term]


def two_sum(a: Term, b: Term | float) -> Two:
    """a + b and what it lost."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def quick_two_sum(a: Term | float, b: Term) -> Two:
    """a + b and what it lost, for |a| >= |b|."""
    s = b + a
    return s, b - (s - a)


def two_product(a: Term, b: Term | float) -> Two:
    """a * b and what it lost; without fused multiplication for numbers below 2**996 (2**115 in single precision)."""
    p = a * b
    if a.builder.has_fma:
        return p, fma(a, b, -p)
    b = a.beside(b)
    a_high, a_low = halves(a)
    b_high, b_low = halves(b)
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


def halves(a: Term) -> Two:
    """Two numbers of half the digits whose sum is a."""
    t = a * (2.0 ** ((a.kind.digits + 1) // 2) + 1)
    high = t - (t - a)
    return high, a - high


def left_over(c: Term, a: Term, b: Term) -> Term:
    """c - a * b where that is small beside c: what a rounded quotient a = c / b leaves."""
    if a.builder.has_fma:
        return fma(-a, b, c)
    p, p_low = two_product(a, b)
    return (c - p) - p_low
