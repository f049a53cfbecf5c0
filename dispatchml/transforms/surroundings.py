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

from ..dispatch.errors import RecordingError, code_line, is_ours
from ..ops.placement import HOMES
from .captured import FUNCTIONS, names_read
from .draws import is_generator
from .looking import PLAIN, Looking, attributes_of_code, behind, identity, is_library, is_library_module

#: Instructions by which a function changes something outside of it.
WRITES = {"STORE_GLOBAL": "assigns to a global", "DELETE_GLOBAL": "deletes a global", "STORE_ATTR": "sets an attribute"}


class Surroundings:
    """What one function reaches. objects: those among its arguments whose attributes may change.

    attributes: the names that it and the functions that it reaches mention, any of which may be read of any object.
    """

    __slots__ = ("function", "objects", "attributes", "mentioned", "slots", "watched", "known", "generators")

    def __init__(self, function: Callable[..., Any], objects: tuple[Any, ...] = ()) -> None:
        self.function, self.objects = function, objects
        self.attributes: frozenset[str] = frozenset()
        self.collect()
        while not self.mentioned <= self.attributes:  # methods are reached by names that other functions mention
            self.attributes |= self.mentioned
            self.collect()

    def collect(self) -> None:
        """Collect what the function reaches."""
        self.mentioned: set[str] = set()
        #: (dict of globals or cell, name) of each array that is reached by a name.
        self.slots: list[tuple[Any, str]] = []
        #: Other values: functions that give what identifies each.
        self.watched: list[Callable[[], Any]] = []
        #: The functions that were looked into, and whether they were reached by names alone.
        self.known: set[tuple[types.FunctionType, bool]] = set()
        self.generators: list[Any] = []
        self.reach(self.function)
        if self.objects:
            self.watch_object(self.objects)

    def reach(self, function: Any, named: bool = True) -> None:
        """Collect what a callable reaches. named: whether it is reached by names alone, so that a copy of it is run."""
        if isinstance(function, functools.partial):
            self.reach(function.func, named)
            self.watch_object((function.args, function.keywords))
        elif isinstance(function, types.MethodType):
            self.watch_object(function.__self__)
            self.reach(function.__func__, named)
        elif isinstance(function, types.FunctionType):
            self.reach_function(function, named)
        elif calls_own(function):
            self.reach(function.__call__, named)

    def reach_function(self, function: types.FunctionType, named: bool) -> None:
        """Collect what a function of the user's reads by name."""
        if (function, named) in self.known:
            return
        self.known.add((function, named))
        if is_ours(function.__code__.co_filename):  # what a transform has made of a function
            self.reach_cells(function, named)
            return
        if is_library(function):
            return
        refuse_writes(function)
        self.mentioned |= attributes_read(function)
        names = function.__globals__
        for name in sorted(names_read(function.__code__)):
            if name in names:
                self.place(names, name, names[name], named)
        self.reach_cells(function, named)
        if function.__defaults__ or function.__kwdefaults__:
            self.look((function.__defaults__, function.__kwdefaults__))
            self.watch(lambda: identity((function.__defaults__, function.__kwdefaults__), self.attributes))

    def reach_cells(self, function: types.FunctionType, named: bool) -> None:
        """Collect what the cells of a function hold; nothing assigns to those of our own."""
        ours = is_ours(function.__code__.co_filename)
        self.mentioned |= attributes_read(function)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            try:
                content = cell.cell_contents
            except ValueError:
                continue
            if ours and isinstance(content, FUNCTIONS):
                self.reach(content, named)
            elif not ours or not isinstance(content, (tuple, *PLAIN)):
                self.place(cell, name, content, named)

    def place(self, home: Any, name: str, content: Any, named: bool) -> None:
        """Something that is reached by a name: a global of a dict, or the content of a cell."""
        if isinstance(content, types.ModuleType) and is_library_module(content):
            return
        if named and (type(content) is np.ndarray or type(content) in HOMES) and content.dtype.kind in "?biufc":
            self.slots.append((home, name))
            return
        if isinstance(content, FUNCTIONS):
            self.reach(content, named)
        elif is_generator(content):
            self.generators.append(content)
            return
        if isinstance(content, types.FunctionType) and (is_library(content) or not vars(content)):
            self.watch(lambda: id(read(home, name)))
            return
        self.look(content)
        self.watch(lambda: identity(read(home, name), self.attributes))
        if calls_own(content):
            self.reach(content, named)

    def look(self, content: Any) -> None:
        """Collect what the functions reach that are held by an object or a container."""
        looking = Looking()
        looking.at(content, self.attributes)
        self.generators += looking.generators
        for function in looking.functions:
            self.reach(function, False)

    def watch(self, state: Callable[[], Any]) -> None:
        """Make something part of the signature."""
        self.watched.append(state)

    def watch_object(self, content: Any) -> None:
        """The same for an object that is held by the function itself, or by its arguments."""
        self.look(content)
        self.watch(lambda: identity(content, self.attributes))

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
    if type(x) in HOMES:
        return HOMES[type(x)](x), x.dtype, x.shape, x.flags.c_contiguous
    return identity(x, frozenset())


def attributes_read(function: Any) -> frozenset[str]:
    """The attribute names that a function mentions."""
    return attributes_of_code(getattr(behind(function), "__code__", function.__code__))


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
