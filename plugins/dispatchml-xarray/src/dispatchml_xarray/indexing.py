"""Indices as xarray takes them, and new arrays like a labelled one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from dispatchml import ops, primal
from dispatchml.dispatch.errors import at_user_line

from .axes import assembled, numbers
from .labels import LabelError, Labels, bare, innermost, is_labelled, labels_of, of_variable
from .opening import run

Rule = Callable[..., Any]


def getitem(x: Any, *, index: Any = ()) -> Any:
    """x[...] by position, with a dict by dims, with a name for a coordinate; as in xarray, each dim by itself."""
    if innermost(x) is None:
        return run(lambda index: ops.getitem(x, index=plain(index)), index)
    return run(lambda d, index: d[index], x, index)


def plain(index: Any) -> Any:
    """The numbers of labelled indices."""
    return tuple(map(plain, index)) if type(index) is tuple else numbers(index)


def setitem(x: Any, value: Any, *, index: Any = ()) -> Any:
    """x[...] = value, by names of dims, as in xarray."""

    def written(d: Any, value: Any) -> Any:
        if not is_labelled(d):
            return ops.setitem(d, numbers(value), index=plain(index))
        made = of_variable(d).build(ops.positive(numbers(d)))
        if isinstance(index, Points):
            return assembled(d, ops.setitem(numbers(d), numbers(value), index=tuple(index)), d.dims)
        made[index] = value
        return made

    return run(written, x, value)


class Points(tuple[Any, ...]):
    """An index element by element, as NumPy takes several arrays; xarray takes each dim by itself."""


def write(x: Any, key: Any, value: Any, by_label: bool = False) -> None:
    """x[key] = value and x.loc[key] = value of a traced array: xarray says which elements are meant.

    A labelled value is broadcast by the names of dims, and its coordinates must be those of the elements.
    """
    labels, shape = labels_of(x)[0], ops.shape(x)
    if isinstance(key, str) and not by_label:
        from .views import set_coordinate

        set_coordinate(x, key, value)
        return
    places = labels.build(np.arange(math.prod(shape)).reshape(shape))
    key = primal(key)
    picked = places.loc[key] if by_label else places[key]
    points = Points(np.unravel_index(np.asarray(picked), shape)) if shape else Points(())
    x._write_item(points, numbers_for(picked, value))


def numbers_for(picked: Any, value: Any) -> Any:
    """The numbers of a value in the order of the dims that it is written to."""
    if innermost(value) is None:
        return value
    found = labels_of(value)[0]
    lost = [n for n in found.dims if n not in picked.dims]
    if lost:
        raise LabelError(f"A value with the dims {found.dims} is written into {picked.dims}{at_user_line()}.")
    for name, index in found.indexes.items():
        if name in picked.dims and name in picked._indexes and not index.equals(picked._indexes[name]):
            raise xr.AlignmentError(
                f"A value with other labels along {name!r} is written into an array{at_user_line()}. Align it first: "
                "value.reindex_like(x[...])."
            )
    order = [found.dims.index(n) for n in picked.dims if n in found.dims]
    data = ops.transpose(bare(value), axes=tuple(order)) if len(order) > 1 else bare(value)
    sizes = iter(ops.shape(data))
    return ops.reshape(data, shape=tuple(next(sizes) if n in found.dims else 1 for n in picked.dims))


def add_at(x: Any, value: Any, *, index: Any = ()) -> Any:
    """By position; repeated positions add up."""

    def added(d: Any, value: Any) -> Any:
        y = ops.add_at(numbers(d), numbers(value), index=plain(index))
        return assembled(d, y, d.dims) if is_labelled(d) else y

    return run(added, x, value)


def written_along(op: Any) -> Rule:
    """put_along_axis and its kin: by position."""

    def put(x: Any, *others: Any, **keywords: Any) -> Any:
        def by_position(d: Any, *others: Any) -> Any:
            y = op(numbers(d), *map(numbers, others), **keywords)
            return assembled(d, y, d.dims) if is_labelled(d) and ops.ndim(y) == d.ndim else y

        return run(by_position, x, *others)

    return put


def take(x: Any, indices: Any, *, axis: Any = None, mode: str = "raise") -> Any:
    """Along a dim, with its coordinates; labelled indices bring their dims."""

    def taken(d: Any, indices: Any) -> Any:
        if not is_labelled(d):
            return ops.take(d, numbers(indices), axis=axis, mode=mode)
        if axis is None and d.ndim > 1:
            raise LabelError(f"take of the flattened array would lose {d.dims}{at_user_line()}. Name an axis.")
        dim = d.dims[0 if axis is None else axis]
        if mode != "raise":
            size = d.sizes[dim]
            indices = np.mod(numbers(indices), size) if mode == "wrap" else np.clip(numbers(indices), 0, size - 1)
        if not is_labelled(indices) and np.ndim(indices) > 1:
            raise LabelError(
                f"take with positions of {np.ndim(indices)} axes{at_user_line()}, which have no names. Label them: "
                "xarray.DataArray(indices, dims=...)."
            )
        return d.isel({dim: indices})

    return run(taken, x, indices)


def take_along_axis(x: Any, indices: Any, *, axis: int = -1) -> Any:
    """What was at a coordinate is elsewhere, so the coordinates of the dim go."""

    def taken(d: Any, indices: Any) -> Any:
        y = ops.take_along_axis(numbers(d), numbers(indices), axis=axis)
        return assembled(d, y, d.dims, (d.dims[axis],)) if is_labelled(d) else y

    return run(taken, x, indices)


def compress(x: Any, *, condition: Any = (), axis: Any = None) -> Any:
    """Along a dim, with its coordinates."""
    return take(x, np.flatnonzero(plain(condition)), axis=axis)


def extract(x: Any, *, condition: Any = ()) -> Any:
    """Of one axis only."""
    return take(x, np.flatnonzero(plain(condition)))


def delete(x: Any, *, index: Any = (), axis: Any = None) -> Any:
    """Along a dim, with its coordinates."""
    inner = innermost(x)
    if axis is None and ops.ndim(x) > 1:
        raise LabelError(f"delete of the flattened array would lose {inner.dims}{at_user_line()}. Name an axis.")
    axis = 0 if axis is None else axis
    return take(x, np.delete(np.arange(ops.shape(x)[axis]), plain(index)), axis=axis)


def scattering(op: Any) -> Rule:
    """The transposes of taking, on numbers."""

    def scattered(*arguments: Any, **keywords: Any) -> Any:
        return run(lambda *values: op(*map(numbers, values), **keywords), *arguments)

    return scattered


def found(op: Any) -> Rule:
    """Positions have no labels."""

    def positions(x: Any) -> Any:
        return run(lambda d: op(numbers(d)), x)

    return positions


def unique(x: Any) -> Any:
    """Of one axis: the different elements have no coordinates."""

    def different(d: Any) -> Any:
        if d.ndim != 1:
            raise LabelError(f"unique of the flattened array would lose {d.dims}{at_user_line()}: pass x.data.")
        return assembled(d, ops.unique(numbers(d)), d.dims, d.dims)

    return run(different, x)


# ---- new arrays ------------------------------------------------------------------------------------------------------


def like(op: Any) -> Rule:
    """Other numbers with the same labels."""

    def same_labels(x: Any, **keywords: Any) -> Any:
        return run(lambda d: assembled(d, op(numbers(d), **keywords), d.dims), x)

    return same_labels


def one_like(x: Any) -> Any:
    """The seed of a derivative: without attributes, which describe values."""
    return run(lambda d: without_attrs(d, ops.one_like(numbers(d))), x)


def without_attrs(d: Any, data: Any) -> Any:
    """Numbers with the labels of an array, without its attributes."""
    old = of_variable(d)
    return Labels(old.cls, old.dims, {}, old.coords, old.name, old.indexes).build(data)


def of_shape(op: Any) -> Rule:
    """Numbers in another shape have no labels; zeros in the shape of x have those of x."""

    def in_a_shape(x: Any, *, shape: Any = None, **keywords: Any) -> Any:
        def made(d: Any) -> Any:
            y = op(numbers(d), shape=shape, **keywords)
            same = shape is None or (tuple(shape) == d.shape and (d.ndim or op.info.name == "zeros_of"))
            return without_attrs(d, y) if same else y

        return run(made, x)

    return in_a_shape


def pad_constant(x: Any, *, pad_width: Any = 0, value: Any = 0) -> Any:
    """The dims that have grown lose their coordinates."""

    def padded(d: Any) -> Any:
        y = ops.pad_constant(numbers(d), pad_width=pad_width, value=value)
        grown = tuple(n for n, s in zip(d.dims, ops.shape(y), strict=True) if s != d.sizes[n])
        return assembled(d, y, d.dims, grown)

    return run(padded, x)
