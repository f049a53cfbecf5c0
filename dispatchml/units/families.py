"""Families of operations by what they do to units: each maker turns an operation into the rule of a library.

Makers of one shape are made by a function that says what differs: whose units stay, into which units arguments are
brought, what the result is given out as, how units combine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from .system import UnitSystem

Rule = Callable[..., Any]
#: maker(system, operation) -> rule.
Maker = Callable[[UnitSystem, Any], Rule]


# ---- the units of one argument stay ----------------------------------------------------------------------------------


def keeping(position: int = 0, difference: bool = False, numbers: bool = True) -> Maker:
    """The units of the argument at a position, or those of a difference of it. The other arguments are plain or
    dimensionless (positions, for example), or looked at whatever their units where `numbers` is False.
    """

    def family(s: UnitSystem, op: Any) -> Rule:
        units = s.difference if difference else s.units

        def keep_units(q: Any, **keywords: Any) -> Any:
            s.check(q)
            return s.make(q, op(s.magnitude(q), **keywords), units(q))

        def keep_units_of_one(*values: Any, **keywords: Any) -> Any:
            q, given = values[position], list(values)
            given[position] = s.bare_magnitude(q)
            if numbers:
                given = list(map(s.number, given))
            made = op(*map(s.bare_magnitude, given), **keywords)
            if not s.is_quantity(q):
                return made
            s.check(q)
            return s.make(q, made, units(q))

        return keep_units if op.info.arity == 1 else keep_units_of_one

    return family


#: Shapes, linear maps, sorting, choosing; positions and the like may stand beside the array.
keep = keeping()
#: The same, where the result is a difference: norms, standard deviations, zeros.
keep_as_difference = keeping(difference=True)
#: Of the other arguments it only matters which of their elements are equal.
keep_beside = keeping(numbers=False)
#: Sums over eigenvectors with weights, which come last.
keep_last = keeping(-1, numbers=False)


def keep_list(s: UnitSystem, op: Any) -> Rule:
    """One array in, several out, all in the units of the argument."""

    def keep_units_of_all(q: Any, **keywords: Any) -> Any:
        s.check(q)
        made = op(s.magnitude(q), **keywords)
        return type(made)(s.make(q, x, s.units(q)) for x in made)

    return keep_units_of_all


def plain(s: UnitSystem, op: Any) -> Rule:
    """Nothing but numbers come out, whatever the units: signs, condition numbers."""

    def without_units(*values: Any, **keywords: Any) -> Any:
        for x in values:
            if s.is_quantity(x):
                s.check(x)
        return op(*map(s.bare_magnitude, values), **keywords)

    return without_units


# ---- several arrays of one dimension ---------------------------------------------------------------------------------


def in_one_dimension(given_out: Callable[[UnitSystem, Any, Any, Any], Any], beside: bool = False) -> Maker:
    """Arguments of one dimension, several or one tuple of them; given_out(system, like, result, units) is the result.
    beside: whether values are put beside each other, so that plain ones take the units of the quantities.
    """

    def family(s: UnitSystem, op: Any) -> Rule:
        def of_arguments(*values: Any, **keywords: Any) -> Any:
            like, units, magnitudes = s.common(values, beside)
            return given_out(s, like, op(*magnitudes, **keywords), units)

        def of_tuple(values: Any, **keywords: Any) -> Any:
            like, units, magnitudes = s.common(values, beside)
            return given_out(s, like, op(tuple(magnitudes), **keywords), units)

        return of_tuple if op.info.variadic else of_arguments

    return family


#: The result has the units of the first.
same = in_one_dimension(lambda s, like, y, units: s.make(like, y, units))
joined = in_one_dimension(lambda s, like, y, units: s.make(like, y, units), beside=True)
#: The result is a number: how often one goes into the other.
counted = in_one_dimension(lambda s, like, y, units: s.make(like, y, s.one))
#: The result is the angle between them.
direction = in_one_dimension(lambda s, like, y, units: s.direction(like, y))


def each_in_its_units(s: UnitSystem, op: Any) -> Rule:
    """A tuple of arrays that stay apart: each keeps its own units."""

    def stay_apart(values: Any, **keywords: Any) -> Any:
        made = op(tuple(map(s.bare_magnitude, values)), **keywords)
        return type(made)(
            s.make(x, y, s.units(x)) if s.is_quantity(x) else y for x, y in zip(values, made, strict=True)
        )

    return stay_apart


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


def of_converted(
    number: Callable[[UnitSystem], Callable[[Any], Any]], given_out: Callable[[UnitSystem, Any, Any], Any]
) -> Maker:
    """Arguments are converted to plain numbers by number(system); given_out(system, like, result) is the result."""

    def family(s: UnitSystem, op: Any) -> Rule:
        convert = number(s)

        def of_one(q: Any, **keywords: Any) -> Any:
            return given_out(s, q, op(convert(q), **keywords))

        def of_several(*values: Any, **keywords: Any) -> Any:
            return given_out(s, s.first(values), op(*map(convert, values), **keywords))

        return of_one if op.info.arity == 1 else of_several

    return family


#: Functions of numbers: arguments and result are dimensionless, in units of one.
of_numbers = of_converted(lambda s: s.number, lambda s, like, y: s.function_of_numbers(like, y))
#: Bits and divisors of whole numbers.
whole_numbers = of_converted(lambda s: s.number, lambda s, like, y: s.make(like, y, s.one))
#: Functions of an angle, in radian.
of_angle = of_converted(lambda s: s.angle, lambda s, like, y: s.function_of_numbers(like, y))
#: Functions of a number that give an angle.
to_angle = of_converted(lambda s: s.number, lambda s, like, y: s.an_angle(like, y))


# ---- products and powers ---------------------------------------------------------------------------------------------


def combined(units_of: Callable[[UnitSystem], Callable[[Any, Any], Any]]) -> Maker:
    """Products and quotients of two, whose units are combined by units_of(system)."""

    def family(s: UnitSystem, op: Any) -> Rule:
        made = s.chained if op is ops.strong_multiply else s.product
        combine = units_of(s)

        def product_of_two(a: Any, b: Any, **keywords: Any) -> Any:
            like = s.like((a, b))
            (x, u), (y, v) = s.factor(a, like), s.factor(b, like)
            return made(like, op(x, y, **keywords), combine(u, v))

        return product_of_two

    return family


multiplied = combined(lambda s: s.times)
divided = combined(lambda s: s.over)
#: Solutions of a x = b: the units of b over those of a.
solved = combined(lambda s: lambda u, v: s.over(v, u))


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


def to_the(n: Any, difference: bool = False) -> Maker:
    """One array, of which the result is homogeneous of degree n; its units, or those of a difference, to this power."""

    def family(s: UnitSystem, op: Any) -> Rule:
        def of_power(q: Any, **keywords: Any) -> Any:
            magnitude, units = s.factor(q)
            return s.product(q, op(magnitude, **keywords), s.raised(units, n))

        def of_power_of_difference(q: Any, **keywords: Any) -> Any:
            s.check(q)
            return s.product(q, op(s.magnitude(q), **keywords), s.raised(s.difference(q), n))

        return of_power_of_difference if difference else of_power

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
