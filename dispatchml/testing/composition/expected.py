"""What a result must be: numbers from plain functions, and what an author needs to write the rest down by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from . import differences

#: What `Subject.expect` returns for a result that is a plain array or number of the type inside.
PLAIN = None


@dataclass(frozen=True)
class Expected:
    """One result that a cell must give.

    program, transform: names. role: "value", "tangent", "gradient", "product" (of a Hessian with a vector),
    "jacobian" or "hessian". function: from the plain numbers of the argument to the plain numbers of this result,
    without dispatchml. point: these numbers. degree: the result scales like argument ** degree (units). axes: for each
    axis of the result the positions along the argument's first axis that its elements belong to, or None where the
    axis is a new one (labels, masks). batch: whether the first axis is the one of vmap.
    """

    program: str
    transform: str
    role: str
    function: Callable[[Any], Any]
    point: Any
    degree: int
    axes: tuple[Any, ...]
    batch: bool = False

    @cached_property
    def numbers(self) -> Any:
        """The plain numbers of the result."""
        return np.asarray(self.function(self.point))

    @cached_property
    def sensitivity(self) -> Any:
        """The derivatives of the numbers in the numbers of the argument: shape of the result, then of the argument."""
        return differences.jacobian(self.function)(self.point)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the result."""
        return self.numbers.shape
