"""What lifted code is told when it asks what a value is: the answer is that of the plain value."""

from __future__ import annotations

from typing import Any

import numpy as np

from .buffers import TRACED, Buffer, held
from .entering import stands_for
from .making import is_bare

#: Stands for any array where one is asked for its class.
EXAMPLE = np.zeros(1)


@stands_for(isinstance)
def is_instance(x: Any, classes: Any, /) -> bool:
    """As `isinstance`, of what is below the derivatives that are being taken."""
    if type(x) is not Buffer and not isinstance(x, TRACED):
        return isinstance(x, classes)
    from ..transforms.plain_values import is_instance as is_inside

    x = held(x)
    if not isinstance(x, TRACED):
        return isinstance(x, classes)
    if is_inside(x, classes) or not is_bare(x):
        return is_inside(x, classes)
    # a traced number is a number of NumPy's too, a traced array an array, also in jit
    return isinstance(EXAMPLE if x.shape else x.dtype.type(0), classes)
