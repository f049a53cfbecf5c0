"""log(1 + u)/u, smooth at 0: what families of functions with a logarithm as their limit are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops, primal

from ..implicit import order_of

#: The coefficients of log(1 + u)/u, enough of them for |u| < 1/10.
SERIES = [(-1.0) ** k / (k + 1) for k in range(20)]
#: How near to the value of a parameter the formulas for it are computed.
NEAR = 0.05


def near(parameter: Any, value: float, distance: float = NEAR) -> bool:
    """Whether derivatives are taken in a parameter of which one entry is next to a value."""
    return bool(order_of(parameter)) and bool(np.any(np.abs(np.asarray(primal(parameter)) - value) <= distance))


def log1p_ratio(u: Any) -> Any:
    """log(1 + u)/u, 1 at 0, with all derivatives."""
    small = np.absolute(ops.stop_gradient(u)) < 0.1
    inside = np.where(small, u, 0.0)
    series = SERIES[-1] * inside
    for coefficient in reversed(SERIES[1:-1]):
        series = (series + coefficient) * inside
    outside = np.where(small, 1.0, u)
    return np.where(small, series + SERIES[0], ops.log1p(outside) / outside)
