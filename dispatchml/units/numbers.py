"""The numbers of quantities in one unit, of values that may be traced or have none."""

from __future__ import annotations

from typing import Any

from ..numpy.registry import operand
from .entering import convert, magnitude, quantity_inside
from .system import UnitSystem


def unit_of(system: UnitSystem, x: Any) -> Any:
    """The unit of the quantity inside of a value, as the library's own object; None for a value without."""
    q = quantity_inside(x)
    return None if q is None else system.unit(q)


def first_unit(system: UnitSystem, *values: Any) -> Any:
    """The unit of the first quantity among values and lists of them; None without one."""
    for x in values:
        unit = first_unit(system, *x) if type(x) in (list, tuple) else unit_of(system, x)
        if unit is not None:
            return unit
    return None


def numbers(x: Any) -> Any:
    """The numbers of a value in its own unit; a plain value as it is."""
    return x if quantity_inside(x) is None else magnitude(x)


def numbers_in(system: UnitSystem, unit: Any, x: Any) -> Any:
    """The numbers of a value in a unit. A plain value must be one that may stand there, else the library's error is
    raised.
    """
    x = operand(x)
    if unit is None or (quantity_inside(x) is None and system.fits_any(x)):
        return numbers(x)
    return magnitude(convert(x, unit=unit))
