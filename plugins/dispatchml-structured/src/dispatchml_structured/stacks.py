"""Indices of the axes in front, in which matrices and directions of fields are stacked; stacks behind each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops

from .base import Structure
from .matrices import no_matrix

__all__ = ["RULES", "in_front", "is_in_front", "is_whole"]


def is_whole(part: Any) -> bool:
    """Whether an index is one whole number."""
    return isinstance(part, (int, np.integer)) and not isinstance(part, (bool, np.bool_))


def is_in_front(x: Any, parts: tuple[Any, ...]) -> bool:
    """Whether an index is of axes in front only, which all fields have."""
    leads = {ops.shape(f)[: ops.ndim(f) - c] for f, c in zip(x.fields(), x.cores, strict=True) if f is not None}
    simple = all(is_whole(p) or isinstance(p, slice) for p in parts)
    return simple and len(leads) == 1 and 0 < len(parts) <= len(leads.pop())


def in_front(x: Any, index: Any) -> Any:
    """Matrices, or directions, of a stack."""
    return x.mapped(lambda f: in_front(f, index) if isinstance(f, Structure) else ops.getitem(f, index=index))


def one_of_several(x: Any, *, index: Any) -> Any:
    """Directions of a stack of them."""
    if not is_in_front(x, index if isinstance(index, tuple) else (index,)):
        no_matrix("getitem")(x)
    return in_front(x, index)


def behind_each_other(arrays: Any, *, axis: Any, dtype: Any) -> Any:
    """Stacks of directions of one class, along the first axis."""
    first = arrays[0]
    lead = ops.ndim(first.fields()[0]) - first.cores[0]
    if not lead or axis or dtype is not None or any(type(x) is not type(first) for x in arrays):
        no_matrix("concatenate")(*arrays)
    columns = zip(*(x.fields() for x in arrays), strict=True)
    return first.like(*(joined(c) for c in columns))


def joined(parts: Any) -> Any:
    """Fields of stacks behind each other."""
    if not isinstance(parts[0], Structure):
        return ops.concatenate(tuple(parts), axis=0)
    return parts[0].like(*(joined(c) for c in zip(*(x.fields() for x in parts), strict=True)))


#: What a stack of directions has of an array.
RULES = {"getitem": one_of_several, "concatenate": behind_each_other}
