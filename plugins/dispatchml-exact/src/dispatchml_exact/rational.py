"""fractions.Fraction: what is rational stays exact, everything else raises."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .errors import refuse
from .kinds import SHARED, Kind, number_like, whole
from .pairs import refuse_together

NO_FLOAT = (
    "Write Fraction(x) for the exact value of a float, or Fraction('0.1') for the decimal number that was meant; "
    "float(q) leaves exact arithmetic knowingly."
)
NO_FUNCTION = (
    "Write float(q), decimal.Decimal(q.numerator) / q.denominator or mpmath.mpf(q.numerator) / q.denominator to "
    "compute with so many digits."
)


def exact_root(a: Fraction, n: int, name: str) -> Fraction:
    """The n-th root where it is rational; else an error."""
    if a < 0 and n % 2:
        return -exact_root(-a, n, name)
    if a >= 0:
        found = [whole_root(part, n) for part in (a.numerator, a.denominator)]
        if None not in found:
            return number_like(a, found[0]) / found[1]  # type: ignore[operator]
    raise refuse(name, f"Fraction({a})", "It is not rational. " + NO_FUNCTION)


def whole_root(n: int, k: int) -> int | None:
    """The k-th root of a whole number that is not negative, where it is whole."""
    if n < 2:
        return n
    if k == 2:
        r = math.isqrt(n)
    else:
        r = 1 << -(-n.bit_length() // k)
        while True:
            better = ((k - 1) * r + n // r ** (k - 1)) // k
            if better >= r:
                break
            r = better
    return r if r**k == n else None


def power(a: Fraction, b: Fraction) -> Fraction:
    """a ** b; a broken exponent needs an exact root."""
    if b.denominator == 1:
        return a**b.numerator
    return exact_root(a, b.denominator, "power") ** b.numerator


def rounded(function: Any) -> Any:
    """A rounding to whole numbers, in the number's class."""
    return lambda a: number_like(a, function(a))


def angle(a: Fraction) -> Fraction:
    """0 for what is not negative."""
    if a < 0:
        raise refuse("angle", f"Fraction({a})", "It is pi. " + NO_FUNCTION)
    return number_like(a, 0)


def fmod(a: Fraction, b: Fraction) -> Fraction:
    """The remainder with the sign of a."""
    return a - b * math.trunc(a / b)


FUNCTIONS = {
    **SHARED,
    "power": power,
    "sqrt": lambda a: exact_root(a, 2, "sqrt"),
    "cbrt": lambda a: exact_root(a, 3, "cbrt"),
    "hypot": lambda a, b: exact_root(a * a + b * b, 2, "hypot"),
    "floor": rounded(math.floor),
    "ceil": rounded(math.ceil),
    "trunc": rounded(math.trunc),
    "rint": rounded(round),
    "round": lambda a, *, decimals: number_like(a, round(a, decimals)),
    "floor_divide": lambda a, b: number_like(a, a // b),
    "fmod": fmod,
    "isnan": lambda a: False,
    "isinf": lambda a: False,
    "isfinite": lambda a: True,
    "signbit": lambda a: bool(a < 0),
    "nan_to_num": lambda a, **_: a,
    "angle": angle,
}


def lift(x: Any, like: Fraction) -> Any:
    """A whole number as a Fraction of the class of `like`."""
    n = whole(x)
    return None if n is None else number_like(like, n)


FRACTION = Kind(
    Fraction, "Fraction", FUNCTIONS, lift=lift, no_float=NO_FLOAT, no_function="It is not rational. " + NO_FUNCTION
)


def register() -> None:
    """Declare everything. Called once, by dispatchml, when a Fraction first meets an operation."""
    FRACTION.declare()
    refuse_together(
        Fraction, Decimal, "Write Fraction(d), which is exact, or a / b of Decimals for n / d of a Fraction."
    )
    defer_power()


def defer_power() -> None:
    """Before Python 3.12 `Fraction ** x` makes a float of the Fraction for every x that it does not know."""
    original = Fraction.__pow__
    if getattr(original, "__steps_back__", False):
        return

    def __pow__(a: Any, b: Any, *rest: Any) -> Any:
        if getattr(type(b), "__array_ufunc__", None) is not None and not isinstance(b, (int, float, complex)):
            return NotImplemented
        return original(a, b, *rest)

    __pow__.__doc__ = original.__doc__
    __pow__.__steps_back__ = True  # type: ignore[attr-defined]
    Fraction.__pow__ = __pow__  # type: ignore[method-assign,assignment]
