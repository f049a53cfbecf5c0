"""exp and expm1: a whole multiple of log(2) is taken away, the rest goes into a polynomial.

Coefficients: benchmarks/fits/functions.py.
"""

from __future__ import annotations

from ..scalars.builder import Term, absolute, fma, higher_of, lower_of, select
from ..scalars.kinds import F32, F64, Kind
from ..scalars.registry import emitter
from .doubles import quick_two_sum
from .polynomial import polynomial

LOG2_E = 1.4426950408889634
#: log(2) in two parts for each kind; the first has so few bits that whole multiples of it are exact.
LOG_2 = {F64: (6.93147180369123816490e-01, 1.90821492927058770002e-10), F32: (0.693359375, -2.12194440e-4)}
#: Adding it leaves the nearest whole number in the low bits: 1.5 * 2**(digits - 1).
ROUNDER = {F64: 1.5 * 2.0**52, F32: 1.5 * 2.0**23}
#: Beyond these arguments the result is infinite, and zero (expm1: -1).
LARGEST = {F64: 710.0, F32: 89.0}
SMALLEST = {F64: -746.0, F32: -105.0}
#: (exp(r) - 1 - r) / r**2 for |r| <= log(2) / 2, the relative error of exp being 2**-56.3 and 2**-28.0 ...
EXP = {
    F64: (
        0.5000000000000011, 0.1666666666666641, 0.041666666666529725, 0.008333333333494914, 0.0013888888943760945,
        0.00019841269505885313, 2.480149294855125e-05, 2.755758671992313e-06, 2.7630306668051004e-07,
        2.5000041926713554e-08,
    ),
    F32: (0.4999999403953552, 0.1666652113199234, 0.04166838899254799, 0.008368744514882565, 0.0013814568519592285),
}  # fmt: skip
#: ... and that of expm1 2**-59.0 and 2**-29.8.
EXPM1 = {
    F64: (
        0.5, 0.16666666666666677, 0.041666666666666574, 0.008333333333322123, 0.0013888888888942824,
        0.00019841269885048822, 2.480158719800844e-05, 2.755724517422433e-06, 2.75573871205342e-07,
        2.510873237187666e-08, 2.0878923758014775e-09,
    ),
    F32: (
        0.5, 0.1666666567325592, 0.041666481643915176, 0.0083334194496274, 0.0013933288864791393,
        0.00019824158516712487,
    ),
}  # fmt: skip


def whole_part(x: Term) -> tuple[Term, Term]:
    """The nearest whole number to x log2(e): as a float, and as one in the low bits of a float's bits."""
    shifted = fma(x, LOG2_E, ROUNDER[x.kind])
    return shifted - ROUNDER[x.kind], shifted.bits


def reduced(x: Term) -> tuple[Term, Term]:
    """x less a whole multiple n of log(2), and n in the low bits."""
    n, low_bits = whole_part(x)
    high, low = LOG_2[x.kind]
    return fma(n, -low, fma(n, -high, x)), low_bits


def power_of_two(n: Term, kind: Kind) -> Term:
    """2**n of a whole number in the low bits of n, within the range of normal numbers."""
    bias = 2 ** (kind.bits - kind.digits - 1) - 1
    return ((n + bias) << (kind.digits - 1)).floating(kind)


def scaled(y: Term, n: Term) -> Term:
    """y 2**n, in two steps, so that results beyond the normal numbers are rounded once."""
    half = n.logical_right(1)
    return y * power_of_two(half, y.kind) * power_of_two(n - half, y.kind)


@emitter("exp", "f32", "f64")
def exp(x: Term) -> Term:
    """e**x."""
    kind = x.kind
    x = higher_of(lower_of(x, LARGEST[kind]), SMALLEST[kind])
    r, n = reduced(x)
    high = r + 1.0
    lost = r - (high - 1.0)
    return scaled(high + fma(r * r, polynomial(r, EXP[kind]), lost), n)


def exp_of_moderate(x: Term) -> Term:
    """e**x where the result is a normal number."""
    r, n = reduced(x)
    high = r + 1.0
    lost = r - (high - 1.0)
    return (high + fma(r * r, polynomial(r, EXP[x.kind]), lost)) * power_of_two(n, x.kind)


def expm1_parts(x: Term) -> tuple[Term, Term, Term]:
    """(p, low, n): expm1(r) as a sum, r being x less n log(2), whose rounding is in the sum as well."""
    n, low_bits = whole_part(x)
    high, low = LOG_2[x.kind]
    exact = fma(n, -high, x)
    r = fma(n, -low, exact)
    lost = fma(n, -low, exact - r)
    p, p_low = quick_two_sum(r, fma(r * r, polynomial(r, EXPM1[x.kind]), lost))
    return p, p_low, low_bits


@emitter("expm1", "f32", "f64")
def expm1(x: Term) -> Term:
    """e**x - 1 = 2 (2**(n-1) expm1(r) + 2**(n-1) - 1/2), where the difference is exact or does not matter."""
    kind = x.kind
    p, low, n = expm1_parts(higher_of(lower_of(x, LARGEST[kind]), -50.0))
    scale = power_of_two(n - 1, kind)
    y = fma(scale, low, fma(scale, p, scale - 0.5)) * 2.0
    return select(absolute(x).less(2.0 ** -(kind.digits + 1)), x, y)


def expm1_of_positive(x: Term) -> Term:
    """e**x - 1 for normal x in [0, 100], one step shorter."""
    p, low, n = expm1_parts(x)
    scale = power_of_two(n, x.kind)
    return fma(scale, low, fma(scale, p, scale - 1.0))
