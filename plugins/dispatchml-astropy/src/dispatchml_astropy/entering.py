"""The constructor of quantities: round a traced value it goes inside, round what astropy cannot hold it is a carrier.

`Quantity(traced, u.m)`, `traced * u.m`, `u.m * traced` and `traced << u.m` are all traced quantities.
"""

from __future__ import annotations

import functools
import numbers
from typing import Any

import numpy as np
from astropy.units import Quantity, Unit, UnitBase

from dispatchml import ops
from dispatchml.dispatch import Carrier, is_layer, is_traced
from dispatchml.dispatch.errors import ArgumentError, at_user_line, class_name
from dispatchml.units import attach, attached, convert, is_in, quantity_inside

from .system import SYSTEM

ndarray, OBJECT = np.ndarray, np.dtype(object)
PLAIN_NEW = Quantity.__new__
ORDINARY = frozenset({float, int, complex, bool, str, Quantity, *(np.dtype(c).type for c in "efdgFDG?bhilqBHILQ")})


@functools.wraps(PLAIN_NEW)
def construct(cls: Any, value: Any, *arguments: Any, **keywords: Any) -> Any:
    """`Quantity.__new__`."""
    kind = type(value)
    if kind in ORDINARY or (kind is ndarray and value.dtype is not OBJECT):
        return PLAIN_NEW(cls, value, *arguments, **keywords)
    return constructed(cls, value, *arguments, **keywords)


def constructed(cls: Any, value: Any, unit: Any = None, dtype: Any = np.inexact, *args: Any, **keywords: Any) -> Any:
    """The same for what is no plain array or number."""
    kind = type(value)
    if kind in (list, tuple) and any(map(is_traced, value)):
        value = ops.stack(tuple(value))
    if needs_us(value):
        return enter(cls, value, unit, dtype, args[0] if args else keywords.get("copy", True))
    return PLAIN_NEW(cls, value, unit, dtype, *args, **keywords)


def needs_us(x: Any) -> bool:
    """Whether a value is one that astropy's own code cannot take: traced, of another layer, of objects."""
    kind = type(x)
    if kind in ORDINARY:
        return False
    if kind is np.ndarray:
        return holds_layers(x)
    if isinstance(x, Carrier):
        return True
    if isinstance(x, (Quantity, UnitBase)):
        return False
    return is_layer(x) or (isinstance(x, numbers.Number) and ops.dtype(x).kind == "O")


def enter(cls: Any, value: Any, unit: Any, dtype: Any, copy: Any = True) -> Any:
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


def holds_layers(array: Any) -> bool:
    """Whether an array is one of objects that are no ordinary numbers: fractions, uncertain numbers."""
    if array.dtype.kind != "O" or not array.size:
        return False
    return type(array.flat[0]) not in ORDINARY


def operand(name: str, op: Any, reflected: bool) -> None:
    """A product or quotient of a unit and a value that needs us, of which astropy would try to make an array."""
    original = getattr(UnitBase, name)

    @functools.wraps(original)
    def with_unit(unit: Any, other: Any) -> Any:
        if not needs_us(other):
            return original(unit, other)
        return op(other, unit) if reflected else op(unit, other)

    setattr(UnitBase, name, with_unit)


def install() -> None:
    """Put the constructor and the operators into astropy's classes; once, when the plugin is loaded."""
    Quantity.__new__ = construct
    for name, op, reflected in (
        ("__mul__", ops.multiply, False), ("__rmul__", ops.multiply, True),
        ("__truediv__", ops.divide, False), ("__rtruediv__", ops.divide, True),
    ):  # fmt: skip
        operand(name, op, reflected)
