"""How compiled functions call each other: by LLVM's functions that return 0, or the number of an error and its place.

Numba's own convention keeps exceptions as pickled bytes in the code; this one keeps them in a table. Every function
receives the record of this run of the kernel (`depth`), and how many calls of itself it is below.
"""

from __future__ import annotations

import os
import threading
from typing import Any

from llvmlite import ir
from numba.core import callconv, cgutils, typing

from ..dispatch.errors import is_ours
from . import depth
from .failing import INTERRUPTED, PLACES
from .returning import Registers, returned

FIRST = callconv.FIRST_USEREXC
FOLDERS = tuple(
    os.path.dirname(os.path.dirname(os.path.abspath(m.__file__))) + os.sep for m in (callconv, typing) if m.__file__
)
WORD = ir.IntType(64)
POINTER = ir.IntType(8).as_pointer()
#: The names of the arguments that every function has: the record of the run, the number of recursive calls before.
RUN, DEPTH = ".run", ".depth"


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

    Its arguments are where its result goes unless that is a number, the record of the run, the depth, and its own.
    """

    def _make_call_helper(self, builder: Any) -> None:
        return None

    # ---- arguments ---------------------------------------------------------------------------------------------------

    def get_function_type(self, restype: Any, argtypes: Any) -> Any:
        """LLVM's type of a function."""
        own = super().get_function_type(restype, argtypes)
        first = [] if returned(own) else [own.args[0]]
        return ir.FunctionType(own.return_type, [*first, POINTER, WORD, *own.args[len(first) :]])

    def decorate_function(self, fn: Any, args: Any, fe_argtypes: Any, noalias: bool = False) -> None:
        """Name the arguments."""
        *first, run, below = fn.args[: len(fn.args) - len(self.get_arguments(fn))]
        for x in first:
            x.name = ".ret"
        run.name, below.name = RUN, DEPTH
        self._get_arg_packer(fe_argtypes).assign_names(self.get_arguments(fn), [f"arg.{a}" for a in args])

    def get_arguments(self, func: Any) -> Any:
        """The arguments that the user's function has."""
        return func.args[2:] if returned(func) else func.args[3:]

    def call_function(self, builder: Any, callee: Any, resty: Any, argtys: Any, args: Any, attrs: Any = None) -> Any:
        """Call a function: what it returned as an error, and as a result."""
        given = self._get_arg_packer(argtys).as_arguments(builder, args)
        below = getattr(LOWERING, "below", None) or own(builder, DEPTH)
        given = [own(builder, RUN), below, *given]
        if returned(callee):
            found = builder.call(callee, given)
            status = self._get_return_status(builder, builder.extract_value(found, 0))
            return status, self.context.get_returned_value(builder, resty, builder.extract_value(found, 1))
        room = cgutils.alloca_once(builder, callee.args[0].type.pointee)
        builder.store(cgutils.get_null_value(room.type.pointee), room)
        status = self._get_return_status(builder, builder.call(callee, [room, *given]))
        return status, self.context.get_returned_value(builder, resty, builder.load(room))

    def look_at_stack(self, builder: Any) -> Any:
        """The depth of a function that is called by itself.

        Raise RecursionError where little of the stack is left; look for the user now and then.
        """
        number = callconv.errcode_t
        kind = ir.FunctionType(WORD, [POINTER, WORD, number])
        function = cgutils.get_or_insert_function(builder.module, kind, depth.DEEPER)
        error = ERRORS.number(RecursionError, ("it calls itself too deep",))
        code = ir.Constant(number, error + PLACES * ERRORS.place(getattr(LOWERING, "loc", None)))
        run = own(builder, RUN)
        below = builder.call(function, [run, own(builder, DEPTH), code])
        with cgutils.if_unlikely(builder, builder.icmp_signed("==", below, ir.Constant(WORD, 0))):
            place = builder.gep(run, [ir.Constant(WORD, depth.ERROR)])
            self.fail(builder, builder.load(builder.bitcast(place, number.as_pointer())))
        return below

    def leave_at_once(self, builder: Any, code: Any) -> None:
        """Leave all functions where nobody has anything to give back; else go on to return the number."""
        kind = ir.FunctionType(ir.VoidType(), [POINTER, callconv.errcode_t])
        function = cgutils.get_or_insert_function(builder.module, kind, depth.FAILS)
        builder.call(function, [own(builder, RUN), code])

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


def own(builder: Any, name: str) -> Any:
    """What every function receives; the entry makes it."""
    given = getattr(builder.function, "given", None)
    return given[name] if given else next(x for x in builder.function.args if x.name.startswith(name))


def look_for_user(convention: NumberedErrors, builder: Any) -> None:
    """Let Python handle signals; leave where a handler has raised."""
    kind = callconv.errcode_t
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, []), "PyErr_CheckSignals")
    failed = builder.icmp_signed("!=", builder.call(function, []), ir.Constant(kind, 0))
    with cgutils.if_unlikely(builder, failed):
        convention.interrupt(builder)
