"""Whether a value holds nan or inf: the only case in which a branch that was not taken can spoil a derivative."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NoMethodError
from ..dispatch.join import value_class
from ..dispatch.layers import layer_of
from ..ops.placement import HOMES


def has_nan(value: Any) -> bool:
    """Whether any number inside is nan; what cannot be looked into, or only by waiting for a device, counts as none."""
    cls = type(value)
    if cls is float:
        return value != value
    if cls is np.ndarray and value.dtype.kind == "f":  # a sum of squares is nan only where a number is
        total = np.vdot(value, value)
        return bool(total != total)
    if isinstance(value, (np.ndarray, np.generic)):
        if value.dtype.kind == "O":
            return any(says(ops.isnan, e) for e in value.flat)
        return value.dtype.kind in "fc" and bool(np.isnan(value).any())
    if value_class(cls) is not None:
        return cls not in HOMES and says(holds_nan, value)
    inner = inside(value)
    return inner is not None and has_nan(inner)


def says(question: Any, number: Any) -> bool:
    """What an operation answers about a number of another library; False where nobody has registered its class."""
    try:
        return bool(question(number))
    except NoMethodError:
        return False


def holds_nan(x: Any) -> Any:
    """Whether a number is nan, or one of an array of another library."""
    return ops.any(ops.isnan(x)) if ops.shape(x) else ops.isnan(x)


def holds_infinity(x: Any) -> Any:
    """Whether a number is infinite, or one of an array of another library."""
    return ops.any(ops.isinf(x)) if ops.shape(x) else ops.isinf(x)


def inside(value: Any) -> Any:
    """The payload of an engine's value or a layer, None for anything else."""
    if hasattr(value, "_level_number"):
        return value._value
    info = layer_of(type(value))
    payload = info.payload(value) if info is not None and info.payload is not None else None
    return payload[0] if type(payload) is tuple and payload else payload


def has_non_finite(value: Any) -> bool:
    """Whether any number inside is nan or infinite; what cannot be looked into counts as finite, and numbers on a
    device, which would have to be waited for, as infinite: there products in which zeros win cost no more.
    """
    cls = type(value)
    if cls is float:
        return not math.isfinite(value)
    if cls is np.ndarray and value.dtype.kind == "O":
        return any(says(ops.isnan, e) or says(ops.isinf, e) for e in value.flat)
    if cls is np.ndarray:  # a sum of squares is one pass and one call; when it overflows the answer is only too careful
        return value.dtype.kind in "fc" and not cmath.isfinite(np.vdot(value, value))
    if isinstance(value, np.generic):
        return value.dtype.kind in "fc" and not np.isfinite(value)
    if cls in (tuple, list):
        return any(has_non_finite(v) for v in value)
    if value_class(cls) is not None:
        return cls in HOMES or says(holds_nan, value) or says(holds_infinity, value)
    inner = getattr(value, "_value", None)
    if inner is not None and hasattr(value, "_level_number"):
        return has_non_finite(inner)
    info = layer_of(cls)
    if info is not None and info.payload is not None:
        return has_non_finite(info.payload(value))
    return False
