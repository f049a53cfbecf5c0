"""What identifies a call of a compiled function: the classes, dtypes, shapes and static parts of its arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.construct import FORMS
from ..dispatch.errors import RecordingError, at_user_line, class_name, describe
from ..dispatch.layers import layer_of
from ..engines.record import Rec
from ..engines.traced import Traced
from ..ops.axes import inverse
from ..ops.placement import HOMES
from .containers import RECORDS, field_names, flatten, is_leaf, unflatten

#: Leaves that are parts of the signature by their value.
STATIC = frozenset({int, bool, str, bytes, type(None)})
#: Longest static array, in bytes, that may be part of a signature.
STATIC_BYTES = 1 << 16


class Outside(Exception):
    """Traced values of a transform outside of the compiled function, or recorded ones of a program around it."""


class UncompiledError(Exception):
    """A function runs uncompiled for these arguments, as was said before."""


class Signature:
    """What identifies a call. key: hashable; inputs: the arrays and numbers that the program receives.

    rebuild(values): the arguments with other values in the places of the inputs.
    """

    __slots__ = ("key", "inputs", "leaves", "parts", "structure", "orders", "arguments")

    def __init__(
        self, arguments: tuple[Any, ...], keywords: dict[str, Any], positions: tuple[int, ...], names: tuple[str, ...]
    ) -> None:
        static = {k % len(arguments) for k in positions if -len(arguments) <= k < len(arguments)}
        given = tuple(Static(x) if k in static else x for k, x in enumerate(arguments)) if static else arguments
        named = {k: Static(x) if k in names else x for k, x in keywords.items()}
        self.leaves, self.structure = flatten((given, named)) if named else flatten_row(given)
        self.arguments = given
        self.inputs: list[Any] = []
        self.parts = [part_of(x, self.inputs) for x in self.leaves]
        #: In which order dictionaries have their keys, which functions that go through them see.
        self.orders = () if type(self.structure) is Row else orders_of((given, named))
        self.key = (tuple(p.key for p in self.parts), self.structure, self.orders)

    def inputs_of(self, positions: tuple[int, ...]) -> tuple[int, ...]:
        """The numbers of the inputs that positional arguments hold."""
        held: list[tuple[int, ...]] = []
        before: list[Any] = []
        for x in self.arguments:
            first = len(before)
            for leaf in flatten_row((x,))[0]:
                part_of(leaf, before)
            held.append(tuple(range(first, len(before))))
        return tuple(number for k in positions if -len(held) <= k < len(held) for number in held[k])

    def rebuild(self, values: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with these values in the places of the inputs."""
        rest = iter(values)
        leaves = [p.build(rest) for p in self.parts]
        return (tuple(leaves), {}) if type(self.structure) is Row else unflatten(self.structure, leaves)


class Row:
    """The structure of a tuple of leaves: the common one, for which no library of containers is needed."""

    __slots__ = ("count",)

    def __init__(self, count: int) -> None:
        self.count = count

    def __eq__(self, other: object) -> bool:
        return type(other) is Row and other.count == self.count

    def __hash__(self) -> int:
        return hash((Row, self.count))


def objects_among(leaves: Iterable[Any]) -> tuple[Any, ...]:
    """The leaves whose hash says only which object they are: what they hold may change from call to call."""
    values = [x.value if type(x) is Static else x for x in leaves]
    return tuple([x for x in values if type(x).__hash__ is object.__hash__ and layer_of(type(x)) is None])


def orders_of(tree: Any) -> tuple[Any, ...]:
    """The keys of the dictionaries in a tree, in their order."""
    cls = type(tree)
    if cls is dict:
        return (tuple(tree), *filter(None, map(orders_of, tree.values())))
    if isinstance(tree, (tuple, list)):
        return tuple(filter(None, map(orders_of, tree)))
    if cls in RECORDS:
        return tuple(filter(None, (orders_of(getattr(tree, name, None)) for name in field_names(cls))))
    return ()


def flatten_row(arguments: tuple[Any, ...]) -> tuple[list[Any], Any]:
    """The leaves of arguments without keywords, and their structure."""
    if all(map(is_leaf, arguments)):
        return list(arguments), Row(len(arguments))
    return flatten((arguments, {}))


def flatten_result(tree: Any) -> tuple[list[Any], Any]:
    """The leaves of a result and its structure."""
    if type(tree) is tuple and all(map(is_leaf, tree)):
        return list(tree), Row(len(tree))
    return flatten(tree)


class Static:
    """A leaf that is a part of the signature whatever it is."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Part:
    """A leaf of the arguments or results. key: what identifies it; build(values): the leaf from the next values."""

    __slots__ = ("key", "build")

    def __init__(self, key: Any, build: Callable[[Any], Any]) -> None:
        self.key, self.build = key, build


class Turned(Part):
    """An array of which the axes lie in another order in memory, without gaps: the program gets it in that order."""

    __slots__ = ("axes",)

    def __init__(self, key: Any, axes: tuple[int, ...]) -> None:
        back = inverse(axes)
        super().__init__(key, lambda values: ops.transpose(next(values), axes=back))
        self.axes = axes


INPUT = next


def memory_order(x: np.ndarray[Any, Any]) -> tuple[int, ...] | None:
    """The axes of an array in the order in which they lie in memory; None where there are gaps or steps back."""
    axes = tuple(sorted(range(x.ndim), key=lambda k: (-x.strides[k], -x.shape[k])))
    flags = x.transpose(axes).flags
    return axes if flags.c_contiguous and flags.aligned else None


def part_of(x: Any, inputs: list[Any]) -> Part:
    """What a leaf is made of; its arrays and numbers are appended to the inputs."""
    cls = type(x)
    if cls is np.ndarray:
        if x.dtype.hasobject or x.dtype.names is not None or x.dtype.kind not in "?biufc":
            return static_part(x)
        layout = layout_of(x)
        axes = None if layout is True or not x.size else memory_order(x)
        if axes is None:
            inputs.append(x)
            return Part((cls, x.dtype, x.shape, layout), INPUT)
        inputs.append(x.transpose(axes))
        return Turned((cls, x.dtype, x.shape, layout), axes)
    if cls is float or cls is complex:
        inputs.append(x)
        return Part(cls, INPUT)
    if cls in STATIC:
        return static_part(x)
    if cls is Static:
        return static_part(x.value)
    if isinstance(x, (Traced, Rec)):
        raise Outside
    if isinstance(x, np.generic) and x.dtype.kind in "?biufc":
        inputs.append(x)
        return Part(cls, INPUT)
    if cls in HOMES:
        inputs.append(x)
        return Part((cls, HOMES[cls](x), x.dtype, x.shape, x.flags.c_contiguous), INPUT)
    info = layer_of(cls)
    if info is None:
        return static_part(x)
    return layer_part(x, info, inputs)


def layout_of(x: np.ndarray[Any, Any]) -> Any:
    """What of an array's memory the code depends on: nothing where it is contiguous and aligned."""
    flags = x.flags
    return True if flags.c_contiguous and flags.aligned else (x.strides, flags.aligned)


def static_part(x: Any) -> Part:
    """A leaf by its value."""
    return Part(("static", static_key(x)), lambda values: x)


def static_key(x: Any) -> Any:
    """What identifies a value by content."""
    if isinstance(x, np.ndarray):
        if x.dtype.hasobject or x.nbytes > STATIC_BYTES:
            raise RecordingError(f"{describe(x)} is an argument{at_user_line()} that no program can take.")
        return type(x), x.dtype, x.shape, x.tobytes()
    if isinstance(x, (list, tuple)):
        return type(x), tuple(map(static_key, x))
    if isinstance(x, slice):
        return slice, static_key((x.start, x.stop, x.step))
    if isinstance(x, dict):
        return dict, tuple((k, static_key(v)) for k, v in x.items())
    if hasattr(type(x), "__next__"):
        raise RecordingError(
            f"{describe(x)} is an argument{at_user_line()} that moves on in each call. Pass a list of what it gives."
        )
    try:
        hash(x)
    except TypeError:
        raise RecordingError(
            f"{describe(x)} is an argument{at_user_line()} that has no hash: calls with it cannot be told apart."
        ) from None
    return type(x), repr(x) if isinstance(x, (float, complex)) else x


def layer_part(x: Any, info: Any, inputs: list[Any]) -> Part:
    """A layer: its static fields are parts of the signature, its payload is taken apart."""
    if info.payload is None or info.rebuild is None:
        raise RecordingError(f"{describe(x)} is an argument{at_user_line()} of which nobody has said what it wraps.")
    if info.properties.get("opaque"):
        raise RecordingError(f"{describe(x)} is an argument{at_user_line()}, and {info.properties['opaque']}.")
    statics = statics_key(x, info)
    payload = info.payload(x)
    several = type(payload) is tuple
    inner = [part_of(p, inputs) for p in (payload if several else (payload,))]

    def build(values: Any) -> Any:
        made = tuple(p.build(values) for p in inner)
        return info.rebuild(x, made if several else made[0])

    return Part((type(x), statics, tuple(p.key for p in inner)), build)


def statics_key(x: Any, info: Any) -> Any:
    """What identifies a layer beside its payload."""
    form = FORMS.get(type(x))
    if form is not None:
        return tuple((k, static_key(v)) for k, v in form.statics_of(x).items())
    told = info.properties.get("key")
    if told is not None:
        return field_key(told(x))
    names = info.properties["carrier"].fields if "carrier" in info.properties else info.static
    values = [(k, getattr(x, k)) for k in names]
    if not values:
        raise RecordingError(
            f"{class_name(type(x))} is the class of an argument{at_user_line()}; its registration has no carrier=, "
            "static= or key=, which would say what it is beside its payload."
        )
    return tuple((k, field_key(v)) for k, v in values if not callable(v))


def field_key(x: Any) -> Any:
    """What identifies a static field of a layer, such as a mask or coordinates: large arrays by what their contents
    hash to, of which no two are the same.
    """
    if isinstance(x, np.ndarray) and x.dtype.kind != "O" and x.nbytes > STATIC_BYTES:
        import hashlib

        return type(x), x.dtype, x.shape, hashlib.blake2b(np.ascontiguousarray(x).tobytes()).digest()
    if isinstance(x, (list, tuple)):
        return type(x), tuple(map(field_key, x))
    if isinstance(x, dict):
        return dict, tuple((k, field_key(v)) for k, v in x.items())
    return static_key(x)
