"""The steps of a plan, the scratch memory that they use, and the look at the clock."""

from __future__ import annotations

from ..assembly import Register, Variable
from ..blocks import LOOKED, STOPPED, TABLE, THREAD
from ..table import OFFSETS
from ..workers import RELEASE_TIME
from .frame import Frame
from .words import (
    BLOCKS,
    CHECKED,
    COUNTED,
    DATA,
    EXTENT,
    FREE,
    FREE_COUNT,
    FUNCTION,
    GRAIN,
    HUGEPAGE,
    INVALID,
    LARGE,
    LARGE_PAGE,
    LARGE_PAGES,
    LAST,
    LOOP_STEPS,
    MOST_FREE,
    MOVE_COUNT,
    MOVE_SIZE,
    MOVES,
    ON_STACK,
    POINTERS,
    ROUNDS,
    ROUNDS_BACK,
    ROUNDS_FIRST,
    ROUNDS_NUMBER,
    ROUNDS_SLOT,
    ROUNDS_WIDE,
    SCRATCH,
    SCRATCH_COUNT,
    SCRATCH_SIZE,
    SHORT_CALLS,
    SIZES,
    SLOT_NUMBERS,
    STATE_SIZE,
    STEP_COUNT,
    STEP_SIZE,
    STEPS,
    SURE,
    TESTED,
)

#: Signals are looked at once in so many rounds, less one.
PATIENCE = 15


def take_scratch(e: Frame, scratch: Variable, failed: str) -> None:
    """Memory for what lives within a call: on the stack, from an earlier call, or new."""
    f = e.f
    size = f.load(e.record, SCRATCH_SIZE)
    small, large, kept, new, ready = (f.block() for _ in range(5))
    f.branch(size.above(ON_STACK), large, small)
    f.begin(small)
    scratch.set(f.room(size, alignment=64))
    f.go(ready)
    f.begin(large)
    count = f.load(e.state, FREE_COUNT)
    f.branch(count.above(0), kept, new)
    f.begin(kept)
    f.store(count - 1, e.state, FREE_COUNT)
    f.store(f.load(e.table, OFFSETS["kept"]) - size, e.table, OFFSETS["kept"])
    scratch.set(f.load(e.state + FREE, (count - 1) * 8, "ptr"))
    f.go(ready)
    f.begin(new)
    large_pages = size.above(LARGE_PAGES)
    alignment = f.choose(large_pages, f.constant(LARGE_PAGE), f.constant(64))
    refused = f.call(e.function("posix_memalign"), scratch.place, alignment, size, result="i32")
    fine, no_memory = f.block(), f.block()
    f.branch(refused.equals(0), fine, no_memory)
    f.begin(no_memory)
    scratch.set(f.constant(0, "ptr"))
    f.call(e.function("PyErr_NoMemory"), result="ptr")
    f.go(failed)
    f.begin(fine)
    f.need(large_pages, ready)
    f.call(e.function("madvise"), scratch.get(), size, f.constant(HUGEPAGE, "i32"), result="i32")
    f.go(ready)
    f.begin(ready)
    with f.loop(f.load(e.record, SCRATCH_COUNT)) as k:
        e.point(scratch.get() + f.load(e.entries(SCRATCH, 8, k)))


def leave_scratch(e: Frame, scratch: Variable) -> None:
    """Keep the memory for the next call, unless much is kept already."""
    f = e.f
    size, memory, after = f.load(e.record, SCRATCH_SIZE), scratch.get(), f.block()
    f.need(size.above(ON_STACK) & memory.differs(0), after)
    count, kept = f.load(e.state, FREE_COUNT), f.load(e.table, OFFSETS["kept"]) + size
    fits = kept.compare("sle", f.load(e.table, OFFSETS["most_kept"])) & count.below(MOST_FREE)
    keep, give = f.block(), f.block()
    f.branch(fits, keep, give)
    f.begin(keep)
    f.store(memory, e.state + FREE, count * 8)
    f.store(count + 1, e.state, FREE_COUNT)
    f.store(kept, e.table, OFFSETS["kept"])
    f.go(after)
    f.begin(give)
    f.call(e.function("free"), memory, result="void")
    f.go(after)
    f.begin(after)


def run_steps(e: Frame, frame: Register | None, status: Variable, stop: str, shared: bool = True) -> None:
    """Each step in order, and those of a round again. frame: how the caller stands with Python, where signals are
    looked at. shared: other threads may help; without them, or a frame, every block is done by the caller at once.
    """
    f = e.f
    first, count = f.load(e.record, ROUNDS_FIRST), f.load(e.record, STEP_COUNT)
    number, done = f.variable(value=0), f.variable(value=0)
    with f.forever() as after:
        begins, goes_on, again, step = (f.block() for _ in range(4))
        f.branch(number.get().equals(first), begins, goes_on)
        f.begin(begins)
        if frame is not None:
            with f.when((done.get() & PATIENCE).equals(PATIENCE)):
                f.need(f.call("poll", frame, result="i1").equals(0), stop)
        begin_round(e, done.get(), status, after)
        f.go(goes_on)
        f.begin(goes_on)
        f.branch(number.get().below(count), step, again)
        f.begin(again)
        f.need(first.compare("sge", 0), after)
        done.set(done.get() + 1)
        number.set(first)
        following = f.block()
        f.go(following)
        f.begin(step)
        run_step(e, number.get(), frame if shared else None, status, stop)
        number.set(number.get() + 1)
        f.go(following)
        f.begin(following)


def begin_round(e: Frame, done: Register, status: Variable, after: str) -> None:
    """See whether there is another round, and let pointers go on to its rows."""
    f = e.f
    how, most = f.load(e.record, ROUNDS), f.load(e.record, ROUNDS_NUMBER)
    total, moving, tested, counted, limited, fits = f.variable(), *(f.block() for _ in range(5))
    total.set(most)
    slot = f.load(e.pointers, f.load(e.record, ROUNDS_SLOT) * 8, "ptr")
    f.branch(how.equals(TESTED), tested, counted)

    f.begin(tested)
    f.need(f.load(slot, kind="i8").differs(0), after)
    f.branch(most.compare("sge", 0) & done.compare("sge", most), limited, moving)

    f.begin(counted)
    with f.when(how.equals(COUNTED)):
        total.set(f.load(slot))
    f.branch(most.compare("sge", 0) & total.get().above(most), limited, fits)
    f.begin(fits)
    f.need(done.below(total.get()), after)
    f.go(moving)

    f.begin(limited)
    status.set(1)
    f.go(after)

    f.begin(moving)
    back = f.load(e.record, ROUNDS_BACK).differs(0)
    ahead = f.choose(back, total.get() - 1, f.constant(0))
    sign = f.choose(back, f.constant(-1), f.constant(1))
    with f.loop(f.load(e.record, MOVE_COUNT)) as k:
        move = e.entries(MOVES, MOVE_SIZE, k)
        place, size = f.load(move) * 8, f.load(move, 8)
        here = f.load(e.pointers, place, "ptr")
        f.store(here + f.choose(done.equals(0), ahead * size, sign * size), e.pointers, place)


def run_step(e: Frame, k: Register, frame: Register | None, status: Variable, stop: str) -> None:
    """One step."""
    f = e.f
    step = e.entries(STEPS, STEP_SIZE, k)
    slots, count = e.record + f.load(step, SLOT_NUMBERS), f.load(step, POINTERS)
    with f.loop(count) as j:
        f.store(f.load(e.pointers, f.load(slots, j * 8) * 8, "ptr"), e.step_pointers, j * 8)
    function, sizes = f.load(step, FUNCTION, "ptr"), e.record + f.load(step, SIZES)
    loop, kernel, following = f.block(), f.block(), f.block()
    f.branch(f.load(step, LOOP_STEPS).differs(0), loop, kernel)

    f.begin(loop)
    checked = f.load(step, CHECKED).differs(0)
    invalid = f.constant(INVALID, "i32")
    with f.when(checked):
        f.call(e.function("feclearexcept"), invalid, result="i32")
    steps, data = e.record + f.load(step, LOOP_STEPS), f.load(step, DATA, "ptr")
    f.call(function, e.step_pointers, sizes, steps, data, result="void")
    with f.when(checked):
        with f.when(f.call(e.function("fetestexcept"), invalid, result="i32").differs(0)):
            status.set(1)
    f.go(following)

    f.begin(kernel)
    extent, grain, blocks = f.load(step, EXTENT), f.load(step, GRAIN), f.load(step, BLOCKS)
    if frame is None:
        with f.loop(blocks) as block:
            f.call("one_block", function, e.step_pointers, sizes, extent, grain, block, result="void")
    else:
        with f.when(blocks.above(0)):
            given = (function, e.step_pointers, sizes, extent, grain, blocks, e.state + STATE_SIZE + k * 8)
            f.call("measured", frame, *given, result="void")
    f.go(following)
    f.begin(following)
    if frame is not None:
        f.need(f.load(frame, STOPPED).equals(0), stop)


def run(e: Frame, frame: Register, status: Variable) -> None:
    """The steps; those of plans that were short so far without a look at the clock."""
    f = e.f
    short, timed, done, after = f.block(), f.block(), f.block(), f.block()
    rounds = f.load(e.record, ROUNDS_FIRST).compare("sge", 0)
    is_short = f.load(e.state, SHORT_CALLS).compare("sge", SURE)
    f.branch(is_short & rounds.equals(0), short, timed)
    f.begin(short)
    run_steps(e, None, status, after)
    f.go(after)
    f.begin(timed)
    last = f.load(e.state, LAST)
    began = f.call("now", e.table)
    f.store(e.table, frame, TABLE)
    f.store(began, frame, LOOKED)
    f.store(0, frame, STOPPED)
    f.store(0, frame, THREAD, "ptr")
    unknown = last.below(0) & f.load(e.record, LARGE).differs(0)
    with f.when(unknown | last.above(RELEASE_TIME)):
        f.store(f.call(e.function("PyEval_SaveThread"), result="ptr"), frame, THREAD)
    narrow, wide = f.block(), f.block()
    f.branch(rounds & f.load(e.record, ROUNDS_WIDE).equals(0), narrow, wide)
    f.begin(narrow)
    run_steps(e, frame, status, done, shared=False)
    f.go(done)
    f.begin(wide)
    run_steps(e, frame, status, done)
    f.go(done)
    f.begin(done)
    took = f.call("now", e.table) - began
    thread = f.load(frame, THREAD, "ptr")
    with f.when(thread.differs(0)):
        f.call(e.function("PyEval_RestoreThread"), thread, result="void")
    f.store(took, e.state, LAST)
    is_short = took.below(RELEASE_TIME)
    f.store(f.choose(is_short, f.load(e.state, SHORT_CALLS) + 1, f.constant(0)), e.state, SHORT_CALLS)
    f.go(after)
    f.begin(after)
