"""The functions that users hand to SciPy."""

from __future__ import annotations

import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dispatchml.engines.refusals import REFUSED
from dispatchml.lift import lift
from dispatchml.lift.buffers import held_deeply
from dispatchml.lift.packages import STATE

from .implicit import with_values


def lifted(function: Any) -> Any:
    """A function of the user's, ready to be called with traced values: `np.array([x, y])` and the like work in it."""
    if not callable(function):
        return function
    made = function if is_enabled(function) else lift(function)

    def called(*arguments: Any, **keywords: Any) -> Any:
        return held_deeply(made(*arguments, **keywords))

    return called


def substituted(tree: Any, values: Any) -> Any:
    """What makes a function, ready to be called, and its arguments, with values in the places of the traced ones.

    tree: (function, arguments), in which `values` are traced. It is called with other values and keeps the last ones
    that it was given: to make the function anew costs more than to call it.
    """
    last: list[Any] = []

    def made(given: Any) -> tuple[Any, Any]:
        if not last or len(last[0]) != len(given) or any(x is not y for x, y in zip(last[0], given, strict=True)):
            function, arguments = with_values(tree, given) if values else tree
            last[:] = [list(given), lifted(function), arguments]
        return last[1], last[2]

    return made


def is_enabled(function: Any) -> bool:
    """Whether a function or method is of a package whose code runs lifted as it is."""
    module = getattr(function, "__module__", None) or ""
    if not isinstance(function, (types.FunctionType, types.MethodType)):
        return False
    return any(module == name or module.startswith(f"{name}.") for name in STATE.prefixes)


@contextmanager
def plain_numbers() -> Iterator[None]:
    """While a compiled solver runs on plain numbers: SciPy's own code, where it is lifted, makes plain arrays."""
    before = REFUSED.set(None)
    try:
        yield
    finally:
        REFUSED.reset(before)
