"""Indexing: elements picked and put. An update returns a new array and leaves its argument alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dispatch import operation
from .placement import beside

__all__ = [
    "add_along_axis", "add_at", "argwhere", "choose", "compress", "delete", "extract", "flatnonzero", "getitem",
    "insert", "nonzero", "put_along_axis", "scatter", "scatter_along_axis", "scatter_take", "select", "setitem",
    "take", "take_along_axis", "unique", "unique_indices",
]  # fmt: skip

PLAIN = ("meaning", "transform")


@operation(family="indexing", view=True)
def getitem(x: Any, *, index: Any = ()) -> Any:
    """x[index], for every index of NumPy's: integers, slices, None, Ellipsis, integer arrays, masks, tuples."""


@operation(family="indexing")
def setitem(x: Any, value: Any, *, index: Any = ()) -> Any:
    """x with x[index] = value done, in the dtype of x. Where an index names an element twice, the last value stays.

    Raises TracerConversionError where x is integer and value floating, or x real and value complex.
    """


@operation(family="indexing")
def add_at(x: Any, value: Any, *, index: Any = ()) -> Any:
    """x with value added at x[index], as often as the index names an element."""


@operation(family="indexing")
def scatter(value: Any, *, index: Any = (), shape: tuple[int, ...] = ()) -> Any:
    """Zeros of a shape with value added at [index]: the transpose of `getitem`."""


@operation(family="indexing")
def take(x: Any, indices: Any, *, axis: int | None = None, mode: str = "raise") -> Any:
    """The elements at integer positions along an axis; indices outside raise, "wrap" around or are "clip"ped."""


@operation(family="indexing")
def scatter_take(
    value: Any, indices: Any, *, shape: tuple[int, ...] = (), axis: int | None = None, mode: str = "raise"
) -> Any:
    """Zeros of a shape with value added where `take` would pick: its transpose."""


@operation(family="indexing")
def take_along_axis(x: Any, indices: Any, *, axis: int | None = -1) -> Any:
    """The elements at integer positions of each vector along an axis, such as those of `argsort`."""


@operation(family="indexing")
def scatter_along_axis(value: Any, indices: Any, *, shape: tuple[int, ...] = (), axis: int | None = -1) -> Any:
    """Zeros of a shape with value added where `take_along_axis` would pick: its transpose."""


@operation(family="indexing")
def put_along_axis(x: Any, indices: Any, values: Any, *, axis: int | None = -1) -> Any:
    """x with values at integer positions of each vector along an axis, in the dtype of x; the last of several stays."""


@operation(family="indexing", strips=PLAIN)
def nonzero(x: Any) -> Any:
    """The positions of the nonzero elements, an array for each axis. Not differentiable."""


@operation(family="indexing", strips=PLAIN)
def flatnonzero(x: Any) -> Any:
    """The positions of the nonzero elements in the flattened array. Not differentiable."""


@operation(family="indexing", strips=PLAIN)
def argwhere(x: Any) -> Any:
    """The positions of the nonzero elements, a row for each. Not differentiable."""


@operation(family="indexing", strips=PLAIN)
def unique_indices(x: Any) -> Any:
    """The first position of each different element of the flattened array, in their order. Not differentiable."""


# ---- made of the ones above ------------------------------------------------------------------------------------------


@operation(family="indexing")
def unique(x: Any) -> Any:
    """The different elements in order. The derivative goes to the first occurrence of each."""


@unique.decompose
def unique_of(x: Any) -> Any:
    return ops.take(x, ops.unique_indices(x))


@operation(family="indexing")
def add_along_axis(x: Any, indices: Any, values: Any, *, axis: int = -1) -> Any:
    """x with values added at integer positions of each vector along an axis."""


@add_along_axis.decompose
def add_along_axis_of(x: Any, indices: Any, values: Any, *, axis: int = -1) -> Any:
    return ops.add(x, ops.scatter_along_axis(values, indices, shape=ops.shape(x), axis=axis))


def along(axis: int, ndim: int, part: Any) -> tuple[Any, ...]:
    """An index that takes `part` of one axis."""
    from .axes import axis_of

    return (*(slice(None),) * axis_of(axis, ndim), part)


@operation(family="indexing")
def compress(x: Any, *, condition: Any = (), axis: int | None = None) -> Any:
    """The slices of x along an axis at which a vector of conditions holds; of the flattened array for None."""


@compress.decompose
def compress_of(x: Any, *, condition: Any = (), axis: int | None = None) -> Any:
    if axis is None:
        x, axis = ops.reshape(x, shape=(-1,)), 0
    return ops.getitem(x, index=along(axis, ops.ndim(x), np.flatnonzero(condition)))


@operation(family="indexing")
def extract(x: Any, *, condition: Any = ()) -> Any:
    """The elements of x at which a condition in the shape of x holds."""


@extract.decompose
def extract_of(x: Any, *, condition: Any = ()) -> Any:
    return ops.getitem(ops.reshape(x, shape=(-1,)), index=np.flatnonzero(condition))


@operation(family="indexing")
def delete(x: Any, *, index: Any = (), axis: int | None = None) -> Any:
    """x without the slices that an index names along an axis; flattened for None."""


@delete.decompose
def delete_of(x: Any, *, index: Any = (), axis: int | None = None) -> Any:
    if axis is None:
        x, axis = ops.reshape(x, shape=(-1,)), 0
    kept = np.delete(np.arange(ops.shape(x)[axis]), index)
    return ops.getitem(x, index=along(axis, ops.ndim(x), kept))


@operation(family="indexing")
def insert(x: Any, values: Any, *, index: Any = 0, axis: int | None = None) -> Any:
    """x with values inserted before positions along an axis; flattened for None."""


@insert.decompose
def insert_of(x: Any, values: Any, *, index: Any = 0, axis: int | None = None) -> Any:
    """One gather from x and values; numpy.insert says of the elements' numbers where each comes from."""
    if axis is None:
        x, axis = ops.reshape(x, shape=(-1,)), 0
    shape, count, kind = ops.shape(x), ops.size(x), ops.dtype(x)
    if kind.kind in "fc" and ops.dtype(values) != kind and not (kind.kind == "f" and ops.dtype(values).kind == "c"):
        values = ops.astype(values, dtype=kind)
    given = -1 - np.arange(ops.size(values)).reshape(ops.shape(values))
    source = np.insert(np.arange(count).reshape(shape), index, given, axis=axis)
    added = ops.reshape(values, shape=(-1,))
    if ops.ndim(values) == 0:  # numbers of the host go with arrays of every device
        added = beside(added, x)
    both = ops.concatenate((ops.reshape(x, shape=(-1,)), added), axis=0)
    return ops.getitem(both, index=np.where(source < 0, count - 1 - source, source))


@operation(family="indexing", variadic=True)
def choose(choices: Any, *, indices: Any = (), mode: str = "raise") -> Any:
    """For each element the one of the choices that an integer array names; all broadcast."""


@choose.decompose
def choose_of(choices: Any, *, indices: Any = (), mode: str = "raise") -> Any:
    indices = np.asarray(indices)
    number = np.choose(indices, np.arange(len(choices)), mode=mode)  # pyright: ignore[reportCallIssue, reportArgumentType]
    number = beside(number, choices[0])
    y = choices[0]
    for k, choice in enumerate(choices[1:], 1):
        y = ops.where(number != k, y, choice)
    return ops.broadcast_to(y, shape=np.broadcast_shapes(indices.shape, *map(ops.shape, choices)))


@operation(family="indexing", variadic=True)
def select(choices: Any, *, conditions: Any = ()) -> Any:
    """For each element the first choice whose condition holds; the last choice, which has no condition, elsewhere."""


@select.decompose
def select_of(choices: Any, *, conditions: Any = ()) -> Any:
    y = choices[-1]
    for condition, choice in zip(reversed(conditions), reversed(choices[:-1]), strict=True):
        y = ops.where(beside(condition, choice), choice, y)
    return y
