"""Compiled code on disk: one file an object, in a folder that nobody else can write to.

A file is a magic word, a checksum, its key and the code. What is damaged, cut off, of another machine or put there by
someone else is passed over and written anew; nothing of it is ever run, and nothing is unpickled. Files appear by
renaming, so many processes may use one folder at once. The oldest are deleted when there is too much.

`DISPATCHML_CACHE_DIR` names the folder, and empty turns the cache off; `DISPATCHML_CACHE_SIZE` limits it, in MiB.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
import warnings
from collections.abc import Iterator
from typing import NamedTuple

try:
    from _blake2 import blake2b  # hashlib loads OpenSSL, which takes 3 ms
except ImportError:
    from hashlib import blake2b

#: Whether files can be opened by their place in a folder that is open already.
SUPPORTED = os.open in os.supports_dir_fd
MAGIC = b"dispatchml code\n"
DIGEST = 32
SUFFIX, UNFINISHED = ".code", ".unfinished"
#: Files that say that a text is being compiled (`attempts.py`).
ATTEMPT = ".attempt"
#: Limit of the folder in MiB, and what part of it is left when the oldest files have been deleted.
LIMIT, KEPT = 256, 0.75
#: Seconds after which a file counts as used anew, and after which what another process left unfinished is deleted.
DAY, ABANDONED = 86400.0, 3600.0


class CacheWarning(UserWarning):
    """Compiled code cannot be kept on disk; it is compiled again in each process."""


def folder() -> str:
    """Where the files are; empty where there is to be no cache.

    Windows has none: who may write to a folder cannot be told there by what this looks at.
    """
    if not SUPPORTED:
        return ""
    chosen = os.environ.get("DISPATCHML_CACHE_DIR")
    if chosen is not None:
        return os.path.abspath(os.path.expanduser(chosen)) if chosen else ""
    home = os.path.expanduser("~")
    if not os.path.isabs(home):
        return ""
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches", "dispatchml")
    base = os.environ.get("XDG_CACHE_HOME", "")
    return os.path.join(base if os.path.isabs(base) else os.path.join(home, ".cache"), "dispatchml")


def limit() -> int:
    """The largest size of the folder in bytes."""
    try:
        wish = float(os.environ.get("DISPATCHML_CACHE_SIZE", LIMIT))
    except ValueError:
        wish = -1.0
    return int((wish if 0 <= wish < 2**40 else LIMIT) * 2**20)


def key_of(*parts: str) -> str:
    """The name of what is made from these texts and nothing else."""
    digest = blake2b(digest_size=DIGEST)
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


class Untrusted(OSError):
    """Another user could have written this."""


warned = False


def warn_once(reason: object) -> None:
    """Say once a process why nothing is kept."""
    global warned
    if not warned:
        warned = True
        warnings.warn(
            f"Compiled code is not kept in {folder()!r}: {reason}. It is compiled again in each process; "
            "set DISPATCHML_CACHE_DIR to a folder of your own, or to nothing.",
            CacheWarning,
            stacklevel=2,
        )


def need_own(status: os.stat_result, what: str) -> None:
    """Raise Untrusted where someone else than this user and root can write."""
    if status.st_uid not in (os.geteuid(), 0):
        raise Untrusted(f"{what} belongs to another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Untrusted(f"others can write to {what}")


@contextlib.contextmanager
def opened(make: bool = False) -> Iterator[int]:
    """The folder, looked at once it is open, so that nobody can exchange it in between."""
    path = folder()
    if not path:
        raise FileNotFoundError("there is no cache")
    if make:
        os.makedirs(path, mode=0o700, exist_ok=True)
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        need_own(os.fstat(handle), "the folder")
        yield handle
    finally:
        os.close(handle)


def load(key: str) -> bytes | None:
    """The code that was stored under a key; None where there is none that can be trusted."""
    try:
        with opened() as inside:
            data = read(inside, key + SUFFIX)
    except FileNotFoundError:
        return None
    except OSError as error:
        warn_once(error)
        return None
    return content(key, data)


def read(inside: int, name: str) -> bytes:
    """A file of the folder."""
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=inside)
    with open(handle, "rb", buffering=0) as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise Untrusted(f"{name} is no plain file")
        need_own(status, name)
        data = file.read(status.st_size)
        if time.time() - status.st_mtime > DAY:
            with contextlib.suppress(OSError):
                os.utime(handle)
    return data or b""


def content(key: str, data: bytes) -> bytes | None:
    """What is in a file, or None where it is damaged or of another key."""
    head, rest = len(MAGIC), len(MAGIC) + DIGEST
    if data[:head] != MAGIC or blake2b(data[rest:], digest_size=DIGEST).digest() != data[head:rest]:
        return None
    name = bytes.fromhex(key)
    return data[rest + len(name) :] if data[rest : rest + len(name)] == name else None


def store(key: str, code: bytes) -> None:
    """Keep code under a key, if that can be done."""
    if not folder():
        return
    body = bytes.fromhex(key) + code
    data = MAGIC + blake2b(body, digest_size=DIGEST).digest() + body
    try:
        with opened(make=True) as inside:
            write(inside, key + SUFFIX, data)
            if int(key[:2], 16) < 16:  # one in sixteen looks after the size
                tidy(inside, limit())
    except FileNotFoundError:
        pass  # another process has cleared the cache in this moment
    except OSError as error:
        warn_once(error)


def write(inside: int, name: str, data: bytes) -> None:
    """A file of the folder that appears whole or not at all."""
    temporary = f"{name[:16]}-{os.getpid()}-{os.urandom(6).hex()}{UNFINISHED}"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=inside)
    try:
        with open(handle, "wb", buffering=0) as file:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) or 0 :]
        os.replace(temporary, name, src_dir_fd=inside, dst_dir_fd=inside)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=inside)
        raise


class Entry(NamedTuple):
    """A file of the folder; used: when it was last needed, in seconds."""

    name: str
    size: int
    used: float


def entries(inside: int) -> list[Entry]:
    """The files of the cache; others are none of its business."""
    found = []
    with os.scandir(inside) as files:
        for file in files:
            if file.name.endswith((SUFFIX, UNFINISHED, ATTEMPT)):
                with contextlib.suppress(OSError):  # another process was faster
                    status = os.stat(file.name, dir_fd=inside, follow_symlinks=False)
                    found.append(Entry(file.name, status.st_size, status.st_mtime))
    return found


def tidy(inside: int, most: int) -> int:
    """Delete what was abandoned, and the oldest files while there is more than fits; returns their number."""
    now, files, deleted = time.time(), sorted(entries(inside), key=lambda e: e.used), 0
    total = sum(e.size for e in files)
    aim = most * KEPT if total > most else total
    for entry in files:
        abandoned = entry.name.endswith(UNFINISHED) and now - entry.used > ABANDONED
        if abandoned or (total > aim and not entry.name.endswith(UNFINISHED)):
            with contextlib.suppress(OSError):
                os.unlink(entry.name, dir_fd=inside)
                total, deleted = total - entry.size, deleted + 1
    return deleted


class Contents(NamedTuple):
    """What the folder holds; sizes in bytes. problem: why it is not used, empty where it is."""

    folder: str
    files: int
    size: int
    limit: int
    problem: str = ""


def info() -> Contents:
    """What is in the cache."""
    path = folder()
    if not path:
        return Contents("", 0, 0, limit(), "there is none: DISPATCHML_CACHE_DIR is empty, or there is no home folder")
    try:
        with opened() as inside:
            files = entries(inside)
    except FileNotFoundError:
        files = []
    except OSError as error:
        return Contents(path, 0, 0, limit(), str(error))
    return Contents(path, len(files), sum(e.size for e in files), limit())


def clear() -> int:
    """Delete every file of the cache; returns their number. What is loaded already is not affected."""
    try:
        with opened() as inside:
            deleted = 0
            for entry in entries(inside):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(entry.name, dir_fd=inside)
                    deleted += 1
            return deleted
    except FileNotFoundError:
        return 0
