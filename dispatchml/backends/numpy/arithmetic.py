"""Kernels of arithmetic."""

import cmath
import math
import operator
from typing import Any

import numpy as np

from ... import ops
from ...dispatch.handled import refuse_complex
from .kernels import guarded, kernel

OBJECT = np.dtype(object)
PYTHON_NUMBERS = frozenset({bool, int, float, complex})


def power_of_floats(a: float, b: float) -> float:
    """a ** b with NumPy's answers: nan for a negative base and a broken exponent (Python: complex), inf on overflow."""
    if a < 0 and b != int(b) if b == b and abs(b) != math.inf else a < 0:
        refuse_complex(a, b)
        return np.power(a, b).item()
    return a**b


def divide_complex(a: complex, b: complex) -> complex:
    """a / b with NumPy's inf and nan."""
    return np.divide(a, b).item() if b == 0 else a / b


def strong_multiply_of_arrays(a: Any, b: Any) -> Any:
    """a * b, each taken for zero where the other is zero, so that nothing invalid is computed and nothing warns."""
    return np.multiply(where_it_counts(a, b), where_it_counts(b, a))


def where_it_counts(a: Any, factor: Any) -> Any:
    """a, or where it holds inf or nan a with zeros where the factor is zero.

    A mask stays one beside floats: as whole numbers it would widen a float32. Two masks give numbers, which add up.
    """
    if type(a) in PYTHON_NUMBERS:  # numpy.where would make it a float64 and widen a float32
        if cmath.isfinite(a):
            return a
        a = np.asarray(a, factor.dtype if getattr(factor, "dtype", OBJECT).kind in "fc" else None)
    if a.dtype.kind in "biu" and getattr(factor, "dtype", OBJECT).kind in "fc":
        return a
    if type(a) is np.ndarray and a.dtype.kind in "fc" and cmath.isfinite(np.vdot(a, a)):
        return a
    return np.where(factor, a, 0)


def divide_or_zero_of_arrays(a: Any, b: Any) -> Any:
    """a / b, zero where b is zero, without dividing by it."""
    if type(b) in PYTHON_NUMBERS:
        return np.true_divide(a, b) if b else np.multiply(np.zeros_like(a), 1.0)
    y = np.where(b, np.true_divide(a, np.where(b, b, 1)), 0)
    return y if y.ndim else y[()]


kernel(ops.add, np.add, operator.add)
kernel(ops.subtract, np.subtract, operator.sub)
kernel(ops.multiply, np.multiply, operator.mul)
kernel(ops.divide, np.true_divide, guarded(operator.truediv, np.true_divide, operator=True))
kernel(ops.power, np.power, guarded(power_of_floats, np.power, operator=True))
kernel(ops.negative, np.negative, operator.neg)
kernel(ops.positive, np.positive, operator.pos)
kernel(ops.absolute, np.absolute, abs)
kernel(ops.sqrt, np.sqrt, guarded(math.sqrt, np.sqrt))
kernel(ops.square, np.square, lambda a: a * a)
kernel(ops.strong_multiply, strong_multiply_of_arrays, lambda a, b: a * b if a and b else 0.0)
kernel(
    ops.divide_or_zero, divide_or_zero_of_arrays, guarded(lambda a, b: a / b if b else 0.0, divide_or_zero_of_arrays)
)
kernel(ops.reciprocal, np.reciprocal, guarded(lambda a: 1.0 / a, lambda a: np.true_divide(1.0, a)))
for op in (ops.add, ops.subtract, ops.multiply, ops.negative, ops.positive, ops.absolute, ops.square):
    for cls in (int, complex):
        op.register(op.which(float) if op.info.arity == 1 else op.which(float, float), *(cls,) * op.info.arity)
ops.divide.register(divide_complex, complex, complex)
