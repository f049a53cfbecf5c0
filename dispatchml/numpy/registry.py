"""One table of meaning: how an implementation made of operations becomes public and answers NumPy's own function.

A public function looks at its arguments: plain NumPy values go to NumPy itself (same result, same speed), a
layer or a foreign storage goes to the implementation. The same implementation answers `__array_function__`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NoMethodError, OutArgumentError, ShapeError, at_user_line, describe
from ..dispatch.join import value_class
from ..dispatch.layers import layer_of
from ..dispatch.plugins import meet
from ..dispatch.resolve import is_unregistered
from ..engines.traced import Traced
from .meanings import MEANINGS, meant

#: NumPy's function -> the implementation that stands for it on values that are not NumPy's.
IMPLEMENTATIONS: dict[Any, Callable[..., Any]] = {}
#: Every public function by name, for `dispatchml.numpy`; the extensions have tables of their own.
PUBLIC: dict[str, dict[str, Any]] = {"": {}, "linalg": {}, "fft": {}}

#: Classes that are never ours, for a quick answer.
PLAIN: set[type] = {
    np.ndarray, float, int, bool, complex, str, bytes, type(None), np.dtype, type, slice, type(...), range,
    *np.sctypeDict.values(),
}  # fmt: skip
CONTAINERS = (list, tuple)


def is_ours(x: Any) -> bool:
    """Whether a value must go through the operations: a layer, a foreign storage, or a container that holds one."""
    cls = type(x)
    if cls in PLAIN:
        return False
    if cls in CONTAINERS:
        for inner in set(map(type, x)) - PLAIN:
            if inner in CONTAINERS:
                if any(is_ours(e) for e in x if type(e) in CONTAINERS):
                    return True
            elif is_foreign(inner):
                return True
        return False
    return is_foreign(cls)


def holds_foreign(values: tuple[Any, ...]) -> bool:
    """Whether there is an object array of numbers of another library, for which NumPy may have no loop."""
    return any(
        type(x) is np.ndarray and x.dtype.kind == "O" and any(is_foreign(cls) for cls in set(map(type, x.flat)))
        for x in values
    )


def is_foreign(cls: type) -> bool:
    """Whether a class is a layer or a storage that is not NumPy's; plugins are loaded by the question.

    A subclass of ndarray that nobody registered is foreign too: the operations refuse it, which NumPy would not.
    """
    meet(cls)
    known = value_class(cls)
    return (
        layer_of(cls) is not None
        or is_unregistered(cls)
        or known
        not in (
            None,
            np.ndarray,
            np.generic,
            float,
            int,
            bool,
            complex,
        )
    )


def operand(x: Any) -> Any:
    """An array-like as operations take it: lists and tuples become arrays, stacked where they hold layers."""
    cls = type(x)
    if cls not in CONTAINERS:
        return x
    if not is_ours(x):
        return np.asarray(x)
    elements = tuple(operand(e) for e in x)
    shapes = {ops.shape(e) for e in elements}
    if len(shapes) > 1:
        raise ShapeError(
            f"A {cls.__name__} of {describe(elements)} is not an array{at_user_line()}: its elements have the shapes "
            f"{sorted(shapes)}. Give them one shape, or use numpy.concatenate."
        )
    return ops.stack(elements, axis=0)


def operands(arrays: Any) -> tuple[Any, ...]:
    """The arrays of a sequence of array-likes; an array is taken apart along its first axis."""
    if type(arrays) in CONTAINERS:
        return tuple(operand(a) for a in arrays)
    return tuple(arrays)


def given(value: Any) -> Any:
    """A keyword as it was given; NumPy's marker for nothing is None."""
    return None if value is np._NoValue else value


def kept(keepdims: Any) -> bool:
    """Whether reduced axes stay."""
    return keepdims is True or (keepdims is not False and bool(given(keepdims)))


POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def implementation_of(
    function: Callable[..., Any], name: str, arrays: int, own: dict[Any, Callable[..., Any]]
) -> Callable[..., Any]:
    """The function with its leading array-likes made operands; `out=` is written into where it is traced, else refused.
    What a library means by it (`own`) goes before.
    """
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    if code is not None:  # of ours: a look at the code takes a tenth of the time of a signature
        names = [*code.co_varnames[: code.co_argcount]]
    else:
        names = [p.name for p in inspect.signature(function).parameters.values() if p.kind in POSITIONAL]
    leading = names[:arrays]
    out = names.index("out") if "out" in names else -1

    @functools.cache
    def usual() -> Callable[..., Any]:
        return implementation_of(function, name, arrays, {})

    @functools.wraps(function)
    def implementation(*args: Any, **kwargs: Any) -> Any:
        if own:
            found = meant(own, (*args, *kwargs.values()))
            if found is not None:
                return found(usual(), *args, **kwargs)
        into = None
        if kwargs:
            if isinstance(kwargs.get("out"), Traced):
                into = kwargs.pop("out")
            kwargs = checked(kwargs, leading, name)
        if 0 <= out < len(args) and args[out] is not None:
            refuse_out(name)
        for x in args[:arrays]:
            if type(x) in CONTAINERS:
                args = (*map(operand, args[:arrays]), *args[arrays:])
                break
        if into is not None:
            into[...] = function(*args, **kwargs)
            return into
        return function(*args, **kwargs)

    return implementation


def checked(kwargs: dict[str, Any], leading: list[str], name: str) -> dict[str, Any]:
    """Keywords with `out` and `like` refused, and array-likes among them made operands."""
    if kwargs.get("out") is not None:
        refuse_out(name)
    if kwargs.pop("like", None) is not None:
        raise NoMethodError(f"{name}(like=...) is not supported on layered values{at_user_line()}: leave `like` out.")
    for k in leading:
        if type(kwargs.get(k)) in CONTAINERS:
            kwargs[k] = operand(kwargs[k])
    return kwargs


def refuse_out(name: str) -> None:
    """The error for `out=`: a derivative, a unit or a batch cannot be written into somebody's array."""
    raise OutArgumentError(
        f"{name}(..., out=...) was called with traced or layered values{at_user_line()}: they cannot be written "
        "into an "
        f"array, which would lose what they carry. Use the result: y = {name}(...). For an in-place operator on "
        "a plain array that has other names or views, write a = a + x instead of a += x."
    )


def numpy_function(
    original: Any = None, *, arrays: int = 1, plain: Any = None, room: str = "", names: str = ""
) -> Callable[[Any], Any]:
    """Make an implementation public, and the answer to NumPy's function `original`.

    arrays: how many leading parameters are array-likes. plain: what plain arguments go to, NumPy's function by default;
    the implementation itself where NumPy has none. room: "linalg" or "fft" for the extensions. names: further names.
    """

    def add(function: Any) -> Any:
        name = function.__name__.rstrip("_")
        own = MEANINGS.setdefault(original, {}) if original is not None else {}
        implementation = implementation_of(function, f"{room}.{name}" if room else name, arrays, own)
        if original is not None:
            IMPLEMENTATIONS[original] = implementation
        direct = plain or original
        public = implementation if direct is None else choosing(function, direct, implementation)
        public.__name__ = public.__qualname__ = name
        if not public.__doc__:
            public.__doc__ = first_line(direct)
        for key in (name, *names.split()):
            PUBLIC[room][key] = public
            twin = getattr(np, key, None) if not room else None
            if original is not None and twin is not None:  # numpy.amax is a function of its own
                IMPLEMENTATIONS.setdefault(twin, implementation)
        return public

    return add


def choosing(function: Callable[..., Any], direct: Callable[..., Any], implementation: Callable[..., Any]) -> Any:
    """The public function: NumPy's own for plain arguments, the implementation where one is ours."""

    @functools.wraps(function)
    def public(*args: Any, **kwargs: Any) -> Any:
        for x in args:
            if type(x) not in PLAIN and is_ours(x):
                return implementation(*args, **kwargs)
        for x in kwargs.values():
            if type(x) not in PLAIN and is_ours(x):
                return implementation(*args, **kwargs)
        try:
            return direct(*args, **kwargs)
        except (TypeError, AttributeError):
            if holds_foreign((*args, *kwargs.values())):
                return implementation(*args, **kwargs)
            raise

    return public


def first_line(function: Any) -> str:
    """What NumPy's function does, in its own first sentence's place: a pointer to its page."""
    module = getattr(function, "__module__", None) or "numpy"
    return f"As `{module}.{getattr(function, '__name__', function)}`, for layered and traced values too."
