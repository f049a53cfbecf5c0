"""The functions that users hand to SciPy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dispatchml.engines.refusals import REFUSED
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


@contextmanager
def plain_numbers() -> Iterator[None]:
    """While a compiled solver runs on plain numbers: SciPy's own code, where it is lifted, makes plain arrays."""
    before = REFUSED.set(None)
    try:
        yield
    finally:
        REFUSED.reset(before)
