"""Changing what a value is stored as, cutting derivatives, and exact literals."""

import numbers
from typing import Any

import numpy as np

from ..dispatch import layer_of, operation
from ..dispatch.join import value_class
from .metadata import dtype as dtype_of

__all__ = ["astype", "literal", "stop_gradient"]

EXTENDED = (np.dtype(np.longdouble), np.dtype(np.clongdouble))
PYTHON_NUMBERS = frozenset({bool, int, float, complex})


@operation(family="elementwise")
def astype(a: Any, *, dtype: Any = np.float64) -> Any:
    """a with another dtype (NumPy's casting: floats to integers truncate, complex to real drops the imaginary part).

    Differentiable between floating-point and complex dtypes; integers and booleans have derivative zero.
    """


@operation(family="elementwise", strips=("transform",))
def stop_gradient(a: Any) -> Any:
    """a, as a constant to every derivative that is being taken, at all levels."""


def literal(p: int, q: int, like: Any) -> Any:
    """The ratio p / q of whole numbers as exactly as the type of `like` can hold it.

    Fraction, Decimal and mpmath numbers stay what they are; floating-point numbers and arrays get a Python float, which
    does not change their dtype. Whole ratios are Python ints everywhere.
    """
    if p % q == 0:
        return p // q
    cls = type(like)
    if cls in PYTHON_NUMBERS:
        return p / q
    if isinstance(like, (np.ndarray, np.generic)):
        if like.dtype == object and like.size:
            element = next((e for e in like.flat if type(e) not in PYTHON_NUMBERS), like.flat[0])
            return np.asarray(literal(p, q, element), dtype=object)  # its class need not be a value of ours
        return np.longdouble(p) / np.longdouble(q) if like.dtype in EXTENDED else p / q
    layer = layer_of(cls)
    if layer is not None:
        payload = layer.payload(like) if layer.payload is not None else None
        return literal(p, q, payload[0] if isinstance(payload, tuple) else payload)
    if value_class(cls) is not None:
        from .. import ops

        one = ops.one_like(like)
        return ops.divide(ops.multiply(one, p), ops.multiply(one, q))
    if isinstance(like, numbers.Number):
        return cls(p) / cls(q)  # type: ignore[call-arg]
    return p / q


def weights_like(weights: Any, x: Any) -> Any:
    """Constant real weights in the precision of x, so that single precision stays single."""
    have, kind = np.asarray(weights), dtype_of(x)
    if kind.kind not in "fc":
        return weights
    return have.astype(np.finfo(kind).dtype)
