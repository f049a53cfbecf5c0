"""Cubic interpolants of values at places: slopes by SciPy's conditions, written over traced values and places."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.interpolate

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, at_user_line

from ..calls import Call, replacing
from ..implicit import as_array, run_plain, traced_in, with_value
from .pieces import Pieces, hermite


def columns(h: Any, y: Any) -> Any:
    """Distances in the shape of rows of y."""
    return ops.reshape(h, shape=(-1, *(1,) * (ops.ndim(y) - 1)))


def interpolant(call: Call, slopes: Any, extrapolate: Any) -> Any:
    """Register an interpolating class: slopes(call, x, y) with the axis of interpolation first."""
    if not traced_in(call.values):
        return call.as_given()
    (plain,) = run_plain(lambda values: (call.run(values).c,), call.values)
    x = as_array(call["x"])
    y = as_array(call["y"])
    axis = call["axis"] % ops.ndim(y)
    y = ops.moveaxis(ops.multiply(y, 1.0), source=axis, destination=0)
    return Pieces(with_value(plain, hermite(x, y, slopes(call, x, y))), x, extrapolate, axis)


# ---- spline ----------------------------------------------------------------------------------------------------------


@replacing(scipy.interpolate, "CubicSpline")
def cubic_spline(call: Call) -> Any:
    """Every boundary condition; derivatives by values, places and points."""
    bc, extrapolate = call["bc_type"], call["extrapolate"]
    if extrapolate is None:
        extrapolate = "periodic" if isinstance(bc, str) and bc == "periodic" else True
    return interpolant(call, spline_slopes, extrapolate)


def conditions(bc: Any) -> list[Any]:
    """The two boundary conditions as names or (order, value)."""
    named = {"clamped": (1, 0.0), "natural": (2, 0.0)}
    both = [bc, bc] if isinstance(bc, str) else list(bc)
    return [named.get(b, b) if isinstance(b, str) else tuple(b) for b in both]


def spline_slopes(call: Call, x: Any, y: Any) -> Any:
    """The slopes with which second derivatives agree at the inner places, and the boundary conditions hold."""
    count = ops.shape(y)[0]
    h = x[1:] - x[:-1]
    hc = columns(h, y)
    rise = (y[1:] - y[:-1]) / hc
    start, end = conditions(call["bc_type"])
    if count == 2:
        start, end = ((1, rise[0]) if b in ("not-a-knot", "periodic") else b for b in (start, end))
    periodic = start == "periodic"
    inner = 3 * (hc[1:] * rise[:-1] + hc[:-1] * rise[1:])
    rows, right = [], []
    unit = np.eye(count)
    if count == 3 and start == end == "not-a-knot":
        rows.append(unit[0] + unit[1])
        right.append(2 * rise[0])
    elif periodic:
        rows.append(unit[0] - unit[-1])
        right.append(y[0] * 0.0)
    else:
        rows.append(edge_row(start, h, unit))
        right.append(edge_value(start, h, hc, rise, y, 0))
    for k in range(1, count - 1):
        rows.append(h[k] * unit[k - 1] + 2 * (h[k - 1] + h[k]) * unit[k] + h[k - 1] * unit[k + 1])
        right.append(inner[k - 1])
    if count == 3 and start == end == "not-a-knot":
        rows.append(unit[1] + unit[2])
        right.append(2 * rise[1])
    elif periodic:
        rows.append(2 * (h[-1] + h[0]) * unit[0] + h[-1] * unit[1] + h[0] * unit[-2])
        right.append(3 * (hc[0] * rise[-1] + hc[-1] * rise[0]))
    else:
        rows.append(edge_row(end, h[::-1], unit[::-1]))
        right.append(edge_value(end, h[::-1], hc[::-1], rise[::-1], y, -1))
    matrix, vector = ops.stack(tuple(map(as_array, rows)), axis=0), ops.stack(tuple(right), axis=0)
    flat = ops.solve(matrix, ops.reshape(vector, shape=(count, -1)))
    return ops.reshape(flat, shape=ops.shape(vector))


def edge_row(condition: Any, h: Any, unit: Any) -> Any:
    """The row of a boundary condition, for distances and unit vectors that begin at that end."""
    if condition == "not-a-knot":
        return h[1] * unit[0] + (h[0] + h[1]) * unit[1]
    return unit[0] if condition[0] == 1 else 2 * h[0] * unit[0] + h[0] * unit[1]


def edge_value(condition: Any, h: Any, hc: Any, rise: Any, y: Any, end: int) -> Any:
    """The right-hand side of a boundary condition."""
    if condition == "not-a-knot":
        both = hc[0] + hc[1]
        return ((hc[0] + 2 * both) * hc[1] * rise[0] + hc[0] ** 2 * rise[1]) / both
    order, value = condition
    if order == 1:
        return as_array(value) + y[0] * 0.0
    sign = -0.5 if end == 0 else 0.5
    return sign * as_array(value) * hc[0] ** 2 + 3 * hc[0] * rise[0]


# ---- local slopes ----------------------------------------------------------------------------------------------------


@replacing(scipy.interpolate, "CubicHermiteSpline")
def cubic_hermite_spline(call: Call) -> Any:
    """Values and slopes as they are given."""

    def given(call: Call, x: Any, y: Any) -> Any:
        slopes = as_array(call["dydx"])
        return ops.moveaxis(slopes, source=call["axis"] % ops.ndim(slopes), destination=0)

    return interpolant(call, given, call["extrapolate"])


@replacing(scipy.interpolate, "PchipInterpolator")
def pchip(call: Call) -> Any:
    """Monotone pieces (Fritsch and Butland 1984)."""
    return interpolant(call, pchip_slopes, call["extrapolate"])


def pchip_slopes(call: Call, x: Any, y: Any) -> Any:
    """Weighted harmonic means where the data are monotone, else 0."""
    h = columns(x[1:] - x[:-1], y)
    rise = (y[1:] - y[:-1]) / h
    if ops.shape(y)[0] == 2:
        return ops.concatenate((rise, rise), axis=0)
    before, after = rise[:-1], rise[1:]
    flat = np.logical_or(np.sign(before) != np.sign(after), np.logical_or(before == 0, after == 0))
    one, two = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
    mean = (one / np.where(flat, 1.0, before) + two / np.where(flat, 1.0, after)) / (one + two)
    inner = np.where(flat, 0.0, 1 / np.where(flat, 1.0, mean))
    first = one_sided(h[0], h[1], rise[0], rise[1])
    last = one_sided(h[-1], h[-2], rise[-1], rise[-2])
    return ops.concatenate((ops.expand_dims(first, axis=0), inner, ops.expand_dims(last, axis=0)), axis=0)


def one_sided(h0: Any, h1: Any, r0: Any, r1: Any) -> Any:
    """The slope of a parabola at its end, kept to what preserves the shape."""
    d = ((2 * h0 + h1) * r0 - h0 * r1) / (h0 + h1)
    wrong = np.sign(d) != np.sign(r0)
    steep = np.logical_and(np.sign(r0) != np.sign(r1), np.abs(d) > 3.0 * np.abs(r0))
    return np.where(wrong, 0.0, np.where(steep, 3.0 * r0, d))


@replacing(scipy.interpolate, "Akima1DInterpolator")
def akima(call: Call) -> Any:
    """Akima's slopes, and the modified ones."""
    return interpolant(call, akima_slopes, False if call["extrapolate"] is None else call["extrapolate"])


def akima_slopes(call: Call, x: Any, y: Any) -> Any:
    """Means of the slopes on both sides, weighted by how these change."""
    h = columns(x[1:] - x[:-1], y)
    m = (y[1:] - y[:-1]) / h
    if ops.shape(y)[0] == 2:
        return ops.concatenate((m, m), axis=0)
    first, last = 2 * m[:1] - m[1:2], 2 * m[-1:] - m[-2:-1]
    m = ops.concatenate((2 * first - m[:1], first, m, last, 2 * last - m[-1:]), axis=0)
    change = np.abs(m[1:] - m[:-1])
    right, left = change[2:], change[:-2]
    if call["method"] == "makima":
        size = np.abs(m[1:] + m[:-1])
        right, left = right + 0.5 * size[2:], left + 0.5 * size[:-2]
    total = right + left
    known = dm.stop_gradient(total) > 1e-9 * np.max(dm.stop_gradient(total))
    if not np.all(dm.primal(known)):
        raise LiftError(
            f"Akima1DInterpolator{at_user_line()}: slopes agree on both sides of a place, where Akima's rule is not "
            "continuous in the data, so there is no derivative. Use PchipInterpolator or method='makima'."
        )
    mean = 0.5 * (m[3:] + m[:-3])
    weight = left / np.where(known, total, 1.0)
    return np.where(known, m[1:-2] + weight * (m[2:-1] - m[1:-2]), mean)
