"""Code of the entry points: one function, with CPython's fastcall signature, that runs any plan.

What it shall do is in a record of 64-bit words: a head, and for each input, output and step an entry; `entry` writes
it. The object that the function is bound to is a list: the record, what is called where an argument is not as the
record says, and what must live as long.
"""

from __future__ import annotations

from ...backends.native import layout
from ..assembly import Function, Register
from ..blocks import FRAME_SIZE, STOPPED
from .arguments import check_arguments, drop_leaves, take_apart
from .frame import Frame
from .results import drop_outputs, make_numbers, make_outputs, put_together
from .steps import leave_scratch, run, take_scratch
from .words import ARGUMENTS, CALLS, CONSTANT_COUNT, CONSTANTS, LIST_ITEMS, NOTHING, RESULT


def call_otherwise(e: Frame, bound: Register, number: Register, keywords: Register) -> None:
    """Leave the call to somebody else; NotImplemented stands for nobody."""
    f = e.f
    other, nobody, somebody = f.load(f.load(bound, LIST_ITEMS, "ptr"), 8, "ptr"), f.block(), f.block()
    e.take(other)  # it may be exchanged while it runs
    f.branch(other.equals(e.object("NotImplemented")), nobody, somebody)
    f.begin(nobody)
    f.give_back(other)
    f.begin(somebody)
    result = f.call(e.function("PyObject_Vectorcall"), other, e.arguments, number, keywords, result="ptr")
    e.drop(other)
    f.give_back(result)


def entry() -> Function:
    """entry(bound, arguments, number, keywords): run the plan of the record, or leave the call to somebody else."""
    f = Function("entry", "ptr", ["ptr", "ptr", "i64", "ptr"])
    bound, arguments, number, keywords = f.arguments
    record = f.load(f.load(bound, LIST_ITEMS, "ptr"), 0, "ptr") + layout.BYTES_DATA
    e = Frame(f, arguments, record)
    e.slot.set(0)
    scratch, status = f.variable("ptr", f.constant(0, "ptr")), f.variable(value=0)
    frame, result = f.room(FRAME_SIZE), f.variable("ptr")
    elsewhere, miss, drop_and_miss, failed = (f.block() for _ in range(4))
    f.need(number.equals(f.load(record, ARGUMENTS)) & keywords.equals(0), elsewhere)
    take_apart(e, miss)
    check_arguments(e, miss)
    constants = f.load(record, CONSTANT_COUNT)
    with f.loop(constants) as k:
        e.point(f.load(e.entries(CONSTANTS, 8, k), 0, "ptr"))
    make_outputs(e, failed)
    take_scratch(e, scratch, failed)
    e.point(status.place)
    f.store(f.load(e.state, CALLS) + 1, e.state, CALLS)
    f.store(0, frame, STOPPED)
    run(e, frame, status)
    leave_scratch(e, scratch)
    f.need(f.load(frame, STOPPED).equals(0), failed)
    f.need(status.get().equals(0), drop_and_miss)
    make_numbers(e, failed)
    put_together(e, failed)
    chosen, nothing, something, leave = f.load(record, RESULT), f.block(), f.block(), f.block()
    f.branch(chosen.equals(NOTHING), nothing, something)
    f.begin(nothing)
    e.take(e.object("None"))
    result.set(e.object("None"))
    f.go(leave)
    f.begin(something)
    result.set(f.load(e.objects, chosen * 8, "ptr"))
    f.go(leave)
    f.begin(leave)
    drop_leaves(e)
    f.give_back(result.get())
    f.begin(drop_and_miss)
    drop_outputs(e)
    f.go(miss)
    f.begin(miss)
    drop_leaves(e)
    f.go(elsewhere)
    f.begin(elsewhere)
    call_otherwise(e, bound, number, keywords)
    f.begin(failed)
    drop_outputs(e)
    drop_leaves(e)
    f.give_back(0)
    return f
