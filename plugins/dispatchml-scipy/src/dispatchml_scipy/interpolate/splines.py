"""B-splines: coefficients are linear in the data, values in the coefficients; by knots with de Boor's recursion."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.interpolate

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, at_user_line
from dispatchml.lift import replaces

from ..calls import Call, replacing
from ..implicit import as_array, run_plain, traced_in, with_value
from ..user_functions import plain_numbers
from .affine import affine
from .pieces import Pieces, interval


class Spline:
    """A spline in B-splines, as scipy.interpolate.BSpline. c: (n, ...); axis: where the values go in results."""

    def __init__(self, t: Any, c: Any, k: int, extrapolate: Any = True, axis: int = 0) -> None:
        self.t, self.c, self.k, self.axis = as_array(t), as_array(c), int(k), axis
        self.extrapolate = True if extrapolate is None else extrapolate

    @property
    def tck(self) -> tuple[Any, Any, int]:
        """Knots, coefficients, degree."""
        return self.t, self.c, self.k

    def __call__(self, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
        """Values or derivatives at points of any shape."""
        if not traced_in((self.t,)):
            return self.pieces()(x, nu, self.extrapolate if extrapolate is None else extrapolate)
        return self.by_recursion(x, nu, self.extrapolate if extrapolate is None else extrapolate)

    def pieces(self) -> Pieces:
        """The same as polynomials between distinct knots: c = matrix of the B-splines' derivatives @ coefficients."""
        count = ops.shape(self.c)[0]
        edges = np.unique(self.t[self.k : count + 1])
        if not self.k and len(edges) == count:  # the last value has an interval of no width, and what is behind it
            edges = np.append(edges, edges[-1] + 1.0)
        with plain_numbers():
            basis = scipy.interpolate.BSpline(self.t, np.eye(count), self.k)
            rows = [basis(edges[:-1], nu=m) / math.factorial(m) for m in range(self.k, -1, -1)]
        rest = ops.shape(self.c)[1:]
        flat = ops.matmul(np.reshape(rows, (-1, count)), ops.reshape(self.c, shape=(count, -1)))
        c = ops.reshape(flat, shape=(self.k + 1, len(edges) - 1, *rest))
        return Pieces(c, edges, self.extrapolate, self.axis)

    def by_recursion(self, x: Any, nu: int, extrapolate: Any) -> Any:
        """Values where the knots are traced, by the B-splines at the points."""
        spline = self.derivative(nu) if nu else self
        t, c, k = spline.tck
        points = as_array(x)
        shape = ops.shape(points)
        points = ops.reshape(points, shape=(-1,))
        count = ops.shape(c)[0]
        if extrapolate == "periodic":
            points = t[k] + np.mod(points - t[k], t[count] - t[k])
        values = ops.matmul(basis_at(t, k, count, points), ops.reshape(c, shape=(count, -1)))
        rest = ops.shape(c)[1:]
        y = ops.reshape(values, shape=(-1, *rest))
        if extrapolate is False:
            now = dm.stop_gradient(points)
            outside = np.logical_or(now < dm.stop_gradient(t)[k], now > dm.stop_gradient(t)[count])
            y = np.where(np.reshape(outside, (-1, *(1,) * len(rest))), np.nan, y)
        y = ops.reshape(y, shape=(*shape, *rest))
        front = tuple(range(len(shape)))
        return ops.moveaxis(y, source=front, destination=tuple(self.axis + j for j in front)) if self.axis else y

    def derivative(self, nu: int = 1) -> Any:
        """The derivative."""
        if not traced_in((self.t,)) or nu < 0:
            return self.pieces().derivative(nu)
        t, c, k = self.tck
        for _ in range(nu):
            count = ops.shape(c)[0]
            width = t[k + 1 : k + count] - t[1:count]
            width = ops.reshape(width, shape=(-1, *(1,) * (ops.ndim(c) - 1)))
            zero = dm.stop_gradient(width) == 0
            c = np.where(zero, 0.0, k * (c[1:] - c[:-1]) / np.where(zero, 1.0, width))
            t, k = t[1:-1], k - 1
        return Spline(t, c, k, self.extrapolate, self.axis)

    def antiderivative(self, nu: int = 1) -> Any:
        """The antiderivative that is 0 at the first knot."""
        self.refuse_traced_knots("antiderivative")
        return self.pieces().antiderivative(nu)

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        """The integral from a to b."""
        self.refuse_traced_knots("integrate")
        return self.pieces().integrate(a, b, extrapolate)

    def refuse_traced_knots(self, what: str) -> None:
        """For what has no rule by the knots."""
        if traced_in((self.t,)):
            raise LiftError(f"BSpline.{what}{at_user_line()} has no derivative by the knots.")


def basis_at(t: Any, k: int, count: int, x: Any) -> Any:
    """The B-splines at points, one row each (Cox and de Boor); points outside belong to the outer intervals."""
    place = interval(t[k : count + 1], x) + k
    size = ops.shape(t)[0]
    now = [np.where(place == j, 1.0, 0.0) for j in range(size - 1)]
    for p in range(1, k + 1):
        made = []
        for j in range(size - 1 - p):
            total: Any = 0.0
            for low, high, own, sign in ((j, j + p, now[j], 1), (j + 1, j + p + 1, now[j + 1], -1)):
                width = t[high] - t[low]
                if float(np.max(np.abs(dm.primal(width)))):
                    ramp = (x - t[low]) / width if sign > 0 else (t[high] - x) / width
                    total = total + ramp * own
            made.append(total + x * 0.0)
        now = made
    return ops.stack(tuple(now[:count]), axis=-1)


@replaces("scipy.interpolate.BSpline")
def bspline(t: Any, c: Any, k: int, extrapolate: Any = True, axis: int = 0) -> Any:
    """Of traced knots or coefficients."""
    c = as_array(c)
    return Spline(t, ops.moveaxis(c, source=axis % ops.ndim(c), destination=0), k, extrapolate, axis % ops.ndim(c))


@replaces("scipy.interpolate.BSpline.__call__")
def bspline_call(self: Any, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
    """A plain spline at traced points."""
    return Spline(self.t, self.c, self.k, self.extrapolate, self.axis)(x, nu, extrapolate)


@replaces("scipy.interpolate.BSpline.integrate")
def bspline_integrate(self: Any, a: Any, b: Any, extrapolate: Any = None) -> Any:
    """A plain spline over traced limits."""
    return Spline(self.t, self.c, self.k, self.extrapolate, self.axis).integrate(a, b, extrapolate)


@replaces("scipy.interpolate.PPoly.__call__")
def ppoly_call(self: Any, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
    """Plain pieces at traced points; CubicSpline and its relatives too."""
    return Pieces.like(self)(x, nu, extrapolate)


@replaces("scipy.interpolate.PPoly.integrate")
def ppoly_integrate(self: Any, a: Any, b: Any, extrapolate: Any = None) -> Any:
    """Plain pieces over traced limits."""
    return Pieces.like(self).integrate(a, b, extrapolate)


@replaces("scipy.interpolate.PPoly")
def ppoly(c: Any, x: Any, extrapolate: Any = None, axis: int = 0) -> Any:
    """Of traced coefficients or breakpoints."""
    c = as_array(c)
    if axis:
        c = ops.moveaxis(ops.moveaxis(c, source=axis + 1, destination=0), source=axis + 1, destination=0)
    return Pieces(c, x, extrapolate, axis)


@replaces("scipy.interpolate.BPoly")
def bpoly(c: Any, x: Any, extrapolate: Any = None, axis: int = 0) -> Any:
    """In Bernstein's basis, as powers."""
    c, x = as_array(c), as_array(x)
    if axis:
        c = ops.moveaxis(ops.moveaxis(c, source=axis + 1, destination=0), source=axis + 1, destination=0)
    return Pieces(powers(c, x), x, extrapolate, axis)


@replaces("scipy.interpolate.BPoly.__call__")
def bpoly_call(self: Any, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
    """Plain pieces in Bernstein's basis at traced points."""
    return Pieces(powers(self.c, self.x), self.x, self.extrapolate, self.axis)(x, nu, extrapolate)


def powers(c: Any, x: Any) -> Any:
    """The coefficients of powers of t - x[i], of those of Bernstein's polynomials."""
    degree = ops.shape(c)[0] - 1
    h = ops.reshape(x[1:] - x[:-1], shape=(-1, *(1,) * (ops.ndim(c) - 2)))
    rows = []
    for power in range(degree, -1, -1):
        parts = [
            (-1.0) ** (power - a) * math.comb(degree, power) * math.comb(power, a) * c[a] for a in range(power + 1)
        ]
        rows.append(sum(parts[1:], parts[0]) / h**power)
    return ops.stack(tuple(rows), axis=0)


# ---- coefficients ----------------------------------------------------------------------------------------------------


@replacing(scipy.interpolate, "make_interp_spline")
def make_interp_spline(call: Call) -> Any:
    """Linear in the values; by places for the standard knots (not-a-knot) of odd degree."""
    if not traced_in(call.values):
        return call.as_given()
    if traced_in((call["t"],)):
        raise LiftError(f"make_interp_spline{at_user_line()}: there is no derivative by knots t= that are given.")
    y, k = as_array(call["y"]), call["k"]
    axis = call["axis"] % ops.ndim(y)
    y = ops.moveaxis(y, source=axis, destination=0)
    if not traced_in((call["x"], call["bc_type"])):
        x = call["x"]
        others = {name: call[name] for name in ("t", "bc_type", "check_finite")}
        bc = others["bc_type"]
        if bc is not None and not isinstance(bc, str) and any(b is not None and not isinstance(b, str) for b in bc):
            others["bc_type"] = None if ops.ndim(y) > 1 else bc
        if others["bc_type"] is not bc:
            raise LiftError(f"make_interp_spline{at_user_line()}: derivatives at the ends (bc_type) need 1-d values.")
        with plain_numbers():
            template = scipy.interpolate.make_interp_spline(x, np.zeros(len(x)), k, **others)

        def compute(values: Any) -> Any:
            if values.ndim == 1 or bc is None or isinstance(bc, str):
                return scipy.interpolate.make_interp_spline(x, values, k, **others).c
            made = [scipy.interpolate.make_interp_spline(x, column, k, **others).c for column in values.T]
            return np.stack(made, axis=-1)

        return Spline(template.t, affine(compute, y), k, template.extrapolate, axis)
    if call["t"] is not None or call["bc_type"] not in (None, "not-a-knot") or (k % 2 == 0 and k):
        raise LiftError(
            f"make_interp_spline{at_user_line()}: the derivative by x is known for odd degrees with the standard knots "
            "and bc_type=None. CubicSpline has others."
        )
    (plain,) = run_plain(lambda values: (call.run(values).c,), call.values)
    x = as_array(call["x"])
    half = (k + 1) // 2
    count = ops.shape(x)[0]
    inner = x[half : count - half] if k else x
    ends = (ops.broadcast_to(x[0], shape=(k + 1,)), inner, ops.broadcast_to(x[-1], shape=(k + 1,)))
    if k == 1:
        ends = (x[:1], x, x[-1:])
    t = ops.concatenate(ends, axis=0)
    c = ops.solve(basis_at(t, k, count, x), ops.reshape(y, shape=(count, -1)))
    c = with_value(
        ops.moveaxis(plain, source=axis, destination=0) if axis else plain, ops.reshape(c, shape=ops.shape(y))
    )
    return Spline(t, c, k, True, axis)


@replacing(scipy.interpolate, "make_lsq_spline")
def make_lsq_spline(call: Call) -> Any:
    """Linear in the values."""
    return linear_only(call, lambda y: scipy.interpolate.make_lsq_spline(call["x"], y, **settings(call, "x", "y")))


def linear_only(call: Call, build: Any) -> Any:
    """A spline whose coefficients are linear in y, of which nothing else may be traced."""
    if not traced_in(call.values):
        return call.as_given()
    refuse_others(call, "y")
    y = as_array(call["y"])
    axis = call.values.get("axis", 0) % ops.ndim(y)
    y = ops.moveaxis(y, source=axis, destination=0)
    with plain_numbers():
        template = build(np.zeros(ops.shape(y)[0]))
    return Spline(template.t, affine(lambda values: build(values).c, y), template.k, template.extrapolate, axis)


def settings(call: Call, *without: str) -> dict[str, Any]:
    """What was given beside some arguments, without the axis."""
    return {k: v for k, v in call.values.items() if k in call.named and k not in (*without, "axis")}


def refuse_others(call: Call, *allowed: str) -> None:
    """The error for traced arguments by which there is no derivative."""
    traced = [name for name, value in call.values.items() if name not in allowed and traced_in((value,))]
    if traced:
        raise LiftError(
            f"{call.name}{at_user_line()}: there is no derivative by {', '.join(traced)}; there is by "
            f"{', '.join(allowed)}."
        )


@replacing(scipy.interpolate, "make_smoothing_spline")
def make_smoothing_spline(call: Call) -> Any:
    """Linear in the values for a given lam."""
    if traced_in(call.values) and call["lam"] is None:
        raise LiftError(
            f"make_smoothing_spline{at_user_line()}: with lam=None the smoothing is chosen by the data, which has no "
            "derivative rule. Give lam=."
        )
    return linear_only(
        call, lambda y: scipy.interpolate.make_smoothing_spline(call["x"], y, **settings(call, "x", "y"))
    )
