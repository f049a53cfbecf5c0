"""Kernels of choosing between values."""

import math
from typing import Any

import numpy as np

from ... import ops
from .kernels import OBJECT, kernel

#: A zero of each dtype that was met: numpy.where converts Python's own zero anew at each call.
ZEROS: dict[np.dtype[Any], np.ndarray[Any, Any]] = {}


def where_of_arrays(condition: Any, a: Any, b: Any) -> Any:
    """numpy.where, which gives a scalar for scalars as ufuncs do."""
    chosen = np.where(condition, a, b)
    return chosen if chosen.ndim else chosen[()]


def where_or_zero_of_arrays(condition: Any, a: Any) -> Any:
    """numpy.where with a zero that leaves the dtype alone."""
    if type(a) is np.ndarray and a.dtype is OBJECT:
        zero = ops.zeros_like(a)
    elif type(a) is np.ndarray:
        zero = ZEROS.get(a.dtype)
        if zero is None:
            zero = ZEROS[a.dtype] = np.zeros((), a.dtype)
    else:
        zero = 0 if getattr(a, "dtype", None) != np.bool_ else False
    kept = np.where(condition, a, zero)
    return kept if kept.ndim else kept[()]


def nan_to_num_of_arrays(a: Any, *, nan: float, posinf: float | None, neginf: float | None) -> Any:
    """numpy.nan_to_num, always into a fresh array."""
    return np.nan_to_num(a, copy=True, nan=nan, posinf=posinf, neginf=neginf)


def maximum_of_floats(a: float, b: float) -> float:
    """The larger float, nan where either is nan."""
    return float(a if a >= b or a != a else b)


def minimum_of_floats(a: float, b: float) -> float:
    """The smaller float, nan where either is nan."""
    return float(a if a <= b or a != a else b)


def fmax_of_floats(a: float, b: float) -> float:
    """The larger float that is not nan."""
    return float(a if a >= b or b != b else b)


def fmin_of_floats(a: float, b: float) -> float:
    """The smaller float that is not nan."""
    return float(a if a <= b or b != b else b)


kernel(ops.where, where_of_arrays, lambda condition, a, b: float(a) if condition else float(b))
kernel(ops.where_or_zero, where_or_zero_of_arrays, lambda condition, a: float(a) if condition else 0.0)
kernel(ops.maximum, np.maximum, maximum_of_floats)
kernel(ops.minimum, np.minimum, minimum_of_floats)
kernel(ops.fmax, np.fmax, fmax_of_floats)
kernel(ops.fmin, np.fmin, fmin_of_floats)
kernel(ops.copysign, np.copysign, math.copysign)
kernel(ops.nan_to_num, nan_to_num_of_arrays)
kernel(ops.heaviside, np.heaviside)

# Python's own whole numbers stay whole, of any size.
ops.where.register(lambda condition, a, b: a if condition else b, int, int, int)
ops.where_or_zero.register(lambda condition, a: a if condition else type(a)(0), int, int)
for larger in (ops.maximum, ops.fmax):
    larger.register(max, int, int)
for smaller in (ops.minimum, ops.fmin):
    smaller.register(min, int, int)
