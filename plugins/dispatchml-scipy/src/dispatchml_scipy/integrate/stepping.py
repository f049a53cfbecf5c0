"""The solvers of scipy.integrate.ode that keep no state between calls."""

from __future__ import annotations

from typing import Any

import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.lift import replaces
from dispatchml.lift.buffers import held

from ..calls import as_tuple
from ..implicit import as_vector, not_converged, traced_in, with_value
from ..steps import original
from .equations import rate_of
from .flows import Flow, flow

VERSIONS = ">=1.11,<1.19"
NAME = "scipy.integrate._ode.dopri5.run"


@replaces(NAME, versions=VERSIONS)
def run(self: Any, f: Any, jac: Any, y0: Any, t0: Any, t1: Any, f_params: Any, jac_params: Any) -> Any:
    """dopri5 and dop853: the value is theirs, the derivatives are sensitivities as those of odeint."""
    tree = (f, as_tuple(f_params))
    self.call_args = [held(x) for x in self.call_args]  # compiled code writes into them
    values = traced_in(tree)

    def states(rate: Any, y: Any, start: float, times: Any) -> Any:
        found = [y]
        for end in times:
            found.append(original(NAME)(self, lambda t, y: rate(t, y), jac, found[-1], start, float(end), (), ())[0])
            if self.istate < 0:
                raise not_converged(f"ode with {type(self).__name__}", self.messages.get(self.istate, self.istate))
            start = float(end)
        return np.array(found[1:])

    settings = {"rtol": np.min(dm.primal(self.rtol)), "atol": dm.primal(self.atol)}
    problem = Flow(type(self).__name__, rate_of(tree, values), states, settings)
    y0 = as_vector(y0)
    y = flow((y0, t0, as_vector([t1]), *values), problem=problem)
    return ops.reshape(y, shape=ops.shape(y0)), with_value(dm.primal(t1), t1)
