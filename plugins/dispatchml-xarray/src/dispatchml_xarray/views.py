"""What xarray hands out as a view or sets in place: numbers, names, attributes and coordinates of a traced array.

`unlabel` and `label` give views, and a write goes through both. What is beside the numbers is changed on the opened
array by xarray itself, and the traced array gets its labels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xarray.core.coordinates import DataArrayCoordinates

from dispatchml import ops
from dispatchml.dispatch import Part, change, part_of, replace
from dispatchml.dispatch.errors import ShapeError, at_user_line

from .labels import LabelError, Labels, Variable, bare, innermost, label, labels_of, levels_of, of_variable, unlabel
from .opening import axes_of, closed, inside, opened


def numbers(x: Any, **_: Any) -> Any:
    """The numbers of a labelled array in its own order."""
    return x if innermost(x) is None else unlabel(x, labels=labels_of(x)[0])


def with_numbers(x: Any, new: Any, **_: Any) -> Any:
    """The same labels round other numbers."""
    return new if innermost(x) is None else labelled(new, x, labels_of(x)[0])


def labelled(data: Any, x: Any, labels: Labels) -> Any:
    """Numbers with labels, in the batches that x is in."""
    axes = labels_of(x)[1]
    return label(data, labels=labels, hidden=tuple(axes[level] for level in levels_of(x)))


def variable(x: Any) -> Any:
    """x.variable: without coordinates."""
    if innermost(x) is None:
        return x
    found = labels_of(x)[0]
    return labelled(unlabel(x, labels=found), x, Labels(Variable, found.dims, found.attrs, {}, None, {}))


NUMBERS = Part(numbers, with_numbers)
#: x.variable, which has the numbers and the attributes of x.
VARIABLE = Part(variable, lambda x, new: with_numbers(x, bare(new)), bare=bare)
part_of(unlabel, NUMBERS)
part_of(
    label, Part(lambda data, **_: data, lambda data, new, **_: bare(new), bare=lambda value, **_: bare(value))
)  # fmt: skip


def set_numbers(name: str) -> Callable[[Any, Any], None]:
    """x.data = v and x.values = v."""

    def setter(x: Any, value: Any) -> None:
        if getattr(value, "_base", None) is not None and value._base[0] is x:
            return  # x.data += v has written to it
        value = bare(value)
        if ops.shape(value) != ops.shape(x):
            raise ShapeError(
                f"x.{name} = v of a traced array of shape {ops.shape(x)} with numbers of shape {ops.shape(value)}"
                f"{at_user_line()}: they must be of one shape."
            )
        replace(x, NUMBERS, value)

    return setter


# ---- what is beside the numbers --------------------------------------------------------------------------------------


def in_place(x: Any, function: Callable[[Any], Any], what: str) -> None:
    """Let xarray change the labels of a traced array in place; of a view they are its own, but for x.variable."""
    base = getattr(x, "_base", None)
    if base is not None and base[1] is VARIABLE and what.startswith("x.attrs"):
        in_place(base[0], function, what)
        return
    d = opened(x)
    with inside():
        function(d)
    relabel(x, d, what)


def relabel(x: Any, d: Any, what: str) -> None:
    """Give a traced array the labels of an opened one."""
    axes: dict[int, Any] = {}
    axes_of(x, axes)
    closed(d, axes)  # refuses traced coordinates
    labels = of_variable(d)
    change(x, lambda old: labelled(unlabel(old, labels=labels_of(old)[0]), old, labels), what)


def set_by_xarray(name: str) -> Callable[[Any, Any], None]:
    """An attribute that xarray sets: its name, its attributes, the dims of a Variable."""
    return lambda x, value: in_place(x, lambda d: setattr(d, name, value), f"x.{name} = ...")


class Attributes(dict[Any, Any]):
    """`x.attrs` of a traced array: what is written to it is written to x."""

    __slots__ = ("_array",)

    def __init__(self, array: Any, found: Any) -> None:
        super().__init__(found)
        self._array = array


def written_through(name: str) -> Callable[..., Any]:
    """A method of a dict that changes it."""

    def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
        made = getattr(dict, name)(self, *arguments, **keywords)
        in_place(self._array, lambda d: setattr(d, "attrs", dict(self)), "x.attrs[...] = ...")
        return made

    method.__name__ = name
    return method


for each in ("__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update"):
    setattr(Attributes, each, written_through(each))


def attrs(x: Any) -> Any:
    """x.attrs."""
    return Attributes(x, labels_of(x)[0].attrs)


class Encoding(dict[Any, Any]):
    """`x.encoding` of a traced array: how it is written to a file, which a traced one is not."""

    __slots__ = ()

    def __setitem__(self, *_: Any, **__: Any) -> None:
        raise LabelError(
            f"x.encoding[...] = ... of a traced labelled array{at_user_line()}: an encoding belongs to what is "
            "written to a file. Set it on the array that the transform gives."
        )

    update = setdefault = __setitem__  # type: ignore[assignment]


def encoding(x: Any) -> Any:
    """x.encoding."""
    return Encoding()


class CoordinatesOf(DataArrayCoordinates):  # type: ignore[type-arg]
    """`x.coords` of a traced array: what is written to it is written to x."""

    __slots__ = ("_array",)

    def __init__(self, array: Any) -> None:
        super().__init__(opened(array))
        self._array = array

    def _update_coords(self, *arguments: Any, **keywords: Any) -> None:
        with inside():
            super()._update_coords(*arguments, **keywords)
        relabel(self._array, self._data, "x.coords[...] = ...")

    def _drop_coords(self, coord_names: Any) -> None:
        with inside():
            super()._drop_coords(coord_names)
        relabel(self._array, self._data, "del x.coords[...]")


def set_coordinate(x: Any, name: Any, value: Any) -> None:
    """x["name"] = value."""
    CoordinatesOf(x)[name] = value


SETTERS: dict[str, Callable[[Any, Any], None]] = {
    "data": set_numbers("data"),
    "values": set_numbers("values"),
    **{name: set_by_xarray(name) for name in ("name", "attrs", "dims")},
}
METHODS: dict[str, Any] = {"attrs": attrs, "encoding": encoding}
