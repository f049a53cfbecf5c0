"""mpmath.iv: a result encloses every result for numbers in the arguments, and so does a derivative.

Only functions whose enclosure is rigorous are here: those of libmp's interval arithmetic, what is composed of them, and
monotone functions by their ends. A comparison answers where both intervals leave no choice, else it raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath import libmp
from mpmath.ctx_iv import ivmpf

from .errors import PrecisionError, at_user_line, undecided
from .kinds import SHARED, Kind, itself, tolerance, zero_like

ZERO = (libmp.fzero, libmp.fzero)


def interval(like: Any, low: Any, high: Any) -> Any:
    """An interval between two raw numbers."""
    return type(like).ctx.make_mpf((low, high))


def real(name: str, y: Any, *arguments: Any) -> Any:
    """A result that is an interval of real numbers."""
    if hasattr(y, "_mpi_"):
        return y
    given = ", ".join(map(str, arguments))
    raise PrecisionError(f"{name}({given}){at_user_line()} leaves the real numbers. Stay inside the domain.")


def of_libmp(name: str) -> Callable[..., Any]:
    """libmp's interval function of a name."""
    function = getattr(libmp.libmpi, name)
    return lambda a: type(a).ctx.make_mpf(function(a._mpi_, type(a).ctx.prec))


def composed(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the context and intervals, each of which occurs once, so that the result is as tight as its parts.

    Ten bits more than the context's, rounded outwards at the end.
    """

    def on_intervals(*arguments: Any) -> Any:
        ctx = type(arguments[0]).ctx
        before = ctx.prec
        try:
            ctx.prec = before + 10
            y = function(ctx, *arguments)
        finally:
            ctx.prec = before
        return +y

    return on_intervals


def increasing(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that rises: from what it is at the lower end to what it is at the upper end."""
    at_point = composed(function)
    return lambda a: interval(a, at_point(a.a)._mpi_[0], at_point(a.b)._mpi_[1])


def decreasing(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that falls."""
    at_point = composed(function)
    return lambda a: interval(a, at_point(a.b)._mpi_[0], at_point(a.a)._mpi_[1])


def stepwise(function: Any) -> Callable[..., Any]:
    """A rounding to whole numbers, of both ends."""

    def on_interval(a: Any) -> Any:
        return interval(a, *(end if end in INFINITE else function(end) for end in a._mpi_))

    return on_interval


INFINITE = (libmp.finf, libmp.fninf)


def compared(name: str, function: Any) -> Callable[..., Any]:
    """A comparison that raises where the intervals leave a choice."""

    def on_intervals(a: Any, b: Any) -> bool:
        answer = function(a._mpi_, b._mpi_)
        if answer is None:
            raise undecided(name, a, b)
        return bool(answer)

    return on_intervals


def same(s: Any, t: Any) -> bool | None:
    """Whether two intervals hold the same number: known for two points and where they do not overlap."""
    if libmp.mpf_lt(s[1], t[0]) or libmp.mpf_lt(t[1], s[0]):
        return False
    return True if s == t and s[0] == s[1] else None


def different(s: Any, t: Any) -> bool | None:
    answer = same(s, t)
    return None if answer is None else not answer


def larger(a: Any, b: Any) -> Any:
    """The interval of max(x, y)."""
    return interval(a, *(t if libmp.mpf_lt(s, t) else s for s, t in zip(a._mpi_, b._mpi_, strict=True)))


def smaller(a: Any, b: Any) -> Any:
    """The interval of min(x, y)."""
    return interval(a, *(t if libmp.mpf_lt(t, s) else s for s, t in zip(a._mpi_, b._mpi_, strict=True)))


def sign(a: Any) -> Any:
    """The interval of signs."""
    return interval(a, *(libmp.from_int(libmp.mpf_sign(end)) for end in a._mpi_))


def is_zero(name: str) -> Callable[[Any], bool]:
    """Whether an interval is the number zero, for `name`."""
    compare = compared(name, same)
    return lambda a: compare(a, zero_like(a))


def strong_multiply(a: Any, b: Any) -> Any:
    """a * b; exactly zero where one of them is the number zero."""
    return zero_like(a) if ZERO in (a._mpi_, b._mpi_) else a * b


def divide_or_zero(a: Any, b: Any) -> Any:
    """a / b, zero where b is the number zero; an interval round zero leaves the choice open."""
    return zero_like(a) if a._mpi_ == ZERO or is_zero("divide_or_zero")(b) else a / b


def signbit(a: Any) -> bool:
    return compared("signbit", libmp.mpi_lt)(a, zero_like(a))


def isclose(a: Any, b: Any, *, rtol: float, atol: float, equal_nan: bool) -> bool:
    """|a - b| <= atol + rtol |b|, where that is decided."""
    return compared("isclose", libmp.mpi_le)(abs(a - b), tolerance(atol, a) + tolerance(rtol, a) * abs(b))


def isfinite(a: Any) -> bool:
    return not any(end in (*INFINITE, libmp.fnan) for end in a._mpi_)


def cbrt(ctx: Any, a: Any) -> Any:
    """The real root of a point."""
    if a._mpi_ == ZERO:
        return a
    if libmp.mpf_sign(a._mpi_[0]) < 0:
        return -cbrt(ctx, -a)
    return ctx.exp(ctx.ln(a) / 3)


def logical(name: str, function: Any) -> Callable[..., Any]:
    """A truth of numbers: whether they are zero must be decided."""
    zero = is_zero(name)
    return lambda *a: bool(function(*(not zero(x) for x in a)))


def hull_power(a: Any, b: Any) -> Any:
    return real("power", a**b, a, b)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{k: SHARED[k] for k in (
        "add", "subtract", "multiply", "divide", "negative", "positive", "absolute", "reciprocal", "real", "imag",
        "conj", "astype", "stop_gradient",
    )},
    "power": hull_power,
    "square": lambda a: a**2,
    "sqrt": of_libmp("mpi_sqrt"),
    "exp": of_libmp("mpi_exp"),
    "log": of_libmp("mpi_log"),
    "sin": of_libmp("mpi_sin"),
    "cos": of_libmp("mpi_cos"),
    "tan": of_libmp("mpi_tan"),
    "arctan": of_libmp("mpi_atan"),
    "gamma": of_libmp("mpi_gamma"),
    "gammaln": of_libmp("mpi_loggamma"),
    "factorial": of_libmp("mpi_factorial"),
    "arctan2": lambda a, b: type(a).ctx.atan2(a, b),
    "cosh": lambda a: type(a).ctx.make_mpf(libmp.libmpi.mpi_cosh_sinh(a._mpi_, type(a).ctx.prec)[0]),
    "sinh": lambda a: type(a).ctx.make_mpf(libmp.libmpi.mpi_cosh_sinh(a._mpi_, type(a).ctx.prec)[1]),
    "tanh": increasing(lambda c, a: 1 - 2 / (c.exp(2 * a) + 1)),
    "exp2": composed(lambda c, a: c.exp(a * c.ln2)),
    "expm1": increasing(lambda c, a: c.exp(a) - 1),
    "log2": composed(lambda c, a: c.ln(a) / c.ln2),
    "log10": composed(lambda c, a: c.ln(a) / c.ln10),
    "log1p": composed(lambda c, a: c.ln(1 + a)),
    "cbrt": increasing(cbrt),
    "hypot": composed(lambda c, a, b: c.sqrt(a**2 + b**2)),
    "arcsin": increasing(lambda c, a: c.atan2(a, c.sqrt((1 - a) * (1 + a)))),
    "arccos": decreasing(lambda c, a: c.atan2(c.sqrt((1 - a) * (1 + a)), a)),
    "arcsinh": increasing(lambda c, a: c.ln(a + c.sqrt(a**2 + 1)) if libmp.mpf_sign(a._mpi_[0]) >= 0 else -c.ln(
        -a + c.sqrt(a**2 + 1))),
    "arccosh": increasing(lambda c, a: c.ln(a + c.sqrt((a - 1) * (a + 1)))),
    "arctanh": increasing(lambda c, a: c.ln((1 + a) / (1 - a)) / 2),
    "sigmoid": increasing(lambda c, a: 1 / (1 + c.exp(-a))),
    "expit": increasing(lambda c, a: 1 / (1 + c.exp(-a))),
    "softplus": increasing(lambda c, a: c.ln(1 + c.exp(a))),
    "logit": increasing(lambda c, a: c.ln(a / (1 - a))),
    "logaddexp": composed(lambda c, a, b: c.ln(c.exp(a) + c.exp(b))),
    "logaddexp2": composed(lambda c, a, b: c.ln(c.exp(a * c.ln2) + c.exp(b * c.ln2)) / c.ln2),
    "xlogy": composed(lambda c, a, b: strong_multiply(a, c.ln(b))),
    "xlog1py": composed(lambda c, a, b: strong_multiply(a, c.ln(1 + b))),
    "deg2rad": composed(lambda c, a: a * c.pi / 180),
    "rad2deg": composed(lambda c, a: a * 180 / c.pi),
    "equal": compared("equal", same),
    "not_equal": compared("not_equal", different),
    "less": compared("less", libmp.mpi_lt),
    "less_equal": compared("less_equal", libmp.mpi_le),
    "greater": compared("greater", libmp.mpi_gt),
    "greater_equal": compared("greater_equal", libmp.mpi_ge),
    "isclose": isclose,
    "logical_and": logical("logical_and", lambda a, b: a and b),
    "logical_or": logical("logical_or", lambda a, b: a or b),
    "logical_xor": logical("logical_xor", lambda a, b: a is not b),
    "logical_not": logical("logical_not", lambda a: not a),
    "maximum": larger,
    "minimum": smaller,
    "fmax": larger,
    "fmin": smaller,
    "sign": sign,
    "signbit": signbit,
    "isnan": lambda a: False,
    "isfinite": isfinite,
    "isinf": lambda a: not isfinite(a),
    "nan_to_num": lambda a, **_: a,
    "floor": stepwise(libmp.mpf_floor),
    "ceil": stepwise(libmp.mpf_ceil),
    "rint": stepwise(libmp.mpf_nint),
    "trunc": stepwise(lambda end: libmp.mpf_ceil(end) if libmp.mpf_sign(end) < 0 else libmp.mpf_floor(end)),
    "strong_multiply": strong_multiply,
    "divide_or_zero": divide_or_zero,
}  # fmt: skip


def lift(x: Any, like: Any) -> Any:
    """A number of Python or NumPy, enclosed."""
    if isinstance(x, (complex, np.complexfloating, np.longdouble)):
        return None
    return type(like).ctx.mpf(float(x) if isinstance(x, (float, np.floating)) else int(x))


INTERVALS = Kind(
    ivmpf, "an interval", FUNCTIONS, lift=lift,
    no_float="Write mpmath.iv.mpf(...) for an interval of real numbers.",
    no_function="No rigorous enclosure of it is known here. Write it with exp, log, sqrt, powers and trigonometry.",
    finite=isfinite, contexts=True,
)  # fmt: skip
_ = itself
