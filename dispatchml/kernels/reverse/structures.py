"""What a variable can be while a program is built, apart from values and numbers."""

from __future__ import annotations

import ast
from typing import Any

from ..source import Source
from .program import Number, Value


class UndefinedType:
    """A variable that is not assigned on some way here."""

    def __repr__(self) -> str:
        return "Undefined"


Undefined = UndefinedType()


class Constant:
    """Something that is no number: a function, a module, None, a text, a dtype."""

    __slots__ = ("value", "text", "source")

    def __init__(self, value: Any, text: str = "", source: Source | None = None) -> None:
        self.value, self.text, self.source = value, text, source


class Closure:
    """A function inside of the kernel, with the frame around it."""

    __slots__ = ("tree", "frame")

    def __init__(self, tree: Any, frame: Frame) -> None:
        self.tree, self.frame = tree, frame


class Gradient:
    """dm.grad(f) or dm.value_and_grad(f) inside of a kernel, before it is called."""

    __slots__ = ("function", "positions", "with_value", "single")

    def __init__(self, function: Any, positions: Any, with_value: bool) -> None:
        self.function, self.positions, self.with_value = function, positions, with_value
        self.single = True


class Frame:
    """A function that is being put in. outer: of the function around it."""

    __slots__ = ("source", "tree", "variables", "outer")

    def __init__(self, source: Source, tree: Any, variables: dict[str, Any], outer: Frame | None) -> None:
        self.source, self.tree, self.variables, self.outer = source, tree, variables, outer


def assigned_names(body: list[Any]) -> set[str]:
    """The names that statements or targets assign, inner functions apart."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif not isinstance(node, (ast.Lambda, ast.ListComp, ast.GeneratorExp)):
            waiting.extend(ast.iter_child_nodes(node))
    return found


def structure_values(structure: Any) -> list[Value]:
    """The values in a structure of tuples."""
    if isinstance(structure, tuple):
        return [v for part in structure for v in structure_values(part)]
    return [structure] if isinstance(structure, Value) else []


def same(a: Any, b: Any) -> bool:
    """Whether two variables are one."""
    if a is b:
        return True
    if isinstance(a, Number) and isinstance(b, Number):
        return type(a.value) is type(b.value) and repr(a.value) == repr(b.value)
    if isinstance(a, Constant) and isinstance(b, Constant):
        return a.value is b.value or type(a.value) is type(b.value) and a.value == b.value
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return False
