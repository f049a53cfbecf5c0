"""Kernels of scans and sorting."""

from typing import Any

import numpy as np

from ... import ops
from .kernels import kernel


def running(ufunc: Any) -> Any:
    """A ufunc's `accumulate` along an axis, of the flattened array for None."""

    def accumulate(x: Any, axis: Any) -> Any:
        x = np.asarray(x)
        if axis is None:
            return ufunc.accumulate(x.reshape(-1))
        return ufunc.accumulate(x, axis)

    return accumulate


def array_sort(x: Any, axis: Any, kind: Any, descending: bool) -> Any:
    y = np.sort(x, axis=axis, kind=kind)
    return np.flip(y, axis=-1 if axis is None else axis) if descending else y


def array_argsort(x: Any, axis: Any, kind: Any, descending: bool) -> Any:
    if not descending:
        return np.argsort(x, axis=axis, kind=kind)
    x = np.reshape(x, -1) if axis is None else np.asarray(x)
    axis = -1 if axis is None else axis
    return x.shape[axis] - 1 - np.flip(np.argsort(np.flip(x, axis=axis), axis=axis, kind=kind), axis=axis)


kernel(ops.cumsum, lambda x, axis, dtype: np.cumsum(x, axis, dtype))
kernel(ops.cumprod, lambda x, axis, dtype: np.cumprod(x, axis, dtype))
kernel(ops.cummax, running(np.maximum))
kernel(ops.cummin, running(np.minimum))
kernel(ops.cumulative_logsumexp, running(np.logaddexp))
kernel(ops.sort, array_sort)
kernel(ops.argsort, array_argsort)
kernel(ops.partition, np.partition)
kernel(ops.argpartition, np.argpartition)
kernel(ops.searchsorted, lambda x, values, side, sorter: np.searchsorted(x, values, side=side, sorter=sorter))
kernel(ops.diff, np.diff)
kernel(ops.nancumsum, np.nancumsum)
kernel(ops.nancumprod, np.nancumprod)
