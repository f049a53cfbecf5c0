"""Trigonometry of Decimal: series in more digits than the context has, to be rounded once by the caller."""

from __future__ import annotations

import decimal
import functools
from decimal import Decimal


@functools.lru_cache(maxsize=16)
def pi_of(digits: int) -> Decimal:
    """Pi by Machin's formula, 16 arctan(1/5) - 4 arctan(1/239), in whole numbers."""
    unit = 10 ** (digits + 10)
    total = 0
    for factor, x in ((16, 5), (-4, 239)):
        term, k = unit // x, 0
        while term:
            total += factor * (term // (2 * k + 1)) * (-1) ** k
            term //= x * x
            k += 1
    with decimal.localcontext() as context:
        context.prec = digits
        context.traps[decimal.Inexact] = context.traps[decimal.Rounded] = False
        return Decimal(total).scaleb(-(digits + 10))


def pi() -> Decimal:
    """Pi in the digits of the current context."""
    return pi_of(decimal.getcontext().prec)


def turned(a: Decimal) -> tuple[Decimal, int]:
    """The angle less whole quarters of a turn, between -pi/4 and pi/4, and how many quarters, modulo 4.

    Raises decimal.InvalidOperation, where that is trapped, for infinite angles; nan stays.
    """
    if not a.is_finite():
        return a * 0, 0
    context = decimal.getcontext()
    context.prec += max(0, a.adjusted()) + 2
    quarters = (2 * a / pi()).to_integral_value(rounding=decimal.ROUND_HALF_EVEN)
    return a - quarters * pi() / 2, int(quarters) % 4


def series(x: Decimal, power: int) -> Decimal:
    """sin(x) for power 1, cos(x) for power 0, of a small x."""
    term = x if power else Decimal(1)
    total, k, before = term, power, None
    while total != before:
        before = total
        term *= -x * x / ((k + 1) * (k + 2))
        k += 2
        total += term
    return total


def sin(a: Decimal) -> Decimal:
    x, quarters = turned(a)
    if x.is_nan():
        return x
    y = series(x, 1 - quarters % 2)
    return -y if quarters > 1 else y


def cos(a: Decimal) -> Decimal:
    x, quarters = turned(a)
    if x.is_nan():
        return x
    y = series(x, quarters % 2)
    return -y if quarters in (1, 2) else y


def tan(a: Decimal) -> Decimal:
    return sin(a) / cos(a)


def arctan(a: Decimal) -> Decimal:
    if a.is_nan() or not a:
        return a
    if a.is_infinite():
        return (pi() / 2).copy_sign(a)
    if abs(a) > 1:
        return (pi() / 2).copy_sign(a) - arctan(1 / a)
    halvings = 0
    while abs(a) > Decimal("0.05"):
        a, halvings = a / (1 + (1 + a * a).sqrt()), halvings + 1
    power, total, k, before = a, a, 1, None
    while total != before:
        before, power, k = total, power * -a * a, k + 2
        total += power / k
    return total * 2**halvings


def arcsin(a: Decimal) -> Decimal:
    return (pi() / 2).copy_sign(a) if abs(a) == 1 else arctan(a / ((1 - a) * (1 + a)).sqrt())


def arccos(a: Decimal) -> Decimal:
    return 2 * arctan(((1 - a) / (1 + a)).sqrt()) if a > -1 else pi() if a == -1 else arcsin(a)


def arctan2(a: Decimal, b: Decimal) -> Decimal:
    """The angle of the point (b, a)."""
    if a.is_nan() or b.is_nan():
        return a + b
    if a.is_infinite() and b.is_infinite():
        return (pi() / 4 if b > 0 else 3 * pi() / 4).copy_sign(a)
    if abs(a) > abs(b):
        return (pi() / 2).copy_sign(a) - arctan(b / a)
    if not b:
        return (pi() if b.is_signed() else Decimal(0)).copy_sign(a)
    return arctan(a / b) + ((pi().copy_sign(a)) if b.is_signed() else 0)


def sinc(a: Decimal) -> Decimal:
    """sin(pi a) / (pi a)."""
    if not a:
        return Decimal(1)
    turns = a.to_integral_value(rounding=decimal.ROUND_HALF_EVEN)
    y = sin(pi() * (a - turns)) / (pi() * a)
    return -y if int(turns) % 2 else y
