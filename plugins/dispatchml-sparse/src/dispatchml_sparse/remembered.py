"""Patterns of foreign arrays that were read or made before: one gradient asks for the same pattern many times.

An array is known again by the identity of its index arrays, whose sums must be what they were. What SciPy may sort in
place one day is not remembered.
"""

from __future__ import annotations

import weakref
from typing import Any

from .pattern import Pattern, same_number

#: By the id of an array: a weak reference to it, its index arrays, their sums, and its pattern.
KNOWN: dict[int, tuple[Any, tuple[Any, ...], tuple[int, ...], Pattern]] = {}


def index_arrays(x: Any) -> tuple[Any, ...]:
    """The arrays that say where numbers are stored."""
    if hasattr(x, "indptr"):
        return (x.indices, x.indptr)
    return x.coords if type(x.coords) is tuple else (x.coords,)


def sums(arrays: tuple[Any, ...]) -> tuple[int, ...]:
    """What changes when an index array is written to."""
    return tuple(int(a.sum()) for a in arrays)


def remember(x: Any, pattern: Pattern) -> Pattern:
    """Keep the pattern of an array until the array dies."""
    key = id(x)
    arrays = index_arrays(x)
    KNOWN[key] = (weakref.ref(x, lambda _: KNOWN.pop(key, None)), arrays, sums(arrays), pattern)
    return pattern


def recall(x: Any) -> Pattern | None:
    """The pattern of an array that is known, and has not been changed in the meantime."""
    known = KNOWN.get(id(x))
    if known is None or known[0]() is not x:
        return None
    arrays = index_arrays(x)
    pattern = known[3]
    if len(arrays) != len(known[1]) or any(a is not b for a, b in zip(arrays, known[1], strict=True)):
        return None
    if sums(arrays) != known[2] or len(x.data) != pattern.nnz or tuple(x.shape) != pattern.shape:
        return None
    fill = getattr(x, "fill_value", 0)
    return pattern if same_number(fill, pattern.fill) else None
