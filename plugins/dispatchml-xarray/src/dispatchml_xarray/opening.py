"""xarray's own code on traced values: arrays are opened, xarray does what it does, and results are closed again."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from contextlib import contextmanager
from typing import Any

import xarray as xr

from dispatchml.dispatch import is_traced
from dispatchml.dispatch.errors import at_user_line

from .labels import (
    BATCH,
    Axis,
    DataArray,
    LabelError,
    Variable,
    hidden_of,
    innermost,
    label,
    labels_of,
    of_variable,
    unlabel,
    variable_of,
)

#: Whether xarray's own code is running on opened arrays, so that what it builds stays as it is.
INSIDE: contextvars.ContextVar[bool] = contextvars.ContextVar("dispatchml_xarray_inside", default=False)


@contextmanager
def inside() -> Iterator[None]:
    """While xarray's own code runs."""
    token = INSIDE.set(True)
    try:
        yield
    finally:
        INSIDE.reset(token)


def opened(x: Any) -> Any:
    """A traced labelled array as a bare DataArray round traced numbers; containers are gone through."""
    cls = type(x)
    if cls is tuple or cls is list:
        return cls(map(opened, x))
    if cls is dict:
        return {k: opened(v) for k, v in x.items()}
    if isinstance(x, OpenedObject):
        return x._opened
    if is_traced(x) and innermost(x) is not None:
        found, _ = labels_of(x)
        return found.build(unlabel(x, labels=found))
    return x


def axes_of(x: Any, known: dict[int, Axis]) -> None:
    """Collect the axes of batches among arguments; two with different names or coordinates do not belong together."""
    if isinstance(x, (tuple, list)):
        for v in x:
            axes_of(v, known)
    elif isinstance(x, dict):
        for v in x.values():
            axes_of(v, known)
    elif isinstance(x, OpenedObject):
        known.update(x._axes)
    elif is_traced(x) and innermost(x) is not None:
        for level, axis in labels_of(x)[1].items():
            before = known.get(level)
            if before is None or before.name == BATCH:
                known[level] = axis
            elif axis.name != BATCH and not before.same(axis):
                raise xr.AlignmentError(
                    f"A batch pairs {before.name!r} with {axis.name!r}{at_user_line()}, by position: their names or "
                    "coordinates differ. Align or rename them first (x.rename, xarray.align), or batch plain numbers "
                    "(x.data)."
                )


def closed(y: Any, known: dict[int, Axis]) -> Any:
    """What xarray made: labelled arrays round traced numbers are traced labelled arrays."""
    cls = type(y)
    if cls is tuple or cls is list:
        return cls(closed(v, known) for v in y)
    if isinstance(y, (DataArray, Variable)):
        data = variable_of(y)._data
        for name, coord in getattr(y, "_coords", {}).items():
            if is_traced(coord) or is_traced(coord._data):
                raise LabelError(
                    f"The coordinate {name!r} would be a traced value{at_user_line()}. Coordinates are labels and have "
                    "no derivative: use dispatchml.primal(x), or keep the numbers in an array of their own."
                )
        if not is_traced(data):
            return y
        made = of_variable(y)
        return label(data, labels=made, hidden=hidden_of(data, known))
    if isinstance(y, (xr.Dataset, KeysView, ValuesView, ItemsView)):
        from .datasets import from_xarray

        return from_xarray(y, known)
    if str(cls.__module__).startswith("xarray.") and cls.__name__ not in KEPT:
        return Opened(y, known)
    return y


#: Classes of xarray that hold no numbers, or are containers of arrays.
KEPT = frozenset(
    "Indexes DataArrayCoordinates Coordinates DatasetCoordinates Frozen PandasIndex PandasMultiIndex".split()
)


class Loc:
    """`x.loc` of a traced labelled array: elements by label."""

    __slots__ = ("_array",)

    def __init__(self, array: Any) -> None:
        self._array = array

    def __getitem__(self, key: Any) -> Any:
        return run(lambda d, key: d.loc[key], self._array, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        from .indexing import write

        write(self._array, key, value, by_label=True)


class OpenedObject:
    """An object of xarray round traced arrays, opened: its methods give traced values."""

    __slots__ = ("_opened", "_axes")

    def __init__(self, opened: Any, axes: dict[int, Axis]) -> None:
        self._opened, self._axes = opened, axes

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self._opened, name)
        if callable(found):
            return lambda *arguments, **keywords: run(found, *arguments, __axes__=self._axes, **keywords)
        return closed(found, self._axes)

    def __getitem__(self, key: Any) -> Any:
        return run(lambda x, key: x[key], self, key)

    def __iter__(self) -> Iterator[Any]:
        with inside():
            found = list(self._opened)
        return iter([closed(v, self._axes) for v in found])

    def __len__(self) -> int:
        return len(self._opened)

    def __repr__(self) -> str:
        return f"<traced {type(self._opened).__name__}>"


class Opened(OpenedObject):
    """What xarray makes on the way to a result: groupby, weighted, rolling."""

    __slots__ = ()


def with_operator(name: str) -> Callable[[Any, Any], Any]:
    """An operator of a group."""

    def operator(self: Any, other: Any) -> Any:
        return run(lambda x, other: getattr(x, name)(other), self, other)

    operator.__name__ = name
    return operator


for each in ("add", "sub", "mul", "truediv", "pow", "radd", "rsub", "rmul", "rtruediv"):
    setattr(OpenedObject, f"__{each}__", with_operator(f"__{each}__"))


def run(function: Callable[..., Any], /, *arguments: Any, __axes__: Any = None, **keywords: Any) -> Any:
    """Call a function of xarray with opened arrays, and close what it gives."""
    known: dict[int, Axis] = dict(__axes__ or {})
    axes_of(arguments, known)
    axes_of(keywords, known)
    with inside():
        y = function(*opened(arguments), **opened(keywords))
    return closed(y, known)
