"""A labelled array taken apart and put together: `unlabel` and `label` are operations.

A traced labelled array is traced outside. xarray's own code runs on it all the same: the array is opened, which makes
a bare DataArray round the traced numbers, xarray does what it does, and the result is closed again. Derivatives are
those of the operations on numbers that xarray has called; `unlabel` and `label` are the only ones that see labels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from dispatchml import ops
from dispatchml.dispatch import Carrier, foreign_class, is_traced, layer_of, operation
from dispatchml.dispatch.errors import DispatchmlError, at_user_line
from dispatchml.rules import batch, linear

DataArray, Variable = xr.DataArray, xr.Variable


class LabelError(DispatchmlError, ValueError):
    """Labels that do not fit, or that would be lost."""


class LabelWarning(UserWarning):
    """A function of NumPy went by position, and what it gave has no labels."""


class Labels:
    """What a labelled array has beside its numbers."""

    __slots__ = ("cls", "dims", "attrs", "coords", "name", "indexes")

    def __init__(
        self, cls: type, dims: tuple[Any, ...], attrs: Any, coords: dict[Any, Any], name: Any, indexes: dict[Any, Any]
    ) -> None:
        self.cls, self.dims, self.attrs = cls, dims, attrs
        self.coords, self.name, self.indexes = coords, name, indexes

    def without_attrs(self) -> Labels:
        """The labels of a derivative: attributes describe values (their units, their history)."""
        return Labels(self.cls, self.dims, {}, self.coords, self.name, self.indexes) if self.attrs else self

    def behind(self, axis: Axis) -> Labels:
        """With one more axis in front, that of a batch."""
        taken = {*self.dims, *self.coords}
        if axis.name in taken or set(axis.coords) & taken:
            axis = axis.renamed(taken)
        coords, indexes = dict(self.coords), dict(self.indexes)
        if self.cls is not Variable:
            coords.update(axis.coords)
            indexes.update(axis.indexes)
        return Labels(self.cls, (axis.name, *self.dims), self.attrs, coords, self.name, indexes)

    def build(self, data: Any) -> Any:
        """The labelled array round numbers."""
        variable = Variable(self.dims, held(data), dict(self.attrs) or None, fastpath=True)
        if self.cls is Variable:
            return variable
        return self.cls(variable, dict(self.coords), name=self.name, indexes=dict(self.indexes), fastpath=True)

    def __repr__(self) -> str:
        return f"<labels {self.name or ''}{self.dims}>"


class Axis:
    """The axis of a batch: its name and the coordinates along it."""

    __slots__ = ("name", "coords", "indexes")

    def __init__(self, name: Any, coords: dict[Any, Any], indexes: dict[Any, Any]) -> None:
        self.name, self.coords, self.indexes = name, coords, indexes

    def renamed(self, taken: Any) -> Axis:
        """With names that nothing has: time_batch for time."""
        names: dict[Any, Any] = {}
        for old in {self.name: None, **self.coords}:
            new = f"{old}_batch"
            while new in taken:
                new += "_"
            names[old] = new
        size = next((v.shape[0] for v in self.coords.values()), 0)
        plain = Labels(DataArray, (self.name,), {}, self.coords, None, self.indexes).build(np.zeros(size))
        moved = plain.rename(names)
        return Axis(names[self.name], dict(moved._coords), dict(moved._indexes))

    def same(self, other: Axis) -> bool:
        """Whether two axes have the same name and coordinates."""
        return self.name == other.name and all(
            self.indexes[k].equals(other.indexes[k]) for k in set(self.indexes) & set(other.indexes)
        )


#: The name of the axis of a batch that has none of its own.
BATCH = "batch"
UNNAMED = Axis(BATCH, {}, {})


def held(data: Any) -> Any:
    """Numbers as xarray can hold them: it fills masked arrays with nan, so a mask is carried."""
    if isinstance(data, np.ma.MaskedArray):
        from dispatchml.dispatch import carrier

        return carrier(np.ma.MaskedArray)(
            data._data, mask=data._mask, fill_value=data._fill_value, hardmask=data._hardmask
        )
    if isinstance(data, np.generic) or getattr(data, "shape", None) is None:
        info = layer_of(type(data))
        if info is not None and info.payload is not None and info.rebuild is not None:  # a quantity of a number
            return info.rebuild(data, held(info.payload(data)))
        return np.asarray(data)
    return data


def numbers_of(x: Any) -> Any:
    """The numbers of a plain labelled array."""
    variable = variable_of(x)
    data = variable._data if is_duck(variable._data) else variable.data
    if isinstance(data, Carrier) and foreign_class(data) is np.ma.MaskedArray:
        return layer_of(type(data)).rebuild(data, data._payload)  # type: ignore[union-attr]
    return data[()] if type(data) is np.ndarray and not data.shape else data


def variable_of(x: Any) -> Any:
    """A labelled array without coordinates."""
    return x if isinstance(x, Variable) else x.variable


def is_duck(data: Any) -> bool:
    """Whether numbers are there, and not read when they are needed."""
    return isinstance(data, np.ndarray) or layer_of(type(data)) is not None


def is_labelled(x: Any) -> bool:
    """Whether a value is a labelled array, not traced."""
    return isinstance(x, (DataArray, Variable))


def innermost(x: Any) -> Any:
    """The labelled array inside of a value that may be traced; None where there is none."""
    while is_traced(x):
        x = layer_of(type(x)).payload(x)  # type: ignore[union-attr]
    return x if is_labelled(x) else None


def of_variable(x: Any) -> Labels:
    """The labels of a plain labelled array."""
    if isinstance(x, Variable):
        return Labels(Variable, x.dims, dict(x.attrs), {}, None, {})
    return Labels(type(x), x.dims, dict(x.attrs), dict(x._coords), x.name, dict(x._indexes))


def labels_of(x: Any) -> tuple[Labels, dict[int, Axis]]:
    """The labels of a value as the user sees it, and the axes of the batches that it is in, by level."""
    inner = innermost(x)
    found = of_variable(inner)
    hidden = inner.ndim - ops.ndim(x)
    if not hidden:
        return found, {}
    names, levels = found.dims[:hidden], levels_of(x)
    axes = {}
    for level, name in zip(levels, names, strict=True):
        coords = {k: v for k, v in found.coords.items() if v.dims == (name,)}
        axes[level] = Axis(name, coords, {k: v for k, v in found.indexes.items() if k in coords})
    coords = {k: v for k, v in found.coords.items() if not set(v.dims) & set(names)}
    indexes = {k: v for k, v in found.indexes.items() if k in coords}
    return Labels(found.cls, found.dims[hidden:], found.attrs, coords, found.name, indexes), axes


def levels_of(x: Any) -> list[int]:
    """The levels of the batches that a value is in, the oldest first, which is the order of the axes."""
    found = []
    while is_traced(x):
        if x._hides_axis:
            found.append(x._level_number)
        x = layer_of(type(x)).payload(x)  # type: ignore[union-attr]
    return found[::-1]


def fresh(taken: Any, stem: str = "dim_") -> str:
    """A name for an axis that nothing has."""
    k = 0
    while f"{stem}{k}" in taken:
        k += 1
    return f"{stem}{k}"


# ---- the operations --------------------------------------------------------------------------------------------------


@operation(family="layers", view=True)
def unlabel(x: Any, *, labels: Any = None) -> Any:
    """The numbers of a labelled array, in the order of the given labels; anything else as it is."""


@operation(family="layers", view=True)
def label(data: Any, *, labels: Any = None, hidden: Any = ()) -> Any:
    """A labelled array. hidden: the axes of the batches that the numbers are in, oldest first."""


@unlabel.register
def unlabel_plain(x: object, *, labels: Any = None) -> Any:
    return x


def unlabel_labelled(x: Any, *, labels: Any = None) -> Any:
    """The rule of `unlabel` for labelled arrays."""
    if labels is not None and labels.dims != x.dims:
        if set(labels.dims) != set(x.dims):
            raise LabelError(
                f"A derivative with the dims {x.dims} belongs to a value with the dims {labels.dims}{at_user_line()}."
            )
        x = x.transpose(*labels.dims)
    if labels is not None and isinstance(x, DataArray):
        for name, index in labels.indexes.items():
            if name in x._indexes and not index.equals(x._indexes[name]):
                raise xr.AlignmentError(
                    f"A derivative has other labels along {name!r} than its value{at_user_line()}. Align them first: "
                    "xarray.align."
                )
    return numbers_of(x)


@label.register
def label_plain(data: object, *, labels: Any = None, hidden: Any = ()) -> Any:
    return labels.build(data)


def label_again(data: Any, *, labels: Any = None, hidden: Any = ()) -> Any:
    """The rule of `label` for labelled arrays."""
    return labels.build(unlabel_labelled(data, labels=labels))


unlabel.info.layer_default = lambda layer: unlabel_plain
label.info.layer_default = lambda layer: label_plain


def unlabel_transpose(ct: Any, like: Any, *, labels: Any) -> Any:
    """The cotangent of a labelled array has its labels."""
    return ct if labels is None else label(ct, labels=labels.without_attrs())


def label_transpose(ct: Any, like: Any, *, labels: Any, hidden: Any) -> Any:
    """The cotangent of the numbers has none."""
    return unlabel(ct, labels=labels)


linear(unlabel, transpose=unlabel_transpose)
linear(label, transpose=label_transpose)


@batch(unlabel)
def unlabel_batch(arguments: Any, batched: Any, size: int, *, labels: Any = None) -> Any:
    (x,) = arguments
    if labels is None or innermost(x) is None:
        return unlabel(x, labels=None)
    inside, _ = labels_of(x)
    return unlabel(x, labels=Labels(labels.cls, (inside.dims[0], *labels.dims), {}, {}, None, labels.indexes))


@batch(label)
def label_batch(arguments: Any, batched: Any, size: int, *, labels: Any = None, hidden: Any = ()) -> Any:
    axis = hidden[-1] if hidden else UNNAMED
    (data,) = arguments
    return label(bare(data), labels=labels.behind(axis), hidden=hidden[:-1])


def hidden_of(x: Any, *known: dict[int, Axis]) -> tuple[Axis, ...]:
    """The axes of the batches that a value is in, oldest first, as other values name them."""
    named: dict[int, Axis] = {}
    for each in known:
        named.update(each)
    return tuple(named.get(level, UNNAMED) for level in levels_of(x))


def bare(x: Any) -> Any:
    """The numbers of a value that may be labelled and traced."""
    return x if innermost(x) is None else unlabel(x, labels=labels_of(x)[0])
