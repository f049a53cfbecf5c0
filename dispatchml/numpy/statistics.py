"""Reductions and scans with NumPy's signatures, and the statistics that are made of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.dressing import dressings
from .dtypes import casted
from .manipulation import normal_axes
from .registry import given, is_ours, kept, numpy_function, operand


def axes(axis: Any) -> Any:
    """An axis argument as operations take it: an int, a tuple of ints, or None."""
    if isinstance(axis, list):
        return tuple(axis)
    return int(axis) if isinstance(axis, np.integer) else axis


def chosen(a: Any, where: Any, value: Any) -> Any:
    """The array with `value` wherever the mask of a reduction is False."""
    return a if given(where) is None or where is True else ops.where(operand(where), a, value)


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
    mask = given(where)
    if mask is None or mask is True or is_ours(mask) or axis is not None or kept(keepdims):
        y = ops.prod(chosen(a, where, 1), axis=axes(axis), dtype=dtype, keepdims=kept(keepdims))
    else:  # only what is chosen counts, which is what gives units
        y = ops.prod(ops.getitem(a, index=np.broadcast_to(np.asarray(mask), ops.shape(a))), dtype=dtype)
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
    dtype = np.dtype(np.int64 if ops.dtype(a).kind == "O" else float)
    counted = ops.astype(mask, dtype=dtype)
    if dressings(a):
        counted = ops.multiply(counted, ops.one_like(a))  # what is masked does not count
    return ops.sum(counted, axis=axes(axis), keepdims=keepdims)


@numpy_function(np.mean)
def mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    keepdims = kept(keepdims)
    if where is True or given(where) is None:
        return ops.mean(casted(a, dtype), axis=axes(axis), keepdims=keepdims)
    total = sum(casted(a, dtype), axis, keepdims=keepdims, where=where)
    return shared(total, count_of(a, axis, where, keepdims))


def shared(total: Any, count: Any) -> Any:
    """A sum by the number of its terms, in the precision of the sum."""
    y, kind = ops.divide(total, count), ops.dtype(total)
    return casted(y, kind) if kind.kind in "fc" else y


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
    return shared(squares, ops.subtract(count, ddof))


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
        full: Any = 1
        y = ops.mean(a, axis=axes(axis), keepdims=keepdims)
        if not ops.size(y):
            raise ZeroDivisionError("division by zero")  # NumPy's count of what goes into each number
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
        y = ops.average(a, full, axis=axes(axis), keepdims=keepdims)
    if not returned:
        return y
    counted = ops.broadcast_to(full, shape=ops.shape(a))
    if dressings(a):
        counted = ops.multiply(full, ops.one_like(a))  # masked elements of a have no weight
    total = casted(ops.sum(counted, axis=axes(axis), keepdims=keepdims), ops.dtype(y))
    return y, ops.broadcast_to(total, shape=ops.shape(y))
