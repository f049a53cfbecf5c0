"""Reductions and scans over what is not masked; the result is masked where everything was."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch.errors import at_user_line

from .parts import (
    NOMASK,
    MaskError,
    attach,
    data_of,
    has_any,
    is_known,
    made,
    mask,
    mask_array,
    number_like,
    replaced,
    statics_of,
    united,
)

Rule = Callable[..., Any]


def lowest(x: Any) -> Any:
    """What never is a maximum."""
    kind = ops.dtype(x)
    return False if kind.kind == "b" else np.iinfo(kind).min if kind.kind in "iu" else -math.inf


def highest(x: Any) -> Any:
    """What never is a minimum."""
    kind = ops.dtype(x)
    return True if kind.kind == "b" else np.iinfo(kind).max if kind.kind in "iu" else math.inf


def all_masked(m: Any, axis: Any, keepdims: bool = False) -> Any:
    """Where everything along the axes is masked."""
    return m if m is NOMASK else as_mask(ops.all(m, axis=axis, keepdims=keepdims))


def as_mask(m: Any) -> Any:
    """A truth value as NumPy's."""
    return np.bool_(m) if isinstance(m, bool) else m


def mask_or_none(x: Any) -> Any:
    """The mask in its full shape, or `nomask`."""
    return NOMASK if mask(x) is NOMASK else mask_array(x)


def reducing(value: Any) -> Callable[[Any], Rule]:
    """Reductions that do not notice a certain number: 0 in a sum, -inf in a maximum."""

    def family(op: Any) -> Rule:
        def of_the_rest(x: Any, *, axis: Any = None, keepdims: bool = False, **keywords: Any) -> Any:
            m, data = mask_or_none(x), data_of(x)
            data = replaced(data, m, value(data) if callable(value) else value)
            y = op(data, axis=axis, keepdims=keepdims, **keywords)
            gone = all_masked(m, axis, keepdims)
            return made(replaced(y, gone, 1) if callable(value) else y, gone)

        return of_the_rest

    return family


def positions(value: Callable[[Any], Any]) -> Callable[[Any], Rule]:
    """argmax and argmin: masked elements are never found, unless there is nothing else."""

    def family(op: Any) -> Rule:
        def among_the_rest(x: Any, **keywords: Any) -> Any:
            data = data_of(x)
            return op(replaced(data, mask_or_none(x), value(data)), **keywords)

        return among_the_rest

    return family


def counting(x: Any, **keywords: Any) -> Any:
    """count_nonzero: masked elements do not count."""
    return ops.count_nonzero(replaced(data_of(x), mask_or_none(x), 0), **keywords)


def count(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """How many elements are not masked, as numpy.ma.count."""
    m = mask_or_none(x)
    present = np.ones(ops.shape(x), bool) if m is NOMASK else ops.logical_not(m)
    found = ops.sum(present, axis=axis, keepdims=keepdims)
    return int(found) if m is NOMASK and isinstance(found, (int, np.integer)) else found


def divisor(n: Any, like: Any) -> Any:
    """A count, at least one, in the precision of what is divided by it."""
    kind = ops.dtype(like)
    n = ops.maximum(n, 1)
    if kind.kind == "O":
        return int(n) if isinstance(n, (int, np.integer)) else n  # whole numbers keep exact ones exact
    if isinstance(n, (int, np.integer)):
        return float(n)
    return ops.astype(n, dtype=np.dtype(kind.char.lower()) if kind.kind in "fc" else np.dtype(np.float64))


def mean(x: Any, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The mean over what is not masked."""
    m, data = mask_or_none(x), data_of(x)
    if m is NOMASK:
        return made(ops.mean(data, axis=axis, dtype=dtype, keepdims=keepdims), NOMASK)
    data = data if dtype is None else ops.astype(data, dtype=np.dtype(dtype))
    if ops.dtype(data).kind in "iub":
        data = ops.astype(data, dtype=np.dtype(np.float64))
    total = ops.sum(replaced(data, m, 0), axis=axis, keepdims=keepdims)
    y = ops.divide(total, divisor(count(x, axis, keepdims), total))
    return made(y, all_masked(m, axis, keepdims))


def deviation(x: Any, m: Any, axis: Any) -> Any:
    """The data less their mean, zero where masked."""
    data = data_of(x)
    if ops.dtype(data).kind in "iub":
        data = ops.astype(data, dtype=np.dtype(np.float64))
    n = divisor(count(x, axis, True), data)
    middle = ops.divide(ops.sum(replaced(data, m, 0), axis=axis, keepdims=True), n)
    less = ops.subtract(data, middle)
    return ops.where(m, ops.zeros_like(less), less) if has_any(m) else less


def var(x: Any, *, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The variance over what is not masked; masked where too few are left."""
    m = mask_or_none(x)
    if m is NOMASK and np.all(count(x, axis) > ddof):
        return made(ops.var(data_of(x), axis=axis, ddof=ddof, keepdims=keepdims), NOMASK)
    less = deviation(x, m, axis)
    squares = ops.square(ops.absolute(less)) if ops.dtype(less).kind == "c" else ops.square(less)
    return over_freedom(ops.sum(squares, axis=axis, keepdims=keepdims), x, axis, ddof, keepdims)


def std(x: Any, *, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The standard deviation over what is not masked; its derivative at a constant is 0, a subgradient."""
    m = mask_or_none(x)
    if m is NOMASK and np.all(count(x, axis) > ddof):
        return made(ops.std(data_of(x), axis=axis, ddof=ddof, keepdims=keepdims), NOMASK)
    less = deviation(x, m, axis)
    return over_freedom(ops.vector_norm(less, axis=axis, keepdims=keepdims), x, axis, ddof, keepdims, root=True)


def over_freedom(y: Any, x: Any, axis: Any, ddof: float, keepdims: bool, root: bool = False) -> Any:
    """A sum of squares over the degrees of freedom, or its root."""
    freedom = ops.subtract(count(x, axis, keepdims), ddof)
    gone = as_mask(ops.less_equal(freedom, 0))
    kind = ops.dtype(y)
    if ops.shape(freedom) or not is_known(gone):
        freedom = ops.astype(ops.where(gone, 1, freedom), dtype=kind)
    else:
        freedom = 1.0 if gone else freedom
    if root:
        freedom = ops.sqrt(freedom)
    if not ops.shape(freedom) and is_known(gone):
        freedom = float(freedom)
    return made(ops.divide(y, freedom), gone)


def median(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The middle of what is not masked."""
    m, data = mask_or_none(x), data_of(x)
    if m is NOMASK:
        return made(ops.median(data, axis=axis, keepdims=keepdims), NOMASK)
    ndim = ops.ndim(data)
    axes = tuple(range(ndim)) if axis is None else tuple(k % ndim for k in (axis if type(axis) is tuple else (axis,)))
    rest = tuple(k for k in range(ndim) if k not in axes)
    shape = ops.shape(data)
    outer = tuple(shape[k] for k in rest)
    if ops.dtype(data).kind in "iub":
        data = ops.astype(data, dtype=np.dtype(np.float64))

    def last(v: Any) -> Any:
        return ops.reshape(ops.transpose(v, axes=(*rest, *axes)), shape=(*outer, -1))

    data, m = last(data), last(m)
    ordered = ops.sort(replaced(data, m, math.inf), axis=-1)
    n = ops.sum(ops.logical_not(m), axis=-1, keepdims=True)
    low, high = (ops.maximum(ops.floor_divide(ops.add(n, k), 2), 0) for k in (-1, 0))
    high = ops.minimum(high, ops.shape(data)[-1] - 1)
    both = [ops.take_along_axis(ordered, ops.maximum(k, 0), axis=-1) for k in (low, high)]
    gone = ops.equal(n, 0)
    both = [replaced(b, gone, 1) for b in both]
    y = ops.divide(ops.add(*both), 2)
    lost = ops.any(ops.logical_and(ops.isnan(data), ops.logical_not(m)), axis=-1, keepdims=True)
    y = ops.where(lost, number_like(y, math.nan), y) if has_any(lost) else y
    kept = tuple(1 if k in axes else shape[k] for k in range(ndim)) if keepdims else outer
    if not kept:
        return made(ops.getitem(y, index=0), as_mask(ops.getitem(gone, index=0)))
    return made(ops.reshape(y, shape=kept), ops.reshape(gone, shape=kept))


def average(x: Any, weights: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The weighted mean over what is not masked, neither the value nor its weight."""
    if ops.shape(weights) != ops.shape(x):
        if isinstance(axis, int) and ops.ndim(weights) == 1:
            weights = ops.reshape(
                weights, shape=tuple(-1 if k == axis % ops.ndim(x) else 1 for k in range(ops.ndim(x)))
            )
        weights = ops.broadcast_to(weights, shape=ops.shape(x))
    m = united(mask(x), mask(weights))
    m = m if m is NOMASK or ops.shape(m) == ops.shape(x) else ops.broadcast_to(m, shape=ops.shape(x))
    w = replaced(data_of(weights), m, 0)
    total = ops.sum(ops.multiply(replaced(data_of(x), m, 0), w), axis=axis, keepdims=keepdims)
    whole = ops.sum(w, axis=axis, keepdims=keepdims)
    gone = all_masked(m, axis, keepdims)
    return made(ops.divide(total, replaced(whole, gone, 1)), gone)


def normalised(op: Any) -> Rule:
    """softmax and log_softmax: masked elements have no share."""

    def among_the_rest(x: Any, *, axis: Any = -1) -> Any:
        m, data = mask_or_none(x), data_of(x)
        if not has_any(m):
            return made(op(data, axis=axis), m, statics_of(x))
        gone = all_masked(m, axis, True)
        y = op(
            ops.where(gone, 1, replaced(data, m, -math.inf)) if has_any(gone) else replaced(data, m, -math.inf),
            axis=axis,
        )
        return made(replaced(y, m, 0), m, statics_of(x))

    return among_the_rest


# ---- scans -----------------------------------------------------------------------------------------------------------


def scanning(value: Any) -> Callable[[Any], Rule]:
    """Scans pass over masked elements, which stay masked."""

    def family(op: Any) -> Rule:
        def over_the_rest(x: Any, *, axis: Any = None, **keywords: Any) -> Any:
            m, data = mask_or_none(x), data_of(x)
            data = replaced(data, m, value(data) if callable(value) else value)
            y = op(data, axis=axis, **keywords)
            if m is not NOMASK and axis is None:
                m = ops.reshape(m, shape=ops.shape(y))
            return made(replaced(y, m, 1) if callable(value) else y, m, statics_of(x))

        return over_the_rest

    return family


def order_of(x: Any, axis: Any, descending: bool = False, kind: Any = None) -> Any:
    """The positions that sort, masked elements last."""
    data, m = ops.stop_gradient(data_of(x)), mask_or_none(x)
    if has_any(m):
        last = math.nan if ops.dtype(data).kind in "fc" else lowest(data) if descending else highest(data)
        data = replaced(data, m, last)
    return ops.argsort(data, axis=axis, kind=kind, descending=descending)


def argsort(x: Any, *, axis: Any = -1, kind: Any = None, descending: bool = False) -> Any:
    """Masked elements last."""
    return order_of(x, axis, descending, kind)


def sort(x: Any, *, axis: Any = -1, kind: Any = None, descending: bool = False) -> Any:
    """Masked elements last, and masked."""
    if mask(x) is NOMASK:
        return made(ops.sort(data_of(x), axis=axis, kind=kind, descending=descending), NOMASK, statics_of(x))
    data, m = data_of(x), mask_array(x)
    if axis is None:
        data, m, axis = (*(ops.reshape(v, shape=(-1,)) for v in (data, m)), -1)
        order = order_of(ops.reshape(x, shape=(-1,)), axis, descending, kind)
    else:
        order = order_of(x, axis, descending, kind)
    return made(ops.take_along_axis(data, order, axis=axis), ops.take_along_axis(m, order, axis=axis), statics_of(x))


def partition(x: Any, *, kth: Any = 0, axis: Any = -1) -> Any:
    """A sorted array is partitioned at every place."""
    return sort(x, axis=axis)


def argpartition(x: Any, *, kth: Any = 0, axis: Any = -1) -> Any:
    """The same for positions."""
    return order_of(x, axis)


def searchsorted(x: Any, values: Any, *, side: str = "left", sorter: Any = None) -> Any:
    """Among and for numbers that are not masked."""
    for v in (x, values):
        if has_any(mask(v)):
            raise MaskError(
                f"searchsorted with masked elements{at_user_line()}: they have no place in an order. Take those that "
                "are there: x.compressed()."
            )
    return ops.searchsorted(data_of(x), data_of(values), side=side, sorter=sorter)


def quantile(x: Any, *, axis: Any = None, **keywords: Any) -> Any:
    """Of arrays in which nothing is masked; numpy.ma has none either."""
    if has_any(mask(x)):
        raise MaskError(
            f"A quantile of a masked array{at_user_line()} is not defined in numpy.ma: rows would have numbers of "
            "their own of elements. Take those that are there: x.compressed(), or median."
        )
    return made(ops.quantile(data_of(x), axis=axis, **keywords), NOMASK)


def ptp(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest less the smallest."""
    return ops.subtract(ops.max(x, axis=axis, keepdims=keepdims), ops.min(x, axis=axis, keepdims=keepdims))


def without_nan(empty: float) -> Callable[[Any], Rule]:
    """Reductions that leave nan out too; where nothing but nan is there, a certain number, as in NumPy."""

    def family(op: Any) -> Rule:
        whole = op.info.name.removeprefix("nan")

        def of_numbers(x: Any, *, axis: Any = None, keepdims: bool = False, **keywords: Any) -> Any:
            m, data = mask_or_none(x), data_of(x)
            missing = united(m, ops.isnan(data))
            y = getattr(ops, whole)(attach(data, missing), axis=axis, keepdims=keepdims, **keywords)
            only, numbers = all_masked(missing, axis, keepdims), data_of(y)
            if has_any(only):
                numbers = ops.where(only, number_like(numbers, empty), numbers)
            return made(numbers, united(all_masked(m, axis, keepdims), freed(mask(y), only)))

        return of_numbers

    return family


def freed(m: Any, only: Any) -> Any:
    """A mask without the places where nothing but nan was there."""
    return m if m is NOMASK else as_mask(ops.logical_and(m, ops.logical_not(only)))


def trapezoid(y: Any, x: Any, *, axis: int = -1) -> Any:
    """The integral over the pieces of which both ends are there."""
    return ops.trapezoid.info.decomposition(y, x, axis=axis)


#: Maker of rules -> names of operations.
TABLES: dict[Any, str] = {
    reducing(0): "sum vector_norm",
    reducing(1): "prod",
    reducing(True): "all",
    reducing(False): "any",
    reducing(lowest): "max logsumexp",
    reducing(highest): "min",
    positions(lowest): "argmax",
    positions(highest): "argmin",
    normalised: "softmax log_softmax",
    without_nan(0): "nansum",
    without_nan(1): "nanprod",
    without_nan(math.nan): "nanmax nanmean nanmedian nanmin nanstd nanvar",
    scanning(0): "cumsum",
    scanning(1): "cumprod",
    scanning(lowest): "cummax cumulative_logsumexp",
    scanning(highest): "cummin",
}
PARTICULAR = {
    f.__name__: f
    for f in (
        mean, var, std, median, average, argsort, sort, partition, argpartition, searchsorted, quantile, ptp,
        trapezoid,
    )
} | {"count_nonzero": counting}  # fmt: skip
