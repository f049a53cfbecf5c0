"""The truth of a test: one truth value, below whatever is round it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import ShapeError, at_user_line, describe
from ..engines.batch import Batched, plain
from ..engines.traced import Traced
from ..engines.views import current
from .leaves import held


def check_scalar(value: Any, name: str) -> None:
    """Refuse tests that are not one truth value."""
    shape = ops.shape(value)
    if shape != ():
        raise ShapeError(
            f"{name}: the test must give one truth value, not {describe(value)} of shape {shape}{at_user_line()}. "
            "Reduce it with numpy.all or numpy.any, or choose element by element with numpy.where."
        )


def holds(value: Any, name: str) -> bool:
    """Whether a test holds; in a batch, whether it does for any element."""
    value = held(value)
    if value is True or value is False:
        return value
    check_scalar(value, name)
    if isinstance(value, Traced):
        inner = plain(value)
        return bool(np.any(np.asarray(inner))) if isinstance(inner, (np.ndarray, np.generic)) else bool(inner)
    return bool(value)


def without_derivatives(value: Any) -> Any:
    """A test that a number stands for, below derivatives; batches stay."""
    value = held(value)
    while isinstance(value, Traced) and type(value) is not Batched:
        value = current(value)
    return value
