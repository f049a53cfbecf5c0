"""Choosing and comparing, angles and logarithms: operations whose units follow a rule of their own."""

from __future__ import annotations

from typing import Any

from .. import ops
from .families import Rule
from .particular import particular
from .system import UnitSystem
from .writing import written

# ---- choosing, comparing ---------------------------------------------------------------------------------------------


@particular
def where(s: UnitSystem) -> Rule:
    """The two values in one dimension; of a condition in units only counts whether it is zero."""

    def rule(condition: Any, a: Any, b: Any) -> Any:
        condition = s.bare_magnitude(condition)
        if s.first((a, b)) is None:
            return ops.where(condition, a, b)
        like, units, (x, y) = s.common((a, b), beside=True)
        return s.make(like, ops.where(condition, x, y), units)

    return rule


@particular
def where_or_zero(s: UnitSystem) -> Rule:
    """The units of the value; the zeros are those of a difference."""

    def rule(condition: Any, a: Any) -> Any:
        condition = s.bare_magnitude(condition)
        if not s.is_quantity(a):
            return ops.where_or_zero(condition, a)
        return s.make(a, ops.where_or_zero(condition, s.magnitude(a)), s.units(a))

    return rule


@particular
def copysign(s: UnitSystem) -> Rule:
    """The units of the first; the second gives its sign."""

    def rule(a: Any, b: Any) -> Any:
        if s.signs_have_units:
            s.common((a, b))  # raises
        sign = s.bare_magnitude(b)
        return s.make(a, ops.copysign(s.magnitude(a), sign), s.units(a)) if s.is_quantity(a) else ops.copysign(a, sign)

    return rule


@particular
def heaviside(s: UnitSystem) -> Rule:
    """A step of a number: the first gives its sign, the second is dimensionless."""

    def rule(a: Any, b: Any) -> Any:
        return s.make(s.first((a, b)), ops.heaviside(s.bare_magnitude(a), s.number(b)), s.one)

    return rule


@particular
def isclose(s: UnitSystem) -> Rule:
    """Equal dimensions; an absolute tolerance may be a quantity, a plain one is in the units of the first quantity."""

    def rule(a: Any, b: Any, *, atol: Any = 1e-8, **keywords: Any) -> Any:
        like, units, (x, y) = s.common((a, b))
        if s.is_quantity(atol):
            s.first((like, atol))
            atol = s.converted(atol, units)
        return ops.isclose(x, y, atol=atol, **keywords)

    return rule


@particular
def nan_to_num(s: UnitSystem) -> Rule:
    """Replacements are quantities, or numbers that may stand in the units of the argument."""

    def rule(q: Any, **keywords: Any) -> Any:
        given: dict[str, Any] = {k: v if v is None else written(s, q, v)[0] for k, v in keywords.items()}
        return s.make(q, ops.nan_to_num(s.magnitude(q), **given), s.units(q))

    return rule


# ---- angles, logarithms ----------------------------------------------------------------------------------------------


@particular
def angle(s: UnitSystem) -> Rule:
    """The phase of a complex number of any dimension."""
    return lambda q: s.direction(q, ops.angle(s.factor(q)[0]))


@particular
def deg2rad(s: UnitSystem) -> Rule:
    """An angle in radian, whatever unit it comes in."""
    return lambda q: s.make(q, s.converted(q, s.radian), s.radian)


@particular
def rad2deg(s: UnitSystem) -> Rule:
    """An angle in degrees, whatever unit it comes in."""
    return lambda q: s.make(q, s.converted(q, s.degree), s.degree)


@particular
def xlogy(s: UnitSystem) -> Rule:
    """a log(b): the logarithm needs a number."""
    return times_number(s, ops.xlogy)


@particular
def xlog1py(s: UnitSystem) -> Rule:
    """a log(1 + b): the logarithm needs a number."""
    return times_number(s, ops.xlog1py)


def times_number(s: UnitSystem, op: Any) -> Rule:
    """A product of the first argument with a function of the second, which must be a number."""

    def rule(a: Any, b: Any) -> Any:
        magnitude, units = s.factor(a)
        return s.make(s.first((a, b)), op(magnitude, s.number(b)), units)

    return rule


@particular
def slogdet(s: UnitSystem) -> Rule:
    """Of numbers only: the logarithm of a determinant with units is none."""
    return lambda q: ops.slogdet(s.number(q))
