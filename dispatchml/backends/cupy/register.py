"""What is declared for CuPy's arrays: where they live, what they join, and a method for every operation of arrays."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...compile.device import LIBRARIES as PROGRAMS
from ...dispatch.errors import JoinError, NoMethodError, at_user_line
from ...dispatch.join import promotes
from ...dispatch.operation import OPERATIONS, Operation
from ...ops.placement import HOMES
from ..numpy.placement import ARRIVALS, parsed
from . import elementwise as elementwise
from . import indexing as indexing
from . import matrices as matrices
from . import reductions as reductions
from . import shaping as shaping
from .borrowed import Borrowed
from .library import Library
from .methods import METHODS
from .setup import explained
from .tables import BORROWED, GAPS, SAME, SETTINGS

#: Libraries by the kind of their devices.
LIBRARIES: dict[str, Any] = {}


def register() -> None:
    """Declare CuPy's arrays. Called once, when one meets an operation."""
    load()


def load() -> Any:
    """The library behind "gpu", declared; DeviceError with what is missing where it cannot be."""
    if "gpu" not in LIBRARIES:
        declare(explained(Library))
    return LIBRARIES["gpu"]


def declare(library: Any) -> None:
    """Declare the arrays of a library with CuPy's interface."""
    kind, array = library.kind, library.ndarray
    library.borrowed = Borrowed(library)
    LIBRARIES[kind] = library
    HOMES[array] = library.home
    PROGRAMS[array] = library
    ARRIVALS[kind] = library.bring
    promotes(np.generic, array, convert=weak)
    for op in operations():
        found = implementation(library, op)
        op.function.register(found, *(array,) * op.arity)
        if op.name in SETTINGS:
            place = SETTINGS[op.name]
            classes = tuple(np.ndarray if k == place else array for k in range(op.arity))
            op.function.register(with_setting(library, found, place), *classes)
    ops.to_device.register(functools.partial(moved, library), array)


def weak(x: Any) -> Any:
    """A number beside an array, as it is: CuPy treats it as NumPy does."""
    return x


def operations() -> list[Operation]:
    """The operations that arrays have a kernel for, but those that move them."""
    found = {info for n in dir(ops) if isinstance(info := getattr(getattr(ops, n), "info", None), Operation)}
    chosen = [op for op in found & set(OPERATIONS) if (np.ndarray,) * op.arity in op.exact and op.name != "to_device"]
    return sorted(chosen, key=lambda op: op.name)


def implementation(library: Any, op: Operation) -> Callable[..., Any]:
    """The method of an operation, on the device of its arguments."""
    name = op.name
    if name in METHODS:
        found: Callable[..., Any] = functools.partial(METHODS[name], library)
    elif name in BORROWED:
        found = library.borrowed.function(BORROWED[name])
    elif name in SAME:
        found = late(library, SAME[name]) if "." in SAME[name] else library.find(SAME[name])
    else:
        return gap(library, op)
    return named(op, library.guarded(name, found, op.variadic))


def with_setting(library: Any, function: Callable[..., Any], place: int) -> Callable[..., Any]:
    """A method that takes positions or truth values of the host as the device's own: what is derived is not among them.

    Positions are looked at here, where that costs nothing; on a device nobody does.
    """

    def on_device(*arguments: Any, **keywords: Any) -> Any:
        given = arguments[place]
        if given.dtype.kind not in "biu":
            raise JoinError(
                f"{function.__name__}: an array of {given.dtype} of the host beside one on {library.kind}"
                f"{at_user_line()}; nothing is moved between devices behind your back. Write dispatchml.to_device(x, "
                "device) on one of them."
            )
        if given.dtype.kind != "b" and keywords.get("mode", "raise") == "raise":
            within(function.__name__, given, arguments[0], keywords)
        with next(x for x in arguments if isinstance(x, library.ndarray)).device:
            moved = library.xp.asarray(given)
        return function(*arguments[:place], moved, *arguments[place + 1 :], **keywords)

    on_device.__name__ = on_device.__qualname__ = function.__name__
    return on_device


def within(name: str, indices: Any, x: Any, keywords: Any) -> None:
    """Raise IndexError for a position outside, of x or of what the result is to be."""
    shape, axis = keywords.get("shape", x.shape), keywords["axis"]
    n = math.prod(shape) if axis is None else shape[axis]
    if indices.size and not (-n <= indices.min() and indices.max() < n):
        raise IndexError(f"{name}: a position is out of bounds of {n} elements{at_user_line()}")


def named(op: Operation, function: Callable[..., Any]) -> Callable[..., Any]:
    """A method under the operation's name, which error messages show."""

    def on_device(*arguments: Any, **keywords: Any) -> Any:
        return function(*arguments, **keywords)

    on_device.__name__ = on_device.__qualname__ = op.name
    return on_device


def late(library: Any, path: str) -> Callable[..., Any]:
    """A function of a part of the library, which is imported by the first call."""
    known: list[Any] = []

    def function(*arguments: Any, **keywords: Any) -> Any:
        if not known:
            known.append(library.find(path))
        return known[0](*arguments, **keywords)

    return function


def gap(library: Any, op: Operation) -> Callable[..., Any]:
    """The error for an operation that has no method on a device, with the reason and the way out."""
    reason = GAPS.get(op.name, "nobody has written one")

    def missing(*arguments: Any, **keywords: Any) -> Any:
        raise NoMethodError(
            f"{op.name} has no method for arrays on {library.kind}{at_user_line()}: {reason}. Move what it takes with "
            'dispatchml.to_device(x, "cpu") and its result back, or register a method with '
            f"@{op.name}.register({library.name}.ndarray, ...)."
        )

    missing.__name__ = missing.__qualname__ = op.name
    return missing


def moved(library: Any, a: Any, *, device: str) -> Any:
    """An array of a device to the host, to another device of its kind, or to one of another kind by way of the host."""
    kind, number = parsed(device)
    if kind == library.kind:
        return library.send(a, number)
    return ops.to_device(library.fetch(a), device=device)
