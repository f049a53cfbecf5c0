"""The functions that users hand to SciPy."""

from __future__ import annotations

from typing import Any

from dispatchml.lift import lift
from dispatchml.lift.buffers import held_deeply


def lifted(function: Any) -> Any:
    """A function of the user's, ready to be called with traced values: `np.array([x, y])` and the like work in it."""
    if not callable(function):
        return function
    made = lift(function)

    def called(*arguments: Any, **keywords: Any) -> Any:
        return held_deeply(made(*arguments, **keywords))

    return called
