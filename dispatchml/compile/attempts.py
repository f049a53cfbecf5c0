"""Compilations that ended the process, so that the same text does not end another one.

LLVM is built with assertions, and one that fails aborts. A file is put beside the cache before a text is compiled, and
taken away afterwards, whatever came of it. Where it is found and its process is gone, that was ended; after two such
ends, the text is compiled no more until the cache is cleared. Ends by somebody else, as for want of memory, are few.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from . import cache

#: Processes that may end while they compile a text before it is not compiled any more.
MOST_ENDS = 2


class EndedProcesses(Exception):
    """So many processes ended while they compiled this text."""


@contextlib.contextmanager
def attempt(key: str) -> Iterator[None]:
    """Round a compilation. Raises EndedProcesses instead of another one."""
    name = key + cache.ATTEMPT
    try:
        ended, mine = begin(name)
    except OSError:
        ended, mine = 0, False  # said when the code cannot be kept
    if ended >= MOST_ENDS:
        raise EndedProcesses(ended)
    try:
        yield
    finally:
        if mine:
            with contextlib.suppress(OSError), cache.opened() as inside:
                os.unlink(name, dir_fd=inside)


def begin(name: str) -> tuple[int, bool]:
    """How many processes have ended, and whether the file is now this process's; another one may be at it, too."""
    with cache.opened(make=True) as inside:
        ended = 0
        with contextlib.suppress(FileNotFoundError, ValueError):
            process, ended = map(int, cache.read(inside, name).split())
            if process and is_alive(process):
                return ended, False
            ended += bool(process)
        if ended < MOST_ENDS:
            cache.write(inside, name, f"{os.getpid()} {ended}".encode())
        return ended, ended < MOST_ENDS


def is_alive(process: int) -> bool:
    """Whether a process of this number is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
