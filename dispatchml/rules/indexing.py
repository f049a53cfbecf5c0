"""Derivatives of indexing: picking elements and adding them back are each other's transposes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..ops.index import is_basic, is_injective, last_writers
from ..ops.placement import beside
from .registry import linear, nondifferentiable, rule
from .shaping import shaped, sum_to

nondifferentiable(ops.nonzero, ops.flatnonzero, ops.argwhere, ops.unique_indices)


def getitem_transpose(ct: Any, like: Any, *, index: Any = ()) -> Any:
    return ops.scatter(ct, index=index, shape=like.shape)


def scatter_transpose(ct: Any, like: Any, *, index: Any = (), shape: Any = ()) -> Any:
    return sum_to(ops.getitem(ct, index=index), like.shape)


linear(ops.getitem, getitem_transpose, select=True)
linear(ops.scatter, scatter_transpose)


# ---- updates ---------------------------------------------------------------------------------------------------------


def zero_of(x: Any) -> Any:
    """One zero in the units of x."""
    return ops.zeros_of(x, shape=())


@rule(ops.setitem).jvp
def setitem_jvp(y: Any, tangents: Any, x: Any, value: Any, *, index: Any = ()) -> Any:
    dx, dv = tangents
    if dx is None:
        dx = ops.zeros_of(dv, shape=ops.shape(x))
    return ops.setitem(dx, zero_of(dx) if dv is None else dv, index=index)


@rule(ops.setitem, select=True).vjp
def setitem_vjp(y: Any, x: Any, value: Any, *, needs: Any, index: Any = ()) -> Any:
    shape, value_shape = ops.shape(x), ops.shape(value)

    def setitem_pullback(ct: Any) -> Any:
        kept = ops.setitem(ct, zero_of(ct), index=index) if needs[0] else None
        if not needs[1]:
            return kept, None
        put = ops.getitem(ct, index=index)
        if not is_basic(index) and not is_injective(index):
            put = ops.where_or_zero(beside(last_writers(index, shape), put), put)
        return kept, value_cotangent(put, value_shape)

    return setitem_pullback


def value_cotangent(ct: Any, shape: tuple[int, ...]) -> Any:
    """The cotangent of a value that was assigned; NumPy lets it have more axes of size 1 in front than the place."""
    missing = max(len(shape) - ops.ndim(ct), 0)
    return shaped(sum_to(ct, shape[missing:]), shape)


@rule(ops.add_at).jvp
def add_at_jvp(y: Any, tangents: Any, x: Any, value: Any, *, index: Any = ()) -> Any:
    dx, dv = tangents
    if dv is None:
        return dx
    return ops.add_at(ops.zeros_of(dv, shape=ops.shape(x)) if dx is None else dx, dv, index=index)


@rule(ops.add_at).vjp
def add_at_vjp(y: Any, x: Any, value: Any, *, needs: Any, index: Any = ()) -> Any:
    shape = ops.shape(value)

    def add_at_pullback(ct: Any) -> Any:
        return (
            ct if needs[0] else None,
            value_cotangent(ops.getitem(ct, index=index), shape) if needs[1] else None,
        )

    return add_at_pullback


# ---- positions as an argument: they carry no derivative --------------------------------------------------------------


@rule(ops.take).jvp
def take_jvp(y: Any, tangents: Any, x: Any, indices: Any, **keywords: Any) -> Any:
    return ops.zeros_like(y) if tangents[0] is None else ops.take(tangents[0], indices, **keywords)


@rule(ops.take, select=True).vjp
def take_vjp(y: Any, x: Any, indices: Any, *, needs: Any, **keywords: Any) -> Any:
    shape = ops.shape(x)

    def take_pullback(ct: Any) -> Any:
        return (ops.scatter_take(ct, indices, shape=shape, **keywords) if needs[0] else None, None)

    return take_pullback


@rule(ops.scatter_take).jvp
def scatter_take_jvp(y: Any, tangents: Any, value: Any, indices: Any, **keywords: Any) -> Any:
    return ops.zeros_like(y) if tangents[0] is None else ops.scatter_take(tangents[0], indices, **keywords)


@rule(ops.scatter_take).vjp
def scatter_take_vjp(
    y: Any, value: Any, indices: Any, *, needs: Any, shape: Any = (), axis: int | None = None, mode: str = "raise"
) -> Any:
    value_shape = ops.shape(value)

    def scatter_take_pullback(ct: Any) -> Any:
        return (sum_to(ops.take(ct, indices, axis=axis, mode=mode), value_shape) if needs[0] else None, None)

    return scatter_take_pullback


@rule(ops.take_along_axis).jvp
def take_along_axis_jvp(y: Any, tangents: Any, x: Any, indices: Any, *, axis: int | None = -1) -> Any:
    return ops.zeros_like(y) if tangents[0] is None else ops.take_along_axis(tangents[0], indices, axis=axis)


@rule(ops.take_along_axis, select=True).vjp
def take_along_axis_vjp(y: Any, x: Any, indices: Any, *, needs: Any, axis: int | None = -1) -> Any:
    shape = ops.shape(x)

    def take_along_axis_pullback(ct: Any) -> Any:
        return (ops.scatter_along_axis(ct, indices, shape=shape, axis=axis) if needs[0] else None, None)

    return take_along_axis_pullback


@rule(ops.scatter_along_axis).jvp
def scatter_along_axis_jvp(y: Any, tangents: Any, value: Any, indices: Any, **keywords: Any) -> Any:
    return ops.zeros_like(y) if tangents[0] is None else ops.scatter_along_axis(tangents[0], indices, **keywords)


@rule(ops.scatter_along_axis).vjp
def scatter_along_axis_vjp(
    y: Any, value: Any, indices: Any, *, needs: Any, shape: Any = (), axis: int | None = -1
) -> Any:
    value_shape = ops.shape(value)

    def scatter_along_axis_pullback(ct: Any) -> Any:
        return (sum_to(ops.take_along_axis(ct, indices, axis=axis), value_shape) if needs[0] else None, None)

    return scatter_along_axis_pullback


@rule(ops.put_along_axis).jvp
def put_along_axis_jvp(y: Any, tangents: Any, x: Any, indices: Any, values: Any, *, axis: int | None = -1) -> Any:
    dx, _, dv = tangents
    if dx is None and dv is None:
        return ops.zeros_like(y)
    if dx is None:
        dx = ops.zeros_of(dv, shape=ops.shape(x))
    return ops.put_along_axis(dx, indices, zero_of(dx) if dv is None else dv, axis=axis)


@rule(ops.put_along_axis, select=True).vjp
def put_along_axis_vjp(y: Any, x: Any, indices: Any, values: Any, *, needs: Any, axis: int | None = -1) -> Any:
    shape, value_shape = ops.shape(x), ops.shape(values)
    winners = None
    if needs[2]:
        order = beside(np.arange(1, ops.size(indices) + 1).reshape(ops.shape(indices)), indices)
        owner = ops.put_along_axis(beside(np.zeros(shape, np.intp), indices), indices, order, axis=axis)
        winners = ops.equal(ops.take_along_axis(owner, indices, axis=axis), order)

    def put_along_axis_pullback(ct: Any) -> Any:
        kept = ops.put_along_axis(ct, indices, zero_of(ct), axis=axis) if needs[0] else None
        if winners is None:
            return kept, None, None
        put = ops.where_or_zero(winners, ops.take_along_axis(ct, indices, axis=axis))
        return kept, None, value_cotangent(put, value_shape)

    return put_along_axis_pullback
