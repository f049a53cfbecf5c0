"""decimal.Decimal: every operation rounds once, in the context that is current when it runs, with its traps."""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from dispatchml.dispatch import methods_of_numbers

from . import methods, trigonometry
from .kinds import SHARED, Kind, number_like, whole

NO_FLOAT = "Write Decimal(x) for the exact value of a float, or Decimal('0.1') for the number that was meant."
NO_FUNCTION = (
    "Decimal has no special functions here: write mpmath.mpf(str(d)) for them, or float(d) to leave decimal "
    "arithmetic knowingly."
)
#: Digits beyond the context's, for functions made of several operations.
GUARD = 6


def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of several operations: in more digits than the context has, rounded once at the end."""

    def in_context(*arguments: Any) -> Any:
        with decimal.localcontext() as inner:
            inner.prec += GUARD + sum(spread(a) for a in arguments)
            y = function(*arguments)
        return +y

    return in_context


def spread(a: Any) -> int:
    """How many digits 1 + a needs beyond those of a small a."""
    return min(max(0, -a.adjusted()), 2 * decimal.getcontext().prec) if a.is_finite() and a else 0


def log1p(a: Decimal) -> Decimal:
    return (1 + a).ln()


def expm1(a: Decimal) -> Decimal:
    return a.exp() - 1


def cbrt(a: Decimal) -> Decimal:
    return a if not a or not a.is_finite() else (abs(a) ** (Decimal(1) / 3)).copy_sign(a)


def logaddexp(a: Decimal, b: Decimal) -> Decimal:
    top, low = (a, b) if a >= b else (b, a)
    return top if low == -math.inf else top + log1p((low - top).exp())


def logaddexp2(a: Decimal, b: Decimal) -> Decimal:
    two = Decimal(2).ln()
    return logaddexp(a * two, b * two) / two


def sigmoid(a: Decimal) -> Decimal:
    return 1 / (1 + (-a).exp()) if a >= 0 else a.exp() / (1 + a.exp())


def softplus(a: Decimal) -> Decimal:
    return max(a, Decimal(0)) + log1p((-abs(a)).exp())


def sinh(a: Decimal) -> Decimal:
    return (a.exp() - (-a).exp()) / 2


def tanh(a: Decimal) -> Decimal:
    if a.is_infinite():
        return Decimal(1).copy_sign(a)
    e = (-2 * abs(a)).exp()
    return ((1 - e) / (1 + e)).copy_sign(a)


def arcsinh(a: Decimal) -> Decimal:
    return (abs(a) + (a * a + 1).sqrt()).ln().copy_sign(a)


def xlogy(a: Decimal, b: Decimal) -> Decimal:
    return a * 0 if a == 0 and not b.is_nan() else a * b.ln()


def entr(a: Decimal) -> Decimal:
    return Decimal("-Infinity") if a < 0 else a if a == 0 else -a * a.ln()


def rel_entr(a: Decimal, b: Decimal) -> Decimal:
    if a.is_nan() or b.is_nan():
        return a + b
    if a > 0 and b > 0:
        return a * (a / b).ln()
    return Decimal(0) if a == 0 and b >= 0 else Decimal("Infinity")


def rounded(rounding: str) -> Callable[..., Any]:
    """A rounding to whole numbers."""
    return lambda a: number_like(a, a.to_integral_value(rounding=rounding))


def round_to(a: Decimal, *, decimals: int) -> Decimal:
    """Half to even, at a decimal."""
    return a if not a.is_finite() else number_like(a, round(a, decimals))


def nan_to_num(a: Decimal, *, nan: Any, posinf: Any, neginf: Any) -> Decimal:
    """Numbers for nan and the infinities; the largest of the context where none are given."""
    context = decimal.getcontext()
    top = Decimal((0, (9,) * context.prec, context.Emax - context.prec + 1))
    if a.is_nan():
        return Decimal(nan)
    if a.is_infinite():
        given = posinf if a > 0 else neginf
        return top.copy_sign(a) if given is None else Decimal(given)
    return a


def sign(a: Decimal) -> Decimal:
    return a if a.is_nan() else number_like(a, (a > 0) - (a < 0))


def angle(a: Decimal) -> Decimal:
    return trigonometry.pi() if a < 0 else Decimal(0)


FUNCTIONS = {
    **SHARED,
    "power": lambda a, b: a**b,
    "sqrt": Decimal.sqrt,
    "exp": Decimal.exp,
    "log": Decimal.ln,
    "log10": Decimal.log10,
    "log2": guarded(lambda a: a.ln() / Decimal(2).ln()),
    "exp2": lambda a: Decimal(2) ** a,
    "log1p": guarded(log1p),
    "expm1": guarded(expm1),
    "cbrt": guarded(cbrt),
    "hypot": guarded(lambda a, b: (a * a + b * b).sqrt()),
    "logaddexp": guarded(logaddexp),
    "logaddexp2": guarded(logaddexp2),
    "sigmoid": guarded(sigmoid),
    "expit": guarded(sigmoid),
    "softplus": guarded(softplus),
    "logit": guarded(lambda a: (a / (1 - a)).ln()),
    "sinh": guarded(sinh),
    "cosh": guarded(lambda a: (a.exp() + (-a).exp()) / 2),
    "tanh": guarded(tanh),
    "arcsinh": guarded(arcsinh),
    "arccosh": guarded(lambda a: (a + (a * a - 1).sqrt()).ln()),
    "arctanh": guarded(lambda a: (log1p(a) - log1p(-a)) / 2),
    "xlogy": guarded(xlogy),
    "xlog1py": guarded(lambda a, b: xlogy(a, 1 + b)),
    "entr": guarded(entr),
    "rel_entr": guarded(rel_entr),
    "kl_div": guarded(lambda a, b: rel_entr(a, b) - a + b),
    "floor": rounded(decimal.ROUND_FLOOR),
    "ceil": rounded(decimal.ROUND_CEILING),
    "trunc": rounded(decimal.ROUND_DOWN),
    "rint": rounded(decimal.ROUND_HALF_EVEN),
    "round": round_to,
    "fmod": lambda a, b: a % b,
    "isnan": lambda a: a.is_nan(),
    "isinf": lambda a: a.is_infinite(),
    "isfinite": lambda a: a.is_finite(),
    "signbit": lambda a: a.is_signed(),
    "nan_to_num": nan_to_num,
    "nextafter": lambda a, b: a.next_toward(b),
    "spacing": lambda a: (a.next_plus() - a if a >= 0 else a.next_minus() - a),
    "sign": sign,
    "angle": guarded(angle),
    **{name: guarded(getattr(trigonometry, name)) for name in (
        "sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinc",
    )},
    "deg2rad": guarded(lambda a: a * trigonometry.pi() / 180),
    "rad2deg": guarded(lambda a: a * 180 / trigonometry.pi()),
    "strong_multiply": lambda a, b: a * 0 if a == 0 and a.is_finite() and not b.is_finite() else (
        b * 0 if b == 0 and not a.is_finite() else a * b
    ),
}  # fmt: skip


def lift(x: Any, like: Decimal) -> Any:
    """A whole number, exactly: operations round, conversions do not."""
    n = whole(x)
    return None if n is None else number_like(like, n)


DECIMAL = Kind(
    Decimal, "Decimal", FUNCTIONS, lift=lift, no_float=NO_FLOAT, no_function=NO_FUNCTION, finite=Decimal.is_finite
)


def register() -> None:
    """Declare everything. Called once, by dispatchml, when a Decimal first meets an operation."""
    DECIMAL.declare()
    methods_of_numbers(Decimal, methods.DECIMAL)
