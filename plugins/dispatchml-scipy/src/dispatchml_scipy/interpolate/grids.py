"""Interpolation of values on grids: one product of weights for each axis."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.interpolate

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, at_user_line
from dispatchml.lift import replaces

from ..calls import Call, replacing
from ..implicit import as_array, run_plain, traced_in, with_value
from .pieces import Pieces, interval
from .splines import Spline

# ---- one axis --------------------------------------------------------------------------------------------------------

#: Kinds of interp1d that are constant between places.
STEPS = ("nearest", "nearest-up", "zero", "previous", "next")
DEGREES = {"slinear": 1, "quadratic": 2, "cubic": 3}


class OneAxis:
    """What stands for an interp1d."""

    def __init__(self, x: Any, y: Any, kind: Any, axis: int, settings: dict[str, Any]) -> None:
        self.x, self.y, self.kind, self.axis, self.settings = x, y, kind, axis, settings

    def __call__(self, x_new: Any) -> Any:
        """Values at points of any shape."""
        x, y, axis = as_array(self.x), as_array(self.y), self.axis % ops.ndim(self.y)
        y = ops.moveaxis(y, source=axis, destination=0)
        if not self.settings["assume_sorted"]:
            order = np.argsort(dm.stop_gradient(x), kind="mergesort")
            x, y = ops.take(x, order, axis=0), ops.take(y, order, axis=0)
        points = as_array(x_new)
        plain = scipy.interpolate.interp1d
        made = inside(x, y, self.kind, points)
        made = self.outside(x, y, points, made)
        front = tuple(range(ops.ndim(points)))
        made = ops.moveaxis(made, source=front, destination=tuple(axis + k for k in front)) if axis and front else made
        if traced_in(self.settings):  # what is made is the value
            return made
        (value,) = run_plain(
            lambda g: (np.asarray(plain(g[0], g[1], self.kind, self.axis, **self.settings)(g[2])),),
            (self.x, self.y, x_new),
        )
        return with_value(value, made)

    def outside(self, x: Any, y: Any, points: Any, made: Any) -> Any:
        """Results with what is wanted beyond the places."""
        fill, refuse = self.settings["fill_value"], self.settings["bounds_error"]
        if isinstance(fill, str) and fill == "extrapolate":
            return made
        now = dm.stop_gradient(points)
        low, high = now < dm.stop_gradient(x)[0], now > dm.stop_gradient(x)[-1]
        beyond = isinstance(fill, tuple) and len(fill) == 2
        if refuse or (refuse is None and not beyond and np.all(np.isnan(dm.primal(as_array(fill))))):
            return made  # SciPy itself raises for the plain values
        below, above = fill if beyond else (fill, fill)
        shape = (*ops.shape(points), *(1,) * (ops.ndim(y) - 1))
        low, high = np.reshape(low, shape), np.reshape(high, shape)
        return np.where(low, as_array(below), np.where(high, as_array(above), made))


def inside(x: Any, y: Any, kind: Any, points: Any) -> Any:
    """Values between the places, with the axes of the points first."""
    if kind in STEPS:
        return ops.take(y, step_places(x, kind, points), axis=0)
    if kind == "linear":
        slope = (y[1:] - y[:-1]) / ops.reshape(x[1:] - x[:-1], shape=(-1, *(1,) * (ops.ndim(y) - 1)))
        return Pieces(ops.stack((slope, y[:-1]), axis=0), x)(points)
    degree = DEGREES.get(kind, kind)
    from .splines import make_interp_spline

    return make_interp_spline(x, y, k=int(degree))(points)


def step_places(x: Any, kind: str, points: Any) -> Any:
    """Which place's value a step function takes."""
    now, at = dm.stop_gradient(points), dm.stop_gradient(x)
    if kind in ("nearest", "nearest-up"):
        middle = (at[1:] + at[:-1]) / 2
        found = np.searchsorted(middle, now, side="left" if kind == "nearest" else "right")
    elif kind == "next":
        found = np.searchsorted(at, now, side="left")
    else:
        found = np.searchsorted(at, now, side="right") - 1
    return np.clip(found, 0, ops.shape(x)[0] - 1)


@replaces("scipy.interpolate.interp1d")
def interp1d(
    x: Any, y: Any, kind: Any = "linear", axis: int = -1, copy: bool = True, bounds_error: Any = None,
    fill_value: Any = np.nan, assume_sorted: bool = False,
) -> Any:  # fmt: skip
    """Every kind; steps have derivatives by the values."""
    settings = {"bounds_error": bounds_error, "fill_value": fill_value, "assume_sorted": assume_sorted}
    return OneAxis(x, as_array(y), kind, axis, settings)


@replaces("scipy.interpolate.interp1d.__call__")
def interp1d_call(self: Any, x: Any) -> Any:
    """A plain one at traced points."""
    kind = self._kind
    fill = self.fill_value
    y = np.moveaxis(self._y.reshape((len(self.x), *self._y_extra_shape)), 0, self._y_axis)
    kind = {"spline": self._spline.k}.get(kind, kind) if hasattr(self, "_spline") else kind
    settings = {"bounds_error": self.bounds_error, "fill_value": fill, "assume_sorted": True}
    return OneAxis(self.x, y, kind, self._y_axis, settings)(x)


# ---- several axes ----------------------------------------------------------------------------------------------------

GRID_DEGREES = {"slinear": 1, "cubic": 3, "quintic": 5}


class Grid:
    """What stands for a RegularGridInterpolator."""

    def __init__(
        self, points: Any, values: Any, method: str, bounds_error: bool, fill_value: Any, plain: Any = None,
        settings: Any = None,
    ) -> None:  # fmt: skip
        self.plain, self.settings = plain, settings or {}
        self.grid, self.values = tuple(map(as_array, points)), as_array(values)
        self.method, self.bounds_error, self.fill_value = method, bounds_error, fill_value

    def __call__(self, xi: Any, method: Any = None, *, nu: Any = None) -> Any:
        """Values at points (..., number of axes), or at a tuple of arrays of coordinates."""
        method = self.method if method is None else method
        count = len(self.grid)
        if isinstance(xi, tuple):
            places = np.broadcast_arrays(*map(as_array, xi)) if not traced_in(xi) else broadcast(xi)
        else:
            xi = as_array(xi)
            if ops.ndim(xi) == 1 and count == 1:
                xi = ops.expand_dims(xi, axis=-1)
            places = [xi[..., k] for k in range(count)]
        shape = ops.shape(places[0])
        if isinstance(xi, tuple) is False and not shape:
            shape = (1,)
        places = [ops.reshape(p, shape=(-1,)) for p in places]
        weights = [
            axis_weights(g, p, method, 0 if nu is None else nu[k])
            for k, (g, p) in enumerate(zip(self.grid, places, strict=True))
        ]
        made = contracted(self.values, weights)
        made = ops.reshape(self.outside(places, made), shape=(*shape, *ops.shape(self.values)[count:]))
        if traced_in(self.fill_value):  # what is made is the value
            return made
        (value,) = run_plain(lambda given: (self.by_scipy(*given, method, nu),), (self.grid, self.values, xi))
        return with_value(ops.reshape(value, shape=ops.shape(made)), made)

    def by_scipy(self, grid: Any, values: Any, xi: Any, method: str, nu: Any) -> Any:
        """SciPy's values, whose spline methods solve their equations iteratively."""
        plain = self.plain
        if plain is None:
            plain = scipy.interpolate.RegularGridInterpolator(
                grid, values, method, self.bounds_error, self.fill_value, **self.settings
            )
        return np.asarray(plain(xi, method, nu=nu))

    def outside(self, places: Any, made: Any) -> Any:
        """Results with what is wanted beyond the grid."""
        beyond: Any = False
        for g, p in zip(self.grid, places, strict=True):
            low, high = np.minimum(g[0], g[-1]), np.maximum(g[0], g[-1])
            now = dm.stop_gradient(p)
            beyond = np.logical_or(beyond, np.logical_or(now < dm.stop_gradient(low), now > dm.stop_gradient(high)))
        if self.bounds_error and np.any(dm.primal(beyond)):
            raise ValueError(f"RegularGridInterpolator{at_user_line()}: one of the requested points is out of bounds.")
        if self.bounds_error or self.fill_value is None:
            return made
        return np.where(np.reshape(beyond, (-1, *(1,) * (ops.ndim(made) - 1))), as_array(self.fill_value), made)


def broadcast(xi: Any) -> list[Any]:
    """Coordinates in one shape."""
    arrays = [as_array(x) for x in xi]
    shape = np.broadcast_shapes(*map(ops.shape, arrays))
    return [ops.broadcast_to(x, shape=shape) for x in arrays]


def axis_weights(grid: Any, places: Any, method: str, nu: int = 0) -> Any:
    """The weights of the values along one axis, one row for each point."""
    count = ops.shape(grid)[0]
    descending = bool(np.all(dm.primal(grid[0] > grid[-1])))
    grid = ops.flip(grid, axis=0) if descending else grid
    unit = np.eye(count)
    if method in ("linear", "slinear"):
        if count == 1:
            return ops.broadcast_to(np.ones((1, 1)), shape=(ops.shape(places)[0], 1))
        k = interval(grid, places)
        left, right = ops.take(grid, k, axis=0), ops.take(grid, k + 1, axis=0)
        far = ops.expand_dims((places - left) / (right - left), axis=-1)
        if nu:
            raise LiftError(f"RegularGridInterpolator{at_user_line()}: nu= is for the spline methods.")
        made = (1 - far) * ops.take(unit, k, axis=0) + far * ops.take(unit, k + 1, axis=0)
    elif method == "nearest":
        k = interval(grid, dm.stop_gradient(places))
        left, right = ops.take(grid, k, axis=0), ops.take(grid, k + 1, axis=0)
        near = dm.stop_gradient((places - left) / (right - left)) <= 0.5
        made = np.where(np.expand_dims(near, -1), ops.take(unit, k, axis=0), ops.take(unit, k + 1, axis=0))
    elif method in GRID_DEGREES:
        from .splines import make_interp_spline

        degree = GRID_DEGREES[method]
        spline = make_interp_spline(grid, unit, k=degree)
        if isinstance(spline, scipy.interpolate.BSpline):
            spline = Spline(spline.t, spline.c, degree)
        made = spline(places, nu)
    else:
        raise LiftError(
            f"RegularGridInterpolator{at_user_line()}: method={method!r} has no derivative rule; linear, nearest, "
            "slinear, cubic and quintic have."
        )
    return ops.flip(made, axis=-1) if descending else made


def contracted(values: Any, weights: Any) -> Any:
    """The sum of values times the products of weights: first axis by axis, one row for each point."""
    made = ops.tensordot(weights[0], values, axes=((1,), (0,)))
    for w in weights[1:]:
        rest = ops.ndim(made) - 2
        made = ops.sum(ops.multiply(ops.reshape(w, shape=(*ops.shape(w), *(1,) * rest)), made), axis=1)
    return made


@replaces("scipy.interpolate.RegularGridInterpolator")
def regular_grid_interpolator(
    points: Any, values: Any, method: str = "linear", bounds_error: bool = True, fill_value: Any = np.nan, *,
    solver: Any = None, solver_args: Any = None,
) -> Any:  # fmt: skip
    """Of traced values or places."""
    settings = {"solver": solver, "solver_args": solver_args} if solver or solver_args else {}
    return Grid(points, values, method, bounds_error, fill_value, settings=settings)


@replaces("scipy.interpolate.RegularGridInterpolator.__call__")
def regular_grid_interpolator_call(self: Any, xi: Any, method: Any = None, *, nu: Any = None) -> Any:
    """A plain one at traced points."""
    return Grid(self.grid, self.values, self.method, self.bounds_error, self.fill_value, self)(xi, method, nu=nu)


@replacing(scipy.interpolate, "interpn")
def interpn(call: Call) -> Any:
    """On a regular grid."""
    if not traced_in(call.values):
        return call.as_given()
    if call["method"] == "splinef2d":
        raise LiftError(f"interpn{at_user_line()}: method='splinef2d' has no derivative rule; method='cubic' has.")
    grid = Grid(call["points"], call["values"], call["method"], call["bounds_error"], call["fill_value"])
    return grid(call["xi"])


class Surface:
    """What stands for a RectBivariateSpline that interpolates."""

    def __init__(self, x: Any, y: Any, z: Any, kx: int, ky: int) -> None:
        self.x, self.y, self.z, self.kx, self.ky = map(as_array, (x, y, z, kx, ky))

    def weights(self, axis: int, points: Any, nu: int) -> Any:
        """The weights of the rows of z, or of its columns."""
        grid, degree = ((self.x, self.kx), (self.y, self.ky))[axis]
        spline = scipy.interpolate.make_interp_spline(grid, np.eye(len(grid)), k=int(degree))
        points = np.clip(ops.reshape(as_array(points), shape=(-1,)), grid[0], grid[-1])
        return Spline(spline.t, spline.c, int(degree))(points, nu)

    def __call__(self, x: Any, y: Any, dx: int = 0, dy: int = 0, grid: bool = True) -> Any:
        """On the grid of x and y, or point by point."""
        if not grid:
            return self.ev(x, y, dx, dy)
        rows, columns = self.weights(0, x, dx), self.weights(1, y, dy)
        return ops.matmul(ops.matmul(rows, self.z), ops.matrix_transpose(columns))

    def ev(self, xi: Any, yi: Any, dx: int = 0, dy: int = 0) -> Any:
        """Point by point."""
        x, y = broadcast((xi, yi))
        made = ops.sum(ops.multiply(ops.matmul(self.weights(0, x, dx), self.z), self.weights(1, y, dy)), axis=-1)
        return ops.reshape(made, shape=ops.shape(x))


@replaces("scipy.interpolate.RectBivariateSpline")
def rect_bivariate_spline(
    x: Any, y: Any, z: Any, bbox: Any = None, kx: int = 3, ky: int = 3, s: float = 0, maxit: int = 20
) -> Any:
    """Interpolation (s=0), which is linear in the values."""
    if traced_in((x, y)) or s != 0 or bbox is not None and any(b is not None for b in bbox):
        raise LiftError(
            f"RectBivariateSpline{at_user_line()}: there are derivatives by the values z with s=0, without bbox=, and "
            "by the points; not by x, y or for smoothing."
        )
    return Surface(x, y, z, kx, ky)


@replaces("scipy.interpolate.RectBivariateSpline.__call__")
def rect_bivariate_call(self: Any, x: Any, y: Any, dx: int = 0, dy: int = 0, grid: bool = True) -> Any:
    """A plain one at traced points."""
    return Tensor(self)(x, y, dx, dy, grid)


@replaces("scipy.interpolate.RectBivariateSpline.ev")
def rect_bivariate_ev(self: Any, xi: Any, yi: Any, dx: int = 0, dy: int = 0) -> Any:
    """A plain one at traced points."""
    return Tensor(self).ev(xi, yi, dx, dy)


class Tensor(Surface):
    """A plain RectBivariateSpline: the weights are the B-splines on its knots, the values its coefficients."""

    def __init__(self, plain: Any) -> None:
        tx, ty, c = plain.tck
        kx, ky = plain.degrees
        self.knots, self.degrees = (tx, ty), (kx, ky)
        self.z = np.reshape(c, (len(tx) - kx - 1, len(ty) - ky - 1))

    def weights(self, axis: int, points: Any, nu: int) -> Any:
        """The B-splines at points."""
        t, k = self.knots[axis], self.degrees[axis]
        points = np.clip(ops.reshape(as_array(points), shape=(-1,)), t[k], t[-k - 1])
        return Spline(t, np.eye(len(t) - k - 1), k)(points, nu)
