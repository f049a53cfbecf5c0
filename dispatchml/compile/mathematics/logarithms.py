"""log and log1p: x = 2**k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2), and log(1 + f) as a series in f / (2 + f).

Coefficients: benchmarks/fits/functions.py. The form of the sum is that of W. J. Cody and W. Waite's manual, "Software
manual for the elementary functions", 1980.
"""

from __future__ import annotations

import math

from ..scalars.builder import Term, copysign, fma, select
from ..scalars.kinds import F32, F64, SIGNED_OF, Kind
from ..scalars.registry import emitter
from .exponentials import LOG_2
from .polynomial import polynomial

#: (log((1 + s) / (1 - s)) / s - 2) / s**2 by powers of s**2 for |s| <= 0.1716: 2**-59 and 2**-31.
SERIES = {
    F64: (
        0.6666666666666734, 0.399999999994147, 0.28571428742385085, 0.2222219857334044, 0.18183564322938542,
        0.1531405051580344, 0.14795951155740514,
    ),
    F32: (0.6666666269302368, 0.4000033438205719, 0.28537309169769287, 0.23582129180431366),
}  # fmt: skip
#: The bits of sqrt(1/2), rounded to few digits.
ROOT = {F64: 0x3FE6A09E << 32, F32: 0x3F3504F3}


def taken_apart(x: Term) -> tuple[Term, Term]:
    """(k, m) with x = 2**k m and m in [sqrt(1/2), sqrt(2)), both floats, for normal positive x."""
    kind = x.kind
    fraction = kind.digits - 1
    one = 2 ** (kind.bits - kind.digits - 1) - 1
    moved = x.bits + ((one << fraction) - ROOT[kind])
    # the exponent as the low bits of a float, which every processor converts, unlike 64-bit whole numbers
    large = (moved.logical_right(fraction) | kind_bits(kind, 2.0**fraction)).floating(kind)
    k = large - (2.0**fraction + one)
    m = ((moved & ((1 << fraction) - 1)) + ROOT[kind]).floating(kind)
    return k, m


def kind_bits(kind: Kind, value: float) -> int:
    """The bits of a floating-point number."""
    return int(kind.dtype.type(value).view(SIGNED_OF[kind].dtype))


def of_fraction(f: Term, k: Term, correction: Term | float = 0.0) -> Term:
    """log(1 + f) + k log(2) + correction, the last one being small."""
    high, low = LOG_2[f.kind]
    s = f / (f + 2.0)
    z = s * s
    series = z * polynomial(z, SERIES[f.kind])
    half_square = f * f * 0.5
    small = fma(k, low, correction)
    return fma(k, high, f - (half_square - fma(s, half_square + series, small)))


@emitter("log", "f32", "f64")
def log(x: Term) -> Term:
    """The natural logarithm: -inf at 0, nan below."""
    kind = x.kind
    tiny = x.less(float(2.0 ** (2 - 2 ** (kind.bits - kind.digits - 1))))
    k, m = taken_apart(select(tiny, x * 2.0**54, x))
    k = select(tiny, k - 54.0, k)
    y = of_fraction(m - 1.0, k)
    return outside(x, 0.0, y)


def outside(x: Term, edge: float, y: Term) -> Term:
    """y where x is above the edge, -inf on it, nan below; infinity and nan for themselves."""
    y = select(x.less(math.inf), y, x)
    return select(x.less_equal(edge), select(x.equal(edge), -math.inf, y.builder.number(math.nan, y.kind)), y)


def log_of_one_and(x: Term, low: Term | None = None) -> Term:
    """log(1 + x + low) for finite x > -1: 1 + x is rounded, and what it lost is divided by it and added."""
    u = x + 1.0
    k, m = taken_apart(u)
    near = k.equal(0.0)
    lost = select(x.greater(1.0), 1.0 - (u - x), x - (u - 1.0))
    if low is None:
        correction = select(near, 0.0, lost / u)
    else:
        correction = (select(near, 0.0, lost) + low) / u
    return of_fraction(select(near, x, m - 1.0), k, correction)


@emitter("log1p", "f32", "f64")
def log1p(x: Term) -> Term:
    """log(1 + x) with the sign of x."""
    return outside(x, -1.0, copysign(log_of_one_and(x), x))
