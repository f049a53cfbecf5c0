"""The constructor of quantities: round a traced value it goes inside, round what astropy cannot hold it is a carrier.

`Quantity(traced, u.m)`, `traced * u.m`, `u.m * traced` and `traced << u.m` are all traced quantities.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.units import Quantity, Unit, UnitBase

from dispatchml import ops
from dispatchml.dispatch.errors import ArgumentError, at_user_line, class_name
from dispatchml.units import attach, attached, convert, is_in, quantity_inside, wrap_constructor, wrap_units

from .system import SYSTEM

OWN = (Quantity, UnitBase)


def enter(cls: Any, value: Any, unit: Any = None, dtype: Any = np.inexact, copy: Any = True, *_: Any, **__: Any) -> Any:
    """A quantity of a value that astropy's constructor cannot take."""
    if cls is not Quantity:
        raise ArgumentError(
            f"{class_name(cls)} of a traced value, or of one that needs a carrier{at_user_line()}: its constructor "
            "checks and wraps plain numbers. Make a Quantity: x * unit."
        )
    if dtype is not np.inexact and dtype is not None:
        value = ops.astype(value, dtype=np.dtype(dtype))
    if quantity_inside(value) is None:
        unit = SYSTEM.one if unit is None else Unit(unit)
        return attach(value, unit=unit) if copy else attached(value, unit)
    if not copy and (unit is None or is_in(value, Unit(unit))):
        return ops.getitem(value, index=Ellipsis)
    return ops.positive(value) if unit is None else convert(value, unit=Unit(unit))


def install() -> None:
    """Put the constructor and the operators into astropy's classes; once, when the plugin is loaded."""
    wrap_constructor(Quantity, enter, OWN)
    wrap_units(UnitBase, OWN)
