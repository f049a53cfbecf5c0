"""Structures of several fields that were built round traced arrays are views of all of them.

What such a view was taken from is a bundle of the arrays. A field that is the array itself is given as that array, so
that what is written to it is seen by everybody; a field that the constructor has changed is refused to be written to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from ..dispatch.construct import FORMS, Form, construct_plainly
from ..dispatch.errors import ReadOnlyError, at_user_line, class_name
from ..dispatch.layers import layer_of
from ..dispatch.operation import FORGETTING
from ..dispatch.stacks import Stack
from .tape import PLAIN as BARE
from .writable import Writable


class Bundle:
    """The arrays that a structure was built of, by field; the owner of a view. kept: the fields that are in the memory
    of the arrays. same: those that are the arrays. now: what an array is, however it is held.
    """

    __slots__ = ("parts", "same", "now", "cls", "seen", "before")

    _base = None

    def __init__(
        self, cls: type, parts: dict[str, Any], kept: frozenset[str], same: frozenset[str], now: Callable[[Any], Any]
    ) -> None:
        self.cls, self.same, self.now = cls, same, now
        self.parts = {name: p if name in kept else snapshot(p) for name, p in parts.items()}
        self.seen: tuple[Any, ...] = ()
        self.before: tuple[Any, ...] = ()

    @property
    def _value(self) -> tuple[Any, ...]:
        """What the arrays are now: the same tuple as long as nothing was written to any of them."""
        now = tuple(self.now(p) for p in self.parts.values())
        if len(now) != len(self.seen) or not all(map(is_unchanged, now, self.seen, self.before)):
            self.seen = now
            self.before = tuple(map(remembered, self.parts.values(), now))
        return self.seen

    @property
    def is_watched(self) -> bool:
        """Whether plain memory is among the arrays, of which nobody says that it was written to."""
        return any(b is not None for b in self.before)

    def refuse(self) -> NoReturn:
        """The error for a write to a structure that was built of arrays, but for the fields that are these."""
        raise ReadOnlyError(
            f"A {class_name(self.cls)} that was built of several arrays is written to{at_user_line()}, and which of "
            "them that changes is not known. Write to the arrays before it is built, or build a new one."
        )


def snapshot(x: Any) -> Any:
    """A traced value as it is now, whatever is written to it later."""
    if not isinstance(x, Writable):
        return x
    made = object.__new__(type(x))
    for name in type(x).__slots__:
        setattr(made, name, None if name == "_base" else getattr(x, name))
    return made


def remembered(part: Any, now: Any) -> Any:
    """A copy of plain memory; of a traced value nothing, since it is another one when it is written to."""
    return now.copy() if type(now) is np.ndarray and not isinstance(part, Writable) else None


def is_unchanged(now: Any, seen: Any, before: Any) -> bool:
    """Whether an array is what it was: a traced one the same value, plain memory the same numbers."""
    if now is not seen:
        return False
    return before is None or np.array_equal(now, before, equal_nan=now.dtype.kind in "fc")


def field_built(x: Any, name: str) -> Any:
    """The array that a structure was built of, where a field is that; None elsewhere."""
    bundle = x._base[0]
    if type(bundle) is not Bundle or name not in bundle.same:
        return None
    return bundle.parts[name]


def below_engines(x: Any) -> Any:
    """What a value is below all traced ones."""
    while isinstance(x, Writable):
        x = x._value
    return x


def shared_fields(
    made: Any,
    parts: dict[str, Any],
    form: Form,
    statics: dict[str, Any],
    now: Callable[[Any], Any],
    memory_of: Callable[[Any], Any],
) -> tuple[frozenset[str], frozenset[str]]:
    """The fields of a structure whose memory is that of the arrays that it was built of, and those that are these
    arrays: of a structure in units the fields may have other units.
    """
    inner = below_engines(made)
    holder = inner
    while type(holder) not in FORMS and not isinstance(holder, Stack):
        info = layer_of(type(holder))
        assert info is not None
        assert info.payload is not None
        holder = info.payload(holder)
    template = holder.__template__ if isinstance(holder, Stack) else holder
    names = dict(zip(form.payload, holder.payload if isinstance(holder, Stack) else form.payload, strict=True))
    memory = {name: memory_of(now(part)) for name, part in parts.items()}
    kept = {
        name
        for name, m in memory.items()
        if memory_of(getattr(holder, names[name])) is m and np.may_share_memory(memory_of(getattr(template, name)), m)
    }
    constants = (m for name, m in memory.items() if name not in kept and not isinstance(parts[name], Writable))
    if any(type(m) is np.ndarray for m in constants):
        kept |= kept_by_constructor(memory, form, statics)
    same = (name for name in kept if holder is inner and has_no_meaning(below_engines(now(parts[name]))))
    return frozenset(kept), frozenset(same)


def has_no_meaning(x: Any) -> bool:
    """Whether a value is plain, or a structure."""
    return type(x) in BARE or type(x) in FORMS or isinstance(x, Stack)


#: The answers by class and the kinds of the arrays.
KEPT: dict[Any, set[str]] = {}
FORGETTING.append(KEPT.clear)


def kept_by_constructor(memory: dict[str, Any], form: Form, statics: dict[str, Any]) -> set[str]:
    """The fields whose arrays a constructor keeps as they are; a recording has copied those that are constant."""
    key = form.cls, tuple((n, getattr(m, "dtype", type(m)), getattr(m, "ndim", 0)) for n, m in memory.items())
    if key not in KEPT:
        try:
            plain = construct_plainly(form, {form.parameters[n]: memory.get(n) for n in form.payload} | statics)
        except Exception:  # arrays of a batch, say: nothing is known then
            return set()
        KEPT[key] = {name for name, m in memory.items() if getattr(plain, name) is m}
    return KEPT[key]
