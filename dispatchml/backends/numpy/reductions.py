"""Kernels of reductions. They call the ufuncs' `reduce`: NumPy's Python wrappers cost 1 us and more."""

import math
import operator
from typing import Any

import numpy as np

from ... import ops
from ...dispatch.join import python_scalar
from ...ops.axes import axes_of, kept_shape
from .kernels import OBJECT, kernel

#: Typed as Any: NumPy's stubs know no None as `out` by position.
add_reduce: Any = np.add.reduce
multiply_reduce: Any = np.multiply.reduce
maximum_reduce: Any = np.maximum.reduce
minimum_reduce: Any = np.minimum.reduce
or_reduce: Any = np.logical_or.reduce
and_reduce: Any = np.logical_and.reduce
#: Kinds of dtypes whose sums NumPy's mean takes as they are.
OWN_SUMS = frozenset((np.float32, np.float64, np.longdouble, np.complex64, np.complex128, np.clongdouble))


def array_sum(x: Any, axis: Any, dtype: Any, keepdims: bool) -> Any:
    return add_reduce(x, axis, dtype, None, keepdims)


def array_prod(x: Any, axis: Any, dtype: Any, keepdims: bool) -> Any:
    return multiply_reduce(x, axis, dtype, None, keepdims)


def array_max(x: Any, axis: Any, keepdims: bool) -> Any:
    return maximum_reduce(x, axis, None, None, keepdims)


def array_min(x: Any, axis: Any, keepdims: bool) -> Any:
    return minimum_reduce(x, axis, None, None, keepdims)


def array_mean(x: Any, axis: Any, dtype: Any, keepdims: bool) -> Any:
    if dtype is None and type(x) is np.ndarray and x.size and x.dtype.type in OWN_SUMS:
        total = add_reduce(x, axis, None, None, keepdims)
        return total / (x.size // max(total.size, 1))
    return np.mean(x, axis=axis, dtype=dtype, keepdims=keepdims)


def array_var(x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    return np.var(x, axis=axis, ddof=ddof, keepdims=keepdims)


def array_std(x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    if getattr(x, "dtype", None) == OBJECT:
        return root_of_objects(np.var(x, axis=axis, ddof=ddof, keepdims=keepdims))
    return np.std(x, axis=axis, ddof=ddof, keepdims=keepdims)


def root_of_objects(x: Any) -> Any:
    """The square root of an object, or of each in an array."""
    y = ops.sqrt(np.asarray(x, object))
    return y[()] if isinstance(y, np.ndarray) else y


def array_median(x: Any, axis: Any, keepdims: bool) -> Any:
    x = np.asarray(x)
    if x.dtype == OBJECT:
        return object_median(x, axis, keepdims)
    if axis is not None and not axes_of(axis, x.ndim):
        return x[()]
    return np.median(x, axis=axis, keepdims=keepdims)


def object_median(x: Any, axis: Any, keepdims: bool) -> Any:
    """The median of an object array, by the elements' own order; NumPy's wants to know which of them are nan."""
    from ...ops.reductions import merged_last

    ordered = np.sort(merged_last(x, axis), axis=-1)
    n = ordered.shape[-1]
    y = ordered[..., n // 2] if n % 2 else (ordered[..., n // 2 - 1] + ordered[..., n // 2]) / 2
    return np.reshape(y, kept_shape(x.shape, axis)) if keepdims else y


def array_logsumexp(x: Any, axis: Any, keepdims: bool) -> Any:
    x = floating(x)
    if x.size and x.dtype.kind == "f":
        top = ops.max(x, axis=axis, keepdims=True)
        if math.isfinite(ops.sum(top)):  # no element is infinite or nan, apart from -inf, whose exp is 0
            total = ops.sum(ops.exp(ops.subtract(x, top)), axis=axis, keepdims=keepdims)
            return ops.add(ops.log(total), top if keepdims else np.reshape(top, np.shape(total))[()])
    top = finite_top(x, axis)
    with np.errstate(divide="ignore", over="ignore"):
        y = np.log(add_reduce(np.exp(x - top), axis, None, None, True)) + top
    return y if keepdims else np.reshape(y, add_reduce(x, axis).shape)[()]


def array_softmax(x: Any, axis: Any) -> Any:
    x = floating(x)
    e = np.exp(x - finite_top(x, axis))
    total = add_reduce(e, axis, None, None, True)
    return e / np.where(total == 0, 1, total).astype(total.dtype, copy=False)


def array_log_softmax(x: Any, axis: Any) -> Any:
    x = floating(x)
    y = array_logsumexp(x, axis, True)
    return x - np.where(y == -np.inf, 0, y).astype(x.dtype, copy=False)


def floating(x: Any) -> Any:
    """An array that exp does not promote."""
    x = np.asarray(x)
    return x if x.dtype.kind in "fc" else x.astype(np.float64)


def finite_top(x: Any, axis: Any) -> Any:
    """The largest real part with the axes kept; 0 where it is infinite, so that no inf - inf arises."""
    top = maximum_reduce(x.real, axis, None, None, True, -np.inf)
    return np.where(np.isfinite(top), top, 0).astype(x.real.dtype, copy=False)


def array_norm(x: Any, axis: Any, ord: float, keepdims: bool) -> Any:
    x = np.asarray(x)
    if x.dtype.kind not in "fcO":
        x = x.astype(np.float64)
    if ord == 2:
        if axis is None and not keepdims and x.dtype.kind == "f":
            x = x.ravel(order="K")
            return np.sqrt(x.dot(x))
        squares = x.real**2 + x.imag**2 if x.dtype.kind == "c" else x * x
        total = add_reduce(squares, axis, None, None, keepdims)
        return np.sqrt(total) if x.dtype != OBJECT else root_of_objects(total)
    size = np.absolute(x)
    if ord == np.inf:
        return maximum_reduce(size, axis, None, None, keepdims, 0)
    if ord == -np.inf:
        return minimum_reduce(size, axis, None, None, keepdims)
    if ord == 0:
        return add_reduce((x != 0).astype(size.dtype), axis, None, None, keepdims)
    if ord == 1:
        return add_reduce(size, axis, None, None, keepdims)
    with np.errstate(divide="ignore"):  # 0 to a negative power
        return add_reduce(size**ord, axis, None, None, keepdims) ** (1 / ord)


def of_number(array: Any, plain: Any) -> Any:
    """A reduction of one of Python's numbers: the number itself, unless a keyword asks for more."""

    def on_number(x: Any, axis: Any = None, dtype: Any = None, **keywords: Any) -> Any:
        if axis is None and dtype is None:
            return plain(x)
        return python_scalar(array(x, axis=axis, **({} if dtype is None else {"dtype": dtype}), **keywords))

    return on_number


def itself(x: Any) -> Any:
    return x


def array_any(x: Any, axis: Any, keepdims: bool) -> Any:
    return or_reduce(x, axis, bool, None, keepdims)


def array_all(x: Any, axis: Any, keepdims: bool) -> Any:
    return and_reduce(x, axis, bool, None, keepdims)


def array_quantile(x: Any, q: Any, axis: Any, interpolation: str, keepdims: bool) -> Any:
    """numpy.quantile, in the precision of x also where q is an array."""
    y = np.quantile(x, q, axis=axis, method=interpolation, keepdims=keepdims)  # pyright: ignore[reportCallIssue, reportArgumentType]
    dtype = ops.dtype(x)
    return y.astype(dtype) if dtype.kind == "f" and y.dtype != dtype else y


kernel(ops.sum, array_sum, of_number(np.sum, operator.pos))
kernel(ops.prod, array_prod, of_number(np.prod, operator.pos))
kernel(ops.mean, array_mean, of_number(np.mean, float))
kernel(ops.var, array_var)
kernel(ops.std, array_std)
kernel(ops.max, array_max, of_number(np.max, itself))
kernel(ops.min, array_min, of_number(np.min, itself))
kernel(ops.median, array_median)
kernel(ops.quantile, array_quantile)
kernel(ops.logsumexp, array_logsumexp)
kernel(ops.softmax, array_softmax)
kernel(ops.log_softmax, array_log_softmax)
kernel(ops.vector_norm, array_norm)
kernel(ops.any, array_any)
kernel(ops.all, array_all)
kernel(ops.count_nonzero, np.count_nonzero)
kernel(ops.argmax, np.argmax)
kernel(ops.argmin, np.argmin)
kernel(ops.nanargmax, np.nanargmax)
kernel(ops.nanargmin, np.nanargmin)
kernel(ops.ptp, np.ptp)
kernel(ops.nansum, np.nansum)
kernel(ops.nanprod, np.nanprod)
kernel(ops.nanmean, np.nanmean)
kernel(ops.nanvar, np.nanvar)
kernel(ops.nanstd, np.nanstd)
kernel(ops.nanmax, np.nanmax)
kernel(ops.nanmin, np.nanmin)
kernel(ops.nanmedian, np.nanmedian)
