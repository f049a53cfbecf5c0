"""Functions of complex numbers through those of their parts, with the branch cuts and corners of C99, as NumPy has."""

from __future__ import annotations

import math

from ..scalars.builder import Term, absolute, copysign, select, unary
from ..scalars.casts import converted
from ..scalars.complexes import Pair
from ..scalars.kinds import COMPLEX, F32, F64
from ..scalars.registry import called, emitter
from .doubles import quick_two_sum, two_product, two_sum
from .inverse_trigonometry import arctan2
from .logarithms import log, log_of_one_and
from .roots import hypot

BOTH = tuple(COMPLEX)
#: A shift of exponents, which is exact, and its exponential.
SHIFT = {F64: (709.0, 8.218407461554972e307), F32: (88.0, 1.6516362661361307e38)}


def scaled_exp(x: Term) -> tuple[Term, Term]:
    """(e, s): e**x is e s, where e is finite for x up to twice the largest exponent."""
    shift, factor = SHIFT[x.kind]
    large = x.greater(shift)
    return called("exp", select(large, x - shift, x)), select(large, factor, x.beside(1.0))


@emitter("exp", *BOTH)
def exp(z: Pair) -> Pair:
    """exp(x) (cos(y) + i sin(y))."""
    x, y = z.real, z.imag
    e, factor = scaled_exp(x)
    cosine, sine = called("cos", y), called("sin", y)
    lost = x.equal(-math.inf) & ~absolute(y).less(math.inf)  # e is zero, whatever the angle
    zero = x.beside(0.0)
    cosine, sine = select(lost, zero, cosine), select(lost, zero, sine)
    real = e * cosine * factor
    imag = select(y.equal(0.0), y, e * sine * factor)
    endless = x.equal(math.inf) & ~absolute(y).less(math.inf)
    return Pair(select(endless, x, real), imag)


def log_of_modulus(x: Term, y: Term) -> Term:
    """log(|x + i y|) of float64, by log1p of |z|**2 - 1 in two parts where that is not far from 0."""
    x, y = absolute(x), absolute(y)
    swap = x.less(y)
    larger, smaller = select(swap, y, x), select(swap, x, y)
    near = larger.greater(0.25) & larger.less(4.0)
    first, first_low = two_product(*(select(near, larger, 1.0),) * 2)
    second, second_low = two_product(*(select(near, smaller, 0.0),) * 2)
    total, lost = two_sum(first, x.beside(-1.0))
    total, lower = two_sum(total, second)
    total, low = quick_two_sum(total, (lost + lower) + (first_low + second_low))
    return select(near, log_of_one_and(total, low) * 0.5, log(hypot(x, y)))


@emitter("log", *BOTH)
def logarithm(z: Pair) -> Pair:
    """log(|z|) + i arg(z), cut along the negative real axis."""
    kind = z.real.kind
    modulus = log_of_modulus(converted(z.real, F64), converted(z.imag, F64))
    return Pair(converted(modulus, kind), arctan2(z.imag, z.real))


@emitter("sqrt", *BOTH)
def sqrt(z: Pair) -> Pair:
    """The root with a real part that is not negative, cut along the negative real axis; an even power of 2 scales."""
    kind = z.real.kind
    top, bottom = (2.0**1020, 2.0**-900) if kind is F64 else (2.0**124, 2.0**-80)
    x, y = absolute(z.real), absolute(z.imag)
    large = x.greater(top) | y.greater(top)
    small = x.less(bottom) & y.less(bottom)
    power = 108 if kind is F64 else 48
    up = select(large, 2.0**-4, select(small, 2.0**power, x.beside(1.0)))
    down = select(large, 2.0**2, select(small, 2.0 ** -(power // 2), x.beside(1.0)))
    x, y = x * up, y * up
    t = unary("sqrt", (x + hypot(x, y)) * 0.5)
    other = select(t.equal(0.0), t, y / (t + t))
    t, other = t * down, other * down
    left = z.real.less(0.0)
    real, imag = select(left, other, t), copysign(select(left, t, other), z.imag)
    endless = absolute(z.imag).equal(math.inf)
    real = select(endless, math.inf, real)
    imag = select(endless, z.imag, imag)
    # on the axis at infinity the smaller part is zero, or nan beside nan
    rest = select(z.imag.is_nan, z.imag, copysign(z.imag.beside(0.0), z.imag))
    right_end, left_end = z.real.equal(math.inf) & ~endless, z.real.equal(-math.inf) & ~endless
    real = select(right_end, z.real, select(left_end, absolute(rest), real))
    imag = select(right_end, rest, select(left_end, copysign(z.real, z.imag), imag))
    return Pair(real, imag)


def hyperbolic_parts(x: Term) -> tuple[Term, Term]:
    """cosh(x) and sinh(x)."""
    return called("cosh", x), called("sinh", x)


@emitter("sinh", *BOTH)
def sinh(z: Pair) -> Pair:
    """sinh(x) cos(y) + i cosh(x) sin(y)."""
    x, y = z.real, z.imag
    whole, part = hyperbolic_parts(x)
    cosine, sine = called("cos", y), called("sin", y)
    real, imag = with_corners(x, y, part, cosine, whole, sine)
    return Pair(select(x.equal(0.0), x, real), select(y.equal(0.0), y, imag))


@emitter("cosh", *BOTH)
def cosh(z: Pair) -> Pair:
    """cosh(x) cos(y) + i sinh(x) sin(y)."""
    x, y = z.real, z.imag
    whole, part = hyperbolic_parts(x)
    cosine, sine = called("cos", y), called("sin", y)
    real, imag = with_corners(x, y, whole, cosine, part, sine)
    zero = (((x.bits ^ y.bits) >> (x.kind.bits - 1)) << (x.kind.bits - 1)).floating(x.kind)
    return Pair(real, select(x.equal(0.0) | y.equal(0.0), zero, imag))


def with_corners(x: Term, y: Term, a: Term, cosine: Term, b: Term, sine: Term) -> tuple[Term, Term]:
    """a cos(y) and b sin(y) with the exponent shifted where a and b overflow; infinite where x is, whatever y."""
    kind = x.kind
    shift, factor = SHIFT[kind]
    size = absolute(x)
    large = size.greater(shift) & size.less(math.inf)
    half = called("exp", select(large, size - shift, x.beside(0.0))) * 0.5
    signed = copysign(half, x)
    one = select(large, select(a.less(0.0), signed, half), a)
    other = select(large, select(b.less(0.0), signed, half), b)
    scale = select(large, factor, x.beside(1.0))
    real, imag = one * cosine * scale, other * sine * scale
    endless = size.equal(math.inf) & ~absolute(y).less(math.inf)
    return select(endless, absolute(a), real), imag


@emitter("sin", *BOTH)
def sin(z: Pair) -> Pair:
    """-i sinh(i z)."""
    turned = sinh(Pair(-z.imag, z.real))
    return Pair(turned.imag, -turned.real)


@emitter("cos", *BOTH)
def cos(z: Pair) -> Pair:
    """cosh(i z)."""
    return cosh(Pair(-z.imag, z.real))
