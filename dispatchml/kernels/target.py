"""Numba's compiler for kernels: to LLVM's text, not into memory, and with errors as numbers that name the user's line.

Numba's own target runs what it compiles inside Numba, and keeps exceptions as pickled bytes in the code. This one keeps
them in a table: a function returns 0, or the number of an error and of the place in the user's files where it came up.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import Any

from llvmlite import ir
from numba.core import callconv, cgutils, codegen, compiler, cpu, lowering, typed_passes, typing
from numba.core.compiler_lock import global_compiler_lock as global_compiler_lock
from numba.core.compiler_machinery import register_pass
from numba.core.descriptors import TargetDescriptor
from numba.core.dispatcher import Dispatcher
from numba.core.target_extension import CPU, dispatcher_registry, jit_registry, target_registry
from numba.core.utils import threadsafe_cached_property

from ..dispatch.errors import is_ours
from .failing import PLACES

NAME = "dispatchml"
FIRST = callconv.FIRST_USEREXC
FOLDERS = tuple(
    os.path.dirname(os.path.dirname(os.path.abspath(m.__file__))) + os.sep for m in (callconv, typing) if m.__file__
)


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
#: Libraries of functions that call themselves, by name.
MADE: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
#: Where the lowering of this thread is.
LOWERING = threading.local()


class NumberedErrors(callconv.MinimalCallConv):
    """A calling convention: a function returns 0, or an error's number plus PLACES times that of its place."""

    def _make_call_helper(self, builder: Any) -> None:
        return None

    def return_user_exc(self, builder: Any, exc: Any, exc_args: Any = None, loc: Any = None, func_name: Any = None):
        """Leave the function with an error."""
        here = ERRORS.place(loc) or ERRORS.place(getattr(LOWERING, "loc", None))
        code = ERRORS.number(exc, exc_args or ()) + PLACES * here
        self._return_errcode_raw(builder, ir.Constant(callconv.errcode_t, code))

    def return_dynamic_user_exc(self, builder: Any, exc: Any, exc_args: Any, nb_types: Any, loc=None, func_name=None):
        """Leave the function with an error whose text is computed: the text is left out."""
        self.return_user_exc(builder, exc, ("(computed while the kernel ran)",), loc, func_name)

    def return_status_propagate(self, builder: Any, status: Any) -> None:
        """Leave the function with the error of a function that it has called."""
        here = ERRORS.place(getattr(LOWERING, "loc", None))
        code = status.code
        if here:
            inside = builder.icmp_signed("<", code, ir.Constant(code.type, PLACES))
            code = builder.select(inside, builder.add(code, ir.Constant(code.type, PLACES * here)), code)
        self._return_errcode_raw(builder, code)

    # `try` needs what Numba's own convention has
    _get_try_state = callconv.CPUCallConv._get_try_state
    check_try_status = callconv.CPUCallConv.check_try_status
    set_try_status = callconv.CPUCallConv.set_try_status
    unset_try_status = callconv.CPUCallConv.unset_try_status


class Lower(lowering.Lower):
    """Remembers which line is lowered."""

    def lower_inst(self, inst: Any) -> None:
        """Lower one statement."""
        before = getattr(LOWERING, "loc", None)
        LOWERING.loc = inst.loc
        try:
            super().lower_inst(inst)
        finally:
            LOWERING.loc = before


@register_pass(mutates_CFG=True, analysis_only=False)
class KernelLowering(typed_passes.BaseNativeLowering):
    """The pass that lowers a kernel."""

    _name = "dispatchml_lowering"

    @property
    def lowering_class(self) -> Any:
        """What lowers."""
        return Lower


class Pipeline(compiler.CompilerBase):
    """Numba's passes with our lowering."""

    def define_pipelines(self) -> list[Any]:
        """One pipeline, for code without Python's objects."""
        pm = compiler.DefaultPassBuilder.define_nopython_pipeline(self.state, "dispatchml")
        pm.passes = [
            (KernelLowering, text) if made is typed_passes.NativeLowering else (made, text) for made, text in pm.passes
        ]
        pm._finalized = False
        pm.finalize()
        return [pm]


class Codegen(codegen.JITCPUCodegen):
    """Makes modules and runs none."""

    def _add_module(self, module: Any) -> None:
        return None


class Context(cpu.CPUContext):
    """How values of every type are lowered: as on Numba's CPU, with our calling convention."""

    def init(self) -> None:
        """Make the code generator."""
        self.is32bit = False
        self._internal_codegen = Codegen("dispatchml")

    @property
    def call_conv(self) -> Any:
        """The calling convention."""
        return NumberedErrors(self)

    def get_executable(self, library: Any, fndesc: Any, env: Any) -> Any:
        """Nothing runs inside Numba, which knows functions by a built-in function: another one for each."""
        MADE[fndesc.mangled_name] = library
        return [].append

    def call_unresolved(self, builder: Any, name: str, sig: Any, args: Any) -> Any:
        """Call a function that is being compiled: everything is linked before it runs."""
        function_type = self.call_conv.get_function_type(sig.return_type, sig.args)
        callee = cgutils.get_or_insert_function(builder.module, function_type, name)
        library = MADE.get(name)
        if library is not None:  # the same function for other types, which is ready
            self.active_code_library.add_linking_library(library)
        status, result = self.call_conv.call_function(builder, callee, sig.return_type, sig.args, args)
        with cgutils.if_unlikely(builder, status.is_error):
            self.call_conv.return_status_propagate(builder, status)
        return result

    def post_lowering(self, mod: Any, library: Any) -> None:
        """Nothing is linked in: `memory` brings what allocates."""


class Kernels(CPU):
    """The target in Numba's table of targets."""


class Target(TargetDescriptor):
    """What belongs to the target."""

    options = cpu.CPUTargetOptions

    @threadsafe_cached_property
    def target_context(self) -> Any:
        """How values are lowered."""
        return Context(self.typing_context, NAME)

    @threadsafe_cached_property
    def typing_context(self) -> Any:
        """How they are typed."""
        return typing.Context()  # pyright: ignore[reportPrivateImportUsage]


class KernelDispatcher(Dispatcher):
    """A function that is compiled for kernels and called from kernels."""

    targetdescr = Target(NAME)

    def __init__(self, py_func: Any, locals: Any = None, targetoptions: Any = None, pipeline_class: Any = None) -> None:
        super().__init__(py_func, locals or {}, {**(targetoptions or {})}, pipeline_class or Pipeline)


def dispatcher(function: Any, **options: Any) -> KernelDispatcher:
    """A function for other kernels to call."""
    options.setdefault("nopython", True)
    options.setdefault("error_model", "numpy")
    options.setdefault("no_cpython_wrapper", True)
    options.setdefault("no_cfunc_wrapper", True)
    return KernelDispatcher(function, None, options)


def jit(function: Any = None, **options: Any) -> Any:
    """Numba's decorator for implementations of functions that kernels call."""
    options = {
        k: v for k, v in options.items() if k in ("boundscheck", "inline", "error_model", "fastmath", "forceinline")
    }
    return (lambda f: dispatcher(f, **options)) if function is None else dispatcher(function, **options)


target_registry[NAME] = Kernels
dispatcher_registry[target_registry[NAME]] = KernelDispatcher
jit_registry[target_registry[NAME]] = jit
