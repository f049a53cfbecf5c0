"""Functions that call themselves, in LLVM's text: how far the stack reaches, whether the user wants to stop, and how to
leave all of them at once.

Every function receives the address of a record of this run of the kernel: the end of the stack, after how many calls to
look for the user, and where to jump to on failure; and how many calls of itself it is below. Where nothing allocates
memory, so that nobody has anything to give back, a failure is a jump: then functions return their numbers alone, and
LLVM turns calls at their ends into loops. Else a failure is a number that is handed from function to function.
"""

from __future__ import annotations

import re
from typing import Any

import llvmlite.binding as llvm

from ..compile.generator import target_machine
from .failing import INTERRUPTED

#: Bytes of the record, and where are in it: how many calls are left, an error's number, the buffer for jumps.
RECORD, LEFT, ERROR, BUFFER = 576, 8, 16, 64
#: A function that calls itself looks for the user at every so many calls.
CALLS = 256
#: What lowering calls: before a call of itself, on failure, at the beginning.
DEEPER, FAILS, BEGINS = "deeper", "leave_at_once", "begin"
#: What stands for `deeper` where a function counts its calls itself; where, there, a call became a round of a loop; and
#: where it calls what is put into it.
COUNTED, ROUND, INSIDE = "deeper_counted", "another_round", "inside"
ALLOCATING = ("NRT_MemInfo_", "NRT_Allocate")

DECLARED = "declare i32 @PyErr_CheckSignals()", "declare ptr @llvm.stacksave.p0()"
LOOKING = f"""
define internal i64 @look_for_user(ptr %run) noinline cold {{
  %found = call i32 @PyErr_CheckSignals()
  %nothing = icmp eq i32 %found, 0
  br i1 %nothing, label %go_on, label %stop
go_on:
  ret i64 1
stop:
  %none = call i64 @fail(ptr %run, i32 {INTERRUPTED})
  ret i64 %none
}}

define internal i64 @fail(ptr %run, i32 %error) noinline cold {{
  %place = getelementptr i8, ptr %run, i64 {ERROR}
  store i32 %error, ptr %place
  call void @{FAILS}(ptr %run, i32 %error)
  ret i64 0
}}

define internal i64 @{ROUND}(ptr %run, ptr %calls, i32 %code) alwaysinline {{
  %before = load i64, ptr %calls
  %left = sub i64 %before, 1
  store i64 %left, ptr %calls
  %due = icmp slt i64 %left, 0
  br i1 %due, label %look, label %go_on, !prof !9000
look:
  store i64 {CALLS}, ptr %calls
  %found = call i64 @look_for_user(ptr %run)
  ret i64 %found
go_on:
  ret i64 1
}}

define internal i64 @{COUNTED}(ptr %run, ptr %calls, i32 %code) alwaysinline {{
  %here = call ptr @llvm.stacksave.p0()
  %end = load ptr, ptr %run
  %beyond = icmp ult ptr %here, %end
  br i1 %beyond, label %too_deep, label %count, !prof !9000
too_deep:
  %none = call i64 @fail(ptr %run, i32 %code)
  ret i64 %none
count:
  %found = call i64 @{ROUND}(ptr %run, ptr %calls, i32 %code)
  ret i64 %found
}}

define internal i64 @{DEEPER}(ptr %run, i64 %depth, i32 %code) alwaysinline {{
  %calls = getelementptr i8, ptr %run, i64 {LEFT}
  %found = call i64 @{COUNTED}(ptr %run, ptr %calls, i32 %code)
  ret i64 %found
}}

define internal i64 @{INSIDE}(ptr %run, ptr %calls, i32 %code) alwaysinline {{
  ret i64 1
}}

!9000 = !{{!"branch_weights", i32 1, i32 2000}}
"""

#: Failures are handed on.
RETURNING = f"""
define i32 @{BEGINS}(ptr %buffer) alwaysinline {{
  ret i32 0
}}

define void @{FAILS}(ptr %run, i32 %code) alwaysinline {{
  ret void
}}
"""

#: Failures are jumps.
JUMPING = f"""
declare void @longjmp(ptr, i32) noreturn

define void @{FAILS}(ptr %run, i32 %code) noinline cold noreturn {{
  %buffer = getelementptr i8, ptr %run, i64 {BUFFER}
  call void @longjmp(ptr %buffer, i32 %code)
  unreachable
}}
"""

#: What makes functions that call themselves short, so that they can be put into themselves.
SHORTENING = (
    *("global_dead_code_eliminate", "always_inliner", "sroa", "simplify_cfg", "instruction_combine", "simplify_cfg"),
    *("ipsccp", "dead_arg_elimination", "argument_promotion", "instruction_combine", "simplify_cfg"),
    *("tail_call_elimination", "simplify_cfg", "global_dead_code_eliminate"),
)


def calls_itself(module: Any) -> bool:
    """Whether a module has functions that call themselves."""
    return any(f.name == DEEPER for f in module.functions)


def link(module: Any) -> None:
    """Add what failing functions call to a module."""
    jumps = calls_itself(module) and not any(f.name.startswith(ALLOCATING) for f in module.functions)
    module.link_in(llvm.parse_assembly(JUMPING if jumps else RETURNING))
    if jumps:
        module.get_function(BEGINS).name = "_setjmp"


def with_looks(text: str) -> str:
    """A text with what functions that call themselves call."""
    fails = "" if f"@{FAILS}(" in text else RETURNING[RETURNING.index("define void") :]
    needed = [line for line in DECLARED if f"{line.partition('(')[0]}(" not in text]
    known = re.sub(rf"^declare [^@\n]*@{DEEPER}\(.*\n", "", text, flags=re.M)
    return "\n".join([known, *needed, fails, LOOKING])


def shorten(module: Any) -> None:
    """Run the passes that make functions short."""
    machine = target_machine()
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    passes = llvm.create_new_module_pass_manager()
    for name in SHORTENING:
        getattr(passes, f"add_{name}_pass")()
    passes.run(module, builder)
