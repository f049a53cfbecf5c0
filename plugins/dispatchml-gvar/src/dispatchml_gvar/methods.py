"""What a traced GVar answers: the library's attributes and methods as differentiable operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.propagation import component_of, deviation_of, nominal_of, variance_of


def deriv(x: Any, variables: Any) -> Any:
    """x.deriv(z): derivatives with respect to a primary GVar, or an array of them."""
    given = np.asarray(variables, object)
    found = []
    for z in given.flat:
        vector = z.internaldata[1]
        if vector.size != 1:
            raise ValueError("derivative ambiguous -- x is not primary")
        slope = float(np.asarray(vector.values())[0])
        along = component_of(x, variable=int(np.asarray(vector.indices())[0]))
        found.append(ops.divide(along, slope) if slope else ops.multiply(along, 0.0))
    return ops.reshape(ops.stack(tuple(found)), shape=given.shape) if given.shape else found[0]


METHODS = {"mean": nominal_of, "sdev": deviation_of, "var": variance_of, "deriv": deriv}
