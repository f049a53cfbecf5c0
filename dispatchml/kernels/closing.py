"""Sources that depend on their arguments alone: arrays and floats of the world around become parameters.

A kernel may read arrays and numbers that it does not receive. They are read at each call: they become further
parameters of the function and of those helpers that need them, and every call between these hands them on. What is left
in `names` are modules, functions and whole numbers, which are constants of the compiled code and are compared at each
call.
"""

from __future__ import annotations

import ast
import copy
import types
from typing import Any

import numpy as np

from .inside import Derivative, write_out
from .outside import KNOWN_PACKAGES
from .source import Source
from .text import dotted

#: Where a value is read from outside: the source that reads it, and the name.
Place = tuple[Any, str]


class Closed:
    """A closed source. hidden: how the further arguments are read, in the order of the parameters at the end."""

    __slots__ = ("source", "hidden", "constants")

    def __init__(self, source: Source, hidden: list[Reader], constants: list[tuple[Reader, Any]]) -> None:
        self.source, self.hidden, self.constants = source, hidden, constants


class Reader:
    """Reads what a name outside of a function means now."""

    __slots__ = ("first", "rest", "scope", "cell", "name")

    def __init__(self, source: Source, text: str) -> None:
        function: Any = source.function
        self.name, (self.first, *self.rest) = text, text.split(".")
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False))
        self.cell, self.scope = cells.get(self.first), function.__globals__

    def __call__(self) -> Any:
        """The value."""
        value = self.scope[self.first] if self.cell is None else self.cell.cell_contents
        for part in self.rest:
            value = getattr(value, part)
        return value

    @property
    def key(self) -> Any:
        """What it reads."""
        return id(self.scope if self.cell is None else self.cell), self.name


def is_hidden_input(value: Any) -> bool:
    """Whether a value of the world around is an input of the kernel."""
    from ..engines.traced import Traced

    if type(value) is tuple:  # numbers in tuples stay what they are, as they are compared by identity
        return any(isinstance(x, (np.ndarray, Traced)) or type(x) is tuple and is_hidden_input(x) for x in value)
    return isinstance(value, (np.ndarray, float, complex, np.floating, np.complexfloating, Traced))


def is_field(source: Source, text: str) -> bool:
    """Whether a dotted name is a number or an array of an object, which is read at each call."""
    parent = source.names.get(text.rpartition(".")[0])
    return "." in text and not isinstance(parent, types.ModuleType) and not isinstance(source.names[text], type)


def is_own_constant(value: Any) -> bool:
    """Whether a value is part of the code and may change: functions and modules of packages do not."""
    if isinstance(value, (types.ModuleType, types.BuiltinFunctionType, type, np.ufunc)):
        return False
    module = getattr(value, "__module__", None) or ""
    return isinstance(value, types.FunctionType) or module.partition(".")[0] not in KNOWN_PACKAGES


def close(source: Source) -> Closed:
    """The closed form of a source and of all that it reaches."""
    every = list(source.reached())
    readers: dict[Any, Reader] = {}
    needs: dict[int, dict[Any, str]] = {}
    constants: list[tuple[Reader, Any]] = []
    for s in every:
        needs[id(s)] = {}
        for text, value in s.names.items():
            if s.function is None:
                continue
            reader = Reader(s, text)
            if is_hidden_input(value) or is_field(s, text):
                readers.setdefault(reader.key, reader)
                needs[id(s)][reader.key] = text
            elif is_own_constant(value):
                constants.append((reader, value))
    changed = True
    while changed:  # what a helper needs, its callers must have
        changed = False
        for s in every:
            for h in s.helpers.values():
                for key in needs[id(h)]:
                    if key not in needs[id(s)]:
                        needs[id(s)][key] = ""
                        changed = True
    parameter = names_for(every, readers)
    made = {id(s): Source(s.function, s.file, copy.deepcopy(s.tree), {}, {}, ()) for s in every}
    for s in every:
        if s.derivative is not None:
            inner = made[id(s.derivative.source)]
            made[id(s)].derivative = Derivative(s.derivative.kind, s.derivative.argnums, inner, s.derivative.arity)
    for s in every:
        one = made[id(s)]
        own = {text: parameter[key] for key, text in needs[id(s)].items() if text}
        extra = {text: [parameter[key] for key in needs[id(h)]] for text, h in s.helpers.items()}
        helper_names = {text: text.replace(".", "_") for text in s.helpers}
        one.tree = Closing(own, extra, helper_names).visit(one.tree)
        ast.fix_missing_locations(one.tree)
        one.tree.args.defaults = []
        one.tree.args.args += [
            ast.copy_location(ast.arg(arg=parameter[key], annotation=None), one.tree) for key in needs[id(s)]
        ]
        left = {n.id for n in ast.walk(one.tree) if isinstance(n, ast.Name)}
        one.names = {
            t: v for t, v in s.names.items() if t not in own and t not in s.helpers and t.partition(".")[0] in left
        }
        one.helpers = {helper_names[t]: made[id(h)] for t, h in s.helpers.items()}
    write_out(made[id(source)])
    return Closed(made[id(source)], [readers[key] for key in needs[id(source)]], constants)


def names_for(every: list[Source], readers: dict[Any, Reader]) -> dict[Any, str]:
    """A parameter's name for each value, which no function uses for something else."""
    used = {n.id for s in every for n in ast.walk(s.tree) if isinstance(n, ast.Name)}
    used |= {n.arg for s in every for n in ast.walk(s.tree) if isinstance(n, ast.arg)}
    found: dict[Any, str] = {}
    for key, reader in readers.items():
        name = wanted = reader.name.replace(".", "_") + "_outside"
        number = 2
        while name in used:
            name, number = f"{wanted}{number}", number + 1
        used.add(name)
        found[key] = name
    return found


class Closing(ast.NodeTransformer):
    """Replaces names by parameters, and hands these on."""

    def __init__(self, own: dict[str, str], extra: dict[str, list[str]], helpers: dict[str, str]) -> None:
        self.own, self.extra, self.helpers = own, extra, helpers

    def replaced(self, node: Any) -> Any:
        """A name or dotted name as what stands for it."""
        text = dotted(node)
        if text is not None and isinstance(node.ctx, ast.Load):
            name = self.own.get(text) or self.helpers.get(text)
            if name is not None:
                return ast.copy_location(ast.Name(id=name, ctx=ast.Load()), node)
        return None

    def visit_Name(self, node: ast.Name) -> Any:
        """A name that is read."""
        return self.replaced(node) or node

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        """A dotted name that is read."""
        return self.replaced(node) or self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> Any:
        """A call of a helper."""
        text = dotted(node.func)
        names = self.extra.get(text, []) if text is not None else []
        self.generic_visit(node)
        given = [ast.copy_location(ast.Name(id=n, ctx=ast.Load()), node) for n in names]
        if given and node.keywords:
            node.keywords += [ast.keyword(arg=n.id, value=n) for n in given]
        else:
            node.args += given
        return node
