"""Differences, sums under curves, interpolation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NonDifferentiableError, at_user_line
from .dtypes import at_least_double, casted
from .manipulation import in_order, normal_axes, normal_axis, order_of, take_slice
from .registry import numpy_function, operand
from .sorting import plain


@numpy_function(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n}")
    axis = normal_axis(axis, ops.ndim(a))
    parts = []
    for x in (prepend, a, append):
        if x is None or x is np._NoValue:
            continue
        x = operand(x)
        if ops.ndim(x) == 0:
            x = ops.broadcast_to(x, shape=tuple(1 if k == axis else s for k, s in enumerate(ops.shape(a))))
        parts.append(x)
    a = ops.concatenate(tuple(parts), axis=axis) if len(parts) > 1 else a
    return ops.diff(a, n=n, axis=axis) if n else a


@numpy_function(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    y = ops.diff(ops.ravel(ary), n=1, axis=0)
    parts = [casted(ops.ravel(operand(x)), ops.dtype(y)) if x is not None else None for x in (to_begin, to_end)]
    return ops.concatenate(tuple(p for p in (parts[0], y, parts[1]) if p is not None), axis=0)


@numpy_function(np.trapezoid, arrays=2)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    axis = normal_axis(axis, ops.ndim(y))
    if x is not None:
        return ops.trapezoid(y, x, axis=axis)
    pairs = ops.add(take_slice(y, axis, slice(1, None)), take_slice(y, axis, slice(None, -1)))
    return ops.sum(ops.divide(ops.multiply(pairs, whole_or_float(dx)), 2), axis=axis)


def whole_or_float(x: Any) -> Any:
    """A whole number as int, so that it meets numbers of other libraries without rounding."""
    return int(x) if type(x) is float and x.is_integer() else x


@numpy_function(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    n = ops.ndim(f)
    axes = tuple(range(n)) if axis is None else normal_axes(axis, n)
    if len(varargs) not in (0, 1, len(axes)):
        raise TypeError("invalid number of arguments")
    given = [1] * len(axes) if not varargs else list(varargs) * (len(axes) if len(varargs) == 1 else 1)
    order = order_of(f)
    found = tuple(
        in_order(gradient_along(f, spacing(operand(h)), k, edge_order), order) for k, h in zip(axes, given, strict=True)
    )
    return found[0] if len(found) == 1 else found


def spacing(h: Any) -> Any:
    """Places at equal distances as their distance, for which NumPy has formulas that leave the middle out."""
    if type(h) is not np.ndarray or h.ndim != 1 or h.size < 2 or h.dtype.kind not in "fiu":
        return h
    steps = np.diff(h.astype(float) if h.dtype.kind in "iu" else h)
    return steps[0] if (steps == steps[0]).all() else h


def gradient_along(f: Any, h: Any, axis: int, edge_order: int) -> Any:
    """The derivative along one axis, second order inside, `edge_order` at the ends (the formulas of numpy.gradient)."""
    count = ops.shape(f)[axis]
    if count < edge_order + 1:
        raise ValueError(
            "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements "
            "are required."
        )

    def at(*where: Any) -> Any:
        return take_slice(f, axis, *where)

    def over(values: Any, divisor: Any) -> Any:
        return ops.divide(values, divisor)

    first, second = at(slice(0, 1)), at(slice(1, 2))
    last, before = at(slice(count - 1, count)), at(slice(count - 2, count - 1))
    if ops.ndim(h) == 0:
        inside = over(ops.subtract(at(slice(2, None)), at(slice(None, -2))), ops.multiply(h, 2))
        if edge_order == 1:
            start, end = over(ops.subtract(second, first), h), over(ops.subtract(last, before), h)
        else:
            half, more = ops.literal(1, 2, f), ops.literal(3, 2, f)
            start = over(weighted((first, second, at(slice(2, 3))), (ops.negative(more), 2, ops.negative(half))), h)
            end = over(weighted((at(slice(count - 3, count - 2)), before, last), (half, -2, more)), h)
    else:
        steps = ops.diff(h, n=1, axis=0)
        steps = ops.reshape(steps, shape=tuple(count - 1 if k == axis else 1 for k in range(ops.ndim(f))))
        left, right = take_slice(steps, axis, slice(None, -1)), take_slice(steps, axis, slice(1, None))
        both = ops.add(left, right)
        inside = weighted(
            (at(slice(None, -2)), at(slice(1, -1)), at(slice(2, None))),
            (
                ops.negative(over(right, ops.multiply(left, both))),
                over(ops.subtract(right, left), ops.multiply(left, right)),
                over(left, ops.multiply(right, both)),
            ),
        )
        h1, h2 = take_slice(steps, axis, slice(0, 1)), take_slice(steps, axis, slice(-1, None))
        if edge_order == 1:
            start, end = over(ops.subtract(second, first), h1), over(ops.subtract(last, before), h2)
        else:
            start = one_sided((first, second, at(slice(2, 3))), h1, take_slice(steps, axis, slice(1, 2)), 1)
            end = one_sided(
                (last, before, at(slice(count - 3, count - 2))), h2, take_slice(steps, axis, slice(-2, -1)), -1
            )
    return ops.concatenate((start, inside, end), axis=axis)


def weighted(values: tuple[Any, ...], weights: tuple[Any, ...]) -> Any:
    """The sum of values times weights."""
    y = ops.multiply(values[0], weights[0])
    for value, weight in zip(values[1:], weights[1:], strict=True):
        y = ops.add(y, ops.multiply(value, weight))
    return y


def one_sided(values: tuple[Any, Any, Any], near: Any, far: Any, sign: int) -> Any:
    """The second order derivative at an end, from the end inwards, with unequal steps."""
    both = ops.add(near, far)
    a = ops.divide(ops.negative(ops.add(ops.multiply(near, 2.0), far)), ops.multiply(near, both))
    b = ops.divide(both, ops.multiply(near, far))
    c = ops.negative(ops.divide(near, ops.multiply(far, both)))
    y = weighted(values, (a, b, c))
    return y if sign > 0 else ops.negative(y)


@numpy_function(np.interp, arrays=3)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    x, xp, fp = map(at_least_double, (x, xp, fp))
    if "c" in (ops.dtype(x).kind, ops.dtype(xp).kind):
        raise NonDifferentiableError(
            f"numpy.interp takes real x and xp{at_user_line()}: complex numbers have no order. fp may be complex; take "
            "x.real and x.imag apart."
        )
    if period is not None:
        x, xp = ops.remainder(x, abs(period)), ops.remainder(xp, abs(period))
        order = np.argsort(plain(xp))
        xp, fp = ops.getitem(xp, index=order), ops.getitem(fp, index=order)
        xp = ops.concatenate(
            (
                ops.subtract(ops.getitem(xp, index=slice(-1, None)), abs(period)),
                xp,
                ops.add(ops.getitem(xp, index=slice(0, 1)), abs(period)),
            ),
            axis=0,
        )
        fp = ops.concatenate((ops.getitem(fp, index=slice(-1, None)), fp, ops.getitem(fp, index=slice(0, 1))), axis=0)
    count = ops.shape(xp)[0]
    first, last = (ops.getitem(fp, index=k) for k in (0, count - 1))
    low, high = (ops.getitem(xp, index=k) for k in (0, count - 1))
    if count == 1:
        y = ops.broadcast_to(first, shape=ops.shape(x))
    else:
        place = ops.searchsorted(xp, x, side="right")
        place = ops.subtract(ops.minimum(ops.maximum(place, 1), count - 1), 1)
        slopes = ops.divide(ops.diff(fp, n=1, axis=0), ops.diff(xp, n=1, axis=0))
        y = ops.add(
            ops.multiply(ops.subtract(x, ops.take(xp, place, axis=0)), ops.take(slopes, place, axis=0)),
            ops.take(fp, place, axis=0),
        )
    y = ops.where(ops.less(x, low), first if left is None else operand(left), y)
    y = ops.where(ops.greater(x, high), last if right is None else operand(right), y)
    return ops.where(ops.equal(x, high), last, y)


@numpy_function(np.unwrap)
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: float = 2 * math.pi) -> Any:
    axis = normal_axis(axis, ops.ndim(p))
    steps = ops.diff(p, n=1, axis=axis)
    half: Any = period / 2
    wrapped = ops.subtract(ops.remainder(ops.add(steps, half), ops.multiply(2, half)), half)
    wrapped = ops.where(ops.logical_and(ops.equal(wrapped, ops.negative(half)), ops.greater(steps, 0)), half, wrapped)
    correction = ops.subtract(wrapped, steps)
    limit = half if discont is None else discont
    correction = ops.where(ops.less(ops.absolute(steps), limit), 0.0, correction)
    rest = ops.add(take_slice(p, axis, slice(1, None)), ops.cumsum(correction, axis=axis))
    return ops.concatenate((take_slice(p, axis, slice(0, 1)), rest), axis=axis)
