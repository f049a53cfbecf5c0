"""A Dataset is a container: transforms differentiate its arrays, each with its own dims, and give Datasets.

Inside a function it is a `TracedDataset`, on which xarray's own code runs as it does on traced arrays. Coordinates and
attributes are no numbers to differentiate, and stay.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any

import xarray as xr

from dispatchml import register_container
from dispatchml.dispatch.errors import at_user_line

from .labels import Axis, DataArray, LabelError, innermost, is_traced
from .opening import INSIDE, OpenedObject, axes_of, closed, inside, opened, run, with_operator

Dataset = xr.Dataset


class Frame:
    """What a Dataset has beside its arrays. Two are equal where the arrays have the same names."""

    __slots__ = ("names", "coords", "attrs")

    def __init__(self, names: tuple[Any, ...], coords: Any, attrs: Mapping[Any, Any]) -> None:
        self.names, self.coords, self.attrs = names, coords, dict(attrs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frame) and set(self.names) == set(other.names)

    def __hash__(self) -> int:
        return hash(frozenset(self.names))

    def __repr__(self) -> str:
        return f"Dataset({', '.join(map(str, self.names))})"


class TracedDataset(OpenedObject):
    """A Dataset of traced arrays."""

    __slots__ = ("_arrays",)

    def __init__(self, opened: Any, axes: dict[int, Axis], arrays: dict[Any, Any] | None = None) -> None:
        super().__init__(opened, axes)
        self._arrays = arrays or {}  # what it was made of: to take it apart when a transform has ended records nothing

    def __setitem__(self, key: Any, value: Any) -> None:
        self._arrays.pop(key, None)
        with inside():
            self._opened[key] = opened(value)
        axes_of(value, self._axes)

    def __delitem__(self, key: Any) -> None:
        del self._opened[key]

    def __contains__(self, key: Any) -> bool:
        return key in self._opened

    def keys(self) -> Any:
        """The names of the arrays."""
        return self._opened.data_vars.keys()

    def values(self) -> list[Any]:
        """The arrays."""
        return [self[name] for name in self.keys()]

    def items(self) -> list[tuple[Any, Any]]:
        """The arrays with their names."""
        return [(name, self[name]) for name in self.keys()]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.keys())

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        return run(lambda *given: getattr(ufunc, method)(*given, **keywords), *inputs)

    __hash__ = None  # type: ignore[assignment]


def with_unary(name: str) -> Callable[[Any], Any]:
    """An operator of one Dataset."""
    return lambda self: run(lambda ds: getattr(ds, name)(), self)


for each in "floordiv rfloordiv mod rmod matmul lt le gt ge eq ne and or xor rand ror rxor".split():
    setattr(TracedDataset, f"__{each}__", with_operator(f"__{each}__"))
for each in "neg pos abs invert".split():
    setattr(TracedDataset, f"__{each}__", with_unary(f"__{each}__"))


def flatten(ds: Any) -> tuple[tuple[Any, ...], Frame, tuple[Any, ...]]:
    """The arrays of a Dataset, traced or not, in the order of their names, and what else it has."""
    plain = ds._opened if isinstance(ds, TracedDataset) else ds
    names = tuple(plain.data_vars)
    order = tuple(sorted(names, key=str))
    frame = Frame(names, plain.drop_vars(names).coords, plain.attrs)
    known = ds._arrays if isinstance(ds, TracedDataset) else {}
    return tuple(known[name] if name in known else ds[name] for name in order), frame, order


def unflatten(frame: Frame, values: Any) -> Any:
    """A Dataset of arrays; a dict where the leaves are no labelled arrays, or do not fit together."""
    leaves = dict(zip(sorted(frame.names, key=str), values, strict=True))
    arrays = {name: leaves[name] for name in frame.names}
    if not all(isinstance(innermost(v), DataArray) for v in arrays.values()):
        return arrays
    try:
        made = run(functools.partial(assembled, frame), arrays)
    except ValueError:  # blocks of a Jacobian may have axes of one name and several sizes
        return arrays
    return TracedDataset(made._opened, made._axes, arrays) if isinstance(made, TracedDataset) else made


def assembled(frame: Frame, arrays: dict[Any, Any]) -> Any:
    """A Dataset of opened arrays, with the coordinates whose dims they have."""
    ds = Dataset(arrays, attrs=frame.attrs)
    others = {
        name: coord
        for name, coord in frame.coords.items()
        if name not in ds.coords and all(ds.sizes.get(d) == s for d, s in coord.sizes.items())
    }
    return ds.assign_coords(others) if others else ds


def from_xarray(y: Any, axes: dict[int, Axis]) -> Any:
    """What xarray made of Datasets: traced where one of its arrays is."""
    if isinstance(y, (KeysView, ValuesView, ItemsView)):
        return closed(list(y), axes)
    if not any(is_traced(v._data) for v in y.variables.values()):
        return y
    for name in y.coords:
        if is_traced(y.variables[name]._data):
            raise LabelError(
                f"The coordinate {name!r} of a Dataset would be a traced value{at_user_line()}. Coordinates are labels "
                "and have no derivative: use dispatchml.primal(x), or keep the numbers in an array of their own."
            )
    return TracedDataset(y, axes)


def constructed(original: Callable[..., Any]) -> Callable[..., Any]:
    """`Dataset.__new__`: of traced arrays it is a traced Dataset."""

    def construct(kind: Any, *arguments: Any, **keywords: Any) -> Any:
        from .functions import is_ours

        data = arguments[0] if arguments else keywords.get("data_vars")
        if INSIDE.get() or kind is not Dataset or not isinstance(data, (Mapping, TracedDataset)):
            return original(kind)
        if not is_ours(data) and not any(map(is_ours, data.values())):
            return original(kind)
        return run(build, dict(data), *arguments[1:], **{k: v for k, v in keywords.items() if k != "data_vars"})

    return construct


def build(data: Any, *arguments: Any, **keywords: Any) -> Any:
    """A Dataset as xarray builds it."""
    made = object.__new__(Dataset)
    made.__init__(data, *arguments, **keywords)
    return made


def install() -> None:
    """Make Datasets containers, and their constructor and operators take traced arrays; once."""
    from .functions import guarded

    register_container(Dataset, flatten, unflatten)
    register_container(TracedDataset, flatten, unflatten, like=Dataset)
    if "__new__" not in vars(Dataset):
        Dataset.__new__ = constructed(lambda kind: object.__new__(kind))
    for name in METHODS:
        member = getattr(Dataset, name, None)
        if member is not None and not hasattr(member, "__dispatchml__"):
            setattr(Dataset, name, guarded(member))


#: Methods of plain Datasets that take arrays.
METHODS = (
    "_binary_op", "assign", "combine_first", "dot", "fillna", "merge", "where", "broadcast_like", "clip", "weighted",
)  # fmt: skip
