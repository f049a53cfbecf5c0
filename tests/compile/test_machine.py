"""Loading of machine code: from memory, from disk, compiled; what it needs and what it leaves behind."""

import ctypes
import gc
import os
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest

from dispatchml.compile import executable, image, linking, machine

from .texts import CLEAR, scale

KERNEL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


def run(library, symbol, *arrays, hi):
    """Call a kernel by its address."""
    pointers = (ctypes.c_void_p * len(arrays))(*(a.ctypes.data for a in arrays))
    KERNEL(library.address(symbol))(pointers, None, 0, hi)


def forget():
    """As in a new process: nothing is in memory."""
    gc.collect()
    machine.LIBRARIES.clear()


def scaled(library, symbol="scale", n=37):
    """What the kernel makes of 0, 1, 2, ..."""
    x, y = np.arange(float(n)), np.zeros(n)
    run(library, symbol, x, y, hi=n)
    return y


def test_compiled_then_from_memory_then_from_disk():
    library = machine.load(scale(2.5))
    assert library.source == "compiled"
    assert machine.load(scale(2.5)) is library
    np.testing.assert_array_equal(scaled(library), 2.5 * np.arange(37.0))
    forget()
    again = machine.load(scale(2.5))
    assert again.source == "disk"
    np.testing.assert_array_equal(scaled(again), 2.5 * np.arange(37.0))


def test_other_texts_are_other_libraries():
    one, other = machine.load(scale(2.0)), machine.load(scale(3.0))
    assert one.key != other.key
    np.testing.assert_array_equal(scaled(other) / 3.0, scaled(one) / 2.0)


def test_several_functions_of_one_text():
    library = machine.load(scale(2.0, "double") + scale(7.0, "sevenfold").partition("attributes")[0])
    assert set(library.symbols) == {"double", "sevenfold"}
    np.testing.assert_array_equal(scaled(library, "sevenfold"), 7 * np.arange(37.0))
    np.testing.assert_array_equal(scaled(library, "double"), 2 * np.arange(37.0))


@pytest.mark.parametrize("fresh", [True, False])
def test_calls_of_the_c_library(fresh):
    library = machine.load(CLEAR)
    if not fresh:
        forget()
        library = machine.load(CLEAR)
    x = np.arange(100.0)
    run(library, "clear", x, hi=400)
    np.testing.assert_array_equal(x, np.where(np.arange(100) < 50, 0, np.arange(100)))


def test_objects_that_images_do_not_know_go_to_llvms_linker(monkeypatch):
    def refuse(data):
        raise linking.LinkError("of another machine")

    monkeypatch.setattr(linking, "link", refuse)
    for source in ("compiled", "disk"):
        library = machine.load(scale(1.25))
        assert library.source == source
        np.testing.assert_array_equal(scaled(library), 1.25 * np.arange(37.0))
        clear = machine.load(CLEAR)
        x = np.ones(8)
        run(clear, "clear", x, hi=64)
        assert not x.any()
        del library, clear
        forget()


def is_mapped(address):
    """Whether an address lies in a part of memory that can be run; neighbouring parts are shown as one."""
    lines = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    ranges = [[int(end, 16) for end in line[0].split("-")] for line in lines if "x" in line[1]]
    return any(start <= address < end for start, end in ranges)


def test_a_library_ends_with_its_last_reference():
    library = machine.load(scale(9.0))
    there, base, key = weakref.ref(library), library.memory.base, library.key
    assert sys.platform != "linux" or is_mapped(base)
    del library
    gc.collect()
    assert there() is None
    assert key not in machine.LIBRARIES


def test_memory_that_ends_when_the_names_of_its_module_are_gone(monkeypatch):
    """As at the end of the process, when a module that is cleared later still holds a library."""
    library = machine.load(scale(19.0))
    with monkeypatch.context() as patch:
        patch.setattr(executable, "sys", None)
        library.memory.__del__()
    assert library.memory.size


def test_text_that_is_not_llvms():
    with pytest.raises(machine.CompilationError, match="LLVM refuses"):
        machine.load("define void @f() { nonsense }")


def test_text_that_lacks_a_function():
    with pytest.raises(machine.CompilationError, match="does not define: elsewhere"):
        machine.load("declare void @elsewhere()\ndefine void @f() { call void @elsewhere()\n ret void }")


def test_unknown_symbol():
    with pytest.raises(KeyError, match="no function 'absent'; there are: scale"):
        machine.load(scale(2.0)).address("absent")


def test_many_threads_get_one_library():
    found = []
    threads = [threading.Thread(target=lambda: found.append(machine.load(scale(11.0)))) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_fork_while_another_thread_compiles():
    locked, release = threading.Event(), threading.Event()

    def hold():
        with machine.LOCK:
            locked.set()
            release.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait()
    child = os.fork()
    if not child:
        os._exit(0 if machine.load(scale(13.0)).address("scale") else 1)
    release.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


FRESH = """
import sys
from dispatchml.compile import machine
sys.path.insert(0, {folder!r})
from texts import scale
library = machine.load(scale(6.5))
print(library.source, *(m for m in {heavy} if m in sys.modules))
"""


def test_loading_from_disk_imports_nothing_heavy():
    heavy = ["llvmlite", "numba", "hashlib", "tempfile", "importlib.metadata", "attrs", "optree", "plum"]
    script = FRESH.format(folder=str(Path(__file__).parent), heavy=heavy)
    machine.load(scale(6.5))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == "disk"
    if machine.load(scale(6.5)).kind == "image":
        assert done.stdout.split() == ["disk"]


def test_images_survive_packing():
    made = image.Image(b"\x90\xc3abc", {"f": 0, "g": 1}, [(2, "memcpy")], [(3, 4), (0, 1)])
    assert image.unpack(image.pack(made)) == made
    assert image.unpack(image.pack(image.Image(b"", {}, [], []))) == image.Image(b"", {}, [], [])
