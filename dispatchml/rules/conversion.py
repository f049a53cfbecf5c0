"""Derivatives of changing what a value is stored as."""

from typing import Any

import numpy as np

from .. import ops
from .registry import nondifferentiable, rule

nondifferentiable(ops.stop_gradient)


def cast(v: Any, dtype: Any, carries: bool) -> Any:
    """A tangent or cotangent in a dtype; zero where the conversion went through whole numbers."""
    kind = np.dtype(dtype).kind
    if not carries:
        v = ops.where_or_zero(False, v)
    if kind not in "fc":
        return v
    if kind == "f" and ops.is_complex(v):
        v = ops.real(v)
    return ops.astype(v, dtype=dtype)


def is_continuous(dtype: Any) -> bool:
    """Whether a dtype holds floating-point or complex numbers, or objects that may."""
    return np.dtype(dtype).kind in "fcO"


@rule(ops.astype).jvp
def astype_jvp(y: Any, tangents: Any, a: Any, *, dtype: Any) -> Any:
    return cast(tangents[0], dtype, is_continuous(dtype))


@rule(ops.astype).vjp
def astype_vjp(y: Any, a: Any, *, needs: tuple[bool, ...], dtype: Any) -> Any:
    primal = ops.dtype(a)

    def astype_pullback(ct: Any) -> Any:
        return (cast(ct, primal, is_continuous(dtype)),)

    return astype_pullback
