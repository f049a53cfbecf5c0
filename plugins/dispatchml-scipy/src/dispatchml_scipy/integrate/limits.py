"""What an integrand is at a limit of its integral: what it tends to from within.

No rule of integration looks at the limits themselves. Where the integrand jumps there, or its slope does, its value at
the limit can be that of the other side.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NonDifferentiableError

from ..implicit import hidden_batch
from ..user_functions import plain_numbers

#: How far inside of the interval, relative to its length, the integrand is looked at.
INSIDE = 1e-7
#: How much a value and a slope may differ, relative to their size, from what is inside.
JUMP, KINK = 1e-6, 1e-3


def is_infinite(problem: Any, t: Any) -> bool:
    """Whether a limit is infinite: it stays where it is, and where the integral converges nothing is added there."""
    finite = np.isfinite(np.asarray(dm.primal(t), float))
    if np.any(finite) and not np.all(finite):
        raise NonDifferentiableError(
            f"{problem.name}{problem.line}: a limit is infinite for some elements of a batch only; use a loop."
        )
    return not np.all(finite)


def at_limit(problem: Any, t: Any, values: Any, other: Any) -> Any:
    """The integrand at a limit that moves; other: the limit at the other end."""
    weight, c = problem.settings.get("weight"), problem.settings.get("wvar")
    y = from_within(problem, t, values, other)
    if weight in ("cos", "sin"):
        return ops.multiply(y, getattr(ops, weight)(ops.multiply(t, c)))
    if weight == "cauchy":
        return ops.divide(y, ops.subtract(t, c))
    if weight is not None:
        raise NonDifferentiableError(
            f"{problem.name}{problem.line}: the weight {weight!r} is singular at the limits, so there is no derivative "
            "by them. Substitute t = a + (b - a) * s and integrate over s from 0 to 1."
        )
    return y


def from_within(problem: Any, t: Any, values: Any, other: Any) -> Any:
    """The integrand at a limit; where it jumps or has a kink there, what the line through two places inside says."""
    step = step_inside(problem, t, values, other)
    if not step:
        return problem.integrand(t, values)
    near, far = (problem.integrand(ops.add(t, k * step), values) for k in (1, 2))
    return ops.subtract(ops.multiply(near, 2.0), far)


def step_inside(problem: Any, t: Any, values: Any, other: Any) -> float:
    """The step into the interval where the integrand has to be looked at from there, else 0."""
    if any(map(hidden_batch, (t, other, *values))):
        return 0.0
    plain = [dm.primal(v) for v in values]
    place, end = float(dm.primal(t)), float(dm.primal(other))
    length = end - place if np.isfinite(end) else np.sign(end) * (1 + abs(place))
    step = INSIDE * length

    def looked_at(s: float) -> tuple[Any, Any]:
        value, slope = dm.jvp(lambda z: ops.multiply(problem.integrand(z, plain), 1.0), (s,), (1.0,))
        return np.asarray(dm.primal(value)), np.asarray(dm.primal(slope))

    with plain_numbers(), np.errstate(all="ignore"):
        here, near, far, farther = (looked_at(place + k * step) for k in (0, 1, 2, 4))
    if not all(np.all(np.isfinite(x)) for pair in (here, near, far, farther) for x in pair):
        return 0.0
    value, slope = 2 * near[0] - far[0], 2 * near[1] - far[1]
    size, steep = (max(np.max(np.abs(x[k]), initial=0.0) for x in (here, near)) for k in (0, 1))
    if differ(value, 2 * far[0] - farther[0], JUMP * size) or differ(near[1], far[1], KINK * steep / 10):
        # a singularity, or digits that cancel: nothing better is known than the value itself
        return 0.0
    return step if differ(here[0], value, JUMP * size) or differ(here[1], slope, KINK * steep) else 0.0


def differ(x: Any, y: Any, allowed: float) -> bool:
    """Whether two arrays are farther apart than that."""
    return bool(np.any(np.abs(x - y) > allowed))
