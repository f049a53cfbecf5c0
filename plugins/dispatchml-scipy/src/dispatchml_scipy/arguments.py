"""What functions that stand for SciPy's do with their arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops, primal
from dispatchml.dispatch.errors import LiftError, TracerConversionError, at_user_line
from dispatchml.engines.batch import Batched
from dispatchml.engines.traced import Traced
from dispatchml.lift import replaces
from dispatchml.numpy.registry import operand


def array(x: Any) -> Any:
    """An array-like, which may hold traced values, as an array; numbers are arrays of no axis."""
    x = operand(x)
    return np.asarray(x) if isinstance(x, (bool, int, float, complex)) else x


def decided(x: Any) -> Any:
    """The plain numbers of a value, where code goes one way or another by them.

    An element of a batch has none: the error makes vmap run the elements one by one.
    """
    inner = x
    while isinstance(inner, Traced):
        if isinstance(inner, Batched):
            raise TracerConversionError(
                f"The numbers of each element of a batch decide{at_user_line()}: they cannot be taken at once."
            )
        inner = inner._value
    return primal(x)


def floating(x: Any) -> Any:
    """An array-like as an array of floating-point or complex numbers."""
    x = array(x)
    return ops.astype(x, dtype=np.dtype(np.float64)) if ops.dtype(x).kind in "biu" else x


def finite(x: Any, check: bool = True) -> Any:
    """An array of floating-point or complex numbers; inf and nan raise as in SciPy."""
    x = floating(x)
    plain = primal(x) if check else None
    if isinstance(plain, np.ndarray) and plain.dtype.kind in "fc" and not np.isfinite(plain).all():
        raise ValueError("array must not contain infs or NaNs")
    return x


def is_complex(x: Any) -> bool:
    """Whether an array is complex by its dtype."""
    return ops.dtype(x).kind == "c"


def adjoint(x: Any) -> Any:
    """The conjugate transpose of stacked matrices."""
    x = ops.swapaxes(x, axis1=-2, axis2=-1)
    return ops.conj(x) if is_complex(x) else x


def unsupported(call: str, way_out: str) -> LiftError:
    """The error for a call, as `scipy.linalg.qr(mode='raw')`, that has no derivative here."""
    return LiftError(f"{call} is not supported with traced values{at_user_line()}. {way_out}")


def without_rule(module: str, names: str, way_out: str) -> None:
    """Declare functions that raise with traced values, whatever their arguments are."""
    for name in names.split():
        refuse(f"{module}.{name}", way_out)


def refuse(name: str, way_out: str) -> None:
    """Declare one of them."""

    def refused(*arguments: Any, **keywords: Any) -> Any:
        raise unsupported(name, way_out)

    refused.refuses = way_out  # type: ignore[attr-defined]
    replaces(name)(refused)
