"""Code of the pool's threads: how they start, share blocks with a caller, wait, and end.

Whether sharing is worth it is told by the time that a block takes: the first one of a first call, by its caller alone.
"""

from __future__ import annotations

from collections.abc import Callable

from .assembly import Function, Register
from .blocks import TABLE, THREAD, function_at
from .table import OFFSETS

#: Places of the pool, in bytes. What several threads write lies apart from what they only read.
PID, LIMIT, STARTED, MUTEX, WORK, DONE, BUSY = 0, 8, 16, 64, 128, 192, 256
GENERATION, OPEN, WANTED, JOINED, ACTIVE = 320, 328, 336, 344, 352
KERNEL, POINTERS, SIZES, EXTENT, GRAIN, BLOCKS, CONTROL, TOGETHER = range(384, 448, 8)
NEXT, AWAKE, SIGNALS, SIGNALS_SET, POOL_TABLE, QUIT, THREADS, POOL_SIZE = 512, 520, 576, 584, 712, 720, 768, 4864
#: More threads than this are never started.
MOST_THREADS = 512
#: Nanoseconds: of work left that lets other threads of Python run; that is shared where a thread of the pool still
#: looks for work, and where all sleep; and that each thread which is woken should find.
RELEASE_TIME, SHARE_AWAKE, SHARE_ASLEEP, THREAD_TIME = 10_000, 15_000, 60_000, 10_000
#: Nanoseconds that the blocks should take, at most, which a thread does without looking up, and how many they are.
CALL_TIME, CALL_BLOCKS = 1_000_000, 32
#: A thread takes as many blocks as there were for each if so many times as many threads shared what is left.
PORTIONS = 2
#: Rounds of waiting before a thread sleeps.
PATIENCE = 2000
#: Bits of x86's control word that say how to compute; the others are flags.
CONTROL_BITS = 0xFFC0
PAUSE = {"x86": "pause", "arm": "yield"}


def take() -> Function:
    """take(pool, frame, kernel, P, sizes, extent, grain, blocks): blocks of the job as long as there are any.

    Several at a time, fewer towards the end, so that all threads end together. frame: the caller's, who looks at
    signals and ends the job where one has raised; null for the pool's threads.
    """
    f = Function("take", "void", ["ptr", "ptr", "ptr", "ptr", "ptr", "i64", "i64", "i64"], visible=False)
    pool, frame, kernel, pointers, sizes, extent, grain, blocks = f.arguments
    portions, most = (f.load(pool, WANTED) + 1) * PORTIONS, f.load(pool, TOGETHER)
    with f.forever() as done:
        k, got, again = f.atomic_load(pool, NEXT), f.block(), f.block()
        f.need(k.below(blocks), done)
        count = ((blocks - k) // portions + 1).least(most)
        f.branch(f.exchange(k, k + count, pool, NEXT), got, again)
        f.begin(got)
        f.call("some_blocks", kernel, pointers, sizes, extent, grain, k, count, result="void")
        f.need(frame.differs(0), again)
        f.need(f.call("poll", frame, result="i1"), again)
        f.atomic_store(blocks, pool, NEXT)
        f.go(again)
        f.begin(again)
    f.give_back()
    return f


def worker(machine: str) -> Function:
    """worker(pool): the life of a thread of the pool. It knows nothing of Python, and ends with a fork or Python."""
    f = Function("worker", "ptr", ["ptr"])
    (pool,) = f.arguments
    table, mutex = f.load(pool, POOL_TABLE, "ptr"), pool + MUTEX
    lock, unlock = function_at(f, table, "pthread_mutex_lock"), function_at(f, table, "pthread_mutex_unlock")
    wait, signal = function_at(f, table, "pthread_cond_wait"), function_at(f, table, "pthread_cond_signal")
    seen = f.variable(value=0)
    f.call(lock, mutex, result="i32")
    with f.forever() as leave:
        with f.forever() as there_is_work:
            f.need(f.load(pool, QUIT).equals(0), leave)
            generation = f.load(pool, GENERATION)
            fresh = generation.differs(seen.get())
            seen.set(generation)
            idle = (fresh & f.load(pool, OPEN).differs(0)) & f.load(pool, JOINED).below(f.load(pool, WANTED))
            sleep = f.block()
            f.branch(idle, there_is_work, sleep)
            f.begin(sleep)
            f.call(wait, pool + WORK, mutex, result="i32")
        for place in (JOINED, ACTIVE):
            f.store(f.load(pool, place) + 1, pool, place)
        job = [f.load(pool, place, "ptr") for place in (KERNEL, POINTERS, SIZES)]
        job += [f.load(pool, place) for place in (EXTENT, GRAIN, BLOCKS)]
        f.call(unlock, mutex, result="i32")
        set_control(f, machine, f.load(pool, CONTROL))
        f.call("take", pool, f.constant(0, "ptr"), *job, result="void")
        f.call(lock, mutex, result="i32")
        left = f.load(pool, ACTIVE) - 1
        f.atomic_store(left, pool, ACTIVE)
        with f.when(left.equals(0)):
            f.call(signal, pool + DONE, result="i32")
        f.call(unlock, mutex, result="i32")
        f.atomic_add(1, pool, AWAKE)
        wait_a_little(f, machine, lambda: f.atomic_load(pool, GENERATION).equals(seen.get()))
        f.atomic_add(-1, pool, AWAKE)
        f.call(lock, mutex, result="i32")
    f.call(unlock, mutex, result="i32")
    f.give_back(0)
    return f


def rest() -> Function:
    """rest(pool): end the threads, unless they are at work; they are started anew when there is some."""
    f = Function("rest", "void", ["ptr"])
    (pool,) = f.arguments
    table, mutex, end = f.load(pool, POOL_TABLE, "ptr"), pool + MUTEX, f.block()
    f.need(f.exchange(0, 1, pool, BUSY), end)
    started = f.load(pool, STARTED)
    f.call(function_at(f, table, "pthread_mutex_lock"), mutex, result="i32")
    f.store(1, pool, QUIT)
    f.call(function_at(f, table, "pthread_mutex_unlock"), mutex, result="i32")
    with f.loop(started):
        f.call(function_at(f, table, "pthread_cond_signal"), pool + WORK, result="i32")
    with f.loop(started) as k:
        thread = f.load(pool + THREADS, k * 8, "ptr")
        f.call(function_at(f, table, "pthread_join"), thread, f.constant(0, "ptr"), result="i32")
    for place in (STARTED, QUIT):
        f.store(0, pool, place)
    f.atomic_store(0, pool, BUSY)
    f.go(end)
    f.begin(end)
    f.give_back()
    return f


def grow() -> Function:
    """grow(pool, wanted): start threads until there are as many, or no more can be had. No signal is ever theirs."""
    f = Function("grow", "void", ["ptr", "i64"], visible=False)
    pool, wanted = f.arguments
    table = f.load(pool, POOL_TABLE, "ptr")
    mask = function_at(f, table, "pthread_sigmask")
    before = f.room(128)
    set_mask = f.load(pool, SIGNALS, "i32")
    f.call(mask, set_mask, pool + SIGNALS_SET, before, result="i32")
    with f.forever() as done:
        started = f.load(pool, STARTED)
        f.need(started.below(wanted), done)
        create = function_at(f, table, "pthread_create")
        worker = Register(f, "ptr", "@worker")
        place = pool + THREADS + started * 8
        failed = f.call(create, place, f.constant(0, "ptr"), worker, pool, result="i32")
        f.need(failed.equals(0), done)
        f.store(started + 1, pool, STARTED)
    f.call(mask, set_mask, before, f.constant(0, "ptr"), result="i32")
    f.give_back()
    return f


def share(machine: str) -> Function:
    """share(frame, kernel, P, sizes, extent, grain, first, blocks, wanted, most): the blocks from `first` on with
    `wanted` threads of the pool, `most` blocks at a time.

    Returns whether they are done; not where there is no pool (a process that C code has forked), no thread to be had,
    or another caller uses the pool.
    """
    f = Function("share", "i1", ["ptr"] * 4 + ["i64"] * 6, visible=False)
    frame, kernel, pointers, sizes, extent, grain, first, blocks, wanted, most = f.arguments
    table = f.load(frame, TABLE, "ptr")
    pool, refuse, give_up = f.load(table, OFFSETS["pool"], "ptr"), f.block(), f.block()
    f.need(f.call(function_at(f, table, "getpid"), result="i32").as_kind("i64").equals(f.load(pool, PID)), refuse)
    f.need(f.exchange(0, 1, pool, BUSY), refuse)
    with f.when(f.load(pool, STARTED).below(wanted)):
        f.call("grow", pool, wanted, result="void")
    f.need(f.load(pool, STARTED).above(0), give_up)
    mutex = pool + MUTEX
    lock, unlock = function_at(f, table, "pthread_mutex_lock"), function_at(f, table, "pthread_mutex_unlock")
    f.call(lock, mutex, result="i32")
    job = ((KERNEL, kernel), (POINTERS, pointers), (SIZES, sizes), (EXTENT, extent), (GRAIN, grain), (BLOCKS, blocks))
    job += ((CONTROL, control(f, machine)), (TOGETHER, most))
    for place, value in (*job, (WANTED, wanted), (JOINED, 0), (ACTIVE, 0), (OPEN, 1)):
        f.store(value, pool, place)
    f.atomic_store(first, pool, NEXT)
    f.atomic_store(f.load(pool, GENERATION) + 1, pool, GENERATION)
    f.call(unlock, mutex, result="i32")
    with f.loop(wanted):
        f.call(function_at(f, table, "pthread_cond_signal"), pool + WORK, result="i32")
    f.call("take", pool, frame, kernel, pointers, sizes, extent, grain, blocks, result="void")
    f.call(lock, mutex, result="i32")
    f.store(0, pool, OPEN)  # who has not come yet stays away
    f.call(unlock, mutex, result="i32")
    wait_a_little(f, machine, lambda: f.atomic_load(pool, ACTIVE).differs(0))
    f.call(lock, mutex, result="i32")
    with f.forever() as done:
        f.need(f.load(pool, ACTIVE).differs(0), done)
        f.call(function_at(f, table, "pthread_cond_wait"), pool + DONE, mutex, result="i32")
    f.call(unlock, mutex, result="i32")
    f.atomic_store(0, pool, BUSY)
    f.give_back(1)
    f.begin(give_up)
    f.atomic_store(0, pool, BUSY)
    f.go(refuse)
    f.begin(refuse)
    f.give_back(0)
    return f


def measured() -> Function:
    """measured(frame, kernel, P, sizes, extent, grain, blocks, known): all blocks; how is told by the time of one.

    known: the address of the nanoseconds that a block takes, as earlier calls have found, and negative before them.
    Where nothing is known yet, or too little to share it, the caller does the first block and looks at the clock.
    """
    f = Function("measured", "void", ["ptr"] * 4 + ["i64"] * 3 + ["ptr"], visible=False)
    frame, kernel, pointers, sizes, extent, grain, blocks, known = f.arguments
    table, end, shared, by_caller = f.load(frame, TABLE, "ptr"), f.block(), f.block(), f.block()
    pool, first = f.load(table, OFFSETS["pool"], "ptr"), f.variable(value=0)
    others = f.load(pool, LIMIT) - 1
    enough = f.choose(f.atomic_load(pool, AWAKE).above(0), f.constant(SHARE_AWAKE), f.constant(SHARE_ASLEEP))
    time = f.variable(value=f.load(known))
    before = f.call("now", table)
    released, alone = f.load(frame, THREAD, "ptr").differs(0), f.block()
    worth_it = (time.get() * blocks).above(enough) & others.above(0)
    f.branch(worth_it & released & blocks.above(1), shared, alone)

    f.begin(alone)
    f.call("one_block", kernel, pointers, sizes, extent, grain, f.constant(0), result="void")
    f.need(f.call("poll", frame, result="i1").equals(0), end)
    f.need(blocks.above(1), end)
    first.set(1)
    time.set(f.call("now", table) - before)
    f.store(time.get(), known)
    left = time.get() * (blocks - 1)
    with f.when(f.load(frame, THREAD, "ptr").equals(0) & left.above(RELEASE_TIME)):
        f.store(f.call(function_at(f, table, "PyEval_SaveThread"), result="ptr"), frame, THREAD)
    f.branch(left.above(enough) & others.above(0), shared, by_caller)

    f.begin(shared)
    most = at_a_time(f, time.get())
    left = blocks - first.get()
    wanted = others.least(left).least((time.get() * left) // THREAD_TIME)
    wanted = f.choose(first.get().equals(0), wanted.least(blocks - 1), wanted)
    job = (frame, kernel, pointers, sizes, extent, grain, first.get(), blocks)
    f.need(f.call("share", *job, wanted, most, result="i1"), by_caller)
    f.need(first.get().equals(0), end)
    at_most = ((f.call("now", table) - before) * (wanted + 1)) // blocks
    f.store(time.get().least(at_most), known)
    f.go(end)

    f.begin(by_caller)
    job = (frame, kernel, pointers, sizes, extent, grain, first.get(), blocks)
    f.call("alone", *job, at_a_time(f, time.get()), result="void")
    f.go(end)
    f.begin(end)
    f.give_back()
    return f


def at_a_time(f: Function, time: Register) -> Register:
    """How many blocks of so many nanoseconds are done without looking up."""
    count = (f.constant(CALL_TIME) // (time + 1)).least(CALL_BLOCKS)
    return f.choose(count.above(1), count, f.constant(1))


def wait_a_little(f: Function, machine: str, still: Callable[[], Register]) -> None:
    """Look again and again for some microseconds, as long as something has not happened; threads sleep slowly."""
    rounds = f.variable(value=0)
    with f.forever() as enough:
        f.need(rounds.get().below(PATIENCE), enough)
        f.need(still(), enough)
        rounds.set(rounds.get() + 1)
        f.line(f'call void asm sideeffect "{PAUSE[machine]}", "~{{memory}}"()')


def control(f: Function, machine: str) -> Register:
    """How this thread rounds and what it does with subnormal numbers, as a word."""
    if machine == "x86":
        place = f.variable("i64", 0).place
        f.line(f'call void asm sideeffect "stmxcsr ($0)", "r,~{{memory}}"(ptr {place.name})')
        return f.load(place) & CONTROL_BITS
    return f.line('call i64 asm sideeffect "mrs $0, fpcr", "=r,~{memory}"()', "i64")


def set_control(f: Function, machine: str, value: Register) -> None:
    """Let this thread do the same."""
    if machine == "x86":
        place = f.variable("i64", value).place
        f.line(f'call void asm sideeffect "ldmxcsr ($0)", "r,~{{memory}}"(ptr {place.name})')
    else:
        f.line(f'call void asm sideeffect "msr fpcr, $0", "r,~{{memory}}"(i64 {value.name})')


def functions(machine: str) -> list[Function]:
    """All of them; machine: "x86" or "arm"."""
    return [take(), worker(machine), rest(), grow(), share(machine), measured()]
