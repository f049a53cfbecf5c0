"""What a traced number with uncertainty answers: the library's attributes and methods as differentiable operations."""

from __future__ import annotations

from typing import Any

import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import ReadOnlyError, at_user_line
from dispatchml.propagation import component_of, deviation_of, nominal_of


def derivatives(x: Any) -> dict[Any, Any]:
    """x.derivatives: the coefficient of each variable, traced as x is."""
    inside = dm.primal(x)
    numbers = inside.flat if isinstance(inside, np.ndarray) else [inside]  # an array is a batch of them
    variables = dict.fromkeys(v for number in numbers for v in number.derivatives)
    return Derivatives((v, component_of(x, variable=v)) for v in variables)


class Derivatives(dict[Any, Any]):
    """What `x.derivatives` of a traced number gives: it is computed, and not memory of the number."""

    def __setitem__(self, variable: Any, value: Any) -> None:
        raise ReadOnlyError(
            f"x.derivatives[variable] = ... of a traced number{at_user_line()}: its derivatives come from how it was "
            "computed. Make a new number: x + (v - x.derivatives[variable]) * (variable - variable.nominal_value)."
        )


def error_components(x: Any) -> dict[Any, Any]:
    """x.error_components(): the standard deviation that each variable alone would give."""
    return {v: ops.absolute(ops.multiply(d, v.std_dev)) for v, d in derivatives(x).items()}


def std_score(x: Any, value: Any) -> Any:
    """x.std_score(value): how many standard deviations a plain value lies above the nominal one."""
    return ops.divide(ops.subtract(value, nominal_of(x)), deviation_of(x))


METHODS = {
    "nominal_value": nominal_of,
    "n": nominal_of,
    "std_dev": deviation_of,
    "s": deviation_of,
    "derivatives": derivatives,
    "error_components": error_components,
    "std_score": std_score,
}
