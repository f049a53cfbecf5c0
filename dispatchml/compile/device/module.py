"""The text of kernels for a device, and its translation to PTX by LLVM.

Around the body of each kernel is a function of one thread, `SYMBOL.thread`, which does the units thread, thread +
threads, ...; around that the entry point, which asks the card which thread it is. Without a card the tests call the
first, once for each thread.
"""

from __future__ import annotations

import functools
from typing import Any

from .. import scalars
from ..emit.kernel import Kernel, written
from .joins import ON_CARD, ON_HOST

TRIPLE = "nvptx64-nvidia-cuda"
#: Architectures that texts are made for, in rising order: the newest that a card has is taken.
ARCHITECTURES = (70, 75, 80, 86, 89, 90)


#: How many units there are, and how many one thread does at once.
UNITS = ("i64 %extent", "i64 %grain")


def thread_text(kernel: Kernel) -> str:
    """The function of one thread: the body for every unit that is its own."""
    together = " convergent" if kernel.group > 1 else ""
    body = kernel.text[: kernel.text.index("define void @")].replace(" #0 {", f" alwaysinline nounwind{together} {{")
    pointers = [f"%p{k}" for k in range(len(kernel.pointers))]
    sizes = [f"%s{k}" for k in range(len(kernel.sizes))]
    typed = [*(f"ptr {p}" for p in pointers), *(f"i64 {s}" for s in sizes)]
    lane = ["i64 %lane"] if kernel.group > 1 else []
    passed = ", ".join([*typed[: len(pointers)], *lane, *typed[len(pointers) :], "i64 %low", "i64 %high"])
    given = ", ".join([*typed, "i64 %extent", "i64 %grain", "i64 %thread", "i64 %threads"])
    lines = [
        f"define void @{kernel.symbol}.thread({given}) nounwind{together} {{",
        "entry:",
        f"  %lane = urem i64 %thread, {kernel.group}",
        f"  %number = udiv i64 %thread, {kernel.group}",
        f"  %together = udiv i64 %threads, {kernel.group}",
        "  %begin = mul i64 %number, %grain",
        "  %step = mul i64 %together, %grain",
        "  %any = icmp slt i64 %begin, %extent",
        "  br i1 %any, label %unit, label %done",
        "unit:",
        "  %low = phi i64 [ %begin, %entry ], [ %next, %unit ]",
        "  %to = add i64 %low, %grain",
        "  %inside = icmp slt i64 %to, %extent",
        "  %high = select i1 %inside, i64 %to, i64 %extent",
        f"  call void @{kernel.symbol}.body({passed})",
        "  %next = add i64 %low, %step",
        "  %more = icmp slt i64 %next, %extent",
        "  br i1 %more, label %unit, label %done",
        "done:",
        "  ret void",
        "}",
    ]
    return body + "\n".join(lines)


def entry_text(kernel: Kernel) -> str:
    """The entry point on a card."""
    together = " convergent" if kernel.group > 1 else ""
    pointers = [f"ptr {'readonly ' * (not written(p))}noalias %p{k}" for k, p in enumerate(kernel.pointers)]
    sizes = [f"i64 %s{k}" for k in range(len(kernel.sizes))]
    plain = [*(f"ptr %p{k}" for k in range(len(kernel.pointers))), *sizes]
    return "\n".join(
        [
            f"define ptx_kernel void @{kernel.symbol}({', '.join([*pointers, *sizes, *UNITS])}){together} {{",
            "  %a = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()",
            "  %b = call i32 @llvm.nvvm.read.ptx.sreg.ntid.x()",
            "  %c = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()",
            "  %d = call i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()",
            "  %al = zext i32 %a to i64",
            "  %bl = zext i32 %b to i64",
            "  %cl = zext i32 %c to i64",
            "  %dl = zext i32 %d to i64",
            "  %ab = mul i64 %al, %bl",
            "  %thread = add i64 %ab, %cl",
            "  %threads = mul i64 %dl, %bl",
            f"  call void @{kernel.symbol}.thread("
            f"{', '.join([*plain, 'i64 %extent', 'i64 %grain', 'i64 %thread', 'i64 %threads'])})",
            "  ret void",
            "}",
        ]
    )


#: Where a thread finds its own memory: (address, bytes in use). On the host one thread runs after the other.
SLOT_ON_CARD = """@thread.slots = internal addrspace(3) global [1024 x [2 x i64]] undef, align 16

define internal ptr @thread.slot() alwaysinline {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %p = getelementptr [1024 x [2 x i64]], ptr addrspace(3) @thread.slots, i32 0, i32 %t
  %q = addrspacecast ptr addrspace(3) %p to ptr
  ret ptr %q
}
"""
SLOT_ON_HOST = """@thread.slots = internal global [2 x i64] zeroinitializer, align 16

define internal ptr @thread.slot() alwaysinline {
  ret ptr @thread.slots
}
"""

REGISTERS = "\n".join(f"declare i32 @llvm.nvvm.read.ptx.sreg.{name}.x()" for name in ("ctaid", "ntid", "tid", "nctaid"))


def module_text(kernels: list[Kernel], device: bool) -> str:
    """The text of kernels, with the scalar functions that they call. device: with entry points for a card."""
    needs: dict[str, Any] = {}
    intrinsics: dict[str, str] = {}
    joins: dict[str, str] = {}
    parts: list[str] = []
    for kernel in {k.symbol: k for k in kernels}.values():
        needs |= kernel.needs
        intrinsics |= kernel.intrinsics
        parts.append(thread_text(kernel))
        joins |= kernel.joins
        if device:
            parts.append(entry_text(kernel))
    parts += joins.values()
    if joins:
        parts.append(ON_CARD if device else ON_HOST)
    if any("@thread.slot()" in part for part in parts):
        parts.append(SLOT_ON_CARD if device else SLOT_ON_HOST)
    text = scalars.definitions(list(needs), vectors=False)
    declared = [line for line in intrinsics.values() if line not in text]
    return "\n\n".join([*parts, "\n".join(declared), text, REGISTERS if device else ""]) + "\n"


@functools.cache
def target_machine(architecture: int) -> Any:
    """LLVM's machine for an architecture of NVIDIA's, such as 90."""
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    return llvm.Target.from_triple(TRIPLE).create_target_machine(cpu=f"sm_{architecture}", opt=3)


@functools.lru_cache(maxsize=256)
def ptx(text: str, architecture: int) -> str:
    """The PTX of a module's text. Raises RuntimeError, with LLVM's words, for one that is not valid."""
    import llvmlite.binding as llvm

    machine = target_machine(architecture)
    module = llvm.parse_assembly(text.replace('"prefer-vector-width"="512"', ""))
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    module.verify()
    for function in module.functions:
        if not function.is_declaration and not function.name.startswith("llvm.") and "." in function.name:
            function.linkage = llvm.Linkage.internal
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return machine.emit_assembly(module)


def architecture_for(major: int, minor: int) -> int:
    """The newest architecture that texts are made for and a card runs."""
    fitting = [a for a in ARCHITECTURES if a <= 10 * major + minor]
    if not fitting:
        raise RuntimeError(f"the card is of architecture sm_{major}{minor}; the oldest that is served is sm_70")
    return fitting[-1]
