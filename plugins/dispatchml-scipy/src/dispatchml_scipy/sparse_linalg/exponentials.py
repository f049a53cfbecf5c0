"""expm_multiply: linear in the vectors; by the matrix through the dense exponential."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse.linalg

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, at_user_line
from dispatchml.engines.traced import Traced

from ..calls import Call, replacing
from ..implicit import as_array, run_plain, traced_in, with_value
from .matrices import Map, apply, is_operator, is_sparse, plain_matrix


@replacing(scipy.sparse.linalg, "expm_multiply")
def expm_multiply(call: Call) -> Any:
    """exp(A) B, or exp(t A) B for the times start ... stop."""
    a, b = call["A"], as_array(call["B"])
    if traced_in(tuple(call[name] for name in ("start", "stop", "num", "endpoint", "traceA"))):
        raise LiftError(
            f"expm_multiply{at_user_line()}: there is no derivative by the times. Put them into the matrix."
        )
    if not traced_in((a, call["B"])):
        return call.as_given()
    if is_operator(a):
        raise LiftError(f"expm_multiply{at_user_line()}: a LinearOperator has no derivative rule here. Use a matrix.")
    plain = plain_matrix(a, "expm_multiply")
    (value,) = run_plain(lambda v: (call.run({**call.values, "A": plain, "B": v}),), b)
    times = None
    if call["start"] is not None:
        spaced = {k: call[k] for k in ("num", "endpoint") if call[k] is not None}
        times = np.linspace(call["start"], call["stop"], **spaced)
    one = lambda t: exponential(a, plain, b, t)  # noqa: E731
    made = one(1.0) if times is None else ops.stack(tuple(one(float(t)) for t in times), axis=0)
    return with_value(value, made)


def exponential(a: Any, plain: Any, b: Any, t: float) -> Any:
    """exp(t a) b."""
    if isinstance(a, Traced):
        dense = a if not is_sparse(dm.primal(a)) else a.toarray()
        return ops.matmul(ops.expm(dense * t), b)
    scaled = plain * t
    adjoint = scaled.conj().T
    multiply = scipy.sparse.linalg.expm_multiply
    return apply(b, matrix=Map(lambda v: multiply(scaled, v), lambda v: multiply(adjoint, v)))
