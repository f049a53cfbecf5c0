"""Minima as solutions of the conditions of Karush, Kuhn and Tucker, which are equations where the active set is known.

With the unknowns x and one multiplier for each constraint: grad f - sum of multiplier * grad c = 0, and c = 0 for the
active constraints, multiplier = 0 for the others (Fiacco 1976).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NonDifferentiableError, at_user_line

from ..calls import Call
from ..errors import ConvergenceError
from ..implicit import FAR, NEAR, as_vector, differentiated, implicit, not_converged, quiet

#: Below it, relative to 1 + |x|, an inequality counts as active.
ACTIVE = 1e-5
#: Below it, relative to the derivatives of the objective, a multiplier counts as zero.
WEAK = 1e-7

Function = Callable[[Any, Any], Any]


def stationary(
    name: str, objective: Function, x: Any, held: Any, *, equal: Function | None = None, inside: Function | None = None,
    far: float = FAR,
) -> Any:  # fmt: skip
    """A minimum as a differentiable function of all that the problem depends on.

    objective(x, held) -> number; equal(x, held) -> vector that is 0 at the solution; inside(x, held) -> vector that is
    not negative there. x: where a solver saw the minimum. Raises SingularSolutionError where it is not unique to first
    order, and NonDifferentiableError where a constraint holds by chance (active, with multiplier 0).
    """
    return minimum_and_multipliers(name, objective, x, held, equal=equal, inside=inside, far=far)[0]


def minimum_and_multipliers(
    name: str, objective: Function, x: Any, held: Any, *, equal: Function | None = None, inside: Function | None = None,
    far: float = FAR,
) -> tuple[Any, Any]:  # fmt: skip
    """The minimum, and the multipliers of the constraints, those of `equal` first."""
    size = ops.shape(x)[-1]
    if equal is None and inside is None:

        def gradient(z: Any, given: Any) -> Any:
            return dm.grad(lambda q: one_number(objective(q, given)))(z)

        return implicit(gradient, x, held, name, far=far), None

    constants = quiet(held)
    counts = [0 if c is None else ops.shape(c(x, constants))[-1] for c in (equal, inside)]

    def constraints(q: Any, given: Any) -> Any:
        parts = [c(q, given) for c in (equal, inside) if c is not None]
        return ops.concatenate(tuple(parts), axis=0) if len(parts) > 1 else parts[0]

    slope = dm.stop_gradient(dm.grad(lambda q: one_number(objective(q, constants)))(x))
    normals = dm.stop_gradient(dm.jacfwd(lambda q: constraints(q, constants))(x))
    slack = dm.stop_gradient(constraints(x, constants))
    is_equal = np.arange(sum(counts)) < counts[0]
    near = np.logical_or(slack <= ACTIVE * (1 + np.max(np.abs(x))), is_equal)
    chosen = np.where(np.expand_dims(near, -1), normals, 0)
    multipliers = np.matmul(np.linalg.pinv(np.swapaxes(chosen, -1, -2)), slope)
    scale = WEAK * (np.max(np.abs(slope)) + np.max(np.abs(curvature(objective, x, constants))))
    weak = np.logical_and(multipliers <= scale, np.logical_not(is_equal))
    by_chance = np.logical_and(np.logical_and(near, weak), slack <= ACTIVE**2)
    if np.any(dm.primal(by_chance)):
        raise NonDifferentiableError(
            f"{name}{at_user_line()}: a bound or constraint is met by chance at the solution (it is active, and its "
            "multiplier is 0), so the solution is not differentiable there. Leave the constraint out, or move it."
        )
    active = np.logical_and(near, np.logical_or(is_equal, np.logical_not(weak)))
    multipliers = np.where(active, multipliers, 0.0)

    def conditions(z: Any, given: Any) -> Any:
        q, factors = ops.getitem(z, index=slice(None, size)), ops.getitem(z, index=slice(size, None))

        def lagrangian(p: Any) -> Any:
            return one_number(objective(p, given)) - np.sum(factors * constraints(p, given))

        return ops.concatenate((dm.grad(lagrangian)(q), np.where(active, constraints(q, given), factors)), axis=0)

    start = ops.concatenate((x, multipliers), axis=0)
    z = implicit(conditions, start, held, name, far=far)
    return ops.getitem(z, index=slice(None, size)), ops.getitem(z, index=slice(size, None))


def curvature(objective: Function, x: Any, constants: Any) -> Any:
    """The second derivatives of the objective along the axes together, as a scale."""
    gradient = dm.grad(lambda q: one_number(objective(q, constants)))
    return dm.stop_gradient(dm.jvp(gradient, (x,), (ops.ones_like(x),))[1])


def one_number(y: Any) -> Any:
    """The value of an objective, which SciPy takes as an array of one number, too."""
    return ops.getitem(as_vector(y), index=0)


def minimum_of(
    call: Call, objective: Function, x: Any, held: Any, success: Any, said: Any, constraints: dict[str, Function]
) -> Any:
    """`stationary` for the result of a solver; None where nothing is traced, an error where it did not converge."""
    asked = differentiated(call, *(f(x, held) for f in (objective, *constraints.values())))
    if not asked:
        return x if asked is False else None
    if np.all(dm.primal(success)):
        return stationary(call.name, objective, x, held, **constraints)
    if "precision loss" in str(said):  # a line search that finds nothing lower any more, which may be the minimum
        try:
            return stationary(call.name, objective, x, held, far=NEAR, **constraints)
        except ConvergenceError:
            pass
    raise not_converged(call.name, said)
