"""Operations that are not elementwise, on object arrays for which the elements' library has a function of its own.

`objects` and `elimination` have the core's way for some of them; here are the others, which NumPy does in its own way
where no library says more. What only moves elements is left out: NumPy does that to any object.
"""

from typing import Any

import numpy as np

from ... import ops
from ...dispatch.operation import OPERATIONS, Operation
from . import elimination as elimination  # the core's own ways come first
from .object_elements import branch

MOVING = frozenset({"shaping", "indexing", "creation", "elementwise", "layers"})


def others() -> list[Any]:
    """The operations with a method for arrays that does not look at the class of elements yet."""
    found = []
    for name in dir(ops):
        function = getattr(ops, name)
        op = getattr(function, "info", None)
        if not isinstance(op, Operation) or op not in OPERATIONS or op.family in MOVING or op.arity > 2:
            continue
        method = op.exact.get((np.ndarray,) * op.arity)
        if method is not None and not getattr(method.function, "__of_objects__", False):
            found.append(function)
    return found


for operation in others():
    branch(operation, operation.info.exact[(np.ndarray,) * operation.info.arity].function)
