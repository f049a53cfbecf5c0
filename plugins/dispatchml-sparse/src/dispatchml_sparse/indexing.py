"""Indexing: the stored numbers that an index names, and item assignment for the classes that have it."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch.errors import at_user_line

from .foreign import SparseRefusal
from .numbers import assemble, is_sparse
from .pattern import PYDATA, coords_of
from .shaping import axis_in, reshape
from .view import View, chosen, densified, spread, todense, view


def getitem(x: Any, *, index: Any = ()) -> Any:
    """x[index]: a sparse array, or a number where every axis is given one position."""
    if not is_sparse(x):
        raise refuse_index(index)
    v = view(x)
    parts = full_index(index, v.ndim)
    if any(is_advanced(p) for p in parts):
        return advanced(v, parts)
    coords, keep = np.array(v.pattern.coords), np.ones(v.pattern.nnz, bool)
    shape: list[int] = []
    rows: list[Any] = []
    k = 0
    for part in parts:
        if part is None:
            rows.append(None)
            shape.append(1)
            continue
        size = v.shape[k]
        if isinstance(part, slice):
            start, stop, step = part.indices(size)
            length = len(range(start, stop, step))
            at, rest = np.divmod(coords[k] - start, step)
            keep &= (rest == 0) & (at >= 0) & (at < length)
            coords[k] = at
            rows.append(k)
            shape.append(length)
        else:
            at = position(part, size, k)
            keep &= coords[k] == at
        k += 1
    picks = np.flatnonzero(keep)
    if not shape and v.ndim:
        return one_number(v, picks)
    empty = np.zeros(picks.size, np.intp)
    found = [empty if r is None else coords[r, picks] for r in rows]
    pattern = v.pattern.like(np.stack(found) if found else (), tuple(shape))
    return assemble(chosen(v.data, picks) if v.ndim else v.data, pattern=pattern)


def one_number(v: View, picks: Any) -> Any:
    """The number at one place; the fill value where nothing is stored."""
    if picks.size:
        return ops.getitem(v.data, index=int(picks[0]))
    made = ops.scatter(ops.getitem(v.data, index=slice(0, 0)), index=np.zeros(0, np.intp), shape=(1,))
    if v.pattern.has_fill:
        made = ops.add(made, np.asarray([v.pattern.fill], ops.dtype(v.data)))
    return ops.getitem(made, index=0)


def position(part: Any, size: int, axis: int) -> int:
    """An integer of an index, counted from the front."""
    at = operator.index(part)
    if not -size <= at < size:
        raise IndexError(f"index {at} is out of bounds for axis {axis} with size {size}")
    return at % size


def is_advanced(part: Any) -> bool:
    """Whether a part of an index is an array or a truth value."""
    return not (part is None or isinstance(part, (slice, int, np.integer)) and not isinstance(part, (bool, np.bool_)))


def full_index(index: Any, ndim: int) -> list[Any]:
    """The parts of an index for every axis, arrays as arrays of integers."""
    parts: list[Any] = []
    for part in index if type(index) is tuple else (index,):
        if isinstance(part, (list, tuple)):
            part = np.asarray(part) if len(part) else np.zeros(0, np.intp)
        if is_sparse(part):
            part = densified("an index", part)
        if isinstance(part, np.ndarray) and part.dtype.kind == "b":
            parts += part.nonzero() if part.ndim else [part]
        elif isinstance(part, (bool, np.bool_)):
            parts.append(np.asarray(part))
        elif isinstance(part, np.ndarray) and part.ndim == 0 and part.dtype.kind in "iu":
            parts.append(int(part))
        else:
            parts.append(part)
    used = sum(p is not None and p is not Ellipsis for p in parts)
    if used > ndim:
        raise IndexError(f"too many indices for array: array is {ndim}-dimensional, but {used} were indexed")
    full = [slice(None)] * (ndim - used)
    at = next((k for k, p in enumerate(parts) if p is Ellipsis), None)
    return [*parts, *full] if at is None else [*parts[:at], *full, *parts[at + 1 :]]


def advanced(v: View, parts: list[Any]) -> Any:
    """An index with arrays. One array takes slices along its axis; several name elements one by one."""
    arrays = [k for k, p in enumerate(parts) if is_advanced(p)]
    if any(np.asarray(parts[k]).dtype.kind not in "iu" for k in arrays):
        raise IndexError("arrays used as indices must be of integer (or boolean) type")
    numbers = [k for k, p in enumerate(parts) if isinstance(p, (int, np.integer))]
    if len(arrays) == 1 and not numbers and parts[arrays[0]].ndim == 1:
        at = parts[arrays[0]]
        basic = tuple(slice(None) if k == arrays[0] else p for k, p in enumerate(parts))
        rest = getitem(v.whole(), index=basic)
        axis = arrays[0]
        return taken(rest, at, axis)
    shape, keys = element_keys(parts, v.shape)
    data = spread(v, keys.reshape(-1))
    named = all(is_advanced(p) and np.ndim(p) == 1 for p in parts)
    if named and v.pattern.kind in ("csr_array", "csc_array"):
        return ops.reshape(data, shape=shape)  # SciPy gives a dense vector for a list of elements
    at = v.pattern.find(keys.reshape(-1))
    picks = np.flatnonzero(at >= 0)
    return assemble(chosen(data, picks), pattern=v.pattern.like(coords_of(picks, shape), shape))


def element_keys(parts: list[Any], shape: tuple[int, ...]) -> tuple[tuple[int, ...], Any]:
    """The shape of what an index names, and the key of each of its elements."""
    keys = np.zeros(np.broadcast_to(False, shape)[tuple(parts)].shape, np.int64)
    k = 0
    spans: list[Any] = []
    for part in parts:
        if part is not None:
            spans.append(k)
            k += 1
    for axis, size in enumerate(shape):
        along = np.arange(size).reshape(tuple(size if j == axis else 1 for j in range(len(shape))))
        keys = keys * size + np.broadcast_to(along, shape)[tuple(parts)]
    return keys.shape, keys


def taken(x: Any, at: Any, axis: int) -> Any:
    """The slices of a sparse array at positions along an axis."""
    v = view(x)
    size = v.shape[axis]
    at = np.asarray(at)
    if at.size and (at.min() < -size or at.max() >= size):
        raise IndexError(f"index out of bounds for axis {axis} with size {size}")
    at = at % max(size, 1)
    along = v.pattern.coords[axis]
    order = np.argsort(along, kind="stable")
    starts = np.searchsorted(along[order], np.arange(size + 1))
    counts = (starts[1:] - starts[:-1])[at]
    new = np.repeat(np.arange(at.size), counts)
    offsets = np.arange(new.size) - np.repeat(np.cumsum(counts) - counts, counts)
    picks = order[np.repeat(starts[:-1][at], counts) + offsets]
    coords = np.array(v.pattern.coords[:, picks])
    coords[axis] = new
    shape = tuple(at.size if k == axis else n for k, n in enumerate(v.shape))
    pattern = v.pattern.like(coords, shape)
    order = np.lexsort(coords[::-1]) if v.ndim > 1 else np.arange(picks.size)
    return assemble(chosen(v.data, picks[order]), pattern=v.pattern.like(coords[:, order], pattern.shape))


def take(x: Any, indices: Any, *, axis: Any = None, mode: str = "raise") -> Any:
    """`numpy.take` with plain positions."""
    if not is_sparse(x) or not isinstance(indices, (np.ndarray, np.generic, int)):
        return ops.take(densified("take", x), todense(indices), axis=axis, mode=mode)
    at = np.asarray(indices)
    if axis is None:
        x, axis = reshape(x, shape=(-1,)), 0
    k = axis_in(axis, ops.ndim(x))
    size = ops.shape(x)[k]
    if mode == "wrap":
        at = at % max(size, 1)
    elif mode == "clip":
        at = np.clip(at, 0, max(size - 1, 0))
    made = taken(x, at.reshape(-1), k)
    shape = ops.shape(x)
    return ops.reshape(made, shape=(*shape[:k], *at.shape, *shape[k + 1 :]))


def setitem(x: Any, value: Any, *, index: Any = ()) -> Any:
    """x[index] = value, for the classes of SciPy, whose plain ones have it; the places become stored ones."""
    if not is_sparse(x):
        return ops.setitem(x, densified("item assignment", value), index=index)
    v = view(x)
    if index is Ellipsis and ops.shape(value) == v.shape:  # x += y
        return value if ops.dtype(value) == ops.dtype(x) else ops.astype(value, dtype=ops.dtype(x))
    if v.pattern.kind in PYDATA:
        raise SparseRefusal(
            f"A {v.pattern.kind} has no item assignment{at_user_line()}: its places are fixed. Write "
            "numpy.where(mask, value, x) with a sparse mask, or make the array with "
            "dispatchml_sparse.from_values(pattern, numbers)."
        )
    shape, keys = element_keys(full_index(index, v.ndim), v.shape)
    flat = keys.reshape(-1)
    given = ops.shape(value)
    if given != shape and [n for n in given if n != 1] == [n for n in shape if n != 1]:
        value = ops.reshape(densified("item assignment", value), shape=shape)  # a column is one of either shape
    numbers = ops.reshape(ops.broadcast_to(densified("item assignment", value), shape=shape), shape=(-1,))
    last = np.zeros(0, np.intp)
    if flat.size:
        _, first = np.unique(flat[::-1], return_index=True)
        last = flat.size - 1 - first
    stay = np.flatnonzero(~np.isin(v.pattern.keys, flat))
    have, new = ops.dtype(v.data), ops.dtype(numbers)
    if new != have and have.kind in "fc" and not (have.kind == "f" and new.kind == "c"):
        numbers = ops.astype(numbers, dtype=have)
    data = ops.concatenate((chosen(v.data, stay), chosen(numbers, last)), axis=0)
    places = np.concatenate((v.pattern.keys[stay], flat[last]))
    order = np.argsort(places, kind="stable")
    return assemble(chosen(data, order), pattern=v.pattern.like(coords_of(places[order], v.shape), v.shape))


def scatter(value: Any, *, index: Any = (), shape: Any = ()) -> Any:
    """The transpose of `getitem`: places of a sparse value within zeros."""
    v = view(value)
    found, keys = element_keys(full_index(index, len(shape)), tuple(shape))
    if v.pattern.has_fill or np.unique(keys).size != keys.size or found != v.shape:
        return ops.scatter(densified("scatter", value), index=index, shape=shape)
    places = keys.reshape(-1)[v.pattern.keys]
    return assemble(v.data, pattern=v.pattern.like(coords_of(places, tuple(shape)), tuple(shape)))


def refuse_index(index: Any) -> Exception:
    """The error for a sparse array as an index."""
    return SparseRefusal(
        f"A sparse array as an index{at_user_line()}: write x[tuple(mask.coords)] or x[mask.todense()]."
    )


def nonzero(x: Any) -> Any:
    """The places of what is not zero; stored zeros are zeros."""
    v = view(x)
    if v.pattern.has_fill or not isinstance(v.data, np.ndarray):
        return ops.nonzero(densified("nonzero", x))
    keys = np.sort(v.pattern.keys[v.data != 0])
    return tuple(coords_of(keys, v.shape))
