"""Reductions: several elements become one. `axis`: one, a tuple, None for all; `keepdims` keeps them with size 1."""

from __future__ import annotations

import math
from typing import Any

from .. import ops
from ..dispatch import operation
from .axes import Axis, axes_of, inverse
from .conversion import weights_like

__all__ = [
    "all", "any", "argmax", "argmin", "average", "count_nonzero", "log_softmax", "logsumexp", "max", "mean", "median",
    "min", "nanargmax", "nanargmin", "prod", "ptp", "quantile", "softmax", "std", "sum", "var", "vector_norm",
]  # fmt: skip

#: What a truth value or a position does not carry: neither units or labels nor derivatives.
PLAIN = ("meaning", "transform")


@operation(family="reductions")
def sum(x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The sum; 0 of nothing. Small integers and bools are added in the platform's integer. Units: those of x."""


@operation(family="reductions")
def prod(x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The product; 1 of nothing. Units: x's to the number of factors. Derivatives are exact where factors are 0."""


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
    """The middle element, or the mean of the two in the middle. Ties share the derivative equally. Units: x's."""


@operation(family="reductions")
def logsumexp(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) without overflow; -inf, with derivative 0, where all are -inf. x: dimensionless."""


@operation(family="reductions")
def softmax(x: Any, *, axis: Axis = -1) -> Any:
    """exp(x) / sum(exp(x)) without overflow, in the shape of x; 0 where all are -inf. x: dimensionless."""


@operation(family="reductions")
def log_softmax(x: Any, *, axis: Axis = -1) -> Any:
    """x - logsumexp(x) in the shape of x; -inf where all are -inf. x: dimensionless."""


@operation(family="reductions")
def vector_norm(x: Any, *, axis: Axis = None, ord: float = 2, keepdims: bool = False) -> Any:
    """The p-norm of the vectors along the axes, real for complex x: (sum |x|^p)^(1/p); the largest |x| for p = inf, the
    smallest for -inf, the number of nonzero elements for 0. Derivative at a zero vector: 0, a subgradient. Units: x's.
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
    """The position of the first largest element that is not nan; ValueError where all are. Not differentiable."""


@operation(family="reductions", strips=PLAIN)
def nanargmin(x: Any, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the first smallest element that is not nan; ValueError where all are. Not differentiable."""


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
    """The q-quantile; an array of q gives new axes in front. `interpolation` is a method of numpy.quantile.

    Derivatives follow the order in which the elements were sorted. Units: those of x. nan where there is a nan.
    """


@quantile.decompose
def quantile_of(
    x: Any, *, q: Any = 0.5, axis: Axis = None, interpolation: str = "linear", keepdims: bool = False
) -> Any:
    import numpy as np

    ordered = ops.sort(merged_last(x, axis), axis=-1)
    n = ops.shape(ordered)[-1]
    # where it lies among the sorted elements
    position = np.quantile(np.arange(n, dtype=float), q, method=interpolation)  # pyright: ignore[reportCallIssue, reportArgumentType]
    low = np.floor(position).astype(int)
    share = weights_like(position - low, x)
    lower = ops.getitem(ordered, index=(..., low))
    upper = ops.getitem(ordered, index=(..., np.minimum(low + 1, n - 1)))
    between = ops.add(lower, ops.multiply(ops.subtract(upper, lower), share)) if np.any(position != low) else lower
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
