"""Reductions of what is not nan, made of other operations; nan where there is nothing else, as in NumPy."""

from __future__ import annotations

import math
from typing import Any

from .. import ops
from ..dispatch import operation
from .axes import Axis, axes_of
from .reductions import merged_last

__all__ = ["nanmax", "nanmean", "nanmedian", "nanmin", "nanprod", "nanstd", "nansum", "nanvar"]


def filled(x: Any, value: float) -> Any:
    """x with a number, in the units of x, in place of nan."""
    return ops.where(ops.isnan(x), ops.full_of(x, value=value, shape=()), x)


def count_of(x: Any, axis: Axis) -> Any:
    """How many elements are not nan, with the axes kept, in the dtype of x."""
    return ops.sum(ops.logical_not(ops.isnan(x)), axis=axis, dtype=ops.dtype(ops.real(x)), keepdims=True)


def dropped(y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """A result with kept axes, without them unless they are wanted."""
    return y if keepdims else ops.squeeze(y, axis=axes_of(axis, ops.ndim(x)))


def nothing_missing(x: Any) -> bool:
    """Whether numbers of another library, which need not have a nan at all, have none."""
    return ops.dtype(x).kind == "O" and not ops.any(ops.isnan(x))


@operation(family="reductions")
def nansum(x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The sum of what is not nan."""


@nansum.decompose
def nansum_of(x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return ops.sum(filled(x, 0), axis=axis, dtype=dtype, keepdims=keepdims)


@operation(family="reductions")
def nanprod(x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The product of what is not nan. x: dimensionless."""


@nanprod.decompose
def nanprod_of(x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return ops.prod(filled(x, 1), axis=axis, dtype=dtype, keepdims=keepdims)


@operation(family="reductions")
def nanmean(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean of what is not nan; nan where there is nothing else."""


@nanmean.decompose
def nanmean_of(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    if nothing_missing(x):
        return ops.mean(x, axis=axis, keepdims=keepdims)
    y = ops.divide(ops.sum(filled(x, 0), axis=axis, keepdims=True), count_of(x, axis))
    return dropped(y, x, axis, keepdims)


@operation(family="reductions")
def nanvar(x: Any, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The variance of what is not nan."""


@nanvar.decompose
def nanvar_of(x: Any, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    if nothing_missing(x):
        return ops.var(x, axis=axis, ddof=ddof, keepdims=keepdims)
    deviation = filled(ops.subtract(x, ops.nanmean(x, axis=axis, keepdims=True)), 0)
    squares = ops.square(ops.absolute(deviation)) if ops.dtype(x).kind == "c" else ops.square(deviation)
    freedom = ops.subtract(count_of(x, axis), ddof)
    divisor = ops.where(ops.greater(freedom, 0), freedom, math.nan)
    return dropped(ops.divide(ops.sum(squares, axis=axis, keepdims=True), divisor), x, axis, keepdims)


@operation(family="reductions")
def nanstd(x: Any, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The standard deviation of what is not nan. Derivative at a constant: 0, a subgradient."""


@nanstd.decompose
def nanstd_of(x: Any, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    y = ops.nanvar(x, axis=axis, ddof=ddof, keepdims=keepdims)
    constant = ops.equal(y, ops.zeros_of(y, shape=()))
    safe = ops.where(constant, ops.ones_of(y, shape=()), y)
    y = ops.sqrt(safe)
    return ops.where(constant, ops.zeros_of(y, shape=()), y)


@operation(family="reductions")
def nanmax(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest element that is not nan; nan where there is nothing else."""


@nanmax.decompose
def nanmax_of(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    if nothing_missing(x):
        return ops.max(x, axis=axis, keepdims=keepdims)
    y = ops.max(filled(x, -math.inf), axis=axis, keepdims=keepdims)
    return ops.where(ops.all(ops.isnan(x), axis=axis, keepdims=keepdims), ops.full_of(y, value=math.nan, shape=()), y)


@operation(family="reductions")
def nanmin(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest element that is not nan; nan where there is nothing else."""


@nanmin.decompose
def nanmin_of(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    if nothing_missing(x):
        return ops.min(x, axis=axis, keepdims=keepdims)
    y = ops.min(filled(x, math.inf), axis=axis, keepdims=keepdims)
    return ops.where(ops.all(ops.isnan(x), axis=axis, keepdims=keepdims), ops.full_of(y, value=math.nan, shape=()), y)


@operation(family="reductions")
def nanmedian(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The median of what is not nan. Derivatives follow the order of the sorted elements."""


@nanmedian.decompose
def nanmedian_of(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    ordered = ops.sort(merged_last(x, axis), axis=-1)
    count = ops.sum(ops.logical_not(ops.isnan(ordered)), axis=-1, keepdims=True)
    lower = ops.floor_divide(ops.maximum(ops.subtract(count, 1), 0), 2)
    upper = ops.minimum(ops.floor_divide(count, 2), ops.shape(ordered)[-1] - 1)
    both = (ops.take_along_axis(ordered, lower, axis=-1), ops.take_along_axis(ordered, upper, axis=-1))
    y = ops.getitem(ops.divide(ops.add(*both), 2), index=(..., 0))
    return ops.expand_dims(y, axis=axes_of(axis, ops.ndim(x))) if keepdims else y
