"""A kernel on a device: one thread for each element of a batch, with local arrays in a piece of memory of its own.

`dm.vmap(kernel)(rows)` is one launch. Within it the kernel's arguments are numbers, or the thread's rows of arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import JoinError, at_user_line, describe
from ..engines.record import Rec
from ..engines.traced import Traced, innermost
from ..ops.placement import device_of, is_remote
from .elementwise import Call, run
from .errors import KernelError
from .kinds import NUMBERS
from .program import Program

#: Bytes that the local arrays of a thread may take, and threads of one launch that have some.
ARENA, SLOTS = 1 << 14, 1 << 13
#: Elements of the arrays of one call that is no batch, at most: one thread goes through them.
ALONE = 1 << 10


def on_threads(program: Program, arguments: tuple[Any, ...]) -> Any:
    """The result of a kernel for numbers and arrays of a device: a thread's, or under `vmap` that of many."""
    name = program.source.name
    there = next(device_of(x) for x in arguments if is_remote(x))
    statics: list[Any] = []
    arrays = []
    for x in arguments:
        if type(x) is tuple:
            raise KernelError(
                f"{name}: a tuple is no argument of a kernel on {there}{at_user_line()}. Give its elements one by one."
            )
        if type(x) in NUMBERS or isinstance(x, np.generic):
            statics.append(x.item() if isinstance(x, np.generic) else x)
            continue
        if not is_remote(x) and (ops.shape(x) or not isinstance(x, (Traced, Rec))):
            raise JoinError(
                f"{name}: {describe(innermost(x))} beside an array on {there}{at_user_line()}; nothing is moved "
                f'between devices behind your back. Write dispatchml.to_device(x, "{there}") on it.'
            )
        statics.append(None)
        one = ops.reshape(x, shape=(1, *ops.shape(x)))
        arrays.append(one if is_remote(x) else ops.to_device(one, device=there))
    call = Call(program, statics, [x is None for x in statics])
    found = run(call, arrays)
    outputs = [ops.reshape(y, shape=()) for y in found]
    return outputs[0] if call.is_single else tuple(outputs)


def refuse_alone(name: str, arrays: list[Any]) -> None:
    """Raise for one thread that would go through long arrays alone."""
    size = max(x[0].size for x in arrays)
    if len(arrays[0]) == 1 and size > ALONE:
        raise KernelError(
            f"{name}: one thread of the device would go through {size} elements alone{at_user_line()}. Give it the "
            "rows of an array, dispatchml.vmap(kernel)(rows), a thread for each; write it with operations on whole "
            'arrays; or move the array with dispatchml.to_device(x, "cpu") and the result back.'
        )


#: What `malloc`, `realloc` and `free` are in a thread: blocks in its own piece of memory, each behind a head of its
#: size and whether it is free; the first free one that is large enough is taken again.
ARENAS = f"""
define internal ptr @thread.malloc(i64 %size) {{
entry:
  %slot = call ptr @thread.slot()
  %base = load ptr, ptr %slot
  %at.used = getelementptr i8, ptr %slot, i64 8
  %used = load i64, ptr %at.used
  %negative = icmp ugt i64 %size, {ARENA}
  br i1 %negative, label %none, label %rounded
rounded:
  %more = add i64 %size, 31
  %need = and i64 %more, -16
  br label %look
look:
  %offset = phi i64 [ 0, %rounded ], [ %following, %next ]
  %head = getelementptr i8, ptr %base, i64 %offset
  %any = icmp slt i64 %offset, %used
  br i1 %any, label %block, label %behind
block:
  %has = load i64, ptr %head
  %at.free = getelementptr i8, ptr %head, i64 8
  %free = load i64, ptr %at.free
  %is.free = icmp ne i64 %free, 0
  %large = icmp sge i64 %has, %need
  %fits = and i1 %is.free, %large
  br i1 %fits, label %again, label %next
next:
  %following = add i64 %offset, %has
  br label %look
again:
  store i64 0, ptr %at.free
  br label %found
behind:
  %end = add i64 %used, %need
  %full = icmp sgt i64 %end, {ARENA}
  br i1 %full, label %none, label %new
new:
  store i64 %end, ptr %at.used
  store i64 %need, ptr %head
  %at.flag = getelementptr i8, ptr %head, i64 8
  store i64 0, ptr %at.flag
  br label %found
found:
  %place = getelementptr i8, ptr %head, i64 16
  ret ptr %place
none:
  ret ptr null
}}

define internal void @thread.free(ptr %place) {{
  %none = icmp eq ptr %place, null
  br i1 %none, label %done, label %some
some:
  %at = getelementptr i8, ptr %place, i64 -8
  store i64 1, ptr %at
  br label %done
done:
  ret void
}}

define internal ptr @thread.realloc(ptr %place, i64 %size) {{
entry:
  %made = call ptr @thread.malloc(i64 %size)
  %failed = icmp eq ptr %made, null
  %new = icmp eq ptr %place, null
  %either = or i1 %failed, %new
  br i1 %either, label %done, label %old
old:
  %head = getelementptr i8, ptr %place, i64 -16
  %has = load i64, ptr %head
  %had = sub i64 %has, 16
  %fewer = icmp slt i64 %had, %size
  %count = select i1 %fewer, i64 %had, i64 %size
  %some = icmp sgt i64 %count, 0
  br i1 %some, label %copy, label %free
copy:
  %k = phi i64 [ 0, %old ], [ %k.next, %copy ]
  %from = getelementptr i8, ptr %place, i64 %k
  %to = getelementptr i8, ptr %made, i64 %k
  %byte = load i8, ptr %from
  store i8 %byte, ptr %to
  %k.next = add i64 %k, 1
  %on = icmp slt i64 %k.next, %count
  br i1 %on, label %copy, label %free
free:
  call void @thread.free(ptr %place)
  br label %done
done:
  ret ptr %made
}}
"""
