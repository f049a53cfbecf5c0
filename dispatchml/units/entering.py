"""Into and out of a quantity as operations, so that a traced value in units is traced outside and a quantity inside.

`unit` is a library's own object for one. Slopes of conversions are between units of differences, and are given as
quantities of value one in other words, so that they fit a tangent or cotangent in whatever units it comes.
"""

from __future__ import annotations

from typing import Any, NoReturn

from .. import ops
from ..dispatch.construct import wraps
from ..dispatch.errors import RegistrationError, TracerConversionError, at_user_line
from ..dispatch.layers import Layer, layer_of
from ..dispatch.operation import operation
from ..dispatch.parts import Part
from ..rules.registry import RULES, batch, rule
from .ratios import exact
from .system import UnitSystem

#: Libraries of units by the layer that their quantities are.
SYSTEMS: dict[Layer, UnitSystem] = {}


@operation(family="units")
def attach(x: Any, *, unit: Any = None, like: Any = None) -> Any:
    """A quantity of a payload, in a library's unit; of a quantity, its conversion. like: of the class of this one."""


@operation(family="units")
def convert(q: Any, *, unit: Any = None) -> Any:
    """A quantity in another unit; a plain value is a dimensionless quantity."""


@operation(family="units")
def magnitude(q: Any) -> Any:
    """The payload of a quantity: a plain number, an array or whatever is in units."""


# ---- on plain values and quantities ----------------------------------------------------------------------------------


def system_of(unit: Any) -> UnitSystem:
    """The library that a unit is of."""
    for system in SYSTEMS.values():
        if isinstance(unit, system.unit_class):
            return system
    raise RegistrationError(f"{unit!r} is no unit of a library that was declared{at_user_line()}.")


def layer_of_system(system: UnitSystem) -> Layer:
    """The layer of its quantities."""
    return next(info for info, known in SYSTEMS.items() if known is system)


@attach.register
def attach_plainly(x: object, *, unit: Any = None, like: Any = None) -> Any:
    system = system_of(unit)
    return system.of(x, unit) if like is None else system.make(like, x, system.bare(unit))


@convert.register
def convert_number(q: object, *, unit: Any = None) -> Any:
    system = system_of(unit)
    like = system.of(1.0, unit)
    return system.of(system.converted(system.make(like, q, system.one), system.bare(unit)), unit)


def attach_inside(top: Layer) -> Any:
    """The default rule of `attach` for other layers: what belongs further in is wrapped as it is, else its payload."""

    def attach_to_layer(x: Any, *, unit: Any = None, like: Any = None) -> Any:
        if wraps(top, layer_of_system(system_of(unit))):
            return top.rebuild(x, attach(top.payload(x), unit=unit, like=like))  # type: ignore[misc]
        return attach_plainly(x, unit=unit, like=like)

    return attach_to_layer


def on_payload(op: Any) -> Any:
    """The default rule of the others: quantities are inside of this layer."""

    def default(top: Layer) -> Any:
        if top.payload is None or top.rebuild is None:
            return None
        return lambda x, **keywords: top.rebuild(x, op(top.payload(x), **keywords))  # type: ignore[misc]

    return default


attach.info.layer_default = attach_inside
convert.info.layer_default = on_payload(convert)
magnitude.info.layer_default = on_payload(magnitude)


def declare_entering(info: Layer, system: UnitSystem) -> None:
    """The rules of the three operations for a library's quantities."""
    SYSTEMS[info] = system

    def convert_quantity(q: Any, *, unit: Any = None) -> Any:
        units = system.bare(unit)
        return system.make(q, system.converted(q, units), units)

    def attach_quantity(x: Any, *, unit: Any = None, like: Any = None) -> Any:
        return convert_quantity(x, unit=unit)

    def magnitude_of_quantity(q: Any) -> Any:
        return system.magnitude(q)

    attach.layer(info.cls, attach_quantity)
    convert.layer(info.cls, convert_quantity)
    magnitude.layer(info.cls, magnitude_of_quantity)


def refused(call: str, why: str, instead: str) -> Any:
    """A method of a library's quantities that traced ones cannot have: it raises, and says why and what to write."""

    def method(x: Any, *_: Any, **__: Any) -> NoReturn:
        raise TracerConversionError(f"x.{call} of a traced quantity{at_user_line()} {why}. {instead}.")

    return method


# ---- derivatives: slopes are conversions of differences --------------------------------------------------------------


def quantity_inside(x: Any) -> Any:
    """The quantity inside of engines' values and outer layers; None where there is none."""
    while (info := layer_of(type(x))) is not None and info not in SYSTEMS:
        if info.payload is None:
            return None
        x = info.payload(x)
        x = x[0] if type(x) is tuple and x else x
    return None if info is None else x


# ---- views -----------------------------------------------------------------------------------------------------------


def with_magnitude(x: Any, new: Any) -> Any:
    """A quantity of other numbers, of the same class and in the same units."""
    q = quantity_inside(x)
    system = SYSTEMS[layer_of(type(q))]  # type: ignore[index]
    one = system.make(q, 1.0, system.units(q))
    inside = layer_of(type(system.magnitude(q)))
    if inside is not None and inside.slot == "structure" and system.units(q) == system.difference(q):
        return ops.multiply(new, one)  # a structure inside of units stays one
    return attach(new, unit=system.unit(one), like=one)


#: The numbers of a quantity as a view, for the attributes that are one in the library.
MAGNITUDE = Part(magnitude, with_magnitude)


def attached(x: Any, unit: Any) -> Any:
    """A quantity round a traced array as a view of the array, for constructors that do not copy."""
    return Part(lambda numbers: attach(numbers, unit=unit), lambda numbers, q: magnitude(q))(x)


def converted(x: Any, unit: Any) -> Any:
    """A quantity in another unit, for methods that give a view of one that is in this unit already."""
    return ops.getitem(x, index=Ellipsis) if is_in(x, unit) else convert(x, unit=unit)


def is_in(x: Any, unit: Any) -> bool:
    """Whether a value is a quantity in just this unit."""
    q = quantity_inside(x)
    if q is None:
        return False
    system = SYSTEMS[layer_of(type(q))]  # type: ignore[index]
    return bool(system.units(q) == system.bare(unit))


# ---- slopes ----------------------------------------------------------------------------------------------------------


def step(unit: Any) -> Any:
    """1 in the unit of a difference: 1 delta_degC for degC."""
    system = system_of(unit)
    one = system.of(1.0, unit)
    return system.make(one, 1.0, system.difference(one))


def step_of(x: Any) -> Any:
    """The same for a value with a quantity inside, and for a plain one."""
    q = quantity_inside(x)
    if q is None:
        return 1.0
    system = SYSTEMS[layer_of(type(q))]  # type: ignore[index]
    return system.make(q, 1.0, system.difference(q))


def rate(x: Any, source: Any, target: Any) -> Any:
    """The number one as so many target units for one source unit, in the class of the numbers of x."""
    q = quantity_inside(target)
    system = SYSTEMS[layer_of(type(q))]  # type: ignore[index]
    units = system.units(source) if system.is_quantity(source) else system.one
    slope = exact(system.slope(target, units, system.units(target)), x)
    return system.make(target, slope, system.over(system.units(target), units))


@rule(attach).jvp
def attach_jvp(y: Any, tangents: Any, x: Any, *, unit: Any, like: Any) -> Any:
    return ops.multiply(tangents[0], entering_rate(x, unit))


@rule(attach).vjp
def attach_vjp(y: Any, x: Any, *, needs: Any, unit: Any, like: Any) -> Any:
    one = entering_rate(x, unit)

    def attach_pullback(ct: Any) -> Any:
        return (ops.multiply(ct, one),)

    return attach_pullback


def entering_rate(x: Any, unit: Any) -> Any:
    """The slope of attaching a unit, or of converting what is a quantity already."""
    return step(unit) if quantity_inside(x) is None else rate(x, step_of(x), step(unit))


@rule(convert).jvp
def convert_jvp(y: Any, tangents: Any, q: Any, *, unit: Any) -> Any:
    return ops.multiply(tangents[0], rate(q, step_of(q), step(unit)))


@rule(convert).vjp
def convert_vjp(y: Any, q: Any, *, needs: Any, unit: Any) -> Any:
    slope = rate(q, step_of(q), step(unit))

    def convert_pullback(ct: Any) -> Any:
        return (ops.multiply(ct, slope),)

    return convert_pullback


@rule(magnitude).jvp
def magnitude_jvp(y: Any, tangents: Any, q: Any) -> Any:
    return number_of(ops.multiply(tangents[0], ops.reciprocal(step_of(q))))


def number_of(x: Any) -> Any:
    """A dimensionless quantity as a number: the tangent of a number is one, unless the direction has other units."""
    q = quantity_inside(x)
    if q is None:
        return x
    system = SYSTEMS[layer_of(type(q))]  # type: ignore[index]
    if not system.dimensionless(q, system.units(q)):
        return x
    return magnitude(convert(x, unit=system.unit_like(q, system.one)))


@rule(magnitude).vjp
def magnitude_vjp(y: Any, q: Any, *, needs: Any) -> Any:
    one = ops.reciprocal(step_of(q))

    def magnitude_pullback(ct: Any) -> Any:
        return (ops.multiply(ct, one),)

    return magnitude_pullback


def batched(op: Any) -> None:
    """A leading batch axis changes nothing for these operations."""

    @batch(op)
    def over_batch(arguments: Any, flags: Any, size: int, **keywords: Any) -> Any:
        return op(arguments[0], **keywords)


for each in (attach, convert, magnitude):
    batched(each)
    RULES[each.info].place = ""  # not the line of the plugin that was the first to import this file
