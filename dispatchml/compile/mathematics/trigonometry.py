"""Sine, cosine and tangent. Coefficients: benchmarks/fits/trigonometry.py."""

from __future__ import annotations

import math

from ..scalars.builder import Term, absolute, fma, select
from ..scalars.registry import computed_in, emitter, part
from .polynomial import polynomial
from .reduction import huge_quarter_turns, large, quarter_turns

#: (sin(r) - r) / r**3 and (cos(r) - 1 + r**2 / 2) / r**4 by powers of r**2 for |r| <= pi/4: 2**-56.8 and 2**-59.1.
SINE = (
    -0.1666666666666663, 0.008333333333322005, -0.0001984126982949558, 2.7557313587631498e-06, -2.505074230783535e-08,
    1.589590465437445e-10,
)  # fmt: skip
COSINE = (
    0.041666666666666595, -0.0013888888888872895, 2.4801587288748844e-05, -2.7557314148791113e-07,
    2.087569659244119e-09, -1.1358311375832582e-11,
)  # fmt: skip


def both(r: Term, low: Term) -> tuple[Term, Term]:
    """Sine and cosine of r + low for |r| up to pi/4 and a little more."""
    z = r * r
    cube = z * r
    sine = r + fma(cube, polynomial(z, SINE), fma(z * -0.5, low, low))
    half = z * 0.5
    near = 1.0 - half
    cosine = near + (((1.0 - near) - half) + fma(z * z, polynomial(z, COSINE), -(r * low)))
    return sine, cosine


def turned(r: Term, low: Term, n: Term) -> Term:
    """The sine of r + low and n quarter turns."""
    sine, cosine = both(r, low)
    y = select((n & 1).equal(0), sine, cosine)
    return (y.bits ^ ((n & 2) << 62)).floating()


@part("sin_huge_f64", ["f64"], attributes="noinline cold")
def sin_huge(x: Term) -> Term:
    """The sine of a large finite angle."""
    return turned(*huge_quarter_turns(x))


@part("cos_huge_f64", ["f64"], attributes="noinline cold")
def cos_huge(x: Term) -> Term:
    """The cosine of a large finite angle."""
    r, low, n = huge_quarter_turns(x)
    return turned(r, low, n + 1)


def is_huge(x: Term) -> Term:
    """Whether a finite angle is too large for quarter_turns."""
    size = absolute(x)
    return size.greater_equal(large(x.builder)) & size.less(math.inf)


@emitter("sin", "f64")
def sin(x: Term) -> Term:
    """The sine; nan of infinities."""
    y = turned(*quarter_turns(x))
    y = select(absolute(x).less(2.0**-27), x, y)
    return x.builder.rarely(is_huge(x), "sin_huge_f64", (x,), y)


@emitter("cos", "f64")
def cos(x: Term) -> Term:
    """The cosine; nan of infinities."""
    r, low, n = quarter_turns(x)
    return x.builder.rarely(is_huge(x), "cos_huge_f64", (x,), turned(r, low, n + 1))


computed_in("f64", "sin", "f32")
computed_in("f64", "cos", "f32")
