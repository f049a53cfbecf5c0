"""What a plugin calls: the rules of all operations for a library's quantities."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import RegistrationError, at_user_line, class_name
from ..dispatch.layers import is_traced, layer_of
from ..dispatch.resolve import takes_operand
from ..dispatch.structures import uniform
from ..rules.registry import through
from . import families as f
from .entering import MAGNITUDE, attach, convert, declare_entering, magnitude, quantity_inside
from .errors import ExponentUnitError
from .functions import declare_functions, wrong_units
from .system import UnitSystem
from .tables import families, rules_for

#: What `x * unit` is inside a transform, and what its derivatives are made of.
PRODUCTS = ("multiply", "divide", "strong_multiply", "divide_or_zero")


def declare_units(cls: type, system: UnitSystem) -> None:
    """Give a class of quantities, which was registered before, its rules for every operation.

    The library's units are operands of products and quotients: `x * metre`.
    """
    info = layer_of(cls)
    if info is None:
        raise RegistrationError(f"declare_units: {class_name(cls)} is no layer. Call register_type first.")
    for name, rule in rules_for(system).items():
        getattr(ops, name).layer(cls, rule)
    info.properties["rivals"] = "units"
    uniform(cls)
    if issubclass(cls, np.ndarray):
        info.properties["numbers"] = MAGNITUDE
    takes_operand(cls, system.unit_class, *(getattr(ops, name) for name in PRODUCTS))
    declare_entering(info, system)
    declare_functions(cls, system)
    for op, units in ((ops.deg2rad, system.radian), (ops.rad2deg, system.degree)):
        through(op, cls)(lambda x, units=units: convert(x, unit=system.unit_like(quantity_inside(x), units)))
    through(ops.power, cls)(exponent_check(system))
    if not system.angles_are_numbers or system.functions_are_plain:
        declare_detours(cls, system)


def exponent_check(system: UnitSystem) -> Any:
    """What derivatives of a power go through: the units of a quantity to a traced exponent depend on its value."""

    def refuse_traced_exponent(a: Any, b: Any) -> Any:
        q = quantity_inside(a)
        dimensional = q is not None and not system.dimensionless(q, system.units(q))
        if dimensional and is_traced(b) and wrong_units(system, b, 1.0) is None:
            raise ExponentUnitError(
                f"A quantity in {system.unit(q)} to the power of a traced exponent{at_user_line()}: the units of the "
                "result depend on the value of the exponent, so that there is no derivative by it. Write x ** "
                "dispatchml.primal(n), pass the exponent as a constant, or make x dimensionless: (x / unit) ** n."
            )
        return NotImplemented

    return refuse_traced_exponent


def declare_detours(cls: type, system: UnitSystem) -> None:
    """Derivatives that go through plain numbers: of functions of angles and to angles, where a radian is a unit, and
    of functions of numbers, where they give plain numbers.
    """

    def in_units(x: Any, units_of: Any) -> Any:
        q = quantity_inside(x)
        if q is None:
            return x
        return magnitude(convert(x, unit=system.unit_like(q, units_of(q))))

    def argument(x: Any, check: Any, units_of: Any) -> Any:
        q = quantity_inside(x)
        if q is not None:
            check(system.make(q, 1.0, system.units(q)))  # the library's error for a function of what is no number
        return in_units(x, units_of)

    def of_angle(op: Any) -> Any:
        return lambda x, **keywords: number_of(x, op(argument(x, system.angle, system.angle_units), **keywords))

    def to_angle(op: Any) -> Any:
        return lambda x: angle_of(x, op(argument(x, system.number, lambda q: system.one)))

    def of_numbers(op: Any) -> Any:
        return lambda *values, **keywords: op(
            *(argument(x, system.number, lambda q: system.one) for x in values), **keywords
        )

    def direction(op: Any) -> Any:
        def angle_of_two(a: Any, b: Any) -> Any:
            like = quantity_inside(a) if quantity_inside(a) is not None else quantity_inside(b)
            system.common(tuple(x if (q := quantity_inside(x)) is None else q for x in (a, b)))
            return in_unit(like, op(*(in_units(x, lambda q: system.units(like)) for x in (a, b))), system.direction)

        return angle_of_two

    def angle_of(x: Any, y: Any) -> Any:
        return in_unit(x, y, system.an_angle)

    def number_of(x: Any, y: Any) -> Any:
        return in_unit(x, y, system.function_of_numbers)

    def in_unit(x: Any, y: Any, wrapping: Any) -> Any:
        made = wrapping(quantity_inside(x), 1.0)
        return attach(y, unit=system.unit(made)) if system.is_quantity(made) else y

    detours: dict[Any, Any] = {f.of_angle: of_angle, f.to_angle: to_angle, f.direction: direction}
    for name, maker in families().items():
        detour = detours.get(maker)
        if maker is f.of_numbers and system.functions_are_plain:
            detour = of_numbers
        if detour is not None and hasattr(ops, name) and not getattr(ops, name).info.variadic:
            op = getattr(ops, name)
            through(op, cls)(detour(op))
    through(ops.angle, cls)(lambda z: in_unit(z, ops.angle(magnitude(z)), system.direction))
