"""solve_bvp: the collocation equations on the mesh that SciPy ended with define the solution implicitly."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.integrate

from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, at_user_line

from ..calls import Call, replacing
from ..implicit import (
    as_array,
    as_vector,
    differentiated,
    hidden_batch,
    implicit,
    not_converged,
    run_plain,
    traced_in,
    with_value,
)
from ..interpolate.pieces import Pieces, hermite
from ..user_functions import lifted


@replacing(scipy.integrate, "solve_bvp")
def solve_bvp(call: Call) -> Any:
    """States, unknown parameters and the interpolating spline; with a singular term (S=) there is no rule."""
    if traced_in((call["x"], call["S"])):
        raise LiftError(f"solve_bvp{at_user_line()}: there is no derivative by the mesh x= or by S=.")
    if any(map(hidden_batch, traced_in(call.values))):
        raise LiftError(f"solve_bvp{at_user_line()}: each element of a batch would have a mesh of its own; use a loop.")
    said: list[Any] = []

    def run(values: Any) -> Any:
        r = call.run(values)
        said[:] = [r]
        return r.y, np.zeros(0) if r.p is None else r.p

    y, p = run_plain(run, call.values)
    r = said[0]
    shape, count = y.shape, y.size
    held = (call["fun"], call["bc"])
    known = call["p"] is not None

    def equations(z: Any, given: Any) -> Any:
        fun, bc = map(lifted, given)
        extra = (z[count:],) if known else ()
        return collocation(fun, bc, r.x, ops.reshape(z[:count], shape=shape), extra)

    start = np.concatenate((np.ravel(y), p))
    asked = differentiated(call, equations(start, held))
    if not asked:
        return call.as_given()
    if not r.success:
        raise not_converged(call.name, r.message)
    if call["S"] is not None:
        raise LiftError(f"solve_bvp{at_user_line()}: the singular term S= has no derivative rule.")
    z = implicit(equations, start, held, call.name)
    r.y = ops.reshape(z[:count], shape=shape)
    r.p = z[count:] if known else None
    slopes = as_array(lifted(call["fun"])(r.x, r.y, *((r.p,) if known else ())))
    r.yp = with_value(r.yp, slopes)
    plain = r.sol
    r.sol = Pieces(with_value(plain.c, hermite(r.x, r.y, r.yp, axis=1)), plain.x, axis=1)
    return r


def collocation(fun: Any, bc: Any, x: Any, y: Any, extra: Any) -> Any:
    """What the solution makes 0: cubic splines that satisfy the equation at the ends and in the middle of each interval
    (Kierzenka and Shampine 2001), and the boundary conditions.
    """
    h = np.diff(x)
    f = as_array(fun(x, y, *extra))
    left, right = y[:, :-1], y[:, 1:]
    middle = (left + right) / 2 - h / 8 * (f[:, 1:] - f[:, :-1])
    inside = as_array(fun(x[:-1] + h / 2, middle, *extra))
    defects = right - left - h / 6 * (f[:, :-1] + f[:, 1:] + 4 * inside)
    ends = as_vector(bc(y[:, 0], y[:, -1], *extra))
    return ops.concatenate((ops.reshape(defects, shape=(-1,)), ends), axis=0)
