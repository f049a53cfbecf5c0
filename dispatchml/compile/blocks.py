"""Code that runs a kernel block by block, with an ear for signals.

A kernel is `void k(ptr P, ptr sizes, i64 lo, i64 hi)`. [0, extent) is cut into blocks of `grain`; a call does one or
several of them. Which thread does which block, and with which others, changes nothing.

A frame (on the caller's stack) says how the caller stands with Python: TABLE, the state of the thread while other
threads of Python may run (else null), when signals were looked at, and whether one of them has raised.
"""

from __future__ import annotations

from .assembly import Function, Register
from .table import CLOCK, OFFSETS

#: Words of a frame, in bytes.
TABLE, THREAD, LOOKED, STOPPED, FRAME_SIZE = 0, 8, 16, 24, 32
#: Nanoseconds between two looks at signals.
SIGNAL_TIME = 30_000_000


def function_at(f: Function, table: Register, name: str) -> Register:
    """A function of the table."""
    return f.load(table, OFFSETS[name], "ptr")


def now() -> Function:
    """now(table): nanoseconds on a clock that never goes back."""
    f = Function("now", "i64", ["ptr"], visible=False)
    (table,) = f.arguments
    seconds, rest = f.variable("i128"), 8
    f.call(function_at(f, table, "clock_gettime"), f.constant(CLOCK, "i32"), seconds.place, result="i32")
    f.give_back(f.load(seconds.place) * 1_000_000_000 + f.load(seconds.place, rest))
    return f


def poll() -> Function:
    """poll(frame): give Python a chance to act on signals, now and then; whether one has raised."""
    f = Function("poll", "i1", ["ptr"], visible=False)
    (frame,) = f.arguments
    table = f.load(frame, TABLE, "ptr")
    time = f.call("now", table)
    early, late = f.block(), f.block()
    f.branch((time - f.load(frame, LOOKED)).above(SIGNAL_TIME), late, early)
    f.begin(early)
    f.give_back(f.load(frame, STOPPED).differs(0))
    f.begin(late)
    f.store(time, frame, LOOKED)
    thread = f.load(frame, THREAD, "ptr")
    with f.when(thread.differs(0)):
        f.call(function_at(f, table, "PyEval_RestoreThread"), thread, result="void")
        f.store(0, frame, THREAD, "ptr")
    raised = f.call(function_at(f, table, "PyErr_CheckSignals"), result="i32").differs(0)
    with f.when(raised):
        f.store(1, frame, STOPPED)
    with f.when(f.choose(raised, f.constant(0, "i1"), f.constant(1, "i1"))):  # who has taken so long takes longer
        f.store(f.call(function_at(f, table, "PyEval_SaveThread"), result="ptr"), frame, THREAD)
    f.give_back(f.load(frame, STOPPED).differs(0))
    return f


def one_block() -> Function:
    """one_block(kernel, P, sizes, extent, grain, k): the k-th block."""
    f = Function("one_block", "void", ["ptr", "ptr", "ptr", "i64", "i64", "i64"], visible=False)
    f.call("some_blocks", *f.arguments, f.constant(1), result="void")
    f.give_back()
    return f


def some_blocks() -> Function:
    """some_blocks(kernel, P, sizes, extent, grain, k, count): the k-th block and those behind it, in one call."""
    f = Function("some_blocks", "void", ["ptr", "ptr", "ptr", "i64", "i64", "i64", "i64"], visible=False)
    kernel, pointers, sizes, extent, grain, k, count = f.arguments
    low = k * grain
    f.call(kernel, pointers, sizes, low, (low + count * grain).least(extent), result="void")
    f.give_back()
    return f


def alone() -> Function:
    """alone(frame, kernel, P, sizes, extent, grain, first, blocks, most): the blocks from `first` on by the caller,
    `most` in a call.
    """
    f = Function("alone", "void", ["ptr"] * 4 + ["i64"] * 5, visible=False)
    frame, kernel, pointers, sizes, extent, grain, first, blocks, most = f.arguments
    k = f.variable(value=first)
    with f.forever() as stop:
        now = k.get()
        f.need(now.below(blocks), stop)
        f.call("some_blocks", kernel, pointers, sizes, extent, grain, now, most, result="void")
        k.set(now + most)
        f.need(f.call("poll", frame, result="i1").equals(0), stop)
    f.give_back()
    return f


def functions() -> list[Function]:
    """All of them."""
    return [now(), poll(), one_block(), some_blocks(), alone()]
