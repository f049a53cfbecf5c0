"""Patterns of foreign arrays that were read or made before: one gradient asks for the same pattern many times.

An array is known again by the identity of its index arrays, whose contents must be what they were. What SciPy may sort
in place one day is not remembered.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from .pattern import Pattern, same_number

#: By the id of an array: a weak reference to it, its index arrays, what they held, and its pattern.
KNOWN: dict[int, tuple[Any, tuple[Any, ...], tuple[Any, ...], Pattern]] = {}
#: Index arrays up to this many bytes are compared as bytes, which takes no time; larger ones as arrays.
SMALL = 4096


def index_arrays(x: Any) -> tuple[Any, ...]:
    """The arrays that say where numbers are stored."""
    inside = x.__dict__
    if "indptr" in inside:
        return (inside["indices"], inside["indptr"])
    return x.coords if type(x.coords) is tuple else (x.coords,)


def held(a: Any) -> Any:
    """What an index array holds now."""
    return a.tobytes() if a.nbytes <= SMALL else a.copy()


def holds(a: Any, before: Any) -> bool:
    """Whether an index array holds what it held."""
    return a.tobytes() == before if type(before) is bytes else np.array_equal(a, before)


def remember(x: Any, pattern: Pattern, contents: tuple[Any, ...] | None = None) -> Pattern:
    """Keep the pattern of an array until the array dies. contents: what its index arrays hold, where that is known."""
    key = id(x)
    arrays = index_arrays(x)
    if contents is None:
        contents = tuple(map(held, arrays))
    KNOWN[key] = (weakref.ref(x, lambda _: KNOWN.pop(key, None)), arrays, contents, pattern)
    return pattern


def recall(x: Any) -> Pattern | None:
    """The pattern of an array that is known, and has not been changed in the meantime."""
    known = KNOWN.get(id(x))
    if known is None or known[0]() is not x:
        return None
    _, arrays, contents, pattern = known
    now = index_arrays(x)
    if len(now) != len(arrays) or len(x.data) != pattern.nnz or x.shape != pattern.shape:
        return None
    for a, b, before in zip(now, arrays, contents, strict=True):
        if a is not b or not holds(a, before):
            return None
    fill = getattr(x, "fill_value", 0)
    return pattern if fill is pattern.fill or same_number(fill, pattern.fill) else None
