"""Cumulative sums and products, NumPy's and the standard's."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from .manipulation import (
    normal_axis,
    ravel,
)
from .registry import numpy_function
from .statistics import casted


@numpy_function(np.cumsum)
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    if axis is None:
        a, axis = ravel(a), 0
    return ops.cumsum(casted(a, dtype), axis=normal_axis(axis, ops.ndim(a)))


@numpy_function(np.cumprod)
def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    if axis is None:
        a, axis = ravel(a), 0
    return ops.cumprod(casted(a, dtype), axis=normal_axis(axis, ops.ndim(a)))


def standard_axis(x: Any, axis: Any, name: str) -> int:
    """The axis of a cumulative function of the standard, which may be left out for one axis only."""
    if axis is None:
        if ops.ndim(x) != 1:
            raise ValueError(f"For arrays which have more than one dimension ``axis`` argument is required ({name}).")
        return 0
    return normal_axis(axis, ops.ndim(x))


def scan(x: Any, axis: Any, dtype: Any, include_initial: bool, function: Any, first: Any, name: str) -> Any:
    """A cumulative function of the standard."""
    axis = standard_axis(x, axis, name)
    y = function(x, axis, dtype)
    if not include_initial:
        return y
    have = ops.shape(y)
    wanted = (*have[:axis], 1, *have[axis + 1 :])
    head = ops.broadcast_to(np.asarray(first, ops.dtype(y)), shape=wanted)
    return ops.concatenate((head, y), axis=axis)


@numpy_function(np.cumulative_sum)
def cumulative_sum(
    x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: bool = False
) -> Any:
    return scan(x, axis, dtype, include_initial, cumsum, 0, "cumulative_sum")


@numpy_function(np.cumulative_prod)
def cumulative_prod(
    x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: bool = False
) -> Any:
    return scan(x, axis, dtype, include_initial, cumprod, 1, "cumulative_prod")
