"""mpmath's own functions on traced real numbers: each is an operation, in the precision of the context."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath.ctx_mp_python import _mpf

import dispatchml as dm
from dispatchml import ops
from dispatchml.lift import replaces

#: mpmath's names of functions by the operations that they mean, where these differ.
NAMES = {
    "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan", "atan2": "arctan2",
    "atanh": "arctanh", "degrees": "rad2deg", "radians": "deg2rad", "fabs": "absolute", "fadd": "add", "fdiv": "divide",
    "fmul": "multiply", "fneg": "negative", "fsub": "subtract", "ln": "log",
}  # fmt: skip
SAME = """
    cbrt ceil cos cosh erf erfc erfinv exp expm1 floor gamma hypot isinf isnan log10 log1p power sign sin sinh sqrt tan
    tanh
""".split()


def is_of_mpmath(x: Any) -> bool:
    """Whether a value, traced perhaps, is a real number of mpmath."""
    return dm.isinstance(dm.primal(x), _mpf)


def log(x: Any, b: Any = None) -> Any:
    """The logarithm to a base, e where none is given."""
    return ops.log(x) if b is None else ops.divide(ops.log(x), ops.log(b))


def fsum(terms: Any, absolute: bool = False, squared: bool = False) -> Any:
    """The sum of numbers, of their sizes or squares."""
    terms = [ops.absolute(t) if absolute and not squared else ops.square(t) if squared else t for t in terms]
    total: Any = 0
    for term in terms:
        total = ops.add(total, term)
    return total


def fdot(first: Any, second: Any = None) -> Any:
    """The sum of products of pairs."""
    pairs = list(first if second is None else zip(first, second, strict=True))
    return fsum([ops.multiply(a, b) for a, b in pairs])


PARTICULAR: dict[str, Callable[..., Any]] = {"log": log, "fsum": fsum, "fdot": fdot}


def for_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    """What stands for a function where an argument is a number of mpmath; of others mpmath's own runs."""

    def stand_in(*arguments: Any, **keywords: Any) -> Any:
        if not any(map(holds_number, arguments)):
            return NotImplemented
        return function(*arguments, **keywords)

    return stand_in


def holds_number(x: Any) -> bool:
    """Whether a value is a number of mpmath, or a list holds one."""
    if isinstance(x, (list, tuple)):
        return any(map(holds_number, x))
    return not isinstance(x, np.ndarray) and is_of_mpmath(x)


def take_over() -> None:
    """Declare what stands for each function of the module."""
    functions = {name: getattr(ops, NAMES.get(name, name)) for name in (*SAME, *NAMES)} | PARTICULAR
    for name, function in functions.items():
        replaces(f"mpmath.{name}", replace=True)(for_numbers(function))
