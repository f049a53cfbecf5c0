"""Functions that are written with others, by the formulas of the kernels that compute them uncompiled."""

from __future__ import annotations

import math

from ..scalars.builder import Term, absolute, select
from ..scalars.registry import emitter
from .hyperbolic import arctanh
from .logarithms import log, log1p
from .trigonometry import sin


@emitter("sinc", "f32", "f64")
def sinc(x: Term) -> Term:
    """sin(pi x) / (pi x), 1 at 0."""
    u = x * math.pi
    zero = u.equal(0.0)
    return select(zero, 1.0, sin(u) / select(zero, 1.0, u))


@emitter("logit", "f32", "f64")
def logit(x: Term) -> Term:
    """log(x / (1 - x)), and 2 arctanh(2 x - 1) where that is near 0."""
    near = arctanh(select(absolute(x - 0.5).less(0.25), x + x - 1.0, 0.0)) * 2.0
    return select(absolute(x - 0.5).less(0.25), near, log(x / (1.0 - x)))


@emitter("xlogy", "f32", "f64")
def xlogy(a: Term, b: Term) -> Term:
    """a log(b), with log(1) where a is zero and b a number."""
    return a * log(select(a.equal(0.0) & ~b.is_nan, 1.0, b))


@emitter("xlog1py", "f32", "f64")
def xlog1py(a: Term, b: Term) -> Term:
    """a log1p(b), with log1p(0) where a is zero and b a number."""
    return a * log1p(select(a.equal(0.0) & ~b.is_nan, 0.0, b))


@emitter("entr", "f32", "f64")
def entr(x: Term) -> Term:
    """-x log(x), 0 at 0, -inf below."""
    return select(x.less(0.0), -math.inf, -x * log(select(x.less_equal(0.0), 1.0, x)))


@emitter("rel_entr", "f32", "f64")
def rel_entr(a: Term, b: Term) -> Term:
    """a log(a / b) where both are positive, 0 where a is 0 and b is not negative, else inf."""
    inside = a.greater(0.0) & b.greater(0.0)
    edge = a.equal(0.0) & b.greater_equal(0.0)
    unknown = select(a.is_nan | b.is_nan, a + b, math.inf)
    outside = select(edge, 0.0, unknown)
    return select(inside, a * log(select(inside, a, 1.0) / select(inside, b, 1.0)), outside)


@emitter("kl_div", "f32", "f64")
def kl_div(a: Term, b: Term) -> Term:
    """rel_entr(a, b) - a + b."""
    return rel_entr(a, b) - a + b
