"""Plain numbers beside units: factors of conversion as the ratios that they stand for, and zeros."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from .. import ops
from ..ops.placement import is_remote

#: Digits of a short decimal, denominators of ratios of small numbers, units in the last place between a ratio and a
#: factor that a library has multiplied up from others.
SHORT, SMALL, ROUNDINGS = 12, 10**5, 4


def scaled(magnitude: Any, factor: Any) -> Any:
    """A payload times a plain number; for payloads of other numbers than floats exactly, where the factor is a ratio
    of whole numbers.
    """
    return magnitude if factor == 1 else ops.multiply(magnitude, exact(factor, magnitude))


def exact(number: Any, like: Any) -> Any:
    """A float as the ratio that it stands for, in the class of the numbers of a payload; itself for payloads of floats,
    and where it stands for none.
    """
    if type(number) is not float or ops.dtype(like).kind != "O":
        return number
    ratio = ratio_of(number)
    return number if ratio is None else ops.literal(ratio.numerator, ratio.denominator, like)


def ratio_of(number: float) -> Fraction | None:
    """The ratio of which a factor of conversion is the rounded value: a short decimal (0.0254), or a ratio of small
    numbers up to a power of ten (5/9, 1/3600000); None for any other number, such as those with a factor of pi.
    """
    if not math.isfinite(number) or number == 0:
        return None if number else Fraction(0)
    text = Decimal(repr(number)).normalize()
    if len(text.as_tuple().digits) <= SHORT:
        return Fraction(text)
    power = Fraction(10) ** math.floor(math.log10(abs(number)))
    near = (Fraction(number) / power).limit_denominator(SMALL) * power
    return near if abs(near - Fraction(number)) <= ROUNDINGS * Fraction(math.ulp(number)) else None


def is_zero(x: Any, or_nan: bool = False, or_infinite: bool = False) -> bool:
    """Whether a plain value is zero throughout, or what else is allowed; an array of a card is not looked at."""
    if is_remote(x):
        return False
    try:
        found = np.equal(x, 0)
        if or_infinite:
            found = np.logical_or(found, ~np.isfinite(x))
        elif or_nan:
            found = np.logical_or(found, np.isnan(x))
        return bool(np.all(found))
    except TypeError:
        return bool(np.all(np.equal(np.asarray(x, object), 0)))
