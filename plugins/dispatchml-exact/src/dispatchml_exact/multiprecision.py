"""mpmath: real numbers of a context's precision, its complex numbers, and intervals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath import libmp
from mpmath.ctx_mp_python import _mpf

from dispatchml.lift import plainly

from .errors import refuse, refuse_pair
from .kinds import SHARED, Kind, zero_like

NO_FLOAT = (
    "Numbers of two contexts have two precisions: write ctx.mpf(x) to bring one to the other's. Write "
    "mpmath.mpf(str(d)) for a Decimal."
)
NO_FUNCTION = "mpmath has no such function of real numbers of any precision; float(x) leaves it knowingly."


def context(a: Any) -> Any:
    """The context of a number: its precision, rounding and functions."""
    return type(a).context


def number(a: Any, value: Any) -> Any:
    """A value as a real number of the context of a."""
    return context(a).mpf(value)


def of_context(name: str) -> Callable[..., Any]:
    """The context's function of a name, of one number."""
    return plainly(lambda a: getattr(type(a).context, name)(a))


def of_several(name: str) -> Callable[..., Any]:
    """The context's function of a name, of several numbers, some of which may be Python's."""
    return plainly(lambda *a: getattr(context(next(x for x in a if hasattr(type(x), "context"))), name)(*a))


def precise(function: Callable[..., Any], extra: int = 20) -> Callable[..., Any]:
    """A function of several operations: with more digits than the context has, rounded once at the end.

    It gets the context first.
    """

    def in_context(*arguments: Any, **keywords: Any) -> Any:
        ctx = context(arguments[0])
        with ctx.workprec(ctx.prec + extra + sum(max(0, abs(ctx.mag(a))) for a in arguments if usual(ctx, a))):
            y = function(ctx, *arguments, **keywords)
        return +y

    return plainly(in_context)


def usual(ctx: Any, a: Any) -> bool:
    """Whether the size of a number adds a bounded number of bits."""
    return bool(ctx.isfinite(a)) and a != 0 and abs(ctx.mag(a)) < 10 * ctx.prec + 1000


def cbrt(a: Any) -> Any:
    """The real root."""
    return -context(a).cbrt(-a) if a < 0 else context(a).cbrt(a)


def gammaln(ctx: Any, a: Any) -> Any:
    """log |gamma(a)|."""
    return ctx.loggamma(a) if a > 0 else ctx.inf if ctx.isint(a) else ctx.log(abs(ctx.gamma(a)))


def factorial(a: Any) -> Any:
    """gamma(a + 1), zero for negative a."""
    return zero_like(a) if a < 0 else context(a).factorial(a)


def xlogy(ctx: Any, a: Any, b: Any) -> Any:
    return a * 0 if a == 0 and not ctx.isnan(b) else a * ctx.log(b)


def entr(ctx: Any, a: Any) -> Any:
    return ctx.ninf if a < 0 else a if a == 0 else -a * ctx.log(a)


def rel_entr(ctx: Any, a: Any, b: Any) -> Any:
    if ctx.isnan(a) or ctx.isnan(b):
        return ctx.nan
    if a > 0 and b > 0:
        return a * ctx.log(a / b)
    return ctx.zero if a == 0 and b >= 0 else ctx.inf


def logaddexp(ctx: Any, a: Any, b: Any) -> Any:
    top, low = (a, b) if a >= b else (b, a)
    return top if low == ctx.ninf or top == ctx.inf else top + ctx.log1p(ctx.exp(low - top))


def sigmoid(ctx: Any, a: Any) -> Any:
    return 1 / (1 + ctx.exp(-a)) if a >= 0 else ctx.exp(a) / (1 + ctx.exp(a))


def softplus(ctx: Any, a: Any) -> Any:
    return (a if a > 0 else ctx.zero) + ctx.log1p(ctx.exp(-abs(a)))


def sinc_derivative(a: Any, *, n: int = 1) -> Any:
    """The n-th derivative of sin(pi a) / (pi a), by its Taylor series at 0 shifted to a in enough bits."""
    ctx = context(a)
    with ctx.workprec(2 * ctx.prec + 20 * (n + 1) + int(10 * abs(a)) + 20):
        u, total, k, term = ctx.pi * a, ctx.zero, n % 2, None
        while True:  # u**k (-1)**((n + k) / 2) / (k! (n + k + 1)) for even n + k
            term = u**k * (-1) ** ((n + k) // 2) / (ctx.factorial(k) * (n + k + 1))
            total += term
            if k > abs(u) and abs(term) <= abs(total) * ctx.eps * ctx.eps or (u == 0):
                break
            k += 2
        total *= ctx.pi**n
    return +total


def polygamma(a: Any, *, n: int = 1) -> Any:
    return context(a).psi(n, a)


def remainder_to_zero(a: Any, b: Any) -> Any:
    """The remainder with the sign of a."""
    y = abs(a) % abs(b)
    return -y if a < 0 else y


def rounded(name: str) -> Callable[..., Any]:
    return lambda a: getattr(context(a), name)(a)


def rint(a: Any) -> Any:
    """Half to even."""
    ctx = context(a)
    return ctx.nint(a) if ctx.isfinite(a) else a


def trunc(a: Any) -> Any:
    return context(a).ceil(a) if a < 0 else context(a).floor(a)


def round_to(a: Any, *, decimals: int) -> Any:
    """Half to even, at a decimal."""
    if not context(a).isfinite(a):
        return a
    scale = number(a, 10) ** decimals
    return rint(a * scale) / scale


def sign(a: Any) -> Any:
    return a if a != a else number(a, (a > 0) - (a < 0))


def nan_to_num(a: Any, *, nan: Any, posinf: Any, neginf: Any) -> Any:
    """Numbers for nan and the infinities, where they are given: there is no largest mpf."""
    if a != a:
        return number(a, nan)
    if not context(a).isinf(a):
        return a
    given = posinf if a > 0 else neginf
    if given is None:
        raise refuse("nan_to_num", f"mpf({a})", "There is no largest mpf: give posinf= and neginf=.")
    return number(a, given)


def spacing(a: Any) -> Any:
    """The distance to the next number of the context's precision."""
    ctx = context(a)
    return ctx.ldexp(1, int(ctx.mag(a)) - ctx.prec) if a else ctx.zero


REAL: dict[str, Callable[..., Any]] = {
    **SHARED,
    **{ours: of_context(theirs) for ours, theirs in {
        "sqrt": "sqrt", "exp": "exp", "expm1": "expm1", "log": "log", "log10": "log10", "log1p": "log1p", "sin": "sin",
        "cos": "cos", "tan": "tan", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sinh": "sinh",
        "cosh": "cosh", "tanh": "tanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "sinc": "sincpi",
        "deg2rad": "radians", "rad2deg": "degrees", "erf": "erf", "erfc": "erfc", "erfinv": "erfinv", "ndtr": "ncdf",
        "gamma": "gamma", "digamma": "digamma", "expi": "ei", "exp1": "e1", "j0": "j0", "j1": "j1", "angle": "arg",
    }.items()},
    **{ours: of_several(theirs) for ours, theirs in {
        "arctan2": "atan2", "hypot": "hypot", "beta": "beta", "binom": "binomial", "zeta": "zeta",
        "make_complex": "mpc", "jv": "besselj", "yv": "bessely", "iv": "besseli", "kv": "besselk",
    }.items()},
    "power": lambda a, b: a**b,
    "square": lambda a: a * a,
    "exp2": precise(lambda c, a: c.power(2, a)),
    "log2": precise(lambda c, a: c.log(a) / c.ln2),
    "cbrt": cbrt,
    "sigmoid": precise(sigmoid),
    "expit": precise(sigmoid),
    "softplus": precise(softplus),
    "logit": precise(lambda c, a: c.log(a / (1 - a))),
    "logaddexp": precise(logaddexp),
    "logaddexp2": precise(lambda c, a, b: logaddexp(c, a * c.ln2, b * c.ln2) / c.ln2),
    "sinc_derivative": sinc_derivative,
    "erfcx": precise(lambda c, a: c.exp(a * a) * c.erfc(a)),
    "erfcinv": precise(lambda c, a: c.erfinv(1 - a)),
    "dawsn": precise(lambda c, a: c.sqrt(c.pi) / 2 * c.exp(-a * a) * c.erfi(a)),
    "log_ndtr": precise(lambda c, a: c.log(c.erfc(-a / c.sqrt(2)) / 2)),
    "ndtri": precise(lambda c, a: c.sqrt(2) * c.erfinv(2 * a - 1)),
    "gammaln": precise(gammaln),
    "betaln": precise(lambda c, a, b: gammaln(c, a) + gammaln(c, b) - gammaln(c, a + b)),
    "polygamma": polygamma,
    "factorial": factorial,
    "gammainc": precise(lambda c, a, b: c.gammainc(a, 0, b, regularized=True)),
    "gammaincc": precise(lambda c, a, b: c.gammainc(a, b, c.inf, regularized=True)),
    "betainc": precise(lambda c, a, b, x: c.betainc(a, b, 0, x, regularized=True)),
    "i0": precise(lambda c, a: c.besseli(0, a)),
    "i1": precise(lambda c, a: c.besseli(1, a)),
    "i0e": precise(lambda c, a: c.exp(-abs(a)) * c.besseli(0, a)),
    "i1e": precise(lambda c, a: c.exp(-abs(a)) * c.besseli(1, a)),
    "ive": precise(lambda c, n, a: c.exp(-abs(a)) * c.besseli(n, a)),
    "k0": precise(lambda c, a: c.besselk(0, a)),
    "k1": precise(lambda c, a: c.besselk(1, a)),
    "y0": precise(lambda c, a: c.bessely(0, a)),
    "y1": precise(lambda c, a: c.bessely(1, a)),
    "xlogy": precise(xlogy),
    "xlog1py": precise(lambda c, a, b: a * 0 if a == 0 and not c.isnan(b) else a * c.log1p(b)),
    "entr": precise(entr),
    "rel_entr": precise(rel_entr),
    "kl_div": precise(lambda c, a, b: rel_entr(c, a, b) - a + b),
    "floor": rounded("floor"),
    "ceil": rounded("ceil"),
    "trunc": trunc,
    "rint": rint,
    "round": round_to,
    "floor_divide": lambda a, b: context(a).floor(a / b),
    "fmod": remainder_to_zero,
    "isnan": lambda a: bool(a != a),
    "isinf": lambda a: bool(context(a).isinf(a)),
    "isfinite": lambda a: bool(context(a).isfinite(a)),
    "signbit": lambda a: bool(a < 0),
    "sign": sign,
    "spacing": spacing,
    "nan_to_num": nan_to_num,
    "strong_multiply": lambda a, b: a * 0 if a == 0 else b * 0 if b == 0 else a * b,
}  # fmt: skip


def same_context(name: str, a: Any, b: Any) -> None:
    """Numbers of two contexts do not meet: the result's precision would depend on the order of the operands."""
    if context(a) is not context(b):
        raise refuse_pair(name, a, b, "They are of two contexts. " + NO_FLOAT)


def lift_real(x: Any, like: Any) -> Any:
    """A number of Python or NumPy in the context of `like`; floats are taken by their exact binary value."""
    if isinstance(x, (complex, np.complexfloating, np.longdouble)):
        return None
    if isinstance(x, (float, np.floating)):
        ctx = context(like)
        return ctx.mpf(float(x)) if ctx.prec >= 53 else +ctx.mpf(float(x))
    return number(like, int(x))


#: What is inside of nan and the infinities.
NOT_FINITE = (libmp.fnan, libmp.finf, libmp.fninf)

REALS = Kind(
    _mpf, "mpf", REAL, lift=lift_real, same=same_context, no_function=NO_FUNCTION,
    no_float="Write mpmath.mpc(x) for a complex number and mpmath.mpf(str(x)) for a long double.",
    finite=lambda a: a._mpf_ not in NOT_FINITE, contexts=True,
)  # fmt: skip


def register() -> None:
    """Declare everything. Called once, by dispatchml, when a number of mpmath first meets an operation."""
    from . import complexes, intervals, linear_algebra, mathematics, stepping_back
    from .pairs import declare_pairs

    REALS.declare()
    complexes.COMPLEXES.declare()
    intervals.INTERVALS.declare()
    declare_pairs(REALS, complexes.COMPLEXES, intervals.INTERVALS)
    linear_algebra.declare()
    stepping_back.wrap_operators()
    mathematics.take_over()
