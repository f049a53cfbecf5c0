"""What an index means, without an array: static analysis of everything that NumPy takes between square brackets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

INTEGERS = (int, np.integer)
TRUTH = (bool, np.bool_)


def parts_of(index: Any) -> tuple[Any, ...]:
    """The index as a tuple of its parts."""
    return index if type(index) is tuple else (index,)


def refuse_unregistered(op: Any, x: Any, index: Any) -> None:
    """Refuse a subclass of ndarray that nobody registered as an index: what it carries, such as a mask, would be lost.

    Raises UnregisteredTypeError, as an operation does for such an argument.
    """
    for part in parts_of(index):
        if isinstance(part, np.ndarray) and type(part) is not np.ndarray:
            from ..dispatch import resolve

            resolve.refuse_unregistered(op.info, (type(part),), (x, part))


#: Classes of basic indices, subclasses apart.
BASIC = frozenset({int, slice, type(None), type(...)})


def is_basic(index: Any) -> bool:
    """Whether every part is an integer, a slice, None or Ellipsis: NumPy then gives a view."""
    if type(index) in BASIC or type(index) is tuple and BASIC.issuperset(map(type, index)):
        return True
    for part in parts_of(index):
        if part is None or part is Ellipsis or isinstance(part, slice):
            continue
        if not isinstance(part, INTEGERS) or isinstance(part, TRUTH):
            return False
    return True


def is_injective(index: Any) -> bool:
    """Whether no element is named twice, as far as it shows without counting: basic indices and masks."""
    for part in parts_of(index):
        if part is None or part is Ellipsis or isinstance(part, (slice, *INTEGERS, *TRUTH)):
            continue
        if dtype_of_part(part).kind != "b":
            return False
    return True


def dtype_of_part(part: Any) -> np.dtype[Any]:
    """The dtype of an array or list in an index; an array of a device keeps its numbers there."""
    found = getattr(part, "dtype", None)
    return found if isinstance(found, np.dtype) else np.asarray(part).dtype


def result_shape(index: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of x[index] for an x of this shape. Raises IndexError as NumPy does.

    Positions on a device are not looked at; of a mask there, what is true is counted.
    """
    if remote_part(index) is not None:
        parts = tuple(map(shaped_like, parts_of(index)))
        index = parts if type(index) is tuple else parts[0]
    return np.broadcast_to(np.False_, shape)[index].shape


def shaped_like(part: Any) -> Any:
    """A part of an index with the same effect on the shape of the result, on the host."""
    if remote_part(part) is None:
        return part
    if dtype_of_part(part).kind == "b":
        from .placement import to_device

        return to_device(part, device="cpu")
    return np.broadcast_to(np.intp(0), part.shape)


def positions(index: Any, shape: tuple[int, ...]) -> Any:
    """For each element of x[index], which element of the flattened x it is."""
    return np.arange(math.prod(shape)).reshape(shape)[index]


def remote_part(index: Any) -> Any:
    """An array of an index whose numbers are on a device; None where there is none."""
    from .placement import is_remote

    return next((part for part in parts_of(index) if is_remote(part)), None)


def last_writers(index: Any, shape: tuple[int, ...]) -> Any:
    """For each element of x[index], whether x[index] = v leaves its value there: the last of several writers does.

    On a device it is one of them, and nobody knows which.
    """
    remote = remote_part(index)
    if remote is not None:
        from .. import ops

        numbers = ops.add(
            ops.cumsum(ops.ones_of(remote, shape=(math.prod(shape),), dtype=np.dtype(np.int64)), axis=0), -1
        )
        places = ops.getitem(ops.reshape(numbers, shape=shape), index=index)
        order = ops.reshape(ops.getitem(numbers, index=slice(0, ops.size(places))), shape=ops.shape(places))
        owner = ops.setitem(numbers, order, index=places)
        return ops.equal(ops.getitem(owner, index=places), order)
    places = np.asarray(positions(index, shape))
    order = np.arange(places.size).reshape(places.shape)
    owner = np.zeros(math.prod(shape), np.intp)
    owner[places] = order
    return owner[places] == order


def behind_batch(index: Any) -> tuple[tuple[Any, ...], int]:
    """The index for an array with a batch axis in front of each element, and where the batch axis lies in the result.

    It is in front unless advanced parts are apart from each other, for then NumPy puts what they broadcast to first.
    """
    parts = parts_of(index)
    full = (slice(None), *parts)
    if is_basic(index):
        return full, 0
    arrays, places = [], []
    for place, part in enumerate(parts):
        if part is None or part is Ellipsis or isinstance(part, slice):
            continue
        places.append(place)
        if isinstance(part, TRUTH):
            arrays.append(np.empty(int(part), bool))
        else:
            array = part if remote_part(part) is not None else np.asarray(part)
            if dtype_of_part(array).kind == "b":
                array = np.empty(np.count_nonzero(array), bool)
            arrays.append(array)
    if places[-1] - places[0] == len(places) - 1:
        return full, 0
    return full, len(np.broadcast_shapes(*(a.shape for a in arrays)))
