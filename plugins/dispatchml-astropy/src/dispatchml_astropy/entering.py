"""The constructor of quantities: round a traced value it goes inside, round what astropy cannot hold it is a carrier.

`Quantity(traced, u.m)`, `traced * u.m`, `u.m * traced` and `traced << u.m` are all traced quantities.
"""

from __future__ import annotations

import functools
import numbers
from typing import Any

import numpy as np
from astropy.units import Quantity, Unit

from dispatchml import ops
from dispatchml.dispatch import Carrier, is_layer, layer_of
from dispatchml.dispatch.errors import ArgumentError, at_user_line, class_name
from dispatchml.units import attach, convert, quantity_inside

from .system import SYSTEM

PLAIN_NEW = Quantity.__new__
ORDINARY = frozenset({float, int, complex, bool, str, Quantity, *(np.dtype(c).type for c in "efdgFDG?bhilqBHILQ")})


@functools.wraps(PLAIN_NEW)
def construct(cls: Any, value: Any, unit: Any = None, dtype: Any = np.inexact, *args: Any, **keywords: Any) -> Any:
    """`Quantity.__new__`."""
    kind = type(value)
    if kind in ORDINARY or (kind is np.ndarray and not holds_layers(value)):
        return PLAIN_NEW(cls, value, unit, dtype, *args, **keywords)
    if kind in (list, tuple) and any(map(is_traced, value)):
        value = ops.stack(tuple(value))
    if is_layer(value) and (isinstance(value, Carrier) or not isinstance(value, Quantity)):
        return enter(cls, value, unit, dtype)
    if kind is np.ndarray or (isinstance(value, numbers.Number) and ops.dtype(value).kind == "O"):
        return enter(cls, value, unit, dtype)
    return PLAIN_NEW(cls, value, unit, dtype, *args, **keywords)


def enter(cls: Any, value: Any, unit: Any, dtype: Any) -> Any:
    """A quantity of a value that astropy's constructor cannot take."""
    if cls is not Quantity:
        raise ArgumentError(
            f"{class_name(cls)} of a traced value, or of one that needs a carrier{at_user_line()}: its constructor "
            "checks and wraps plain numbers. Make a Quantity: x * unit."
        )
    if dtype is not np.inexact and dtype is not None:
        value = ops.astype(value, dtype=np.dtype(dtype))
    if quantity_inside(value) is None:
        return attach(value, unit=SYSTEM.one if unit is None else Unit(unit))
    return ops.positive(value) if unit is None else convert(value, unit=Unit(unit))


def is_traced(x: Any) -> bool:
    """Whether a value belongs to a transform."""
    info = layer_of(type(x))
    return info is not None and info.slot == "transform"


def holds_layers(array: Any) -> bool:
    """Whether an array is one of objects that are no ordinary numbers: fractions, uncertain numbers."""
    if array.dtype.kind != "O" or not array.size:
        return False
    return type(array.flat[0]) not in ORDINARY
