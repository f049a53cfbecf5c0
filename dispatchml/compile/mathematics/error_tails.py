"""What is left of 1 in the error function and in the normal distribution.

Coefficients: benchmarks/fits/functions.py. The form is that of M. Shepherd and J. Laframboise, "Chebyshev
approximation of (1 + 2 x) exp(x**2) erfc x in 0 <= x < inf", Mathematics of Computation 36, 1981.
"""

from __future__ import annotations

from ..scalars.builder import Term, absolute, fma, lower_of, select
from ..scalars.kinds import F64
from ..scalars.registry import computed_in, emitter
from .doubles import Two, left_over, quick_two_sum, two_product, two_sum
from .errors import NEAR
from .exponentials import EXP, reduced, scaled
from .logarithms import log, log1p
from .polynomial import polynomial

#: exp(x**2) erfc(x) (1 + 2 x) by powers of t = (x - 3) / (x + 3) for x >= 0: 2**-56.1, the first one in two parts.
FIRST = (1.2530080582697296, 3.782597939876567e-17)
TAIL = (
    -0.1356211061245812, -0.04756229435344871, 0.12964515870276253, -0.11927366341541083, 0.06830802734392534,
    -0.023770514916692236, 0.002529391816742335, 0.0018886903401753212, -0.000779832276853921, -0.00010515969105738753,
    0.00012509937258980923, 4.94909011183626e-06, -2.010062307771653e-05, -7.305670787480359e-07,
    3.4725127333417783e-06, 3.553352881360907e-07, -6.167630756344673e-07, -1.4001941547209765e-07,
    1.0195215171186281e-07, 4.075327993454523e-08, -1.3360178812859941e-08, -8.096478083458524e-09,
    9.94618508209518e-10, 8.187528881031301e-10,
)  # fmt: skip
#: Here 1 / (x sqrt(pi)) is exp(x**2) erfc(x).
FAR = 1e10
INVERSE_ROOT_PI = 0.5641895835477563
ROOT_HALF = (0.7071067811865476, -4.833646656726457e-17)


def scaled_tail(x: Term) -> Two:
    """exp(x**2) erfc(x) as a sum, for 0 <= x <= FAR."""
    divisor, divisor_low = two_sum(x + x, x.beside(1.0))
    sum_ = x + 3.0
    inverse = 1.0 / (divisor * sum_)
    t = (x - 3.0) * divisor * inverse
    q = sum_ * inverse
    q_low = q * (left_over(x.beside(1.0), q, divisor) - q * divisor_low)
    g, g_low = quick_two_sum(FIRST[0], t * polynomial(t, TAIL))
    p, p_low = two_product(g, q)
    return p, p_low + fma(g, q_low, (g_low + FIRST[1]) * q)


def exp_times(x: Term, low: Term, y: Term, y_low: Term) -> Term:
    """exp(x + low) (y + y_low), rounded at the end."""
    r, n = reduced(x)
    top = r + 1.0
    rest = fma(r * r, polynomial(r, EXP[F64]), r - (top - 1.0))
    rest = fma(low, top + rest, rest)
    e, e_low = quick_two_sum(top, rest)
    return scaled(fma(e, y, fma(e, y_low, e_low * y)), n)


def near_zero(x: Term) -> Term:
    """1 - erf(x) for |x| <= 3/4."""
    top, top_low = quick_two_sum(1.0, -x)
    return top + (top_low - x * polynomial(x * x, NEAR[F64]))


@emitter("erfc", "f64")
def erfc(x: Term) -> Term:
    """1 - erf(x) near 0; else exp(-x**2) times the scaled tail, from 2 for negative x."""
    size = lower_of(absolute(x), 28.0)
    square, low = two_product(size, size)
    tail = exp_times(-square, -low, *scaled_tail(size))
    y = select(x.less(0.0), 2.0 - tail, tail)
    return select(size.less(0.75), near_zero(select(size.less(0.75), x, 0.0)), y)


@emitter("erfcx", "f64")
def erfcx(x: Term) -> Term:
    """exp(x**2) erfc(x)."""
    size = absolute(x)
    small = size.less(0.75)
    p, p_low = scaled_tail(lower_of(size, FAR))
    tail = select(size.greater(FAR), INVERSE_ROOT_PI / size, p + p_low)
    inside = lower_of(size, 27.0)
    square, low = two_product(inside, inside)
    factor = select(small, near_zero(select(small, x, 0.0)), 1.0)
    whole = exp_times(lower_of(square, 720.0), low, factor, x.beside(0.0))
    return select(small, whole, select(x.less(0.0), (whole - tail * 0.5) * 2.0, tail))


def normal_scaled_tail(size: Term) -> Two:
    """The scaled tail at size / sqrt(2), whose rounding enters by the derivative, 2 x tail - 2 / sqrt(pi)."""
    x, low = two_product(size, ROOT_HALF[0])
    p, p_low = scaled_tail(x)
    slope = fma(x + x, p, x.beside(-2.0 * INVERSE_ROOT_PI))
    return p, fma(fma(size, ROOT_HALF[1], low), slope, p_low)


def normal_tail(size: Term) -> Term:
    """The probability of more than size >= 0 of a standard normal number."""
    size = lower_of(size, 39.0)
    square, low = two_product(size, size)
    p, p_low = normal_scaled_tail(size)
    return exp_times(square * -0.5, low * -0.5, p * 0.5, p_low * 0.5)


@emitter("ndtr", "f64")
def ndtr(x: Term) -> Term:
    """The cumulative distribution function of the standard normal distribution."""
    tail = normal_tail(absolute(x))
    half = x * (ROOT_HALF[0] * 0.5)
    near = fma(half, polynomial(x * x * 0.5, NEAR[F64]), half) + 0.5
    return select(absolute(x).less(0.6), near, select(x.less(0.0), tail, 1.0 - tail))


@emitter("log_ndtr", "f64")
def log_ndtr(x: Term) -> Term:
    """log(ndtr(x)): that of the scaled tail less x**2 / 2 below -1, that of one less the other tail above 0."""
    size = absolute(x)
    p, p_low = normal_scaled_tail(lower_of(size, FAR))
    far = select(size.greater(FAR), INVERSE_ROOT_PI / ROOT_HALF[0] / size, p + p_low)
    out = x.less(-1.0)
    logarithm = log(select(out, far * 0.5, ndtr(-size)))
    below = select(out, fma(x * -0.5, x, logarithm), logarithm)
    return select(x.less(0.0), below, log1p(-ndtr(-size)))


for each in ("erfc", "erfcx", "ndtr", "log_ndtr"):
    computed_in("f64", each, "f32")
