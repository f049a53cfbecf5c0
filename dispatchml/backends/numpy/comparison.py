"""Kernels of comparisons, logic, rounding and whole-number operations."""

import math
import operator
from typing import Any

import numpy as np

from ... import ops
from .kernels import OBJECT, guarded, kernel


def isnan_of_arrays(a: Any) -> Any:
    """numpy.isnan; a number of another library is nan where it differs from itself."""
    return np.not_equal(a, a) if getattr(a, "dtype", None) == OBJECT else np.isnan(a)


def isfinite_of_arrays(a: Any) -> Any:
    """numpy.isfinite; a number of another library is finite where it less itself is zero."""
    if getattr(a, "dtype", None) != OBJECT:
        return np.isfinite(a)
    with np.errstate(invalid="ignore"):
        return np.equal(a - a, 0)


def isinf_of_arrays(a: Any) -> Any:
    """numpy.isinf; for numbers of another library what is neither finite nor nan."""
    if getattr(a, "dtype", None) == OBJECT:
        return np.logical_not(np.logical_or(isfinite_of_arrays(a), isnan_of_arrays(a)))
    return np.isinf(a)


def signbit_of_arrays(a: Any) -> Any:
    """numpy.signbit; numbers of another library are compared with zero."""
    return np.less(a, 0) if getattr(a, "dtype", None) == OBJECT else np.signbit(a)


def isclose_of_arrays(a: Any, b: Any, *, rtol: float, atol: float, equal_nan: bool) -> Any:
    """numpy.isclose."""
    return np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


def round_of_arrays(a: Any, *, decimals: int) -> Any:
    """numpy.round."""
    return np.round(a, decimals)


def sign_of_number(a: float) -> float:
    """-1, 0, 1 or nan, in the number's own class."""
    return type(a)((a > 0) - (a < 0)) if a == a else a


kernel(ops.equal, np.equal, operator.eq)
kernel(ops.not_equal, np.not_equal, operator.ne)
kernel(ops.less, np.less, operator.lt)
kernel(ops.less_equal, np.less_equal, operator.le)
kernel(ops.greater, np.greater, operator.gt)
kernel(ops.greater_equal, np.greater_equal, operator.ge)
kernel(ops.isclose, isclose_of_arrays)

kernel(ops.logical_and, np.logical_and, lambda a, b: bool(a and b))
kernel(ops.logical_or, np.logical_or, lambda a, b: bool(a or b))
kernel(ops.logical_xor, np.logical_xor, lambda a, b: bool(a) is not bool(b))
kernel(ops.logical_not, np.logical_not, operator.not_)

kernel(ops.isnan, isnan_of_arrays, math.isnan)
kernel(ops.isinf, isinf_of_arrays, math.isinf)
kernel(ops.isfinite, isfinite_of_arrays, math.isfinite)
kernel(ops.signbit, signbit_of_arrays, lambda a: math.copysign(1.0, a) < 0)
kernel(ops.sign, np.sign, sign_of_number)

kernel(ops.floor, np.floor)
kernel(ops.ceil, np.ceil)
kernel(ops.trunc, np.trunc)
kernel(ops.rint, np.rint)
kernel(ops.round, round_of_arrays)
kernel(ops.floor_divide, np.floor_divide, guarded(operator.floordiv, np.floor_divide, operator=True))
kernel(ops.remainder, np.remainder, guarded(operator.mod, np.remainder, operator=True))
kernel(ops.fmod, np.fmod, guarded(math.fmod, np.fmod))
kernel(ops.nextafter, np.nextafter, math.nextafter)
kernel(ops.spacing, np.spacing)

kernel(ops.bitwise_and, np.bitwise_and)
kernel(ops.bitwise_or, np.bitwise_or)
kernel(ops.bitwise_xor, np.bitwise_xor)
kernel(ops.bitwise_invert, np.invert)
kernel(ops.bitwise_left_shift, np.left_shift)
kernel(ops.bitwise_right_shift, np.right_shift)
kernel(ops.bitwise_count, np.bitwise_count)
kernel(ops.gcd, np.gcd, None)
kernel(ops.lcm, np.lcm, None)

# Python's own whole numbers have any size.
for op, function in ((ops.bitwise_and, operator.and_), (ops.bitwise_or, operator.or_), (ops.bitwise_xor, operator.xor)):
    op.register(function, int, int)
ops.bitwise_invert.register(operator.invert, int)
ops.bitwise_invert.register(operator.not_, bool)
ops.gcd.register(math.gcd, int, int)
ops.lcm.register(math.lcm, int, int)
ops.fmod.register(lambda a, b: np.fmod(a, b).item(), int, int)
for rounding in (ops.floor, ops.ceil, ops.trunc):
    rounding.register(operator.pos, int)
