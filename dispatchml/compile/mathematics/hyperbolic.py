"""Hyperbolic functions and the logistic function."""

from __future__ import annotations

import math

from ..scalars.builder import Term, absolute, copysign, fma, higher_of, lower_of, select, unary
from ..scalars.kinds import F32, F64
from ..scalars.registry import emitter
from .bases import exp2
from .doubles import left_over, quick_two_sum
from .exponentials import EXP, LOG_2, ROUNDER, exp, expm1_of_positive, power_of_two, reduced, scaled
from .logarithms import SERIES, log1p, log_of_one_and, taken_apart
from .polynomial import polynomial

LOG_OF_2 = math.log(2.0)

#: (sinh(x) / x - 1) / x**2 by powers of x**2 for |x| <= 1: 2**-56.4 and 2**-27.2.
SINH = {
    F64: (
        0.16666666666666669, 0.008333333333333139, 0.00019841269841437684, 2.7557319155335837e-06,
        2.505212339874564e-08, 1.6057240325202168e-10, 7.759312716332694e-13,
    ),
    F32: (0.1666666716337204, 0.008333350531756878, 0.0001983606634894386, 2.817438371494063e-06),
}  # fmt: skip
#: Beyond these arguments the hyperbolic cosine is infinite.
LARGEST = {F64: 711.0, F32: 89.9}
#: From here on tanh is 1.
FLAT = {F64: 20.0, F32: 9.5}


@emitter("tanh", "f32", "f64")
def tanh(x: Term) -> Term:
    """expm1(2 |x|) / (expm1(2 |x|) + 2) with the sign of x; what the quotient y leaves is divided by 2 / (1 - y)."""
    t = expm1_of_positive(lower_of(absolute(x), FLAT[x.kind]) * 2.0)
    divisor = t + 2.0
    lost = select(t.less(2.0), t - (divisor - 2.0), 0.0)
    y = t / divisor
    left = left_over(t, y, divisor) - y * lost
    return copysign(fma(left, fma(y, -0.5, 0.5), y), x)


@emitter("sigmoid", "f32", "f64")
def sigmoid(x: Term) -> Term:
    """1 / (1 + exp(-x)) with the exponential of a number that is not positive; what is left is divided as in tanh."""
    e = exp(-absolute(x))
    negative = x.less(0.0)
    numerator = select(negative, e, 1.0)
    divisor = e + 1.0
    y = numerator / divisor
    left = left_over(numerator, y, divisor) - y * (e - (divisor - 1.0))
    return fma(left, select(negative, 1.0 - y, y), y)


def half_exp(x: Term) -> Term:
    """e**x / 2 of x >= 0, which is finite where its double is not."""
    r, n = reduced(lower_of(x, LARGEST[x.kind]))
    high = r + 1.0
    rest = fma(r * r, polynomial(r, EXP[x.kind]), r - (high - 1.0))
    return scaled(high + rest, n - 1)


@emitter("cosh", "f32", "f64")
def cosh(x: Term) -> Term:
    """e**|x| / 2 and a quarter of its inverse."""
    half = half_exp(absolute(x))
    return half + 0.25 / half


@emitter("sinh", "f32", "f64")
def sinh(x: Term) -> Term:
    """A polynomial up to 1, then e**|x| / 2 less a quarter of its inverse."""
    size = absolute(x)
    half = half_exp(size)
    z = x * x
    near = fma(x * z, polynomial(z, SINH[x.kind]), x)
    return select(size.less(1.0), near, copysign(half - 0.25 / half, x))


@emitter("arctanh", "f32", "f64")
def arctanh(x: Term) -> Term:
    """Half of log((1 + x) / (1 - x)): with the quotient near 2**k, log(2**k) and the series of logarithms in
    s = ((1 + x) - 2**k (1 - x)) / ((1 + x) + 2**k (1 - x)), both rounded once for small k, 1 - x exact for large.
    """
    kind = x.kind
    size = absolute(x)
    k, _ = taken_apart((size + 1.0) / (1.0 - size))
    power = power_of_two((k + ROUNDER[kind]).bits, kind)
    plus, minus = size + 1.0, power * (1.0 - size)
    near = k.less(2.0)
    above = select(near, fma(size, power + 1.0, 1.0 - power), plus - minus)
    below = select(near, fma(size, 1.0 - power, power + 1.0), plus + minus)
    s = above / below
    z = s * s
    high, low = LOG_2[kind]
    series = fma(s * z, polynomial(z, SERIES[kind]), k * low)
    y = (fma(s, 2.0, k * high) + series) * 0.5
    y = select(size.less(1.0), y, select(size.equal(1.0), math.inf, y.builder.number(math.nan, kind)))
    return select(size.less(2.0 ** -(kind.digits // 2 + 1)), x, copysign(y, x))


def log_of_large(x: Term, far: Term, inside: Term, low: Term) -> Term:
    """log(1 + inside + low), but log(2 x) where x is far away; infinity for infinity."""
    zero = x.builder.number(0.0, x.kind)
    y = log_of_one_and(select(far, x, inside), select(far, zero, low))
    return select(x.equal(math.inf), x, select(far, y + LOG_OF_2, y))


@emitter("arcsinh", "f32", "f64")
def arcsinh(x: Term) -> Term:
    """log1p(|x| + x**2 / (1 + sqrt(1 + x**2))), log(2 |x|) for large |x|."""
    size = absolute(x)
    far = size.greater(2.0 ** (x.kind.digits + 6))
    near = select(far, 1.0, size)
    square = near * near
    inside, low = quick_two_sum(near, square / (unary("sqrt", square + 1.0) + 1.0))
    return copysign(log_of_large(size, far, inside, low), x)


@emitter("arccosh", "f32", "f64")
def arccosh(x: Term) -> Term:
    """log1p(t + sqrt(2 t + t**2)) with t = x - 1, log(2 x) for large x; nan below 1."""
    far = x.greater(2.0 ** (x.kind.digits + 6))
    t = select(far, 1.0, x) - 1.0
    inside, low = quick_two_sum(unary("sqrt", fma(t, t, t + t)), t)
    y = log_of_large(x, far, inside, low)
    return select(x.less(1.0), y.builder.number(math.nan, x.kind), y)


@emitter("logaddexp", "f32", "f64")
def logaddexp(a: Term, b: Term) -> Term:
    """The larger one and log1p(exp(-|a - b|)); equal infinities are themselves."""
    larger = select(a.greater(b), a, b)
    y = larger + log1p(exp(-absolute(a - b)))
    return select(a.equal(b), a + LOG_OF_2, select(a.is_nan | b.is_nan, a + b, y))


@emitter("logaddexp2", "f32", "f64")
def logaddexp2(a: Term, b: Term) -> Term:
    """The larger one and log2(1 + 2**-|a - b|)."""
    larger = select(a.greater(b), a, b)
    y = fma(log1p(exp2(-absolute(a - b))), 1.4426950408889634, larger)
    return select(a.equal(b), a + 1.0, select(a.is_nan | b.is_nan, a + b, y))


@emitter("softplus", "f32", "f64")
def softplus(x: Term) -> Term:
    """log(1 + exp(x)) as max(x, 0) + log1p(exp(-|x|))."""
    return higher_of(x, 0.0) + log1p(exp(-absolute(x)))
