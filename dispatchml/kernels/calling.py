"""How compiled functions call each other: by LLVM's functions that return 0, or the number of an error and its place.

Numba's own convention keeps exceptions as pickled bytes in the code; this one keeps them in a table. Every function
receives the lowest address that the stack may reach, which recursive ones look at.
"""

from __future__ import annotations

import os
import threading
from typing import Any

from llvmlite import ir
from numba.core import callconv, cgutils, typing

from ..dispatch.errors import is_ours
from .failing import INTERRUPTED, PLACES
from .returning import Registers, returned

FIRST = callconv.FIRST_USEREXC
FOLDERS = tuple(
    os.path.dirname(os.path.dirname(os.path.abspath(m.__file__))) + os.sep for m in (callconv, typing) if m.__file__
)
WORD = ir.IntType(64)
#: A recursive call looks for the user at one depth of so many, first at this one: short recursions never do.
DEPTHS, FIRST_DEPTH = 8, 3
#: The name of the argument that says how far the stack may reach, plus the number of recursive calls before.
LIMIT = ".limit"


class Errors:
    """What the numbers mean that functions return: errors (class and arguments) and places (file and line)."""

    def __init__(self) -> None:
        self.errors: dict[Any, int] = {}
        self.places: dict[tuple[str, int], int] = {}

    def number(self, error: Any, arguments: tuple[Any, ...]) -> int:
        """The number of an error."""
        key = (error.__name__ if error is not None else "RuntimeError", tuple(map(str, arguments)))
        return self.errors.setdefault(key, FIRST + 1 + len(self.errors))

    def place(self, loc: Any) -> int:
        """The number of a place in a file of the user's, 0 elsewhere."""
        if loc is None or loc.line is None or is_library_file(loc.filename):
            return 0
        return self.places.setdefault((loc.filename, loc.line), 1 + len(self.places))

    def table(self) -> dict[str, Any]:
        """Everything that is known, for those who run the code in another process."""
        return {
            "errors": {str(n): [name, list(a)] for (name, a), n in self.errors.items()},
            "places": {str(n): [file, line] for (file, line), n in self.places.items()},
        }


def is_library_file(file: str | None) -> bool:
    """Whether a file is Numba's or ours."""
    return not file or is_ours(file) or file.startswith(FOLDERS) or f"{os.sep}numba{os.sep}" in file


ERRORS = Errors()
#: Where the lowering of this thread is.
LOWERING = threading.local()


class NumberedErrors(Registers):
    """A calling convention: a function returns 0, or an error's number plus PLACES times that of its place.

    Its arguments are where its result goes unless that is a number, the end of the stack, and its own.
    """

    def _make_call_helper(self, builder: Any) -> None:
        return None

    # ---- arguments ---------------------------------------------------------------------------------------------------

    def get_function_type(self, restype: Any, argtypes: Any) -> Any:
        """LLVM's type of a function."""
        own = super().get_function_type(restype, argtypes)
        first = [] if returned(own) else [own.args[0]]
        return ir.FunctionType(own.return_type, [*first, WORD, *own.args[len(first) :]])

    def decorate_function(self, fn: Any, args: Any, fe_argtypes: Any, noalias: bool = False) -> None:
        """Name the arguments."""
        *first, last = fn.args[: len(fn.args) - len(self.get_arguments(fn))]
        for x in first:
            x.name = ".ret"
        last.name = LIMIT
        self._get_arg_packer(fe_argtypes).assign_names(self.get_arguments(fn), [f"arg.{a}" for a in args])

    def get_arguments(self, func: Any) -> Any:
        """The arguments that the user's function has."""
        return func.args[1:] if returned(func) else func.args[2:]

    def call_function(self, builder: Any, callee: Any, resty: Any, argtys: Any, args: Any, attrs: Any = None) -> Any:
        """Call a function: what it returned as an error, and as a result."""
        given = self._get_arg_packer(argtys).as_arguments(builder, args)
        reach = limit(builder)
        if getattr(LOWERING, "deeper", False):
            reach = builder.add(reach, ir.Constant(WORD, 1))
        if returned(callee):
            found = builder.call(callee, [reach, *given])
            status = self._get_return_status(builder, builder.extract_value(found, 0))
            return status, self.context.get_returned_value(builder, resty, builder.extract_value(found, 1))
        room = cgutils.alloca_once(builder, callee.args[0].type.pointee)
        builder.store(cgutils.get_null_value(room.type.pointee), room)
        status = self._get_return_status(builder, builder.call(callee, [room, reach, *given]))
        return status, self.context.get_returned_value(builder, resty, builder.load(room))

    def look_at_stack(self, builder: Any) -> None:
        """Raise RecursionError where little of the stack is left; look for the user at one depth of 8."""
        kind = ir.FunctionType(ir.IntType(8).as_pointer(), [])
        pointer = cgutils.get_or_insert_function(builder.module, kind, "llvm.stacksave.p0")
        here = builder.ptrtoint(builder.call(pointer, []), WORD)
        with cgutils.if_unlikely(builder, builder.icmp_unsigned("<", here, limit(builder))):
            self.return_user_exc(builder, RecursionError, ("it calls itself too deep",))
        depth = builder.and_(limit(builder), ir.Constant(WORD, DEPTHS - 1))
        with cgutils.if_unlikely(builder, builder.icmp_unsigned("==", depth, ir.Constant(WORD, FIRST_DEPTH))):
            look_for_user(self, builder)

    # ---- errors ------------------------------------------------------------------------------------------------------

    def return_user_exc(self, builder: Any, exc: Any, exc_args: Any = None, loc: Any = None, func_name: Any = None):
        """Leave the function with an error."""
        here = ERRORS.place(loc) or ERRORS.place(getattr(LOWERING, "loc", None))
        code = ERRORS.number(exc, exc_args or ()) + PLACES * here
        self.fail(builder, ir.Constant(callconv.errcode_t, code))

    def return_dynamic_user_exc(self, builder: Any, exc: Any, exc_args: Any, nb_types: Any, loc=None, func_name=None):
        """Leave the function with an error whose text is computed, which is left out: Numba's speak of shapes."""
        text = "(computed while it ran)" if ERRORS.place(loc) else "arrays are of shapes that do not fit together"
        self.return_user_exc(builder, exc, (*(x for x in exc_args if isinstance(x, str)), text), loc, func_name)

    def return_status_propagate(self, builder: Any, status: Any) -> None:
        """Leave the function with the error of a function that it has called."""
        here = ERRORS.place(getattr(LOWERING, "loc", None))
        code = status.code
        if here:
            nowhere = builder.icmp_unsigned("<", code, ir.Constant(code.type, PLACES))
            code = builder.select(nowhere, builder.add(code, ir.Constant(code.type, PLACES * here)), code)
        self.fail(builder, code)

    def interrupt(self, builder: Any) -> None:
        """Leave the function, as Python has an exception."""
        self.fail(builder, ir.Constant(callconv.errcode_t, INTERRUPTED))

    def fail(self, builder: Any, code: Any) -> None:
        """Leave the function with a number, by the way that gives local arrays back."""
        leave = getattr(builder.function, "leave", None)
        if leave is None:
            self._return_errcode_raw(builder, code)
        else:
            block, slot = leave
            builder.store(code, slot)
            builder.branch(block)


def limit(builder: Any) -> Any:
    """The end of the stack, as the present function knows it."""
    return next((x for x in builder.function.args if x.name.startswith(LIMIT)), ir.Constant(WORD, 0))


def look_for_user(convention: NumberedErrors, builder: Any) -> None:
    """Let Python handle signals; leave where a handler has raised."""
    kind = callconv.errcode_t
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, []), "PyErr_CheckSignals")
    failed = builder.icmp_signed("!=", builder.call(function, []), ir.Constant(kind, 0))
    with cgutils.if_unlikely(builder, failed):
        convention.interrupt(builder)
