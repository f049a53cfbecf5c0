"""Coefficients that SciPy computes as affine functions of the data, for places that are not traced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops

from ..implicit import as_array, run_plain, with_value
from ..user_functions import plain_numbers


def affine(compute: Callable[[Any], Any], y: Any) -> Any:
    """compute(y) as a differentiable function of y, whose axis 0 it combines: compute(y) = compute(0) + M y.

    compute takes plain arrays of shape (n, ...) and returns one of shape (m..., ...), in which the further axes of y
    are the last ones. The matrix M comes of one run with the identity.
    """
    y = as_array(y)
    count, rest = ops.shape(y)[0], ops.shape(y)[1:]

    def run(given: Any) -> Any:
        with plain_numbers():
            return np.asarray(compute(given))

    (value,) = run_plain(lambda given: (run(given),), y)
    with plain_numbers():
        zero = run(np.zeros((count, *rest)))
        lead = zero.shape[: zero.ndim - len(rest)]
        matrix = run(np.eye(count)) - run(np.zeros((count, count)))
    flat = ops.reshape(y, shape=(count, -1))
    made = ops.matmul(np.reshape(matrix, (-1, count)), flat)
    return with_value(value, ops.reshape(made, shape=(*lead, *rest)))
