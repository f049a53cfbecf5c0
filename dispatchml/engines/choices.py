"""Whether a value holds nan or inf: the only case in which a branch that was not taken can spoil a derivative."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np

from ..dispatch.layers import layer_of


def has_non_finite(value: Any) -> bool:
    """Whether any number inside is nan or infinite; what cannot be looked into counts as finite."""
    cls = type(value)
    if cls is float:
        return not math.isfinite(value)
    if cls is np.ndarray:  # a sum of squares is one pass and one call; when it overflows the answer is only too careful
        return value.dtype.kind in "fc" and not cmath.isfinite(np.vdot(value, value))
    if isinstance(value, np.generic):
        return value.dtype.kind in "fc" and not np.isfinite(value)
    if cls in (tuple, list):
        return any(has_non_finite(v) for v in value)
    inner = getattr(value, "value", None)
    if inner is not None and hasattr(value, "level_number"):
        return has_non_finite(inner)
    info = layer_of(cls)
    if info is not None and info.payload is not None:
        return has_non_finite(info.payload(value))
    return False
