"""Derivatives of reductions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from ..ops.axes import Axis, axes_of
from ..ops.reductions import merged_last, unmerged
from .registry import linear, nondifferentiable, rule

nondifferentiable(ops.any, ops.all, ops.count_nonzero, ops.argmax, ops.argmin, ops.nanargmax, ops.nanargmin)


# ---- what the rules share --------------------------------------------------------------------------------------------


def widened(y: Any, ndim: int, axis: Axis, keepdims: bool = False) -> Any:
    """A reduced value in a shape that broadcasts against the array of `ndim` axes that it came from."""
    if keepdims or axis is None or ndim == 0:
        return y
    axes = axes_of(axis, ndim)
    if axes == tuple(range(len(axes))):
        return y
    return ops.expand_dims(y, axis=axes[0] if len(axes) == 1 else axes)


def reduced_size(shape: tuple[int, ...], axis: Axis) -> int:
    """How many elements become one."""
    return math.prod(shape[a] for a in axes_of(axis, len(shape)))


def conjugated(x: Any) -> Any:
    """The complex conjugate; x itself where it is real."""
    return ops.conj(x) if ops.is_complex(x) else x


def real_inner(direction: Any, dx: Any, axis: Axis, keepdims: bool) -> Any:
    """sum Re(conj(direction) * dx): how a real function with this gradient changes."""
    product = ops.strong_multiply(dx, conjugated(direction))
    return ops.sum(ops.real(product) if ops.is_complex(product) else product, axis=axis, keepdims=keepdims)


def counting_dtype(y: Any) -> np.dtype[Any]:
    """The dtype in which to count so that y / count keeps the dtype of y."""
    found = ops.dtype(y)
    return found if found.kind in "fO" else np.dtype(np.float32 if found == np.complex64 else np.float64)


# ---- linear ones -----------------------------------------------------------------------------------------------------


def sum_transpose(ct: Any, like: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return ops.broadcast_to(widened(ct, len(like.shape), axis, keepdims), shape=like.shape)


def mean_transpose(ct: Any, like: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    share = ops.divide(ct, max(reduced_size(like.shape, axis), 1))
    return ops.broadcast_to(widened(share, len(like.shape), axis, keepdims), shape=like.shape)


linear(ops.sum, sum_transpose)
linear(ops.mean, mean_transpose)


# ---- products: exact where factors are 0 -----------------------------------------------------------------------------


def other_factors(x: Any, axis: Axis) -> tuple[Any, Any]:
    """For each element the product of all others along the axes, as a pure number, and its unit.

    Products of everything before and everything behind: nothing is divided, so zeros are exact to every order.
    """
    shape = ops.shape(x)
    count = reduced_size(shape, axis)
    unit = ops.ones_of(x, shape=())
    if count == 0:
        return ops.zeros_like(ops.divide(x, unit)), unit
    factors = ops.divide(merged_last(x, axis), unit)
    one = ops.ones_of(factors, shape=(*ops.shape(factors)[:-1], 1))

    def before(z: Any) -> Any:
        return ops.concatenate((one, ops.cumprod(ops.getitem(z, index=(..., slice(None, -1))), axis=-1)), axis=-1)

    behind = ops.flip(before(ops.flip(factors, axis=-1)), axis=-1)
    return unmerged(ops.multiply(before(factors), behind), axis, shape), ops.power(unit, count - 1)


@rule(ops.prod).jvp
def prod_jvp(y: Any, tangents: Any, x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    others, unit = other_factors(x, axis)
    return ops.multiply(
        ops.sum(ops.strong_multiply(tangents[0], others), axis=axis, dtype=dtype, keepdims=keepdims), unit
    )


@rule(ops.prod).vjp
def prod_vjp(y: Any, x: Any, *, needs: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    def prod_pullback(ct: Any) -> Any:
        others, unit = other_factors(x, axis)
        wide = widened(ops.multiply(ct, unit), ops.ndim(x), axis, keepdims)
        return (ops.strong_multiply(wide, conjugated(others)),)

    return prod_pullback


# ---- variance, standard deviation, norms: real functions with a gradient ---------------------------------------------


def deviation(x: Any, axis: Axis) -> Any:
    """x - mean(x)."""
    return ops.subtract(x, ops.mean(x, axis=axis, keepdims=True))


def freedom(x: Any, axis: Axis, ddof: float) -> float:
    """What the sum of squares is divided by."""
    return max(reduced_size(ops.shape(x), axis) - ddof, 0)


def var_direction(x: Any, axis: Axis, ddof: float) -> Any:
    """The gradient of the variance."""
    return ops.divide(ops.multiply(deviation(x, axis), 2), freedom(x, axis, ddof))


def std_direction(y: Any, x: Any, axis: Axis, ddof: float, keepdims: bool) -> Any:
    """The gradient of the standard deviation; 0 at a constant, also where rounding left a small deviation.

    The deviation is centred twice: the mean of equal numbers may be off by a rounding, and so is y then.
    """
    wide = widened(y, ops.ndim(x), axis, keepdims)
    centred = deviation(deviation(x, axis), axis)
    return ops.divide(ops.divide_or_zero(centred, wide), freedom(x, axis, ddof))


@rule(ops.var).jvp
def var_jvp(y: Any, tangents: Any, x: Any, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    return real_inner(var_direction(x, axis, ddof), tangents[0], axis, keepdims)


@rule(ops.var).vjp
def var_vjp(y: Any, x: Any, *, needs: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    def var_pullback(ct: Any) -> Any:
        return (ops.strong_multiply(widened(ct, ops.ndim(x), axis, keepdims), var_direction(x, axis, ddof)),)

    return var_pullback


@rule(ops.std).jvp
def std_jvp(y: Any, tangents: Any, x: Any, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    return real_inner(std_direction(y, x, axis, ddof, keepdims), tangents[0], axis, keepdims)


@rule(ops.std).vjp
def std_vjp(y: Any, x: Any, *, needs: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    def std_pullback(ct: Any) -> Any:
        return (
            ops.strong_multiply(widened(ct, ops.ndim(x), axis, keepdims), std_direction(y, x, axis, ddof, keepdims)),
        )

    return std_pullback


def sign_of(x: Any) -> Any:
    """x / |x|, 0 at 0."""
    return ops.divide_or_zero(x, ops.absolute(x)) if ops.is_complex(x) else ops.sign(x)


def norm_direction(y: Any, x: Any, axis: Axis, ord: float, keepdims: bool) -> Any:
    """The gradient of a norm; 0 at a zero vector."""
    wide = widened(y, ops.ndim(x), axis, keepdims)
    if ord == 2:
        return ops.divide_or_zero(x, wide)
    if ord == 0:
        return ops.multiply(sign_of(x), 0)
    if ord == 1:
        return sign_of(x)
    size = ops.absolute(x)
    if ord in (math.inf, -math.inf):
        beyond = (ops.less if ord > 0 else ops.greater)(size, wide)
        return ops.divide(ops.where_or_zero(ops.logical_not(beyond), sign_of(x)), shares(beyond, y, ops.shape(x), axis))
    if ord > 1:
        return ops.multiply(ops.power(ops.divide_or_zero(size, wide), ord - 1), sign_of(x))
    nonzero = ops.not_equal(size, ops.zeros_of(size, shape=()))
    safe = ops.where(nonzero, ops.divide_or_zero(size, wide), 1)
    return ops.multiply(ops.where_or_zero(nonzero, ops.power(safe, ord - 1)), sign_of(x))


@rule(ops.vector_norm).jvp
def norm_jvp(y: Any, tangents: Any, x: Any, *, axis: Axis = None, ord: float = 2, keepdims: bool = False) -> Any:
    return real_inner(norm_direction(y, x, axis, ord, keepdims), tangents[0], axis, keepdims)


@rule(ops.vector_norm).vjp
def norm_vjp(y: Any, x: Any, *, needs: Any, axis: Axis = None, ord: float = 2, keepdims: bool = False) -> Any:
    def norm_pullback(ct: Any) -> Any:
        return (
            ops.strong_multiply(widened(ct, ops.ndim(x), axis, keepdims), norm_direction(y, x, axis, ord, keepdims)),
        )

    return norm_pullback


# ---- largest, smallest, middle: ties share equally -------------------------------------------------------------------


def shares(beyond: Any, y: Any, shape: tuple[int, ...], axis: Axis) -> Any:
    """How many elements were not beaten, with the axes kept, in the dtype of y."""
    beaten = ops.sum(beyond, axis=axis, dtype=counting_dtype(y), keepdims=True)
    return ops.subtract(reduced_size(shape, axis), beaten)


def declare_extremum(function: Any, beaten_by: Any) -> None:
    """The rule of max or min. With a nan among them nothing is beaten and all share, so that no 0 / 0 arises."""

    @rule(function).jvp
    def extremum_jvp(y: Any, tangents: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
        beyond = beaten_by(x, widened(y, ops.ndim(x), axis, keepdims))
        share = ops.divide(
            ops.where_or_zero(ops.logical_not(beyond), tangents[0]), shares(beyond, y, ops.shape(x), axis)
        )
        return ops.sum(share, axis=axis, keepdims=keepdims)

    @rule(function).vjp
    def extremum_vjp(y: Any, x: Any, *, needs: Any, axis: Axis = None, keepdims: bool = False) -> Any:
        shape, ndim = ops.shape(x), ops.ndim(x)
        beyond = beaten_by(x, widened(y, ndim, axis, keepdims))
        chosen, count = ops.logical_not(beyond), shares(beyond, y, shape, axis)

        def extremum_pullback(ct: Any) -> Any:
            return (ops.where_or_zero(chosen, ops.divide(widened(ct, ndim, axis, keepdims), count)),)

        return extremum_pullback


declare_extremum(ops.max, ops.less)
declare_extremum(ops.min, ops.greater)


def middles(x: Any, y: Any, axis: Axis) -> list[tuple[Any, Any]]:
    """The elements, axes merged, that equal the lower and the upper middle one, and among how many these share."""
    merged = merged_last(x, axis)
    n = ops.shape(merged)[-1]
    places = ((n - 1) // 2, n // 2)
    ordered = ops.partition(merged, kth=places, axis=-1)
    found = []
    for place in sorted(set(places)):
        equal = ops.equal(merged, ops.getitem(ordered, index=(..., slice(place, place + 1))))
        count = ops.sum(equal, axis=-1, dtype=counting_dtype(y), keepdims=True)
        found.append((equal, count))
    return [(equal, ops.multiply(count, len(found))) for equal, count in found]


@rule(ops.median).jvp
def median_jvp(y: Any, tangents: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    dx = merged_last(tangents[0], axis)
    parts = [ops.sum(ops.where_or_zero(equal, ops.divide(dx, count)), axis=-1) for equal, count in middles(x, y, axis)]
    dy = parts[0] if len(parts) == 1 else ops.add(*parts)
    return ops.expand_dims(dy, axis=axes_of(axis, ops.ndim(x))) if keepdims else dy


@rule(ops.median).vjp
def median_vjp(y: Any, x: Any, *, needs: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    shape = ops.shape(x)
    found = middles(x, y, axis)

    def median_pullback(ct: Any) -> Any:
        flat = ops.squeeze(ct, axis=axes_of(axis, len(shape))) if keepdims else ct
        flat = ops.expand_dims(flat, axis=-1)
        parts = [ops.where_or_zero(equal, ops.divide(flat, count)) for equal, count in found]
        return (unmerged(parts[0] if len(parts) == 1 else ops.add(*parts), axis, shape),)

    return median_pullback
