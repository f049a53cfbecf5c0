"""`compile_ahead`: functions are compiled before they are called, so that no call waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch.errors import FunctionError, at_user_line, describe
from .containers import map_leaves


class ArraySpec:
    """An array of which only shape and dtype are known."""

    __slots__ = ("shape", "dtype")

    def __init__(self, shape: int | tuple[int, ...], dtype: Any = float) -> None:
        self.shape, self.dtype = (shape,) if isinstance(shape, int) else tuple(shape), np.dtype(dtype)

    def __repr__(self) -> str:
        return f"ArraySpec({self.shape}, {str(self.dtype)!r})"


def compile_ahead(function: Callable[..., Any], /, *specs: Any, **named: Any) -> Callable[..., Any]:
    """Compile what `jit`, or a kernel, makes of a function for arguments of these kinds, and keep it on disk.

    specs, named: one for each argument: an example, or an `ArraySpec(shape, dtype)`, also inside containers. A function
    with branches on numbers is compiled for the branches that the examples take; arrays of specs hold ones.
    Compilations of more than two seconds say so on standard error. Returns the function.

    Raises FunctionError for what is not compiled, and RecordingError, with the reason, where it would run uncompiled.

    >>> import numpy as np, dispatchml as dm
    >>> gradient = dm.jit(dm.grad(lambda x, k: np.sum(np.sin(x) ** k)))
    >>> _ = dm.compile_ahead(gradient, dm.ArraySpec((1000,)), 2.0)
    """
    ahead = getattr(function, "compile_ahead", None)
    if not callable(ahead):
        raise FunctionError(
            f"compile_ahead takes a function that jit or kernel has made, not {describe(function)}{at_user_line()}. "
            "Write compile_ahead(dispatchml.jit(f), ...)."
        )
    arguments, keywords = map_leaves(example, (specs, named))
    ahead(*arguments, **keywords)
    return function


def example(leaf: Any) -> Any:
    """An array in the place of a spec."""
    return np.ones(leaf.shape, leaf.dtype) if type(leaf) is ArraySpec else leaf
