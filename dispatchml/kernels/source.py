"""The text of a function as a syntax tree, with the values of the names that it reads and the functions that it calls.

    source = read(f)
    source.tree          # ast.FunctionDef with the line numbers of the file; no decorators
    source.names         # {"G": 9.81, "np": <module>, "math.pi": ...}: what it reads from globals and cells
    source.helpers       # {"step": Source, "physics.force": Source}: the functions that it calls, by text

A helper that calls itself or another one is the same object again: the graph of sources may have cycles.
"""

from __future__ import annotations  # pyright: ignore[reportAssignmentType]

import ast
import builtins
import functools
import inspect
import linecache
import random
import types
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dispatch.errors import at_user_line, code_line, describe
from ..transforms.entry import taken_of
from .defaults import Defaults
from .errors import KernelSourceError
from .unset import guarded

if TYPE_CHECKING:
    from .inside import Derivative

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
    ast.GeneratorExp: "has a generator expression; write a loop, or a list: sum([v * v for v in x])",
}
#: What draws random numbers: the global generators behind functions, and generators themselves.
DRAWING = (np.random.RandomState, np.random.Generator, random.Random)
#: Packages whose functions are no helpers: Numba and the derivative rules know them by name.
KNOWN_PACKAGES = frozenset(("numpy", "math", "cmath", "operator", "builtins", "scipy", "numba", "dispatchml"))


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
    source.tree = guarded(Taking(source).visit(Defaults(source.helpers).visit(source.tree)), source.file)
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


# ---- the text --------------------------------------------------------------------------------------------------------


def definition(function: types.FunctionType) -> ast.FunctionDef:
    """The syntax tree of a function, with the line numbers of its file and without decorators."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    if not lines or code.co_firstlineno > len(lines):
        raise no_source(function)
    if function.__name__ == "<lambda>" or code.co_name == "<lambda>":
        return lambda_definition(function, "".join(lines))
    block = inspect.getblock(lines[code.co_firstlineno - 1 :])
    indented = bool(block) and block[0][:1].isspace()
    try:
        module = ast.parse(("if True:\n" if indented else "") + "".join(block))
    except SyntaxError as error:
        raise no_source(function) from error
    ast.increment_lineno(module, code.co_firstlineno - 1 - indented)
    found: Any = module.body[0].body[0] if indented else module.body[0]  # type: ignore[attr-defined]
    if isinstance(found, ast.AsyncFunctionDef):
        raise refused(function, found, REFUSED[ast.AsyncFunctionDef])
    if not isinstance(found, ast.FunctionDef) or found.name != code.co_name:
        raise no_source(function)
    found.decorator_list, found.returns = [], None
    need_same(function, found)
    return found


def lambda_definition(function: types.FunctionType, text: str) -> ast.FunctionDef:
    """A lambda as a function with a return."""
    code = function.__code__
    try:
        tree = parsed(text)
    except SyntaxError as error:
        raise no_source(function) from error
    names = code.co_varnames[: code.co_argcount]
    places = {(line, column) for line, _, column, _ in code.co_positions() if line and column is not None}
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda) and node.lineno <= code.co_firstlineno <= (node.end_lineno or 0):
            body = node.body
            inside = {(n.lineno, n.col_offset) for n in ast.walk(body) if hasattr(n, "lineno")}  # pyright: ignore[reportAttributeAccessIssue]
            if tuple(a.arg for a in node.args.posonlyargs + node.args.args) == names and (
                not places or (body.lineno, body.col_offset) in places or places <= inside
            ):
                statement = ast.copy_location(ast.Return(value=body), body)
                made: Any = ast.FunctionDef(name="lambda_", args=node.args, body=[statement], decorator_list=[])
                made.type_params = []
                return ast.copy_location(made, node)
    raise no_source(function)


@functools.lru_cache(8)
def parsed(text: str) -> ast.Module:
    """The tree of a whole file; parts of it are handed out and must be copied before they are changed."""
    return ast.parse(text)


def need_same(function: types.FunctionType, tree: ast.FunctionDef) -> None:
    """Raise where the file was changed after the function was made of it."""
    code = function.__code__
    names = [a.arg for a in tree.args.posonlyargs + tree.args.args + tree.args.kwonlyargs]
    constants = set(map(repr, constants_of(code)))
    written = {
        repr(n.value) for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, (float, complex))
    }
    hints = {id(n) for hint in annotations(tree) for n in ast.walk(hint)}  # never evaluated inside of functions
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in hints}
    known = {*code.co_names, *code.co_varnames, *code.co_freevars, *code.co_cellvars, *inner_names(code)}
    same = names == list(code.co_varnames[: len(names)]) and written <= constants | folded(tree)
    if not same or not used - set(dir(builtins)) - {"__debug__"} <= known:
        raise KernelSourceError(
            f"The file of {function.__qualname__} ({code_line(function)}) is not what the function was made of: it was "
            f"changed since{at_user_line()}. Import it again."
        )


def annotations(tree: ast.AST) -> Iterator[ast.AST]:
    """The type hints of parameters and variables."""
    for node in ast.walk(tree):
        hint = getattr(node, "annotation", None)
        if hint is not None:
            yield hint


def folded(tree: ast.AST) -> set[str]:
    """Numbers that Python's compiler has computed with, so that its code does not hold them."""
    return {
        repr(n.value)
        for parent in ast.walk(tree)
        if isinstance(parent, (ast.BinOp, ast.UnaryOp, ast.Tuple, ast.arg, ast.arguments, ast.AnnAssign, ast.If))
        for n in ast.walk(parent)
        if isinstance(n, ast.Constant)
    }


def constants_of(code: types.CodeType) -> Iterator[Any]:
    """The constants of a function and of those inside of it."""
    for c in code.co_consts:
        if isinstance(c, types.CodeType):
            yield from constants_of(c)
        else:
            yield c


def inner_names(code: types.CodeType) -> Iterator[str]:
    """The names of functions inside of a function: comprehensions are such."""
    for c in code.co_consts:
        if isinstance(c, types.CodeType):
            yield from (*c.co_names, *c.co_varnames, *c.co_freevars, *c.co_cellvars)
            yield from inner_names(c)


# ---- what it must not have -------------------------------------------------------------------------------------------


def check(tree: ast.FunctionDef, function: types.FunctionType) -> None:
    """Refuse what no kernel takes."""
    given = tree.args
    if given.vararg or given.kwarg:
        extra = f"*{given.vararg.arg}" if given.vararg else f"**{given.kwarg.arg}"  # type: ignore[union-attr]
        raise refused(function, tree, f"takes {extra}; name its arguments, or take a tuple")
    if given.kwonlyargs:
        raise refused(function, tree, f"takes {given.kwonlyargs[0].arg} by keyword only; leave the * out")
    for node in ast.walk(tree):
        text = REFUSED.get(type(node))
        if text is not None:
            raise refused(function, node, text)


def check_values(tree: ast.FunctionDef, function: types.FunctionType, names: dict[str, Any]) -> None:
    """Refuse what names mean that no kernel takes: printing, and random numbers, which a derivative would draw anew."""
    for node in ast.walk(tree):
        text = dotted(node)
        if text == "print" and text not in names and text not in bound_names(tree):
            raise refused(function, node, "prints; return what you want to see, or run it uncompiled")
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


def no_source(function: types.FunctionType) -> KernelSourceError:
    """The error for a function without text."""
    return KernelSourceError(
        f"There is no text of {function.__qualname__} ({code_line(function)}){at_user_line()}: it was made by exec, "
        "in an interactive session, or its file is gone. A kernel is compiled from text: write it in a file."
    )


# ---- what it reads from outside --------------------------------------------------------------------------------------


def values_of(tree: ast.FunctionDef, function: types.FunctionType) -> dict[str, Any]:
    """The values of names and dotted names that a function reads from globals and cells.

    `np.linalg.norm` is there under `np` and under `np.linalg.norm`, as far as the way goes through modules.
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
    return found


def bound_names(tree: ast.FunctionDef) -> set[str]:
    """The names that a function assigns, its parameters among them; those inside of comprehensions, too."""
    found = {a.arg for n in ast.walk(tree) if isinstance(n, ast.arguments) for a in (*n.posonlyargs, *n.args)}
    found |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    return found | {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n is not tree}


def dotted(node: ast.AST) -> str | None:
    """`a.b.c` as text; None for another expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return None if inner is None else f"{inner}.{node.attr}"
    return None
