"""Doors: functions and classes of packages that ask at each call, inside transforms, what stands for them.

Lifted code reads other names for what is replaced. What comes another way, out of a list, a dictionary, an argument, a
partial call or code that is not lifted, is the library's own object: the code of a function is exchanged for code that
asks, and a class gets a `__new__` that does. Outside of transforms both do what they did.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

from ..engines.refusals import REFUSED
from .buffers import Buffer, held_deeply, held_keywords
from .entering import active
from .renaming import entered
from .replacing import REPLACEMENTS
from .switches import plainly, replaced_call, where_it_belongs

#: The function behind each door, by the identity of the function that has it; both are kept.
BEHIND: dict[int, tuple[Any, Callable[..., Any]]] = {}
#: What is to be done when the code of a function moves to another one, which is behind the door.
MOVED: list[Callable[[types.FunctionType, types.FunctionType], None]] = []


def open_door(found: Any, name: str) -> None:
    """Let a public function or class of a package ask for its replacement; others are reached by name only."""
    if behind(found) is not found or any(part.startswith("_") for part in name.split(".")):
        return
    if type(found) is types.FunctionType:
        door_of_function(found, name)
    elif isinstance(found, type):
        door_of_class(found, name)


def behind(x: Any) -> Any:
    """The library's own function, or what makes an instance of its class, without a look at the arguments."""
    known = BEHIND.get(id(x))
    return known[1] if known is not None and known[0] is x else x


# ---- functions -------------------------------------------------------------------------------------------------------


def door_of_function(function: types.FunctionType, name: str) -> None:
    """Exchange the code of a function; its own goes on in another one, with the same globals, cells and attributes."""
    own = types.FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    functools.update_wrapper(own, function)
    own.__kwdefaults__ = function.__kwdefaults__
    own.__dict__.pop("__wrapped__", None)
    own.__dict__.update(function.__dict__)

    def door(*arguments: Any, **keywords: Any) -> Any:
        made = replaced_call(REPLACEMENTS[name], arguments, keywords)
        if made is not NotImplemented:
            return made
        if any(type(x) is Buffer for x in (*arguments, *keywords.values())):
            return plainly(own, arguments, keywords)  # of lifted code, which may write into what comes out
        return where_it_belongs(own, *map(held_deeply, arguments), **held_keywords(keywords))

    for moved in MOVED:
        moved(function, own)
    BEHIND[id(function)] = function, own
    instead = {"own": f"{name} behind", "door": f"{name} door"}
    entered(instead["own"], own)
    entered(instead["door"], door)
    code, template = function.__code__, door_code(len(function.__code__.co_freevars))
    function.__code__ = template.replace(
        co_names=tuple(instead.get(read, read) for read in template.co_names),
        co_name=code.co_name,
        co_qualname=code.co_qualname,
        co_filename=code.co_filename,
        co_firstlineno=code.co_firstlineno,
    )
    function.__wrapped__ = own  # whose signature it has  # type: ignore[attr-defined]


@functools.cache
def door_code(cells: int) -> types.CodeType:
    """The code of a door, of a function with so many cells."""
    held = [f"cell{k}" for k in range(cells)]
    source = f"""
def around({", ".join(held)}):
    def function(*arguments, **keywords):
        if active() is None:
            return own(*arguments, **keywords)
        return door(*arguments, **keywords)
        {"; ".join(held)}
    return function
"""
    scope: dict[str, Any] = {}
    exec(compile(source, __file__, "exec"), scope)
    made: types.CodeType = scope["around"](*held).__code__
    return made.replace(co_names=tuple({"active": ACTIVE}.get(read, read) for read in made.co_names))


#: The name by which doors ask whether a transform runs.
ACTIVE = entered("transform active", REFUSED.get)


# ---- classes ---------------------------------------------------------------------------------------------------------


def door_of_class(cls: type, name: str) -> None:
    """Give a class a `__new__` that asks; subclasses, which have an `__init__` of their own, are made as they were."""
    own = vars(cls).get("__new__")

    def plain(made: type, arguments: Any, keywords: Any) -> Any:
        new = super(cls, made).__new__ if own is None else own.__get__(None, made)
        return new(made) if new is object.__new__ else new(made, *arguments, **keywords)

    def make(made: type, /, *arguments: Any, **keywords: Any) -> Any:
        if made is cls and active() is not None:
            found = replaced_call(REPLACEMENTS[name], arguments, keywords)
            if found is not NotImplemented:
                return found
        return plain(made, arguments, keywords)

    def construct(*arguments: Any, **keywords: Any) -> Any:
        made = plain(cls, arguments, keywords)
        if isinstance(made, cls):
            made.__init__(*arguments, **keywords)
        return made

    try:
        cls.__new__ = staticmethod(make)  # type: ignore[assignment]
    except (AttributeError, TypeError):
        return
    BEHIND[id(cls)] = cls, functools.wraps(cls, updated=())(construct)
