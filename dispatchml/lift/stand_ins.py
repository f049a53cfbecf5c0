"""NumPy and `math` as lifted code sees them: modules with stand-ins for names that make plain numbers and arrays.

On plain values, outside of transforms, each stand-in does what the original does. Inside a transform new arrays are
buffers.
"""

from __future__ import annotations

import cmath
import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from . import asked, making, mathematics, plain_numbers, strides, vectorizing  # noqa: F401  they enter what they stand for
from .entering import STAND_INS, active, stand_in
from .listing import JOINING, taking_lists

#: Functions of NumPy with what takes lists in their place, by identity.
LISTED: dict[int, tuple[Any, Any]] = {}


def listed(x: Any) -> Any:
    """What stands for a thing of NumPy's in code that makes lists."""
    found = keeps_class(x)
    if found is not None:
        return found
    if x is np.linalg or x is np.fft:
        known = LISTED.get(id(x))
        if known is None:
            known = LISTED[id(x)] = x, module_copy(x, listed)
        return known[1]
    if type(x).__name__ == "_ArrayFunctionDispatcher" or isinstance(x, np.ufunc) and x.nin < 3:
        known = LISTED.get(id(x))
        if known is None:
            known = LISTED[id(x)] = x, taking_lists(x)
        return known[1]
    return None


def module_copy(original: types.ModuleType, change: Callable[[Any], Any]) -> types.ModuleType:
    """A module with the same contents but for what `change` replaces; None from it keeps a thing as it is."""
    made = types.ModuleType(original.__name__, original.__doc__)
    for name, value in list(vars(original).items()):
        if not (name[:2] == name[-2:] == "__") or name in ("__version__", "__file__", "__path__", "__spec__"):
            found = change(value)
            vars(made)[name] = value if found is None else found
    made.__getattr__ = lambda name: getattr(original, name)  # type: ignore[method-assign]
    return made


def keeps_class(x: Any) -> Any:
    """What stands for a function; classes stay, as they are compared and asked for dtypes."""
    return None if isinstance(x, type) and x is not np.vectorize else stand_in(x)


for module in (np.lib.stride_tricks, np.lib, np, math, cmath):
    STAND_INS[id(module)] = (module, module_copy(module, keeps_class))

LIFTED_NUMPY = stand_in(np)
#: NumPy with functions in the places of its classes of numbers, for where these are called.
CALLED_NUMPY = module_copy(np, stand_in)
#: NumPy for code that makes lists.
LISTED_NUMPY = module_copy(np, listed)

__all__ = ["CALLED_NUMPY", "JOINING", "LIFTED_NUMPY", "LISTED_NUMPY", "STAND_INS", "active", "module_copy", "stand_in"]
