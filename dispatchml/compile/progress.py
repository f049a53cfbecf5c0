"""What takes long says so: a line on standard error that counts seconds, for people who wait."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator

#: Seconds after which something takes long.
PATIENCE = 2.0


@contextlib.contextmanager
def progress(what: str, patience: float = PATIENCE) -> Iterator[None]:
    """Say what goes on, and for how long it has, once it takes longer than `patience` seconds."""
    finished, start = threading.Event(), time.monotonic()

    def watch() -> None:
        if finished.wait(patience):
            return
        ends = "\r" if sys.stderr.isatty() else "\n"
        rounds = 0
        while not finished.is_set():
            print(f"dispatchml: {what}, {time.monotonic() - start:.0f} s", end=ends, file=sys.stderr, flush=True)
            rounds += 1
            # a log is told less and less often
            finished.wait(1.0 if ends == "\r" else patience * 2.0 ** min(rounds, 5))
        print(f"dispatchml: {what}: done after {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()
