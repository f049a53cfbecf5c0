"""What the rules say about units: conversion, products, powers, and which units take part in which arithmetic.

A quantity is taken apart into its magnitude and its units (pint's `UnitsContainer`). Magnitudes meet operations of
dispatchml only, so that a magnitude may be any value; units are plain data. pint's own semantics hold: the result of
a sum has the units of its first quantity, a plain zero or nan fits every unit, offset units (degC) take part in
differences only.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pint
from pint.util import UnitsContainer

from dispatchml import ops
from dispatchml.dispatch.errors import DispatchmlError, at_user_line

NONE = UnitsContainer({})
RADIAN = UnitsContainer({"radian": 1})
MULTIPLICATIVE, OFFSET = "multiplicative", "offset"
#: Magnitudes round which a quantity is put without asking pint.
PLAIN = frozenset({np.ndarray, float, int, complex, *(np.dtype(c).type for c in "efdgFDG")})

#: Whether units are multiplicative or offset ones, by class of quantities (each registry has its own) and units.
KINDS: WeakKeyDictionary[type, dict[UnitsContainer, str]] = WeakKeyDictionary()
#: Products, quotients and powers of units that have been met. Emptied when it grows large.
KNOWN: dict[Any, UnitsContainer] = {}
KNOWN_LIMIT = 4096


class LogarithmicUnitError(DispatchmlError, TypeError):
    """A quantity in a logarithmic unit (dB, dBm, Np, ...) met an operation."""


# ---- taking apart, putting together ----------------------------------------------------------------------------------


def is_quantity(x: Any) -> bool:
    """Whether a value is a quantity of any registry."""
    return isinstance(x, pint.Quantity)


def quantity(like: Any, magnitude: Any, units: UnitsContainer) -> Any:
    """A quantity of the same registry."""
    registry = like._REGISTRY
    cls = registry.Quantity
    if type(magnitude) not in PLAIN or registry.force_ndarray or registry.force_ndarray_like:
        return cls(magnitude, units)
    made = object.__new__(cls)
    made._magnitude, made._units = magnitude, units
    return made


def reduced(q: Any) -> Any:
    """A product as the registry wants products."""
    registry = q._REGISTRY
    if registry.autoconvert_to_preferred:
        q = q.to_preferred()
    return q.to_reduced_units() if registry.auto_reduce_dimensions else q


def first_quantity(values: Any) -> Any:
    """The first quantity of several values; quantities of another registry among them are refused."""
    found = None
    for x in values:
        if is_quantity(x):
            if found is None:
                found = x
            elif x._REGISTRY is not found._REGISTRY:
                found._check(x)  # pint's own ValueError
    return found


def kind(q: Any) -> str:
    """Whether the units of a quantity are multiplicative or offset; logarithmic ones are refused."""
    known = KINDS.get(type(q))
    if known is None:
        known = KINDS[type(q)] = {}
    found = known.get(q._units)
    if found is None:
        found = known[q._units] = find_kind(q)
    return found


def find_kind(q: Any) -> str:
    """The same, by asking the registry."""
    registry = q._REGISTRY
    names = q._get_non_multiplicative_units()
    for name in q._units:
        definition = q._get_unit_definition(name)
        if definition.is_logarithmic:
            base = str(registry.get_base_units(q.units)[1]) or "dimensionless"
            raise LogarithmicUnitError(
                f"A quantity in {q.units} met an operation of dispatchml{at_user_line()}. {name} is logarithmic: "
                "the sum of two such numbers is a product of what they stand for, so derivatives of it would not be "
                f"those of the quantity. Convert it first: q.to({base!r})."
            )
    return OFFSET if names else MULTIPLICATIVE


# ---- algebra of units ------------------------------------------------------------------------------------------------


def remember(key: Any, made: UnitsContainer) -> UnitsContainer:
    """Keep units that were worked out."""
    if len(KNOWN) >= KNOWN_LIMIT:
        KNOWN.clear()
    KNOWN[key] = made
    return made


def product(u: UnitsContainer, v: UnitsContainer) -> UnitsContainer:
    """u * v."""
    key = ("*", u, v)
    return KNOWN.get(key) or remember(key, u * v)


def ratio(u: UnitsContainer, v: UnitsContainer) -> UnitsContainer:
    """u / v."""
    key = ("/", u, v)
    return KNOWN.get(key) or remember(key, u / v)


def raised(u: UnitsContainer, n: Any) -> UnitsContainer:
    """u ** n for a plain number n."""
    key = ("^", u, n)
    return KNOWN.get(key) or remember(key, u**n)


def delta(q: Any) -> UnitsContainer:
    """The units of a difference: delta_degC for degC, the units themselves for multiplicative ones."""
    units = q._units
    if kind(q) is OFFSET:
        for name in q._get_non_multiplicative_units():
            units = units.rename(name, f"delta_{name}")
    return units


# ---- conversion ------------------------------------------------------------------------------------------------------


def same_dimension(registry: Any, source: UnitsContainer, target: UnitsContainer) -> None:
    """Raise pint's DimensionalityError where two units have no common dimension; contexts do not count here."""
    one, other = registry.get_dimensionality(source), registry.get_dimensionality(target)
    if one != other:
        raise pint.DimensionalityError(source, target, one, other)


def converted(q: Any, target: UnitsContainer) -> Any:
    """The magnitude of a quantity in other units."""
    source, registry = q._units, q._REGISTRY
    if source is target or source == target:
        return q._magnitude
    same_dimension(registry, source, target)
    if kind(q) is OFFSET or kind(quantity(q, 1, target)) is OFFSET:
        return converted_point(q, target)
    return scaled(q._magnitude, registry.convert(1, source, target))


def converted_point(q: Any, target: UnitsContainer) -> Any:
    """The magnitude of a point of a scale with an offset on another scale: slope and intercept."""
    registry = q._REGISTRY
    slope = registry.convert(1, delta(q), delta(quantity(q, 1, target)))
    return ops.add(scaled(q._magnitude, slope), registry.convert(0, q._units, target))


def scaled(magnitude: Any, factor: Any) -> Any:
    """A magnitude times a plain number."""
    return magnitude if factor == 1 else ops.multiply(magnitude, factor)


def plain_number(x: Any) -> Any:
    """The magnitude of a dimensionless quantity in units of one (radian for angles); anything else as it is.

    Raises pint.DimensionalityError for what is not dimensionless.
    """
    return converted(x, NONE) if is_quantity(x) else x


def is_zero_or_nan(x: Any) -> bool:
    """Whether a plain value is zero or nan throughout, and so fits every unit, as in pint."""
    try:
        return bool(np.all(np.logical_or(np.equal(x, 0), np.isnan(x))))
    except TypeError:
        return bool(np.all(np.equal(np.asarray(x, object), 0)))


def common(values: Any) -> tuple[Any, UnitsContainer, list[Any]]:
    """Values that must have one dimension: a quantity for the registry, the units, and the magnitudes in these units.

    The units are those of the first quantity; of the first that is not a difference where differences (delta_degC) and
    points of multiplicative scales (kelvin) meet. Plain values need dimensionless quantities, except zero and nan.
    """
    like = first_quantity(values)
    offset = [x for x in values if is_quantity(x) and kind(x) is OFFSET]
    units = offset[0]._units if offset else preferred(values, like)
    for x in values:
        if is_quantity(x) and (x._units is not units and x._units != units) and offset and is_difference(x):
            raise pint.OffsetUnitCalculusError(units, x._units)
        if not is_quantity(x) and units and not is_zero_or_nan(x):
            if like._REGISTRY.get_dimensionality(units):
                raise pint.DimensionalityError(units, "dimensionless", like._REGISTRY.get_dimensionality(units), "")
            units = NONE
    return like, units, [converted(x, units) if is_quantity(x) else x for x in values]


def preferred(values: Any, like: Any) -> UnitsContainer:
    """The units of the first quantity that is no temperature difference, else of the first."""
    if not is_difference(like):
        return like._units
    return next((x._units for x in values if is_quantity(x) and not is_difference(x)), like._units)


def is_difference(q: Any) -> bool:
    """Whether the units are those of a difference on a scale with an offset."""
    return any(name.startswith("delta_") for name in q._units)


def factor(x: Any) -> tuple[Any, UnitsContainer]:
    """A value as it takes part in a product: magnitude and multiplicative units.

    Offset units are ambiguous in products and raise pint.OffsetUnitCalculusError, unless the registry was made with
    autoconvert_offset_to_baseunit=True.
    """
    if not is_quantity(x):
        return (1, x._units) if isinstance(x, pint.Unit) else (x, NONE)
    if kind(x) is MULTIPLICATIVE:
        return x._magnitude, x._units
    if not x._ok_for_muldiv():
        raise pint.OffsetUnitCalculusError(x._units)
    units = x._REGISTRY.get_base_units(x._units)[1]._units
    return converted(x, units), units
