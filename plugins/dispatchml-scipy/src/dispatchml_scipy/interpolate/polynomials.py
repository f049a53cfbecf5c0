"""One polynomial through all values, by the barycentric formula (Berrut and Trefethen 2004)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, at_user_line
from dispatchml.lift import replaces

from ..implicit import as_array


class Polynomial:
    """What stands for a BarycentricInterpolator or a KroghInterpolator: divided differences of traced values."""

    def __init__(self, xi: Any, yi: Any, axis: int = 0) -> None:
        self.xi = as_array(xi)
        yi = as_array(yi)
        self.axis = axis % ops.ndim(yi)
        yi = ops.moveaxis(yi, source=self.axis, destination=0)
        plain = np.asarray(dm.primal(self.xi))
        if np.any(np.diff(np.sort(plain, axis=-1), axis=-1) == 0):
            raise LiftError(
                f"KroghInterpolator{at_user_line()}: places that occur several times (slopes as data) have no rule."
            )
        table = [yi[k] for k in range(ops.shape(yi)[0])]
        coefficients = [table[0]]
        for order in range(1, len(table)):
            table = [
                (b - a) / (self.xi[k + order] - self.xi[k])
                for k, (a, b) in enumerate(zip(table, table[1:], strict=False))
            ]
            coefficients.append(table[0])
        self.coefficients = coefficients

    def __call__(self, x: Any) -> Any:
        """Values at points of any shape."""
        return self.derivative(x, 0)

    def derivatives(self, x: Any, der: int | None = None) -> Any:
        """The first derivatives, the value first."""
        count = len(self.coefficients) if der is None else der
        return ops.stack(tuple(self.derivative(x, k) for k in range(count)), axis=0)

    def derivative(self, x: Any, der: int = 1) -> Any:
        """One derivative, by Newton's form."""
        x = as_array(x)
        shape, rest = ops.shape(x), ops.shape(self.coefficients[0])
        x = ops.reshape(x, shape=(-1, *(1,) * len(rest)))
        found: list[Any] = [x * 0.0 + self.coefficients[-1]] + [x * 0.0 for _ in range(der)]
        for k in range(len(self.coefficients) - 2, -1, -1):
            step = x - self.xi[k]
            for order in range(der, 0, -1):
                found[order] = found[order] * step + found[order - 1]
            found[0] = found[0] * step + self.coefficients[k]
        y = ops.reshape(found[der] * float(math.factorial(der)), shape=(*shape, *rest))
        front = tuple(range(len(shape)))
        return ops.moveaxis(y, source=front, destination=tuple(self.axis + k for k in front)) if self.axis else y


@replaces("scipy.interpolate.BarycentricInterpolator")
def barycentric_interpolator(
    xi: Any, yi: Any = None, axis: int = 0, *, wi: Any = None, rng: Any = None, random_state: Any = None
) -> Any:
    """By places, values and points."""
    if yi is None:
        raise LiftError(f"BarycentricInterpolator{at_user_line()}: give the values yi= at once.")
    if wi is not None:
        raise LiftError(
            f"BarycentricInterpolator{at_user_line()}: weights wi= have no derivative rule; leave them out."
        )
    return Polynomial(xi, yi, axis)


@replaces("scipy.interpolate.KroghInterpolator")
def krogh_interpolator(xi: Any, yi: Any, axis: int = 0) -> Any:
    """By places, values and points."""
    return Polynomial(xi, yi, axis)


@replaces("scipy.interpolate.BarycentricInterpolator.__call__")
def barycentric_call(self: Any, x: Any) -> Any:
    """A plain one at traced points."""
    return plain_polynomial(self)(x)


@replaces("scipy.interpolate.KroghInterpolator.__call__")
def krogh_call(self: Any, x: Any) -> Any:
    """A plain one at traced points."""
    return plain_polynomial(self)(x)


def plain_polynomial(self: Any) -> Polynomial:
    """The polynomial through what a plain interpolator interpolates."""
    values = self(np.asarray(self.xi))
    return Polynomial(self.xi, values, self._y_axis)


@replaces("scipy.interpolate.barycentric_interpolate")
def barycentric_interpolate(
    xi: Any, yi: Any, x: Any, axis: int = 0, *, der: Any = 0, rng: Any = None, random_state: Any = None
) -> Any:
    """Values at points, or a derivative."""
    return (
        Polynomial(xi, yi, axis).derivative(x, der) if np.ndim(der) == 0 else several(Polynomial(xi, yi, axis), x, der)
    )


@replaces("scipy.interpolate.krogh_interpolate")
def krogh_interpolate(xi: Any, yi: Any, x: Any, der: Any = 0, axis: int = 0) -> Any:
    """Values at points, or a derivative."""
    return (
        Polynomial(xi, yi, axis).derivative(x, der) if np.ndim(der) == 0 else several(Polynomial(xi, yi, axis), x, der)
    )


def several(polynomial: Polynomial, x: Any, orders: Any) -> Any:
    """Several derivatives."""
    return ops.stack(tuple(polynomial.derivative(x, int(k)) for k in orders), axis=0)
