"""Functions that go one way on plain values and another on traced ones, or inside a transform."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch.errors import LiftError, at_user_line
from ..engines.refusals import REFUSED
from ..transforms.looking import is_library
from .buffers import TRACED, Buffer, held_deeply, held_keywords, kept
from .entering import active
from .lending import lend_deeply
from .replacing import Replacement, check_version


def is_traced_call(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
    """Whether an argument is traced: itself, inside a list, tuple or dictionary, or held by a function that is one."""
    return any(map(is_traced, arguments)) or bool(keywords) and any(map(is_traced, keywords.values()))


def is_traced(x: Any, depth: int = 2, seen: frozenset[int] = frozenset()) -> bool:
    """Whether a value is traced or holds a traced value: containers and objects to a depth, functions to any."""
    cls = type(x)
    if cls is Buffer:
        return isinstance(held_deeply(x), TRACED)
    if cls in PLAIN:
        return False
    if cls is list or cls is tuple:
        return depth > 0 and any(is_traced(v, depth - 1, seen) for v in x)
    if cls is dict:
        return depth > 0 and any(is_traced(v, depth - 1, seen) for v in x.values())
    if cls is types.FunctionType:
        if id(x) in seen:
            return False
        seen |= {id(x)}
        return any(is_traced(v, depth - (type(v) is not types.FunctionType), seen) for v in reached(x))
    if cls is types.MethodType:
        return is_traced(x.__func__, depth, seen) or is_traced(x.__self__, depth, seen)
    if cls is functools.partial:
        return is_traced(x.func, depth, seen) or is_traced_call(x.args, x.keywords)
    if isinstance(x, TRACED):
        return True
    beside = getattr(x, "__dict__", None)
    if depth <= 0 or type(beside) is not dict or isinstance(x, type) or cls.__module__ in sys.stdlib_module_names:
        return False
    return any(is_traced(v, depth - 1, seen) for v in beside.values() if isinstance(v, INSIDE))


#: Classes that hold nothing traced.
PLAIN = frozenset(
    {np.ndarray, float, int, bool, str, bytes, complex, type(None), np.float64, np.bool_, types.ModuleType}
)
#: What is looked at in objects.
INSIDE = (*TRACED, Buffer, list, tuple, dict, types.FunctionType)


def reached(function: types.FunctionType) -> list[Any]:
    """What a function holds in cells and defaults."""
    found = list(function.__defaults__ or ())
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:
            continue
    return found


def replaced_call(replacement: Replacement, arguments: Any, keywords: Any) -> Any:
    """What stands for a call inside a transform; NotImplemented where the library's own code is to run."""
    if not is_traced_call(arguments, keywords):
        return NotImplemented
    check_version(replacement)
    if not replacement.buffers:
        arguments, keywords = map(held_deeply, arguments), held_keywords(keywords)
    return replacement.function(*arguments, **keywords)


def unwrapping(original: Any) -> Any:
    """A function, class or callable object of another package, which gets what arrays of lifted code hold."""

    hand = lend_deeply if isinstance(original, type) else held_deeply  # an object may keep what it is given

    def unwrapped(*arguments: Any, **keywords: Any) -> Any:
        given, named = [*map(hand, arguments)], {k: hand(v) for k, v in keywords.items()}
        return original(*given, **named) if active() is None else where_it_belongs(original, *given, **named)

    unwrapped.__wrapped__ = original  # type: ignore[attr-defined]
    if isinstance(original, (types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
        return unwrapped
    return Unwrapping(original, unwrapped)


class Unwrapping:
    """A class or callable object of another package: it and its methods get what arrays of lifted code hold."""

    def __init__(self, original: Any, call: Callable[..., Any]) -> None:
        self.__wrapped__, self.__call = original, call

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self.__call(*arguments, **keywords)

    def __getattr__(self, name: str) -> Any:
        value = getattr(object.__getattribute__(self, "__wrapped__"), name)
        return unwrapping(value) if isinstance(value, (types.FunctionType, types.MethodType)) else value

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, self.__wrapped__)

    def __subclasscheck__(self, cls: type) -> bool:
        return issubclass(cls, self.__wrapped__)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (self.__wrapped__,)


def plainly(original: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """A library's function on what buffers hold; where that is plain, as outside of transforms."""
    if active() is None:
        return original(*arguments, **keywords)
    given, named = [*map(held_deeply, arguments)], held_keywords(keywords)
    found = where_it_belongs(original, *given, **named)
    for x, value in zip(arguments, given, strict=True):
        if value is found:
            return x
    return kept(found)


def where_it_belongs(original: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Any:
    """A call of a library's function: outside of transforms where nothing that it is given leads to traced values."""
    if not all(map(is_inert, (*arguments, *keywords.values()))):
        return original(*arguments, **keywords)
    before = REFUSED.set(None)
    try:
        return original(*arguments, **keywords)
    finally:
        REFUSED.reset(before)


def is_inert(x: Any, depth: int = 3) -> bool:
    """Whether an argument is plain, and nothing that a function could call or read leads back to traced values."""
    cls = type(x)
    if cls in PLAIN or isinstance(x, (np.generic, np.dtype, np.random.Generator)):
        return True
    if depth <= 0 or callable(x):
        return False
    if cls in (list, tuple, set, frozenset):
        return all(is_inert(v, depth - 1) for v in x)
    if cls is dict:
        return all(is_inert(v, depth - 1) for v in x.values())
    beside = getattr(x, "__dict__", None)
    return type(beside) is dict and is_library(cls) and all(is_inert(v, depth - 1) for v in beside.values())


class Guard:
    """A compiled function, which takes plain values only; its attributes and items (`f[double]`) are its own."""

    def __init__(self, original: Callable[..., Any], name: str) -> None:
        self.__wrapped__, self.name = original, name
        self.__doc__ = getattr(original, "__doc__", None)
        self.__name__ = self.__qualname__ = getattr(original, "__name__", name)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        if active() is not None and any(is_traced(x) for x in (*arguments, *keywords.values()) if not callable(x)):
            refuse_compiled(self.name)
        return plainly(self.__wrapped__, arguments, keywords)

    def __getitem__(self, index: Any) -> Any:
        return Guard(self.__wrapped__[index], self.name)  # type: ignore[index]

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "__wrapped__"), name)

    def __reduce__(self) -> Any:
        return self.__wrapped__.__reduce__()


def refuse_compiled(name: str) -> None:
    """The error for a compiled function that is given traced values."""
    from ..engines.refusals import remember

    error = LiftError(
        f"{name} was called with a traced value{at_user_line()}. It is compiled code without a derivative rule: "
        f"declare what stands for it with dispatchml.lift.replaces({name!r}), or for the public function above it, or "
        "pass dispatchml.primal(x) where no derivative is wanted."
    )
    remember(error)
    raise error
