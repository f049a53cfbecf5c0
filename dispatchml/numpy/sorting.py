"""Order, search and sets: sorted values carry derivatives, positions do not."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.dressing import DRESSED
from ..dispatch.errors import NoMethodError, at_user_line, describe
from ..dispatch.layers import layer_of
from ..dispatch.resolve import is_unregistered
from .dtypes import at_least_double
from .joining import unstack
from .registry import CONTAINERS, is_ours, kept, numpy_function, operand, operands


@numpy_function(np.argmax)
def argmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    return ops.argmax(a, axis=axis, keepdims=kept(keepdims))


@numpy_function(np.argmin)
def argmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    return ops.argmin(a, axis=axis, keepdims=kept(keepdims))


@numpy_function(np.nanargmax)
def nanargmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    return ops.nanargmax(a, axis=axis, keepdims=kept(keepdims))


@numpy_function(np.nanargmin)
def nanargmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    return ops.nanargmin(a, axis=axis, keepdims=kept(keepdims))


def kind_of(kind: Any, stable: Any) -> Any:
    """NumPy's kind from either of its two spellings."""
    return "stable" if stable else kind


def sort_plain(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None, descending: bool = False
) -> Any:
    """NumPy's sort, with the standard's `descending`."""
    if descending:
        a = np.asarray(a)
        y = np.take_along_axis(a, argsort_plain(a, axis, descending=True), axis)
        return y
    return np.sort(a, axis, kind, order) if stable is None else np.sort(a, axis, order=order, stable=stable)


def argsort_plain(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None, descending: bool = False
) -> Any:
    """NumPy's argsort, with the standard's `descending`: ties keep their order."""
    if not descending:
        return np.argsort(a, axis, kind, order) if stable is None else np.argsort(a, axis, order=order, stable=stable)
    a = np.asarray(a)
    last = a.shape[axis] - 1
    return np.flip(last - np.argsort(np.flip(a, axis=axis), axis=axis, stable=True), axis=axis)


@numpy_function(np.sort, plain=sort_plain)
def sort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None, descending: bool = False
) -> Any:
    return ops.sort(a, axis=axis, kind=kind_of(kind, stable), descending=descending)


@numpy_function(np.argsort, plain=argsort_plain)
def argsort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None, descending: bool = False
) -> Any:
    return ops.argsort(a, axis=axis, kind=kind_of(kind, stable), descending=descending)


@numpy_function(np.sort_complex)
def sort_complex(a: Any) -> Any:
    y = ops.sort(a, axis=-1)
    kind = ops.dtype(y)
    return y if kind.kind in "cO" else ops.astype(y, dtype=np.sort_complex(np.zeros(0, kind)).dtype)


@numpy_function(np.partition)
def partition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    return ops.partition(a, kth=kth, axis=axis)


@numpy_function(np.argpartition)
def argpartition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    return ops.argpartition(a, kth=kth, axis=axis)


@numpy_function(np.searchsorted, arrays=2)
def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    return ops.searchsorted(a, v, side=side, sorter=sorter)


@numpy_function(np.digitize, arrays=2)
def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    steps = np.diff(plain(bins))
    if not (np.all(steps >= 0) or np.all(steps <= 0)):
        raise ValueError("bins must be monotonically increasing or decreasing")
    side = "left" if right else "right"
    if np.all(steps >= 0):
        return ops.searchsorted(bins, x, side=side)
    return ops.subtract(ops.shape(bins)[0], ops.searchsorted(ops.flip(bins), x, side="right" if right else "left"))


def plain(x: Any, name: str = "") -> Any:
    """The innermost numbers of a value, for results that are positions or counts and carry no derivative.

    With a name, a value with a meaning (a unit, a label) is refused: the numbers alone would lose it.
    """
    while True:
        info = layer_of(type(x))
        if info is None or info.payload is None:
            if is_unregistered(type(x)):
                ops.positive(x)  # raises: what the class carries, such as a mask, would be lost
            return np.asarray(x)
        if name and info.slot == "meaning":
            raise NoMethodError(
                f"numpy.{name} is not defined on {describe(x)}{at_user_line()}: it would compare bare numbers. "
                "Pass the numbers "
                "in one unit, without what they carry."
            )
        if info in DRESSED:
            ops.unique_indices(x)  # raises where elements are masked, and cannot be compared or counted
        x = info.payload(x)


def on_plain(original: Any) -> Callable[..., Any]:
    """A function whose result carries neither derivatives nor units, computed on the innermost numbers."""

    def counted(*args: Any, **kwargs: Any) -> Any:
        for x in (*args, *kwargs.values()):
            refuse_batched(x, original.__name__)
        name = original.__name__
        args = tuple(plain(operand(a), name) if is_ours(a) else a for a in args)
        kwargs = {k: plain(operand(a), name) if is_ours(a) else a for k, a in kwargs.items()}
        return original(*args, **kwargs)

    counted.__name__ = original.__name__
    counted = functools.wraps(original)(counted)
    return numpy_function(original, arrays=0)(counted)


def refuse_batched(x: Any, name: str) -> None:
    """A batch has a result for each element, which a function on the numbers as a whole would mix up.

    Containers are looked into: a batch among the arrays of a list is refused as well.
    """
    from ..engines.batch import Batched

    if type(x) in CONTAINERS:
        for element in x if is_ours(x) else ():
            refuse_batched(element, name)
        return
    while True:
        if isinstance(x, Batched):
            raise NoMethodError(
                f"numpy.{name} has a result whose shape depends on values or mixes elements{at_user_line()}: it "
                "cannot run over "
                "a batch. Write it with numpy.sort, numpy.searchsorted and numpy.where."
            )
        info = layer_of(type(x))
        if info is None or info.payload is None:
            return
        x = info.payload(x)


unravel_index = on_plain(np.unravel_index)
ravel_multi_index = on_plain(np.ravel_multi_index)
isin = on_plain(np.isin)
packbits = on_plain(np.packbits)
unpackbits = on_plain(np.unpackbits)


@numpy_function(np.lexsort, arrays=0)
def lexsort(keys: Any, axis: int = -1) -> Any:
    parts = operands(keys) if type(keys) in CONTAINERS else tuple(unstack(keys))
    if not parts:
        raise TypeError("need sequence of keys with len > 0 in lexsort")
    order = ops.argsort(parts[0], axis=axis, kind="stable")
    for part in parts[1:]:  # the last key decides first: each stable sort keeps the order of those before
        again = ops.argsort(ops.take_along_axis(part, order, axis=axis), axis=axis, kind="stable")
        order = ops.take_along_axis(order, again, axis=axis)
    return order


@numpy_function(np.bincount, arrays=3)
def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    refuse_batched(x, "bincount")
    numbers = plain(x)
    if weights is None:
        return np.bincount(numbers, minlength=minlength)
    count = max(int(numbers.max(initial=-1)) + 1, minlength)
    return ops.scatter(at_least_double(weights), index=numbers, shape=(count,))


# ---- sets --------------------------------------------------------------------------------------------------------


@numpy_function(np.unique)
def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, axis: Any = None, *,
    equal_nan: bool = True, sorted: bool = True,
) -> Any:  # fmt: skip
    refuse_batched(ar, "unique")
    _, index, inverse, counts = np.unique(
        plain(ar), return_index=True, return_inverse=True, return_counts=True, axis=axis, equal_nan=equal_nan
    )
    values = ops.take(ops.ravel(ar) if axis is None else ar, index, axis=0 if axis is None else axis)
    extra = [x for x, wanted in ((index, return_index), (inverse, return_inverse), (counts, return_counts)) if wanted]
    return (values, *extra) if extra else values


@numpy_function(np.unique_values)
def unique_values(x: Any) -> Any:
    return unique(x, equal_nan=False)


@numpy_function(np.unique_counts)
def unique_counts(x: Any) -> Any:
    values, counts = unique(x, return_counts=True, equal_nan=False)
    return type(np.unique_counts(np.zeros(1)))(values, counts)


@numpy_function(np.unique_inverse)
def unique_inverse(x: Any) -> Any:
    values, inverse = unique(x, return_inverse=True, equal_nan=False)
    return type(np.unique_inverse(np.zeros(1)))(values, np.reshape(inverse, ops.shape(x)))


@numpy_function(np.unique_all)
def unique_all(x: Any) -> Any:
    values, index, inverse, counts = unique(
        x, return_index=True, return_inverse=True, return_counts=True, equal_nan=False
    )
    return type(np.unique_all(np.zeros(1)))(values, index, np.reshape(inverse, ops.shape(x)), counts)


def flat(*arrays: Any) -> Any:
    """Several arrays end to end, as one axis."""
    return ops.concatenate(tuple(ops.ravel(a) for a in arrays), axis=0)


@numpy_function(np.union1d, arrays=2)
def union1d(ar1: Any, ar2: Any) -> Any:
    return unique(flat(ar1, ar2))


@numpy_function(np.intersect1d, arrays=2)
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    refuse_batched((ar1, ar2), "intersect1d")
    _, first, second = np.intersect1d(plain(ar1, "intersect1d"), plain(ar2, "intersect1d"), assume_unique, True)
    values = ops.getitem(ops.ravel(ar1), index=first)
    return (values, first, second) if return_indices else values


@numpy_function(np.setdiff1d, arrays=2)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    refuse_batched((ar1, ar2), "setdiff1d")
    values = ops.ravel(ar1) if assume_unique else unique(ar1)
    return ops.getitem(values, index=~np.isin(plain(values, "setdiff1d"), plain(ar2, "setdiff1d")))


@numpy_function(np.setxor1d, arrays=2)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    values = flat(ar1, ar2) if assume_unique else flat(unique(ar1), unique(ar2))
    distinct, counts = unique(values, return_counts=True)
    return ops.getitem(distinct, index=counts == 1)
