"""Reductions: stored numbers by groups, and the fill value as often as it stands in each.

A reduction over all axes gives a plain number, so that a function that ends in one can be differentiated (a plain COO
gives a 0-d array whose number is its fill value). Over some axes COO and GCXS give sparse arrays, SciPy's classes dense
ones for sums and means, as they do outside of a transform, and sparse ones for extrema.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops

from .numbers import assemble
from .pattern import PYDATA, coords_of, is_zero, keys_of
from .shaping import axes_in
from .view import View, densified, todense, view


class Groups:
    """The stored numbers of a view by what they are reduced to. of: for each number its group; keys: the place of each
    group in what is left; count: how many numbers are in each; size: how many elements a group has with what is not
    stored; shape: what is left.
    """

    __slots__ = ("of", "keys", "count", "size", "shape", "view")

    def __init__(self, v: View, axes: tuple[int, ...]) -> None:
        rest = [k for k in range(v.ndim) if k not in axes]
        self.view = v
        self.shape = tuple(v.shape[k] for k in rest)
        self.size = math.prod(v.shape[k] for k in axes)
        keys = keys_of(v.pattern.coords[rest], self.shape)
        self.keys, of, count = np.unique(keys, return_inverse=True, return_counts=True)
        self.of, self.count = of.reshape(-1), count

    @property
    def missing(self) -> Any:
        """How many elements of each group are not stored."""
        return self.size - self.count

    def sums(self, numbers: Any) -> Any:
        """The sum of the numbers of each group."""
        return ops.scatter(numbers, index=self.of, shape=(len(self.keys),))


def reduced(groups: Groups, numbers: Any, fill: Any, keepdims: bool, axes: tuple[int, ...], dense: bool) -> Any:
    """A result from a number for each group, and the one of groups of which nothing is stored."""
    v = groups.view
    if dense and v.pattern.kind not in PYDATA and is_zero(fill):
        shape = groups.shape
        made = ops.scatter(numbers, index=tuple(coords_of(groups.keys, shape)), shape=shape)
    else:
        pattern = v.pattern.like(coords_of(groups.keys, groups.shape), groups.shape, fill)
        if pattern.kind not in PYDATA and not is_zero(fill):
            made = todense(assemble(numbers, pattern=pattern.like(pattern.coords, pattern.shape, fill, "COO")))
        else:
            made = assemble(numbers, pattern=pattern)
    if keepdims:
        made = ops.reshape(made, shape=tuple(1 if k in axes else n for k, n in enumerate(v.shape)))
    return made


def is_object(kind: Any) -> bool:
    """Whether a dtype is that of objects, such as exact numbers."""
    return kind.kind == "O"


def plain(number: Any, keepdims: bool, ndim: int) -> Any:
    """The result of a reduction over everything."""
    return ops.reshape(number, shape=(1,) * ndim) if keepdims and ndim else number


def is_all(axes: tuple[int, ...], v: View) -> bool:
    """Whether a reduction is over every axis."""
    return len(axes) == v.ndim


def total(x: Any, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The sum."""
    v = view(x)
    axes = axes_in(axis, v.ndim)
    fill, missing = v.pattern.fill, v.pattern.size - v.pattern.nnz
    kind = ops.dtype(v.data)
    if is_all(axes, v):
        made = ops.sum(v.data, dtype=dtype)
        if v.pattern.has_fill and missing:
            made = ops.add(made, np.asarray(fill, kind)[()] * missing)
        return plain(made, keepdims, v.ndim)
    data = v.data
    wanted = kind if is_object(kind) else np.sum(np.zeros(1, kind), dtype=dtype).dtype
    if wanted != kind:
        data = ops.astype(data, dtype=wanted)
    groups = Groups(v, axes)
    made = groups.sums(data)
    if v.pattern.has_fill:
        fill = np.asarray(fill, wanted)[()]
        made = ops.add(made, np.where(groups.missing > 0, fill * groups.missing, 0).astype(wanted))
        return reduced(groups, made, fill * groups.size if groups.size else 0, keepdims, axes, True)
    return reduced(groups, made, 0, keepdims, axes, True)


def mean(x: Any, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The mean; floating for integers."""
    v = view(x)
    count = math.prod(v.shape[k] for k in axes_in(axis, v.ndim))
    if ops.dtype(v.data).kind in "iub" and dtype is None:
        dtype = np.dtype(np.float64)
    made = total(x, axis=axis, dtype=dtype, keepdims=keepdims)
    with np.errstate(divide="ignore", invalid="ignore"):
        return ops.divide(made, np.float32(count) if ops.dtype(made) == np.float32 else count)


def var(x: Any, *, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The variance: of the stored numbers about the mean of all, and of the others."""
    v = view(x)
    axes = axes_in(axis, v.ndim)
    if ops.dtype(v.data).kind in "iub":
        v = View(ops.astype(v.data, dtype=np.dtype(np.float64)), v.pattern)
    groups = Groups(v, axes)
    fill = np.asarray(v.pattern.fill, ops.dtype(v.data))[()]
    if is_all(axes, v) and not v.pattern.nnz and v.pattern.size > ddof:
        return plain(np.zeros((), np.real(fill).dtype)[()], keepdims, v.ndim)
    if is_all(axes, v) and not v.pattern.nnz:
        return ops.var(todense(v.whole()), axis=axis, ddof=ddof, keepdims=keepdims)
    means = ops.divide(ops.add(groups.sums(v.data), fill * weight(v, groups.missing)), weight(v, groups.size))
    about = squared(ops.subtract(v.data, chosen_groups(means, groups)))
    others = ops.multiply(squared(ops.subtract(fill, means)), weight(v, groups.missing))
    made = ops.divide(ops.add(groups.sums(about), others), weight(v, max(groups.size - ddof, 0)))
    if is_all(axes, v):
        return plain(ops.getitem(made, index=0), keepdims, v.ndim)
    return reduced(groups, made, 0, keepdims, axes, True)


def weight(v: View, count: Any) -> Any:
    """Counts in the real precision of a view."""
    kind = ops.dtype(v.data)
    return np.asarray(count).astype(object if is_object(kind) else np.finfo(kind).dtype)[()]


def squared(x: Any) -> Any:
    """|x|**2."""
    if ops.dtype(x).kind != "c":
        return ops.square(x)
    return ops.add(ops.square(ops.real(x)), ops.square(ops.imag(x)))


def chosen_groups(numbers: Any, groups: Groups) -> Any:
    """For each stored number the one of its group."""
    return ops.getitem(numbers, index=groups.of)


def std(x: Any, *, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The root of the variance; the derivative of a constant is 0."""
    return root(var(x, axis=axis, ddof=ddof, keepdims=keepdims))


def root(square: Any) -> Any:
    """The square root with derivative 0 at 0."""
    positive = ops.greater(square, 0)
    return ops.where_or_zero(positive, ops.sqrt(ops.where(positive, square, ops.ones_like(square))))


# ---- extrema and products --------------------------------------------------------------------------------------------


def extremum(name: str, stored_only: bool = False) -> Callable[..., Any]:
    """max or min; what is not stored takes part as often as it stands there, also in sharing the derivative of ties.

    stored_only: among what is stored; the fill value where nothing is.
    """
    whole, pair = getattr(ops, name), ops.maximum if name == "max" else ops.minimum

    def of_groups(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        v = view(x)
        axes = axes_in(axis, v.ndim)
        if math.prod(v.shape[k] for k in axes) == 0 or not v.pattern.nnz:
            if v.pattern.nnz or not v.pattern.size:
                return whole(todense(x), axis=axis, keepdims=keepdims)  # nothing to choose from: NumPy's own error
        groups = Groups(v, axes)
        kind = ops.dtype(v.data)
        fill = np.asarray(v.pattern.fill, kind)[()]
        if is_all(axes, v) and not v.pattern.nnz:
            return plain(fill, keepdims, v.ndim)
        ends = np.cumsum(groups.count)
        order = np.argsort(groups.of, kind="stable")
        columns = int(groups.count.max()) if groups.count.size else 0
        if not columns:
            return reduced(groups, v.data, fill, keepdims, axes, False)
        at = np.arange(columns)[None, :]
        inside = at < groups.count[:, None]
        first = order[np.minimum(ends[:, None] - groups.count[:, None] + at, v.pattern.nnz - 1)]
        table = ops.getitem(v.data, index=np.where(inside, first, first[:, :1]))  # repeats change no extremum
        best = whole(ops.stop_gradient(table), axis=1)
        missing = 0 * groups.missing if stored_only else groups.missing
        short = missing > 0
        best = ops.where(short, pair(best, fill), best) if short.any() else best
        hits = ops.equal(ops.stop_gradient(v.data), chosen_groups(best, groups))
        shares = ops.astype(hits, dtype=np.dtype(np.float64))
        ties = ops.add(groups.sums(shares), ops.multiply(ops.equal(best, fill), missing.astype(float)))
        made = best
        if kind.kind in "fc":
            shares = ops.astype(ops.divide_or_zero(shares, chosen_groups(ties, groups)), dtype=np.finfo(kind).dtype)
            moving = groups.sums(ops.where_or_zero(hits, ops.multiply(v.data, shares)))
            made = ops.add(best, ops.subtract(moving, ops.stop_gradient(moving)))
            made = ops.where(ops.isfinite(best), made, best)
        elif is_object(kind):
            return whole(densified(name, x), axis=axis, keepdims=keepdims)
        if is_all(axes, v):
            return plain(ops.getitem(made, index=0), keepdims, v.ndim)
        return reduced(groups, made, fill, keepdims, axes, False)

    of_groups.__name__ = name
    return of_groups


def extremum_of_stored(name: str, x: Any, axis: Any) -> Any:
    """SciPy's x.max(axis, explicit=True)."""
    return STORED[name](x, axis=axis)


STORED = {name: extremum(name, stored_only=True) for name in ("max", "min")}


def prod(x: Any, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The product: of a group with all elements stored the product of its numbers, with a fill value of 0 else 0."""
    v = view(x)
    axes = axes_in(axis, v.ndim)
    if v.pattern.has_fill:
        return ops.prod(densified("prod", x), axis=axis, dtype=dtype, keepdims=keepdims)
    kind = ops.dtype(v.data)
    wanted = kind if is_object(kind) else np.prod(np.ones(1, kind), dtype=dtype).dtype
    groups = Groups(v, axes)
    empty = np.asarray(0 if groups.size else 1, wanted)[()]
    full = np.flatnonzero(groups.missing == 0)
    if is_all(axes, v):
        if v.pattern.size == v.pattern.nnz:
            return plain(ops.prod(v.data, dtype=dtype), keepdims, v.ndim)
        return plain(ops.multiply(ops.sum(v.data, dtype=dtype), empty), keepdims, v.ndim)
    order = np.argsort(groups.of, kind="stable")
    ends = np.cumsum(groups.count)
    at = (ends - groups.count)[full][:, None] + np.arange(groups.size)[None, :]
    table = ops.getitem(v.data, index=order[at] if at.size else np.zeros((0, groups.size), np.intp))
    numbers = ops.prod(table, axis=1, dtype=dtype)
    left = Groups.__new__(Groups)
    left.view, left.shape, left.keys = v, groups.shape, groups.keys[full]
    return reduced(left, numbers, empty, keepdims, axes, True)


# ---- counts ----------------------------------------------------------------------------------------------------------


def count_nonzero(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """How many elements are not zero; stored zeros are zeros."""
    v = view(x)
    axes = axes_in(axis, v.ndim)
    hits = ops.astype(ops.not_equal(v.data, 0), dtype=np.dtype(np.intp))
    elsewhere = int(v.pattern.has_fill)
    if is_all(axes, v):
        made = ops.add(ops.sum(hits), elsewhere * (v.pattern.size - v.pattern.nnz))
        return plain(made, keepdims, v.ndim)
    groups = Groups(v, axes)
    made = ops.add(groups.sums(hits), groups.missing * elsewhere)
    made = todense(reduced(groups, made, groups.size * elsewhere, False, axes, True))
    if keepdims:
        made = ops.reshape(made, shape=tuple(1 if k in axes else n for k, n in enumerate(v.shape)))
    return made


def any_of(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether something is not zero: sparse for COO and GCXS."""
    return truth(x, axis, keepdims, lambda count, size: ops.greater(count, 0))


def all_of(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether nothing is zero: sparse for COO and GCXS."""
    return truth(x, axis, keepdims, lambda count, size: ops.equal(count, size))


def truth(x: Any, axis: Any, keepdims: bool, holds: Callable[[Any, int], Any]) -> Any:
    """holds(how many are not zero, how many there are), for each group."""
    v = view(x)
    axes = axes_in(axis, v.ndim)
    size = math.prod(v.shape[k] for k in axes)
    if is_all(axes, v) or v.pattern.kind not in PYDATA:
        return holds(count_nonzero(x, axis=axis, keepdims=keepdims), size)
    groups = Groups(v, axes)
    hits = groups.sums(ops.astype(ops.not_equal(v.data, 0), dtype=np.dtype(np.intp)))
    elsewhere = int(v.pattern.has_fill)
    numbers = holds(ops.add(hits, groups.missing * elsewhere), size)
    return reduced(groups, numbers, np.bool_(holds(np.intp(size * elsewhere), size)), keepdims, axes, False)


# ---- norms -----------------------------------------------------------------------------------------------------------


def vector_norm(x: Any, *, axis: Any = None, ord: Any = 2, keepdims: bool = False) -> Any:
    """The p-norm of what is stored, where nothing else stands elsewhere."""
    v = view(x)
    axes = axes_in(axis, v.ndim)
    if v.pattern.has_fill or ord not in (0, 1, 2, math.inf) and not (is_all(axes, v) and ord > 0):
        return ops.vector_norm(densified("vector_norm", x), axis=axis, ord=ord, keepdims=keepdims)
    if is_all(axes, v):
        if not v.pattern.nnz:
            return plain(ops.vector_norm(np.zeros(1, ops.dtype(v.data))), keepdims, v.ndim)
        return plain(ops.vector_norm(v.data, ord=ord), keepdims, v.ndim)
    if ord == 0:
        made = count_nonzero(x, axis=axis, keepdims=keepdims)
        return ops.astype(made, dtype=np.finfo(np.result_type(ops.dtype(v.data), np.float32)).dtype)
    if ord == math.inf:
        return extremum("max")(assemble(ops.absolute(v.data), pattern=v.pattern), axis=axis, keepdims=keepdims)
    parts = ops.absolute(v.data) if ord == 1 else squared(v.data)
    made = total(assemble(parts, pattern=v.pattern), axis=axis, keepdims=keepdims)
    return made if ord == 1 else root(made)


def argument_of(name: str) -> Callable[..., Any]:
    """argmax, argmin: positions are looked up in the dense array, with a warning."""

    def position(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        return getattr(ops, name)(densified(name, x), axis=axis, keepdims=keepdims)

    position.__name__ = name
    return position
