"""Families of operations by what they do to units: each maker turns an operation into the rule of a library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from .system import UnitSystem

Rule = Callable[..., Any]
#: maker(system, operation) -> rule.
Maker = Callable[[UnitSystem, Any], Rule]


# ---- one array -------------------------------------------------------------------------------------------------------


def keep(s: UnitSystem, op: Any) -> Rule:
    """One array, in the units of the argument: shapes, linear maps, sorting, choosing."""

    def keep_units(q: Any, **keywords: Any) -> Any:
        s.check(q)
        return s.make(q, op(s.magnitude(q), **keywords), s.units(q))

    return keep_units


def keep_as_difference(s: UnitSystem, op: Any) -> Rule:
    """The same, where the result is a difference: norms, standard deviations, zeros."""

    def keep_units_of_a_difference(q: Any, **keywords: Any) -> Any:
        s.check(q)
        return s.make(q, op(s.magnitude(q), **keywords), s.difference(q))

    return keep_units_of_a_difference


def keep_list(s: UnitSystem, op: Any) -> Rule:
    """One array in, several out, all in the units of the argument."""

    def keep_units_of_all(q: Any, **keywords: Any) -> Any:
        s.check(q)
        made = op(s.magnitude(q), **keywords)
        return type(made)(s.make(q, x, s.units(q)) for x in made)

    return keep_units_of_all


def keep_first(s: UnitSystem, op: Any) -> Rule:
    """The units of the first argument; the others are plain or dimensionless (positions, for example)."""

    def keep_units_of_first(x: Any, *others: Any, **keywords: Any) -> Any:
        others = tuple(map(s.number, others))
        if not s.is_quantity(x):
            return op(x, *others, **keywords)
        s.check(x)
        return s.make(x, op(s.magnitude(x), *others, **keywords), s.units(x))

    return keep_units_of_first


def plain(s: UnitSystem, op: Any) -> Rule:
    """Nothing but numbers come out, whatever the units: signs, condition numbers."""

    def without_units(*values: Any, **keywords: Any) -> Any:
        for x in values:
            if s.is_quantity(x):
                s.check(x)
        return op(*map(s.bare_magnitude, values), **keywords)

    return without_units


def keep_beside(s: UnitSystem, op: Any) -> Rule:
    """The units of the first argument; of the others it only matters which of their elements are equal."""

    def keep_units_of_first(x: Any, *others: Any, **keywords: Any) -> Any:
        made = op(s.bare_magnitude(x), *map(s.bare_magnitude, others), **keywords)
        if not s.is_quantity(x):
            return made
        s.check(x)
        return s.make(x, made, s.units(x))

    return keep_units_of_first


def keep_last(s: UnitSystem, op: Any) -> Rule:
    """The units of the last argument, whatever those of the others: sums over eigenvectors with weights."""

    def keep_units_of_last(*values: Any, **keywords: Any) -> Any:
        made, last = op(*map(s.bare_magnitude, values), **keywords), values[-1]
        if not s.is_quantity(last):
            return made
        s.check(last)
        return s.make(last, made, s.units(last))

    return keep_units_of_last


# ---- several arrays of one dimension ---------------------------------------------------------------------------------


def same(s: UnitSystem, op: Any) -> Rule:
    """Arguments of one dimension; the result has the units of the first."""

    def in_one_dimension(*values: Any, **keywords: Any) -> Any:
        like, units, magnitudes = s.common(values)
        return s.make(like, op(*magnitudes, **keywords), units)

    return in_one_dimension


def same_variadic(s: UnitSystem, op: Any) -> Rule:
    """A tuple of arrays of one dimension; the result has the units of the first."""

    def in_one_dimension(values: Any, **keywords: Any) -> Any:
        like, units, magnitudes = s.common(values, beside=True)
        return s.make(like, op(tuple(magnitudes), **keywords), units)

    return in_one_dimension


def same_variadic_list(s: UnitSystem, op: Any) -> Rule:
    """A tuple of arrays that stay apart: each keeps its own units."""

    def each_in_its_units(values: Any, **keywords: Any) -> Any:
        made = op(tuple(map(s.bare_magnitude, values)), **keywords)
        return type(made)(
            s.make(x, y, s.units(x)) if s.is_quantity(x) else y for x, y in zip(values, made, strict=True)
        )

    return each_in_its_units


def counted(s: UnitSystem, op: Any) -> Rule:
    """Arguments of one dimension; the result is a dimensionless number: how often one goes into the other."""

    def ratio_in_one_dimension(*values: Any, **keywords: Any) -> Any:
        like, _, magnitudes = s.common(values)
        return s.make(like, op(*magnitudes, **keywords), s.one)

    return ratio_in_one_dimension


def compared(s: UnitSystem, op: Any) -> Rule:
    """Arguments of one dimension; the result says something about them and has no units."""

    def compare(*values: Any, **keywords: Any) -> Any:
        _, _, magnitudes = s.compared(values)
        return op(*magnitudes, **keywords)

    return compare


def equality(unequal: bool) -> Maker:
    """Equality: quantities of different dimensions are unequal."""

    def family(s: UnitSystem, op: Any) -> Rule:
        def compare(a: Any, b: Any) -> Any:
            like = s.first((a, b))
            u, v = (s.units(x) if s.is_quantity(x) else s.one for x in (a, b))
            alike = s.same(u, v) or any(not s.is_quantity(x) for x in (a, b)) or s.agree(like, u, v)
            if alike:
                try:
                    _, _, magnitudes = s.compared((a, b))
                    return op(*magnitudes)
                except type(s.mismatch(u, v, like)):
                    pass
            shape = np.broadcast_shapes(ops.shape(a), ops.shape(b))
            return np.full(shape, unequal) if shape else unequal

        return compare

    return family


# ---- numbers and angles ----------------------------------------------------------------------------------------------


def of_numbers(s: UnitSystem, op: Any) -> Rule:
    """Dimensionless arguments, in units of one; the result is dimensionless."""

    def function_of_numbers(*values: Any, **keywords: Any) -> Any:
        return s.function_of_numbers(s.first(values), op(*map(s.number, values), **keywords))

    return function_of_numbers


def of_numbers_variadic(s: UnitSystem, op: Any) -> Rule:
    """A tuple of dimensionless arrays."""

    def function_of_numbers(values: Any, **keywords: Any) -> Any:
        return s.function_of_numbers(s.first(values), op(tuple(map(s.number, values)), **keywords))

    return function_of_numbers


def whole_numbers(s: UnitSystem, op: Any) -> Rule:
    """Dimensionless whole numbers: bits and divisors; the result is dimensionless."""

    def function_of_whole_numbers(*values: Any, **keywords: Any) -> Any:
        return s.make(s.first(values), op(*map(s.number, values), **keywords), s.one)

    return function_of_whole_numbers


def of_angle(s: UnitSystem, op: Any) -> Rule:
    """One angle, in radian; the result is dimensionless."""

    def function_of_angle(q: Any, **keywords: Any) -> Any:
        return s.function_of_numbers(q, op(s.angle(q), **keywords))

    return function_of_angle


def to_angle(s: UnitSystem, op: Any) -> Rule:
    """A dimensionless argument; the result is an angle."""

    def angle_of_number(*values: Any, **keywords: Any) -> Any:
        return s.an_angle(s.first(values), op(*map(s.number, values), **keywords))

    return angle_of_number


def direction(s: UnitSystem, op: Any) -> Rule:
    """Two arguments of one dimension; the result is the angle between them."""

    def angle_of_two(*values: Any, **keywords: Any) -> Any:
        like, _, magnitudes = s.common(values)
        return s.direction(like, op(*magnitudes, **keywords))

    return angle_of_two


# ---- products and powers ---------------------------------------------------------------------------------------------


def multiplied(s: UnitSystem, op: Any) -> Rule:
    """Products of two: units multiply."""
    made = s.chained if op is ops.strong_multiply else s.product

    def product_of_two(a: Any, b: Any, **keywords: Any) -> Any:
        like = s.like((a, b))
        (x, u), (y, v) = s.factor(a, like), s.factor(b, like)
        return made(like, op(x, y, **keywords), s.times(u, v))

    return product_of_two


def multiplied_variadic(s: UnitSystem, op: Any) -> Rule:
    """Products of a tuple: units multiply."""

    def product_of_all(values: Any, **keywords: Any) -> Any:
        like = s.first(values)
        magnitudes, units = [], s.one
        for x in values:
            magnitude, u = s.factor(x)
            magnitudes.append(magnitude)
            units = s.times(units, u)
        return s.product(like, op(tuple(magnitudes), **keywords), units)

    return product_of_all


def divided(s: UnitSystem, op: Any) -> Rule:
    """Quotients: units divide."""

    def quotient(a: Any, b: Any, **keywords: Any) -> Any:
        like = s.like((a, b))
        (x, u), (y, v) = s.factor(a, like), s.factor(b, like)
        return s.product(like, op(x, y, **keywords), s.over(u, v))

    return quotient


def solved(s: UnitSystem, op: Any) -> Rule:
    """Solutions of a x = b: the units of b over those of a."""

    def solution(a: Any, b: Any, **keywords: Any) -> Any:
        like = s.like((a, b))
        (x, u), (y, v) = s.factor(a, like), s.factor(b, like)
        return s.product(like, op(x, y, **keywords), s.over(v, u))

    return solution


def to_the(n: Any) -> Maker:
    """One array, of which the result is homogeneous of degree n; its units to this power."""

    def family(s: UnitSystem, op: Any) -> Rule:
        def of_power(q: Any, **keywords: Any) -> Any:
            magnitude, units = s.factor(q)
            return s.product(q, op(magnitude, **keywords), s.raised(units, n))

        return of_power

    return family


def of_difference_to_the(n: Any) -> Maker:
    """One array of which only differences matter; the units of a difference to a fixed power: variances."""

    def family(s: UnitSystem, op: Any) -> Rule:
        def of_power(q: Any, **keywords: Any) -> Any:
            s.check(q)
            return s.product(q, op(s.magnitude(q), **keywords), s.raised(s.difference(q), n))

        return of_power

    return family


def outputs(*powers: Any) -> Maker:
    """One array in, several out: the units to these powers, 0 for an output without units, None for positions."""

    def output(s: UnitSystem, q: Any, y: Any, units: Any, n: Any) -> Any:
        if not n:
            return y if n is None else s.without_units(q, y)
        return s.product(q, y, s.raised(units, n))

    def family(s: UnitSystem, op: Any) -> Rule:
        def several(q: Any, **keywords: Any) -> Any:
            magnitude, units = s.factor(q)
            made = op(magnitude, **keywords)
            return tuple(output(s, q, y, units, n) for y, n in zip(made, powers, strict=True))

        return several

    return family
