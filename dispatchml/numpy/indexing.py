"""Selecting elements: indices, masks, choices, and what is put in or left out."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NoMethodError, TracerConversionError, at_user_line
from ..engines.traced import Traced
from ..engines.views import as_view
from ..engines.writable import Writable
from ..ops.placement import beside, is_remote
from .joining import as_sequence
from .manipulation import in_order, order_of
from .registry import is_foreign, is_ours, numpy_function, operand


def getitem(x: Any, index: Any) -> Any:
    """x[index], where a part of the index may itself be layered, such as a batched integer."""
    parts = index if type(index) is tuple else (index,)
    for part in parts:
        if is_ours(part):
            return getitem_layered(x, parts)
    return ops.getitem(x, index=index)


def getitem_layered(x: Any, parts: tuple[Any, ...]) -> Any:
    """x[index] with layered integer arrays: their places in the flattened axes are computed and taken by operations."""
    parts = tuple(operand(p) for p in parts)
    have = ops.shape(x)
    used = sum(p is not None and p is not Ellipsis for p in parts)
    if any(p is Ellipsis for p in parts):
        at = next(k for k, p in enumerate(parts) if p is Ellipsis)
        parts = parts[:at] + (slice(None),) * (len(have) - used) + parts[at + 1 :]
    else:
        parts = parts + (slice(None),) * (len(have) - used)
    advanced = [k for k, p in enumerate(parts) if is_advanced(p)]
    if advanced[-1] - advanced[0] + 1 != len(advanced) or any(ops.dtype(parts[k]).kind not in "iu" for k in advanced):
        raise NoMethodError(
            "An index that is traced or batched must consist of integer arrays next to each "
            f"other{at_user_line()}; a mask "
            "would make the shape depend on the values. Write numpy.where(mask, x, 0), or index in two steps."
        )
    basic = tuple(slice(None) if k in advanced else p for k, p in enumerate(parts))
    if any(p is None or type(p) is not slice or p != slice(None) for p in basic):
        x = ops.getitem(x, index=basic)
    axis = sum(not isinstance(p, (int, np.integer)) for p in parts[: advanced[0]])
    sizes = ops.shape(x)[axis : axis + len(advanced)]
    remote = next((parts[k] for k in advanced if is_remote(parts[k])), None)
    place: Any = 0
    for k, size in zip(advanced, sizes, strict=True):
        inside = places_among(size, parts[k], remote)
        place = inside if k == advanced[0] else ops.add(ops.multiply(place, size), inside)
    if len(advanced) == ops.ndim(x):
        return ops.take(x, place, axis=None)
    flat = ops.reshape(x, shape=ops.shape(x)[:axis] + (math.prod(sizes),) + ops.shape(x)[axis + len(advanced) :])
    return ops.take(flat, place, axis=axis)


def places_among(size: int, part: Any, remote: Any) -> Any:
    """Positions counted from the front. Those outside are refused, on a device they begin again as without layers.

    remote: another part of the index that is on a device.
    """
    if is_remote(part):
        return ops.remainder(part, size)
    return ops.take(np.arange(size) if remote is None else beside(np.arange(size), remote), part, axis=0)


def is_advanced(part: Any) -> bool:
    """Whether a part of an index is an array of positions."""
    if isinstance(part, np.ndarray):
        return True
    return not isinstance(part, (int, np.integer, slice, type(None))) and is_foreign(type(part))


@numpy_function(np.take, arrays=2)
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    return ops.take(a, indices, axis=None if axis is None else operator.index(axis), mode=mode)


@numpy_function(np.take_along_axis, arrays=2)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    return ops.take_along_axis(arr, indices, axis=axis)


@numpy_function(np.where, arrays=3)
def where(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    if x is None and y is None:
        return nonzero(condition)
    return ops.where(condition, x, y)


@numpy_function(np.nonzero)
def nonzero(a: Any) -> Any:
    if ops.ndim(a) == 0:
        raise ValueError("Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero() instead.")
    return ops.nonzero(a)


@numpy_function(np.flatnonzero)
def flatnonzero(a: Any) -> Any:
    return ops.flatnonzero(a)


@numpy_function(np.argwhere)
def argwhere(a: Any) -> Any:
    return ops.argwhere(a)


@numpy_function(np.compress, arrays=2)
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    return ops.compress(a, condition=static(condition, "compress"), axis=axis)


@numpy_function(np.extract, arrays=2)
def extract(condition: Any, arr: Any) -> Any:
    return ops.extract(arr, condition=static(condition, "extract"))


def static(values: Any, name: str) -> Any:
    """Values that decide a shape or a position: they must be plain."""
    if is_ours(values):
        raise NoMethodError(
            f"numpy.{name} with a traced or batched condition has a shape that depends on "
            f"values{at_user_line()}. Write "
            "numpy.where(condition, x, 0), or take the values out with dispatchml.primal."
        )
    return np.asarray(values)


@numpy_function(np.choose, arrays=1)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:

    parts = tuple(operand(c) for c in as_sequence(choices))
    if not is_ours(a):
        return ops.choose(parts, indices=np.asarray(a), mode=mode)
    number = ops.remainder(a, len(parts)) if mode == "wrap" else a
    if mode == "clip":
        number = ops.minimum(ops.maximum(a, 0), len(parts) - 1)
    y = parts[0]
    for k, choice in enumerate(parts[1:], 1):
        y = ops.where(ops.not_equal(number, k), y, choice)
    return y


@numpy_function(np.select, arrays=0)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    y = operand(default)
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        y = ops.where(operand(condition), operand(choice), y)
    return in_order(y, "C")


@numpy_function(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    conditions = condlist if isinstance(condlist, (list, tuple)) else [condlist]
    if conditions and not isinstance(conditions[0], (list, tuple)) and ops.ndim(conditions[0]) == 0 and ops.ndim(x):
        conditions = [condlist]
    conditions = [operand(c) for c in conditions]
    if len(conditions) not in (len(funclist), len(funclist) - 1):
        raise ValueError(
            f"with {len(conditions)} condition(s), either {len(conditions)} or {len(conditions) + 1} functions "
            "are expected"
        )
    values = [f(x, *args, **kw) if callable(f) else f for f in funclist]
    y = values[-1] if len(values) > len(conditions) else ops.zeros_like(x)
    for condition, value in zip(conditions, values, strict=False):  # the last condition that holds wins
        y = ops.where(condition, value, y)
    y = ops.astype(y, dtype=ops.dtype(x)) if ops.dtype(y) != ops.dtype(x) else y
    return in_order(y, order_of(x))


@numpy_function(np.delete)
def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    return in_order(ops.delete(arr, index=obj, axis=axis), order_of(arr))


@numpy_function(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    values, kind = operand(values), ops.dtype(arr)
    if ops.dtype(values) != kind and kind.kind in "?biufc":  # NumPy puts them into a copy of the array
        if ops.dtype(values).kind in "fc" and kind.kind not in "fc" and isinstance(values, Traced):
            raise TracerConversionError(
                f"A {ops.dtype(values)} value cannot be inserted into an array of {kind} without loss{at_user_line()}: "
                "its derivative would be lost with its digits. Make the array floating first."
            )
        values = ops.astype(values, dtype=kind)
    return in_order(ops.insert(arr, values, index=obj, axis=axis), order_of(arr))


@numpy_function(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return ops.diagonal(a, offset=offset, axis1=axis1, axis2=axis2)


@numpy_function(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    y = ops.diag(v, k=k)
    return as_view(y, v, ops.diag, {"k": k}) if isinstance(v, Writable) and ops.ndim(v) == 2 else y


@numpy_function(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    return ops.diag(ops.ravel(v), k=k)


@numpy_function(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    return ops.trace(a, offset=offset, axis1=axis1, axis2=axis2, dtype=dtype)


@numpy_function(np.tril)
def tril(m: Any, k: int = 0) -> Any:
    return ops.tril(m, k=k)


@numpy_function(np.triu)
def triu(m: Any, k: int = 0) -> Any:
    return ops.triu(m, k=k)


@numpy_function(np.tril_indices_from)
def tril_indices_from(arr: Any, k: int = 0) -> Any:
    return np.tril_indices(ops.shape(arr)[-2], k=k, m=ops.shape(arr)[-1])


@numpy_function(np.triu_indices_from)
def triu_indices_from(arr: Any, k: int = 0) -> Any:
    return np.triu_indices(ops.shape(arr)[-2], k=k, m=ops.shape(arr)[-1])


@numpy_function(np.diag_indices_from)
def diag_indices_from(arr: Any) -> Any:
    return np.diag_indices(ops.shape(arr)[0], ops.ndim(arr))


@numpy_function(np.ix_, arrays=0, names="ix_")
def ix_(*args: Any) -> Any:
    shapes = [tuple(-1 if j == k else 1 for j in range(len(args))) for k in range(len(args))]
    return tuple(ops.reshape(operand(a), shape=s) for a, s in zip(args, shapes, strict=True))
