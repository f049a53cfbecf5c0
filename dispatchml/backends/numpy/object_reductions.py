"""Reductions of object arrays by the elements' own arithmetic and comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...ops.reductions import merged_last
from .kernels import OBJECT
from .object_elements import bare, is_nan, is_zero, less, one_of, settled
from .object_sorting import order


def along(x: Any, axis: Any, keepdims: bool, function: Callable[[Any], Any], dtype: Any = object) -> Any:
    """A function of vectors, along axes."""
    x = np.asarray(x)
    merged = merged_last(x, axis)
    y = np.empty(merged.shape[:-1], dtype)
    for place in np.ndindex(y.shape):
        y[place] = function(merged[place])
    if keepdims:
        axes = range(x.ndim) if axis is None else {a % x.ndim for a in np.atleast_1d(axis)}
        return y.reshape([1 if k in axes else n for k, n in enumerate(x.shape)])
    return y[()]


def count(x: Any, axis: Any) -> int:
    """How many elements become one."""
    x = np.asarray(x)
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
    return int(np.prod([x.shape[a] for a in axes], dtype=int))


def total(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.add.reduce(x, axis, None, None, keepdims)  # pyright: ignore[reportCallIssue, reportArgumentType]


def mean(x: Any, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    """The sum over the number of elements."""
    (x,) = settled(x)
    if dtype is not None and np.dtype(dtype) != OBJECT:
        return np.mean(x, axis=axis, dtype=dtype, keepdims=keepdims)
    return total(x, axis, keepdims) / count(x, axis)


def var(x: Any, *, axis: Any, ddof: float, keepdims: bool) -> Any:
    """The mean square of the deviations from the mean."""
    (x,) = settled(x)
    d = x - total(x, axis, True) / count(x, axis)
    free = count(x, axis) - ddof
    return total(ops.real(d * ops.conj(d)), axis, keepdims) / (int(free) if free == int(free) else free)


def std(x: Any, *, axis: Any, ddof: float, keepdims: bool) -> Any:
    """The square root of the variance."""
    return bare(ops.sqrt(np.asarray(var(x, axis=axis, ddof=ddof, keepdims=keepdims), object)))


def largest(elements: Any) -> int:
    """The position of the largest element, the first of equal ones; of the first nan where there is one."""
    return extreme(elements, lambda best, x: less(best, x))


def smallest(elements: Any) -> int:
    """The position of the smallest element."""
    return extreme(elements, lambda best, x: less(x, best))


def extreme(elements: Any, beats: Callable[[Any, Any], Any]) -> int:
    """The position of the element that beats all before it."""
    if not len(elements):
        raise ValueError("zero-size array to reduction operation which has no identity")
    best = 0
    if is_nan(elements[0]):
        return 0
    for k in range(1, len(elements)):
        if is_nan(elements[k]):
            return k
        if beats(elements[best], elements[k]):
            best = k
    return best


def max_of(x: Any, *, axis: Any, keepdims: bool) -> Any:
    """The largest element."""
    return along(x, axis, keepdims, lambda v: v[largest(v)])


def min_of(x: Any, *, axis: Any, keepdims: bool) -> Any:
    """The smallest element."""
    return along(x, axis, keepdims, lambda v: v[smallest(v)])


def argmax(x: Any, *, axis: Any, keepdims: bool) -> Any:
    """The position of the largest element."""
    return along(x, axis, keepdims, largest, np.intp)


def argmin(x: Any, *, axis: Any, keepdims: bool) -> Any:
    """The position of the smallest element."""
    return along(x, axis, keepdims, smallest, np.intp)


def median(x: Any, *, axis: Any, keepdims: bool) -> Any:
    """The middle element, or half the sum of the two in the middle."""

    def of_vector(v: Any) -> Any:
        ranks = order(v)
        n = len(ranks)
        if n == 0:
            raise ValueError("the median of nothing")
        if is_nan(v[ranks[-1]]):
            return v[ranks[-1]]
        return v[ranks[n // 2]] if n % 2 else (v[ranks[n // 2 - 1]] + v[ranks[n // 2]]) / 2

    return along(settled(x)[0], axis, keepdims, of_vector)


def logsumexp(x: Any, *, axis: Any, keepdims: bool) -> Any:
    """log(sum(exp(x - top))) + top."""
    (x,) = settled(x)
    top = finite_top(x, axis)
    y = ops.add(np.asarray(ops.log(np.asarray(total(ops.exp(x - top), axis, True), object)), object), top)
    return y if keepdims else np.reshape(y, np.shape(total(x, axis, False)))[()]


def softmax(x: Any, *, axis: Any) -> Any:
    """exp(x) / sum(exp(x))."""
    (x,) = settled(x)
    e = ops.exp(x - finite_top(x, axis))
    return ops.divide_or_zero(e, total(e, axis, True))


def log_softmax(x: Any, *, axis: Any) -> Any:
    """x - logsumexp(x)."""
    y = logsumexp(x, axis=axis, keepdims=True)
    return np.asarray(x - ops.where_or_zero(ops.isfinite(y), y), object)


def finite_top(x: Any, axis: Any) -> Any:
    """The largest element with the axes kept; zero where it is infinite."""
    top = np.asarray(max_of(ops.real(x), axis=axis, keepdims=True), object)
    return np.asarray(ops.where_or_zero(ops.isfinite(top), top), object)


def vector_norm(x: Any, *, axis: Any, ord: float, keepdims: bool) -> Any:
    """The p-norm."""
    (x,) = settled(x)
    if ord == 2:
        squares = ops.square(ops.real(x)) + ops.square(ops.imag(x)) if is_complex(x) else x * x
        return bare(ops.sqrt(np.asarray(total(squares, axis, keepdims), object)))
    size = np.asarray(ops.absolute(x), object)
    if ord == np.inf:
        return max_of(size, axis=axis, keepdims=keepdims)
    if ord == -np.inf:
        return min_of(size, axis=axis, keepdims=keepdims)
    if ord == 1:
        return total(size, axis, keepdims)
    one = one_of((x,))
    if ord == 0:
        return total(np.where(np.asarray(ops.equal(size, 0)), one * 0, one), axis, keepdims)
    power = int(ord) if ord == int(ord) else ord
    sums = np.asarray(total(ops.power(size, power), axis, keepdims), object)
    return bare(ops.power(sums, one / power))


def is_complex(x: Any) -> bool:
    """Whether an element has an imaginary part that is not zero."""
    return any(not is_zero(v) for v in np.asarray(ops.imag(x), object).flat)


def matrix_norm(a: Any, *, ord: Any, keepdims: bool) -> Any:
    """A norm of the matrices on the last two axes."""
    (a,) = settled(a)
    if ord in ("fro", None):
        return vector_norm(a, axis=(-2, -1), ord=2, keepdims=keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        sums = np.asarray(total(ops.absolute(a), -2 if abs(ord) == 1 else -1, True), object)
        return (max_of if ord > 0 else min_of)(sums, axis=(-2, -1), keepdims=keepdims)
    values = ops.svdvals(a)
    axes = (slice(None),) * (values.ndim - 1)
    y = total(values, -1, False) if ord == "nuc" else values[(*axes, 0 if ord == 2 else -1)]
    return np.reshape(y, np.shape(y) + (1, 1)) if keepdims else y
