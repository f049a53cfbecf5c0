"""NumPy's functions to which astropy gives units of its own, beyond what `dispatchml.units` knows of every library."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy import units as u
from astropy.units import Quantity

from dispatchml import ops
from dispatchml.dispatch.errors import at_user_line
from dispatchml.numpy.meanings import library_meaning
from dispatchml.units import convert, magnitude, quantity_inside


def declare() -> None:
    """Enter them."""
    library_meaning(Quantity, np.linspace)(linspace)
    library_meaning(Quantity, np.modf)(of_number)
    library_meaning(Quantity, np.frexp)(bare_number)
    for op in (ops.any, ops.all, ops.logical_and, ops.logical_or, ops.logical_xor, ops.logical_not):
        op.layer(Quantity, without_truth(op.info.name))


def without_truth(name: str) -> Any:
    """astropy's quantities are neither true nor false: of a temperature or a magnitude nobody knows what zero is."""

    def refuse(*arguments: Any, **keywords: Any) -> Any:
        raise u.UnitTypeError(
            f"{name} of an astropy Quantity{at_user_line()}: quantities are neither true nor false, as astropy says. "
            "Compare, q != 0 * q.unit, or use the numbers, q.value."
        )

    return refuse


def linspace(usual: Any, start: Any, stop: Any, *arguments: Any, **keywords: Any) -> Any:
    """In the unit of the end."""
    q = quantity_inside(stop)
    if q is not None and quantity_inside(start) is not None:
        start = convert(start, unit=q.unit)
    return usual(start, stop, *arguments, **keywords)


def of_number(usual: Any, x: Any, **keywords: Any) -> Any:
    """Whole and fractional parts: of dimensionless quantities only, as the numbers that they are."""
    return usual(convert(x, unit=u.dimensionless_unscaled), **keywords)


def bare_number(usual: Any, x: Any, **keywords: Any) -> Any:
    """Mantissas and exponents: of the same numbers, plain."""
    return usual(magnitude(convert(x, unit=u.dimensionless_unscaled)), **keywords)
