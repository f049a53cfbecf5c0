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
