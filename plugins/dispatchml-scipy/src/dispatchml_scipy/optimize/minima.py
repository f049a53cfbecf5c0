"""minimize and its relatives: the minimum moves so that the conditions for a minimum stay satisfied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize

from dispatchml import ops

from ..calls import Call, as_tuple, first, replacing, run_result
from ..errors import ConvergenceError
from ..implicit import as_vector, plainly, run_plain, with_value
from ..user_functions import lifted
from .constraints import apart, ends_of_pairs, functions, parts, together
from .stationary import minimum_of, one_number
from .unsolved import unsolved


def objective(x: Any, held: Any) -> Any:
    """The objective of what is held."""
    y = lifted(held["fun"])(x, *held["args"])
    return one_number(first(y) if held["several"] else y)


def find(x: Any, held: Any) -> tuple[list[Any], list[Any]]:
    """The constraints of what is held."""
    pairs = held["bounds"]
    return parts(x, None if pairs is None else ends_of_pairs(pairs, ops.shape(x)[-1]), held["constraints"])


def moved(call: Call, x: Any, held: Any, success: Any, said: Any) -> Any:
    """The minimum with its derivatives; None where nothing is traced, an error where the solver did not converge."""
    return minimum_of(call, objective, x, held, success, said, functions(x, held, find))


def holding(fun: Any, args: Any, bounds: Any = None, constraints: Any = (), several: bool = False) -> dict[str, Any]:
    """What a problem is made of."""
    return {"fun": fun, "args": as_tuple(args), "bounds": bounds, "constraints": constraints, "several": several}


def minimized(call: Call, constraints: Any, *, several: bool = False, args: Any = ()) -> Any:
    """A result with its derivatives, of a function with `bounds`, and a result with x and fun."""
    taken = {**call.values, "bounds": apart_bounds(call.values.get("bounds"))}
    if constraints is not None:
        taken["constraints"] = constraints

    def run(values: Any) -> Any:
        others = {k: together(values[k]) for k in ("bounds", "constraints") if k in values}
        if "bounds" not in call.values:
            others.pop("bounds")
        return call.run(values, **others)

    r = run_result(call, run, taken)
    held = holding(taken[next(iter(taken))], args, taken["bounds"], constraints or (), several)
    try:
        x = moved(call, as_vector(r.x), held, r.success, r.message)
    except ConvergenceError as error:
        return unsolved(call, r, r.success, error)
    if x is None:
        return call.as_given()
    r.x, r.fun = x, with_value(r.fun, objective(x, held))
    return r


def apart_bounds(bounds: Any) -> Any:
    """Bounds as containers; a sequence of pairs as it is."""
    return apart(bounds) if isinstance(bounds, scipy.optimize.Bounds) else bounds


@replacing(scipy.optimize, "minimize")
def minimize(call: Call) -> Any:
    """Every method, with bounds and constraints."""
    several = call["jac"] is True or callable(call["jac"]) is False and bool(call["jac"]) and call["jac"] not in METHODS
    return minimized(call, apart(call["constraints"]), several=several, args=call["args"])


#: What `jac` may be beside a function and True.
METHODS = ("2-point", "3-point", "cs")


@replacing(scipy.optimize, "minimize_scalar")
def minimize_scalar(call: Call) -> Any:
    """Brent, golden, bounded."""
    r = run_result(call, call.run)
    bounds = None if call["bounds"] is None else [call["bounds"]]
    held = holding(call["fun"], call["args"], bounds)
    held["fun"], held["args"] = of_number, (call["fun"], *held["args"])
    try:
        x = moved(call, as_vector(r.x), held, r.success, r.message)
    except ConvergenceError as error:
        return unsolved(call, r, r.success, error)
    if x is None:
        return call.as_given()
    r.x, r.fun = ops.getitem(x, index=0), with_value(r.fun, objective(x, held))
    return r


def of_number(x: Any, function: Any, *args: Any) -> Any:
    """A function of one number, of a vector with one."""
    return lifted(function)(ops.getitem(x, index=0), *args)


# ---- over a box ------------------------------------------------------------------------------------------------------


def over_box(name: str) -> None:
    """One of the global methods."""

    def solve(call: Call) -> Any:
        given = call.values.get("constraints", None)
        if given is not None:
            given = apart(given)
        return minimized(call, given, args=call["args"])

    replacing(scipy.optimize, name)(solve)


for method in ("differential_evolution", "dual_annealing", "shgo", "direct"):
    over_box(method)


@replacing(scipy.optimize, "basinhopping")
def basinhopping(call: Call) -> Any:
    """The lowest of the minima that were found."""
    args = (call["minimizer_kwargs"] or {}).get("args", ())
    r = run_result(call, call.run)
    held = holding(call["func"], args, (call["minimizer_kwargs"] or {}).get("bounds"))
    lowest = r.lowest_optimization_result
    x = moved(call, as_vector(r.x), held, lowest.success, lowest.message)
    if x is None:
        return call.as_given()
    r.x, r.fun = x, with_value(r.fun, objective(x, held))
    return r


# ---- the older interface ---------------------------------------------------------------------------------------------

#: Function -> where the value and the flag are in its full output (None: there is none), and the flag for success.
OLDER: dict[str, tuple[Any, Any, Any]] = {
    "fmin": (1, 4, 0),
    "fmin_powell": (1, 5, 0),
    "fmin_cg": (1, 4, 0),
    "fmin_bfgs": (1, 6, 0),
    "fmin_ncg": (1, 5, 0),
    "fminbound": (1, 2, 0),
    "brent": (1, None, None),
    "golden": (1, None, None),
}


def older(name: str, value_place: int, flag_place: Any, good: Any) -> None:
    """One of the functions of SciPy's first interface."""
    of_numbers = name in ("fminbound", "brent", "golden")

    def solve(call: Call) -> Any:
        said: list[Any] = []

        def run(values: Any) -> Any:
            full = call.run(values, full_output=True, **({"disp": 0} if "disp" in call.values else {}))
            said[:] = list(full)
            converged = flag_place is None or full[flag_place] == good
            return np.atleast_1d(full[0]), float(full[value_place]), bool(converged)

        x, value, success = run_plain(run, call.values)
        fun = call["func"] if "func" in call.values else call["f"]
        bounds = [(call["x1"], call["x2"])] if name == "fminbound" else None
        held = holding(fun, call["args"], bounds)
        if of_numbers:
            held["fun"], held["args"] = of_number, (fun, *held["args"])
        flag = f"flag {said[flag_place]}" if flag_place is not None else ""
        if flag == "flag 2" and name in ("fmin_cg", "fmin_bfgs"):
            flag = "Desired error not necessarily achieved due to precision loss."
        x = moved(call, x, held, success, flag)
        if x is None:
            return call.as_given()
        made = ops.getitem(x, index=0) if of_numbers else x
        if call["full_output"]:
            return (made, with_value(value, objective(x, held)), *said[2:])
        return (made, said[-1]) if call.values.get("retall") else made

    replacing(scipy.optimize, name)(solve)


for key, (value_at, flag_at, success_flag) in OLDER.items():
    older(key, value_at, flag_at, success_flag)


@replacing(scipy.optimize, "fmin_l_bfgs_b")
def fmin_l_bfgs_b(call: Call) -> Any:
    """x, the value and a dictionary."""
    return box_constrained(call, lambda full: full[2]["warnflag"] == 0, lambda full: str(full[2]["task"]))


@replacing(scipy.optimize, "fmin_tnc")
def fmin_tnc(call: Call) -> Any:
    """x, the number of evaluations, and a code, of which 0 to 2 are convergence."""
    return box_constrained(call, lambda full: full[2] in (0, 1, 2), lambda full: f"code {full[2]}")


def box_constrained(call: Call, converged: Callable[[Any], bool], text: Callable[[Any], str]) -> Any:
    """One of the two methods with bounds."""
    said: list[Any] = []

    def run(values: Any) -> Any:
        said[:] = list(call.run(values))
        return np.asarray(said[0]), bool(converged(said))

    x, success = run_plain(run, call.values)
    several = call["fprime"] is None and not call["approx_grad"]
    held = holding(call["func"], call["args"], call["bounds"], several=several)
    x = moved(call, x, held, success, text(said))
    if x is None:
        return call.as_given()
    return (x, with_value(said[1], objective(x, held)) if call.name == "fmin_l_bfgs_b" else said[1], said[2])


@replacing(scipy.optimize, "fmin_slsqp")
def fmin_slsqp(call: Call) -> Any:
    """Constraints as functions of x and the same further arguments."""
    args = as_tuple(call["args"])
    given: list[Any] = []
    for kind, single, several in (("eq", "eqcons", "f_eqcons"), ("ineq", "ieqcons", "f_ieqcons")):
        chosen = call[several]
        given += [{"type": kind, "fun": f, "args": args} for f in ([chosen] if chosen is not None else call[single])]
    said: list[Any] = []

    def run(values: Any) -> Any:
        lists = {k: [plainly(f) for f in values[k]] for k in ("eqcons", "ieqcons")}
        said[:] = list(call.run(values, full_output=True, iprint=0, **lists))
        return np.asarray(said[0]), bool(said[3] == 0)

    x, success = run_plain(run, call.values)
    held = holding(call["func"], args, call["bounds"] or None, given)
    x = moved(call, x, held, success, said[4])
    if x is None:
        return call.as_given()
    return (x, with_value(said[1], objective(x, held)), *said[2:]) if call["full_output"] else x
