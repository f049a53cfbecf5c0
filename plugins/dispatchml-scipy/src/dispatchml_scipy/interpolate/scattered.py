"""Interpolation of scattered values: radial functions, and triangles."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.interpolate

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, at_user_line
from dispatchml.lift import replaces

from ..implicit import as_array, hidden_batch, run_plain, traced_in
from .grids import broadcast

# ---- radial functions ------------------------------------------------------------------------------------------------


def root(z: Any) -> Any:
    """The square root, with derivative 0 at 0, as a norm has."""
    zero = z == 0
    return np.where(zero, 0.0, np.sqrt(np.where(zero, 1.0, z)))


#: The radial functions of the squared distance.
KERNELS: dict[str, Any] = {
    "linear": lambda z: -root(z),
    "thin_plate_spline": lambda z: np.where(z == 0, 0.0, z * np.log(np.where(z == 0, 1.0, z)) / 2),
    "cubic": lambda z: z * root(z),
    "quintic": lambda z: -(z**2) * root(z),
    "multiquadric": lambda z: -np.sqrt(z + 1),
    "inverse_multiquadric": lambda z: 1 / np.sqrt(z + 1),
    "inverse_quadratic": lambda z: 1 / (z + 1),
    "gaussian": lambda z: np.exp(-z),
}
#: The least degree of the polynomial that is added.
LEAST = {"multiquadric": 0, "linear": 0, "thin_plate_spline": 1, "cubic": 1, "quintic": 2}


class Radial:
    """What stands for an RBFInterpolator."""

    def __init__(self, y: Any, d: Any, smoothing: Any, kernel: str, epsilon: Any, powers: Any) -> None:
        self.y, self.kernel, self.epsilon, self.powers = as_array(y), kernel, epsilon, powers
        d = as_array(d)
        count, self.rest = ops.shape(self.y)[0], ops.shape(d)[1:]
        low, high = (np.min(dm.stop_gradient(self.y), axis=0), np.max(dm.stop_gradient(self.y), axis=0))
        self.shift, scale = (low + high) / 2, (high - low) / 2
        self.scale = np.where(scale == 0, 1.0, scale)
        corner = self.radial(self.y) + np.eye(count) * as_array(smoothing)
        side = self.polynomials(self.y)
        zero = np.zeros((len(powers), len(powers)))
        matrix = ops.concatenate(
            (
                ops.concatenate((corner, side), axis=1),
                ops.concatenate((ops.matrix_transpose(side), zero), axis=1),
            ),
            axis=0,
        )
        flat = ops.reshape(d, shape=(count, -1))
        right = ops.concatenate((flat, np.zeros((len(powers), ops.shape(flat)[1]))), axis=0)
        self.coefficients = ops.solve(matrix, right)

    def radial(self, x: Any) -> Any:
        """The radial functions of all centres, one row for each point."""
        difference = ops.expand_dims(x, axis=1) - ops.expand_dims(self.y, axis=0)
        return KERNELS[self.kernel](np.sum((difference * self.epsilon) ** 2, axis=-1))

    def polynomials(self, x: Any) -> Any:
        """The monomials, one row for each point."""
        moved = (x - self.shift) / self.scale
        columns = []
        for powers in self.powers:
            column = x[:, 0] * 0.0 + 1.0
            for k, power in enumerate(powers):
                column = column * moved[:, k] ** int(power) if power else column
            columns.append(column)
        return ops.stack(tuple(columns), axis=1) if columns else np.zeros((ops.shape(x)[0], 0))

    def __call__(self, x: Any) -> Any:
        """Values at points, one a row."""
        x = as_array(x)
        basis = ops.concatenate((self.radial(x), self.polynomials(x)), axis=1)
        return ops.reshape(ops.matmul(basis, self.coefficients), shape=(ops.shape(x)[0], *self.rest))


@replaces("scipy.interpolate.RBFInterpolator")
def rbf_interpolator(
    y: Any, d: Any, neighbors: Any = None, smoothing: Any = 0.0, kernel: str = "thin_plate_spline", epsilon: Any = None,
    degree: Any = None,
) -> Any:  # fmt: skip
    """By places, values, smoothing, epsilon and points; with all centres (neighbors=None)."""
    if neighbors is not None:
        raise LiftError(f"RBFInterpolator{at_user_line()}: neighbors= has no derivative rule; use all centres.")
    kernel = kernel.lower()
    if epsilon is None and kernel not in ("cubic", "linear", "quintic", "thin_plate_spline"):
        raise ValueError(f"RBFInterpolator{at_user_line()}: kernel={kernel!r} needs epsilon=.")
    degree = max(LEAST.get(kernel, -1), 0) if degree is None else int(degree)
    return Radial(y, d, smoothing, kernel, 1.0 if epsilon is None else epsilon, powers_to(ops.shape(y)[1], degree))


def powers_to(size: int, degree: int) -> list[tuple[int, ...]]:
    """The exponents of the monomials up to a degree."""
    found = [p for p in np.ndindex(*(degree + 1,) * size) if sum(p) <= degree] if degree >= 0 else []
    return found


@replaces("scipy.interpolate.RBFInterpolator.__call__")
def rbf_interpolator_call(self: Any, x: Any) -> Any:
    """A plain one at traced points."""
    if self.neighbors is not None:
        raise LiftError(f"RBFInterpolator{at_user_line()}: neighbors= has no derivative rule; use all centres.")
    d = np.reshape(self.d.view(self.d_dtype), (len(self.y), *self.d_shape))
    return Radial(self.y, d, self.smoothing, self.kernel, self.epsilon, [tuple(p) for p in self.powers])(x)


# ---- triangles -------------------------------------------------------------------------------------------------------


class Triangles:
    """What stands for a LinearNDInterpolator: linear on each simplex of a triangulation of the plain places."""

    def __init__(self, points: Any, values: Any, fill_value: Any, rescale: bool, simplices: Any = None) -> None:
        from scipy.spatial import Delaunay

        if traced_in((points,)) and hidden_batch(points):
            raise LiftError(
                f"LinearNDInterpolator{at_user_line()}: each element of a batch would have its own triangles."
            )
        self.points, self.values, self.fill = as_array(points), as_array(values), fill_value
        plain = np.asarray(dm.primal(self.points))
        self.offset, self.scale = (plain.mean(axis=0), np.ptp(plain, axis=0)) if rescale else (0.0, 1.0)
        self.triangulation = Delaunay((plain - self.offset) / self.scale) if simplices is None else simplices

    def __call__(self, *xi: Any) -> Any:
        """Values at points (..., dimensions), or at separate coordinates."""
        places = broadcast(xi) if len(xi) > 1 or isinstance(xi[0], tuple) else None
        if places is None:
            x = as_array(xi[0])
        else:
            x = ops.stack(tuple(broadcast(xi[0]) if isinstance(xi[0], tuple) else places), axis=-1)
        if ops.ndim(x) < 2:
            x = ops.reshape(x, shape=(-1, ops.shape(self.points)[1]))
        shape = ops.shape(x)[:-1]
        x = ops.reshape(x, shape=(-1, ops.shape(x)[-1]))
        if hidden_batch(x):
            raise LiftError(
                f"LinearNDInterpolator{at_user_line()}: points cannot be a batch (vmap); hand them over as rows."
            )
        found = self.triangulation.find_simplex((np.asarray(dm.primal(x)) - self.offset) / self.scale)
        corners = self.triangulation.simplices[np.maximum(found, 0)]
        vertices = ops.take(self.points, corners, axis=0)
        last = vertices[:, -1]
        matrix = ops.matrix_transpose(vertices[:, :-1] - ops.expand_dims(last, axis=1))
        parts = ops.solve(matrix, ops.expand_dims(x - last, axis=-1))[..., 0]
        weights = ops.concatenate((parts, ops.expand_dims(1 - np.sum(parts, axis=-1), axis=-1)), axis=-1)
        values = ops.take(self.values, corners, axis=0)
        rest = ops.shape(self.values)[1:]
        weights = ops.reshape(weights, shape=(*ops.shape(weights), *(1,) * len(rest)))
        made = ops.sum(weights * values, axis=1)
        made = np.where(np.reshape(found < 0, (-1, *(1,) * len(rest))), self.fill, made)
        return ops.reshape(made, shape=(*shape, *rest))


@replaces("scipy.interpolate.LinearNDInterpolator")
def linear_nd_interpolator(points: Any, values: Any, fill_value: Any = np.nan, rescale: bool = False) -> Any:
    """By values, places (the triangles stay) and points."""
    return Triangles(points, values, fill_value, rescale)


@replaces("scipy.interpolate.LinearNDInterpolator.__call__")
def linear_nd_interpolator_call(self: Any, *xi: Any) -> Any:
    """A plain one at traced points."""
    scale = 1.0 if self.scale is None else self.scale
    offset = 0.0 if self.scale is None else self.offset
    values = np.reshape(self.values, (len(self.values), *self.values_shape))
    made = Triangles(self.points * scale + offset, values, self.fill_value, False, self.tri)
    made.offset, made.scale = offset, scale  # of the triangles' own coordinates
    return made(*xi)


@replaces("scipy.interpolate.CloughTocher2DInterpolator.__call__")
def clough_tocher_call(self: Any, *xi: Any) -> Any:
    """Refused."""
    raise LiftError(
        f"CloughTocher2DInterpolator{at_user_line()} has no derivative rule; LinearNDInterpolator and RBFInterpolator "
        "have."
    )


@replaces("scipy.interpolate.CloughTocher2DInterpolator")
def clough_tocher(points: Any, values: Any, *arguments: Any, **keywords: Any) -> Any:
    """Refused."""
    return clough_tocher_call(None, points)


class Nearest:
    """What stands for a NearestNDInterpolator."""

    def __init__(self, points: Any, values: Any, rescale: bool) -> None:
        self.plain = scipy.interpolate.NearestNDInterpolator(
            dm.primal(as_array(points)), np.arange(ops.shape(values)[0]), rescale=rescale
        )
        self.values = as_array(values)

    def __call__(self, *xi: Any) -> Any:
        """The values of the nearest places."""
        return ops.take(self.values, np.asarray(self.plain(*dm.primal(xi))).astype(int), axis=0)


@replaces("scipy.interpolate.NearestNDInterpolator")
def nearest_nd_interpolator(x: Any, y: Any, rescale: bool = False, tree_options: Any = None) -> Any:
    """By values."""
    return Nearest(x, y, rescale)


@replaces("scipy.interpolate.NearestNDInterpolator.__call__")
def nearest_nd_interpolator_call(self: Any, *xi: Any, **query_options: Any) -> Any:
    """A plain one at traced points, whose values are constant round these."""
    return run_plain(lambda given: (self(*given, **query_options),), xi)[0]


@replaces("scipy.interpolate.griddata")
def griddata(
    points: Any, values: Any, xi: Any, method: str = "linear", fill_value: Any = np.nan, rescale: bool = False
) -> Any:
    """method="linear" and "nearest"; one dimension as interp1d."""
    places = as_array(points) if not isinstance(points, tuple) else ops.stack(tuple(broadcast(points)), axis=-1)
    if ops.ndim(places) < 2 or ops.shape(places)[-1] == 1:
        from .grids import interp1d

        x = ops.reshape(places, shape=(-1,))
        at = xi[0] if isinstance(xi, tuple) else xi
        fill = "extrapolate" if method == "nearest" else fill_value
        return interp1d(x, values, kind=method, axis=0, bounds_error=False, fill_value=fill)(at)
    if method == "linear":
        return Triangles(places, values, fill_value, rescale)(xi)
    if method == "nearest":
        return Nearest(places, values, rescale)(xi)
    raise LiftError(f"griddata{at_user_line()}: method={method!r} has no derivative rule; linear and nearest have.")
