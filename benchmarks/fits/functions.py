"""Where the coefficients of the compiled mathematics come from: python functions.py [name ...].

For each table the error, in bits, of the coefficients in the code and of a new fit; with names the new fit itself, too.
"""

import functools
import sys

import mpmath as mp
from remez import fit, rounded

from dispatchml.compile.mathematics import (
    error_tails,
    errors,
    exponentials,
    gammas,
    hyperbolic,
    inverse_errors,
    inverse_trigonometry,
    logarithms,
    powers,
    roots,
    trigonometry,
)
from dispatchml.compile.scalars.kinds import F32, F64
from dispatchml.testing.exact_functions import erfcinv

TINY = mp.mpf(10) ** -7
ROOT = (mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)
HALF_LOG_2 = mp.log(2) / 2 * mp.mpf("1.0005")
QUARTER_TURN = (mp.pi / 4 * mp.mpf("1.001")) ** 2
DIGAMMA_ZERO = mp.findroot(mp.digamma, mp.mpf("1.46"))


def of_root(f):
    """f(sqrt(z)) as a function of z."""
    return lambda z: f(mp.sqrt(z))


def erfcx(x):
    """exp(x**2) erfc(x)."""
    if x < 20:
        return mp.exp(x * x) * mp.erfc(x)
    terms = sum((-1) ** k * mp.fac2(2 * k - 1) / (2 * x * x) ** k for k in range(25))
    return terms / (x * mp.sqrt(mp.pi))


def tail(t):
    """erfcx(x) (1 + 2 x) at x = 3 (1 + t) / (1 - t)."""
    if t >= 1 - mp.mpf(10) ** -12:
        return 2 / mp.sqrt(mp.pi)
    x = 3 * (1 + t) / (1 - t)
    return erfcx(x) * (1 + 2 * x)


def stirling(x):
    """x times what log(gamma(x)) exceeds Stirling's formula by."""
    return (mp.loggamma(x) - ((x - 0.5) * mp.log(x) - x + mp.log(2 * mp.pi) / 2)) * x


def digamma_quotient(u):
    """digamma(2 + u) / (2 + u - zero)."""
    apart = u + 2 - DIGAMMA_ZERO
    return mp.digamma(u + 2) / apart if abs(apart) > mp.mpf(10) ** -20 else mp.psi(1, DIGAMMA_ZERO)


@functools.cache
def erfinv_factor(w):
    """erfinv(x) / x at w = -log(1 - x**2)."""
    if w < mp.mpf(10) ** -12:
        return mp.sqrt(mp.pi) / 2
    rest = mp.exp(-w)
    x = mp.sqrt(1 - rest)
    return erfcinv(rest / (1 + x)) / x


def both(table):
    """The tables of double and single precision."""
    return {"f64": table[F64], "f32": table[F32]}


def in_exp(r):
    return (mp.expm1(r) - r) / r**2


def in_log(s):
    return ((mp.log1p(s) - mp.log1p(-s)) / s - 2) / s**2


def in_power(s):
    return (((mp.log1p(s) - mp.log1p(-s)) / (2 * s) - 1) - s**2 / 3) / s**4


def ratio(f):
    """Of z, the weight that makes errors of (f(x) / x - 1) / x**2 relative to f."""
    return lambda z: z * mp.sqrt(z) / f(mp.sqrt(z))


def cube(f):
    """(f(x) / x - 1) / x**2 as a function of z = x**2."""
    return of_root(lambda x: (f(x) / x - 1) / x**2)


#: name -> (tables in the code, function, from, to, weight of errors)
FITS = {
    "exp": (both(exponentials.EXP), in_exp, -HALF_LOG_2, HALF_LOG_2, lambda r: r**2 / mp.exp(r)),
    "expm1": (both(exponentials.EXPM1), in_exp, -HALF_LOG_2, HALF_LOG_2, lambda r: r**2 / mp.expm1(r)),
    "log": (both(logarithms.SERIES), of_root(in_log), TINY, ROOT**2, lambda z: z / 2),
    "power": ({"f64": powers.SERIES}, of_root(in_power), TINY, ROOT**2, lambda z: z**2),
    "power single": (
        {"f64": powers.LOG2_OF_SINGLES}, lambda f: mp.log1p(f) / f / mp.log(2), mp.sqrt(0.5) - 1, mp.sqrt(2) - 1,
        lambda f: f * mp.log(2) / mp.log1p(f),
    ),
    "exp2 single": ({"f64": powers.EXP2_OF_SINGLES}, lambda r: 2**r, mp.mpf("-0.5"), mp.mpf("0.5"), lambda r: 1 / 2**r),
    "sin": (both(trigonometry.SINE), cube(mp.sin), TINY, QUARTER_TURN, ratio(mp.sin)),
    "cos": (
        both(trigonometry.COSINE),
        lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2,
        TINY,
        QUARTER_TURN,
        lambda z: z**2 / mp.cos(mp.sqrt(z)),
    ),
    "arctan": (both(inverse_trigonometry.TANGENT), cube(mp.atan), TINY, mp.mpf("1.0005"), lambda z: z),
    "arcsin": (both(inverse_trigonometry.SINE), cube(mp.asin), TINY, mp.mpf("0.2502"), lambda z: z),
    "sinh": (both(hyperbolic.SINH), cube(mp.sinh), TINY, 1, lambda z: z),
    "cbrt": (
        {"f64": roots.INVERSE_CUBE_ROOT},
        lambda m: mp.cbrt(1 / m),
        mp.sqrt(0.5) * mp.mpf("0.9999"),
        mp.sqrt(2) * mp.mpf("1.0001"),
        lambda m: mp.cbrt(m),
    ),
    "erf near": (both(errors.NEAR), of_root(lambda x: mp.erf(x) / x - 1), TINY, 1, lambda z: 1),
    "erf far": (
        {"f64": errors.FAR[F64]}, lambda u: erfcx(u + 3), -2, 3, lambda u: mp.exp(-((u + 3) ** 2)),
    ),
    "erf far single": (
        {"f32": errors.FAR[F32]}, lambda u: erfcx(u + 2), -1, 2, lambda u: mp.exp(-((u + 2) ** 2)),
    ),
    "erfc": ({"f64": (error_tails.FIRST, *error_tails.TAIL)}, tail, -1, 1, lambda t: 1 / tail(t)),
    "erfinv near": (
        {"f64": (inverse_errors.CENTRE_FIRST, *inverse_errors.NEAR)},
        lambda u: erfinv_factor(u + inverse_errors.CENTRE), -inverse_errors.CENTRE, mp.mpf("3.126"),
        lambda u: 1 / erfinv_factor(u + inverse_errors.CENTRE),
    ),
    "erfinv further": (
        {"f64": (inverse_errors.MIDDLE_FIRST, *inverse_errors.FURTHER)},
        lambda u: erfinv_factor((u + inverse_errors.MIDDLE) ** 2), mp.mpf("-0.7501"), mp.mpf("0.7501"),
        lambda u: 1 / erfinv_factor((u + inverse_errors.MIDDLE) ** 2),
    ),
    "erfinv far": (
        {"f64": (inverse_errors.END_FIRST, *inverse_errors.FAR)},
        lambda u: erfinv_factor((u + inverse_errors.END) ** 2), mp.mpf("-1.051"), mp.mpf("1.051"),
        lambda u: 1 / erfinv_factor((u + inverse_errors.END) ** 2),
    ),
    "gammaln at 1": (
        {"f64": (gammas.AT_ONE_FIRST, *gammas.AT_ONE)},
        lambda e: mp.loggamma(1 + e) / e, mp.mpf("-0.2505"), mp.mpf("0.5005"), lambda e: e / mp.loggamma(1 + e),
    ),
    "gammaln at 2": (
        {"f64": (gammas.AT_TWO_FIRST, *gammas.AT_TWO)},
        lambda e: mp.loggamma(2 + e) / e, mp.mpf("-0.5005"), mp.mpf("0.5005"), lambda e: e / mp.loggamma(2 + e),
    ),
    "gammaln": (
        {"f64": gammas.STIRLING}, lambda z: stirling(1 / mp.sqrt(z)), mp.mpf(10) ** -8, mp.mpf("1.001") / 64,
        lambda z: mp.sqrt(z) / 8,
    ),
    "digamma near 2": (
        {"f64": (gammas.DIGAMMA_FIRST, *gammas.DIGAMMA)}, digamma_quotient, mp.mpf("-1.001"), mp.mpf("1.001"),
        lambda u: 1 / digamma_quotient(u),
    ),
    "digamma": (
        {"f64": gammas.DIGAMMA_STIRLING},
        of_root(lambda r: (mp.log(1 / r) - r / 2 - mp.digamma(1 / r)) / r**2),
        mp.mpf(10) ** -8, mp.mpf("1.001") / 25, lambda z: z,
    ),
}  # fmt: skip


def exact(c):
    """A coefficient in one or in two parts."""
    return mp.mpf(c[0]) + mp.mpf(c[1]) if isinstance(c, tuple) else mp.mpf(c)


def largest_error(coefficients, f, low, high, weight):
    """In bits, of 500 places."""
    places = [low + (high - low) * mp.mpf(i) / 501 for i in range(502)]
    places = [x for x in places if abs(x) > (high - low) / 10**5]
    errors_ = [weight(x) * (mp.polyval(coefficients[::-1], x) - f(x)) for x in places]
    return float(mp.log(max(abs(e) for e in errors_), 2))


if __name__ == "__main__":
    for name in sys.argv[1:] or FITS:
        tables, f, low, high, weight = FITS[name]
        low, high = mp.mpf(low), mp.mpf(high)
        for kind, table in tables.items():
            have = largest_error([exact(c) for c in table], f, low, high, weight)
            found, _ = fit(f, low, high, range(len(table)), weight)
            new = largest_error(found, f, low, high, weight)
            print(f"{name:16} {kind} terms {len(table):2}  in the code 2**{have:.1f}, before rounding 2**{new:.1f}")
            if sys.argv[1:]:
                print("   ", [rounded(c, kind == "f32") for c in found])
