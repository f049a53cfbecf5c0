"""Integrals of samples: sums, whose values are SciPy's and whose derivatives are those of the same sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.integrate

from dispatchml import ops

from ..calls import Call, replacing
from ..implicit import as_array, run_plain, traced_in, with_value


def of_samples(name: str) -> Callable[[Any], Any]:
    """Register a sum of `y` along its last axis; `spacing` has the axis last, too, or is one number."""

    def add(formula: Callable[[Call, Any, Any], Any]) -> Any:
        def replaced(call: Call) -> Any:
            if not traced_in(call.values):
                return call.as_given()
            (plain,) = run_plain(lambda values: (call.run(values),), call.values)
            axis = call["axis"]
            y = as_array(call["y"])
            y = ops.multiply(y, 1.0) if ops.dtype(y).kind in "biu" else y
            return with_value(plain, formula(call, ops.moveaxis(y, source=axis, destination=-1), spacing(call, y)))

        return replacing(scipy.integrate, name)(replaced)

    return add


def spacing(call: Call, y: Any) -> Any:
    """The distances of the samples, with the axis of integration last: as many as there are intervals, or one."""
    axis, x = call["axis"], call.values.get("x")
    if x is None:
        dx = as_array(call["dx"])
        return ops.moveaxis(dx, source=axis, destination=-1) if ops.ndim(dx) else dx
    x = as_array(x)
    if ops.ndim(x) > 1:
        shape = ops.shape(y)
        x = x if ops.shape(x) == shape else ops.broadcast_to(x, shape=shape)
        x = ops.moveaxis(x, source=axis, destination=-1)
    return x[..., 1:] - x[..., :-1]


def sums(values: Any) -> Any:
    """The sum along the last axis."""
    return ops.sum(values, axis=-1)


def ratio(a: Any, b: Any) -> Any:
    """a / b, and 0 where b is 0, as for samples at one place."""
    zero = b == 0
    return np.where(zero, 0.0, a / np.where(zero, 1.0, b))


@of_samples("trapezoid")
def trapezoid(call: Call, y: Any, h: Any) -> Any:
    """The trapezoidal rule."""
    return sums(h * (y[..., 1:] + y[..., :-1])) / 2


@of_samples("simpson")
def simpson(call: Call, y: Any, h: Any) -> Any:
    """Simpson's rule for any distances; the last interval of an even number of samples by Cartwright's correction."""
    count = ops.shape(y)[-1]
    if not ops.ndim(h):
        h = h * np.ones(count - 1)
    if count == 2:
        return sums(h * (y[..., 1:] + y[..., :-1])) / 2
    last = count - 1 if count % 2 else count - 2
    left, right = h[..., 0:last:2], h[..., 1:last:2]
    both = left + right
    weights = (2 - ratio(right, left), both * ratio(both, left * right), 2 - ratio(left, right))
    places = (slice(0, last, 2), slice(1, last, 2), slice(2, last + 1, 2))
    total = sums(sum(both / 6 * w * y[..., p] for w, p in zip(weights, places, strict=True)))
    if count % 2:
        return total
    a, b = h[..., -2], h[..., -1]
    alpha = ratio(2 * b**2 + 3 * a * b, 6 * (a + b))
    beta = ratio(b**2 + 3 * a * b, 6 * a)
    eta = ratio(b**3, 6 * a * (a + b))
    return total + alpha * y[..., -1] + beta * y[..., -2] - eta * y[..., -3]


@of_samples("romb")
def romb(call: Call, y: Any, h: Any) -> Any:
    """Romberg's extrapolation of trapezoidal rules."""
    intervals = ops.shape(y)[-1] - 1
    column = [sums(trapezoids(y[..., :: intervals >> k], h * (intervals >> k))) for k in range(intervals.bit_length())]
    for order in range(1, len(column)):
        column = [b + (b - a) / (4**order - 1) for a, b in zip(column[:-1], column[1:], strict=True)]
    return column[0]


def trapezoids(y: Any, h: Any) -> Any:
    """The areas of the intervals."""
    return h * (y[..., 1:] + y[..., :-1]) / 2


def from_start(call: Call, parts: Any) -> Any:
    """The integrals up to each sample, with `initial` in front where it is given."""
    total = ops.cumsum(parts, axis=-1)
    initial = call["initial"]
    if initial is not None:
        initial = as_array(initial)
        if ops.ndim(initial):
            initial = ops.moveaxis(initial, source=call["axis"], destination=-1)
        first = ops.broadcast_to(initial, shape=(*ops.shape(total)[:-1], 1))
        total = ops.concatenate((first, total + initial), axis=-1)
    return ops.moveaxis(total, source=-1, destination=call["axis"])


@of_samples("cumulative_trapezoid")
def cumulative_trapezoid(call: Call, y: Any, h: Any) -> Any:
    """Trapezoidal rules up to each sample."""
    return from_start(call, trapezoids(y, h))


@of_samples("cumulative_simpson")
def cumulative_simpson(call: Call, y: Any, h: Any) -> Any:
    """Parabolas through three samples, for their first intervals and, from behind, for their last ones."""
    count = ops.shape(y)[-1]
    if count < 3:
        return from_start(call, trapezoids(y, h))
    if not ops.ndim(h) or ops.shape(h)[-1] == 1:
        h = h * np.ones(count - 1)
    forward = first_intervals(y, h)
    backward = ops.flip(first_intervals(ops.flip(y, axis=-1), ops.flip(h, axis=-1)), axis=-1)
    number = np.arange(count - 1)
    chosen = np.where((number % 2 == 0) & (number < count - 2), 0, 1)
    padded = (
        ops.concatenate((forward, forward[..., -1:]), axis=-1),
        ops.concatenate((backward[..., :1], backward), axis=-1),
    )
    return from_start(call, np.where(chosen == 0, *padded))


def first_intervals(y: Any, h: Any) -> Any:
    """The integral of each parabola over its first interval."""
    a, b = h[..., :-1], h[..., 1:]
    near, far = a / (a + b), a / b
    product = near * far
    return a / 6 * ((3 - near) * y[..., :-2] + (3 + product + near) * y[..., 1:-1] - product * y[..., 2:])
