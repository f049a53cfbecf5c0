"""The text of a function as a syntax tree, with the values of the names that it reads and the functions that it calls.

    source = read(f)
    source.tree          # ast.FunctionDef with the line numbers of the file; no decorators
    source.names         # {"G": 9.81, "np": <module>, "math.pi": ...}: what it reads from globals and cells
    source.helpers       # {"step": Source, "physics.force": Source}: the functions that it calls, by text

A helper that calls itself or another one is the same object again: the graph of sources may have cycles.
"""

from __future__ import annotations  # pyright: ignore[reportAssignmentType]

import ast
import types
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..dispatch.errors import at_user_line, describe
from ..transforms.entry import taken_of
from .checking import check, check_values
from .clipping import Clipping
from .defaults import Defaults
from .definition import definition
from .errors import KernelSourceError
from .outside import KNOWN_PACKAGES, values_of
from .text import dotted
from .unset import guarded

if TYPE_CHECKING:
    from .inside import Derivative


class Source:
    """A function as text.

    function: the Python function; None for a derived source. file: where it is written. tree: its definition, with the
    line numbers of the file. names: values of the names and dotted names that it reads from outside; builtins are left
    out. helpers: the sources of the functions among them, by the same texts. defaults: of the last parameters.
    """

    __slots__ = ("function", "file", "tree", "names", "helpers", "defaults", "derivative", "only_reads", "__weakref__")

    def __init__(
        self,
        function: Callable[..., Any] | None,
        file: str,
        tree: ast.FunctionDef,
        names: dict[str, Any],
        helpers: dict[str, Source] | None = None,
        defaults: tuple[Any, ...] = (),
    ) -> None:
        self.function, self.file, self.tree, self.names = function, file, tree, names
        self.helpers, self.defaults = {} if helpers is None else helpers, defaults
        #: What it is the derivative of, where a kernel takes one.
        self.derivative: Derivative | None = None
        #: Whether it is known to write into none of its arguments.
        self.only_reads = False

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.tree.name

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(a.arg for a in self.tree.args.posonlyargs + self.tree.args.args)

    @property
    def text(self) -> str:
        """The function as Python writes it; comments are lost."""
        return ast.unparse(self.tree)

    @property
    def recursive(self) -> bool:
        """Whether it may call itself, straight or through a helper."""
        return any(h is self for top in self.helpers.values() for h in top.reached())

    def reached(self) -> Iterator[Source]:
        """This source and every one that it may call, each once."""
        seen: set[int] = set()
        waiting: list[Source] = [self]
        while waiting:
            source = waiting.pop()
            if id(source) not in seen:
                seen.add(id(source))
                yield source
                waiting.extend(source.helpers.values())

    def line(self, node: ast.AST) -> str:
        """`file:line` of a part of the tree."""
        return f"{self.file}:{getattr(node, 'lineno', self.tree.lineno)}"

    def __repr__(self) -> str:
        return f"<Source of {self.name} ({self.file}:{self.tree.lineno})>"


def read(function: Any, known: dict[types.CodeType, Source] | None = None) -> Source:
    """The source of a function and of the functions of the user's that it calls.

    function: a Python function, a lambda, a kernel, or a function compiled by Numba. known: sources that were read
    already, by code object.

    Raises KernelSourceError where there is no text, or where it is no function that kernels take: a generator, a
    coroutine, `*args`, `**keywords`, `global`, a class inside.
    """
    from . import inside

    known = {} if known is None else known
    taken = taken_of(function)
    if taken is not None and taken[0] in inside.KINDS:
        return inside.derivative_source(inside.Derivative(taken[0], taken[2], read(taken[1], known)))
    made = python_function(function)
    if made is None:
        raise KernelSourceError(
            f"kernel takes a Python function, not {describe(function)}{at_user_line()}. Only what is written in "
            "Python can be read and compiled."
        )
    if made.__code__ in known and known[made.__code__].function is made:
        return known[made.__code__]
    tree = definition(made)
    check(tree, made)
    source = known[made.__code__] = Source(made, made.__code__.co_filename, tree, {}, {}, made.__defaults__ or ())
    source.names.update(values_of(tree, made))
    check_values(tree, made, source.names)
    for text, value in source.names.items():
        helper = python_function(value)
        if helper is not None and helper is not value or taken_of(value) is not None or is_helper(helper):
            source.helpers[text] = read(value, known)
    written = Clipping(source.names).visit(Defaults(source.helpers).visit(source.tree))
    source.tree = guarded(Taking(source).visit(written), source.file)
    return source


class Taking(ast.NodeTransformer):
    """Makes a helper of each `dm.grad(f)` and `dm.jvp(f, ...)` in a text, where f is one."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def visit_Call(self, node: ast.Call) -> Any:
        """A call of a transform."""
        from . import inside

        self.generic_visit(node)
        pushed = inside.pushed_inside(node, self.source.names)
        if pushed is not None and pushed[0] in self.source.helpers:
            push, tangents = inside.push_source(self.source.helpers[pushed[0]], pushed[2])
            name = f"jvp_{len(self.source.helpers)}"
            self.source.helpers[name] = push
            function = ast.copy_location(ast.Name(id=name, ctx=ast.Load()), node)
            return ast.copy_location(ast.Call(function, [*pushed[1], *tangents], []), node)
        found = inside.taken_inside(node, self.source.names)
        inner = None if found is None else self.source.helpers.get(dotted(found[1]) or "")
        if found is None or inner is None:
            return node
        name = f"{found[0]}_{inner.name}_{len(self.source.helpers)}"
        made = inside.Derivative(found[0], found[2], inner)
        self.source.helpers[name] = inside.derivative_source(made)
        return ast.copy_location(ast.Name(id=name, ctx=ast.Load()), node)


def python_function(value: Any) -> types.FunctionType | None:
    """The Python function behind a value: itself, or what a kernel or Numba's compiled function was made of."""
    if isinstance(value, types.FunctionType):
        return value
    inner = getattr(value, "py_func", None)
    return inner if isinstance(inner, types.FunctionType) else None


def is_helper(function: types.FunctionType | None) -> bool:
    """Whether a function is one of the user's, whose text is compiled with the kernel's."""
    return function is not None and (function.__module__ or "").partition(".")[0] not in KNOWN_PACKAGES
