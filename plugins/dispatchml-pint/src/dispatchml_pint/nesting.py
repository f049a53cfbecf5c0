"""pint's constructor, units and methods with traced values: traced outside, a quantity inside.

`Quantity(traced, "m")`, `traced * ureg.m`, `ureg.m * traced` and `traced * q` are all traced quantities, whichever of
the two libraries is asked first; `.to`, `.magnitude` and their kin on a traced quantity are differentiable.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pint
from pint.util import to_units_container

from dispatchml import ops
from dispatchml.dispatch import change, is_layer, is_traced, layer_of
from dispatchml.dispatch.errors import TracerConversionError, at_user_line
from dispatchml.units import MAGNITUDE, attached, converted, magnitude, quantity_inside, refused

from .system import SYSTEM

ORDINARY = frozenset({np.ndarray, float, int, complex, str})

# ---- the constructor of pint, and its units as operands --------------------------------------------------------------

PLAIN_NEW = pint.Quantity.__new__


@functools.wraps(PLAIN_NEW)
def construct(cls: Any, value: Any, units: Any = None) -> Any:
    """`Quantity.__new__`: round a traced value the quantity goes inside."""
    if type(value) in ORDINARY:
        return PLAIN_NEW(cls, value, units)
    if type(value) in (list, tuple) and any(map(is_traced, value)):
        value = ops.stack(tuple(value))
    if not is_traced(value):
        return PLAIN_NEW(cls, value, units)
    one = PLAIN_NEW(cls, 1, units)
    if quantity_inside(value) is None:
        return attached(value, one.units)
    return converted(value, one.units) if units is not None else ops.positive(value)


def read_inside(q: Any, name: str) -> Any:
    """`Quantity.__getattr__`: a field of what the quantity wraps keeps the units; pint hands out the bare field."""
    if not name.startswith("_"):
        info = layer_of(type(q._magnitude))
        if info is not None and name in info.fields:
            return info.fields[name](q)
    return PLAIN_GETATTR(q, name)


PLAIN_GETATTR = pint.Quantity.__getattr__


def write(q: Any, index: Any, value: Any) -> None:
    """`Quantity.__setitem__`: a traced value cannot be written into a plain array."""
    PLAIN_SETITEM(q, index, np.asarray(value) if is_traced(value) else value)  # asarray raises, and says what to do


PLAIN_SETITEM = pint.Quantity.__setitem__


def divide_by_unit(unit: Any, other: Any) -> Any:
    """`traced / unit`, which pint leaves to nobody."""
    return ops.divide(other, 1 * unit) if is_traced(other) else PLAIN_DIVIDE(unit, other)


PLAIN_DIVIDE = pint.Unit.__rtruediv__


def matmul_reflected(q: Any, other: Any) -> Any:
    """`Quantity.__rmatmul__`: pint's own is `__matmul__`, with the operands in the wrong order."""
    return ops.matmul(other, q) if is_layer(other) else PLAIN_RMATMUL(q, other)


PLAIN_RMATMUL = pint.Quantity.__rmatmul__


# ---- pint's methods on traced quantities -----------------------------------------------------------------------------


def unit_of(x: Any, target: Any) -> Any:
    """What a method of pint takes as units, as a Unit of the quantity's registry."""
    registry = quantity_inside(x)._REGISTRY
    return registry.Unit(to_units_container(target, registry))


def to(x: Any, other: Any = None, *contexts: Any, **keywords: Any) -> Any:
    """x.to(units)."""
    if contexts or keywords or quantity_inside(x)._REGISTRY._active_ctx:
        raise NotImplementedError(
            f"to(..., context) on a traced quantity{at_user_line()}: a context converts between dimensions by a "
            "formula of its own, of which no derivative is known. Write the formula with quantities instead."
        )
    return converted(x, unit_of(x, other))


def m_as(x: Any, units: Any) -> Any:
    """x.m_as(units)."""
    return MAGNITUDE(to(x, units))


def by_pint(name: str) -> Any:
    """A method that chooses units from units: pint chooses, `convert` converts."""

    def method(x: Any, *arguments: Any, **keywords: Any) -> Any:
        inner = quantity_inside(x)
        chosen = getattr(SYSTEM.make(inner, 1.0, inner._units), name)(*arguments, **keywords)
        return converted(x, chosen.units)

    method.__name__ = name
    return method


def in_place(name: str, convert_to: Any) -> Any:
    """A method that converts a quantity in place."""

    def method(x: Any, *arguments: Any, **keywords: Any) -> None:
        change(x, lambda q: convert_to(q, *arguments, **keywords), f"x.{name}(...)")

    method.__name__ = name
    return method


def to_compact(x: Any, unit: Any = None) -> Any:
    """x.to_compact(): pint chooses the prefix by the number, which changes no derivative."""
    inner = quantity_inside(x)
    if np.ndim(inner._magnitude) != ops.ndim(x):
        raise TracerConversionError(
            f"x.to_compact() of a batch{at_user_line()}: each element would choose units of its own. Write "
            "x.to(units) with the units that you want."
        )
    return converted(x, inner.to_compact(unit).units)


def compare(x: Any, other: Any, op: Any) -> Any:
    """x.compare(other, operator.lt)."""
    return op(x, other)


def is_compatible_with(x: Any, other: Any, *contexts: Any, **keywords: Any) -> bool:
    """x.is_compatible_with(other), which may be traced too."""
    q = quantity_inside(other)
    if q is None and is_traced(other):
        q = 1.0
    return quantity_inside(x).is_compatible_with(other if q is None else q, *contexts, **keywords)


def to_tuple(x: Any) -> Any:
    """x.to_tuple(): the magnitude, and units as pairs."""
    return magnitude(x), tuple(quantity_inside(x)._units.items())


STATIC = (
    "units", "u", "dimensionality", "dimensionless", "unitless", "check", "compatible_units", "unit_items",
    "UnitsContainer", "force_ndarray", "force_ndarray_like", "from_list", "from_sequence", "from_tuple",
)  # fmt: skip
#: What pint chooses units by, in the version that is there.
CHOSEN = tuple(
    name
    for name in ("base_units", "root_units", "reduced_units", "preferred", "unprefixed")
    if hasattr(pint.Quantity, f"to_{name}")
)
METHODS = {
    "to_compact": to_compact,
    "compare": compare,
    "is_compatible_with": is_compatible_with,
    "to_tuple": to_tuple,
    "plus_minus": refused(
        "plus_minus(error)",
        "would make pint's Measurement, which holds plain numbers and would lose the derivative",
        "Differentiate at an uncertain number instead: grad(f)(ureg.Quantity(uncertainties.ufloat(x, error), units))",
    ),
    "to_timedelta": refused(
        "to_timedelta()",
        "would make a datetime.timedelta, a plain number that loses the derivative",
        "Write dispatchml.primal(x).to_timedelta() where that is meant",
    ),
    "to": to,
    "m_as": m_as,
    "magnitude": MAGNITUDE,
    "m": MAGNITUDE,
    "ito": in_place("ito", to),
    **{f"to_{name}": by_pint(f"to_{name}") for name in CHOSEN},
    **{f"ito_{name}": in_place(f"ito_{name}", by_pint(f"to_{name}")) for name in CHOSEN},
}
