"""Programs that the tests of threads run in processes of their own: `python processes.py NAME`."""

import multiprocessing
import os
import signal
import sys
import threading
import time

import numpy as np
from texts import ONE, slow

from dispatchml.compile import machine, threads, workers
from dispatchml.compile.entry import kernel_function

N = 20_000
X = np.random.default_rng(0).normal(size=N)


def slow_function(rounds=1000, n=N, grain=20):
    """f(x, y): copy x to y, in 4 us an element."""
    return kernel_function(machine.load(slow(rounds)), "slow", 2, [ONE], n, grain)


def check(f, n=N):
    """One call, which must be right."""
    y = np.zeros(n)
    f(X[:n], y)
    assert (y == X[:n]).all()


def used():
    """Whether the pool has worked."""
    return threads.read(workers.STARTED) > 0 and threads.read(workers.GENERATION) > 0


def exit_with_sleeping_threads():
    """The pool sleeps when Python ends."""
    check(slow_function())
    assert used()


def exit_with_working_threads():
    """A daemon thread is in the middle of a call when Python ends, and so is the pool."""
    f = slow_function(100_000)
    threading.Thread(target=check, args=(f,), daemon=True).start()
    while not used():
        time.sleep(0.01)


def exit_of_many_daemons():
    """Daemon threads call short functions while Python ends."""
    f = slow_function(100, 100, 0)
    y = np.zeros(100)

    def forever():
        while True:
            f(X[:100], y)

    for _ in range(4):
        threading.Thread(target=forever, daemon=True).start()
    time.sleep(0.2)


def fork():
    """The pool of the child is another one, while the parent's goes on; no thread is there when a process is forked."""
    f = slow_function()
    check(f)
    assert used()
    for _ in range(5):
        child = os.fork()
        assert threads.read(workers.STARTED) == 0
        if not child:
            check(f)
            assert used()
            os._exit(0)
        check(f)
        assert used()
        assert os.waitpid(child, 0)[1] == 0


def fork_while_working():
    """Processes are forked while another thread has the pool."""
    f = slow_function()
    check(f)
    stop = threading.Event()

    def work():
        while not stop.is_set():
            check(f)

    worker = threading.Thread(target=work)
    worker.start()
    for _ in range(6):
        child = os.fork()
        if not child:
            check(f)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    stop.set()
    worker.join()


def in_a_child(_):
    """What a worker of multiprocessing does."""
    check(slow_function())
    return threads.thread_count(), used()


def multiprocessing_by(method):
    """Workers of a pool of processes use one thread each."""
    check(slow_function())
    with multiprocessing.get_context(method).Pool(2) as processes:
        found = processes.map(in_a_child, range(4))
    assert found == [(1, False)] * 4, found


def multiprocessing_by_fork():
    """Forked workers."""
    multiprocessing_by("fork")


def multiprocessing_by_spawn():
    """Fresh workers."""
    multiprocessing_by("spawn")


def interrupt(count):
    """Ctrl-C in the middle of ten seconds of work."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    threads.threads(count)
    f, y = slow_function(100_000, 25_000 * count), np.zeros(25_000 * count)
    x = np.zeros(25_000 * count)
    when = []

    def raise_it():
        time.sleep(0.3)
        when.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=raise_it)
    thread.start()
    try:
        f(x, y)
    except KeyboardInterrupt:
        took = time.perf_counter() - when[0]
    else:
        raise AssertionError("it was not interrupted")
    thread.join()
    assert took < 5, took  # of ten seconds; 0.05 on a quiet machine
    check(slow_function())
    print(f"{took:.3f}")


def interrupt_one():
    """One thread."""
    interrupt(1)


def interrupt_two():
    """Two."""
    interrupt(2)


def signals_are_pythons():
    """A handler runs, in the main thread, in the middle of a call; the call goes on and may be made in the handler."""
    f, short, seen = slow_function(5_000), slow_function(20), []

    def handle(number, frame):
        seen.append(threading.current_thread() is threading.main_thread())
        check(short)

    signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.1)
    check(f)
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert len(seen) >= 2, seen
    assert all(seen)


def others_run():
    """Other threads of Python run while a kernel does."""
    f, ticks, stop = slow_function(10_000), [], threading.Event()

    def tick():
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.005)

    thread = threading.Thread(target=tick)
    thread.start()
    before = len(ticks)
    check(f)
    after = len(ticks)
    stop.set()
    thread.join()
    assert after - before > 10, (before, after)


def many_callers():
    """Several threads of Python call at once: one has the pool, the others work alone."""
    f, wrong = slow_function(), []

    def work():
        for _ in range(4):
            try:
                check(f)
            except BaseException as error:
                wrong.append(error)

    workers = [threading.Thread(target=work) for _ in range(6)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert not wrong
    assert used()


def no_threads_to_be_had():
    """Where the system starts no thread, the caller does everything."""
    import resource

    f, y = slow_function(), np.zeros(N)
    with open("/proc/self/statm", encoding="ascii") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + 2**20, resource.RLIM_INFINITY))  # less than a stack
    f(X, y)
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert not used()
    assert (y == X).all()
    check(f)
    assert used()


def rounding_of_the_caller():
    """Threads of the pool treat subnormal numbers as the caller does, whenever they were started."""
    tiny = np.full(N, 5e-324)
    check(slow_function())
    assert used()
    mask = machine.load("""
define void @flush(ptr %P, ptr %sizes, i64 %lo, i64 %hi) nounwind {
  %place = alloca i32
  call void asm sideeffect "stmxcsr ($0)", "r,~{memory}"(ptr %place)
  %old = load i32, ptr %place
  %new = or i32 %old, 32832
  store i32 %new, ptr %place
  call void asm sideeffect "ldmxcsr ($0)", "r,~{memory}"(ptr %place)
  ret void
}
""")
    big, y = slow_function(300), np.ones(N)
    big(tiny, y)
    assert (y == 5e-324).all()
    kernel_function(mask, "flush", 0)()
    for _ in range(5):
        big(tiny, y)
        assert (y == 0).all()


if __name__ == "__main__":
    threads.set_count(2, by_user=False)  # as on a machine of two processors, wherever this runs
    globals()[sys.argv[1]]()
