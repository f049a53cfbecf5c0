"""The library's own mathematics, `uncertainties.umath` and `uncertainties.unumpy`, on traced uncertain numbers.

Its functions ask for floats and instances of its classes. Each one is an operation, which knows its derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from uncertainties.core import AffineScalarFunc

import dispatchml as dm
from dispatchml import ops
from dispatchml.lift import replaces

#: The names of the library by the operations that they mean, where these differ.
NAMES = {
    "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan", "atan2": "arctan2",
    "atanh": "arctanh", "degrees": "rad2deg", "radians": "deg2rad", "fabs": "absolute", "lgamma": "gammaln",
    "pow": "power",
}  # fmt: skip
SAME = """
    arccos arccosh arcsin arcsinh arctan arctan2 arctanh ceil copysign cos cosh erf erfc exp expm1 floor fmod gamma
    hypot isinf isnan log10 log1p sin sinh sqrt tan tanh trunc
""".split()
MODULES = ("uncertainties.umath", "uncertainties.unumpy")


def is_uncertain(x: Any) -> bool:
    """Whether a value, traced perhaps, is a number with uncertainty or an array of them."""
    x = dm.primal(x)
    if type(x) is np.ndarray and x.dtype == object and x.size:
        x = x.flat[0]
    return dm.isinstance(x, AffineScalarFunc)


def log(x: Any, base: Any = None) -> Any:
    """The logarithm to a base, e where none is given."""
    return ops.log(x) if base is None else ops.divide(ops.log(x), ops.log(base))


def of_uncertain(function: Callable[..., Any]) -> Callable[..., Any]:
    """What stands for a function where an argument is uncertain; of others the library's own runs."""

    def stand_in(*arguments: Any) -> Any:
        return function(*arguments) if any(map(is_uncertain, arguments)) else NotImplemented

    return stand_in


def take_over() -> None:
    """Declare what stands for each function."""
    for module in MODULES:
        replaces(f"{module}.log", replace=True)(of_uncertain(log))
        for name in (*SAME, *NAMES):
            replaces(f"{module}.{name}", replace=True)(of_uncertain(getattr(ops, NAMES.get(name, name))))
