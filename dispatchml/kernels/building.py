"""From a source to LLVM's text, by Numba. This is the only part of kernels that imports it, when it is first needed."""

from __future__ import annotations

import ast
import itertools
from typing import Any

import llvmlite.binding as llvm
from numba.core import errors
from numba.core.target_extension import target_override

from . import depth, memory, target
from . import keeping as keeping
from .compiling import NAME
from .duals import absolute as absolute
from .duals import arrays as arrays
from .duals import operations as operations
from .duals import seeds as seeds
from .duals import stacking as stacking
from .entries import entry, kind_of_type, numba_type
from .errors import KernelError
from .levels import with_levels
from .refusing import explained, failed, mixed
from .source import Source
from .weakness import KNOWN, REFUSED, forget

#: Tells functions of one name apart.
NUMBERS = itertools.count()


def build(source: Source, arguments: tuple[str, ...], unchecked: bool) -> tuple[str, str, dict[str, Any]]:
    """LLVM's text of a source for arguments of some kinds, the kind of its result, and what its errors mean."""
    given = tuple(numba_type(kind, not source.only_reads) for kind in arguments)
    with target_override(target.NAME), target.global_compiler_lock:
        compiled, sizeless = typed(source, given, unchecked)
        try:
            result = kind_of_type(compiled.signature.return_type)
        except KernelError as error:
            raise KernelError(f"{source.name} cannot be compiled (at {returning(source)}): {error}") from error
        return text_of(compiled), result, target.ERRORS.table() | {"sizeless": sizeless}


def returning(source: Source) -> str:
    """The line of a function's first return; of its own where it has none."""
    return source.line(next((n for n in ast.walk(source.tree) if isinstance(n, ast.Return)), source.tree))


def typed(source: Source, given: tuple[Any, ...], unchecked: bool) -> tuple[Any, list[int]]:
    """Numba's result for a source and types of its arguments, and which of these are taken as Python's numbers, which
    have no size.
    """
    function = dispatchers(source, unchecked)
    forget()
    try:
        function.compile(given)
    except errors.NumbaError as error:
        raise explained(error, source) from error
    except KernelError:
        raise
    except Exception as error:  # Numba ends in many of them
        raise failed(error, source) from error
    files = {s.file for s in source.reached() if s.function is not None}
    compiled = function.overloads[tuple(given)]
    if source.function is None:  # derived of what was looked at
        return compiled, []
    for place in REFUSED:
        if place[0] in files:
            raise mixed(source, *place)
    return compiled, sorted(KNOWN[function.py_func, tuple(given)]()[1])


def dispatchers(source: Source, unchecked: bool, made: dict[int, Any] | None = None) -> Any:
    """A source and the helpers that it calls as functions of Numba."""
    made = {} if made is None else made
    known = made.get(id(source))
    if known is not None:
        return known
    scope: dict[str, Any] = {"__name__": __name__, "__file__": source.file}
    tree = ast.Module(body=[source.tree], type_ignores=[])
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.stmt, ast.expr)):  # a derived text may begin in one function and end in another
            node.end_lineno, node.end_col_offset = node.lineno, node.col_offset
    exec(compile(tree, source.file, "exec"), scope)
    function = scope[source.name]
    function.__qualname__ = f"{source.name}_{next(NUMBERS)}"
    made[id(source)] = result = target.dispatcher(function, boundscheck=not unchecked)
    for name, value in source.names.items():
        if "." not in name:
            scope[name] = value
    for name, helper in source.helpers.items():
        scope[name] = dispatchers(helper, unchecked, made)
    result.recursive = source.recursive
    return result


def text_of(compiled: Any) -> str:
    """The whole text: the function, everything that it calls, and its entry, which alone is seen from outside."""
    context = compiled.target_context
    library = context.codegen().create_library("kernel")
    with context.push_code_library(library):
        made = entry(context, compiled, NAME)
    library.whole = True
    library.add_ir_module(made)
    library.add_linking_library(compiled.library)
    library.finalize()
    module = library._final_module
    keep_inside(module)
    depth.link(module)
    module.link_in(llvm.parse_assembly(memory.TEXT))
    keep_inside(module)
    if not depth.calls_itself(module):
        return str(module)
    depth.shorten(module)
    return depth.with_looks(with_levels(str(module)))


def keep_inside(module: Any) -> None:
    """Let nobody see the functions and variables of a module but its entry and what gives arrays back."""
    for function in module.functions:
        if not function.is_declaration and function.name not in (NAME, "release"):
            function.linkage = llvm.Linkage.internal
    for variable in module.global_variables:
        if not variable.is_declaration and not variable.name.startswith("llvm."):
            variable.linkage = llvm.Linkage.internal
