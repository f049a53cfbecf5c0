"""What no kernel takes, with the line and what to write instead."""

from __future__ import annotations

import ast
import random
import types
from typing import Any

import numpy as np

from .errors import KernelSourceError
from .outside import bound_names
from .text import dotted

#: Statements and expressions that no kernel takes, with what to write instead.
REFUSED: dict[type[ast.AST], str] = {
    ast.Yield: "is a generator; write the loop where its values are used",
    ast.YieldFrom: "is a generator; write the loop where its values are used",
    ast.Await: "awaits; a kernel computes and waits for nothing",
    ast.Global: "assigns to a global name; return the value instead",
    ast.Nonlocal: "assigns to a name of the function around it; return the value instead",
    ast.ClassDef: "defines a class; define it outside and hand over its numbers",
    ast.AsyncFor: "is asynchronous; a kernel computes and waits for nothing",
    ast.AsyncWith: "is asynchronous; a kernel computes and waits for nothing",
    ast.AsyncFunctionDef: "is asynchronous; a kernel computes and waits for nothing",
    ast.Import: "imports a module; import it at the top of the file",
    ast.ImportFrom: "imports a module; import it at the top of the file",
    ast.Match: "has a match statement; write if and elif",
    ast.Try: "has a try statement; test with if what would fail",
    ast.With: "has a with statement; take it out, or write it around the call of the kernel",
    ast.NamedExpr: "assigns within an expression (:=); write the assignment before it",
    ast.Dict: "has a dictionary; use an array or a tuple, and numbers as its indices",
    ast.DictComp: "has a dictionary; use an array or a tuple, and numbers as its indices",
    ast.Set: "has a set; use an array or a tuple",
    ast.SetComp: "has a set; use an array or a tuple",
    ast.JoinedStr: "makes a text of numbers; return the numbers, and make the text of what the kernel returns",
    ast.GeneratorExp: "has a generator expression; write a loop, or a list: sum([v * v for v in x])",
}
#: The same for functions of Python's.
REFUSED_CALLS = {
    "print": "prints; return what you want to see, or run it uncompiled",
    "str": REFUSED[ast.JoinedStr],
    "repr": REFUSED[ast.JoinedStr],
    "dict": REFUSED[ast.Dict],
    "set": REFUSED[ast.Set],
}
#: What draws random numbers: the global generators behind functions, and generators themselves.
DRAWING = (np.random.RandomState, np.random.Generator, random.Random)


def check(tree: ast.FunctionDef, function: types.FunctionType) -> None:
    """Refuse what no kernel takes."""
    given = tree.args
    if given.vararg or given.kwarg:
        extra = f"*{given.vararg.arg}" if given.vararg else f"**{given.kwarg.arg}"  # type: ignore[union-attr]
        raise refused(function, tree, f"takes {extra}; name its arguments, or take a tuple")
    if given.kwonlyargs:
        raise refused(function, tree, f"takes {given.kwonlyargs[0].arg} by keyword only; leave the * out")
    raising = {id(n) for r in ast.walk(tree) if isinstance(r, ast.Raise) for n in ast.walk(r)}
    for node in ast.walk(tree):
        text = REFUSED.get(type(node))
        if text is not None and not (isinstance(node, ast.JoinedStr) and id(node) in raising):
            raise refused(function, node, text)


def check_values(tree: ast.FunctionDef, function: types.FunctionType, names: dict[str, Any]) -> None:
    """Refuse what names mean that no kernel takes: printing, dictionaries, and random numbers, which a derivative would
    draw anew.
    """
    for node in ast.walk(tree):
        text = dotted(node)
        if text in REFUSED_CALLS and text not in names and text not in bound_names(tree):
            raise refused(function, node, REFUSED_CALLS[text])
        value = names.get(text) if text is not None else None
        if isinstance(value, DRAWING) or isinstance(getattr(value, "__self__", None), DRAWING):
            raise refused(
                function,
                node,
                f"draws random numbers by {text}, which a derivative would draw anew; draw them before, and hand them "
                "over as an array: rng.normal(size=n)",
            )


def refused(function: types.FunctionType, node: ast.AST, text: str) -> KernelSourceError:
    """The error for something that no kernel takes."""
    line = getattr(node, "lineno", function.__code__.co_firstlineno)
    return KernelSourceError(
        f"{function.__qualname__} cannot be a kernel: it {text} ({function.__code__.co_filename}:{line}). "
        "DISPATCHML_DEBUG=1 runs it uncompiled."
    )
