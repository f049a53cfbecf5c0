"""What stands for the functions and classes of packages that have been imported, by identity."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from typing import Any

from .doors import behind, open_door
from .entering import active
from .replacing import Replacement
from .switches import is_traced_call, plainly, replaced_call


def replacing(original: Callable[..., Any], replacement: Replacement) -> Callable[..., Any]:
    """A library's function with what stands for it where an argument is traced."""
    own = behind(original)

    @functools.wraps(original, updated=())
    def switch(*arguments: Any, **keywords: Any) -> Any:
        if active() is None:
            return own(*arguments, **keywords)
        found = replaced_call(replacement, arguments, keywords)
        if found is not NotImplemented:
            return found
        if is_traced_call(arguments, keywords):  # it was declined
            return own(*arguments, **keywords)
        return plainly(own, arguments, keywords)

    if isinstance(original, type):  # `Class.from_something(...)` is that of the class
        for name in dir(original):
            if not name.startswith("__"):
                setattr(switch, name, getattr(original, name))
    elif isinstance(original, types.FunctionType):
        vars(switch).update({k: v for k, v in vars(original).items() if k != "__wrapped__"})
    return Variants(original, replacement, switch) if hasattr(type(original), "__getitem__") else switch


class Variants:
    """A compiled function for several dtypes, chosen by an index (`f["double"]`), with what stands for all of them."""

    def __init__(self, original: Any, replacement: Replacement, switch: Callable[..., Any]) -> None:
        self.__wrapped__, self.replacement, self.switch = original, replacement, switch
        self.__name__ = self.__qualname__ = replacement.name.rpartition(".")[2]

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self.switch(*arguments, **keywords)

    def __getitem__(self, index: Any) -> Callable[..., Any]:
        return replacing(self.__wrapped__[index], self.replacement)


#: The replaced functions that are imported, by identity; the original is kept with the switch.
SWITCHES: dict[int, tuple[Any, Callable[..., Any]]] = {}


class Looked:
    """What had been imported when the replacements were looked for that wait for their packages."""

    __slots__ = ("modules", "waiting")


LOOKED = Looked()
LOOKED.modules = -1
LOOKED.waiting = {}


def look_for(replacement: Replacement) -> None:
    """Enter the switch of a function that is replaced, and open its door, or wait until it has been imported."""
    name = replacement.name
    found = imported(name)
    if found is None:
        LOOKED.waiting[name] = replacement
        return
    LOOKED.waiting.pop(name, None)
    cls = imported(name.rpartition(".")[0])
    if not isinstance(cls, type):
        open_door(found, name)
    switch = replacing(found, replacement)
    SWITCHES[id(found)] = found, switch
    if isinstance(cls, type):
        setattr(cls, name.rpartition(".")[2], switch)


def look_again() -> None:
    """Look for what is waiting where something has been imported since."""
    if LOOKED.modules != len(sys.modules):
        LOOKED.modules = len(sys.modules)
        for replacement in list(LOOKED.waiting.values()):
            look_for(replacement)


def switch_of(x: Any) -> Callable[..., Any] | None:
    """What stands for a function of a library; None where nothing does."""
    look_again()
    known = SWITCHES.get(id(x))
    return known[1] if known is not None and known[0] is x else None


def imported(name: str) -> Any:
    """The object of a dotted name, where its module has been imported."""
    parts = name.split(".")
    for k in range(len(parts) - 1, 0, -1):
        found: Any = sys.modules.get(".".join(parts[:k]))
        if found is not None:
            for part in parts[k:]:
                found = getattr(found, part, None)
            return found
    return None
