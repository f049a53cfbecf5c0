"""Functions of numbers that are called with arrays: what they take from `math` is NumPy's."""

from __future__ import annotations

import builtins
import functools
import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import is_hidden
from ..transforms.looking import is_installed

#: Functions of `math` by the name of NumPy's.
NUMPYS = {
    "sqrt": "sqrt", "cbrt": "cbrt", "exp": "exp", "exp2": "exp2", "expm1": "expm1", "log2": "log2", "log10": "log10",
    "log1p": "log1p", "sin": "sin", "cos": "cos", "tan": "tan", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
    "atan2": "arctan2", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "fabs": "absolute", "hypot": "hypot", "pow": "power", "copysign": "copysign", "fmod": "fmod",
    "degrees": "degrees", "radians": "radians", "isnan": "isnan", "isinf": "isinf", "isfinite": "isfinite",
    "nextafter": "nextafter",
}  # fmt: skip


def log(x: Any, base: Any = None) -> Any:
    """`math.log` of an array."""
    return np.log(x) if base is None else np.log(x) / np.log(base)


#: What stands for a function of `math`.
INSTEAD: dict[Any, Callable[..., Any]] = {
    getattr(math, name): getattr(np, other) for name, other in NUMPYS.items() if hasattr(math, name)
}
INSTEAD |= {
    math.log: log, math.erf: ops.erf, math.erfc: ops.erfc, math.gamma: ops.gamma, math.lgamma: ops.gammaln,
    builtins.pow: lambda x, y: x**y,
}  # fmt: skip


class Mathematics:
    """The module `math` for arrays."""

    def __getattr__(self, name: str) -> Any:
        return replaced(getattr(math, name))


MATHEMATICS = Mathematics()


def replaced(value: Any) -> Any:
    """What a name means for arrays."""
    if value is math:
        return MATHEMATICS
    if isinstance(value, types.BuiltinFunctionType):
        return INSTEAD.get(value, value)
    if isinstance(value, types.FunctionType) and not is_hidden(value.__code__.co_filename):
        return value if is_installed(value.__code__.co_filename) else with_numpy(value)
    return value


class Scope(dict[str, Any]):
    """The globals of a function, as they are now, for arrays."""

    def __init__(self, names: dict[str, Any]) -> None:
        super().__init__({"__builtins__": names.get("__builtins__", builtins)})
        self.names = names

    def __getitem__(self, name: str) -> Any:
        return replaced(self.names[name])


@functools.lru_cache(maxsize=1024)
def with_numpy(function: Any) -> Any:
    """A copy of a function in which `math` is NumPy's; anything else than a function of Python as it is."""
    if not isinstance(function, types.FunctionType):
        return function
    cells = []
    for cell in function.__closure__ or ():
        try:
            content = cell.cell_contents
        except ValueError:
            content = None
        made = content if content is function else replaced(content)
        cells.append(cell if made is content else types.CellType(made))
    copy = types.FunctionType(
        function.__code__, Scope(function.__globals__), function.__name__, function.__defaults__, tuple(cells) or None
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__qualname__, copy.__module__ = function.__qualname__, function.__module__
    return copy
