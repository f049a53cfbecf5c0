"""The constructors of unyt, and its units as operands, round traced values and round what unyt cannot hold.

`unyt_array(traced, "km")`, `traced * unyt.km` and `unyt.km * traced` are all traced quantities.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from unyt import Unit, unyt_array, unyt_quantity

from dispatchml import ops
from dispatchml.units import attached, convert, quantity_inside, wrap_constructor, wrap_units

from .system import SYSTEM

OWN = (unyt_array, unyt_quantity, Unit, str)


def enter(cls: Any, value: Any, units: Any = None, registry: Any = None, dtype: Any = None, **_: Any) -> Any:
    """A quantity of a value that the constructors of unyt cannot take."""
    if dtype is not None:
        value = ops.astype(value, dtype=np.dtype(dtype))
    if units is not None and not isinstance(units, Unit):
        units = Unit(units, registry=registry)
    if quantity_inside(value) is None:
        return attached(value, SYSTEM.one if units is None else units)
    return ops.getitem(value, index=Ellipsis) if units is None else convert(value, unit=units)


def install() -> None:
    """Put the constructors and the operators into unyt's classes; once, when the plugin is loaded."""
    for cls in (unyt_array, unyt_quantity):
        wrap_constructor(cls, enter, OWN)
    wrap_units(Unit, OWN)
