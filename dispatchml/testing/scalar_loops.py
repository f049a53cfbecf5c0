"""Machine code of one element run over arrays: how the compiled mathematics is tested and measured."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..compile import scalars

#: The widest vectors that the target has.
ATTRIBUTES = 'nounwind "prefer-vector-width"="512"'


def loop_text(scalar: scalars.Scalar, symbol: str = "loop") -> str:
    """A loop over contiguous arrays, `void loop(ptr out, ptr in0, ..., i64 n)`, and all that it calls."""
    lines: list[str] = []
    registers: list[str] = []
    for k, kind in enumerate(scalar.inputs):
        memory, register = scalars.memory_type(kind), scalars.register_type(kind)
        lines += [f"  %p{k} = getelementptr {memory}, ptr %in{k}, i64 %i", f"  %m{k} = load {memory}, ptr %p{k}"]
        lines += [f"  %x{k} = trunc i8 %m{k} to i1"] if kind == "b1" else []
        registers.append(f"{register} %{'x' if kind == 'b1' else 'm'}{k}")
    result, stored = scalars.register_type(scalar.result), scalars.memory_type(scalar.result)
    lines += [f"  %y = call {result} @{scalar.symbol}({', '.join(registers)})"]
    lines += ["  %s = zext i1 %y to i8"] if scalar.result == "b1" else []
    value = "%s" if scalar.result == "b1" else "%y"
    lines += [f"  %q = getelementptr {stored}, ptr %out, i64 %i", f"  store {stored} {value}, ptr %q"]
    pointers = ", ".join(f"ptr noalias %in{k}" for k in range(len(scalar.inputs)))
    body = "\n".join(lines)
    return f"""{scalars.definitions([scalar.symbol])}
define void @{symbol}(ptr noalias %out, {pointers}, i64 %n) {ATTRIBUTES} {{
entry:
  %some = icmp sgt i64 %n, 0
  br i1 %some, label %body, label %done
body:
  %i = phi i64 [ 0, %entry ], [ %next, %rest ]
{body}
  br label %rest
rest:
  %next = add nuw nsw i64 %i, 1
  %more = icmp slt i64 %next, %n
  br i1 %more, label %body, label %done
done:
  ret void
}}
"""


@functools.cache
def target_machine(cpu: str | None = None, features: str | None = None) -> Any:
    """LLVM for this machine, or for an older one."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=cpu or llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten() if features is None else features,
        opt=3,
    )


def optimised(text: str, machine: Any) -> Any:
    """A module after LLVM's passes."""
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(text)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.loop_unrolling = True
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return module


KEPT: list[Any] = []


@functools.cache
def compiled(scalar: scalars.Scalar) -> tuple[Callable[..., None], str]:
    """A C function of addresses and a count that runs the loop, and its assembly."""
    import llvmlite.binding as llvm

    machine = target_machine()
    module = optimised(loop_text(scalar), machine)
    assembly = machine.emit_assembly(module)
    # an engine owns its machine, so it gets its own
    own = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3
    )
    engine = llvm.create_mcjit_compiler(module, own)
    engine.finalize_object()
    KEPT.append(engine)
    kinds = [ctypes.c_void_p] * (len(scalar.inputs) + 1) + [ctypes.c_int64]
    return ctypes.CFUNCTYPE(None, *kinds)(engine.get_function_address("loop")), assembly


def dtype_of(kind: str) -> np.dtype[Any]:
    """NumPy's dtype of a kind."""
    return np.dtype({"b": "?", "c": f"c{int(kind[1:]) // 8}"}.get(kind[0], f"{kind[0]}{int(kind[1:]) // 8}"))


def run(scalar: scalars.Scalar, *arrays: Sequence[Any]) -> np.ndarray[Any, Any]:
    """The results of a scalar function for arrays of one length, each converted to the function's kind."""
    given = [np.ascontiguousarray(a, dtype_of(k)) for a, k in zip(arrays, scalar.inputs, strict=True)]
    out = np.empty(len(given[0]), dtype_of(scalar.result))
    function, _ = compiled(scalar)
    function(out.ctypes.data, *(a.ctypes.data for a in given), len(out))
    return out
