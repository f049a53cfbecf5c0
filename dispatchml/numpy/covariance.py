"""Several variables, and functions applied along axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.dressing import dressings
from ..dispatch.errors import ShapeError, at_user_line, describe
from .dtypes import at_least_double, casted
from .joining import unstack
from .manipulation import (
    expand_dims,
    moveaxis,
    normal_axis,
)
from .registry import numpy_function, operand


@numpy_function(np.cov, arrays=2)
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None, fweights: Any = None,
    aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    x = variables(m, rowvar)
    if y is not None:
        x = ops.concatenate((x, variables(y, rowvar)), axis=0)
    x = at_least_double(x) if dtype is None else casted(x, dtype)
    ddof = (0 if bias else 1) if ddof is None else ddof
    n = ops.shape(x)[1]
    if fweights is None and aweights is None:
        centered = ops.subtract(x, ops.mean(x, axis=1, keepdims=True))
        if dressings(x):
            return squeezed(covariance_of_present(x, centered, ddof))
        return squeezed(ops.divide(ops.matmul(centered, conjugate_transpose(centered)), n - ddof))
    if dressings(x):
        raise ShapeError(
            f"cov with weights of {describe(x)}{at_user_line()} is not defined: pass the numbers without what they "
            "carry, or write it with sums."
        )
    weights: Any = 1.0 if fweights is None else operand(fweights)
    aweights = None if aweights is None else operand(aweights)
    if aweights is not None:
        weights = ops.multiply(weights, aweights)
    total = ops.sum(weights)
    center = ops.divide(ops.sum(ops.multiply(x, weights), axis=1, keepdims=True), total)
    centered = ops.subtract(x, center)
    if ddof == 0 or aweights is None:
        factor = ops.subtract(total, ddof)
    else:
        factor = ops.subtract(total, ops.divide(ops.multiply(ddof, ops.sum(ops.multiply(weights, aweights))), total))
    return squeezed(ops.divide(ops.matmul(ops.multiply(centered, weights), conjugate_transpose(centered)), factor))


def covariance_of_present(x: Any, centered: Any, ddof: Any) -> Any:
    """The covariance where elements may be masked: over the pairs that are there."""
    product = ops.matmul(centered, conjugate_transpose(centered))
    if ops.shape(product) != (ops.shape(x)[0],) * 2:
        raise ShapeError(
            f"cov of {describe(x)}{at_user_line()}: its products are not those of rows and columns. Pass the numbers "
            "alone, or the covariance of its own library."
        )
    ones = ops.one_like(x)
    return ops.divide(product, ops.subtract(ops.matmul(ones, conjugate_transpose(ones)), ddof))


def variables(m: Any, rowvar: bool) -> Any:
    """Observations as a matrix with a variable in each row."""
    if ops.ndim(m) > 2:
        raise ValueError("m has more than 2 dimensions")
    if ops.ndim(m) < 2:
        return ops.reshape(m, shape=(1, ops.size(m)))
    return m if rowvar or ops.shape(m)[0] == 1 else ops.transpose(m, axes=(1, 0))


def conjugate_transpose(x: Any) -> Any:
    """The adjoint of a matrix."""
    y = ops.transpose(x, axes=(1, 0))
    return ops.conj(y) if ops.dtype(x).kind == "c" else y


def squeezed(x: Any) -> Any:
    """Without the axes of size 1."""
    return ops.reshape(x, shape=tuple(s for s in ops.shape(x) if s != 1))


@numpy_function(np.corrcoef, arrays=2)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c = cov(x, y, rowvar, dtype=dtype)
    if ops.ndim(c) == 0:
        return ops.divide(c, c)
    deviation = ops.sqrt(ops.real(ops.diagonal(c)))
    c = ops.divide(c, ops.reshape(deviation, shape=(ops.size(deviation), 1)))
    return ops.divide(c, deviation)


@numpy_function(np.apply_along_axis, arrays=0)
def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    arr = operand(arr)
    axis = normal_axis(axis, ops.ndim(arr))
    lines = moveaxis(arr, axis, -1)
    outer = ops.shape(lines)[:-1]
    flat = ops.reshape(lines, shape=(math.prod(outer), ops.shape(lines)[-1]))
    parts = tuple(operand(func1d(line, *args, **kwargs)) for line in unstack(flat))
    inner = ops.shape(parts[0])
    y = ops.reshape(ops.stack(parts, axis=0), shape=(*outer, *inner))
    n, m = len(outer), len(inner)
    return ops.transpose(y, axes=(*range(axis), *range(n, n + m), *range(axis, n)))


@numpy_function(np.apply_over_axes, arrays=0)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    for axis in axes if isinstance(axes, (tuple, list)) else (axes,):
        y = func(a, normal_axis(axis, ops.ndim(a)))
        a = y if ops.ndim(y) == ops.ndim(a) else expand_dims(y, axis)
    return a
