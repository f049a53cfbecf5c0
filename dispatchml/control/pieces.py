"""Leaves as the numbers and arrays in them: what a recorded loop carries, and how it is brought to one type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..compile.graph import form_of
from ..dispatch.errors import RecordingError, at_user_line, describe
from ..dispatch.layers import layer_of
from ..engines.record import Rec
from ..engines.recorded_numbers import in_form
from ..engines.traced import Traced
from ..engines.views import current
from ..transforms.signature import INPUT, Part, static_key, statics_key

NUMBERS = (float, int, complex, bool)


class Kind(NamedTuple):
    """What a number or array is. form: as in a program's values."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    form: str

    @property
    def is_weak(self) -> bool:
        """Whether it is one of Python's numbers, which give way."""
        return self.form not in ("array", "scalar")

    def __str__(self) -> str:
        if self.is_weak:
            return f"a Python {self.form}"
        return f"{self.dtype} of shape {self.shape}"


def is_number(x: Any) -> bool:
    """Whether a value is one number or one plain array of a program."""
    cls = type(x)
    if cls is Rec or cls in NUMBERS:
        return True
    return (cls is np.ndarray or isinstance(x, np.generic)) and x.dtype.kind in "?biufc"


def kind_of(x: Any) -> Kind:
    """What a number or array, recorded or plain, is."""
    if type(x) is Rec:
        return Kind(x._symbol.dtype, x._symbol.shape, x._symbol.form)
    return Kind(ops.dtype(x), ops.shape(x), form_of(x))


RANK = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}
PYTHONS = {"b": "bool", "i": "int", "f": "float", "c": "complex"}


def joined(a: Kind, b: Kind) -> Kind | None:
    """The kind that values of both can be held as without harm; None where they are two different things."""
    if a == b:
        return a
    if a.shape != b.shape:
        return None
    if a.is_weak and b.is_weak:
        dtype = np.result_type(a.dtype, b.dtype)
        return None if "b" in (a.dtype.kind + b.dtype.kind) else Kind(dtype, (), PYTHONS[dtype.kind])
    if a.is_weak or b.is_weak:
        weak, strong = (a, b) if a.is_weak else (b, a)
        same = weak.dtype.kind == strong.dtype.kind
        fits = same or "b" not in weak.dtype.kind + strong.dtype.kind
        return strong if fits and RANK[weak.dtype.kind] <= RANK[strong.dtype.kind] else None
    return None if a.dtype != b.dtype else Kind(a.dtype, (), "scalar")


def converted(x: Any, kind: Kind) -> Any:
    """A number or array as one of a kind that it was joined into."""
    known = kind_of(x)
    if known == kind:
        return x
    if type(x) is Rec:
        if known.dtype != kind.dtype:
            x = ops.astype(x, dtype=kind.dtype)
        return in_form(x, kind.form)
    if kind.form == "array":
        return np.asarray(x, kind.dtype)
    made = kind.dtype.type(x)
    return made if kind.form == "scalar" else made.item()


def apart(x: Any, numbers: list[Any]) -> Part:
    """How a leaf is made of numbers, which are appended. key: what else it is."""
    if is_number(x):
        numbers.append(x)
        return Part(None, INPUT)
    info = layer_of(type(x))
    if info is None or info.payload is None or info.rebuild is None:
        return Part((type(x), static_key(x)), lambda values: x)
    if info.properties.get("opaque"):
        raise RecordingError(f"{describe(x)} is in a loop{at_user_line()}, and {info.properties['opaque']}.")
    payload, rebuild = info.payload(x), info.rebuild
    several = type(payload) is tuple
    inner = [apart(p, numbers) for p in (payload if several else (payload,))]

    def build(values: Iterator[Any]) -> Any:
        made = tuple(p.build(values) for p in inner)
        return rebuild(x, made if several else made[0])

    return Part((type(x), statics_key(x, info), tuple(p.key for p in inner)), build)


class Pieces:
    """Leaves taken apart. counts: how many numbers each has."""

    __slots__ = ("parts", "numbers", "counts")

    def __init__(self, leaves: list[Any]) -> None:
        self.numbers: list[Any] = []
        self.parts: list[Part] = []
        self.counts: list[int] = []
        for x in leaves:
            before = len(self.numbers)
            self.parts.append(apart(x, self.numbers))
            self.counts.append(len(self.numbers) - before)

    def leaves(self, numbers: list[Any]) -> list[Any]:
        """The leaves with other numbers."""
        rest = iter(numbers)
        return [p.build(rest) for p in self.parts]

    @property
    def keys(self) -> list[Any]:
        """What the leaves are beside their numbers."""
        return [p.key for p in self.parts]


def recorded_in(x: Any) -> Iterator[Rec]:
    """The recorded values inside of a leaf, below engines and layers."""
    while isinstance(x, Traced):
        x = current(x)
    if type(x) is Rec:
        yield x
        return
    if is_number(x):
        return
    info = layer_of(type(x))
    if info is not None and info.payload is not None:
        payload = info.payload(x)
        for p in payload if type(payload) is tuple else (payload,):
            yield from recorded_in(p)
