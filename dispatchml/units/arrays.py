"""What plugins of libraries of units have in common: registration, and quantities that are subclasses of ndarray.

Such classes hold plain memory only. What their own code cannot take, traced values, other layers and objects, is led
past it: by the constructor, by the library's units as operands, and by operators that step back.
"""

from __future__ import annotations

import functools
import numbers
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.carriers import Carrier
from ..dispatch.carriers import carrier as carrier_of
from ..dispatch.foreign import register_type
from ..dispatch.lattice import order
from ..dispatch.layers import is_layer, is_traced
from .declare import declare_units
from .system import UnitSystem

ndarray, OBJECT = np.ndarray, np.dtype(object)
#: Numbers that every library takes.
ORDINARY = frozenset({float, int, complex, bool, *(np.dtype(c).type for c in "efdgFDG?bhilqBHILQ")})
IN_PLACE = tuple(f"__i{name}__" for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"))
#: Operators and protocols of a subclass of ndarray that leave the call to values that belong outside, and to the
#: carrier what belongs inside. The other operators are those of ndarray, which ask `__array_ufunc__`; in place, Python
#: then asks for the ordinary operator.
ARRAY_OPERATORS = (*IN_PLACE, "__eq__", "__ne__", "__array_ufunc__", "__array_function__")


def register_quantities(
    cls: type,
    system: UnitSystem,
    *,
    static: Iterable[str],
    methods: Mapping[str, Any],
    setters: Mapping[str, Any] | None = None,
    defer: Iterable[str] = ARRAY_OPERATORS,
    carrier: str = "",
) -> None:
    """Register a library's quantities: the layer, its rules for every operation, and its place inside labels and round
    masks.

    static, methods, setters, defer: as of `register_type`. carrier: the name of the attribute that is the unit, for a
    class that holds plain memory only; values that it cannot hold then get a carrier.
    """
    register_type(
        cls,
        slot="meaning",
        payload=system.magnitude,
        rebuild=lambda q, magnitude: system.make(q, magnitude, system.units(q)),
        static=static,
        methods=methods,
        setters=setters,
        defer=defer,
        carrier=(carrier,) if carrier else None,
    )
    if carrier:
        system.quantity = (cls, carrier_of(cls))
    declare_units(cls, system)
    for outer in ("xarray:DataArray", "xarray:Dataset"):
        order(outer=outer, inner=cls)
    order(outer=cls, inner="numpy.ma:MaskedArray")


def needs_carrying(x: Any, own: tuple[type, ...]) -> bool:
    """Whether a value is one that the code of such a library cannot take: traced, of another layer, of objects.

    own: the library's quantities, units and whatever else it knows by itself.
    """
    kind = type(x)
    if kind in ORDINARY:
        return False
    if kind is ndarray:
        return x.dtype.kind == "O" and x.size > 0 and type(x.flat[0]) not in ORDINARY
    if isinstance(x, Carrier):
        return True
    if isinstance(x, own):
        return False
    return is_layer(x) or (isinstance(x, numbers.Number) and ops.dtype(x).kind == "O")


def wrap_constructor(cls: type, enter: Callable[..., Any], own: tuple[type, ...]) -> None:
    """Put a constructor before a class's own: enter(cls, value, *arguments, **keywords) gets what needs carrying, with
    lists that hold traced values as one.
    """
    original: Callable[..., Any] = cls.__new__
    plain = ORDINARY | {c for c in own if issubclass(c, ndarray)} | {str}

    def entering(kind: Any, value: Any, *arguments: Any, **keywords: Any) -> Any:
        if type(value) in (list, tuple) and any(map(is_traced, value)):
            value = ops.stack(tuple(value))
        make = enter if needs_carrying(value, own) else original
        return make(kind, value, *arguments, **keywords)

    @functools.wraps(original)
    def construct(kind: Any, value: Any, *arguments: Any, **keywords: Any) -> Any:
        given = type(value)
        if given in plain or (given is ndarray and value.dtype is not OBJECT):
            return original(kind, value, *arguments, **keywords)
        return entering(kind, value, *arguments, **keywords)

    cls.__new__ = construct  # type: ignore[method-assign, assignment]


def wrap_units(unit_class: type, own: tuple[type, ...]) -> None:
    """Make products and quotients of a library's units and values that need carrying operations of dispatchml."""
    for name, op, reflected in (
        ("__mul__", ops.multiply, False), ("__rmul__", ops.multiply, True),
        ("__truediv__", ops.divide, False), ("__rtruediv__", ops.divide, True),
    ):  # fmt: skip
        setattr(unit_class, name, with_unit(getattr(unit_class, name), op, reflected, own))


def with_unit(original: Callable[..., Any], op: Any, reflected: bool, own: tuple[type, ...]) -> Callable[..., Any]:
    """An operator of units."""

    @functools.wraps(original)
    def operator(unit: Any, other: Any) -> Any:
        if not needs_carrying(other, own):
            return original(unit, other)
        return op(other, unit) if reflected else op(unit, other)

    return operator
