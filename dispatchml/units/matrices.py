"""Operations on matrices whose units follow a rule of their own."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .. import ops
from .families import Rule
from .particular import particular
from .system import UnitSystem
from .writing import in_units_of


@particular
def det(s: UnitSystem) -> Rule:
    """The units to the number of rows."""

    def rule(q: Any) -> Any:
        magnitude, units = s.factor(q)
        return s.product(q, ops.det(magnitude), s.raised(units, ops.shape(magnitude)[-1]))

    return rule


@particular
def cofactor(s: UnitSystem) -> Rule:
    """A determinant with one factor less, and one factor replaced for each direction."""

    def rule(matrices: Any) -> Any:
        taken = [s.factor(m) for m in matrices]
        rows = ops.shape(taken[0][0])[-1]
        units = s.raised(taken[0][1], rows - len(taken))
        for _, u in taken[1:]:
            units = s.times(units, u)
        return s.product(s.first(matrices), ops.cofactor(tuple(m for m, _ in taken)), units)

    return rule


@particular
def matrix_power(s: UnitSystem) -> Rule:
    """The units to the n."""

    def rule(q: Any, *, n: int = 1) -> Any:
        magnitude, units = s.factor(q)
        return s.product(q, ops.matrix_power(magnitude, n=n), s.raised(units, n))

    return rule


@particular
def matrix_rank(s: UnitSystem) -> Rule:
    """A number; a tolerance may be a quantity."""

    def rule(q: Any, *, tol: Any = None, **keywords: Any) -> Any:
        return ops.matrix_rank(s.factor(q)[0], tol=in_units_of(s, tol, q), **keywords)

    return rule


@particular
def svd(s: UnitSystem) -> Rule:
    """The units are those of the singular values."""

    def rule(q: Any, **keywords: Any) -> Any:
        magnitude, units = s.factor(q)
        made = ops.svd(magnitude, **keywords)
        if type(made) is not tuple:
            return s.make(q, made, units)
        u, values, vh = made
        return u, s.make(q, values, units), vh

    return rule


@particular
def lstsq(s: UnitSystem) -> Rule:
    """(x, residuals, rank, singular values): b/a, b squared, none, a."""

    def rule(a: Any, b: Any, **keywords: Any) -> Any:
        like = s.first((a, b))
        (x, u), (y, v) = s.factor(a), s.factor(b)
        solution, residuals, rank, values = ops.lstsq(x, y, **keywords)
        return (
            s.product(like, solution, s.over(v, u)),
            s.product(like, residuals, s.raised(v, 2)),
            rank,
            s.make(like, values, u),
        )

    return rule


#: Exponent by name of a matrix function that takes units; the others are of numbers only.
EXPONENTS = {"sqrt": Fraction(1, 2), "reciprocal": -1, "inverse_sqrt": Fraction(-1, 2)}


def exponent_of(function: Any) -> Any:
    """The exponent of a matrix function that is a power, else None."""
    return function[1] if isinstance(function, tuple) else EXPONENTS.get(function)


@particular
def hermitian_function(s: UnitSystem) -> Rule:
    """Powers raise the units; everything else is of numbers only."""

    def rule(q: Any, *, function: Any = "exp") -> Any:
        exponent = exponent_of(function)
        if exponent is None:
            return s.function_of_numbers(q, ops.hermitian_function(s.number(q), function=function))
        magnitude, units = s.factor(q)
        return s.product(q, ops.hermitian_function(magnitude, function=function), s.raised(units, exponent))

    return rule


@particular
def frechet(s: UnitSystem) -> Rule:
    """The function's units with those of the first replaced by those of a direction, once for each direction."""

    def rule(matrices: Any, *, function: Any = "exp", **keywords: Any) -> Any:
        exponent, first = exponent_of(function), matrices[0]
        if exponent is None:
            magnitude, units = s.number(first), s.one
        else:
            magnitude, u = s.factor(first)
            units = s.raised(u, exponent - (len(matrices) - 1))
        taken = [s.factor(m) for m in matrices[1:]]
        for _, u in taken:
            units = s.times(units, u)
        made = ops.frechet((magnitude, *(m for m, _ in taken)), function=function, **keywords)
        return s.product(s.first(matrices), made, units)

    return rule
