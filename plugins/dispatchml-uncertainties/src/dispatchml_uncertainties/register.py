"""The declarations of the plugin: numbers with uncertainties are uncertain numbers in the slot "scalar".

Arithmetic is the library's own. Everything else acts on them by dispatchml's derivative rules.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from uncertainties.core import AffineScalarFunc, LinearCombination

from dispatchml import ops
from dispatchml.propagation import register_uncertain

from . import functions, mathematics, methods

#: The library's operators leave the call to values that they do not know, after having tried: a power is not tried.
DEFER = ("__pow__",)


def combine(y: float, terms: Sequence[tuple[float, Any]], like: Any) -> AffineScalarFunc:
    """The number with value y and a linear combination of the linear parts of numbers."""
    parts: Any = [(p, x._linear_part) for p, x in terms] or {}
    return AffineScalarFunc(y, LinearCombination(parts))


def weights(x: AffineScalarFunc) -> Mapping[Any, float]:
    """The covariance with each variable: variables are independent."""
    return {v: d * v.std_dev**2 for v, d in x.derivatives.items()}


def power(a: Any, b: Any) -> Any:
    """The library's power of a positive number; all else has corners that dispatchml's rule knows."""
    if isinstance(a, AffineScalarFunc):
        positive = a.nominal_value > 0 and (type(b) in (int, float) or isinstance(b, AffineScalarFunc))
    else:
        positive = type(a) in (int, float) and a > 0
    return a**b if positive else NotImplemented


def register() -> None:
    """Declare everything. Called once, by dispatchml, when a number with uncertainty first meets an operation."""
    # the library gives its numbers a `dtype` that is none, for an old version of NumPy; libraries that wrap numbers ask
    AffineScalarFunc.dtype = np.dtype(object)
    register_uncertain(
        AffineScalarFunc,
        mean=lambda x: x.nominal_value,
        combine=combine,
        components=lambda x: x.derivatives,
        weights=weights,
        deviation=lambda x: x.std_dev,
        arithmetic={
            ops.add: operator.add,
            ops.subtract: operator.sub,
            ops.multiply: operator.mul,
            ops.negative: operator.neg,
            ops.positive: operator.pos,
            ops.square: lambda x: x * x,
            ops.equal: operator.eq,
            ops.not_equal: operator.ne,
        },
        attempts={ops.divide: operator.truediv, ops.power: power},
        methods=methods.METHODS,
        defer=DEFER,
    )
    functions.take_over()
    mathematics.take_over()
    # NumPy's loops compare objects, of which the library warns; here nobody has written a comparison
    warnings.filterwarnings(
        "ignore", message=r"AffineScalarFunc\.__", category=FutureWarning, module=r"dispatchml(\.|$)|<string>"
    )
