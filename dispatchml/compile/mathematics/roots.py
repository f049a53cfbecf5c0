"""Cube roots and lengths."""

from __future__ import annotations

import math

from ..scalars.builder import Term, absolute, copysign, fma, select, unary
from ..scalars.kinds import F32, F64
from ..scalars.registry import emitter
from .doubles import two_product
from .exponentials import ROUNDER, power_of_two
from .logarithms import taken_apart
from .polynomial import polynomial

#: x**(-1/3) by powers of x for x between sqrt(1/2) and sqrt(2): 2**-17.4; benchmarks/fits/functions.py.
INVERSE_CUBE_ROOT = (
    1.9991709953775938, -2.485910086629241, 2.7921694933094168, -1.8980714460487502, 0.7006998955939113,
    -0.10805499974998906,
)  # fmt: skip
#: The cube roots of 1/2 and 1/4.
HALF_ROOT, QUARTER_ROOT = 0.7937005259840998, 0.6299605249474366
#: What subnormal numbers are multiplied with, as a power of two, and what is tiny.
SCALE, TINY = {F64: 162, F32: 54}, {F64: 2.0**-900, F32: 2.0**-100}


@emitter("cbrt", "f32", "f64")
def cbrt(x: Term) -> Term:
    """The real cube root: Newton's steps for 1 / cbrt(m 2**j), of which the root is m 2**j / its square, and a last one
    for what that leaves; x = m 2**(3 q + j).
    """
    kind = x.kind
    size = absolute(x)
    tiny = size.less(TINY[kind])
    k, m = taken_apart(select(tiny, size * 2.0 ** SCALE[kind], size))
    q = unary("floor", k * (1.0 / 3.0) + 1.0 / 6.0)
    j = k - q * 3.0
    one, two = j.greater(0.5), j.greater(1.5)
    t = polynomial(m, INVERSE_CUBE_ROOT) * select(two, QUARTER_ROOT, select(one, HALF_ROOT, m.beside(1.0)))
    m = m * select(two, 4.0, select(one, 2.0, m.beside(1.0)))
    for _ in range(2 if kind is F64 else 1):
        t = fma(t * (1.0 / 3.0), fma(m * t, -(t * t), 1.0), t)
    square = t * t
    y = m * square
    p, p_low = two_product(y, y)
    excess = fma(p, y, -m) + p_low * y
    root = fma(excess * (-1.0 / 3.0), square, y)
    q = select(tiny, q - float(SCALE[kind] // 3), q)
    root = root * power_of_two((q + ROUNDER[kind]).bits, kind)
    odd = size.equal(0.0) | ~size.less(math.inf)
    return select(odd, x, copysign(root, x))


@emitter("hypot", "f32", "f64")
def hypot(a: Term, b: Term) -> Term:
    """sqrt(a**2 + b**2), both scaled by the power of two of the larger one; infinite where one is, nan or not."""
    kind = a.kind
    fraction = kind.digits - 1
    bias = 2 ** (kind.bits - kind.digits - 1) - 1
    a, b = absolute(a), absolute(b)
    larger = select(a.greater(b), a, b)
    exponent = larger.bits.logical_right(fraction)
    exponent = select(exponent.less(3), 3, exponent)
    exponent = select(exponent.greater(2 * bias - 3), 2 * bias - 3, exponent)
    up = ((2 * bias - exponent) << fraction).floating(kind)
    down = (exponent << fraction).floating(kind)
    p, q = a * up, b * up
    y = unary("sqrt", fma(p, p, q * q)) * down
    infinite = a.equal(math.inf) | b.equal(math.inf)
    return select(infinite, math.inf, select(a.is_nan | b.is_nan, a + b, y))
