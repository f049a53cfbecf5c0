"""Derivatives of scans and sorting."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..ops.axes import axis_of
from ..ops.placement import beside
from ..ops.scans import recurrence
from .reductions import conjugated
from .registry import linear, nondifferentiable, rule
from .strong import as_is, is_not_zero, strong

nondifferentiable(ops.argsort, ops.argpartition, ops.searchsorted)


def along(x: Any, axis: int, part: slice) -> Any:
    """A part of x along an axis counted from the front."""
    return ops.getitem(x, index=(*(slice(None),) * axis, part))


def lined_up(x: Any, axis: int | None) -> tuple[Any, int]:
    """x and the axis of a scan, counted from the front; x flattened for None."""
    if axis is None or ops.ndim(x) == 0:
        return ops.reshape(x, shape=(-1,)), 0
    return x, axis_of(axis, ops.ndim(x))


# ---- cumsum, cumprod -------------------------------------------------------------------------------------------------


def cumsum_transpose(ct: Any, like: Any, *, axis: int | None = None, dtype: Any = None) -> Any:
    ct, along_axis = lined_up(ct, axis)
    behind = ops.flip(ops.cumsum(ops.flip(ct, axis=along_axis), axis=along_axis), axis=along_axis)
    return behind if ops.shape(behind) == like.shape else ops.reshape(behind, shape=like.shape)


linear(ops.cumsum, cumsum_transpose)


def shifted(z: Any, axis: int) -> Any:
    """A one, and all but the last element."""
    first = ops.ones_of(z, shape=tuple(min(n, 1) if k == axis else n for k, n in enumerate(ops.shape(z))))
    return ops.concatenate((first, along(z, axis, slice(None, -1))), axis=axis)


@rule(ops.cumprod).jvp
def cumprod_jvp(y: Any, tangents: Any, x: Any, *, axis: int | None = None, dtype: Any = None) -> Any:
    """dy[k] = x[k] dy[k-1] + y[k-1] dx[k]: nothing is divided, so zeros are exact."""
    (x, at), (dx, _), (y, _) = (
        lined_up(x, axis),
        lined_up(tangents[0], axis),
        lined_up(y, None if axis is None else axis),
    )
    return recurrence(x, ops.multiply(shifted(y, at), dx), axis=at)


@rule(ops.cumprod).vjp
def cumprod_vjp(y: Any, x: Any, *, needs: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """The cotangent of x[i] is y[i-1] s[i], where s[i] = ct[i] + x[i+1] s[i+1]."""

    def cumprod_pullback(ct: Any, strong: Any = as_is) -> Any:
        (z, at), (line, _), (upto, _) = lined_up(conjugated(x), axis), lined_up(ct, axis), lined_up(conjugated(y), axis)
        line = ops.flip(line, axis=at)
        if strong is not as_is:  # factors behind the last product that is used
            used = ops.cumsum(is_not_zero(line), axis=at)
            z = ops.where_or_zero(ops.flip(ops.greater(used, 0), axis=at), z)
        rest = recurrence(shifted(ops.flip(z, axis=at), at), line, axis=at)
        found = strong(ops.multiply)(shifted(upto, at), ops.flip(rest, axis=at))
        return (ops.reshape(found, shape=ops.shape(x)),)

    return cumprod_pullback


cumprod_vjp.careful = strong


# ---- running extremes ------------------------------------------------------------------------------------------------


def first_positions(x: Any, y: Any, axis: int) -> Any:
    """For each place the position of the element that the running extreme took there: where it last changed."""
    n = ops.shape(x)[axis]
    later, sooner = along(y, axis, slice(1, None)), along(y, axis, slice(None, -1))
    same = ops.equal(later, sooner)
    numbers = np.arange(1, n).reshape([-1 if k == axis else 1 for k in range(ops.ndim(x))])
    changed = ops.where(same, 0, beside(numbers, x))
    start = ops.zeros_of(changed, shape=tuple(1 if k == axis else m for k, m in enumerate(ops.shape(x))))
    return ops.cummax(ops.concatenate((start, changed), axis=axis), axis=axis)


def declare_running(function: Any) -> None:
    """The rule of cummax or cummin: the elements that it took are gathered."""

    @rule(function).jvp
    def running_jvp(y: Any, tangents: Any, x: Any, *, axis: int | None = None) -> Any:
        (x, at), (dx, _), (y, _) = lined_up(x, axis), lined_up(tangents[0], axis), lined_up(y, axis)
        return dx if ops.shape(x)[at] == 0 else ops.take_along_axis(dx, first_positions(x, y, at), axis=at)

    @rule(function).vjp
    def running_vjp(y: Any, x: Any, *, needs: Any, axis: int | None = None) -> Any:
        shape = ops.shape(x)
        z, at = lined_up(x, axis)
        flat = ops.shape(z)
        if flat[at] == 0:
            return lambda ct: (ct,)
        places = first_positions(z, lined_up(y, axis)[0], at)

        def running_pullback(ct: Any) -> Any:
            ct = ops.scatter_along_axis(lined_up(ct, axis)[0], places, shape=flat, axis=at)
            return (ops.reshape(ct, shape=shape),)

        return running_pullback


declare_running(ops.cummax)
declare_running(ops.cummin)


# ---- sorting ---------------------------------------------------------------------------------------------------------


def declare_permutation(function: Any, permutation: Any) -> None:
    """The rule of an operation that permutes along an axis; permutation(x, y, axis, keywords) says how it did."""

    @rule(function).jvp
    def permutation_jvp(y: Any, tangents: Any, x: Any, *, axis: int | None = -1, **keywords: Any) -> Any:
        (x, at), (dx, _), (y, _) = lined_up(x, axis), lined_up(tangents[0], axis), lined_up(y, axis)
        return ops.take_along_axis(dx, permutation(x, y, at, keywords), axis=at)

    @rule(function).vjp
    def permutation_vjp(y: Any, x: Any, *, needs: Any, axis: int | None = -1, **keywords: Any) -> Any:
        shape = ops.shape(x)
        z, at = lined_up(x, axis)
        places = ops.argsort(permutation(z, lined_up(y, axis)[0], at, keywords), axis=at)

        def permutation_pullback(ct: Any) -> Any:
            return (ops.reshape(ops.take_along_axis(lined_up(ct, axis)[0], places, axis=at), shape=shape),)

        return permutation_pullback


def sorting(x: Any, y: Any, axis: int, keywords: Any) -> Any:
    """Where each sorted element was."""
    return ops.argsort(x, axis=axis, kind="stable", descending=keywords.get("descending", False))


def partitioning(x: Any, y: Any, axis: int, keywords: Any) -> Any:
    """Where each element of the partition was: x and y are the same numbers, so their sorted orders tell."""
    rank = ops.argsort(ops.argsort(y, axis=axis, kind="stable"), axis=axis)
    return ops.take_along_axis(ops.argsort(x, axis=axis, kind="stable"), rank, axis=axis)


declare_permutation(ops.sort, sorting)
declare_permutation(ops.partition, partitioning)
