"""power: exp(b log(a)) with the logarithm in two parts, so that the product is right to the last bit.

Coefficients: benchmarks/fits/functions.py.
"""

from __future__ import annotations

import math

from ..scalars.builder import Term, absolute, fma, higher_of, lower_of, select, unary
from ..scalars.casts import converted
from ..scalars.kinds import F32, F64
from ..scalars.registry import emitter
from .doubles import Two, left_over, quick_two_sum, two_product, two_sum
from .exponentials import EXP, LOG_2, ROUNDER, power_of_two, reduced, scaled
from .logarithms import taken_apart
from .polynomial import polynomial

THIRD = (0.3333333333333333, 1.850371707708594e-17)
#: (log((1 + s) / (1 - s)) / (2 s) - 1 - s**2 / 3) / s**4 by powers of s**2 for |s| <= 0.1716: 2**-65.9.
SERIES = (
    0.20000000000001128, 0.14285714285050052, 0.11111111259909673, 0.09090892188477402, 0.07693378422521173,
    0.06628414889256234, 0.06598105513632263,
)  # fmt: skip
#: Products from here on are infinite or zero powers.
BEYOND = 1100.0


def log_in_two(x: Term) -> Two:
    """log(x) as a sum, right to 2**-65 of itself, for positive float64 x; infinite for 0 and infinity."""
    tiny = x.less(2.0**-1022)
    k, m = taken_apart(select(tiny, x * 2.0**54, x))
    k = select(tiny, k - 54.0, k)
    f = m - 1.0
    divisor, lost = quick_two_sum(2.0, f)
    s = f / divisor
    s_low = (left_over(f, s, divisor) - s * lost) * fma(s, -0.5, 0.5)  # 1 / divisor is (1 - s) / 2
    z, z_low = two_product(s, s)
    z_low = fma(s + s, s_low, z_low)
    third, third_low = two_product(z, THIRD[0])
    rest = fma(z, THIRD[1], fma(z_low, THIRD[0], third_low))
    u, u_low = quick_two_sum(third, fma(z * z, polynomial(z, SERIES), rest))
    twice = s + s
    product, product_low = two_product(twice, u)
    high, low = LOG_2[F64]
    y, y_low = two_sum(k * high, twice)
    y, y_lower = two_sum(y, product)
    y_low = y_low + (y_lower + fma(twice, u_low, product_low)) + fma(k, low, s_low + s_low + (s_low + s_low) * u)
    y, y_low = quick_two_sum(y, y_low)
    ordinary = x.greater(0.0) & x.less(math.inf)
    return select(ordinary, y, select(x.equal(0.0), -math.inf, x)), select(ordinary, y_low, 0.0)


def exp_of_two(x: Term, low: Term) -> Term:
    """exp(x + low) for float64."""
    r, n = reduced(higher_of(lower_of(x, 800.0), -800.0))
    high = r + 1.0
    rest = fma(r * r, polynomial(r, EXP[F64]), r - (high - 1.0))
    return scaled(high + fma(low, high + rest, rest), n)


def with_corners(a: Term, b: Term, size: Term) -> Term:
    """a ** b, given |a| ** b: signs, and what C99 says of zeros, infinities and nan."""
    whole = unary("rint", b).equal(b)
    half = b * 0.5
    odd = whole & unary("rint", half).not_equal(half)
    y = select(a.bits.less(0) & odd, -size, size)
    y = select(a.less(0.0) & a.greater(-math.inf) & ~whole, a.builder.number(math.nan, a.kind), y)
    one = b.equal(0.0) | a.equal(1.0) | (a.equal(-1.0) & absolute(b).equal(math.inf))
    return select(one, 1.0, y)


@emitter("power", "f64")
def power(a: Term, b: Term) -> Term:
    """a ** b of reals."""
    high, low = log_in_two(absolute(a))
    product = high * b
    rest = fma(low, b, two_product(high, b)[1])
    rest = select(absolute(product).less(BEYOND), rest, 0.0)
    return with_corners(a, b, exp_of_two(product, rest))


#: For single precision: log2(1 + f) / f for 1 + f between sqrt(1/2) and sqrt(2), 2**-35.8, and 2**r, 2**-34.5.
LOG2_OF_SINGLES = (
    1.4426950408686938, -0.7213475208689256, 0.4808983614017277, -0.3606736748012426, 0.28853729288968294,
    -0.24045316622226795, 0.2061753786400711, -0.18030061130719657, 0.15876954675285793, -0.14315606702041395,
    0.14474951978920692, -0.14284206398653188, 0.07737173265838039,
)  # fmt: skip
EXP2_OF_SINGLES = (
    0.9999999999616102, 0.6931471807287178, 0.24022651198779285, 0.055504103528558904, 0.009618027171298638,
    0.0013333922821731415, 0.00015469317608382983, 1.520191098871058e-05,
)  # fmt: skip


@emitter("power", "f32")
def power_of_singles(a: Term, b: Term) -> Term:
    """a ** b of reals in single precision: 2**(b log2(|a|)) in double precision, with as many digits as that needs."""
    x = converted(absolute(a), F64)  # normal, where the single is not
    k, m = taken_apart(x)
    f = m - 1.0
    logarithm = fma(f, polynomial(f, LOG2_OF_SINGLES), k)
    ordinary = x.greater(0.0) & x.less(math.inf)
    logarithm = select(ordinary, logarithm, select(x.equal(0.0), -math.inf, x))
    t = higher_of(lower_of(logarithm * converted(b, F64), 200.0), -200.0)
    shifted = t + ROUNDER[F64]
    r = t - (shifted - ROUNDER[F64])
    y = polynomial(r, EXP2_OF_SINGLES) * power_of_two(shifted.bits, F64)
    return with_corners(a, b, converted(y, F32))
