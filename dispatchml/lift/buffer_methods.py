"""Operators and the remaining methods of buffers: those of what they hold, in place where Python says so."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..numpy.methods import ArrayMethods
from .buffers import Buffer, held, held_deeply, held_keywords, holds_traced, kept, ndarray
from .calling import called
from .writing import write


def operators() -> None:
    """Python's operators: those of what is held, in place where Python says so."""
    import operator

    for name in "add sub mul truediv floordiv mod pow matmul and_ or_ xor lshift rshift lt le gt ge eq ne".split():
        function = getattr(operator, name)
        method = name.strip("_")
        setattr(Buffer, f"__{method}__", direct(function))
        if name not in ("lt", "le", "gt", "ge", "eq", "ne"):
            setattr(Buffer, f"__r{method}__", reflected(function))
            setattr(Buffer, f"__i{method}__", in_place(function, getattr(operator, f"i{method}")))
    for name in ("neg", "pos", "abs", "invert"):
        setattr(Buffer, f"__{name}__", unary(getattr(operator, name)))
    Buffer.__divmod__ = lambda self, other: (self // other, self % other)  # type: ignore[attr-defined]
    Buffer.__rdivmod__ = lambda self, other: (other // self, other % self)  # type: ignore[attr-defined]


def direct(function: Any) -> Any:
    """The operator of what a buffer holds."""

    def operator(self: Buffer, other: Any) -> Any:
        return kept(function(held(self), held_deeply(other)))

    return operator


def reflected(function: Any) -> Any:
    """The same with the operands the other way round."""

    def operator(self: Buffer, other: Any) -> Any:
        return kept(function(held_deeply(other), held(self)))

    return operator


def unary(function: Any) -> Any:
    """The same for one operand."""

    def operator(self: Buffer) -> Any:
        return kept(function(held(self)))

    return operator


def in_place(function: Any, change: Any) -> Any:
    """The operator that changes its first operand."""

    def operator(self: Buffer, other: Any) -> Any:
        value, other = held(self), held_deeply(other)
        if type(value) is ndarray and not holds_traced(other):
            change(value, other)
        else:
            new = function(value, other)
            if ops.shape(new) != value.shape:
                change(np.empty(value.shape), np.empty(ops.shape(new)))  # NumPy's error
            write(self, Ellipsis, new)
        return self

    return operator


def methods() -> None:
    """Methods of arrays, some of which are functions of NumPy too."""
    for name in (
        "sum mean prod min max std var any all cumsum cumprod argmin argmax argsort argpartition trace clip round "
        "nonzero searchsorted take repeat dot compress choose"
    ).split():
        setattr(Buffer, name, method_of(name, getattr(np, name)))
    for name in (
        "astype conj conjugate flatten diagonal tolist item reshape ravel transpose swapaxes squeeze getfield byteswap"
    ).split():
        setattr(Buffer, name, method_of(name, None))
    for name in ("fill", "sort", "partition", "put"):
        setattr(Buffer, name, writing_method(name))


def method_of(name: str, function: Any) -> Any:
    """A method: of what is held, or NumPy's function where an argument is traced."""

    def method(self: Buffer, *arguments: Any, **keywords: Any) -> Any:
        if function is not None and (
            type(keywords.get("out")) is Buffer
            or type(held(self)) is ndarray
            and (holds_traced(arguments) or holds_traced(keywords))
        ):
            return called(function, (self, *arguments), keywords)
        return called(plain_method, (self, *arguments), keywords)

    def plain_method(x: Any, *arguments: Any, **keywords: Any) -> Any:
        return getattr(x, name)(*arguments, **keywords)

    method.__name__ = method.__qualname__ = name
    return method


def writing_method(name: str) -> Any:
    """A method that writes into the array."""

    def method(self: Buffer, *arguments: Any, **keywords: Any) -> None:
        value, given, named = held(self), held_deeply(arguments), held_keywords(keywords)
        if type(value) is ndarray and not holds_traced(given) and not holds_traced(named):
            getattr(value, name)(*given, **named)
        else:
            getattr(ArrayMethods, name)(self, *given, **named)

    method.__name__ = method.__qualname__ = name
    return method


operators()
methods()
