"""Exponentials and logarithms to the bases 2 and 10: the natural ones in two parts."""

from __future__ import annotations

from ..scalars.builder import Term, fma, higher_of, lower_of, select
from ..scalars.kinds import F32, F64
from ..scalars.registry import emitter
from .doubles import quick_two_sum, two_product, two_sum
from .exponentials import EXP, scaled
from .logarithms import SERIES, outside, taken_apart
from .polynomial import polynomial

#: Each constant in two parts, of each kind.
LOG_2 = {
    F64: (0.6931471805599453, 2.3190468138462996e-17),
    F32: (0.6931471824645996, -1.904654290582768e-09),
}
LOG2_E = {
    F64: (1.4426950408889634, 2.0355273740931033e-17),
    F32: (1.4426950216293335, 1.925963033500011e-08),
}
LOG10_E = {
    F64: (0.4342944819032518, 1.098319650216765e-17),
    F32: (0.4342944920063019, -1.0103049952192578e-08),
}
#: log10(2), the first part with so few bits that its whole multiples are exact.
LOG10_2 = {F64: (0.3010299956640665, -8.532344317057107e-14), F32: (0.301025390625, 4.605038981195214e-06)}
#: Beyond these exponents powers of two are infinite, and zero.
LARGEST, SMALLEST = {F64: 1100.0, F32: 140.0}, {F64: -1100.0, F32: -160.0}


@emitter("exp2", "f32", "f64")
def exp2(x: Term) -> Term:
    """2**x; exact for whole x."""
    kind = x.kind
    x = higher_of(lower_of(x, LARGEST[kind]), SMALLEST[kind])
    rounder = 1.5 * 2.0 ** (kind.digits - 1)
    shifted = x + rounder
    part = x - (shifted - rounder)
    high, low = LOG_2[kind]
    r, r_low = two_product(part, high)
    r_low = fma(part, low, r_low)
    top = r + 1.0
    rest = (r - (top - 1.0)) + r_low
    return scaled(top + fma(r * r, polynomial(r, EXP[kind]), rest), shifted.bits)


def fraction_logarithm(x: Term) -> tuple[Term, Term, Term]:
    """(k, y, low): x is 2**k (1 + f), and y + low is log(1 + f), for positive x."""
    kind = x.kind
    tiny = x.less(float(2.0 ** (2 - 2 ** (kind.bits - kind.digits - 1))))
    k, m = taken_apart(select(tiny, x * 2.0**54, x))
    k = select(tiny, k - 54.0, k)
    f = m - 1.0
    s = f / (f + 2.0)
    z = s * s
    series = z * polynomial(z, SERIES[kind])
    half, half_low = two_product(f * 0.5, f)
    y, low = quick_two_sum(f, -half)
    return k, y, low - half_low + s * (half + series)


@emitter("log2", "f32", "f64")
def log2(x: Term) -> Term:
    """The logarithm to the base 2; exact for powers of 2."""
    k, y, low = fraction_logarithm(x)
    high, rest = LOG2_E[x.kind]
    product, product_low = two_product(y, high)
    total, total_low = two_sum(k, product)
    return outside(x, 0.0, total + (total_low + (product_low + fma(low, high, y * rest))))


@emitter("log10", "f32", "f64")
def log10(x: Term) -> Term:
    """The logarithm to the base 10."""
    k, y, low = fraction_logarithm(x)
    high, rest = LOG10_E[x.kind]
    two, two_low = LOG10_2[x.kind]
    product, product_low = two_product(y, high)
    total, total_low = two_sum(k * two, product)
    small = product_low + fma(low, high, y * rest)
    return outside(x, 0.0, total + (total_low + fma(k, two_low, small)))
