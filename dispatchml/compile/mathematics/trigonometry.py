"""Sine, cosine and tangent. Coefficients: benchmarks/fits/functions.py."""

from __future__ import annotations

import math

from ..scalars.builder import Term, absolute, fma, select
from ..scalars.casts import converted
from ..scalars.kinds import F32, F64
from ..scalars.registry import emitter, part
from .doubles import Two, left_over, quick_two_sum
from .polynomial import polynomial
from .reduction import huge_quarter_turns, large, quarter_turns

#: (sin(r) - r) / r**3 and (cos(r) - 1 + r**2 / 2) / r**4 by powers of r**2 for |r| <= pi/4: 2**-56.8 and 2**-59.1,
#: in single precision 2**-28.0 and 2**-32.8.
SINE = {
    F64: (
        -0.1666666666666663, 0.008333333333322005, -0.0001984126982949558, 2.7557313587631498e-06,
        -2.505074230783535e-08, 1.589590465437445e-10,
    ),
    F32: (-0.1666666716337204, 0.008333329111337662, -0.0001983930415008217, 2.718046516747563e-06),
}  # fmt: skip
COSINE = {
    F64: (
        0.041666666666666595, -0.0013888888888872895, 2.4801587288748844e-05, -2.7557314148791113e-07,
        2.087569659244119e-09, -1.1358311375832582e-11,
    ),
    F32: (0.04166664555668831, -0.0013887309469282627, 2.4432414647890255e-05),
}  # fmt: skip


def both(r: Term, low: Term) -> tuple[Two, Two]:
    """Sine and cosine of r + low for |r| up to pi/4 and a little more, each with what its last sum lost."""
    z = r * r
    cube = z * r
    sine = quick_two_sum(r, fma(cube, polynomial(z, SINE[r.kind]), fma(z * -0.5, low, low)))
    half = z * 0.5
    near = 1.0 - half
    rest = ((1.0 - near) - half) + fma(z * z, polynomial(z, COSINE[r.kind]), -(r * low))
    return sine, quick_two_sum(near, rest)


def turned(r: Term, low: Term, n: Term) -> Term:
    """The sine of r + low and n quarter turns."""
    (sine, _), (cosine, _) = both(r, low)
    y = select((n & 1).equal(0), sine, cosine)
    return (y.bits ^ ((n & 2) << (r.kind.bits - 2))).floating(r.kind)


def tangent(r: Term, low: Term, n: Term) -> Term:
    """The tangent of r + low and n quarter turns: what the quotient leaves is divided as well."""
    (sine, sine_low), (cosine, cosine_low) = both(r, low)
    odd = (n & 1).not_equal(0)
    above, above_low = select(odd, -cosine, sine), select(odd, -cosine_low, sine_low)
    below, below_low = select(odd, sine, cosine), select(odd, sine_low, cosine_low)
    inverse = 1.0 / below
    y = above * inverse
    left = left_over(above, y, below) + (above_low - y * below_low)
    return fma(left, inverse, y)


def is_huge(x: Term) -> Term:
    """Whether a finite angle is too large for quarter_turns."""
    size = absolute(x)
    return size.greater_equal(large(x.builder, x.kind)) & size.less(math.inf)


def small(x: Term, y: Term) -> Term:
    """y, but x itself where x is so small that rounding makes them equal: it has the sign of zeros."""
    return select(absolute(x).less(2.0 ** -(x.kind.digits // 2 + 1)), x, y)


@emitter("sin", "f32", "f64")
def sin(x: Term) -> Term:
    """The sine; nan of infinities."""
    y = small(x, turned(*quarter_turns(x)))
    return x.builder.rarely(is_huge(x), f"sin_huge_{x.kind.name}", (x,), y)


@emitter("cos", "f32", "f64")
def cos(x: Term) -> Term:
    """The cosine; nan of infinities."""
    r, low, n = quarter_turns(x)
    return x.builder.rarely(is_huge(x), f"cos_huge_{x.kind.name}", (x,), turned(r, low, n + 1))


@emitter("tan", "f32", "f64")
def tan(x: Term) -> Term:
    """The tangent; nan of infinities."""
    y = small(x, tangent(*quarter_turns(x)))
    return x.builder.rarely(is_huge(x), f"tan_huge_{x.kind.name}", (x,), y)


RARE = "noinline cold"


@part("sin_huge_f64", ["f64"], attributes=RARE)
def sin_huge(x: Term) -> Term:
    """The sine of a large finite angle."""
    return turned(*huge_quarter_turns(x))


@part("cos_huge_f64", ["f64"], attributes=RARE)
def cos_huge(x: Term) -> Term:
    """The cosine of a large finite angle."""
    r, low, n = huge_quarter_turns(x)
    return turned(r, low, n + 1)


@part("tan_huge_f64", ["f64"], attributes=RARE)
def tan_huge(x: Term) -> Term:
    """The tangent of a large finite angle."""
    return tangent(*huge_quarter_turns(x))


def of_singles(name: str) -> None:
    """Declare the function of a large angle in single precision, by way of double precision."""

    @part(f"{name}_huge_f32", ["f32"], attributes=RARE)
    def huge(x: Term) -> Term:
        return converted(x.builder.call(f"{name}_huge_f64", F64, converted(x, F64)), F32)

    huge.__name__ = f"{name}_huge"


for each in ("sin", "cos", "tan"):
    of_singles(each)
