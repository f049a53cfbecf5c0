"""A large constant matrix times a vector with its tangent: both in one product, which reads the matrix once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from .space import F64

ndarray = np.ndarray
#: Products by matrices with this many elements wait for memory, not for arithmetic.
LARGE = 1 << 16


def product_dual(op: Any, active: tuple[int, ...], general: Callable[..., Any]) -> Callable[..., Any]:
    """`matmul` and `dot` of a constant and a dual number, in the engine's general way where it is no such product.

    The value has the rounding of a product by two columns, which may differ in the last bits from that by one.
    """
    if active != (1,) or op is not ops.matmul.info and op is not ops.dot.info:
        return general

    def dual_of_product(a: Any, x: Any, /) -> Any:
        if type(a) is ndarray and a.size >= LARGE and a.ndim == 2 and a.dtype is F64:
            value, partials = x._value, x._partials
            if is_vector(value, a.shape[1]) and is_vector(partials, a.shape[1]) and x._base is None:
                if not x._level.closed:
                    both = np.empty((2, partials.size))
                    both[0], both[1] = value, partials
                    both = both @ a.T
                    made = type(x)()
                    made._value, made._partials, made._level, made._base = both[0], both[1], x._level, None
                    return made
        return general(a, x)

    return dual_of_product


def is_vector(x: Any, size: int) -> bool:
    """Whether something is a plain vector of doubles of some length."""
    return type(x) is ndarray and x.ndim == 1 and x.dtype is F64 and x.size == size
