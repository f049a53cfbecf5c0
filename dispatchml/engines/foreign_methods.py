"""Methods of another library that have the name of one of NumPy's: on a traced value of that library, they win.

`x.mean("time")` of a labelled array is not NumPy's `mean`. The engines' classes have NumPy's methods as attributes, so
a name that a registered type claims (`register_type(methods=...)`) is wrapped there once, when the type is registered.
Item assignment, where a type has an own meaning of what stands between the brackets ("__setitem__"), is asked for by
the engines' own, which looks at its caller's frame.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from ..dispatch.layers import LAYERS, layer_of
from ..dispatch.operation import FORGETTING
from ..dispatch.traced_protocols import TracedMethod
from .provider import TRACED
from .tape import PLAIN
from .traced import Traced

#: Names that are wrapped.
WRAPPED: set[str] = set()


def claimed(x: Any, name: str) -> Callable[..., Any] | None:
    """The method of this name that the registration of the payload gives, below all engines."""
    x = x._value
    while isinstance(x, Traced):
        x = x._value
    if type(x) in PLAIN:
        return None
    info = layer_of(type(x))
    return None if info is None else info.methods.get(name)


def wrap(cls: type, name: str) -> None:
    """Let a registered method of this name go before NumPy's on values of an engine."""
    original = inspect.getattr_static(cls, name)
    original = original.original if isinstance(original, TracedMethod) else original
    if isinstance(original, property):
        read = original.fget
        assert read is not None

        def answer(self: Any) -> Any:
            method = claimed(self, name)
            if method is None:
                return read(self)
            return method.fget(self) if isinstance(method, property) else method(self)  # type: ignore[misc]

        put(cls, name, property(answer, original.fset, original.fdel, original.__doc__))
        return

    @functools.wraps(original)
    def called(self: Any, /, *arguments: Any, **keywords: Any) -> Any:
        method = claimed(self, name)
        return original(self, *arguments, **keywords) if method is None else method(self, *arguments, **keywords)

    put(cls, name, called)


def put(cls: type, name: str, made: Any) -> None:
    """Make it the attribute of a class; below the methods of storages of that name."""
    found = inspect.getattr_static(cls, name)
    if isinstance(found, TracedMethod):
        found.original = made
    else:
        setattr(cls, name, made)


def wrap_claims() -> None:
    """Look for claims of the layers that are there."""
    from ..numpy.methods import ArrayMethods

    for info in list(LAYERS.values()):
        for name in set(info.methods) - WRAPPED:
            if hasattr(ArrayMethods, name) and name not in ("shape", "dtype", "ndim", "size"):
                WRAPPED.add(name)
                for cls in TRACED:
                    wrap(cls, name)


FORGETTING.append(wrap_claims)
