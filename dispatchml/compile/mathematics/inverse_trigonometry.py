"""Angles of given sine, cosine and tangent. Coefficients: benchmarks/fits/functions.py."""

from __future__ import annotations

import math

from ..scalars.builder import Term, absolute, copysign, fma, select, unary
from ..scalars.kinds import F32, F64
from ..scalars.registry import emitter
from .polynomial import polynomial

#: pi and pi/2 in two parts.
PI = {F64: (math.pi, 1.2246467991473532e-16), F32: (3.1415927410125732, -8.742277657347586e-08)}
HALF_PI = {F64: (math.pi / 2, 6.123233995736766e-17), F32: (1.5707963705062866, -4.371138828673793e-08)}
#: (arctan(x) / x - 1) / x**2 by powers of x**2 for |x| <= 1: 2**-55.4 and 2**-27.3.
TANGENT = {
    F64: (
        -0.33333333333333287, 0.19999999999991178, -0.14285714285082549, 0.1111111108792043, -0.09090908575735138,
        0.07692300076209638, -0.06666586999243056, 0.05881737705463751, -0.05259540479666352, 0.04745331605806218,
        -0.042875901372616876, 0.03823789366712199, -0.03283629492509268, 0.026224830721935054, -0.018696528649285966,
        0.011389254187428782, -0.005659528383758942, 0.0021742879963037674, -0.0006004313647172745,
        0.0001054141764513417, -8.800679629211279e-06,
    ),
    F32: (
        -0.33333301544189453, 0.19998635351657867, -0.1426520049571991, 0.109573133289814, -0.08418610692024231,
        0.05821867659687996, -0.031438570469617844, 0.01105454657226801, -0.0018248471897095442,
    ),
}  # fmt: skip
#: (arcsin(x) / x - 1) / x**2 by powers of x**2 for |x| <= 1/2: 2**-58.3 and 2**-27.1.
SINE = {
    F64: (
        0.16666666666666763, 0.07499999999969927, 0.044642857175458336, 0.03038194266663302, 0.022372216159500555,
        0.017351590777479556, 0.013981077036677381, 0.011396799715243905, 0.010792165187046053, 0.0036611541615013342,
        0.021818168600247614, -0.021156609062699692, 0.03272768508165659,
    ),
    F32: (0.16666753590106964, 0.07495223730802536, 0.04547955468297005, 0.0241345576941967, 0.04224222153425217),
}  # fmt: skip


def arctangent_of_ratio(y: Term, x: Term) -> tuple[Term, Term]:
    """(steep, a): whether y > x >= 0, and the angle of the point (x, y) from the axis that is nearer."""
    steep = y.greater(x)
    ratio = select(steep, x, y) / select(steep, y, x)
    z = ratio * ratio
    return steep, fma(ratio * z, polynomial(z, TANGENT[x.kind]), ratio)


@emitter("arctan", "f32", "f64")
def arctan(x: Term) -> Term:
    """The angle in [-pi/2, pi/2] whose tangent is x."""
    steep, angle = arctangent_of_ratio(absolute(x), x.builder.number(1.0, x.kind))
    high, low = HALF_PI[x.kind]
    return copysign(select(steep, x.beside(high) - (angle - low), angle), x)


@emitter("arctan2", "f32", "f64")
def arctan2(y: Term, x: Term) -> Term:
    """The angle in [-pi, pi] of a point, zeros and infinities as in C99."""
    kind, number = x.kind, x.builder.number
    ordinate, abscissa = absolute(y), absolute(x)
    equal = ordinate.equal(abscissa)  # both zero or infinite among them
    steep, angle = arctangent_of_ratio(select(equal, 1.0, ordinate), select(equal, 1.0, abscissa))
    angle = select(ordinate.equal(0.0) & equal, 0.0, angle)
    left = x.bits.less(0)
    zero = number(0.0, kind)
    high = select(steep, HALF_PI[kind][0], select(left, PI[kind][0], zero))
    low = select(steep, HALF_PI[kind][1], select(left, PI[kind][1], zero))
    angle = high + (select(steep ^ left, -angle, angle) + low)
    return select(x.is_nan | y.is_nan, x + y, copysign(angle, y))


def arcsine_part(size: Term) -> tuple[Term, Term, Term]:
    """(large, s, p): whether |x| > 1/2; then 2 (s + p) is the arc cosine of |x|, else s + p its arc sine."""
    large = size.greater(0.5)
    z = select(large, fma(size, -0.5, 0.5), size * size)
    s = select(large, unary("sqrt", z), size)
    return large, s, s * z * polynomial(z, SINE[size.kind])


@emitter("arcsin", "f32", "f64")
def arcsin(x: Term) -> Term:
    """The angle in [-pi/2, pi/2] whose sine is x; nan beyond 1."""
    large, s, p = arcsine_part(absolute(x))
    high, low = HALF_PI[x.kind]
    twice = s + s
    rest = s.beside(high) - twice
    lost = (s.beside(high) - rest) - twice
    far = rest - ((p + p - low) - lost)
    return copysign(select(large, far, s + p), x)


@emitter("arccos", "f32", "f64")
def arccos(x: Term) -> Term:
    """The angle in [0, pi] whose cosine is x; nan beyond 1."""
    kind = x.kind
    large, s, p = arcsine_part(absolute(x))
    high, low = HALF_PI[kind]
    near = x.beside(high) - (copysign(s, x) + (copysign(p, x) - low))
    right = (s + p) * 2.0
    high, low = PI[kind]
    left = x.beside(high) - ((s + s) + (p + p - low))
    return select(large, select(x.less(0.0), left, right), near)
