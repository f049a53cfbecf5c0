"""Reductions and scans with NumPy's signatures, and the statistics that are made of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NoMethodError, at_user_line
from .manipulation import expand_dims, moveaxis, normal_axes, normal_axis, ravel, unstack
from .registry import given, kept, numpy_function, operand


def axes(axis: Any) -> Any:
    """An axis argument as operations take it: an int, a tuple of ints, or None."""
    if isinstance(axis, list):
        return tuple(axis)
    return int(axis) if isinstance(axis, np.integer) else axis


def chosen(a: Any, where: Any, value: Any) -> Any:
    """The array with `value` wherever the mask of a reduction is False."""
    return a if given(where) is None or where is True else ops.where(operand(where), a, value)


def casted(a: Any, dtype: Any) -> Any:
    """The array in a dtype, where one is asked for."""
    return a if dtype is None or ops.dtype(a) == np.dtype(dtype) else ops.astype(a, dtype=np.dtype(dtype))


# ---- reductions --------------------------------------------------------------------------------------------------


@numpy_function(np.sum)
def sum(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None,
    where: Any = True,
) -> Any:  # fmt: skip
    if where is not True:
        a = chosen(a, where, zero_like(a))
    y = ops.sum(a, axis=axes(axis), dtype=dtype, keepdims=kept(keepdims))
    return y if given(initial) is None else ops.add(y, initial)


@numpy_function(np.prod)
def prod(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None,
    where: Any = True,
) -> Any:  # fmt: skip
    y = ops.prod(chosen(a, where, 1), axis=axes(axis), dtype=dtype, keepdims=kept(keepdims))
    return y if given(initial) is None else ops.multiply(y, initial)


def zero_like(a: Any) -> Any:
    """A zero in the units of an array, which broadcasts."""
    return ops.zeros_of(a, shape=()) if hasattr(ops, "zeros_of") else ops.multiply(a, 0)


def extreme(op: str, pick: str, sign: int) -> Callable[..., Any]:
    """The body of max and min."""

    def body(a: Any, axis: Any, keepdims: Any, initial: Any, where: Any) -> Any:
        first, keepdims = given(initial), kept(keepdims)
        if where is not True and given(where) is not None:
            if first is None:
                raise ValueError(
                    f"reduction operation '{pick}' does not have an identity, so to use a where mask one has to "
                    "specify 'initial'"
                )
            a = ops.where(operand(where), a, first)
        if first is None:
            return getattr(ops, op)(a, axis=axes(axis), keepdims=keepdims)
        count = math.prod(ops.shape(a)[k] for k in normal_axes(range_of(axis, a), ops.ndim(a)))
        if count == 0:
            return getattr(ops, pick)(zeros_reduced(a, axis, keepdims), first)
        return getattr(ops, pick)(getattr(ops, op)(a, axis=axes(axis), keepdims=keepdims), first)

    def zeros_reduced(a: Any, axis: Any, keepdims: bool) -> Any:
        return ops.subtract(ops.sum(a, axis=axes(axis), keepdims=keepdims), sign * math.inf)

    return body


def range_of(axis: Any, a: Any) -> tuple[int, ...]:
    """The axes that an axis argument names, as a tuple."""
    if axis is None:
        return tuple(range(ops.ndim(a)))
    return tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)


largest, smallest = extreme("max", "maximum", 1), extreme("min", "minimum", -1)


@numpy_function(np.max, names="amax")
def max(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
) -> Any:
    return largest(a, axis, keepdims, initial, where)


@numpy_function(np.min, names="amin")
def min(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
) -> Any:
    return smallest(a, axis, keepdims, initial, where)


@numpy_function(np.all)
def all(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
    return ops.all(chosen(a, where, True), axis=axes(axis), keepdims=kept(keepdims))


@numpy_function(np.any)
def any(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
    return ops.any(chosen(a, where, False), axis=axes(axis), keepdims=kept(keepdims))


def count_of(a: Any, axis: Any, where: Any, keepdims: bool) -> Any:
    """How many elements a masked reduction sees."""
    mask = ops.broadcast_to(operand(where), shape=ops.shape(a))
    return ops.sum(ops.astype(mask, dtype=np.dtype(float)), axis=axes(axis), keepdims=keepdims)


@numpy_function(np.mean)
def mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    keepdims = kept(keepdims)
    if where is True or given(where) is None:
        return ops.mean(casted(a, dtype), axis=axes(axis), keepdims=keepdims)
    total = sum(casted(a, dtype), axis, keepdims=keepdims, where=where)
    return ops.divide(total, count_of(a, axis, where, keepdims))


def freedom(ddof: Any, correction: Any) -> Any:
    """The one of the two names that was given."""
    if given(correction) is not None and correction is not None:
        if ddof:
            raise ValueError("ddof and correction can't be provided simultaneously.")
        return correction
    return ddof


@numpy_function(np.var)
def var(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    keepdims, a, ddof = kept(keepdims), casted(a, dtype), freedom(ddof, correction)
    if (where is True or given(where) is None) and given(mean) is None:
        return ops.var(a, axis=axes(axis), ddof=ddof, keepdims=keepdims)
    center = given(mean)
    if center is None:
        center = PUBLIC_MEAN(a, axis, keepdims=True, where=where)
    deviation = ops.absolute(ops.subtract(a, center))
    squares = sum(ops.square(deviation), axis, keepdims=keepdims, where=where)
    count = count_of(a, axis, True if given(where) is None else where, keepdims)
    return ops.divide(squares, ops.subtract(count, ddof))


PUBLIC_MEAN = mean


@numpy_function(np.std)
def std(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    if (where is True or given(where) is None) and given(mean) is None:
        ddof = freedom(ddof, correction)
        return ops.std(casted(a, dtype), axis=axes(axis), ddof=ddof, keepdims=kept(keepdims))
    return ops.sqrt(var(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction))


@numpy_function(np.ptp)
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    keepdims = kept(keepdims)
    return ops.subtract(ops.max(a, axis=axes(axis), keepdims=keepdims), ops.min(a, axis=axes(axis), keepdims=keepdims))


@numpy_function(np.count_nonzero)
def count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return ops.count_nonzero(a, axis=axes(axis), keepdims=keepdims)


@numpy_function(np.median)
def median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    return ops.median(a, axis=axes(axis), keepdims=keepdims)


@numpy_function(np.average, arrays=1)
def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False) -> Any:
    keepdims = kept(keepdims)
    if weights is None:
        y = ops.mean(a, axis=axes(axis), keepdims=keepdims)
        total: Any = float(ops.size(a) / (ops.size(y) or 1))
    else:
        weights = operand(weights)
        if ops.shape(weights) != ops.shape(a):
            where = normal_axes(range_of(axis, a), ops.ndim(a))
            if axis is None or ops.shape(weights) != tuple(ops.shape(a)[k] for k in where):
                raise TypeError("Axis must be specified when shapes of a and weights differ.")
            wanted = tuple(s if k in where else 1 for k, s in enumerate(ops.shape(a)))
            order = tuple(sorted(range(len(where)), key=where.__getitem__))
            weights = ops.reshape(ops.transpose(weights, axes=order), shape=wanted)
        full = ops.broadcast_to(weights, shape=ops.shape(a))
        total = ops.sum(full, axis=axes(axis), keepdims=keepdims)
        y = ops.divide(ops.sum(ops.multiply(a, weights), axis=axes(axis), keepdims=keepdims), total)
    return (y, ops.broadcast_to(total, shape=ops.shape(y))) if returned else y


# ---- quantiles ---------------------------------------------------------------------------------------------------


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
    if isinstance(q, (list, tuple)):
        q = np.asarray(q)
    return ops.quantile(a, q=q, axis=axes(axis), interpolation=method, keepdims=keepdims)


@numpy_function(np.percentile)
def percentile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    return quantile(a, np.true_divide(q, 100), axis, None, overwrite_input, method, keepdims, weights=weights)


# ---- without the nans --------------------------------------------------------------------------------------------


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
    where = normal_axes(range_of(axis, a), ops.ndim(a))
    ordered = ops.sort(merged_last(a, where), axis=-1)
    count = ops.sum(ops.logical_not(ops.isnan(ordered)), axis=-1, dtype=float, keepdims=True)
    parts = []
    for share in np.ravel(np.asarray(q, dtype=float)):
        position = ops.multiply(ops.maximum(ops.subtract(count, 1), 0), share)
        low, high = (ops.astype(f(position), dtype=np.dtype(np.intp)) for f in (ops.floor, ops.ceil))
        lower = ops.take_along_axis(ordered, low, axis=-1)
        upper = ops.take_along_axis(ordered, high, axis=-1)
        y = ops.add(lower, ops.multiply(ops.subtract(upper, lower), ops.subtract(position, low)))
        parts.append(ops.reshape(y, shape=ops.shape(y)[:-1]))
    if kept(keepdims):
        parts = [expand_dims(p, where) for p in parts]
    return ops.reshape(ops.stack(tuple(parts), axis=0), shape=np.shape(q) + ops.shape(parts[0]))


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
    return nanquantile(a, np.true_divide(q, 100), axis, None, overwrite_input, method, keepdims, weights=weights)


@numpy_function(np.nancumsum)
def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return cumsum(ops.where(ops.isnan(a), zero_like(a), a), axis, dtype)


@numpy_function(np.nancumprod)
def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return cumprod(ops.where(ops.isnan(a), 1.0, a), axis, dtype)


# ---- scans -------------------------------------------------------------------------------------------------------


@numpy_function(np.cumsum)
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    if axis is None:
        a, axis = ravel(a), 0
    return ops.cumsum(casted(a, dtype), axis=normal_axis(axis, ops.ndim(a)))


@numpy_function(np.cumprod)
def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    if axis is None:
        a, axis = ravel(a), 0
    return ops.cumprod(casted(a, dtype), axis=normal_axis(axis, ops.ndim(a)))


def standard_axis(x: Any, axis: Any, name: str) -> int:
    """The axis of a cumulative function of the standard, which may be left out for one axis only."""
    if axis is None:
        if ops.ndim(x) != 1:
            raise ValueError(f"For arrays which have more than one dimension ``axis`` argument is required ({name}).")
        return 0
    return normal_axis(axis, ops.ndim(x))


def scan(x: Any, axis: Any, dtype: Any, include_initial: bool, function: Any, first: Any, name: str) -> Any:
    """A cumulative function of the standard."""
    axis = standard_axis(x, axis, name)
    y = function(x, axis, dtype)
    if not include_initial:
        return y
    have = ops.shape(y)
    wanted = (*have[:axis], 1, *have[axis + 1 :])
    head = ops.broadcast_to(np.asarray(first, ops.dtype(y)), shape=wanted)
    return ops.concatenate((head, y), axis=axis)


@numpy_function(np.cumulative_sum)
def cumulative_sum(
    x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: bool = False
) -> Any:
    return scan(x, axis, dtype, include_initial, cumsum, 0, "cumulative_sum")


@numpy_function(np.cumulative_prod)
def cumulative_prod(
    x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: bool = False
) -> Any:
    return scan(x, axis, dtype, include_initial, cumprod, 1, "cumulative_prod")


# ---- several variables -------------------------------------------------------------------------------------------


@numpy_function(np.cov, arrays=2)
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None, fweights: Any = None,
    aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    x = variables(m, rowvar)
    if y is not None:
        x = ops.concatenate((x, variables(y, rowvar)), axis=0)
    if dtype is not None:
        x = casted(x, dtype)
    ddof = (0 if bias else 1) if ddof is None else ddof
    n = ops.shape(x)[1]
    if fweights is None and aweights is None:
        centered = ops.subtract(x, ops.mean(x, axis=1, keepdims=True))
        return squeezed(ops.divide(ops.matmul(centered, conjugate_transpose(centered)), n - ddof))
    weights: Any = 1.0 if fweights is None else fweights
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


# ---- applying functions ------------------------------------------------------------------------------------------


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
