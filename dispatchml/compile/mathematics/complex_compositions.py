"""Functions of complex numbers that are written with others, by NumPy's own formulas."""

from __future__ import annotations

import math

from ..scalars.builder import Term, absolute, copysign, fma, select
from ..scalars.casts import converted
from ..scalars.complex_arithmetic import divide
from ..scalars.complexes import Pair
from ..scalars.kinds import COMPLEX, F64
from ..scalars.registry import called, emitter
from .complex_functions import exp, logarithm
from .doubles import quick_two_sum, two_product, two_sum
from .inverse_trigonometry import arctan2
from .logarithms import log_of_one_and

BOTH = tuple(COMPLEX)
LOG2_E, LOG10_E = 1.4426950408889634, 0.4342944819032518


def times(factor: float, z: Pair) -> Pair:
    """A real multiple."""
    return Pair(z.real * factor, z.imag * factor)


@emitter("exp2", *BOTH)
def exp2(z: Pair) -> Pair:
    """exp(z log(2))."""
    return exp(times(math.log(2.0), z))


@emitter("log2", *BOTH)
def log2(z: Pair) -> Pair:
    """log(z) / log(2)."""
    return times(LOG2_E, logarithm(z))


@emitter("log10", *BOTH)
def log10(z: Pair) -> Pair:
    """log(z) / log(10)."""
    return times(LOG10_E, logarithm(z))


@emitter("log1p", *BOTH)
def log1p(z: Pair) -> Pair:
    """log(|1 + z|) and the argument of 1 + z. The first one, unlike NumPy's, keeps its digits near 0: half of log1p of
    2 x + x**2 + y**2 in two parts.
    """
    kind = z.real.kind
    x, y = converted(z.real, F64), converted(z.imag, F64)
    near = absolute(x + 1.0).less(2.0) & absolute(y).less(2.0) & (absolute(x + 1.0).greater(0.25))
    near_x, near_y = select(near, x, 0.0), select(near, y, 0.0)
    first, first_low = two_product(near_x, near_x)
    second, second_low = two_product(near_y, near_y)
    total, lost = two_sum(near_x + near_x, first)
    total, lower = two_sum(total, second)
    total, low = quick_two_sum(total, (lost + lower) + (first_low + second_low))
    far = called("log", called("hypot", x + 1.0, y))
    real = select(near, log_of_one_and(total, low) * 0.5, far)
    return Pair(converted(real, kind), arctan2(z.imag, z.real + 1.0))


@emitter("expm1", *BOTH)
def expm1(z: Pair) -> Pair:
    """expm1(x) cos(y) - 2 sin(y / 2)**2 and exp(x) sin(y)."""
    half = called("sin", z.imag * 0.5)
    real = called("expm1", z.real) * called("cos", z.imag) - half * 2.0 * half
    return Pair(real, called("exp", z.real) * called("sin", z.imag))


@emitter("sigmoid", *BOTH)
def sigmoid(z: Pair) -> Pair:
    """1 / (1 + exp(-z))."""
    e = exp(Pair(-z.real, -z.imag))
    one = z.real.beside(1.0)
    return divide(Pair(one, z.real.beside(0.0)), Pair(e.real + 1.0, e.imag))


@emitter("tanh", *BOTH)
def tanh(z: Pair) -> Pair:
    """(b r s + i t) / (1 + b s**2) with t = tan(y), b = 1 + t**2, s = sinh(x), r = cosh(x), after W. Kahan, "Branch
    cuts for complex elementary functions", 1987; for large x +-1 and 4 sin(y) cos(y) exp(-2 |x|).
    """
    x, y = z.real, z.imag
    size = absolute(x)
    limit = 22.0 if x.kind is F64 else 11.0
    far = size.greater_equal(limit)
    near = select(far, 0.0, x)
    t, s = called("tan", y), called("sinh", near)
    b = fma(t, t, x.beside(1.0))
    r = called("cosh", near)
    divisor = fma(b * s, s, x.beside(1.0))
    endless = absolute(t).equal(math.inf)
    real, imag = b * r * s / divisor, t / divisor
    real, imag = select(endless, r / s, real), select(endless, 1.0 / t, imag)
    e = called("exp", -size)
    angle = called("sin", y) * called("cos", y)
    unknown = size.equal(math.inf) & ~absolute(y).less(math.inf)
    out = select(unknown, copysign(x.beside(0.0), y), angle * 4.0 * e * e)
    wild = ~absolute(y).less(math.inf) & size.less(math.inf)
    side = select(wild, y - y, copysign(x.beside(1.0), x))
    real, imag = select(far, side, real), select(far, out, imag)
    still = y.equal(0.0)
    on_axis = x.equal(0.0)
    return Pair(select(on_axis, x, real), select(still, y, imag))


@emitter("tan", *BOTH)
def tan(z: Pair) -> Pair:
    """-i tanh(i z)."""
    turned = tanh(Pair(-z.imag, z.real))
    return Pair(turned.imag, -turned.real)


@emitter("sign", *BOTH)
def sign(z: Pair) -> Pair:
    """z / |z|, 0 at 0; of infinities as NumPy has it."""
    x, y = z.real, z.imag
    size: Term = called("hypot", x, y)
    zero, one = x.beside(0.0), x.beside(1.0)
    first, second = absolute(x).equal(math.inf), absolute(y).equal(math.inf)
    real = select(first, copysign(one, x), zero)
    imag = select(second, copysign(one, y), zero)
    unknown = x.is_nan | y.is_nan
    nan = x.builder.number(math.nan, x.kind)
    none = (first & second) | (unknown & ~first & ~second)
    real, imag = select(none, nan, real), select(none, nan, imag)
    still = size.equal(0.0)
    ordinary = absolute(size).less(math.inf) & ~unknown
    return Pair(
        select(still, zero, select(ordinary, x / size, real)), select(still, zero, select(ordinary, y / size, imag))
    )
