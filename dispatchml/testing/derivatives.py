"""First and second derivatives by the rules, against differences and against each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import jvp, vjp
from .cases import Case, matching_leaves, random_like
from .differences import Vector, derivative_along, jacobian_of, to_vector

#: An error estimate beyond this says that the point is no point of smoothness, or that the operation is noisy there.
SETTLED = 1e-3


def check_first_order(case: Case, modes: Sequence[str], tolerance: float) -> None:
    """Both modes against central differences, each argument alone and all together; and against each other."""
    if not case.argnums:
        return
    matrix, error = jacobian_of(case.of_vector, to_vector(case.active))
    if (error > SETTLED * (1 + np.abs(matrix))).any():
        case.subject.fail("central differences do not settle here; choose a point where the operation is smooth")
    y = case.call(*case.active)
    ct = random_like(y, 7)
    widths = [to_vector(x).size for x in case.active]
    starts = np.cumsum([0, *widths])
    columns = {k: slice(starts[n], starts[n + 1]) for n, k in enumerate(case.argnums)}
    for one in case.subsets():
        cells = np.concatenate([np.arange(columns[k].start, columns[k].stop) for k in one.argnums])
        part, off = matrix[:, cells], error[:, cells]
        alone = one.argnums[0] if len(one.argnums) == 1 else None
        tangents = tuple(random_like(x, 11 + k) for k, x in zip(one.argnums, one.active, strict=True))
        v, w = to_vector(tangents), to_vector(ct)
        pushed = pulled = None
        if "forward" in modes:
            dy = one.push(tangents)[1]
            pushed, expected = to_vector(matching_leaves(y, dy)), part @ v
            slack = tolerance * (1 + np.abs(expected)) + 8 * off @ np.abs(v)
            case.subject.compare("the forward derivative", pushed, expected, slack, y, alone)
        if "reverse" in modes:
            found = one.pull(ct)
            pulled = to_vector(found)
            expected, slack = part.T @ w, 8 * off.T @ np.abs(w)
            slack = slack + tolerance * (1 + np.abs(expected))
            start = 0
            for k, x, g in zip(one.argnums, one.active, found, strict=True):
                cut = slice(start, start + columns[k].stop - columns[k].start)
                case.subject.compare("the reverse derivative", to_vector(g), expected[cut], slack[cut], x, k)
                start = cut.stop
        if pushed is not None and pulled is not None:
            check_adjoint(one, w, pushed, pulled, v)


def check_adjoint(case: Case, ct: Vector, pushed: Vector, pulled: Vector, v: Vector) -> None:
    """<ct, J v> = <J^T ct, v>."""
    left, right = float(ct @ pushed), float(pulled @ v)
    scale = float(np.abs(ct) @ np.abs(pushed) + np.abs(pulled) @ np.abs(v))
    if np.isfinite(scale) and abs(left - right) > 1e-10 * scale + 1e-300:
        case.subject.fail(
            f"forward and reverse disagree in arguments {case.argnums}: Re<ct, J v> is {left!r}, "
            f"Re<J^T ct, v> is {right!r}"
        )


def check_second_order(case: Case, modes: Sequence[str], tolerance: float) -> None:
    """The derivative of <ct, J v> in the arguments, by every mix of modes and by differences of first derivatives."""
    if not case.argnums:
        return
    active = case.active
    y = case.call(*active)
    ct = random_like(y, 23)
    v = tuple(random_like(x, 31 + k) for k, x in enumerate(active))
    both = "forward" in modes and "reverse" in modes

    def pulled(*x: Any) -> Any:
        return vjp(case.call, *x)[1](ct)

    def pushed(*x: Any) -> Any:
        return jvp(case.call, x, v)[1]

    if "reverse" not in modes:
        twice = jvp(pushed, active, v)[1]
        expected, error = slope(lambda t: to_vector(matching_leaves(y, pushed(*moved(case, v, t)))))
        slack = 10 * tolerance * (1 + np.abs(expected)) + 8 * error
        case.subject.compare("forward over forward", to_vector(matching_leaves(y, twice)), expected, slack, y)
        return
    found = {"reverse over reverse": vjp(pulled, *active)[1](v)}
    if both:
        found["forward over reverse"] = jvp(pulled, active, v)[1]
        found["reverse over forward"] = vjp(pushed, *active)[1](ct)
    expected, error = slope(lambda t: to_vector(pulled(*moved(case, v, t))))
    slack = 10 * tolerance * (1 + np.abs(expected)) + 8 * error
    start = 0
    for k, x in enumerate(active):
        stop = start + to_vector(x).size
        first: Any = None
        for name, parts in found.items():
            got = to_vector(parts[k])
            number = case.argnums[k]
            case.subject.compare(
                f"the second derivative, {name}, against differences of the first,",
                got,
                expected[start:stop],
                slack[start:stop],
                x,
                number,
            )
            if first is not None:
                close = 1e-8 * (1 + np.abs(first).max(initial=0))
                case.subject.compare(
                    f"the second derivative, {name}, against reverse over reverse,", got, first, close, x, number
                )
            first = got if first is None else first
        start = stop


def moved(case: Case, v: tuple[Any, ...], t: float) -> tuple[Any, ...]:
    """The arguments, a step along v."""
    return case.unpack(to_vector(case.active) + t * to_vector(v))


def slope(function: Any) -> tuple[Vector, Vector]:
    """The derivative at zero of a vector function of one number, and an estimate of its error."""
    return derivative_along(lambda t: function(float(t[0])), np.zeros(1), np.ones(1))
