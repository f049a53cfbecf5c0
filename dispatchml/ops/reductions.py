"""Reductions: several elements become one. `axis` is an axis, a tuple of axes or None for all; `keepdims` keeps them with size 1."""

from __future__ import annotations

import math
from typing import Any

from .. import ops
from ..dispatch import operation
from .axes import Axis, axes_of, inverse

__all__ = [
    "all", "any", "argmax", "argmin", "average", "count_nonzero", "log_softmax", "logsumexp", "max", "mean", "median", "min",
    "nanargmax", "nanargmin", "nanmax", "nanmean", "nanmedian", "nanmin", "nanprod", "nanstd", "nansum", "nanvar", "prod",
    "ptp", "quantile", "softmax", "std", "sum", "var", "vector_norm",
]  # fmt: skip

#: What a truth value or a position does not carry: neither units or labels nor derivatives.
PLAIN = ("meaning", "transform")


@operation(family="reductions")
def sum(x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The sum; 0 of nothing. Small integers and bools are added in the platform's integer. Units: those of x."""


@operation(family="reductions")
def prod(x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The product; 1 of nothing. Units: those of x to the number of factors. Derivatives are exact where factors are 0."""


@operation(family="reductions")
def mean(x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The arithmetic mean; floating for integers. Units: those of x."""


@operation(family="reductions")
def var(x: Any, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The variance sum |x - mean|^2 / (n - ddof), real for complex x. Units: those of x, squared."""


@operation(family="reductions")
def std(x: Any, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The square root of the variance. Derivative at a constant: 0, a subgradient. Units: those of x."""


@operation(family="reductions")
def max(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest element, nan where there is one. Ties share the derivative equally. Raises ValueError on nothing."""


@operation(family="reductions")
def min(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest element, nan where there is one. Ties share the derivative equally. Raises ValueError on nothing."""


@operation(family="reductions")
def median(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The middle element, or the mean of the two in the middle. Ties share the derivative equally. Units: those of x."""


@operation(family="reductions")
def logsumexp(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) without overflow; -inf, with derivative 0, where all are -inf or there is nothing. x: dimensionless."""


@operation(family="reductions")
def softmax(x: Any, *, axis: Axis = -1) -> Any:
    """exp(x) / sum(exp(x)) without overflow, in the shape of x; 0 where all are -inf. x: dimensionless."""


@operation(family="reductions")
def log_softmax(x: Any, *, axis: Axis = -1) -> Any:
    """x - logsumexp(x) in the shape of x; -inf where all are -inf. x: dimensionless."""


@operation(family="reductions")
def vector_norm(x: Any, *, axis: Axis = None, ord: float = 2, keepdims: bool = False) -> Any:
    """The p-norm of the vectors along the axes, real for complex x: (sum |x|^p)^(1/p); the largest |x| for p = inf, the
    smallest for -inf, the number of nonzero elements for 0. Derivative at a zero vector: 0, a subgradient. Units: those of x.
    """


@operation(family="reductions", strips=PLAIN)
def any(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether some element is nonzero. Not differentiable."""


@operation(family="reductions", strips=PLAIN)
def all(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether every element is nonzero. Not differentiable."""


@operation(family="reductions", strips=PLAIN)
def count_nonzero(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The number of nonzero elements. Not differentiable."""


@operation(family="reductions", strips=PLAIN)
def argmax(x: Any, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the first largest element; in the flattened array for None. Not differentiable."""


@operation(family="reductions", strips=PLAIN)
def argmin(x: Any, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the first smallest element; in the flattened array for None. Not differentiable."""


@operation(family="reductions", strips=PLAIN)
def nanargmax(x: Any, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the first largest element that is not nan. Not differentiable. Raises ValueError where all are nan."""


@operation(family="reductions", strips=PLAIN)
def nanargmin(x: Any, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the first smallest element that is not nan. Not differentiable. Raises ValueError where all are nan."""


# ---- made of the ones above ------------------------------------------------------------------------------------------


@operation(family="reductions")
def ptp(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """max(x) - min(x)."""


@ptp.decompose
def ptp_of(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return ops.subtract(ops.max(x, axis=axis, keepdims=keepdims), ops.min(x, axis=axis, keepdims=keepdims))


@operation(family="reductions")
def average(x: Any, weights: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """sum(weights * x) / sum(weights). Weights have the shape of x, or are a vector along the one axis."""


@average.decompose
def average_of(x: Any, weights: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    if isinstance(axis, int) and ops.ndim(weights) == 1 and ops.ndim(x) > 1:
        shape = tuple(-1 if i in axes_of(axis, ops.ndim(x)) else 1 for i in range(ops.ndim(x)))
        weights = ops.reshape(weights, shape=shape)
    total = ops.sum(ops.multiply(x, weights), axis=axis, keepdims=keepdims)
    if ops.shape(weights) != ops.shape(x):
        weights = ops.broadcast_to(weights, shape=ops.shape(x))
    return ops.divide(total, ops.sum(weights, axis=axis, keepdims=keepdims))


@operation(family="reductions")
def quantile(x: Any, *, q: Any = 0.5, axis: Axis = None, interpolation: str = "linear", keepdims: bool = False) -> Any:
    """The q-quantile, between neighbours as `interpolation` says (the methods of numpy.quantile); an array of q gives new axes in front.

    Derivatives follow the order in which the elements were sorted. Units: those of x. nan where there is a nan.
    """


@quantile.decompose
def quantile_of(x: Any, *, q: Any = 0.5, axis: Axis = None, interpolation: str = "linear", keepdims: bool = False) -> Any:
    import numpy as np

    ordered = ops.sort(merged_last(x, axis), axis=-1)
    n = ops.shape(ordered)[-1]
    position = np.quantile(np.arange(n, dtype=float), q, method=interpolation)  # where it lies among the sorted elements
    low = np.floor(position).astype(int)
    share = position - low
    lower = ops.getitem(ordered, index=(..., low))
    upper = ops.getitem(ordered, index=(..., np.minimum(low + 1, n - 1)))
    between = ops.add(lower, ops.multiply(ops.subtract(upper, lower), share)) if np.any(share) else lower
    largest = ops.getitem(ordered, index=(..., slice(-1, None)))  # nan is sorted behind everything else
    if np.ndim(q) != 1:
        largest = ops.reshape(largest, shape=ops.shape(largest)[:-1] + (1,) * np.ndim(q))
    y = ops.where(ops.isnan(largest), largest, between)
    if np.ndim(q):
        k = np.ndim(q)
        y = ops.moveaxis(y, source=tuple(range(-k, 0)), destination=tuple(range(k)))
    if keepdims:
        y = ops.expand_dims(y, axis=tuple(a + np.ndim(q) for a in axes_of(axis, ops.ndim(x))))
    return y


def merged_last(x: Any, axis: Axis) -> Any:
    """The array with the axes made one, the last."""
    shape = ops.shape(x)
    axes = axes_of(axis, len(shape))
    if axes == (len(shape) - 1,):
        return x
    if axes == tuple(range(len(shape))):
        return ops.reshape(x, shape=(math.prod(shape),))
    rest = tuple(a for a in range(len(shape)) if a not in axes)
    moved = ops.transpose(x, axes=rest + axes)
    return ops.reshape(moved, shape=(*(shape[a] for a in rest), math.prod(shape[a] for a in axes)))


def unmerged(x: Any, axis: Axis, shape: tuple[int, ...]) -> Any:
    """The inverse of `merged_last` for an array that had this shape."""
    axes = axes_of(axis, len(shape))
    if axes == (len(shape) - 1,):
        return x
    if axes == tuple(range(len(shape))):
        return ops.reshape(x, shape=shape)
    order = tuple(a for a in range(len(shape)) if a not in axes) + axes
    return ops.transpose(ops.reshape(x, shape=tuple(shape[a] for a in order)), axes=inverse(order))


# ---- without the nans ------------------------------------------------------------------------------------------------


def filled(x: Any, value: float) -> Any:
    """x with a number, in the units of x, in place of nan."""
    return ops.where(ops.isnan(x), ops.full_of(x, value=value, shape=()), x)


def count_of(x: Any, axis: Axis) -> Any:
    """How many elements are not nan, with the axes kept, in the dtype of x."""
    return ops.sum(ops.logical_not(ops.isnan(x)), axis=axis, dtype=ops.dtype(ops.real(x)), keepdims=True)


def dropped(y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """A result with kept axes, without them unless they are wanted."""
    return y if keepdims else ops.squeeze(y, axis=axes_of(axis, ops.ndim(x)))


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
    y = ops.divide(ops.sum(filled(x, 0), axis=axis, keepdims=True), count_of(x, axis))
    return dropped(y, x, axis, keepdims)


@operation(family="reductions")
def nanvar(x: Any, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The variance of what is not nan."""


@nanvar.decompose
def nanvar_of(x: Any, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
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
    y = ops.max(filled(x, -math.inf), axis=axis, keepdims=keepdims)
    return ops.where(ops.all(ops.isnan(x), axis=axis, keepdims=keepdims), ops.full_of(y, value=math.nan, shape=()), y)


@operation(family="reductions")
def nanmin(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest element that is not nan; nan where there is nothing else."""


@nanmin.decompose
def nanmin_of(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    y = ops.min(filled(x, math.inf), axis=axis, keepdims=keepdims)
    return ops.where(ops.all(ops.isnan(x), axis=axis, keepdims=keepdims), ops.full_of(y, value=math.nan, shape=()), y)


@operation(family="reductions")
def nanmedian(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """The median of what is not nan; nan where there is nothing else. Derivatives follow the order of the sorted elements."""


@nanmedian.decompose
def nanmedian_of(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    ordered = ops.sort(merged_last(x, axis), axis=-1)
    count = ops.sum(ops.logical_not(ops.isnan(ordered)), axis=-1, keepdims=True)
    lower = ops.floor_divide(ops.maximum(ops.subtract(count, 1), 0), 2)
    upper = ops.minimum(ops.floor_divide(count, 2), ops.shape(ordered)[-1] - 1)
    both = (ops.take_along_axis(ordered, lower, axis=-1), ops.take_along_axis(ordered, upper, axis=-1))
    y = ops.getitem(ops.divide(ops.add(*both), 2), index=(..., 0))
    return ops.expand_dims(y, axis=axes_of(axis, ops.ndim(x))) if keepdims else y
