"""Numba's compiler for kernels: to LLVM's text, not into memory, and with errors as numbers that name the user's line.

Numba's own target runs what it compiles inside Numba, and keeps exceptions as pickled bytes in the code. This one keeps
them in a table: a function returns 0, or the number of an error and of the place in the user's files where it came up.
"""

from __future__ import annotations

import weakref
from typing import Any

from numba.core import cgutils, codegen, compiler, cpu, typed_passes, types
from numba.core.compiler_lock import global_compiler_lock as global_compiler_lock
from numba.core.compiler_machinery import register_pass
from numba.core.descriptors import TargetDescriptor
from numba.core.dispatcher import Dispatcher
from numba.core.target_extension import CPU, dispatcher_registry, jit_registry, target_registry
from numba.core.utils import threadsafe_cached_property

from . import overlapping, whole
from .calling import ERRORS as ERRORS
from .calling import NumberedErrors
from .lowering import Lower
from .promotion import Typing, has_both
from .weakness import Weakness

NAME = "dispatchml"
#: Libraries of functions that call themselves, by name.
MADE: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()


@register_pass(mutates_CFG=True, analysis_only=False)
class KernelLowering(typed_passes.BaseNativeLowering):
    """The pass that lowers a kernel."""

    _name = "dispatchml_lowering"

    @property
    def lowering_class(self) -> Any:
        """What lowers."""
        return Lower


@register_pass(mutates_CFG=True, analysis_only=False)
class Rewrites(typed_passes.NopythonRewrites):
    """The pass that makes one loop of expressions of arrays, whose numbers then are no arrays any more: not done where
    the difference matters.
    """

    _name = "dispatchml_rewrites"

    def run_pass(self, state: Any) -> bool:
        """Rewrite, or not."""
        return not has_both(state.typemap.values()) and super().run_pass(state)


class Pipeline(compiler.CompilerBase):
    """Numba's passes with our lowering."""

    def define_pipelines(self) -> list[Any]:
        """One pipeline, for code without Python's objects."""
        pm = compiler.DefaultPassBuilder.define_nopython_pipeline(self.state, "dispatchml")
        own: dict[Any, Any] = {typed_passes.NativeLowering: KernelLowering, typed_passes.NopythonRewrites: Rewrites}
        pm.passes = [(own.get(made, made), text) for made, text in pm.passes]
        pm._finalized = False
        pm.add_pass_after(Weakness, typed_passes.NopythonTypeInference)
        pm.finalize()
        return [pm]


class Library(codegen.JITCodeLibrary):
    """Functions as Numba writes them: what becomes of them is optimised once, when all are together."""

    #: Whether it holds everything.
    whole = False

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        """Pairs of counts of references are taken out before everything else."""
        if self.whole:
            passes, builder = self._codegen._module_pass_manager(
                loop_vectorize=False, slp_vectorize=False, opt=0, cost="cheap"
            )
            passes.run(self._final_module, builder)


class Codegen(codegen.JITCPUCodegen):
    """Makes modules and runs none."""

    _library_class = Library

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

    def get_function(self, fn: Any, sig: Any, _firstcall: bool = True) -> Any:
        """What lowers a function for some types: whole numbers raise where Python's do, and arrays may overlap."""
        find = super().get_function
        return overlapping.apart(self, fn, sig, whole.checked(self, fn, sig, find(fn, sig, _firstcall)), find)

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
        return Typing()


class KernelDispatcher(Dispatcher):
    """A function that is compiled for kernels and called from kernels."""

    targetdescr = Target(NAME)

    def __init__(self, py_func: Any, locals: Any = None, targetoptions: Any = None, pipeline_class: Any = None) -> None:
        super().__init__(py_func, locals or {}, {**(targetoptions or {})}, pipeline_class or Pipeline)
        #: Whether it calls itself: then a 0 that it is called with is compiled as any number is.
        self.recursive = False

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Numba's template for a call from compiled code."""
        return super().get_call_template(tuple(map(types.unliteral, args)) if self.recursive else args, kws)

    def fold_argument_types(self, args: Any, kws: Any) -> Any:
        """Its signature in Python and the types of a call's arguments."""
        signature, types_given = super().fold_argument_types(args, kws)
        return signature, tuple(map(types.unliteral, types_given)) if self.recursive else types_given


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
