"""The text of a function as a syntax tree."""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import linecache
import types
from collections.abc import Iterator
from typing import Any

from ..dispatch.errors import at_user_line, code_line
from .checking import REFUSED, refused
from .errors import KernelSourceError


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
    hints = {id(n) for hint in hints_of(tree) for n in ast.walk(hint)}  # never evaluated inside of functions
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in hints}
    known = {*code.co_names, *code.co_varnames, *code.co_freevars, *code.co_cellvars, *inner_names(code)}
    same = names == list(code.co_varnames[: len(names)]) and written <= constants | folded(tree)
    if not same or not used - set(dir(builtins)) - {"__debug__"} <= known:
        raise KernelSourceError(
            f"The file of {function.__qualname__} ({code_line(function)}) is not what the function was made of: it was "
            f"changed since{at_user_line()}. Import it again."
        )


def hints_of(tree: ast.AST) -> Iterator[ast.AST]:
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


def no_source(function: types.FunctionType) -> KernelSourceError:
    """The error for a function without text."""
    return KernelSourceError(
        f"There is no text of {function.__qualname__} ({code_line(function)}){at_user_line()}: it was made by exec, "
        "in an interactive session, or its file is gone. A kernel is compiled from text: write it in a file."
    )
