"""Piecewise polynomials whose coefficients, breakpoints and points may be traced."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, at_user_line

from ..implicit import as_array, hidden_batch, implicit


class Pieces:
    """A piecewise polynomial, as scipy.interpolate.PPoly: on the interval i the sum of c[m, i] (t - x[i])**(k - m).

    c: (k + 1, intervals, ...); axis: where the axis of interpolation is in results. extrapolate: True, False or
    "periodic".
    """

    def __init__(self, c: Any, x: Any, extrapolate: Any = True, axis: int = 0) -> None:
        self.c, self.x, self.axis = as_array(c), as_array(x), axis
        self.extrapolate = True if extrapolate is None else extrapolate

    @classmethod
    def like(cls, plain: Any) -> Pieces:
        """A PPoly of SciPy."""
        return cls(plain.c, plain.x, plain.extrapolate, plain.axis)

    def __call__(self, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
        """The value, or the derivative `nu` (a negative one is an antiderivative), at points of any shape."""
        if nu < 0:
            return self.antiderivative(-nu)(x, 0, extrapolate)
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        t = as_array(x)
        shape = ops.shape(t)
        t = ops.reshape(t, shape=(-1,))
        if extrapolate == "periodic":
            t = self.x[0] + np.mod(t - self.x[0], self.x[-1] - self.x[0])
        place = interval(self.x, t)
        distance = t - ops.take(self.x, place, axis=0)
        rest = ops.shape(self.c)[2:]
        distance = ops.reshape(distance, shape=(-1, *(1,) * len(rest)))
        degree = ops.shape(self.c)[0] - 1
        y: Any = None
        for m in range(degree + 1 - nu):
            factor = math.perm(degree - m, nu)
            coefficient = ops.take(self.c[m], place, axis=0) * float(factor)
            y = coefficient if y is None else y * distance + coefficient
        if y is None:
            y = ops.take(self.c[0], place, axis=0) * 0.0
        if extrapolate is False:
            outside = np.logical_or(dm.stop_gradient(t) < self.x[0], dm.stop_gradient(t) > self.x[-1])
            y = np.where(np.reshape(outside, (-1, *(1,) * len(rest))), np.nan, y)
        y = ops.reshape(y, shape=(*shape, *rest))
        if self.axis:
            front = tuple(range(len(shape)))
            y = ops.moveaxis(y, source=front, destination=tuple(self.axis + k for k in front))
        return y

    def derivative(self, nu: int = 1) -> Pieces:
        """The derivative, a piecewise polynomial."""
        if nu < 0:
            return self.antiderivative(-nu)
        degree = ops.shape(self.c)[0] - 1
        if nu > degree:
            return Pieces(self.c[:1] * 0.0, self.x, self.extrapolate, self.axis)
        factors = np.array([float(math.perm(degree - m, nu)) for m in range(degree + 1 - nu)])
        return Pieces(along_first(factors, self.c[: degree + 1 - nu]), self.x, self.extrapolate, self.axis)

    def antiderivative(self, nu: int = 1) -> Pieces:
        """The antiderivative that is 0 at the first breakpoint."""
        if nu <= 0:
            return self.derivative(-nu)
        made = self
        for _ in range(nu):
            made = made.summed()
        return made

    def summed(self) -> Pieces:
        """The first antiderivative."""
        degree = ops.shape(self.c)[0] - 1
        c = along_first(np.array([1.0 / (degree - m + 1) for m in range(degree + 1)]), self.c)
        h = self.x[1:] - self.x[:-1]
        h = ops.reshape(h, shape=(-1, *(1,) * (ops.ndim(self.c) - 2)))
        steps: Any = 0.0
        for m in range(degree + 1):
            steps = (steps + c[m]) * h
        before = ops.cumsum(steps, axis=0)
        first = ops.concatenate((before[:1] * 0.0, before[:-1]), axis=0)
        c = ops.concatenate((c, ops.expand_dims(first, axis=0)), axis=0)
        return Pieces(c, self.x, False if self.extrapolate == "periodic" else self.extrapolate, self.axis)

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        """The integral from a to b."""
        if (self.extrapolate if extrapolate is None else extrapolate) == "periodic":
            raise LiftError(f"integrate{at_user_line()} of a periodic piecewise polynomial has no derivative rule.")
        whole = self.antiderivative()
        return whole(b, 0, extrapolate) - whole(a, 0, extrapolate)

    def solve(self, y: Any = 0.0, discontinuity: bool = True, extrapolate: Any = None) -> Any:
        """Where a scalar piecewise polynomial takes a value; by the implicit function theorem."""
        from scipy.interpolate import PPoly

        if any(map(hidden_batch, (self.c, self.x, y))):
            raise LiftError(f"solve{at_user_line()}: each element of a batch may have another number of roots.")
        plain = PPoly(dm.primal(self.c), dm.primal(self.x), dm.primal(self.extrapolate), self.axis)
        places = plain.solve(dm.primal(y), discontinuity, extrapolate)
        if not isinstance(places, np.ndarray) or places.dtype == object:
            raise LiftError(f"solve{at_user_line()}: the roots of several polynomials at once have no derivative rule.")
        return implicit(lambda t, held: self(t, 0, True) - y, places, (), "solve", elementwise=True)

    def roots(self, discontinuity: bool = True, extrapolate: Any = None) -> Any:
        """Where a scalar piecewise polynomial is 0."""
        return self.solve(0.0, discontinuity, extrapolate)


def interval(x: Any, t: Any) -> Any:
    """The interval in which each point is, the outer ones for points outside."""
    found = np.searchsorted(dm.stop_gradient(x), dm.stop_gradient(t), side="right")
    return np.clip(found - 1, 0, ops.shape(x)[0] - 2)


def along_first(factors: Any, c: Any) -> Any:
    """Numbers times the rows of an array."""
    return ops.multiply(np.reshape(factors, (-1, *(1,) * (ops.ndim(c) - 1))), c)


def hermite(x: Any, y: Any, slopes: Any, axis: int = 0) -> Any:
    """The coefficients of the cubic pieces with these values and slopes at x."""
    y, slopes = (ops.moveaxis(as_array(v), source=axis, destination=0) for v in (y, slopes))
    h = ops.reshape(x[1:] - x[:-1], shape=(-1, *(1,) * (ops.ndim(y) - 1)))
    rise = (y[1:] - y[:-1]) / h
    bend = (slopes[:-1] + slopes[1:] - 2 * rise) / h
    return ops.stack((bend / h, (rise - slopes[:-1]) / h - bend, slopes[:-1], y[:-1]), axis=0)
