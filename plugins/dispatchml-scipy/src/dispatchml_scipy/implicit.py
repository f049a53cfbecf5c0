"""Derivatives of solutions by the implicit function theorem.

A solver runs on plain values. Its solution x of F(x, parameters) = 0 is then carried through as many steps
x - J^-1 F(x, parameters) as derivatives are being taken, with the traced parameters and with J the plain Jacobian at
the solution: each step makes one more order of derivatives exact, because J^-1 F differs from the identity by what is
of first order in the parameters. So derivatives nest, in both modes, and F sees traced values wherever it finds them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.dispatch.errors import LiftError, TracerConversionError, at_user_line, class_name
from dispatchml.dispatch.layers import layer_of
from dispatchml.engines.batch import Batched
from dispatchml.engines.record import Rec
from dispatchml.engines.traced import Traced
from dispatchml.lift import plainly
from dispatchml.lift.buffers import TRACED, held_deeply
from dispatchml.rules import nondifferentiable
from dispatchml.transforms.captured import DEPTH, Walk

from .errors import ConvergenceError, SingularSolutionError

#: Above it the condition number of a scaled Jacobian says that there is no unique solution.
SINGULAR = 1e14
#: How far, relative to 1 + |x|, a step to a closer solution may go.
POLISH = 1e-3
#: How far it may go where the solver is still believed.
FAR = 1e-2
#: How far where it says that it ended at the accuracy of the numbers, and not whether it converged.
NEAR = 1e-6


# ---- plain runs ------------------------------------------------------------------------------------------------------


@operation(variadic=True, family="calls")
def detached(arrays: Any, *, call: Any = None) -> Any:
    """call(arrays), a tuple of arrays: constant to derivatives, and called for each element of a batch."""


@detached.decompose
@plainly
def run_detached(arrays: Any, *, call: Any) -> Any:
    return call(arrays)


nondifferentiable(detached)


def traced_in(tree: Any) -> list[Any]:
    """The traced values in containers, and in what functions among them hold (closures, defaults, bound objects)."""
    found: list[Any] = []
    Walk(found, False).within(tree, DEPTH)
    return found


def with_values(tree: Any, values: Any) -> Any:
    """The same with other values in the places of the traced ones."""
    return Walk(list(reversed(list(values))), True).within(tree, DEPTH)


def run_plain(run: Callable[[Any], tuple[Any, ...]], tree: Any) -> tuple[Any, ...]:
    """run(tree) with plain values in the place of all traced ones; for each element where these are batches.

    run returns a tuple of numbers and arrays. They are constants to derivatives.
    """
    values = traced_in(tree)
    if not values:
        return run(tree)
    return detached(tuple(values), call=lambda given: run(with_values(tree, given)))


def quiet(tree: Any) -> Any:
    """The same with constants in the place of traced values; batches stay batches."""
    values = traced_in(tree)
    return with_values(tree, [dm.stop_gradient(x) for x in values]) if values else tree


def plainly(function: Any) -> Any:
    """A function of the user's for a compiled solver, whose results are plain also where it finds traced values by
    itself, in globals and objects. What is no function stays: None, names of methods, classes, linear operators.
    """
    if not callable(function) or isinstance(function, type) or hasattr(function, "matvec"):
        return function

    @functools.wraps(function)
    def plain_function(*arguments: Any, **keywords: Any) -> Any:
        return plain_result(function(*arguments, **keywords))

    return plain_function


def plain_result(y: Any) -> Any:
    """What a solver gets of a function's result."""
    y = held_deeply(y)
    if isinstance(y, Traced):
        if hidden_batch(y):
            raise TracerConversionError(
                f"A function that was given to a solver{at_user_line()} reads an element of a batch (vmap) from a "
                "global or an object. Pass it by args=, or hold it in the function's closure."
            )
        return dm.primal(y)
    if isinstance(y, (list, tuple)):
        return type(y)([plain_result(v) for v in y]) if type(y) in (list, tuple) else y
    return y


def hidden_batch(x: Any) -> bool:
    """Whether a batch is among the layers of a value."""
    while isinstance(x, Traced):
        if isinstance(x, Batched):
            return True
        x = x._value
    return False


def order_of(x: Any) -> int:
    """How many derivatives are being taken of a value, one inside the other."""
    count = 0
    while isinstance(x, Traced):
        count += not isinstance(x, Batched)
        x = x._value
    return count


def differentiated(call: Any, *values: Any) -> bool | None:
    """Whether derivatives are being taken of what a call made; None where nothing at all is traced in it."""
    if any(map(order_of, values)):
        return True
    return False if any(isinstance(y, TRACED) for y in values) or traced_in(call.values) else None


def as_array(y: Any) -> Any:
    """An array of numbers, traced or not, and of lists of them."""
    y = held_deeply(y)
    if isinstance(y, (list, tuple)) and traced_in(y):
        return ops.stack(tuple(as_array(v) for v in y), axis=0)
    return y if isinstance(y, TRACED) else np.asarray(y)


def refuse_meaning(y: Any) -> None:
    """Refuses a value that says more than its numbers, as a unit or a mask, where that would be lost."""
    info = layer_of(type(y))
    if info is not None and info.slot == "meaning":
        raise LiftError(
            f"SciPy's functions know bare numbers, and a {class_name(type(y))} was given{at_user_line()}: its meaning "
            "would be lost. Take its numbers in a unit of your choice before."
        )


def as_vector(y: Any) -> Any:
    """The numbers of a result in one axis, floats at least."""
    y = as_array(y)
    if ops.dtype(y).kind not in "fc":
        y = ops.astype(y, dtype=np.dtype(float))
    return ops.reshape(y, shape=(-1,))


# ---- the implicit function -------------------------------------------------------------------------------------------


def implicit(
    equations: Callable[[Any, Any], Any], solution: Any, held: Any, name: str, *, elementwise: bool = False,
    far: float = FAR,
) -> Any:  # fmt: skip
    """A solution as a differentiable function of all traced values that its equations depend on.

    equations(x, held): as many numbers as x, a vector, has; held: containers and functions with the traced values that
    the equations are made of, handed over so that the Jacobian is taken without them. solution: where a solver saw the
    equations satisfied, a vector of plain numbers (or batches of them), which stays the value of the result. The
    derivatives are taken where one more step of Newton's method leads, if that is closer. elementwise: each number has
    its own equation, in any shape.
    """
    order = order_of(equations(solution, held))
    if not order:
        return solution
    constants = quiet(held)

    def still(x: Any) -> Any:
        return dm.stop_gradient(equations(x, constants))

    def linearised(x: Any) -> Any:
        if elementwise:
            slope = dm.jvp(lambda z: equations(z, constants), (x,), (ops.ones_like(x),))[1]
            return checked_slope(dm.stop_gradient(slope), name)
        return checked(dm.jacfwd(lambda z: equations(z, constants))(x), name)

    place = dm.stop_gradient(solution)
    now = still(place)
    step = invert(linearised(place), now, name)
    if np.any(np.abs(dm.primal(step)) > far * (1 + np.abs(dm.primal(place)))):
        raise not_converged(name, "that it did, but one step of Newton's method leads far away from its solution.")
    closer = ops.subtract(place, step)
    small = np.abs(step) <= POLISH * (1 + np.abs(place))
    better = np.abs(still(closer)) < np.abs(now)
    if not elementwise:
        small, better = np.all(small), np.sum(np.abs(still(closer)) ** 2) < np.sum(np.abs(now) ** 2)
    place = np.where(np.logical_and(small, better), closer, place)
    slope = linearised(place)
    x = place
    for _ in range(order):
        residual = equations(x, held)
        x = ops.subtract(x, invert(slope, ops.subtract(residual, dm.stop_gradient(residual)), name))
    return ops.add(solution, ops.subtract(x, place))


def with_value(plain: Any, y: Any) -> Any:
    """What a solver returned, with the derivatives of what should be the same."""
    return ops.add(as_array(plain), ops.subtract(y, dm.stop_gradient(y))) if order_of(y) else plain


def invert(slope: Any, residual: Any, name: str) -> Any:
    """slope^-1 residual, for a matrix or, element by element, for numbers in the shape of the residual."""
    if ops.ndim(slope) == ops.ndim(residual):
        return ops.divide(residual, slope)
    try:
        return ops.solve(slope, residual)
    except np.linalg.LinAlgError as error:
        raise SingularSolutionError(f"{name}{at_user_line()}: {error}.") from None


def checked(jacobian: Any, name: str) -> Any:
    """A Jacobian as a constant, refused where it is singular in the numbers that machines compute with."""
    return looked_at(refuse_singular, dm.stop_gradient(jacobian), f"{name}{at_user_line()}")


def checked_slope(slope: Any, name: str) -> Any:
    """The slopes of single equations, refused where one is zero or not finite."""
    return looked_at(refuse_flat, slope, f"{name}{at_user_line()}")


def looked_at(refuse: Callable[[Any, str], None], x: Any, where: str) -> Any:
    """A constant at whose numbers a function looks that may refuse them: now, or in each run of a recorded program."""
    plain = dm.primal(x)
    if not isinstance(plain, Rec):
        refuse(np.asarray(plain), where)
        return x

    def look(given: Any) -> tuple[Any]:
        refuse(np.asarray(given[0]), where)
        return (given[0],)

    return detached((x,), call=look)[0]


def refuse_singular(jacobian: Any, where: str) -> None:
    """Refuse a Jacobian that cannot be inverted."""
    plain = np.abs(jacobian)
    if not np.all(np.isfinite(plain)):
        raise SingularSolutionError(
            f"{where}: the derivatives of the function at the solution are not finite, so the solution has no "
            "derivative."
        )
    rows = plain.max(axis=-1, keepdims=True, initial=0)
    columns = (plain / np.where(rows, rows, 1)).max(axis=-2, keepdims=True, initial=0)
    values = jacobian / np.where(rows, rows, 1) / np.where(columns, columns, 1)
    if plain.size and (not np.all(rows) or not np.all(columns) or np.max(np.linalg.cond(values)) > SINGULAR):
        raise SingularSolutionError(
            f"{where}: the equations linearised at the solution are singular (a multiple root, a flat minimum, or "
            "parameters that are not determined), so the solution is no differentiable function. Reparametrise, or use "
            "dispatchml.stop_gradient on what goes in."
        )


def refuse_flat(slope: Any, where: str) -> None:
    """Refuse slopes that cannot be divided by."""
    if not np.all(np.isfinite(slope)) or not np.all(slope):
        raise SingularSolutionError(
            f"{where}: the function has slope 0 at the root (a multiple root), or one that is not finite, so the root "
            "is no differentiable function of the parameters. Use dispatchml.stop_gradient on what goes in, or an "
            "equation with a simple root."
        )


def not_converged(name: str, said: Any) -> ConvergenceError:
    """The error for a solve whose result is no solution."""
    return ConvergenceError(
        f"{name}{at_user_line()} did not converge, and what is no solution has no derivative. The solver said: "
        f"{said!s} Start closer, allow more iterations or loosen its tolerances; dispatchml.stop_gradient on what goes "
        "in takes the result as a constant."
    )
