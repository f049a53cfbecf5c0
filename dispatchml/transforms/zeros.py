"""Typed zeros: derivatives of what does not depend on the input, in the right shape, dtype, storage and units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.construct import COORDINATES
from ..dispatch.join import value_class
from ..dispatch.layers import layer_of
from ..dispatch.structures import structure_of
from ..engines.traced import innermost
from ..ops.metadata import OBJECT

NUMPY = (np.ndarray, np.generic, float, int, complex)
#: Storage that stands for a plain value: its class -> what reads that, for its class, shape and dtype only.
STANDING: dict[type, Callable[[Any], Any]] = {}


def plain_inside(x: Any) -> Any:
    """The payload below every engine layer, or the plain value that it stands for."""
    inner = innermost(x)
    read = STANDING.get(type(inner))
    return inner if read is None else read(inner)


def is_plain(x: Any) -> bool:
    """Whether a value carries no meaning besides its numbers, below all the derivatives that are being taken."""
    inner = plain_inside(x)
    if isinstance(inner, NUMPY):
        return layer_of(type(inner)) is None  # a subclass of ndarray may carry units or a mask
    return value_class(type(inner)) is not None


def is_ordinary(x: Any) -> bool:
    """Whether a value is plain numbers of Python or NumPy, of which zeros and ones can be made without asking."""
    inner = plain_inside(x)
    return isinstance(inner, NUMPY) and ops.dtype(inner) is not OBJECT and layer_of(type(inner)) is None


def unit_of(x: Any) -> Any:
    """The number 1 in the units and the class of x: 1.0 for plain values."""
    if is_ordinary(x):
        return 1.0
    one = ops.ones_of(x, shape=())
    return one[()] if isinstance(one, np.ndarray) else one


def in_units(direction: Any, x: Any) -> Any:
    """A dimensionless direction as a tangent of x, in the units of a difference of x: zeros of constants are in
    those.
    """
    return direction if is_plain(x) else ops.multiply(direction, unit_of(x))


def per_unit(tangent: Any, x: Any) -> Any:
    """The tangent that came of a direction `in_units`, as a derivative with respect to x."""
    return tangent if is_plain(x) else ops.divide(tangent, unit_of(x))


def plain_zero(x: Any, shape: tuple[int, ...] | None = None) -> Any:
    """Dimensionless zeros in the storage and floating dtype of x, in its shape or another one."""
    inner = plain_inside(x)
    if type(inner) in (float, int, bool, complex) and not shape:
        return 0j if type(inner) is complex else 0.0
    kind = ops.dtype(x)
    floating = kind if kind.kind in "fcO" else np.dtype(np.float64)
    wanted = ops.shape(x) if shape is None else shape
    if is_ordinary(x):
        return np.zeros(wanted, floating)[()]
    zero = ops.zeros_of(ops.one_like(x), shape=wanted, dtype=floating)
    return zero[()] if isinstance(zero, np.ndarray) else zero


def zero_gradient(x: Any, y: Any) -> Any:
    """The cotangent of an input that the output does not depend on: like x, in units of y/x."""
    if is_plain(x) and is_plain(y):
        return plain_zero(x) if isinstance(x, (float, int, complex)) else ops.zeros_like(x)
    if COORDINATES:
        from .coordinates import has_coordinates, zero_cotangent

        if has_coordinates(x):
            return zero_cotangent(x, y)
    return ops.multiply(plain_zero(x), ops.divide(unit_of(y), unit_of(x)))


def zero_tangent_of(y: Any, x: Any, dx: Any) -> Any:
    """The tangent of an output that does not depend on the input x, which moves by dx: like y, in units of y dx/x."""
    if is_plain(y) and is_plain(x) and is_plain(dx):
        return plain_zero(y)
    return ops.multiply(plain_zero(y), ops.divide(ops.multiply(unit_of(y), unit_of(dx)), unit_of(x)))


def zero_partial(y: Any, x: Any) -> Any:
    """The Jacobian of an output that does not depend on an input: zeros of shape y.shape + x.shape in units of y/x."""
    shape = (*ops.shape(y), *ops.shape(x))
    zero = plain_zero(y if ops.dtype(y).kind in "fcO" and structure_of(x) is None else x, shape)
    if is_plain(x) and is_plain(y):
        return zero
    return ops.multiply(zero, ops.divide(unit_of(y), unit_of(x)))
