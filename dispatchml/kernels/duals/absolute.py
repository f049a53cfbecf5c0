"""Python's `abs` of arrays, which Numba does not have."""

from __future__ import annotations

import numpy as np
from numba.core import types
from numba.extending import overload


@overload(abs, target="dispatchml")
def absolute(x):
    """Of an array it is NumPy's."""
    if isinstance(x, types.Array):
        return lambda x: np.abs(x)
    return None
