"""Inverses of the error function and of the normal distribution. Coefficients: benchmarks/fits/functions.py.

With w = -log(1 - x**2), erfinv(x) is x times a smooth function of w, for large w of sqrt(w) (M. Giles, "Approximating
the erfinv function", GPU Computing Gems 2, 2011).
"""

from __future__ import annotations

import math

from ..scalars.builder import Term, fma, select, unary
from ..scalars.kinds import F64
from ..scalars.registry import computed_in, emitter, part
from .doubles import Two, left_over, quick_two_sum, two_product, two_sum
from .error_tails import scaled_tail
from .logarithms import log
from .polynomial import polynomial

#: erfinv(x) / x by powers of w - 3.125 for w <= 6.25: 2**-54.2; the first coefficients in two parts.
CENTRE, CENTRE_FIRST = 3.125, (1.6536545626831027, 6.8687026462863114e-18)
NEAR = (
    0.24015818242558826, -0.006033670871427759, -0.0007407025341539601, 0.00018673420802427479,
    -1.3882523395775036e-05, -1.3654691844668025e-06, 4.2347881905422047e-07, -2.9070382746622476e-08,
    -4.112661959720758e-09, 1.0512183839431808e-09, -5.4142398388025754e-11, -1.2976953688185282e-11,
    2.6303570684705493e-12, -8.117101937861409e-14, -3.999025902750352e-14, 6.5948210666559626e-15,
    -4.2805768056772404e-17, -1.3004880294910308e-16, 1.5755131947297272e-17, 1.144852497828067e-18,
    -3.573454196019336e-19, -1.0176874171264821e-21, 3.371858327390274e-21,
)  # fmt: skip
#: ... by powers of sqrt(w) - 3.25 for 2.5 <= sqrt(w) <= 4: 2**-54.6.
MIDDLE, MIDDLE_FIRST = 3.25, (3.0838856104922208, -1.3151546628809034e-16)
FURTHER = (
    1.0052589676941657, 0.005370914553570946, -0.0037512085082630486, 0.002491442097016404, -0.0016882755342487068,
    0.000953289363114116, -0.00035503783086883066, 2.4031262743310525e-05, 6.828724909022504e-05,
    -4.731901339870762e-05, 1.2464431927840096e-05, 2.925817086741308e-06, -3.984074315867211e-06,
    1.4985593080173613e-06, -3.027017664359998e-08, -2.7120005716777657e-07, 1.3394556985984345e-07,
    6.39916653802727e-10, -1.6188484101648766e-08,
)  # fmt: skip
#: ... by powers of sqrt(w) - 5.05 for 4 <= sqrt(w) <= 6.1: 2**-53.6.
END, END_FIRST = 5.05, (4.90042105144364, 3.9742174761508907e-16)
FAR = (
    1.0102850175977711, -0.00016985809149406458, -0.00020031200663181585, 7.124031543839526e-05,
    -1.8374536912322738e-05, 4.193853605750716e-06, -9.070804159166514e-07, 2.0161974451009613e-07,
    -5.4954011462770545e-08, 2.1820037149131904e-08, -1.1156606821125265e-08, 5.8086620732827486e-09,
    -2.7020547764148673e-09, 1.0458436993169667e-09, -3.2801522531144477e-10, 7.865684127468565e-11,
    2.2411133970028555e-12, -1.5681777494667725e-11, 5.090734242698955e-12,
)  # fmt: skip
#: Beyond this w, which 1 - |x| reaches only where it is given itself, Newton's method is used.
LARGEST = 37.2
ROOT_2 = (1.4142135623730951, -9.667293313452913e-17)


def factor(w: Term) -> Two:
    """erfinv(x) / x as a sum."""
    s = unary("sqrt", w)
    lost = left_over(w, s, s) * (0.5 / s)  # by which the root is too small; the factor grows as the root does
    centre, middle = w.less(6.25), s.less(4.0)
    u = select(centre, w - CENTRE, select(middle, s - MIDDLE, s - END))

    def chosen(a: Term | float, b: Term | float, c: Term | float) -> Term:
        return select(centre, u.beside(a), select(middle, u.beside(b), c))

    inner = chosen(*(polynomial(u, c[1:]) for c in (NEAR, FURTHER, FAR)))
    slope, slope_low = quick_two_sum(chosen(NEAR[0], FURTHER[0], FAR[0]), u * inner)
    product, product_low = two_product(u, slope)
    first, first_low = (chosen(*c) for c in zip(CENTRE_FIRST, MIDDLE_FIRST, END_FIRST, strict=True))
    y, y_low = quick_two_sum(first, product)
    return y, y_low + fma(u, slope_low, product_low) + (first_low + select(centre, 0.0, lost))


@emitter("erfinv", "f64")
def erfinv(x: Term) -> Term:
    """The inverse of erf; infinite at -1 and 1, nan beyond."""
    y, low = factor(-log((1.0 - x) * (x + 1.0)))
    size = unary("fabs", x)
    end = select(size.equal(1.0), x * math.inf, x.builder.number(math.nan, F64))
    return select(size.less(1.0), fma(x, y, x * low), end)


def tail(y: Term) -> Term:
    """erfcinv(y) for tiny y: Newton's steps for z**2 - log(exp(z**2) erfc(z)) = -log(y)."""
    target = -log(y)
    z = unary("sqrt", target - log(target * math.pi) * 0.5)
    for _ in range(3):
        scaled = sum_of(scaled_tail(z))
        excess = fma(z, z, -log(scaled)) - target
        z = z - excess * scaled * (math.sqrt(math.pi) / 2)
    return z


def sum_of(two: Two) -> Term:
    """A sum of two, rounded."""
    return two[0] + two[1]


@part("erfcinv_tail_f64", ["f64"], attributes="noinline cold")
def erfcinv_of_tail(y: Term) -> Term:
    """erfcinv(y) for tiny y."""
    return tail(y)


@part("ndtri_tail_f64", ["f64"], attributes="noinline cold")
def ndtri_of_tail(p: Term) -> Term:
    """ndtri(p) for tiny p."""
    return tail(p + p) * -math.sqrt(2.0)


def with_tail(name: str, given: Term, y: Term, z: Term) -> Term:
    """z, but what the function for tiny numbers gives for those, and the ends: nan beyond them."""
    near = (y * (2.0 - y)).less(math.exp(-LARGEST)) & y.greater(0.0) & y.less(1.0)
    z = given.builder.rarely(near, f"{name}_tail_f64", (given,), z)
    sign = 1.0 if name == "erfcinv" else -1.0
    inside = y.greater(0.0) & y.less(2.0)
    end = select(y.equal(0.0), sign * math.inf, select(y.equal(2.0), z.beside(-sign * math.inf), math.nan))
    return select(inside, z, end)


@emitter("erfcinv", "f64")
def erfcinv(y: Term) -> Term:
    """The inverse of erfc; infinite at 0 and 2, nan outside."""
    x, x_low = two_sum(y.beside(1.0), -y)
    f, f_low = factor(-log(y * (2.0 - y)))
    return with_tail("erfcinv", y, y, fma(x, f, fma(x, f_low, x_low * f)))


@emitter("ndtri", "f64")
def ndtri(p: Term) -> Term:
    """The inverse of ndtr: -sqrt(2) erfcinv(2 p)."""
    y = p + p
    x, x_low = two_sum(y, y.beside(-1.0))
    f, f_low = factor(-log(y * (2.0 - y)))
    g, g_low = two_product(f, ROOT_2[0])
    g_low = g_low + fma(f, ROOT_2[1], f_low * ROOT_2[0])
    return with_tail("ndtri", p, y, fma(x, g, fma(x, g_low, x_low * g)))


for each in ("erfinv", "erfcinv", "ndtri"):
    computed_in("f64", each, "f32")
