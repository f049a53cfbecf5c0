"""Kernels of creation. In object arrays layers and registered numbers get a zero of their own kind, others 0."""

from typing import Any

import numpy as np

from ... import ops
from ...dispatch.join import value_class
from ...dispatch.layers import is_layer
from .kernels import OBJECT, kernel


def filled(x: Any, value: Any, shape: Any, dtype: Any) -> Any:
    """An array of one number."""
    dtype = ops.dtype(x) if dtype is None else dtype
    return np.full(np.shape(x) if shape is None else shape, value, dtype)


def array_zeros_of(x: Any, shape: Any, dtype: Any) -> Any:
    dtype = ops.dtype(x) if dtype is None else np.dtype(dtype)
    if dtype == OBJECT:
        return filled_with_objects(x, ops.zeros_like, 0, shape)
    return np.zeros(np.shape(x) if shape is None else shape, dtype)


def array_ones_of(x: Any, shape: Any, dtype: Any) -> Any:
    dtype = ops.dtype(x) if dtype is None else np.dtype(dtype)
    if dtype == OBJECT:
        return filled_with_objects(x, ops.ones_like, 1, shape)
    return np.ones(np.shape(x) if shape is None else shape, dtype)


def filled_with_objects(x: Any, kind: Any, number: int, shape: Any) -> Any:
    """The zeros or ones of an object array: in its own shape each element decides, in another the first one does.

    Python's own numbers beside others get what the first of these gets: the quotient of two whole numbers is a float.
    """
    elements = np.asarray(x, object)
    first = next((e for e in elements.flat if has_a_kind(e)), None)
    one = number if first is None else kind(first)
    if shape is None:
        y = np.empty(elements.shape, object)
        for place, element in np.ndenumerate(elements):
            y[place] = kind(element) if element is not first and has_a_kind(element) else one
        return y
    y = np.empty(shape, object)
    for place in np.ndindex(y.shape):
        y[place] = one
    return y


def has_a_kind(element: Any) -> bool:
    """Whether an object is a layer, or a number of a registered class that is neither Python's nor NumPy's."""
    if isinstance(element, (bool, int, float, complex, np.generic)):
        return False
    return is_layer(element) or value_class(type(element)) is not None


def array_full_of(x: Any, value: Any, shape: Any, dtype: Any) -> Any:
    if dtype is None and isinstance(value, float) and ops.dtype(x).kind in "biu":
        dtype = np.float64
    return filled(x, value, shape, dtype)


kernel(ops.zeros_like, lambda x, dtype: array_zeros_of(x, None, dtype))
kernel(ops.ones_like, lambda x, dtype: array_ones_of(x, None, dtype))
kernel(ops.empty_like, lambda x, dtype: np.empty(np.shape(x), ops.dtype(x) if dtype is None else dtype))
kernel(ops.full_like, lambda x, value, dtype: filled(x, value, None, dtype))
kernel(ops.one_like, lambda x: array_ones_of(x, None, None))
kernel(ops.zeros_of, array_zeros_of)
kernel(ops.ones_of, array_ones_of)
kernel(ops.full_of, array_full_of)
