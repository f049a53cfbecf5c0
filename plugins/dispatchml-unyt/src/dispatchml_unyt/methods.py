"""unyt's attributes and methods on traced quantities: those that convert are differentiable."""

from __future__ import annotations

from typing import Any

from unyt import Unit, unyt_quantity
from unyt.equivalencies import equivalence_registry

from dispatchml import ops
from dispatchml.dispatch import change
from dispatchml.units import MAGNITUDE, attach, attached, convert, magnitude, quantity_inside, refused


def to(x: Any, units: Any, equivalence: Any = None, **keywords: Any) -> Any:
    """x.to(units), x.in_units(units): by a factor, also between SI and Gaussian units, or by an equivalence."""
    q = quantity_inside(x)
    target = unit_of(units, q)
    if q.units.same_dimensions_as(target):
        return convert(x, unit=target)
    if equivalence is None:
        factor = float(unyt_quantity(1.0, q.units).to(target).value)  # raises unyt's error, unless it is known
        return attach(ops.multiply(magnitude(x), factor), unit=target)
    known = equivalence_registry[equivalence]()
    if not q.has_equivalent(equivalence):
        return unyt_quantity(1.0, q.units).to(target, equivalence=equivalence)  # raises
    return convert(known.convert(x, target.dimensions, **keywords), unit=target)


def unit_of(units: Any, q: Any) -> Any:
    """What a method of unyt takes as units, as a Unit."""
    if isinstance(units, Unit):
        return units
    return Unit(getattr(units, "units", units), registry=q.units.registry)


def to_equivalent(x: Any, unit: Any, equivalence: Any, **keywords: Any) -> Any:
    """x.to_equivalent(unit, equivalence)."""
    return to(x, unit, equivalence, **keywords)


def to_value(x: Any, units: Any = None, equivalence: Any = None, **keywords: Any) -> Any:
    """x.to_value(units)."""
    return magnitude(x) if units is None else magnitude(to(x, units, equivalence, **keywords))


def in_base(x: Any, unit_system: Any = None) -> Any:
    """x.in_base(unit_system): unyt chooses the unit."""
    return to(x, unyt_quantity(1.0, quantity_inside(x).units).in_base(unit_system).units)


def in_place(name: str, convert_to: Any) -> Any:
    """A method that converts a quantity in place."""

    def method(x: Any, *arguments: Any, **keywords: Any) -> None:
        change(x, lambda q: convert_to(q, *arguments, **keywords), f"x.{name}(...)")

    method.__name__ = name
    return method


def set_units(x: Any, units: Any) -> None:
    """x.units = units: the numbers stay."""
    unit = unit_of(units, quantity_inside(x))
    change(x, lambda q: attached(MAGNITUDE(q), unit), "x.units = ...")


def in_library(name: str) -> Any:
    """A quantity of another library: the numbers times its unit, as unyt translates it."""

    def method(x: Any, *arguments: Any, **keywords: Any) -> Any:
        one = getattr(unyt_quantity(1.0, quantity_inside(x).units), name)(*arguments, **keywords)
        return ops.multiply(magnitude(x), one)

    method.__name__ = name
    return method


STATIC = (
    "units", "unit_quantity", "uq", "has_equivalent", "list_equivalencies", "name", "from_string", "from_pint",
    "from_astropy", "from_hdf5",
)  # fmt: skip
METHODS = {
    "to": to,
    "in_units": to,
    "to_value": to_value,
    "to_equivalent": to_equivalent,
    "in_base": in_base,
    "in_cgs": lambda x: in_base(x, "cgs"),
    "in_mks": lambda x: in_base(x, "mks"),
    "ndarray_view": MAGNITUDE,
    "to_ndarray": magnitude,
    **{name: property(magnitude) for name in ("value", "v")},  # copies, as unyt's are
    **{name: property(MAGNITUDE) for name in ("ndview", "d")},
    "convert_to_units": in_place("convert_to_units", to),
    "convert_to_equivalent": in_place("convert_to_equivalent", to_equivalent),
    "convert_to_base": in_place("convert_to_base", in_base),
    "convert_to_cgs": in_place("convert_to_cgs", lambda x: in_base(x, "cgs")),
    "convert_to_mks": in_place("convert_to_mks", lambda x: in_base(x, "mks")),
    "to_astropy": in_library("to_astropy"),
    "to_pint": in_library("to_pint"),
    "to_string": refused(
        "to_string()",
        "would be a text of its numbers, which have a derivative",
        "Write dispatchml.primal(x).to_string()",
    ),
    "unit_array": property(ops.ones_like),
    "ua": property(ops.ones_like),
}
SETTERS = {"units": set_units}
