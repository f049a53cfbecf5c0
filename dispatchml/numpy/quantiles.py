"""Quantiles, and reductions without the nans."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np

from .. import ops
from ..dispatch.errors import NoMethodError, at_user_line
from ..dispatch.layers import is_layer
from .dtypes import casted
from .manipulation import (
    expand_dims,
    normal_axes,
)
from .registry import given, kept, numpy_function, operand
from .scans import cumprod, cumsum
from .statistics import axes, freedom, range_of, zero_like


@numpy_function(np.quantile)
def quantile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    if weights is not None:
        raise NoMethodError(
            f"numpy.quantile(weights=...) is not defined on layered values{at_user_line()}. Leave the weights "
            "out, or repeat "
            "the elements with numpy.repeat."
        )
    q = operand(q)
    if is_layer(q):
        return quantile_at(a, q, axes(axis), method, keepdims)
    a = casted(a, precision_of(a, q, method))
    return ops.quantile(a, q=q, axis=axes(axis), interpolation=method, keepdims=keepdims)


def quantile_at(a: Any, q: Any, axis: Any, method: str, keepdims: bool) -> Any:
    """Quantiles at traced or layered shares: linear between neighbours, also in the share."""
    if method != "linear":
        raise NoMethodError(
            f"numpy.quantile(method={method!r}) at a traced or layered share{at_user_line()}: it jumps from element to "
            "element. Write method='linear', or dispatchml.primal(q)."
        )
    where = normal_axes(range_of(axis, a), ops.ndim(a))
    ordered = ops.sort(merged_last(a, where), axis=-1)
    last = ops.shape(ordered)[-1] - 1
    position = ops.multiply(q, last)
    low = ops.stop_gradient(ops.floor(position))
    place = ops.astype(low, dtype=np.dtype(np.intp))
    lower = ops.take(ordered, place, axis=-1)
    upper = ops.take(ordered, ops.minimum(ops.add(place, 1), last), axis=-1)
    y = ops.add(lower, ops.multiply(ops.subtract(upper, lower), ops.subtract(position, low)))
    largest = ops.getitem(ordered, index=(..., -1))  # nan is sorted behind everything else
    largest = ops.reshape(largest, shape=ops.shape(largest) + (1,) * ops.ndim(q))
    y = ops.where(ops.logical_not(ops.isnan(largest)), y, largest)
    k = ops.ndim(q)
    if k:
        y = ops.moveaxis(y, source=tuple(range(-k, 0)), destination=tuple(range(k)))
    return ops.expand_dims(y, axis=tuple(axis + k for axis in where)) if kept(keepdims) else y


def precision_of(a: Any, q: Any, method: str) -> Any:
    """The dtype of NumPy's quantiles: a list of shares is float64 and makes float32 values float64. None for others."""
    kind = ops.dtype(a)
    return np.quantile(np.zeros(1, kind), q, method=cast(Any, method)).dtype if kind.kind == "f" else None


def share_of(percent: Any) -> Any:
    """Percents as shares; a plain number stays one, which decides on no dtype."""
    return percent / 100 if type(percent) in (int, float) else np.true_divide(percent, 100)


@numpy_function(np.percentile)
def percentile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    return quantile(a, share_of(q), axis, None, overwrite_input, method, keepdims, weights=weights)


def masked(a: Any, where: Any, value: float) -> Any:
    """The array with `value` for what the mask of a nan-reduction leaves out."""
    return a if where is True or given(where) is None else ops.where(operand(where), a, value)


@numpy_function(np.nansum)
def nansum(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None,
    where: Any = True,
) -> Any:  # fmt: skip
    y = ops.nansum(masked(a, where, math.nan), axis=axes(axis), dtype=dtype, keepdims=kept(keepdims))
    return y if given(initial) is None else ops.add(y, initial)


@numpy_function(np.nanprod)
def nanprod(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None,
    where: Any = True,
) -> Any:  # fmt: skip
    y = ops.nanprod(masked(a, where, math.nan), axis=axes(axis), dtype=dtype, keepdims=kept(keepdims))
    return y if given(initial) is None else ops.multiply(y, initial)


@numpy_function(np.nanmean)
def nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    return ops.nanmean(casted(masked(a, where, math.nan), dtype), axis=axes(axis), keepdims=kept(keepdims))


@numpy_function(np.nanvar)
def nanvar(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    a, ddof = casted(masked(a, where, math.nan), dtype), freedom(ddof, correction)
    return ops.nanvar(a, axis=axes(axis), ddof=ddof, keepdims=kept(keepdims))


@numpy_function(np.nanstd)
def nanstd(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    a, ddof = casted(masked(a, where, math.nan), dtype), freedom(ddof, correction)
    return ops.nanstd(a, axis=axes(axis), ddof=ddof, keepdims=kept(keepdims))


@numpy_function(np.nanmax)
def nanmax(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
) -> Any:
    y = ops.nanmax(masked(a, where, math.nan), axis=axes(axis), keepdims=kept(keepdims))
    return y if given(initial) is None else ops.fmax(y, initial)


@numpy_function(np.nanmin)
def nanmin(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
) -> Any:
    y = ops.nanmin(masked(a, where, math.nan), axis=axes(axis), keepdims=kept(keepdims))
    return y if given(initial) is None else ops.fmin(y, initial)


@numpy_function(np.nanmedian)
def nanmedian(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    return ops.nanmedian(a, axis=axes(axis), keepdims=kept(keepdims))


@numpy_function(np.nanquantile)
def nanquantile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: Any = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    if weights is not None or method != "linear":
        raise NoMethodError(
            f"numpy.nanquantile is defined for method='linear' and no weights on layered values{at_user_line()}."
        )
    if ops.dtype(a).kind == "O" and not ops.any(ops.isnan(a)):
        return quantile(a, q, axis, None, overwrite_input, method, keepdims)
    where = normal_axes(range_of(axis, a), ops.ndim(a))
    q = operand(q)
    wanted = None if is_layer(q) else precision_of(a, q, method)
    a = casted(a, wanted)
    ordered = ops.sort(merged_last(a, where), axis=-1)
    count = ops.sum(ops.logical_not(ops.isnan(ordered)), axis=-1, dtype=float, keepdims=True)
    last, parts = ops.maximum(ops.subtract(count, 1), 0), []
    shares = ops.reshape(q, shape=(-1,)) if is_layer(q) else np.ravel(np.asarray(q, dtype=float))
    for k in range(ops.shape(shares)[0]):
        position = ops.multiply(last, ops.getitem(shares, index=k))
        low = ops.stop_gradient(ops.floor(position))
        lower, upper = (
            ops.take_along_axis(ordered, ops.astype(place, dtype=np.dtype(np.intp)), axis=-1)
            for place in (low, ops.minimum(ops.add(low, 1), last))
        )
        y = ops.add(lower, ops.multiply(ops.subtract(upper, lower), casted(ops.subtract(position, low), wanted)))
        parts.append(ops.reshape(y, shape=ops.shape(y)[:-1]))
    if kept(keepdims):
        parts = [expand_dims(p, where) for p in parts]
    return ops.reshape(ops.stack(tuple(parts), axis=0), shape=ops.shape(q) + ops.shape(parts[0]))


def merged_last(a: Any, where: tuple[int, ...]) -> Any:
    """The axes made one, the last."""
    rest = tuple(k for k in range(ops.ndim(a)) if k not in where)
    moved = ops.transpose(a, axes=rest + where)
    count = math.prod(ops.shape(a)[k] for k in where)
    return ops.reshape(moved, shape=(*(ops.shape(a)[k] for k in rest), count))


@numpy_function(np.nanpercentile)
def nanpercentile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: Any = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    return nanquantile(a, share_of(q), axis, None, overwrite_input, method, keepdims, weights=weights)


@numpy_function(np.nancumsum)
def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return cumsum(ops.where(ops.isnan(a), zero_like(a), a), axis, dtype)


@numpy_function(np.nancumprod)
def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return cumprod(ops.where(ops.isnan(a), 1.0, a), axis, dtype)
