"""Methods written by hand: the decorator that enters them, and what several of them need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

#: Operation -> its kernel, whose first argument is the library.
METHODS: dict[str, Callable[..., Any]] = {}


def method(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a function as the kernel of operations. Its first argument is the library."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        METHODS.update(dict.fromkeys(names, function))
        return function

    return enter


def beside_arrays(library: Any, values: Any) -> list[Any]:
    """Numbers as arrays without axes on the device; arrays as they are."""
    return [v if isinstance(v, library.ndarray) else library.xp.asarray(v) for v in values]


def inexact(x: Any) -> Any:
    """Whole numbers and truth values in double precision."""
    return x if x.dtype.kind in "fc" else x.astype(np.float64)
