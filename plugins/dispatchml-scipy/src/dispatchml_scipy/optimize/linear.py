"""Linear problems: least squares with bounds, linear programs, assignments."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, at_user_line
from dispatchml.lift import replaces

from ..calls import Call, replacing, run_result
from ..implicit import as_array, as_vector, differentiated, not_converged, run_plain, traced_in, with_value
from .constraints import apart, ends, ends_of_pairs, functions, parts, split, together
from .stationary import minimum_and_multipliers, minimum_of
from .unsolved import unsolved


def dense(matrix: Any) -> Any:
    """A matrix of numbers; a plain sparse one is small enough where derivatives by constraints are asked for."""
    return matrix.toarray() if hasattr(matrix, "toarray") else as_array(matrix)


# ---- least squares ---------------------------------------------------------------------------------------------------


def half_of_squares(x: Any, held: Any) -> Any:
    """|a x - b|^2 / 2."""
    return np.sum(residual(x, held) ** 2) / 2


def residual(x: Any, held: Any) -> Any:
    """a x - b."""
    return ops.matmul(dense(held["a"]), x) - as_array(held["b"])


def in_box(x: Any, held: Any) -> tuple[list[Any], list[Any]]:
    """Bounds as constraints."""
    bounds = held["bounds"]
    pair = (bounds["lb"], bounds["ub"]) if isinstance(bounds, dict) else tuple(bounds)
    return parts(x, ends(*pair, ops.shape(x)[-1]), [])


def least(call: Call, x: Any, held: Any, success: Any, said: Any) -> Any:
    """The minimum with its derivatives; None where nothing is traced."""
    return minimum_of(call, half_of_squares, x, held, success, said, functions(x, held, in_box))


@replacing(scipy.optimize, "nnls")
def nnls(call: Call) -> Any:
    """x >= 0, and the norm of the residual."""

    def run(values: Any) -> Any:
        try:
            return call.run(values)
        except RuntimeError as error:
            raise not_converged(call.name, error) from None

    x, norm = run_plain(run, call.values)
    held = {"a": call["A"], "b": call["b"], "bounds": (0.0, np.inf)}
    x = least(call, x, held, True, "")
    if x is None:
        return call.as_given()
    return x, with_value(norm, np.linalg.norm(residual(x, held)))


@replacing(scipy.optimize, "lsq_linear")
def lsq_linear(call: Call) -> Any:
    """Bounds by the active set."""
    if not hasattr(call["A"], "shape") and not isinstance(call["A"], (list, tuple)):
        raise LiftError(f"lsq_linear{at_user_line()}: a LinearOperator has no derivative rule. Use a matrix.")
    taken = {**call.values, "bounds": apart(call["bounds"])}
    named = "bounds" in call.named
    r = run_result(call, lambda v: call.run(v, **({"bounds": together(v["bounds"])} if named else {})), taken)
    held = {"a": call["A"], "b": call["b"], "bounds": taken["bounds"]}
    x = least(call, r.x, held, r.success, r.message)
    if x is None:
        return call.as_given()
    r.x, r.cost = x, with_value(r.cost, half_of_squares(x, held))
    r.fun = with_value(r.fun, residual(x, held))
    return r


# ---- linear programs -------------------------------------------------------------------------------------------------


def price(x: Any, held: Any) -> Any:
    """c x."""
    return np.sum(as_vector(held["c"]) * x)


def feasible(x: Any, held: Any) -> tuple[list[Any], list[Any]]:
    """Rows and bounds as constraints."""
    equal, inside = split(x, *ends_of_pairs(held["bounds"], ops.shape(x)[-1]))
    if held["A_eq"] is not None:
        equal = [*equal, ops.matmul(dense(held["A_eq"]), x) - as_vector(held["b_eq"])]
    if held["A_ub"] is not None:
        inside = [*inside, as_vector(held["b_ub"]) - ops.matmul(dense(held["A_ub"]), x)]
    return equal, inside


@replacing(scipy.optimize, "linprog")
def linprog(call: Call) -> Any:
    """A solution that is a single corner moves with the constraints that meet there, and the multipliers with it."""
    r = run_result(call, call.run)
    held = {name: call[name] for name in ("c", "A_ub", "b_ub", "A_eq", "b_eq", "bounds")}
    if r.x is None:
        if traced_in(call.values):
            return unsolved(call, r, r.success, not_converged(call.name, r.message))
        return call.as_given()
    given = functions(r.x, held, feasible)
    asked = differentiated(call, *(f(r.x, held) for f in (price, *given.values())))
    if not asked:
        return r if asked is False else call.as_given()
    if not np.all(dm.primal(r.success)):
        return unsolved(call, r, r.success, not_converged(call.name, r.message))
    if call["integrality"] is not None and np.any(call["integrality"]):
        raise LiftError(
            f"linprog{at_user_line()}: a program with whole numbers (integrality=) has no derivative. Solve it for the "
            "plain numbers (dispatchml.primal) and differentiate c @ x for the x that was found."
        )
    x, _ = minimum_and_multipliers(call.name, price, as_array(r.x), held, **given)
    r.x, r.fun = x, with_value(r.fun, price(x, held))
    if held["A_ub"] is not None:
        r.slack = with_value(r.slack, as_vector(held["b_ub"]) - ops.matmul(dense(held["A_ub"]), x))
    if held["A_eq"] is not None:
        r.con = with_value(r.con, as_vector(held["b_eq"]) - ops.matmul(dense(held["A_eq"]), x))
    return r


@replaces("scipy.optimize.linear_sum_assignment")
def linear_sum_assignment(cost_matrix: Any, maximize: bool = False) -> Any:
    """Rows and columns, whole numbers: `cost[rows, columns].sum()` is the value, and has derivatives."""

    def run(values: Any) -> Any:
        return scipy.optimize.linear_sum_assignment(values, maximize)

    return run_plain(run, cost_matrix)
