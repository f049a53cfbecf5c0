"""What a function reads from globals, cells, modules and objects."""

from __future__ import annotations

import ast
import enum
import types
from typing import Any

import numpy as np

from .text import dotted

#: Packages whose functions are no helpers: Numba and the derivative rules know them by name.
KNOWN_PACKAGES = frozenset(("numpy", "math", "cmath", "operator", "builtins", "scipy", "numba", "dispatchml"))


def values_of(tree: ast.FunctionDef, function: types.FunctionType) -> dict[str, Any]:
    """The values of names and dotted names that a function reads from globals and cells.

    `np.linalg.norm` is there under `np` and under `np.linalg.norm`, as far as the way goes through modules;
    `settings.g` where it is a number or an array of an object of the user's.
    """
    own, found = bound_names(tree), {}
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in own:
            if node.id in cells:
                try:
                    found[node.id] = cells[node.id].cell_contents
                except ValueError:
                    continue
            elif node.id in function.__globals__:
                found[node.id] = function.__globals__[node.id]
    for node in ast.walk(tree):
        text = dotted(node) if isinstance(node, ast.Attribute) else None
        if text is not None:
            first, *rest = text.split(".")
            value, path = found.get(first), first
            for part in rest:
                if first not in found or not isinstance(value, types.ModuleType) or not hasattr(value, part):
                    break
                value, path = getattr(value, part), f"{path}.{part}"
                found[path] = value
            if path != text and path in found:
                field = field_of(value, text[len(path) + 1 :])
                if field is not None:
                    found[text] = field
    return found


def field_of(value: Any, path: str) -> Any:
    """The number or array at a path of attributes of an object; None where it is something else."""
    from ..engines.traced import Traced

    for part in path.split("."):
        module = getattr(value if isinstance(value, type) else type(value), "__module__", "")
        if module.partition(".")[0] in KNOWN_PACKAGES or isinstance(value, (tuple, types.FunctionType, enum.Enum)):
            return None
        value = getattr(value, part, None)
    return value if isinstance(value, (bool, int, float, np.number, np.ndarray, Traced)) else None


def bound_names(tree: ast.FunctionDef) -> set[str]:
    """The names that a function assigns, its parameters among them; those inside of comprehensions, too."""
    found = {a.arg for n in ast.walk(tree) if isinstance(n, ast.arguments) for a in (*n.posonlyargs, *n.args)}
    found |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    return found | {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n is not tree}
