"""Traced values that a function reaches without receiving them: found in its closure, and made arguments."""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Callable
from typing import Any

from ..engines.traced import Traced
from .containers import flatten, is_leaf, unflatten

#: How deep functions within functions are looked into.
DEPTH = 8


class Explicit:
    """A function with its captured traced values as data; `call(values, ...)` runs it with others."""

    __slots__ = ("function", "captured")

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.captured: list[Any] = []
        visit(function, self.captured.append, DEPTH)

    def call(self, values: list[Any], arguments: Any, keywords: Any) -> Any:
        """Run the function with other values in the place of the captured ones."""
        function: Any = self.function
        if self.captured:
            function = visit(function, iter(values).__next__, DEPTH, replace=True)
        return function(*arguments, **keywords)


def visit(function: Any, take: Callable[..., Any], depth: int, replace: bool = False) -> Any:
    """Walk over the traced values of a function's closure, defaults, partial arguments and bound object.

    `take` is called with each, or, to replace, called for what stands in its place; the new function is then returned.
    """
    if depth == 0:
        return function

    def within(value: Any) -> Any:
        """The value with the traced values in it taken or replaced; itself where there are none."""
        if isinstance(value, (types.FunctionType, types.MethodType, functools.partial)):
            return visit(value, take, depth - 1, replace)
        if isinstance(value, Traced):
            return take() if replace else take(value)
        if value is None or isinstance(value, (type, types.ModuleType)) or is_leaf(value):
            return value
        leaves, structure = flatten(value)
        if structure is None or not any(map(is_reached, leaves)):
            return value
        made = [within(x) if is_reached(x) else x for x in leaves]
        return unflatten(structure, made) if replace else value

    if isinstance(function, functools.partial):
        made = within(function.func), within(list(function.args)), within(dict(function.keywords))
        return functools.partial(made[0], *made[1], **made[2]) if replace else function
    if isinstance(function, types.MethodType):
        owner, inner = within(function.__self__), within(function.__func__)
        return types.MethodType(inner, owner) if replace else function
    if not isinstance(function, types.FunctionType):
        return function
    written = names_written(function.__code__)
    cells = []
    changed = False
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            content = cell.cell_contents
        except ValueError:  # a name that has no value yet
            cells.append(cell)
            continue
        if content is function or name in written:
            cells.append(cell)
            continue
        made = within(content)
        changed = changed or made is not content
        cells.append(types.CellType(made) if replace and made is not content else cell)
    defaults = within(list(function.__defaults__ or ()))
    named = within(dict(function.__kwdefaults__ or {}))
    if not replace:
        return function
    copy = types.FunctionType(
        function.__code__, function.__globals__, function.__name__, tuple(defaults) or None, tuple(cells) or None
    )
    copy.__kwdefaults__ = named or None
    copy.__dict__.update(function.__dict__)
    copy.__qualname__, copy.__module__ = function.__qualname__, function.__module__
    return copy


def is_reached(x: Any) -> bool:
    """Whether a leaf is traced or may hold something traced."""
    return isinstance(x, (Traced, types.FunctionType, types.MethodType, functools.partial))


def names_written(code: types.CodeType) -> set[str]:
    """The outer names that a function assigns to: their cells are shared with others and are left alone."""
    return {i.argval for i in dis.get_instructions(code) if i.opname in ("STORE_DEREF", "DELETE_DEREF")}
