"""Kernels of changing what a value is stored as."""

import operator
from typing import Any

import numpy as np

from ... import ops
from ...ops.metadata import PYTHON_DTYPES
from .kernels import kernel


def astype_of_arrays(a: Any, *, dtype: Any) -> Any:
    """numpy's astype, which gives the array itself where nothing changes."""
    return a.astype(dtype, copy=False)


def astype_of_number(a: Any, *, dtype: Any) -> Any:
    """A Python number in a dtype: a NumPy scalar, or itself where the dtype is the one that it stands for."""
    return a if PYTHON_DTYPES[type(a)] == dtype else np.asarray(a).astype(dtype)[()]


def own_copy(a: Any) -> Any:
    """An array that may be written into: what is differentiated keeps its own."""
    return a.copy("K") if type(a) is np.ndarray else a


kernel(ops.astype, astype_of_arrays)
kernel(ops.stop_gradient, own_copy, operator.pos)
for number in (bool, int, float, complex):
    ops.astype.register(astype_of_number, number)
ops.stop_gradient.register(lambda a: a, bool)
