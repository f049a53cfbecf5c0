"""Roots and fixed points: dx = -F_x^-1 F_p dp at a converged solution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize
from scipy.optimize import RootResults

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import DispatchmlError

from ..calls import Call, as_tuple, first, is_recorded, replacing, run_result
from ..errors import ConvergenceError
from ..implicit import as_array, as_vector, differentiated, implicit, not_converged, run_plain
from ..user_functions import lifted
from .unsolved import unsolved

Equation = Callable[..., Any]


def finish(
    call: Call, equation: Equation, held: Any, found: Any, converged: Any, said: Any, *, elementwise: bool
) -> Any:
    """A solution with its derivatives; None where nothing is traced, an error where the solver did not converge."""
    asked = differentiated(call, equation(found, held))
    if not asked:
        return found if asked is False else None
    if not np.all(dm.primal(converged)):
        raise not_converged(call.name, said)
    return implicit(equation, found, held, call.name, elementwise=elementwise)


# ---- one equation ----------------------------------------------------------------------------------------------------


def scalar_root(call: Call, f: Any, run: Callable[[Any], RootResults], *, several: bool = False) -> Any:
    """The result of a solver for f(x) = 0. run(values) -> RootResults for plain values. several: f may return a tuple,
    of which the first is the value; where it did not converge, a result that says so comes back.
    """
    said: list[Any] = []

    def solve(values: Any) -> tuple[Any, ...]:
        said[:] = [run(values)]
        r = said[0]
        return r.root, r.iterations, r.function_calls, bool(r.converged)

    root, iterations, calls, converged = run_plain(solve, call.values)
    if is_recorded(converged):
        bool(converged)  # guarded: what the result says in words belongs to it

    def equation(x: Any, held: Any) -> Any:
        function, args = held
        y = lifted(function)(x, *args)
        return as_array(first(y) if several else y)

    try:
        root = finish(call, equation, (f, as_tuple(call["args"])), root, converged, said[0].flag, elementwise=True)
    except ConvergenceError as error:
        if not several:
            raise
        return unsolved(call, {**said[0]}, converged, error)
    if root is None:
        return None
    made = RootResults(root, iterations, calls, said[0].flag, said[0].method)
    made.converged = converged
    return made


def bracketing(name: str) -> None:
    """One of the solvers in an interval, whose ends do not move the root."""

    def solve(call: Call) -> Any:
        r = scalar_root(call, call["f"], lambda values: call.run(values, full_output=True, disp=False)[1])
        if r is None:
            return call.as_given()
        return (r.root, r) if call["full_output"] else r.root

    replacing(scipy.optimize, name)(solve)


for name in ("brentq", "brenth", "ridder", "bisect", "toms748"):
    bracketing(name)


@replacing(scipy.optimize, "root_scalar")
def root_scalar(call: Call) -> Any:
    """Every method; f may return derivatives as well (fprime=True)."""
    r = scalar_root(call, call["f"], call.run, several=True)
    return call.as_given() if r is None else r


@replacing(scipy.optimize, "newton")
def newton(call: Call) -> Any:
    """One start, or an array of them, each with an equation of its own."""
    shape = ops.shape(as_array(call["x0"]))
    several = int(np.prod(shape)) > 1
    if not several:
        r = scalar_root(call, call["func"], lambda values: call.run(values, full_output=True, disp=False)[1])
        if r is None:
            return call.as_given()
        return (r.root, r) if call["full_output"] else r.root

    def solve(values: Any) -> Any:
        return tuple(call.run(values, full_output=True, disp=False))

    root, converged, flat = run_plain(solve, call.values)
    said = f"{np.count_nonzero(~dm.primal(converged))} of {root.size} starts did not converge."
    held = call["func"], as_tuple(call["args"])

    def equation(x: Any, held: Any) -> Any:
        return as_array(lifted(held[0])(x, *held[1]))

    made = finish(call, equation, held, root, converged, said, elementwise=True)
    if made is None:
        return call.as_given()
    return (made, converged, flat) if call["full_output"] else made


# ---- systems ---------------------------------------------------------------------------------------------------------


def system(function: Any, args: Any, shape: Any, *, several: bool = False) -> tuple[Equation, Any]:
    """The equations function(x, *args) = 0 in vectors, for x in a shape."""

    def equation(x: Any, held: Any) -> Any:
        f, given = held
        y = lifted(f)(ops.reshape(x, shape=shape), *given)
        return as_vector(first(y) if several else y)

    return equation, (function, as_tuple(args))


@replacing(scipy.optimize, "root")
def root(call: Call) -> Any:
    """Every method."""
    r = run_result(call, call.run)
    x = as_array(r.x)
    shape = ops.shape(x)
    equation, held = system(call["fun"], call["args"], shape, several=bool(call["jac"]) and not callable(call["jac"]))
    flat = ops.reshape(x, shape=(-1,))
    try:
        made = finish(call, equation, held, flat, r.success, r.message, elementwise=False)
    except ConvergenceError as error:
        return unsolved(call, r, r.success, error)
    if made is None:
        return call.as_given()
    r.x = ops.reshape(made, shape=shape)
    return r


@replacing(scipy.optimize, "fsolve")
def fsolve(call: Call) -> Any:
    """MINPACK's hybrid method."""
    said: list[Any] = []

    def solve(values: Any) -> tuple[Any, ...]:
        x, about, flag, text = call.run(values, full_output=True)
        said[:] = [about, flag, text]
        return np.asarray(x), bool(flag == 1)

    x, success = run_plain(solve, call.values)
    equation, held = system(call["func"], call["args"], ops.shape(x))
    made = finish(call, equation, held, x, success, said[2], elementwise=False)
    if made is None:
        return call.as_given()
    return (made, *said) if call["full_output"] else made


@replacing(scipy.optimize, "fixed_point")
def fixed_point(call: Call) -> Any:
    """x with func(x) = x."""

    def solve(values: Any) -> tuple[Any, ...]:
        try:
            return np.asarray(call.run(values)), True
        except RuntimeError as error:
            if isinstance(error, DispatchmlError):
                raise
            raise not_converged(call.name, error) from None

    x, success = run_plain(solve, call.values)
    shape = ops.shape(x)
    plain, held = system(call["func"], call["args"], shape)

    def equation(x: Any, held: Any) -> Any:
        return ops.subtract(plain(x, held), x)

    made = finish(call, equation, held, ops.reshape(x, shape=(-1,)), success, "", elementwise=False)
    return call.as_given() if made is None else ops.reshape(made, shape=shape)
