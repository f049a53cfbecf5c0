"""Filling and writing: values are brought to the units of the array that they are put into."""

from __future__ import annotations

from typing import Any

from .. import ops
from .families import Rule
from .particular import particular
from .system import UnitSystem


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
