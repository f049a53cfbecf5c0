"""Coefficients that SciPy computes as affine functions of the data, for places that are not traced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops

from ..implicit import as_array, run_plain, with_value


def affine(compute: Callable[[Any], Any], y: Any) -> Any:
    """compute(y) as a differentiable function of y, whose axis 0 it combines: compute(y) = compute(0) + M y.

    compute takes plain arrays of shape (n, ...) and returns one of shape (m..., ...), in which the further axes of y
    are the last ones. The matrix M comes of one run with the identity.
    """
    y = as_array(y)
    (value,) = run_plain(lambda given: (np.asarray(compute(given)),), y)
    count, rest = ops.shape(y)[0], ops.shape(y)[1:]
    zero = np.asarray(compute(np.zeros((count, *rest))))
    lead = zero.shape[: zero.ndim - len(rest)]
    base = np.asarray(compute(np.zeros((count, count))))
    matrix = np.asarray(compute(np.eye(count))) - base
    flat = ops.reshape(y, shape=(count, -1))
    made = ops.matmul(np.reshape(matrix, (-1, count)), flat)
    return with_value(value, ops.reshape(made, shape=(*lead, *rest)))


def without_trace(*values: Any) -> bool:
    """Whether none of the values is traced."""
    from ..implicit import traced_in

    return not traced_in(values)
