"""Operations whose units follow a rule of their own. Each function makes the rule of the operation that it names."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from .families import Rule, multiplied
from .system import UnitSystem

#: Operation name -> maker(system) -> rule.
PARTICULAR: dict[str, Callable[[UnitSystem], Rule]] = {}


def particular(maker: Callable[[UnitSystem], Rule]) -> Callable[[UnitSystem], Rule]:
    """Enter a maker under its name."""
    PARTICULAR[maker.__name__] = maker
    return maker


# ---- sums and differences --------------------------------------------------------------------------------------------


@particular
def add(s: UnitSystem) -> Rule:
    """Equal dimensions. A point of an offset scale and a difference give a point; two points raise."""

    def rule(a: Any, b: Any) -> Any:
        first, second = is_offset(s, a), is_offset(s, b)
        if not (first or second):
            like, units, (x, y) = s.common((a, b))
            return s.make(like, ops.add(x, y), units)
        if first and second:
            raise s.offset_error(s.units(a), s.units(b))
        s.first((a, b))
        point, other = (a, b) if first else (b, a)
        difference = as_difference(s, other, point)
        x, y = (s.magnitude(point), difference) if first else (difference, s.magnitude(point))
        return s.make(point, ops.add(x, y), s.units(point))

    return rule


@particular
def subtract(s: UnitSystem) -> Rule:
    """Equal dimensions. Two points of an offset scale give a difference, a point and a difference a point."""

    def rule(a: Any, b: Any) -> Any:
        first, second = is_offset(s, a), is_offset(s, b)
        if not (first or second):
            like, units, (x, y) = s.common((a, b))
            return s.make(like, ops.subtract(x, y), units)
        s.first((a, b))
        if first and (not s.is_quantity(b) or s.is_difference(b)):
            return s.make(a, ops.subtract(s.magnitude(a), as_difference(s, b, a)), s.units(a))
        if first:
            return s.make(a, ops.subtract(s.magnitude(a), s.converted(b, s.units(a))), s.difference(a))
        if not s.is_quantity(a) or s.is_difference(a):
            raise s.offset_error(s.units(a) if s.is_quantity(a) else s.one, s.units(b))
        return s.make(a, ops.subtract(s.magnitude(a), s.converted(b, s.units(a))), s.units(a))

    return rule


def is_offset(s: UnitSystem, x: Any) -> bool:
    """Whether a value is a point of a scale with an offset."""
    return s.is_quantity(x) and s.check(x)


def as_difference(s: UnitSystem, x: Any, point: Any) -> Any:
    """The payload of what is added to a point of an offset scale, in the scale's own steps."""
    if s.is_quantity(x):
        if not s.is_difference(x) and not s.check(x) and not s.same(s.units(x), s.one):
            raise s.offset_error(s.units(point), s.units(x))
        return s.converted(x, s.difference(point))
    if not s.fits_any(x):
        raise s.mismatch(s.units(point), s.one, point)
    return x


# ---- products and powers ---------------------------------------------------------------------------------------------


@particular
def multiply(s: UnitSystem) -> Rule:
    """Units multiply. A point of an offset scale times a number raises, or is such a point, as the registry says."""
    general = multiplied(s, ops.multiply)

    def rule(a: Any, b: Any) -> Any:
        for point, other in ((a, b), (b, a)):
            if is_offset(s, point):
                s.first((a, b))
                if s.is_quantity(other) or isinstance(other, s.unit_class) or not s.multiplies_offset(point):
                    return general(a, b)
                return s.make(point, ops.multiply(s.magnitude(point), other), s.units(point))
        return general(a, b)

    return rule


@particular
def power(s: UnitSystem) -> Rule:
    """A base with units needs one plain or dimensionless number as exponent; without units it may be any array."""

    def rule(a: Any, b: Any) -> Any:
        like = s.first((a, b))
        exponent = s.number(b)
        number = single_number(exponent)
        if not s.is_quantity(a):
            return s.exponential(like, ops.power(a, exponent))
        if number is not None:
            return of_power(s, a, number)
        number = None if s.dimensionless(a, s.units(a)) else equal_numbers(exponent)
        if number is not None:
            magnitude, units = s.factor(a)
            return s.product(a, ops.power(magnitude, exponent), s.raised(units, number))
        if not s.dimensionless(a, s.units(a)):
            error = s.mismatch(s.units(a), s.one, a)
            error.add_note("An array as exponent needs a dimensionless base: its elements would have different units.")
            raise error
        return s.make(like, ops.power(s.number(a), exponent), s.one)

    return rule


def of_power(s: UnitSystem, a: Any, number: Any) -> Any:
    """A quantity to a plain number."""
    if number == 1 and s.check(a):
        return a
    magnitude, units = s.factor(a)
    return s.product(a, ops.power(magnitude, number), s.raised(units, number))


def single_number(x: Any) -> Any:
    """The one number that an exponent is, or None."""
    if isinstance(x, (np.ndarray, np.generic)):
        return x.item() if x.size == 1 and x.ndim == 0 else None
    return x if not ops.shape(x) else None


def equal_numbers(x: Any) -> Any:
    """The number that all elements of an exponent are, or None."""
    return x.flat[0].item() if type(x) is np.ndarray and x.size and np.all(x == x.flat[0]) else None


@particular
def vector_norm(s: UnitSystem) -> Rule:
    """The units of a difference, except for ord=0, which counts."""

    def rule(q: Any, **keywords: Any) -> Any:
        s.check(q)
        made = ops.vector_norm(s.magnitude(q), **keywords)
        return s.make(q, made, s.difference(q)) if keywords.get("ord", 2) != 0 else s.counted(q, made)

    return rule


@particular
def prod(s: UnitSystem) -> Rule:
    """The units to the number of factors, which the shape gives."""

    def rule(q: Any, **keywords: Any) -> Any:
        magnitude, units = s.factor(q)
        shape, axis = ops.shape(magnitude), keywords.get("axis")
        axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        count = math.prod(shape[k] for k in axes)
        return s.product(q, ops.prod(magnitude, **keywords), s.raised(units, count))

    return rule


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
        given = {k: v if v is None else written(s, q, v)[0] for k, v in keywords.items()}
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


# ---- filling, writing ------------------------------------------------------------------------------------------------


@particular
def full_like(s: UnitSystem) -> Rule:
    """A quantity, or a number in the units of the argument."""
    return filled(s, ops.full_like)


@particular
def full_of(s: UnitSystem) -> Rule:
    """A quantity, or a number in the units of the argument."""
    return filled(s, ops.full_of)


def filled(s: UnitSystem, op: Any) -> Rule:
    """Arrays of one value."""

    def rule(q: Any, *, value: Any = 0, **keywords: Any) -> Any:
        s.check(q)
        return s.make(q, op(s.magnitude(q), value=in_units_of(s, value, q), **keywords), s.units(q))

    return rule


def in_units_of(s: UnitSystem, value: Any, q: Any) -> Any:
    """A static value as a plain number in the units of a quantity."""
    if not s.is_quantity(value):
        return value
    s.first((q, value))
    return s.converted(value, s.units(q))


@particular
def pad_constant(s: UnitSystem) -> Rule:
    """Padded with a quantity, with zero or nan, or with a number round a dimensionless quantity."""

    def rule(q: Any, *, value: Any = 0, **keywords: Any) -> Any:
        given, units = written(s, q, value)
        return s.make(q, ops.pad_constant(s.magnitude(q), value=given, **keywords), units)

    return rule


def written(s: UnitSystem, x: Any, value: Any) -> tuple[Any, Any]:
    """What is written into an array, in the array's own units."""
    if not s.is_quantity(x):
        return s.number(value), None
    s.check(x)
    s.first((x, value))
    units = s.units(x)
    if s.is_quantity(value):
        return s.converted(value, units), units
    if not s.fits(x, value):
        return s.converted(s.make(x, value, s.one), units), units
    return value, units


def writing(s: UnitSystem, op: Any) -> Rule:
    """The value in the units of the array that it is written into or added to."""

    def rule(x: Any, value: Any, *, index: Any = ()) -> Any:
        given, units = written(s, x, value)
        if units is None:
            return op(x, given, index=index)
        return s.make(x, op(s.magnitude(x), given, index=index), units)

    return rule


@particular
def setitem(s: UnitSystem) -> Rule:
    """The value in the units of the array."""
    return writing(s, ops.setitem)


@particular
def add_at(s: UnitSystem) -> Rule:
    """The value in the units of the array."""
    return writing(s, ops.add_at)


@particular
def put_along_axis(s: UnitSystem) -> Rule:
    """The values in the units of the array that they are written into."""

    def rule(x: Any, indices: Any, values: Any, *, axis: Any = -1) -> Any:
        given, units = written(s, x, values)
        indices = s.number(indices)
        if units is None:
            return ops.put_along_axis(x, indices, given, axis=axis)
        return s.make(x, ops.put_along_axis(s.magnitude(x), indices, given, axis=axis), units)

    return rule


@particular
def one_like(s: UnitSystem) -> Rule:
    """The seed of a derivative: dimensionless, and a quantity, so that a gradient of quantities is one throughout."""
    return lambda q: s.make(q, ops.one_like(s.magnitude(q)), s.one)
