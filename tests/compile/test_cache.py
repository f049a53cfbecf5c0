"""The cache on disk among enemies: damage, strangers, full and missing disks, many processes at once."""

import errno
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from dispatchml.compile import cache, entry, host, machine
from dispatchml.compile.entry import kernel_function

from .texts import scale

KEY = "0123456789abcdef" * 4
ROOT = os.geteuid() == 0


@pytest.fixture(autouse=True)
def beginning(monkeypatch, cache_folder):
    """No folder, the driver in memory, and no warning yet, as a process gives only one."""
    entry.code()
    shutil.rmtree(cache_folder, ignore_errors=True)
    monkeypatch.setattr(cache, "warned", False)


@pytest.fixture
def quiet():
    """No warning is given."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def kernel(factor=1.5):
    """The library of a kernel, as a new process would get it, and whether it works."""
    machine.LIBRARIES.clear()
    library = machine.load(scale(factor), effort=0)
    x, y = np.arange(50.0), np.zeros(50)
    kernel_function(library, "scale", 2, extent=50)(x, y)
    np.testing.assert_array_equal(y, factor * x)
    return library


def sources(*factors):
    """Where kernels come from, one after the other."""
    return [kernel(factor).source for factor in factors]


def only_file(folder):
    """The path of the one object in the cache."""
    (path,) = [p for p in folder.iterdir() if p.suffix == cache.SUFFIX]
    return path


def test_what_is_stored_is_loaded(cache_folder, quiet):
    cache.store(KEY, b"code")
    assert cache.load(KEY) == b"code"
    assert cache.load(KEY[::-1]) is None
    assert stat.S_IMODE(cache_folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(only_file(cache_folder).stat().st_mode) == 0o600


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:10],
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: data[: len(data) // 2],
        lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
        lambda data: data[:-1] + bytes([data[-1] ^ 128]),
        lambda data: b"\0" * len(data),
        lambda data: b"\x7fELF" + data[4:],
        lambda data: data.replace(b"dispatchml code\n", b"dispatchml code "),
        lambda data: os.urandom(5000),
    ],
)
def test_damaged_files_are_made_anew(damage, cache_folder):
    assert kernel().source == "compiled"
    path = only_file(cache_folder)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert kernel().source == "compiled"
    assert path.read_bytes() == whole
    assert kernel().source == "disk"


@pytest.mark.usefixtures("quiet")
def test_a_whole_file_of_another_key_is_not_taken(cache_folder):
    kernel(2.0)
    path = only_file(cache_folder)
    other = machine.cache.key_of(*machine.circumstances(), "effort 0", scale(3.0))
    os.rename(path, cache_folder / (other + cache.SUFFIX))
    assert kernel(3.0).source == "compiled"


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        (host, "identity", lambda: "linux x86_64 63; flags: fpu"),
        (host, "llvmlite_version", lambda: "0.1"),
        (machine, "FORMAT", "0"),
    ],
)
def test_code_of_another_machine_or_generator_is_not_taken(where, name, value, monkeypatch):
    kernel()
    with monkeypatch.context() as other:
        other.setattr(where, name, value)
        machine.circumstances.cache_clear()
        assert kernel().source == "compiled"
        assert kernel().source == "disk"
    machine.circumstances.cache_clear()
    assert kernel().source == "disk"


def test_a_damaged_inside_with_a_right_checksum_is_made_anew(quiet):
    key = machine.cache.key_of(*machine.circumstances(), "effort 0", scale(1.5))
    for inside in (b"", b"image ", b"image " + bytes(40), b"image " + b"\xff" * 60, b"other " + bytes(80)):
        cache.store(key, inside)
        assert kernel().source == "compiled"


def test_symbolic_links_are_not_followed(cache_folder, tmp_path):
    kernel()
    path = only_file(cache_folder)
    elsewhere = tmp_path / "elsewhere"
    os.rename(path, elsewhere)
    path.symlink_to(elsewhere)
    with pytest.warns(cache.CacheWarning):
        assert kernel().source == "compiled"
    assert not path.is_symlink()
    assert kernel().source == "disk"


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_is_left_alone(make, cache_folder):
    kernel()
    path = only_file(cache_folder)
    path.unlink()
    make(path)
    with pytest.warns(cache.CacheWarning) as found:
        assert sources(1.5, 2.0) == ["compiled"] * 2
    assert len(found) == 1


def test_a_folder_that_is_a_link_to_one_of_our_own(cache_folder, tmp_path, quiet):
    (tmp_path / "mine").mkdir(mode=0o700)
    cache_folder.symlink_to(tmp_path / "mine")
    assert kernel().source == "compiled"
    assert kernel().source == "disk"


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777, 0o720])
def test_a_folder_that_others_can_write_to_is_not_used(mode, cache_folder):
    kernel()
    cache_folder.chmod(mode)
    with pytest.warns(cache.CacheWarning, match="others can write to the folder") as found:
        assert sources(1.5, 1.5) == ["compiled"] * 2
    assert len(found) == 1
    assert "DISPATCHML_CACHE_DIR" in str(found[0].message)


def test_a_file_that_others_can_write_to_is_not_used(cache_folder):
    kernel()
    path = only_file(cache_folder)
    path.chmod(0o666)
    with pytest.warns(cache.CacheWarning, match="others can write to"):
        assert kernel().source == "compiled"
    assert kernel().source == "disk"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(not ROOT, reason="only root can give files away")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_belongs_to_somebody_else_is_not_used(what, cache_folder):
    kernel()
    os.chown(cache_folder if what == "folder" else only_file(cache_folder), 12345, 12345)
    with pytest.warns(cache.CacheWarning, match="belongs to another user"):
        assert kernel().source == "compiled"


@pytest.mark.skipif(ROOT, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to(cache_folder):
    kernel()
    cache_folder.chmod(0o500)
    with pytest.warns(cache.CacheWarning) as found:
        assert sources(2.0, 3.0) == ["compiled"] * 2
    assert len(found) == 1
    assert kernel().source == "disk"
    cache_folder.chmod(0o700)


@pytest.mark.parametrize("error", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT, errno.EMFILE])
@pytest.mark.parametrize("call", ["open", "write", "replace", "makedirs"])
def test_a_disk_that_is_full_or_read_only(error, call, cache_folder, monkeypatch):
    kernel(9.0)

    def fail(*arguments, **keywords):
        raise OSError(error, os.strerror(error))

    if call == "write":
        real = os.fdopen

        class Full:
            def __init__(self, *arguments, **keywords):
                self.file = real(*arguments, **keywords)

            def __enter__(self):
                return self

            def __exit__(self, *error):
                self.file.close()

            def write(self, data):
                self.file.write(data[:10])
                fail()

        monkeypatch.setattr(cache, "open", Full, raising=False)  # before the built-in
    else:
        really = getattr(os, call)

        def sometimes(*arguments, **keywords):
            writing = call != "open" or (len(arguments) > 1 and arguments[1] & os.O_CREAT)
            return fail() if writing else really(*arguments, **keywords)

        monkeypatch.setattr(os, call, sometimes)
    with pytest.warns(cache.CacheWarning, match="compiled again in each process") as found:
        assert sources(2.0, 3.0) == ["compiled"] * 2
    assert len(found) == 1
    assert [p.suffix for p in cache_folder.iterdir()] == [cache.SUFFIX]


def test_a_short_write_goes_on(monkeypatch, quiet):
    real = os.fdopen

    class Slow:
        def __init__(self, *arguments, **keywords):
            self.file = real(*arguments, **keywords)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def write(self, data):
            return self.file.write(data[:7])

        def read(self, size):
            return self.file.read(size)

    monkeypatch.setattr(cache, "open", Slow, raising=False)
    cache.store(KEY, b"some code")
    monkeypatch.delattr(cache, "open")
    assert cache.load(KEY) == b"some code"


def test_a_folder_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DISPATCHML_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with pytest.warns(cache.CacheWarning) as found:
        assert sources(1.5, 1.5) == ["compiled"] * 2
    assert len(found) == 1
    assert cache.info().problem


def test_no_cache(monkeypatch, quiet):
    monkeypatch.setenv("DISPATCHML_CACHE_DIR", "")
    assert kernel().source == "compiled"
    assert kernel().source == "compiled"
    assert cache.info().problem
    assert cache.clear() == 0


@pytest.mark.parametrize(
    ("environment", "ending"),
    [
        ({"XDG_CACHE_HOME": "/somewhere", "HOME": "/home/ada"}, "/somewhere/dispatchml"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/home/ada"}, "/home/ada/.cache/dispatchml"),
        ({"HOME": "/home/ada"}, "/home/ada/.cache/dispatchml"),
        ({"DISPATCHML_CACHE_DIR": "~/code", "HOME": "/home/ada"}, "/home/ada/code"),
    ],
)
def test_where_it_is(environment, ending, monkeypatch):
    for name in ("XDG_CACHE_HOME", "HOME", "DISPATCHML_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache.folder() == ending
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "DISPATCHML_CACHE_DIR" in environment or cache.folder() == "/home/ada/Library/Caches/dispatchml"


def test_the_folder_disappears_while_it_is_used(cache_folder, quiet):
    library = kernel()
    shutil.rmtree(cache_folder)
    assert kernel(2.0).source == "compiled"
    assert kernel(2.0).source == "disk"
    assert kernel().source == "compiled"
    assert library.address("scale")


def fill(folder, sizes, age=0.0):
    """Files of so many bytes, each used a minute after the one before."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for k, size in enumerate(sizes):
        path = folder / f"{k:064x}{cache.SUFFIX}"
        path.write_bytes(bytes(size))
        os.utime(path, (0, time.time() - age - 60 * (len(sizes) - k)))


def test_the_oldest_are_deleted(cache_folder, monkeypatch):
    monkeypatch.setenv("DISPATCHML_CACHE_SIZE", "1")
    fill(cache_folder, [2**18] * 8)
    (cache_folder / "notes.txt").write_text("mine" * 10**6)
    cache.store("00" * 32, b"new")
    left = {p.name for p in cache_folder.iterdir()}
    assert left == {f"{k:064x}{cache.SUFFIX}" for k in (6, 7)} | {"00" * 32 + cache.SUFFIX, "notes.txt"}


def test_below_the_limit_nothing_is_deleted(cache_folder):
    fill(cache_folder, [100] * 20)
    cache.store("00" * 32, b"new")
    assert cache.info().files == 20


def test_what_is_used_becomes_young(cache_folder):
    cache.store(KEY, b"code")
    path = only_file(cache_folder)
    os.utime(path, (0, time.time() - 2 * cache.DAY))
    cache.load(KEY)
    assert time.time() - path.stat().st_mtime < 100


def test_what_others_left_unfinished_is_deleted_when_it_is_old(cache_folder):
    fill(cache_folder, [])
    for name, age in (("old", 2 * cache.ABANDONED), ("new", 0.0)):
        (cache_folder / (name + cache.UNFINISHED)).write_bytes(b"half")
        os.utime(cache_folder / (name + cache.UNFINISHED), (0, time.time() - age))
    cache.store("00" * 32, b"code")
    assert {p.name for p in cache_folder.iterdir()} == {"new" + cache.UNFINISHED, "00" * 32 + cache.SUFFIX}


@pytest.mark.parametrize("size", ["nonsense", "", "-1", "inf"])
def test_a_limit_that_is_none(size, monkeypatch):
    monkeypatch.setenv("DISPATCHML_CACHE_SIZE", size)
    assert cache.limit() == cache.LIMIT * 2**20


PROCESS = """
import gc, os, random, sys, time
sys.path.insert(0, {folder!r})
import numpy as np
from texts import scale
from dispatchml.compile import cache, machine
from dispatchml.compile.entry import kernel_function
random.seed(os.getpid())
x, y, found = np.arange(10.0), np.zeros(10), []
end = time.time() + {seconds}
while time.time() < end or "disk" not in found and time.time() < end + 30:
    factor = float(random.randrange(1, 9))
    machine.LIBRARIES.clear()
    library = machine.load(scale(factor), effort=0)
    found.append(library.source)
    kernel_function(library, "scale", 2, extent=10)(x, y)
    assert (y == factor * x).all()
    what = random.random()
    inside = os.environ["DISPATCHML_CACHE_DIR"]
    if what < 0.1:
        cache.clear()
    elif what < 0.3:
        for name in os.listdir(inside):
            if random.random() < 0.5:
                try:
                    with open(os.path.join(inside, name), "r+b") as file:
                        file.truncate(random.randrange(1000))
                except FileNotFoundError:
                    pass
print(len(found), found.count("disk"))
"""


def test_many_processes_and_a_vandal(cache_folder):
    script = PROCESS.format(folder=str(Path(__file__).parent), seconds=2.0)
    cache_folder.mkdir(mode=0o700)
    running = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    done = [(*process.communicate(timeout=120), process.returncode) for process in running]
    assert [error.decode() for _, error, code in done if code] == []
    calls, from_disk = np.sum([list(map(int, out.split())) for out, _, _ in done], axis=0)
    assert 0 < from_disk < calls
    assert not [p for p in cache_folder.iterdir() if p.suffix == cache.UNFINISHED]


def test_many_threads(cache_folder, quiet):
    wrong = []

    def work(k):
        for j in range(50):
            key = f"{(k + j) % 7:064x}"
            cache.store(key, key.encode() * 100)
            if cache.load(key) != key.encode() * 100:
                wrong.append(key)

    workers = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert not wrong
    assert cache.info().files == 7
