"""Nonlinear least squares and curve fits: the minimum of half the sum of the losses of squared residuals."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, at_user_line

from ..calls import Call, as_tuple, replacing, run_result
from ..errors import ConvergenceError
from ..implicit import as_array, as_vector, not_converged, run_plain, with_value
from ..user_functions import lifted
from .constraints import apart, ends, functions, parts, together
from .stationary import minimum_of
from .unsolved import unsolved

#: The losses by name: rho(z) for z the square of a scaled residual.
LOSSES: dict[str, Any] = {
    "linear": lambda z: z,
    "soft_l1": lambda z: 2 * (np.sqrt(1 + z) - 1),
    "huber": lambda z: np.where(z <= 1, z, 2 * np.sqrt(np.where(z <= 1, 1.0, z)) - 1),
    "cauchy": lambda z: np.log1p(z),
    "arctan": lambda z: np.arctan(z),
}


def residuals(x: Any, held: Any) -> Any:
    """The vector of residuals."""
    return as_vector(lifted(held["fun"])(x, *held["args"], **held["kwargs"]))


def cost(x: Any, held: Any) -> Any:
    """Half the sum of the losses."""
    scale, loss = held["scale"], held["loss"]
    r = residuals(x, held)
    if loss == "linear":
        return np.sum(ops.real(r * np.conj(r))) / 2  # abs(r) has slope 0 where r is 0
    rho = LOSSES[loss] if isinstance(loss, str) else lambda z: lifted(loss)(z)[0]
    return np.sum(scale**2 * rho((r / scale) ** 2)) / 2


def find(x: Any, held: Any) -> tuple[list[Any], list[Any]]:
    """The bounds as constraints."""
    bounds = held["bounds"]
    pair = (bounds["lb"], bounds["ub"]) if isinstance(bounds, dict) else tuple(bounds)
    return parts(x, ends(*pair, ops.shape(x)[-1]), [])


def moved(call: Call, x: Any, held: Any, success: Any, said: Any) -> Any:
    """The minimum with its derivatives; None where nothing is traced."""
    return minimum_of(call, cost, x, held, success, said, functions(x, held, find))


def holding(fun: Any, args: Any = (), kwargs: Any = None, bounds: Any = (-np.inf, np.inf)) -> dict[str, Any]:
    """What a fit without a loss is made of."""
    return {"fun": fun, "args": args, "kwargs": kwargs or {}, "loss": "linear", "scale": 1.0, "bounds": bounds}


@replacing(scipy.optimize, "least_squares")
def least_squares(call: Call) -> Any:
    """Every method and loss; bounds by the active set."""
    taken = {**call.values, "bounds": apart(call["bounds"])}
    named = "bounds" in call.named

    def run(values: Any) -> Any:
        return call.run(values, **({"bounds": together(values["bounds"])} if named else {}))

    r = run_result(call, run, taken)
    held = holding(call["fun"], as_tuple(call["args"]), call["kwargs"], taken["bounds"])
    held["loss"], held["scale"] = call["loss"], call["f_scale"]
    try:
        x = moved(call, r.x, held, r.success, r.message)
    except ConvergenceError as error:
        return unsolved(call, r, r.success, error)
    if x is None:
        return call.as_given()
    r.x, r.fun, r.cost = x, with_value(r.fun, residuals(x, held)), with_value(r.cost, cost(x, held))
    return r


def covariance(x: Any, held: Any, plain: Any) -> Any:
    """The inverse of J^T J for the Jacobian J of the residuals at x, where the solver gave one; plain: what it gave."""
    if plain is None or not np.all(np.isfinite(dm.primal(plain))):
        return plain
    jacobian = dm.jacfwd(lambda z: residuals(z, held))(x)
    made = np.linalg.inv(np.matmul(np.swapaxes(jacobian, -1, -2), jacobian))
    return with_value(plain, made)


@replacing(scipy.optimize, "leastsq")
def leastsq(call: Call) -> Any:
    """MINPACK's Levenberg and Marquardt."""
    said: list[Any] = []

    def run(values: Any) -> Any:
        full = call.run(values, full_output=True)
        said[:] = list(full)
        size = len(full[0])
        known = full[1] if full[1] is not None else np.full((size, size), np.nan)
        return np.asarray(full[0]), known, bool(full[4] in (1, 2, 3, 4)), full[4]

    x, known, success, flag = run_plain(run, call.values)
    held = holding(call["func"], as_tuple(call["args"]))
    x = moved(call, x, held, success, said[3])
    if x is None:
        return call.as_given()
    if not call["full_output"]:
        return x, flag
    return (x, None if said[1] is None else covariance(x, held, known), *said[2:])


# ---- curve_fit -------------------------------------------------------------------------------------------------------


def weighted(x: Any, f: Any, xdata: Any, ydata: Any, sigma: Any) -> Any:
    """The residuals of a curve, in units of their errors."""
    r = lifted(f)(xdata, *(ops.getitem(x, index=k) for k in range(ops.shape(x)[-1]))) - ydata
    if sigma is None:
        return r
    sigma = as_array(sigma)
    if ops.ndim(sigma) < 2:
        return r / sigma
    return np.linalg.solve(np.linalg.cholesky(sigma), r)


@replacing(scipy.optimize, "curve_fit")
def curve_fit(call: Call) -> Any:
    """The parameters and their covariance."""
    if call["nan_policy"] == "omit":
        raise LiftError(
            f"curve_fit{at_user_line()}: nan_policy='omit' has no derivative rule. Take the missing points out: "
            "xdata[keep], ydata[keep]."
        )
    taken = {**call.values, "bounds": apart(call["bounds"])}
    said: list[Any] = []

    def run(values: Any) -> Any:
        values = {**values, "bounds": together(values["bounds"])}
        try:
            full = call.run(values, full_output=True)
        except RuntimeError as error:
            raise not_converged(call.name, error) from None
        said[:] = list(full)
        return np.asarray(full[0]), np.asarray(full[1])

    x, plain = run_plain(run, taken)
    xdata = call["xdata"]
    if isinstance(xdata, (list, tuple)):
        xdata = as_array(xdata)
    loose = call.values.get("kwargs", {})
    held = holding(weighted, (call["f"], xdata, as_array(call["ydata"]), call["sigma"]), bounds=taken["bounds"])
    held["loss"], held["scale"] = loose.get("loss", "linear"), loose.get("f_scale", 1.0)
    popt = moved(call, x, held, True, "")
    if popt is None:
        return call.as_given()
    pcov = known_covariance(call, popt, held, plain)
    return (popt, pcov, *said[2:]) if call["full_output"] else (popt, pcov)


def known_covariance(call: Call, popt: Any, held: Any, plain: Any) -> Any:
    """The covariance with its derivatives; what SciPy could not estimate stays infinite."""
    if not np.all(np.isfinite(dm.primal(plain))):
        return plain
    if held["loss"] != "linear":
        raise LiftError(f"curve_fit{at_user_line()}: the covariance with loss={held['loss']!r} has no derivative rule.")
    r = residuals(popt, held)
    jacobian = dm.jacfwd(lambda z: residuals(z, held))(popt)
    made = np.linalg.inv(np.matmul(np.swapaxes(jacobian, -1, -2), jacobian))
    if not call["absolute_sigma"]:
        made = made * (np.sum(r**2) / (ops.shape(r)[-1] - ops.shape(popt)[-1]))
    return with_value(plain, made)
