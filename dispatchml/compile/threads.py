"""How many threads compiled programs use, and the memory of the one pool of the process.

    with dm.threads(1): ...         # or dm.threads(4) for good

Threads are started when there is work for them, sleep otherwise, and know nothing of Python. A process that was forked
has a new pool. Results do not depend on their number.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from functools import cache
from types import TracebackType
from typing import Any

from . import table, workers

MOST = workers.MOST_THREADS
#: Signals that a thread raises itself by a fault of the program, which must be heard where they come up.
FAULTS = ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGABRT")


class Limit:
    """The number of threads; None: it has not been asked for yet. by_user: `threads` was called."""

    number: int | None = None
    by_user = False


def threads(number: int | None = None) -> Restore:
    """Let compiled programs use so many threads from now on; None: as many as the process may have.

    Usable in a `with` statement, at whose end the former number holds again. Raises ValueError below 1.
    """
    before = thread_count(), Limit.by_user
    chosen = default_count() if number is None else number
    if not isinstance(chosen, int) or isinstance(chosen, bool) or chosen < 1:
        raise ValueError(f"threads: a number of threads from 1 on is needed, not {number!r}")
    set_count(min(chosen, MOST), number is not None)
    return Restore(*before)


class Restore:
    """What `threads` gives back: leaving it as a context brings the former number back."""

    def __init__(self, number: int, by_user: bool) -> None:
        self.number, self.by_user = number, by_user

    def __enter__(self) -> Restore:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        set_count(self.number, self.by_user)

    def __repr__(self) -> str:
        return f"<dispatchml uses {thread_count()} threads>"


def thread_count() -> int:
    """The number of threads that compiled programs use at most."""
    if Limit.number is None:
        Limit.number = default_count()
    return Limit.number


def set_count(number: int, by_user: bool) -> None:
    """The number for this process and, if there is one, its pool."""
    Limit.number, Limit.by_user = number, by_user
    if pool.cache_info().currsize:
        write(workers.LIMIT, number)


def default_count() -> int:
    """DISPATCHML_NUM_THREADS, else OMP_NUM_THREADS, else the processors of this process; 1 in workers."""
    return limited_by_environment() or (1 if is_worker() else max(1, min(processors(), MOST)))


def limited_by_environment() -> int:
    """The number that an environment variable gives; 0 where none does."""
    for name in ("DISPATCHML_NUM_THREADS", "OMP_NUM_THREADS"):
        said = os.environ.get(name, "").split(",")[0].strip()
        if said.isdecimal() and int(said) > 0:
            return min(int(said), MOST)
    return 0


def is_worker() -> bool:
    """Whether multiprocessing has started this process, most likely as one of several that share the work."""
    processes = sys.modules.get("multiprocessing.process")
    return processes is not None and processes.parent_process() is not None


def processors() -> int:
    """The processors that this process may run on, and may use up, as its control group says."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = allowed_share()
    return there if quota is None else min(there, max(1, round(quota + 0.49)))


def allowed_share() -> float | None:
    """How many processors' time a control group allows; None without a limit."""
    pairs = (("/sys/fs/cgroup/cpu.max", ""), *cgroup_files())
    for first, second in pairs:
        try:
            with open(first, encoding="utf-8") as file:
                words = file.read().split()
            if second:
                with open(second, encoding="utf-8") as file:
                    words += file.read().split()
            if len(words) == 2 and words[0] != "max" and int(words[0]) > 0 and int(words[1]) > 0:
                return int(words[0]) / int(words[1])
        except (OSError, ValueError):
            continue
    return None


def cgroup_files() -> list[tuple[str, str]]:
    """Where the limits of this process's own group may be: one file, or one for the time and one for the period."""
    found = [("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us")]
    try:
        with open("/proc/self/cgroup", encoding="utf-8") as file:
            lines = file.read().splitlines()
    except OSError:
        return found
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            found.insert(0, (f"/sys/fs/cgroup{path}/cpu.max", ""))
        elif "cpu" in controllers.split(","):
            base = f"/sys/fs/cgroup/cpu{path}/cpu.cfs"
            found.insert(0, (f"{base}_quota_us", f"{base}_period_us"))
    return found


@cache
def pool() -> Any:
    """The pool's memory, on lines of the processor's cache; it is never given back."""
    made = (ctypes.c_char * (workers.POOL_SIZE + 64))()
    start(ctypes.addressof(made))
    return made


def place() -> int:
    """The pool's address."""
    return -(-ctypes.addressof(pool()) // 64) * 64


def start(memory: int) -> None:
    """Fill the memory in for a process that has no threads yet."""
    here = -(-memory // 64) * 64
    ctypes.memset(here, 0, workers.POOL_SIZE)
    c = ctypes.CDLL(None)
    for name, offset in (("mutex", workers.MUTEX), ("cond", workers.WORK), ("cond", workers.DONE)):
        getattr(c, f"pthread_{name}_init")(ctypes.c_void_p(here + offset), None)
    c.sigfillset(ctypes.c_void_p(here + workers.SIGNALS_SET))
    for name in FAULTS:
        c.sigdelset(ctypes.c_void_p(here + workers.SIGNALS_SET), int(getattr(signal, name)))
    ctypes.c_int32.from_address(here + workers.SIGNALS).value = int(signal.SIG_SETMASK)
    words = {workers.PID: os.getpid(), workers.LIMIT: thread_count(), workers.POOL_TABLE: table.address()}
    for offset, value in words.items():
        ctypes.c_int64.from_address(here + offset).value = value
    table.set_word("pool", here)


def write(offset: int, value: int) -> None:
    """A word of the pool."""
    ctypes.c_int64.from_address(place() + offset).value = value


def read(offset: int) -> int:
    """A word of the pool."""
    return ctypes.c_int64.from_address(place() + offset).value


def rest() -> None:
    """Before a fork: end the threads, which the child would not have; Python warns of processes that have some."""
    if pool.cache_info().currsize and read(workers.STARTED):
        from .entry import code

        ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(code().address("rest"))(place())


def renew() -> None:
    """In a forked process: the threads stayed behind, and whoever held the locks did, too."""
    if not Limit.by_user:
        Limit.number = 1 if forked_by_multiprocessing() and not limited_by_environment() else Limit.number
    if pool.cache_info().currsize:
        start(ctypes.addressof(pool()))


def forked_by_multiprocessing() -> bool:
    """Whether this is a worker to be: the process does not know so itself yet."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("multiprocessing."):
            return True
        frame = frame.f_back
    return False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=rest, after_in_child=renew)
