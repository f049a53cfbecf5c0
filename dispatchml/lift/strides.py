"""Traced arrays seen through strides, as if they lay in memory row after row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..dispatch.errors import LiftError, at_user_line, describe
from .buffers import TRACED
from .entering import stands_for
from .lending import lend
from .making import is_bare


def contiguous_strides(x: Any) -> tuple[int, ...]:
    """The strides in bytes of an array that lies in memory row after row."""
    return tuple(x.dtype.itemsize * math.prod(x.shape[k + 1 :]) for k in range(len(x.shape)))


@stands_for(np.lib.stride_tricks.as_strided)
def as_strided(x: Any, shape: Any = None, strides: Any = None, subok: bool = False, writeable: bool = True) -> Any:
    """As `numpy.lib.stride_tricks.as_strided`; of a traced array the elements, which are no view of it."""
    x = lend(x)
    if not isinstance(x, TRACED):
        return np.lib.stride_tricks.as_strided(x, shape, strides, subok, writeable=writeable)
    if not is_bare(x):
        raise LiftError(
            f"as_strided{at_user_line()} of {describe(x)}: NumPy looks at the memory, without what is round it. "
            "Write the elements with an index, or numpy.lib.stride_tricks.sliding_window_view."
        )
    shape = x.shape if shape is None else tuple(np.atleast_1d(shape).tolist())
    steps = contiguous_strides(x) if strides is None else tuple(np.atleast_1d(strides).tolist())
    size = x.dtype.itemsize
    last = sum((n - 1) * s for n, s in zip(shape, steps, strict=True))
    if min(steps, default=0) < 0 or any(s % size for s in steps) or last >= x.size * size:
        raise LiftError(
            f"as_strided{at_user_line()} of a traced array of shape {x.shape} with shape={shape}, strides={steps} "
            "leaves its elements. Write the elements with an index, or numpy.lib.stride_tricks.sliding_window_view."
        )
    places = np.zeros(shape, np.intp)
    for k, (n, s) in enumerate(zip(shape, steps, strict=True)):
        places += (s // size * np.arange(n)).reshape(-1, *(1,) * (len(shape) - k - 1))
    return np.reshape(x, -1)[places]
