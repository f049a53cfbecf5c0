"""Protocols of other libraries on traced values, and the methods of their arrays: a traced tensor has torch's methods,
not NumPy's of the same names.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MethodType
from typing import Any

from .errors import RegistrationError, at_user_line, class_name
from .layers import LAYERS, layer_of
from .operation import LOCK


def traced_protocol(name: str, answer: Any) -> None:
    """Give traced values a protocol method, such as "__torch_function__": a function, or a classmethod of one.

    It is for double-underscore names that a library's functions look up on the class of their arguments. Raises
    RegistrationError for another name, and for one that traced values have already.

    >>> from dispatchml.dispatch import traced_protocol
    >>> traced_protocol("__some_function__", classmethod(lambda cls, function, *arguments: NotImplemented))
    """
    if not (name.startswith("__") and name.endswith("__")):
        raise RegistrationError(f"traced_protocol: {name!r} is no protocol; attributes are declared by register_type.")
    with LOCK:
        for cls, info in list(LAYERS.items()):
            if not info.sealed:
                continue
            if name in vars(cls) or hasattr(cls, name):
                raise RegistrationError(f"traced_protocol: traced values answer {name} already.")
            setattr(cls, name, answer)


def traced_methods(storage: type, methods: Mapping[str, Callable[..., Any] | property]) -> None:
    """Give traced arrays of another library the methods and properties that its class has, in place of NumPy's.

    storage: a class of arrays that is no layer, such as torch.Tensor. methods: name -> function(x, ...), written with
    operations, or property(function). Traced values of other classes keep what they have. Raises RegistrationError for
    a layer, whose methods `register_type` takes.

    >>> from dispatchml.dispatch import traced_methods
    >>> traced_methods(torch.Tensor, {"unsqueeze": lambda x, dim: ops.expand_dims(x, axis=dim)})  # doctest: +SKIP
    """
    if layer_of(storage) is not None:
        raise RegistrationError(
            f"traced_methods: {class_name(storage)} is a layer{at_user_line()}. Use register_type(..., methods=)."
        )
    with LOCK:
        for cls, info in list(LAYERS.items()):
            if not info.sealed or info.payload is None:  # an element of a batch has the fields of its class
                continue
            for name, method in methods.items():
                found = inspect.getattr_static(cls, name, None)
                if not isinstance(found, TracedMethod) or name not in vars(cls):
                    original = found.original if isinstance(found, TracedMethod) else found
                    known = dict(found.known) if isinstance(found, TracedMethod) else {}
                    found = TracedMethod(name, known, original)
                    setattr(cls, name, found)
                found.known[storage] = method


class TracedMethod:
    """A name that arrays of several libraries have. original: what traced values had by that name."""

    __slots__ = ("name", "known", "original")

    def __init__(self, name: str, known: dict[type, Any], original: Any) -> None:
        self.name, self.known, self.original = name, known, original

    def __get__(self, x: Any, cls: type | None = None) -> Any:
        if x is None:
            return self if self.original is None else self.original.__get__(None, cls)
        found = next((self.known[c] for c in storage_below(x).__mro__ if c in self.known), None)
        if isinstance(found, property):
            return found.__get__(x, cls)
        if found is not None:
            return MethodType(found, x)
        return x.__getattr__(self.name) if self.original is None else self.original.__get__(x, cls)

    def __call__(self, x: Any, *arguments: Any, **keywords: Any) -> Any:
        return self.__get__(x)(*arguments, **keywords)

    def __set__(self, x: Any, value: Any) -> None:
        setter = getattr(type(self.original), "__set__", None)
        if setter is None:
            raise AttributeError(f"{type(x).__name__!r} object attribute {self.name!r} is read-only")
        setter(self.original, x, value)


def storage_below(x: Any) -> type:
    """The class of what is below all transforms."""
    while (info := layer_of(type(x))) is not None and info.slot == "transform" and info.payload is not None:
        x = info.payload(x)
    return type(x)
