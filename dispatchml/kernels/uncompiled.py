"""The function of a kernel run as Python: for debugging, and for values of which machine code knows nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch.layers import layer_of
from ..engines.traced import Traced
from ..transforms.containers import flatten

#: Classes of NumPy's numbers that a compiled kernel gives as Python's.
NUMBERS = (np.float64, np.int64, np.bool_, np.complex128)


def run(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """What a kernel's function gives for arguments, into which it does not write.

    Where one of them is traced or a layer, a lifted copy runs, which fills arrays with such values and keeps the lines
    of the file. Numbers come back as compiled code gives them.
    """
    guarded = tuple(map(read_only, arguments))
    with np.errstate(all="ignore"):
        if any(isinstance(x, Traced) or layer_of(type(x)) is not None for x in flatten(arguments)[0]):
            from ..lift.automatic import lifted, released

            return released(lifted(function)(*guarded))
        return as_numbers(function(*guarded))


def read_only(x: Any) -> Any:
    """An argument that cannot be written into."""
    if type(x) is np.ndarray:
        x = x.view()
        x.flags.writeable = False
    return tuple(map(read_only, x)) if type(x) is tuple else x


def as_numbers(y: Any) -> Any:
    """A result with Python's numbers."""
    if type(y) is tuple:
        return tuple(map(as_numbers, y))
    return y.item() if type(y) in NUMBERS else y
