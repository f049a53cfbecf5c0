"""Families of operations by what they do to units. Each maker turns an operation into the rule for quantities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pint

from .units import (
    NONE,
    RADIAN,
    common,
    converted,
    delta,
    factor,
    first_quantity,
    is_quantity,
    kind,
    plain_number,
    product,
    quantity,
    raised,
    ratio,
    reduced,
)

Rule = Callable[..., Any]


def keep(op: Any) -> Rule:
    """One array, in the units of the argument: shapes, linear maps, sorting, choosing."""

    def keep_units(q: Any, **keywords: Any) -> Any:
        kind(q)
        return quantity(q, op(q._magnitude, **keywords), q._units)

    return keep_units


def keep_as_difference(op: Any) -> Rule:
    """The same, where the result is a difference: norms, standard deviations, zeros."""

    def keep_units_of_a_difference(q: Any, **keywords: Any) -> Any:
        return quantity(q, op(q._magnitude, **keywords), delta(q))

    return keep_units_of_a_difference


def keep_list(op: Any) -> Rule:
    """One array in, several out, all in the units of the argument."""

    def keep_units_of_all(q: Any, **keywords: Any) -> Any:
        kind(q)
        made = op(q._magnitude, **keywords)
        return type(made)(quantity(q, x, q._units) for x in made)

    return keep_units_of_all


def keep_first(op: Any) -> Rule:
    """The units of the first argument; the others are plain or dimensionless (positions, for example)."""

    def keep_units_of_first(x: Any, *others: Any, **keywords: Any) -> Any:
        others = tuple(map(plain_number, others))
        if not is_quantity(x):
            return op(x, *others, **keywords)
        kind(x)
        return quantity(x, op(x._magnitude, *others, **keywords), x._units)

    return keep_units_of_first


def rounding(op: Any) -> Rule:
    """Rounding in the units of the argument; a ratio of units of one dimension (km/m) is rounded as the number that it
    is.
    """

    def round_in_units(q: Any, **keywords: Any) -> Any:
        kind(q)
        if len(q._units) > 1 and q.dimensionless:
            return quantity(q, op(converted(q, NONE), **keywords), NONE)
        return quantity(q, op(q._magnitude, **keywords), q._units)

    return round_in_units


def same(op: Any) -> Rule:
    """Arguments of one dimension; the result has the units of the first."""

    def in_one_dimension(*values: Any, **keywords: Any) -> Any:
        like, units, magnitudes = common(values)
        return quantity(like, op(*magnitudes, **keywords), units)

    return in_one_dimension


def same_variadic(op: Any) -> Rule:
    """A tuple of arrays of one dimension; the result has the units of the first."""

    def in_one_dimension(values: Any, **keywords: Any) -> Any:
        like, units, magnitudes = common(values)
        return quantity(like, op(tuple(magnitudes), **keywords), units)

    return in_one_dimension


def same_variadic_list(op: Any) -> Rule:
    """A tuple of arrays that stay apart: each keeps its own units."""

    def each_in_its_units(values: Any, **keywords: Any) -> Any:
        made = op(tuple(x._magnitude if is_quantity(x) else x for x in values), **keywords)
        return type(made)(quantity(x, y, x._units) if is_quantity(x) else y for x, y in zip(values, made, strict=True))

    return each_in_its_units


def same_to(units: Any) -> Callable[[Any], Rule]:
    """Arguments of one dimension; the result has given units, or none at all for None."""

    def family(op: Any) -> Rule:
        def in_one_dimension(*values: Any, **keywords: Any) -> Any:
            like, _, magnitudes = common(values)
            made = op(*magnitudes, **keywords)
            return made if units is None else quantity(like, made, units)

        return in_one_dimension

    return family


def equality(unequal: bool) -> Callable[[Any], Rule]:
    """Equality: quantities of different dimensions are unequal, as in pint."""

    def family(op: Any) -> Rule:
        def compare(a: Any, b: Any) -> Any:
            try:
                _, _, magnitudes = common((a, b))
            except pint.DimensionalityError:
                shapes = (np.shape(x._magnitude if is_quantity(x) else x) for x in (a, b))
                shape = np.broadcast_shapes(*shapes)
                return np.full(shape, unequal) if shape else unequal
            return op(*magnitudes)

        return compare

    return family


def dimensionless(units: Any = NONE) -> Callable[[Any], Rule]:
    """Dimensionless arguments, angles in radian; the result is dimensionless, or an angle."""

    def family(op: Any) -> Rule:
        def of_numbers(*values: Any, **keywords: Any) -> Any:
            like = first_quantity(values)
            return quantity(like, op(*map(plain_number, values), **keywords), units)

        return of_numbers

    return family


angle = dimensionless(RADIAN)


def dimensionless_variadic(op: Any) -> Rule:
    """A tuple of dimensionless arrays."""

    def of_numbers(values: Any, **keywords: Any) -> Any:
        return quantity(first_quantity(values), op(tuple(map(plain_number, values)), **keywords), NONE)

    return of_numbers


def multiplied(op: Any) -> Rule:
    """Products of two: units multiply."""

    def product_of_two(a: Any, b: Any, **keywords: Any) -> Any:
        like = first_quantity((a, b))
        (x, u), (y, v) = factor(a), factor(b)
        return reduced(quantity(like, op(x, y, **keywords), product(u, v)))

    return product_of_two


def multiplied_variadic(op: Any) -> Rule:
    """Products of a tuple: units multiply."""

    def product_of_all(values: Any, **keywords: Any) -> Any:
        like = first_quantity(values)
        magnitudes, units = [], NONE
        for x in values:
            magnitude, u = factor(x)
            magnitudes.append(magnitude)
            units = product(units, u)
        return reduced(quantity(like, op(tuple(magnitudes), **keywords), units))

    return product_of_all


def divided(op: Any) -> Rule:
    """Quotients: units divide."""

    def quotient(a: Any, b: Any, **keywords: Any) -> Any:
        like = first_quantity((a, b))
        (x, u), (y, v) = factor(a), factor(b)
        return reduced(quantity(like, op(x, y, **keywords), ratio(u, v)))

    return quotient


def solved(op: Any) -> Rule:
    """Solutions of a x = b: the units of b over those of a."""

    def solution(a: Any, b: Any, **keywords: Any) -> Any:
        like = first_quantity((a, b))
        (x, u), (y, v) = factor(a), factor(b)
        return reduced(quantity(like, op(x, y, **keywords), ratio(v, u)))

    return solution


def to_the(n: Any) -> Callable[[Any], Rule]:
    """One array; its units to a fixed power."""

    def family(op: Any) -> Rule:
        def of_power(q: Any, **keywords: Any) -> Any:
            magnitude, units = factor(q)
            return reduced(quantity(q, op(magnitude, **keywords), raised(units, n)))

        return of_power

    return family


def of_difference_to_the(n: Any) -> Callable[[Any], Rule]:
    """One array of which only differences matter; the units of a difference to a fixed power: variances."""

    def family(op: Any) -> Rule:
        def of_power(q: Any, **keywords: Any) -> Any:
            return reduced(quantity(q, op(q._magnitude, **keywords), raised(delta(q), n)))

        return of_power

    return family


def outputs(*powers: Any) -> Callable[[Any], Rule]:
    """One array in, several out: the units to these powers; None for an output without units."""

    def family(op: Any) -> Rule:
        def several(q: Any, **keywords: Any) -> Any:
            magnitude, units = factor(q)
            made = op(magnitude, **keywords)
            return tuple(
                y if n is None else quantity(q, y, raised(units, n)) for y, n in zip(made, powers, strict=True)
            )

        return several

    return family


def plain(op: Any) -> Rule:
    """Nothing but numbers come out, whatever the units: signs, condition numbers."""

    def without_units(q: Any, **keywords: Any) -> Any:
        kind(q)
        return op(q._magnitude, **keywords)

    return without_units
