"""Hyperbolic functions and the logistic function."""

from __future__ import annotations

from ..scalars.builder import Term, absolute, copysign, fma, lower_of, select
from ..scalars.kinds import F32, F64
from ..scalars.registry import emitter
from .exponentials import exp, expm1_of_positive

#: From here on tanh is 1.
FLAT = {F64: 20.0, F32: 9.5}


@emitter("tanh", "f32", "f64")
def tanh(x: Term) -> Term:
    """expm1(2 |x|) / (expm1(2 |x|) + 2) with the sign of x; what the quotient y leaves is divided by 2 / (1 - y)."""
    t = expm1_of_positive(lower_of(absolute(x), FLAT[x.kind]) * 2.0)
    divisor = t + 2.0
    lost = select(t.less(2.0), t - (divisor - 2.0), 0.0)
    y = t / divisor
    left = fma(-y, divisor, t) - y * lost
    return copysign(fma(left, fma(y, -0.5, 0.5), y), x)


@emitter("sigmoid", "f32", "f64")
def sigmoid(x: Term) -> Term:
    """1 / (1 + exp(-x)) with the exponential of a number that is not positive; what is left is divided as in tanh."""
    e = exp(-absolute(x))
    negative = x.less(0.0)
    numerator = select(negative, e, 1.0)
    divisor = e + 1.0
    y = numerator / divisor
    left = fma(-y, divisor, numerator) - y * (e - (divisor - 1.0))
    return fma(left, select(negative, 1.0 - y, y), y)
