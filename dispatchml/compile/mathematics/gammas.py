"""log(|gamma|) and its derivative: polynomials from 3/4 to 5/2, recurrences around them, Stirling's series beyond.

Coefficients: benchmarks/fits/functions.py. Negative arguments are rare and are reflected in scalar functions; near the
zeros between negative whole numbers errors are small beside 1, not beside the result, as SciPy's are.
"""

from __future__ import annotations

import math

from ..scalars.builder import Term, absolute, fma, select, unary
from ..scalars.kinds import F64
from ..scalars.registry import computed_in, emitter, part
from .doubles import Two, left_over, quick_two_sum, two_product, two_sum
from .inverse_trigonometry import PI
from .logarithms import log
from .polynomial import polynomial
from .powers import exp_of_two, log_in_two
from .trigonometry import both

#: log(gamma(1 + e)) / e for -1/4 <= e <= 1/2: 2**-53.2, and log(gamma(2 + e)) / e for |e| <= 1/2: 2**-54.4, the first
#: coefficients in two parts.
AT_ONE_FIRST = (-0.5772156649015329, 4.677286429730759e-18)
AT_ONE = (
    0.8224670334241131, -0.40068563438653076, 0.2705808084278406, -0.20738555102899703, 0.1695571769875297,
    -0.14404989670960006, 0.12550967026265536, -0.11133427108789196, 0.10009943246827717, -0.09095377350753042,
    0.08335408453920377, -0.07693866834761928, 0.0714408102592783, -0.06659228742294589, 0.06224984231408112,
    -0.059052872204149294, 0.05798951652499496, -0.05631604344263334, 0.04604513435095845, -0.025279215217959325,
    0.006563822957105214,
)  # fmt: skip
AT_TWO_FIRST = (0.42278433509846713, 5.272017744030542e-18)
AT_TWO = (
    0.32246703342411326, -0.06735230105319831, 0.020580808427780505, -0.0073855510286493075, 0.002890510331027756,
    -0.0011927539127737066, 0.0005096695155647106, -0.00022315473487537037, 9.945767165605573e-05,
    -4.492653419969335e-05, 2.050560408647763e-05, -9.437217824334758e-06, 4.38465151859058e-06,
    -2.0498215530270635e-06, 9.201633258428259e-07, -4.1991568746535163e-07, 2.786464840107606e-07,
    -1.4339409171085597e-07,
)  # fmt: skip
#: What log(gamma(x)) exceeds (x - 1/2) log(x) - x + log(2 pi) / 2 by, times x, by powers of x**-2 for x >= 8: 2**-61.2.
STIRLING = (
    0.0833333333333331, -0.0027777777773566035, 0.0007936505756575148, -0.0005951895486881849, 0.0008364490192606038,
    -0.0016331863219772305,
)  # fmt: skip
HALF_LOG_2_PI = (0.9189385332046728, -3.8782941580672414e-17)
#: digamma(2 + u) / (2 + u - ZERO) for |u| <= 1: 2**-54.4, the first one in two parts.
DIGAMMA_FIRST = (0.7853075386041053, -1.949529426696043e-17)
DIGAMMA = (
    -0.2607389546830014, 0.10899991701762608, -0.04955103291766909, 0.023447309597736908,
    -0.011338432553494676, 0.0055522541710246376, -0.0027395728800036884, 0.0013581421948568684, -0.0006753134050107059,
    0.00033643233923266383, -0.0001678149414043504, 8.377986178681361e-05, -4.184737500458731e-05,
    2.0891000310589062e-05, -1.0437366179924556e-05, 5.270499215756628e-06, -2.6422843919143957e-06,
    1.2088358444734192e-06, -5.92174524669229e-07, 4.656356577130518e-07, -2.467109361840652e-07,
    -5.973660089211353e-08, 4.083624703895615e-08, 1.1724615270181936e-07, -6.431521628718657e-08,
    -3.630707466371506e-08, 1.990168698624091e-08, 1.0289308666985011e-08, -5.385318298532967e-09,
)  # fmt: skip
ZERO = (1.4616321449683622, 9.549995429965697e-17)
#: log(x) - 1 / (2 x) - digamma(x), times x**2, by powers of x**-2 for x >= 5: 2**-61.4.
DIGAMMA_STIRLING = (
    0.08333333333333301, -0.00833333333299323, 0.0039682538469374634, -0.004166645319890937, 0.007573609966129359,
    -0.020959848121792447, 0.07808454891394447, -0.30916655831356, 0.8081235031964653,
)  # fmt: skip


def e_times_polynomial(e: Term, upper: Term) -> Term:
    """log(gamma(1 + e)), or log(gamma(2 + e)): the last two of the polynomial's sums without rounding."""

    def either(two: float, one: float) -> Term:
        return select(upper, e.beside(two), one)

    inner = select(upper, polynomial(e, AT_TWO[1:]), polynomial(e, AT_ONE[1:]))
    slope, slope_low = quick_two_sum(either(AT_TWO[0], AT_ONE[0]), e * inner)
    product, product_low = two_product(e, slope)
    low = fma(e, slope_low, product_low) + either(AT_TWO_FIRST[1], AT_ONE_FIRST[1])
    y, y_low = quick_two_sum(either(AT_TWO_FIRST[0], AT_ONE_FIRST[0]), product)
    return fma(e, y, e * (y_low + low))


def gammaln_in_two(x: Term) -> Two:
    """log(gamma(x)) as a sum for x > 0, right to some 2**-60 of the larger of it and 1."""
    number = x.builder.number
    small, large = x.less(0.75), x.greater_equal(8.0)
    # from 5/2 to 8 the argument goes down to [3/2, 5/2), and the factors on the way into one logarithm
    factors, factors_low, y = number(1.0, F64), number(0.0, F64), x
    for k in range(1, 7):
        above, factor = x.greater_equal(k + 1.5), x - float(k)
        product, product_low = two_product(factors, factor)
        factors_low = select(above, fma(factors_low, factor, product_low), factors_low)
        factors = select(above, product, factors)
        y = select(above, factor, y)
    y = select(small, x + 1.0, select(large, 2.0, y))
    upper = y.greater_equal(1.5)
    e = select(small, select(upper, x - 1.0, x), y - select(upper, number(2.0, F64), 1.0))
    near = e_times_polynomial(e, upper)
    logarithm, low = log_in_two(select(small | large, x, factors))
    low = select(large | small, low, low + factors_low / factors)
    sign = select(small, number(-1.0, F64), 1.0)
    middle, middle_low = two_sum(logarithm * sign, near)

    product, product_low = two_product(logarithm, x - 0.5)
    far, far_low = quick_two_sum(product, -x)
    inverse = 1.0 / x
    series = inverse * polynomial(inverse * inverse, STIRLING)
    far, rest = two_sum(far, number(HALF_LOG_2_PI[0], F64))
    far_low = far_low + rest + fma(low, x - 0.5, product_low) + (series + HALF_LOG_2_PI[1])
    far, far_low = quick_two_sum(far, far_low)
    huge = x.greater(1e300)
    far = select(huge, x * (logarithm - 1.0), far)
    finite = x.less(math.inf)
    y = select(finite, select(large, far, middle), x)
    return y, select(huge | ~finite, 0.0, select(large, far_low, fma(low, sign, middle_low)))


def gammaln_of_positive(x: Term) -> Term:
    """log(gamma(x)) for x > 0."""
    y, low = gammaln_in_two(x)
    return y + low


def sine_of_pi_times(x: Term) -> tuple[Two, Term]:
    """|sin(pi x)|, and |cos(pi x)| with the sign of tan(pi x)'s inverse; each with what its rounding lost left out."""
    part_ = x - unary("rint", x)
    size = absolute(part_)
    steep = size.greater(0.25)
    t = select(steep, 0.5 - size, size)
    angle, low = two_product(t, PI[F64][0])
    (sine, sine_low), (cosine, cosine_low) = both(angle, fma(t, PI[F64][1], low))
    return (select(steep, cosine, sine), select(steep, sine, cosine)), part_


@part("gammaln_negative_f64", ["f64"], attributes="noinline cold")
def gammaln_of_negative(x: Term) -> Term:
    """log(pi / |x sin(pi x)|) - log(gamma(|x|)), -log(|x|) next to 0."""
    size = absolute(x)
    (sine, _), _ = sine_of_pi_times(x)
    tiny = size.less(2.0**-60)
    reflected = -log(select(tiny, 1.0, size) * sine * (1.0 / math.pi)) - gammaln_of_positive(select(tiny, 1.0, size))
    y = select(tiny, -log(size), reflected)
    return select(sine.equal(0.0) & ~tiny, math.inf, y)


@emitter("gammaln", "f64")
def gammaln(x: Term) -> Term:
    """log(|gamma(x)|); infinite at 0 and at negative whole numbers."""
    y = gammaln_of_positive(select(x.greater(0.0) | x.is_nan, x, 1.0))
    y = x.builder.rarely(x.less_equal(0.0) & x.greater(-math.inf), "gammaln_negative_f64", (x,), y)
    return select(x.equal(-math.inf), x, y)


def gamma_of_positive(x: Term) -> Term:
    """gamma(x) for x > 0."""
    y, low = gammaln_in_two(x)
    return exp_of_two(y, select(y.less(800.0), low, 0.0))


@part("gamma_negative_f64", ["f64"], attributes="noinline cold")
def gamma_of_negative(x: Term) -> Term:
    """-pi / (x sin(pi x) gamma(-x)), gamma(-x) less an exponent where it overflows before its inverse is zero."""
    size = absolute(x)
    (sine, _), apart = sine_of_pi_times(x)
    logarithm, low = gammaln_in_two(select(size.less(1.0), 1.0, size))
    far = size.greater(150.0)
    other = exp_of_two(select(far, logarithm - 200.0, logarithm), low)
    y = PI[F64][0] / (select(size.less(1.0), 1.0, size) * sine * other)
    y = y * select(far, 1.3838965267367376e-87, y.builder.number(1.0, F64))
    odd = unary("floor", x * 0.5) * 2.0 - unary("floor", x)
    y = select(odd.not_equal(0.0), -y, y)
    # above -1 one step up: gamma(x) = gamma(1 + x) / x
    y = select(size.less(1.0), gamma_of_positive(1.0 - select(size.less(1.0), size, 0.5)) / x, y)
    return select(apart.equal(0.0) & size.greater(0.5), y.builder.number(math.nan, F64), y)


@emitter("gamma", "f64")
def gamma(x: Term) -> Term:
    """The gamma function: nan at negative whole numbers, infinite with the sign of zeros."""
    y = gamma_of_positive(select(x.greater(0.0) | x.is_nan, x, 1.0))
    y = x.builder.rarely(x.less_equal(0.0) & x.greater(-math.inf), "gamma_negative_f64", (x,), y)
    return select(x.equal(-math.inf), x.builder.number(math.nan, F64), y)


@emitter("factorial", "f64")
def factorial(x: Term) -> Term:
    """gamma(x + 1), 0 for negative x."""
    negative = x.less(0.0)
    return select(negative, 0.0, gamma_of_positive(select(negative, 1.0, x + 1.0)))


def digamma_of_positive(x: Term) -> Term:
    """digamma(x) for x > 0."""
    small, large = x.less(1.0), x.greater_equal(3.0)
    y = select(large, 2.0, x)
    u = select(small, x - 1.0, y - 2.0)
    apart = select(small, x - (ZERO[0] - 1.0), y - ZERO[0])
    away = apart - ZERO[1]
    slope, slope_low = quick_two_sum(DIGAMMA_FIRST[0], fma(u, polynomial(u, DIGAMMA), DIGAMMA_FIRST[1]))
    near = fma(away, slope, fma(away, slope_low, ((apart - away) - ZERO[1]) * slope))
    near = select(small, near - 1.0 / x, near)

    # two steps up: 1 / x + 1 / (x + 1)
    up = x.less(5.0)
    z = select(up, x + 2.0, x)
    above, above_low = two_sum(x + x, x.beside(1.0))
    below, below_low = two_product(x, x)
    below, lost = two_sum(below, x)
    inverse = 1.0 / below
    steps = above * inverse
    left = left_over(above, steps, below) + (above_low - steps * (below_low + lost))
    steps, steps_low = select(up, steps, 0.0), select(up, left * inverse, 0.0)
    logarithm, low = log_in_two(z)
    inverse = 1.0 / z
    square = inverse * inverse
    rest = fma(square, polynomial(square, DIGAMMA_STIRLING), inverse * 0.5)
    far, lost = two_sum(logarithm, -steps)
    far = far + (lost + low - rest - steps_low)
    return select(large, select(x.less(math.inf), far, x), near)


@part("digamma_negative_f64", ["f64"], attributes="noinline cold")
def digamma_of_negative(x: Term) -> Term:
    """digamma(1 - x) - pi / tan(pi x)."""
    (sine, cosine), part_ = sine_of_pi_times(x)
    ratio = cosine / sine
    ratio = select(part_.less(0.0), -ratio, ratio)
    y = digamma_of_positive(1.0 - x) - ratio * math.pi
    y = select(part_.equal(0.0), x.builder.number(math.nan, F64), y)
    near = absolute(x).less(2.0**-60)
    return select(near, -1.0 / x, y)


@emitter("digamma", "f64")
def digamma(x: Term) -> Term:
    """The derivative of log(gamma); nan at negative whole numbers, infinite at zeros."""
    y = digamma_of_positive(select(x.greater(0.0) | x.is_nan, x, 1.0))
    y = x.builder.rarely(x.less_equal(0.0) & x.greater(-math.inf), "digamma_negative_f64", (x,), y)
    return select(x.equal(-math.inf), x.builder.number(math.nan, F64), y)


for each in ("gammaln", "gamma", "factorial", "digamma"):
    computed_in("f64", each, "f32")
