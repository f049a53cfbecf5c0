"""Machine code of one element run over arrays: how the compiled mathematics is tested and measured."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..compile import generator, machine, scalars

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
def compiled(scalar: scalars.Scalar) -> Callable[..., None]:
    """A C function that runs the loop: of the addresses of the result and the inputs, and the count."""
    library = machine.load(loop_text(scalar))
    KEPT.append(library)
    kinds = [ctypes.c_void_p] * (len(scalar.inputs) + 1) + [ctypes.c_int64]
    return ctypes.CFUNCTYPE(None, *kinds)(library.address("loop"))


KEPT: list[Any] = []


def assembly(scalar: scalars.Scalar, cpu: str | None = None) -> str:
    """What the loop becomes on this processor, or on another one without any options."""
    import llvmlite.binding as llvm

    target = generator.target_machine()
    if cpu is not None:
        target = llvm.Target.from_default_triple().create_target_machine(cpu=cpu, features="", opt=3)
    module = llvm.parse_assembly(loop_text(scalar))
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.loop_unrolling = True
    builder = llvm.create_pass_builder(target, options)
    builder.getModulePassManager().run(module, builder)
    return target.emit_assembly(module)


def dtype_of(kind: str) -> np.dtype[Any]:
    """NumPy's dtype of a kind."""
    return np.dtype({"b": "?", "c": f"c{int(kind[1:]) // 8}"}.get(kind[0], f"{kind[0]}{int(kind[1:]) // 8}"))


def run(scalar: scalars.Scalar, *arrays: Sequence[Any]) -> np.ndarray[Any, Any]:
    """The results of a scalar function for arrays of one length, each converted to the function's kind."""
    given = [np.ascontiguousarray(a, dtype_of(k)) for a, k in zip(arrays, scalar.inputs, strict=True)]
    out = np.empty(len(given[0]), dtype_of(scalar.result))
    compiled(scalar)(out.ctypes.data, *(a.ctypes.data for a in given), len(out))
    return out
