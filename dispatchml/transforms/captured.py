"""Values that a function reaches without receiving them: traced ones are made arguments, arrays are collected."""

from __future__ import annotations

import builtins
import dis
import functools
import types
from collections.abc import Callable
from typing import Any

from ..engines.provider import HOLDERS
from ..engines.writable import Writable
from .containers import flatten, is_leaf, unflatten

#: How deep functions within functions are looked into.
DEPTH = 8
FUNCTIONS = (types.FunctionType, types.MethodType, functools.partial)


class Explicit:
    """A function with its captured traced values as data; `call(values, ...)` runs it with others."""

    __slots__ = ("function", "captured", "leaves")

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.captured: list[Any] = []
        #: The other leaves: arrays, layers, numbers.
        self.leaves: list[Any] = []
        Walk(self.captured, False, self.leaves).through(function, DEPTH)

    def call(self, values: list[Any], arguments: Any, keywords: Any) -> Any:
        """Run the function with other values in the place of the captured ones."""
        function: Any = self.function
        if self.captured:
            function = Walk(list(reversed(values)), True).through(function, DEPTH)
        return function(*arguments, **keywords)


class Walk:
    """A walk over the traced values of a function's closure, defaults, partial arguments and bound object.

    values: where they are collected, or, to replace them, what stands in their places, the last one first. others:
    where the leaves that are not traced are collected.
    """

    __slots__ = ("values", "replace", "others")

    def __init__(self, values: list[Any], replace: bool, others: list[Any] | None = None) -> None:
        self.values, self.replace, self.others = values, replace, others

    def within(self, value: Any, depth: int) -> Any:
        """The value with the traced values in it taken or replaced; itself where there are none."""
        if isinstance(value, FUNCTIONS):
            return self.through(value, depth - 1)
        if type(value) in HOLDERS:  # an array of lifted code
            inner = HOLDERS[type(value)][0](value)
            if not isinstance(inner, Writable):
                if self.others is not None:
                    self.others.append(inner)
                return value
            value = inner
        if isinstance(value, Writable):
            if self.replace:
                return self.values.pop()
            self.values.append(value)
            return value
        if value is None or isinstance(value, (type, types.ModuleType)):
            return value
        if is_leaf(value):
            if self.others is not None:
                self.others.append(value)
            return value
        leaves, structure = flatten(value)
        if self.others is not None:
            self.others += leaves
        if structure is None or not any(map(is_reached, leaves)):
            return value
        made = [self.within(x, depth) if is_reached(x) else x for x in leaves]
        return unflatten(structure, made) if self.replace else value

    def through(self, function: Any, depth: int) -> Any:
        """A function with what it holds taken or replaced."""
        if depth == 0:
            return function
        if isinstance(function, functools.partial):
            inner = self.within(function.func, depth)
            arguments, keywords = self.within(list(function.args), depth), self.within(dict(function.keywords), depth)
            return functools.partial(inner, *arguments, **keywords) if self.replace else function
        if isinstance(function, types.MethodType):
            owner, inner = self.within(function.__self__, depth), self.within(function.__func__, depth)
            return types.MethodType(inner, owner) if self.replace else function
        if not isinstance(function, types.FunctionType):
            return function
        cells = self.cells_of(function, depth)
        defaults = self.within(list(function.__defaults__ or ()), depth)
        named = self.within(dict(function.__kwdefaults__ or {}), depth)
        if self.others is not None:
            self.others += leaves_of_globals(function)
        return rebuilt(function, cells, defaults, named) if self.replace else function

    def cells_of(self, function: types.FunctionType, depth: int) -> list[types.CellType]:
        """The cells of a closure, new ones where something in them was replaced."""
        written = names_written(function.__code__)
        cells = []
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            cells.append(cell)
            try:
                content = cell.cell_contents
            except ValueError:  # a name that has no value yet
                continue
            if content is not function and name not in written:
                made = self.within(content, depth)
                if self.replace and made is not content:
                    cells[-1] = types.CellType(made)
        return cells


def rebuilt(
    function: types.FunctionType, cells: list[types.CellType], defaults: list[Any], named: dict[str, Any]
) -> types.FunctionType:
    """A copy of a function with other cells and defaults."""
    copy = types.FunctionType(
        function.__code__, function.__globals__, function.__name__, tuple(defaults) or None, tuple(cells) or None
    )
    copy.__kwdefaults__ = named or None
    copy.__dict__.update(function.__dict__)
    copy.__qualname__, copy.__module__ = function.__qualname__, function.__module__
    return copy


def is_reached(x: Any) -> bool:
    """Whether a leaf is traced or may hold something traced."""
    return isinstance(x, (Writable, *FUNCTIONS))


def leaves_of_globals(function: types.FunctionType) -> list[Any]:
    """The leaves of the globals that a function reads, itself or by functions of its module."""
    found: list[Any] = []
    names = function.__globals__
    functions = [function]
    for reader in functions:  # it grows on the way
        for name in names_read(reader.__code__):
            value = names.get(name, vars(builtins).get(name))  # where lifted code finds what stands for a function
            if isinstance(value, types.FunctionType):
                if value.__globals__ is names and value not in functions:
                    functions.append(value)
            elif name in names and value is not None and not isinstance(value, (type, types.ModuleType)):
                found += flatten(value)[0]
    return found


@functools.lru_cache(maxsize=1024)
def names_read(code: types.CodeType) -> frozenset[str]:
    """The global names that a function reads, and the functions inside it."""
    own = {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return frozenset(own.union(*(names_read(c) for c in code.co_consts if isinstance(c, types.CodeType))))


@functools.lru_cache(maxsize=1024)
def names_written(code: types.CodeType) -> frozenset[str]:
    """The outer names that a function assigns to: their cells are shared with others and are left alone."""
    return frozenset(i.argval for i in dis.get_instructions(code) if i.opname in ("STORE_DEREF", "DELETE_DEREF"))
