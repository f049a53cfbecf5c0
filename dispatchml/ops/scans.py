"""Scans and sorting: results in the shape of x in which each element depends on others along an axis."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..dispatch import operation
from .axes import axis_of

__all__ = [
    "argpartition", "argsort", "cummax", "cummin", "cumprod", "cumsum", "cumulative_logsumexp", "diff", "nancumprod",
    "nancumsum", "partition", "searchsorted", "sort", "trapezoid",
]  # fmt: skip

PLAIN = ("meaning", "transform")


@operation(family="scans")
def cumsum(x: Any, *, axis: int | None = None, dtype: Any = None) -> Any:
    """The sums up to each element, of the flattened array for axis None. Units: those of x."""


@operation(family="scans")
def cumprod(x: Any, *, axis: int | None = None, dtype: Any = None) -> Any:
    """The products up to each element. x: dimensionless. Derivatives are exact where factors are 0."""


@operation(family="scans")
def cummax(x: Any, *, axis: int | None = None) -> Any:
    """The largest element so far. The derivative goes to its first occurrence."""


@operation(family="scans")
def cummin(x: Any, *, axis: int | None = None) -> Any:
    """The smallest element so far. The derivative goes to its first occurrence."""


@operation(family="scans")
def sort(x: Any, *, axis: int | None = -1, kind: str | None = None, descending: bool = False) -> Any:
    """The elements in order along an axis, nan last (first if descending). Derivatives follow the permutation."""


@operation(family="scans", strips=PLAIN)
def argsort(x: Any, *, axis: int | None = -1, kind: str | None = None, descending: bool = False) -> Any:
    """The positions that sort x; equal elements keep their order with kind="stable". Not differentiable."""


@operation(family="scans")
def partition(x: Any, *, kth: Any = 0, axis: int | None = -1) -> Any:
    """The elements with those of rank `kth` in place, smaller ones before. Derivatives follow the permutation."""


@operation(family="scans", strips=PLAIN)
def argpartition(x: Any, *, kth: Any = 0, axis: int | None = -1) -> Any:
    """The positions that partition x. Not differentiable."""


@operation(family="scans", strips=PLAIN)
def searchsorted(x: Any, values: Any, *, side: str = "left", sorter: Any = None) -> Any:
    """Where values would have to be inserted to keep the sorted x in order. Not differentiable."""


@operation(family="scans")
def diff(x: Any, *, n: int = 1, axis: int = -1) -> Any:
    """The n-th differences of neighbours; `not_equal` of neighbours for bools. Units: those of a difference of x."""


@diff.decompose
def diff_of(x: Any, *, n: int = 1, axis: int = -1) -> Any:
    if n < 0:
        raise ValueError(f"diff: the order must be 0 or more, not {n}.")
    before = (slice(None),) * axis_of(axis, ops.ndim(x))
    step = ops.not_equal if ops.dtype(x).kind == "b" else ops.subtract
    for _ in range(n):
        x = step(ops.getitem(x, index=(*before, slice(1, None))), ops.getitem(x, index=(*before, slice(None, -1))))
    return x


@operation(family="scans")
def trapezoid(y: Any, x: Any, *, axis: int = -1) -> Any:
    """The integral of y by the trapezoidal rule. x: points, a vector or in the shape of y; a number is the spacing."""


@trapezoid.decompose
def trapezoid_of(y: Any, x: Any, *, axis: int = -1) -> Any:
    ndim = ops.ndim(y)
    axis = axis_of(axis, ndim)
    before = (slice(None),) * axis
    if ops.ndim(x):
        width = ops.diff(x, axis=axis if ops.ndim(x) == ndim else -1)
        if ops.ndim(x) == 1 < ndim:
            width = ops.reshape(width, shape=tuple(-1 if i == axis else 1 for i in range(ndim)))
    else:
        width = x
    ends = ops.add(ops.getitem(y, index=(*before, slice(1, None))), ops.getitem(y, index=(*before, slice(None, -1))))
    return ops.sum(ops.divide(ops.multiply(width, ends), 2), axis=axis)


@operation(family="scans")
def cumulative_logsumexp(x: Any, *, axis: int | None = None) -> Any:
    """log(cumsum(exp(x))) without overflow. x: dimensionless."""


@cumulative_logsumexp.decompose
def cumulative_logsumexp_of(x: Any, *, axis: int | None = None) -> Any:
    """Neighbours at distances 1, 2, 4, ... are combined, so that no maximum has to be subtracted."""
    if axis is None:
        x, axis = ops.reshape(x, shape=(-1,)), 0
    before = (slice(None),) * axis_of(axis, ops.ndim(x))
    n, step = ops.shape(x)[axis], 1
    while step < n:
        head = ops.getitem(x, index=(*before, slice(None, step)))
        tail = ops.getitem(x, index=(*before, slice(step, None)))
        x = ops.concatenate((head, ops.logaddexp(tail, ops.getitem(x, index=(*before, slice(None, -step))))), axis=axis)
        step *= 2
    return x


@operation(family="scans")
def nancumsum(x: Any, *, axis: int | None = None, dtype: Any = None) -> Any:
    """The sums so far of what is not nan."""


@nancumsum.decompose
def nancumsum_of(x: Any, *, axis: int | None = None, dtype: Any = None) -> Any:
    return ops.cumsum(ops.where(ops.isnan(x), ops.zeros_of(x, shape=()), x), axis=axis, dtype=dtype)


@operation(family="scans")
def nancumprod(x: Any, *, axis: int | None = None, dtype: Any = None) -> Any:
    """The products so far of what is not nan. x: dimensionless."""


@nancumprod.decompose
def nancumprod_of(x: Any, *, axis: int | None = None, dtype: Any = None) -> Any:
    return ops.cumprod(ops.where(ops.isnan(x), ops.ones_of(x, shape=()), x), axis=axis, dtype=dtype)


def recurrence(a: Any, b: Any, *, axis: int) -> Any:
    """s with s[0] = b[0] and s[k] = a[k] * s[k-1] + b[k] along an axis counted from the front; a and b have one shape.

    Steps of 1, 2, 4, ... are composed (Hillis and Steele 1986), in about 5 log2(n) operations; nothing is divided.
    """
    before = (slice(None),) * axis
    n, step = ops.shape(b)[axis], 1
    while step < n:
        head, tail, early = ((*before, s) for s in (slice(None, step), slice(step, None), slice(None, -step)))
        late = ops.getitem(a, index=tail)
        combined = ops.add(ops.getitem(b, index=tail), ops.multiply(late, ops.getitem(b, index=early)))
        b = ops.concatenate((ops.getitem(b, index=head), combined), axis=axis)
        if 2 * step < n:
            a = ops.concatenate(
                (ops.getitem(a, index=head), ops.multiply(late, ops.getitem(a, index=early))), axis=axis
            )
        step *= 2
    return b
