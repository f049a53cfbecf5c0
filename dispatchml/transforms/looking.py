"""What identifies a value that a function reaches: numbers by value, arrays by content, containers by what is in them,
objects, classes and modules by what the function and their methods read of them.
"""

from __future__ import annotations

import collections
import functools
import sys
import types
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..dispatch.construct import FORMS
from ..dispatch.errors import RecordingError, at_user_line, is_hidden
from ..dispatch.layers import Layer, layer_of
from ..engines.constants import fingerprint
from ..engines.record import Rec
from ..engines.traced import Traced
from .draws import is_generator

#: How many objects are looked at, at most.
OBJECTS = 10_000
PLAIN = (bool, int, float, complex, str, bytes, type(None), np.generic, np.dtype, type(...))
#: Methods that Python calls without a name in the code, but not while a function computes.
UNCALLED = frozenset(
    """__new__ __init__ __post_init__ __del__ __repr__ __str__ __eq__ __ne__ __hash__ __setattr__ __delattr__
    __setitem__ __delitem__ __set__ __set_name__ __init_subclass__ __class_getitem__ __reduce__ __reduce_ex__
    __getstate__ __setstate__ __copy__ __deepcopy__ __dir__ __sizeof__ __enter__ __exit__ __replace__
    __attrs_init__ __attrs_post_init__ __getnewargs__""".split()
)


class Traces(Exception):
    """A traced value was reached: the function is part of a transform around it."""


def identity(x: Any, attributes: frozenset[str]) -> Any:
    """What identifies a value that is part of the signature. attributes: the names that are read of objects."""
    return Looking().at(x, attributes)


class Looking:
    """One look at a value. functions, generators: those that were met on the way."""

    __slots__ = ("left", "seen", "functions", "generators")

    def __init__(self) -> None:
        self.left = OBJECTS
        self.seen: set[Any] = set()
        self.functions: list[Any] = []
        self.generators: list[Any] = []

    def at(self, x: Any, attributes: frozenset[str]) -> Any:
        """What identifies a value."""
        if isinstance(x, (Traced, Rec)):
            raise Traces
        if isinstance(x, PLAIN):
            return type(x), repr(x) if isinstance(x, (float, complex, np.generic)) else x
        self.left -= 1
        if self.left < 0:
            raise RecordingError(
                f"The function reaches more than {OBJECTS} objects{at_user_line()}, too many to look at in each call. "
                "Pass what it needs as arguments."
            )
        info = None if type(x) is np.ndarray else layer_of(type(x))
        if info is not None and info.payload is not None:
            return self.layer(x, info, attributes)
        if isinstance(x, np.ndarray):
            return type(x), id(x), x.dtype, x.shape, fingerprint(x.view(np.ndarray))
        if (id(x), attributes) in self.seen:
            return id(x)
        self.seen.add((id(x), attributes))
        if isinstance(x, (list, tuple, set, frozenset, collections.deque)):
            return type(x), tuple([self.at(v, attributes) for v in x])
        if isinstance(x, Mapping):
            return type(x), tuple(
                [(k if isinstance(k, PLAIN) else self.at(k, attributes), self.at(v, attributes)) for k, v in x.items()]
            )
        return self.at_object(x, attributes)

    def at_object(self, x: Any, attributes: frozenset[str]) -> Any:
        """What identifies a value that is neither a number nor an array nor a container."""
        if isinstance(x, slice):
            return slice, self.at((x.start, x.stop, x.step), attributes)
        if isinstance(x, (bytearray, memoryview)) or type(x).__module__ == "array":
            return type(x), bytes(x)
        if isinstance(x, functools.partial):
            return self.at((x.func, x.args, x.keywords), attributes)
        if isinstance(x, types.MethodType):
            return self.at((x.__func__, x.__self__), attributes)
        if isinstance(x, ContextVar):
            return id(x), self.at(x.get(None), attributes)
        if is_generator(x):
            self.generators.append(x)
            return id(x)
        if isinstance(x, types.ModuleType):
            return (id(x), *self.among(vars(x), attributes)) if not is_library_module(x) else id(x)
        if isinstance(x, types.FunctionType):
            self.functions.append(x)
            return (id(x), *self.among(vars(x), attributes))
        if isinstance(x, type):
            return (id(x), *self.of_class(x, attributes, frozenset())) if not is_library(x) else id(x)
        cls = type(x)
        reads = reads_of(cls, attributes, called_by_python(cls))
        names = getattr(x, "__dict__", {})
        slots = [(k, getattr(x, k)) for k in slots_of(cls) if k in reads.attributes and hasattr(x, k)]
        return (
            id(x),
            id(cls),
            *self.among(names, reads.attributes),
            *[(k, self.at(v, reads.attributes)) for k, v in slots],
            *self.of_class(cls, attributes, called_by_python(cls)),
        )

    def layer(self, x: Any, info: Layer, attributes: frozenset[str]) -> Any:
        """What identifies a layer, whose numbers may be written into and whose units may be set: its payload, and what
        it has beside it.
        """
        payload = info.payload(x)  # type: ignore[misc]
        parts = payload if type(payload) is tuple else (payload,)
        form = FORMS.get(type(x))
        beside = form.statics_of(x) if form is not None else getattr(x, "__dict__", None)
        if beside is None:
            beside = {k: getattr(x, k) for k in info.static}
        fields = tuple((k, self.field(v, attributes)) for k, v in beside.items() if not any(v is p for p in parts))
        return type(x), id(x), fields, tuple(self.field(p, attributes) for p in parts)

    def field(self, x: Any, attributes: frozenset[str]) -> Any:
        """What identifies a part of a layer, whose object may be made anew each time that it is asked for."""
        if isinstance(x, np.ndarray):
            return x.dtype, x.shape, x.ctypes.data, fingerprint(x.view(np.ndarray))
        if isinstance(x, (Traced, Rec, list, tuple, dict, *PLAIN)) or layer_of(type(x)) is not None:
            return self.at(x, attributes)
        try:
            hash(x)
        except TypeError:
            return type(x)
        return x

    def among(self, names: Mapping[str, Any], attributes: frozenset[str]) -> Iterator[Any]:
        """What identifies the values that are read by name."""
        for k in names if len(names) < len(attributes) else attributes:
            if k in names and k in attributes and not (k[:2] == k[-2:] == "__"):
                yield k, self.at(names[k], attributes)

    def of_class(self, cls: type, attributes: frozenset[str], called: frozenset[str]) -> Iterator[Any]:
        """What identifies the values of a class that are read, by methods, too."""
        reads = reads_of(cls, attributes, called)
        self.functions += reads.functions
        for home, k in reads.data:
            yield k, self.at(vars(home).get(k), reads.attributes)


class Reads:
    """What is read of an object of a class. attributes: with those that its methods read; data: (class, name)."""

    __slots__ = ("attributes", "functions", "data")

    def __init__(self, attributes: frozenset[str], functions: list[Any], data: list[tuple[type, str]]) -> None:
        self.attributes, self.functions, self.data = attributes, functions, data


@functools.lru_cache(maxsize=4096)
def reads_of(cls: type, attributes: frozenset[str], called: frozenset[str]) -> Reads:
    """What is read of an object where these attributes are, and methods of these names may be called."""
    known: dict[str, tuple[type, Any]] = {}
    for c in cls.__mro__:
        if not is_library(c):
            for name, value in vars(c).items():
                known.setdefault(name, (c, value))
    wider, functions, data = set(attributes), [], []
    waiting = [k for k in known if k in attributes or k in called]
    for name in waiting:  # it grows on the way
        home, value = known[name]
        inside = functions_in(value)
        functions += inside
        for function in inside:
            new = attributes_of_code(function.__code__) - wider
            wider |= new
            waiting += [k for k in known if k in new and k not in called]
        if not inside and not (name[:2] == name[-2:] == "__") and not isinstance(value, types.MemberDescriptorType):
            data.append((home, name))
    return Reads(frozenset(wider), functions, data)


def functions_in(x: Any) -> list[types.FunctionType]:
    """The functions of the user's that a value of a class runs: of a method, a property, a descriptor."""
    if isinstance(x, (staticmethod, classmethod)):
        x = x.__func__
    elif isinstance(x, property):
        x = x.fget
    elif isinstance(x, functools.cached_property):
        x = x.func
    elif not isinstance(x, type) and isinstance(getattr(type(x), "__get__", None), types.FunctionType):
        x = type(x).__get__
    x = behind(x)
    return [x] if isinstance(x, types.FunctionType) and not is_library(x) else []


def behind(x: Any) -> Any:
    """The function of the user's that something of ours stands for, such as a switch of lifting."""
    while not isinstance(x, types.FunctionType) or is_hidden(x.__code__.co_filename):
        inside = getattr(x, "__wrapped__", None)
        if inside is None:
            break
        x = inside
    return x


@functools.lru_cache(maxsize=4096)
def called_by_python(cls: type) -> frozenset[str]:
    """The methods of a class of the user's that Python calls for operators, calls and indexing."""
    names = {k for c in cls.__mro__ if not is_library(c) for k in vars(c) if k[:2] == k[-2:] == "__"}
    return frozenset(names - UNCALLED)


@functools.lru_cache(maxsize=4096)
def slots_of(cls: type) -> tuple[str, ...]:
    """The attributes of an object that are in no dictionary."""
    return tuple(k for c in cls.__mro__ for k, v in vars(c).items() if isinstance(v, types.MemberDescriptorType))


@functools.lru_cache(maxsize=1024)
def attributes_of_code(code: types.CodeType) -> frozenset[str]:
    """The names that some code mentions as attributes or in texts, and the functions inside it."""
    own = frozenset(code.co_names).union(c for c in code.co_consts if isinstance(c, str) and c.isidentifier())
    return own.union(*(attributes_of_code(c) for c in code.co_consts if isinstance(c, types.CodeType)))


def is_library(x: Any) -> bool:
    """Whether a function or class belongs to an installed package, the standard library or this one."""
    code = getattr(x, "__code__", None)
    if isinstance(code, types.CodeType):
        return is_hidden(code.co_filename) or is_installed(code.co_filename)
    module = getattr(x, "__module__", "") or ""
    return module == "builtins" or is_library_module(sys.modules.get(module))


def is_library_module(x: Any) -> bool:
    """Whether a module belongs to an installed package, the standard library or this one."""
    file = getattr(x, "__file__", None)
    if file is None:
        return getattr(x, "__name__", "") in sys.builtin_module_names
    return is_hidden(file) or is_installed(file)


@functools.cache
def is_installed(file: str) -> bool:
    """Whether a file lies in the standard library or among installed packages."""
    import sysconfig

    if "site-packages" in file or "dist-packages" in file:
        return True
    return file.startswith((sysconfig.get_path("stdlib"), "<frozen"))
