"""Into and out of a quantity as operations, so that a traced value in units is traced outside and a quantity inside.

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
from dispatchml.dispatch import SLOTS, layer_of, operation
from dispatchml.dispatch.errors import at_user_line
from dispatchml.rules import batch, rule

from .units import converted, delta, is_quantity, quantity

ORDINARY = frozenset({np.ndarray, float, int, complex, str})


@operation(family="units")
def attach(x: Any, *, units: Any = None) -> Any:
    """A quantity of a magnitude; `units` is a pint Unit."""


@operation(family="units")
def convert(q: Any, *, units: Any = None) -> Any:
    """A quantity in other units; `units` is a pint Unit."""


@operation(family="units")
def magnitude(q: Any) -> Any:
    """The magnitude of a quantity: a plain number, array or other payload."""


# ---- on plain values and quantities ----------------------------------------------------------------------------------


@attach.register
def attach_plainly(x: object, *, units: Any = None) -> Any:
    return PLAIN_NEW(units._REGISTRY.Quantity, x, units._units)


@convert.register
def convert_number(q: object, *, units: Any = None) -> Any:
    """A plain value is a dimensionless quantity."""
    return convert_quantity(attach_plainly(q, units=units._REGISTRY.Unit("")), units=units)


def inside(layer: Any) -> Any:
    """What a quantity may wrap: layers of the slots further in, as they are."""
    return attach_plainly if SLOTS.index(layer.slot) < SLOTS.index("meaning") else None


attach.info.layer_default = inside


def attach_quantity(q: Any, *, units: Any = None) -> Any:
    """Quantity(q, units) of a quantity is a conversion."""
    return convert_quantity(q, units=units)


def convert_quantity(q: Any, *, units: Any = None) -> Any:
    """The rule of `convert` for quantities."""
    return quantity(q, converted(q, units._units), units._units)


def magnitude_of_quantity(q: Any) -> Any:
    """The rule of `magnitude` for quantities."""
    return q._magnitude


# ---- derivatives: slopes are conversions of differences --------------------------------------------------------------


def step(units: Any) -> Any:
    """The unit of a difference: delta_degC for degC."""
    one = units._REGISTRY.Quantity(1, units)
    return units._REGISTRY.Unit(delta(one))


# A factor is the number one in other words, so that it fits a tangent or cotangent in whatever units it comes.


def rate(source: Any, target: Any) -> Any:
    """The slope of a conversion between units of differences."""
    return (1 * source).to(target).magnitude * target / source


@rule(attach).jvp
def attach_jvp(y: Any, tangents: Any, x: Any, *, units: Any) -> Any:
    return ops.multiply(tangents[0], 1 * step(units))


@rule(attach).vjp
def attach_vjp(y: Any, x: Any, *, needs: Any, units: Any) -> Any:
    one = 1 * step(units)

    def attach_pullback(ct: Any) -> Any:
        return (ops.multiply(ct, one),)

    return attach_pullback


@rule(convert).jvp
def convert_jvp(y: Any, tangents: Any, q: Any, *, units: Any) -> Any:
    return ops.multiply(tangents[0], rate(step(static_units(q)), step(units)))


@rule(convert).vjp
def convert_vjp(y: Any, q: Any, *, needs: Any, units: Any) -> Any:
    slope = rate(step(static_units(q)), step(units))

    def convert_pullback(ct: Any) -> Any:
        return (ops.multiply(ct, slope),)

    return convert_pullback


@rule(magnitude).jvp
def magnitude_jvp(y: Any, tangents: Any, q: Any) -> Any:
    tangent = ops.multiply(tangents[0], 1 / step(static_units(q)))
    units = static_units(tangent)
    return magnitude(convert(tangent, units=units._REGISTRY.Unit(""))) if units.dimensionless else tangent


@rule(magnitude).vjp
def magnitude_vjp(y: Any, q: Any, *, needs: Any) -> Any:
    one = 1 / step(static_units(q))

    def magnitude_pullback(ct: Any) -> Any:
        return (ops.multiply(ct, one),)

    return magnitude_pullback


def batched(op: Any) -> None:
    """A leading batch axis changes nothing for these operations."""

    @batch(op)
    def over_batch(arguments: Any, batched: Any, size: int, **keywords: Any) -> Any:
        return op(arguments[0], **keywords)


for each in (attach, convert, magnitude):
    batched(each)


# ---- the constructor of pint, and its units as operands --------------------------------------------------------------

PLAIN_NEW = pint.Quantity.__new__


def innermost(x: Any) -> Any:
    """What is inside every traced layer."""
    while (info := layer_of(type(x))) is not None and info.slot == "transform":
        x = info.payload(x)
    return x


def is_traced(x: Any) -> bool:
    """Whether a value belongs to a transform."""
    info = layer_of(type(x))
    return info is not None and info.slot == "transform"


def static_units(x: Any) -> Any:
    """The pint Unit of a quantity that may be traced."""
    return innermost(x).units


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
    if not is_quantity(innermost(value)):
        return attach(value, units=one.units)
    return convert(value, units=one.units) if units is not None else ops.positive(value)


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


# ---- pint's methods on traced quantities -----------------------------------------------------------------------------


def unit_of(x: Any, target: Any) -> Any:
    """What a method of pint takes as units, as a Unit of the quantity's registry."""
    registry = innermost(x)._REGISTRY
    return registry.Unit(to_units_container(target, registry))


def to(x: Any, other: Any = None, *contexts: Any, **keywords: Any) -> Any:
    """x.to(units)."""
    if contexts or keywords or innermost(x)._REGISTRY._active_ctx:
        raise NotImplementedError(
            f"to(..., context) on a traced quantity{at_user_line()}: a context converts between dimensions by a "
            "formula of its own, of which no derivative is known. Write the formula with quantities instead."
        )
    return convert(x, units=unit_of(x, other))


def m_as(x: Any, units: Any) -> Any:
    """x.m_as(units)."""
    return magnitude(to(x, units))


def by_pint(name: str) -> Any:
    """A method that chooses units from units: pint chooses, `convert` converts."""

    def method(x: Any, *arguments: Any, **keywords: Any) -> Any:
        inner = innermost(x)
        chosen = getattr(quantity(inner, 1.0, inner._units), name)(*arguments, **keywords)
        return convert(x, units=chosen.units)

    method.__name__ = name
    return method


STATIC = (
    "units", "u", "dimensionality", "dimensionless", "unitless", "check", "is_compatible_with", "compatible_units",
    "unit_items",
)  # fmt: skip
METHODS = {
    "to": to,
    "m_as": m_as,
    "magnitude": magnitude,
    "m": magnitude,
    **{name: by_pint(name) for name in ("to_base_units", "to_root_units", "to_reduced_units", "to_preferred")},
}
