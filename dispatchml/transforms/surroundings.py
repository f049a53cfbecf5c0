"""What a compiled function reaches without receiving it: globals, cells, the object that a method is bound to.

Arrays that it reads by name become inputs of the program, read at every call. Other values are part of its signature.
"""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch.construct import FORMS
from ..dispatch.errors import RecordingError, code_line, is_hidden, is_ours
from ..dispatch.layers import Layer, layer_of
from ..engines.constants import fingerprint
from ..engines.record import Rec
from ..engines.traced import Traced
from .captured import FUNCTIONS, names_read
from .draws import is_generator

#: How many objects are looked into at most, and how deep.
OBJECTS, DEPTH = 10_000, 4
PLAIN = (bool, int, float, complex, str, bytes, type(None), np.generic, np.dtype, type(...))
#: Instructions by which a function changes something outside of it.
WRITES = {"STORE_GLOBAL": "assigns to a global", "DELETE_GLOBAL": "deletes a global", "STORE_ATTR": "sets an attribute"}


class Surroundings:
    """What one function reaches."""

    __slots__ = ("function", "slots", "watched", "copies", "generators")

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        #: (dict of globals or cell, name) of each array that is reached by a name.
        self.slots: list[tuple[Any, str]] = []
        #: Other values: functions that give what identifies each.
        self.watched: list[Callable[[], Any]] = []
        self.copies: dict[types.FunctionType, None] = {}
        self.generators: list[Any] = []
        self.reach(function)

    def reach(self, function: Any) -> None:
        """Collect what a callable reaches."""
        if isinstance(function, functools.partial):
            self.reach(function.func)
            self.watch(lambda: identity((function.args, function.keywords)))
        elif isinstance(function, types.MethodType):
            self.watch_object(function.__self__, attributes_read(function.__func__))
            self.reach(function.__func__)
        elif isinstance(function, types.FunctionType):
            self.reach_function(function)
        elif calls_own(function):
            self.reach(function.__call__)

    def reach_function(self, function: types.FunctionType) -> None:
        """Collect what a function of the user's reads by name."""
        if function in self.copies:
            return
        self.copies[function] = None
        if is_ours(function.__code__.co_filename):  # what a transform has made of a function
            self.reach_cells(function)
            return
        if is_library(function):
            return
        refuse_writes(function)
        names, attributes = function.__globals__, attributes_read(function)
        for name in sorted(names_read(function.__code__)):
            if name in names:
                self.place(names, name, names[name], attributes)
        self.reach_cells(function)
        for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self.watch_object(default, attributes)

    def reach_cells(self, function: types.FunctionType) -> None:
        """Collect what the cells of a function hold; nothing assigns to those of our own."""
        ours = is_ours(function.__code__.co_filename)
        attributes = attributes_read(function)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            try:
                content = cell.cell_contents
            except ValueError:
                continue
            if ours and isinstance(content, FUNCTIONS):
                self.reach(content)
            elif not ours or not isinstance(content, (tuple, *PLAIN)):
                self.place(cell, name, content, attributes)

    def place(self, home: Any, name: str, content: Any, attributes: frozenset[str]) -> None:
        """Something that is reached by a name: a global of a dict, or the content of a cell."""
        if isinstance(content, types.ModuleType):
            return
        if type(content) is np.ndarray and content.dtype.kind in "?biufc":
            self.slots.append((home, name))
            return
        if isinstance(content, FUNCTIONS):
            self.reach(content)
            self.watch(lambda: id(read(home, name)))
        elif is_generator(content):
            self.generators.append(content)
        elif isinstance(content, type) or callable(content) and not hasattr(content, "__dict__"):
            self.watch(lambda: id(read(home, name)))
        else:
            self.watch(lambda: identity(read(home, name), attributes))
            self.watch_calls(content)

    def watch_calls(self, content: Any) -> None:
        """An object with a `__call__` of the user's own is a function, too."""
        if calls_own(content):
            self.reach(content)

    def watch(self, state: Callable[[], Any]) -> None:
        """Make something part of the signature."""
        self.watched.append(state)

    def watch_object(self, content: Any, attributes: frozenset[str]) -> None:
        """The same for an object that is held by the function itself."""
        self.watch(lambda: identity(content, attributes))

    def state(self) -> tuple[Any, ...]:
        """What identifies the surroundings at this moment."""
        if not self.slots and not self.watched:
            return ()
        arrays = tuple(array_key(read(*slot)) for slot in self.slots)
        return arrays + tuple(watch() for watch in self.watched)

    def arrays(self) -> list[Any]:
        """The arrays that are inputs of the program."""
        return [read(*slot) for slot in self.slots]

    def with_arrays(self, values: list[Any]) -> Callable[..., Any]:
        """The function with other values in the places of its arrays."""
        if not values:
            return self.function
        replaced: dict[tuple[int, str], Any] = {
            (id(home), name): value for (home, name), value in zip(self.slots, values, strict=True)
        }
        return Copies(replaced).of(self.function)


class Copies:
    """Copies of functions that read other values by the same names."""

    __slots__ = ("replaced", "made", "globals")

    def __init__(self, replaced: dict[tuple[int, str], Any]) -> None:
        self.replaced = replaced
        self.made: dict[int, Any] = {}
        self.globals: dict[int, dict[str, Any]] = {}

    def of(self, function: Any) -> Any:
        """A callable whose functions are copies."""
        if isinstance(function, functools.partial):
            return functools.partial(self.of(function.func), *function.args, **function.keywords)
        if isinstance(function, types.MethodType):
            return types.MethodType(self.of(function.__func__), function.__self__)
        if not isinstance(function, types.FunctionType):
            return self.of(function.__call__) if calls_own(function) else function
        own = is_ours(function.__code__.co_filename) or not is_library(function)
        return self.of_function(function) if own else function

    def of_function(self, function: types.FunctionType) -> Any:
        """A copy of a function; recursion finds the copy."""
        known = self.made.get(id(function))
        if known is not None:
            return known
        cells = [types.CellType() for _ in function.__closure__ or ()]
        copy = types.FunctionType(
            function.__code__, self.globals_of(function), function.__name__, function.__defaults__, tuple(cells) or None
        )
        copy.__kwdefaults__ = function.__kwdefaults__
        copy.__dict__.update(function.__dict__)
        copy.__qualname__, copy.__module__ = function.__qualname__, function.__module__
        self.made[id(function)] = copy
        for k, (name, cell) in enumerate(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)):
            try:
                content = cell.cell_contents
            except ValueError:
                continue
            cells[k].cell_contents = self.value(cell, name, content)
        return copy

    def globals_of(self, function: types.FunctionType) -> dict[str, Any]:
        """The function's globals with the replaced values."""
        home = function.__globals__
        if is_ours(function.__code__.co_filename):
            return home
        known = self.globals.get(id(home))
        if known is None:
            known = self.globals[id(home)] = dict(home)
        for name in names_read(function.__code__):
            if name in home:
                known[name] = self.value(home, name, home[name])
        return known

    def value(self, home: Any, name: str, content: Any) -> Any:
        """What stands in a place."""
        found = self.replaced.get((id(home), name), self)
        if found is not self:
            return found
        return self.of(content) if isinstance(content, (types.FunctionType, types.MethodType)) else content


def calls_own(x: Any) -> bool:
    """Whether an object is called by a method that was written in Python."""
    return (
        not isinstance(x, type)
        and any("__call__" in vars(c) for c in type(x).__mro__)
        and isinstance(x.__call__, types.MethodType)
    )


def read(home: Any, name: str) -> Any:
    """What is in a place now."""
    return home.get(name) if type(home) is dict else home.cell_contents


def array_key(x: Any) -> Any:
    """What of an array the program depends on; of what is no array any more, that."""
    if type(x) is np.ndarray:
        return x.dtype, x.shape, x.flags.c_contiguous or x.strides
    return identity(x)


def identity(x: Any, attributes: frozenset[str] | None = None) -> Any:
    """What identifies a value that is part of the signature: numbers by value, arrays by content, containers and
    objects by what is in them.
    """
    return Looking(attributes).at(x, DEPTH)


class Traces(Exception):
    """A traced value was reached: the function is part of a transform around it."""


class Looking:
    """One look at a value."""

    __slots__ = ("attributes", "left")

    def __init__(self, attributes: frozenset[str] | None) -> None:
        self.attributes, self.left = attributes, OBJECTS

    def at(self, x: Any, depth: int) -> Any:
        """What identifies a value."""
        self.left -= 1
        if isinstance(x, (Traced, Rec)):
            raise Traces
        if isinstance(x, PLAIN):
            return type(x), repr(x) if isinstance(x, (float, complex, np.generic)) else x
        info = None if type(x) is np.ndarray else layer_of(type(x))
        if info is not None and info.payload is not None and depth:
            return self.layer(x, info, depth)
        if isinstance(x, np.ndarray):
            return type(x), id(x), x.dtype, x.shape, fingerprint(x.view(np.ndarray)) if x.flags.writeable else None
        if depth == 0 or self.left < 0:
            return id(x)
        if isinstance(x, slice):
            return slice, self.at((x.start, x.stop, x.step), depth - 1)
        if isinstance(x, (list, tuple, set, frozenset)):
            return type(x), tuple(self.at(v, depth - 1) for v in x)
        if isinstance(x, dict):
            return type(x), tuple((k if isinstance(k, PLAIN) else id(k), self.at(v, depth - 1)) for k, v in x.items())
        if isinstance(x, types.FunctionType | type | types.ModuleType) or is_library(type(x)):
            return id(x)
        names = getattr(x, "__dict__", None)
        if names is None:
            return id(x)
        read = [(k, v) for k, v in names.items() if self.attributes is None or k in self.attributes]
        return id(x), tuple((k, self.at(v, depth - 1)) for k, v in read)

    def layer(self, x: Any, info: Layer, depth: int) -> Any:
        """What identifies a layer, whose numbers may be written into and whose units may be set: its payload, and what
        it has beside it.
        """
        payload = info.payload(x)  # type: ignore[misc]
        parts = payload if type(payload) is tuple else (payload,)
        form = FORMS.get(type(x))
        beside = form.statics_of(x) if form is not None else getattr(x, "__dict__", None)
        if beside is None:
            beside = {k: getattr(x, k) for k in info.static}
        fields = tuple((k, self.field(v, depth)) for k, v in beside.items() if not any(v is p for p in parts))
        return type(x), id(x), fields, tuple(self.field(p, depth) for p in parts)

    def field(self, x: Any, depth: int) -> Any:
        """What identifies a part of a layer, whose object may be made anew each time that it is asked for."""
        if isinstance(x, np.ndarray):
            return x.dtype, x.shape, x.ctypes.data, fingerprint(x.view(np.ndarray)) if x.flags.writeable else None
        if isinstance(x, (Traced, Rec, list, tuple, dict, *PLAIN)) or layer_of(type(x)) is not None:
            return self.at(x, depth - 1)
        try:
            hash(x)
        except TypeError:
            return type(x)
        return x


@functools.lru_cache(maxsize=1024)
def attributes_of_code(code: types.CodeType) -> frozenset[str]:
    """The attribute names that some code mentions, and the functions inside it."""
    own = frozenset(code.co_names)
    return own.union(*(attributes_of_code(c) for c in code.co_consts if isinstance(c, types.CodeType)))


def attributes_read(function: Any) -> frozenset[str]:
    """The attribute names that a function mentions."""
    return attributes_of_code(function.__code__)


def is_library(x: Any) -> bool:
    """Whether a function or class belongs to an installed package, the standard library or this one."""
    code = getattr(x, "__code__", None)
    if code is not None:
        return is_hidden(code.co_filename) or is_installed(code.co_filename)
    import sys

    file = getattr(sys.modules.get(getattr(x, "__module__", "") or ""), "__file__", None)
    return file is not None and (is_hidden(file) or is_installed(file))


@functools.cache
def is_installed(file: str) -> bool:
    """Whether a file lies in the standard library or among installed packages."""
    import sysconfig

    if "site-packages" in file or "dist-packages" in file:
        return True
    return file.startswith((sysconfig.get_path("stdlib"), "<frozen"))


@functools.lru_cache(maxsize=1024)
def writes_of(code: types.CodeType, own: frozenset[str]) -> str:
    """How some code changes something outside of it; empty where it does not."""
    for i in dis.get_instructions(code):
        if i.opname in WRITES:
            return f"{WRITES[i.opname]} ({i.argval})"
        if i.opname == "STORE_DEREF" and i.argval in code.co_freevars and i.argval not in own:
            return f"assigns to a variable of a function around it ({i.argval})"
    inner = own | set(code.co_cellvars)
    for c in code.co_consts:
        if isinstance(c, types.CodeType):
            found = writes_of(c, frozenset(inner))
            if found:
                return found
    return ""


def refuse_writes(function: types.FunctionType) -> None:
    """Refuse a function that changes something outside of it: the program would not."""
    found = writes_of(function.__code__, frozenset())
    if found:
        raise RecordingError(f"{function.__qualname__} ({code_line(function)}) {found}, which a program would not do.")
