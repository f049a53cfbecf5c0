"""The constructors of unyt, and its units as operands, round traced values and round what unyt cannot hold.

`unyt_array(traced, "km")`, `traced * unyt.km` and `unyt.km * traced` are all traced quantities.
"""

from __future__ import annotations

import functools
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np
from unyt import Unit, unyt_array, unyt_quantity

from dispatchml import ops
from dispatchml.dispatch import Carrier, is_layer, is_traced
from dispatchml.units import attached, convert, quantity_inside

from .system import SYSTEM

ndarray, OBJECT = np.ndarray, np.dtype(object)
ORDINARY = frozenset({float, int, complex, bool, *(np.dtype(c).type for c in "efdgFDG?bhilqBHILQ")})

OWN = ORDINARY | {unyt_array, unyt_quantity}


def needs_us(x: Any) -> bool:
    """Whether a value is one that unyt's own code cannot take: traced, of another layer, of objects."""
    kind = type(x)
    if kind in ORDINARY:
        return False
    if kind is np.ndarray:
        return x.dtype.kind == "O" and x.size > 0 and type(x.flat[0]) not in ORDINARY
    if isinstance(x, Carrier):
        return True
    if isinstance(x, (unyt_array, Unit, str)):
        return False
    return is_layer(x) or (isinstance(x, numbers.Number) and ops.dtype(x).kind == "O")


def constructor(original: Callable[..., Any]) -> Callable[..., Any]:
    """`unyt_array.__new__` and `unyt_quantity.__new__`."""

    def enter(cls: Any, value: Any, units: Any = None, registry: Any = None, dtype: Any = None, **keywords: Any) -> Any:
        if type(value) in (list, tuple) and any(map(is_traced, value)):
            value = ops.stack(tuple(value))
        if not needs_us(value):
            return original(cls, value, units, registry, dtype, **keywords)
        if dtype is not None:
            value = ops.astype(value, dtype=np.dtype(dtype))
        if units is not None and not isinstance(units, Unit):
            units = Unit(units, registry=registry)
        if quantity_inside(value) is None:
            return attached(value, SYSTEM.one if units is None else units)
        return ops.getitem(value, index=Ellipsis) if units is None else convert(value, unit=units)

    @functools.wraps(original)
    def construct(cls: Any, value: Any, *arguments: Any, **keywords: Any) -> Any:
        kind = type(value)
        if kind in OWN or (kind is ndarray and value.dtype is not OBJECT):
            return original(cls, value, *arguments, **keywords)
        return enter(cls, value, *arguments, **keywords)

    return construct


def operand(name: str, op: Any, reflected: bool) -> None:
    """A product or quotient of a unit and a value that needs us, which unyt would turn into an array."""
    original = getattr(Unit, name)

    @functools.wraps(original)
    def with_unit(unit: Any, other: Any) -> Any:
        if not needs_us(other):
            return original(unit, other)
        return op(other, unit) if reflected else op(unit, other)

    setattr(Unit, name, with_unit)


def install() -> None:
    """Put the constructors and the operators into unyt's classes; once, when the plugin is loaded."""
    for cls in (unyt_array, unyt_quantity):
        cls.__new__ = constructor(cls.__new__)
    for name, op, reflected in (
        ("__mul__", ops.multiply, False), ("__rmul__", ops.multiply, True),
        ("__truediv__", ops.divide, False), ("__rtruediv__", ops.divide, True),
    ):  # fmt: skip
        operand(name, op, reflected)
