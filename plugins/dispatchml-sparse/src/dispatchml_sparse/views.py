"""What sparse arrays hand out as views: stored numbers, places, and the same numbers at other places (x.T)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch import Part, change, is_traced, shown

from .doors import common_pattern, numbered, stored_values
from .foreign import put_together, take_apart
from .numbers import assemble, pattern_of
from .pattern import PYDATA
from .view import view


def with_data(x: Any, new: Any) -> Any:
    """The same places with other numbers."""
    return assemble(new, pattern=pattern_of(x))


#: x.data, which is memory of x in both libraries.
DATA = Part(stored_values, with_data, aligned=False)


def moved(function: Callable[[Any], Any]) -> Part:
    """What a method gives that puts the stored numbers to other places, and shares them: x.T, x.reshape(shape)."""

    def back(owner: Any, new: Any) -> Any:
        pattern = pattern_of(owner)
        order, places = take_apart(function(put_together(numbered(pattern.nnz), pattern.zero)))
        v = view(new)
        if not v.pattern.same_places(places):
            return NotImplemented
        return assemble(ops.getitem(v.data, index=np.argsort(order)), pattern=pattern)

    return Part(function, back, aligned=False)


def transpose(x: Any, axes: Any = None, *more: Any, copy: bool = False, **keywords: Any) -> Any:
    """x.transpose(axes, ...): of SciPy's arrays and GCXS a view."""
    axes = (axes, *more) if isinstance(axes, (int, np.integer)) else axes
    if copy or not is_traced(x) or pattern_of(x).kind == "COO":
        return ops.transpose(x, axes=axes)
    if pattern_of(x).kind == "GCXS" and ops.ndim(x) == 2:
        return moved(turned)(x) if axes is None or tuple(k % 2 for k in axes) == (1, 0) else x
    return moved(lambda owner: ops.transpose(owner, axes=axes))(x)


def reshape(x: Any, *shape: Any, order: str = "C", copy: bool = False) -> Any:
    """x.reshape(shape, ...): a view where that of a plain array is one, in the class that the library gives."""
    wanted = shape[0] if len(shape) == 1 and not isinstance(shape[0], (int, np.integer)) else shape
    if not is_traced(x):
        return ops.reshape(x, shape=wanted, order=order)
    pattern = pattern_of(x)
    plain = put_together(numbered(pattern.nnz), pattern.zero)
    keywords = {} if pattern.kind in PYDATA else {"copy": copy}
    made = plain.reshape(wanted, order=order, **keywords)
    numbers, places = take_apart(made)
    at = numbers.astype(np.intp) - 1
    places = places.with_fill(pattern.fill) if pattern.has_fill else places

    def function(owner: Any) -> Any:
        return assemble(ops.getitem(view(owner).data, index=at), pattern=places)

    return moved(function)(x) if np.may_share_memory(made.data, plain.data) else function(x)


def turned(x: Any) -> Any:
    """The transpose of a GCXS matrix, which stores the numbers in the same order."""
    v = view(x)
    pattern = v.pattern.like(v.pattern.coords[::-1], v.shape[::-1])
    if v.pattern.compressed is not None:
        pattern.compressed = tuple(1 - k for k in v.pattern.compressed)
    return assemble(v.data, pattern=pattern)


def itself(x: Any, kind: str, copy: Any) -> bool:
    """Whether a conversion gives the array itself."""
    return not copy and pattern_of(x).kind == kind


def places(x: Any, read: Callable[[Any], Any]) -> Any:
    """An array that says where numbers are stored, which derivatives rely on."""
    found = read(x)
    if not is_traced(x) or not isinstance(found, np.ndarray):
        return found
    return shown(x, read, None, "Make a new array: dispatchml_sparse.from_values(pattern, x.data), or x[i, j] = v.")


def coords(x: Any) -> Any:
    """x.coords: an array for COO, a tuple of arrays for coo_array."""
    if common_pattern(x, "coords").kind in PYDATA:
        return places(x, lambda x: common_pattern(x, "coords").coords)
    return tuple(places(x, lambda x, k=k: common_pattern(x, "coords").coords[k]) for k in range(ops.ndim(x)))


def set_fill_value(x: Any, value: Any) -> None:
    """x.fill_value = value: what is not stored has this value."""
    value = np.asarray(value, ops.dtype(x))[()]
    change(x, lambda old: assemble(view(old).data, pattern=pattern_of(old).with_fill(value)), "x.fill_value = ...")


SETTERS = {"fill_value": set_fill_value}
