"""What stands for the classes of numbers where they are called: float, complex, numpy.float64."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from .. import ops
from .buffers import TRACED, held, held_deeply, holds_traced
from .entering import STAND_INS, active, stands_for
from .making import converted, is_bare


@stands_for(float)
def number(x: Any = 0.0, /) -> Any:
    """As `float`; a traced number stays traced."""
    x = held(x)
    if not isinstance(x, TRACED) or not is_bare(x):
        own = getattr(type(x), "__float__", None)
        if type(own) is types.FunctionType and active() is not None:  # of a class of the user's, which may hold one
            found = own(x)
            return found if isinstance(found, TRACED) else float(x)
        return float(x)
    if x.size != 1 or x.dtype.kind not in "f":
        if x.dtype.kind in "biu":
            return ops.astype(x, dtype=np.dtype(float))
        return float(np.empty(x.shape, x.dtype))  # NumPy's error
    return ops.reshape(x, shape=()) if x.shape else x


for scalar in (np.float64, np.float32, np.complex128):

    def numpy_scalar(x: Any = 0.0, /, *, _scalar: Any = scalar) -> Any:
        """As the class of numbers; a traced number stays traced."""
        x = held_deeply(x)
        if not holds_traced(x) or not is_bare(x):
            return _scalar(x)
        return converted(x, _scalar, False)

    STAND_INS[id(scalar)] = (scalar, numpy_scalar)


@stands_for(complex)
def complex_number(real: Any = 0.0, imag: Any = None, /) -> Any:
    """As `complex`; of traced numbers a traced one."""
    real, imag = held(real), held(imag)
    if not isinstance(real, TRACED) and not isinstance(imag, TRACED) or not is_bare((real, imag)):
        return complex(real) if imag is None else complex(real, imag)
    y = real if imag is None else real + 1j * imag  # pyright: ignore[reportOperatorIssue]
    return y if ops.dtype(y).kind == "c" else ops.astype(y, dtype=np.dtype(complex))
