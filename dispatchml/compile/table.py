"""The addresses that entry points work with: one table a process, so that no address is ever part of code on disk."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any

import numpy as np

from ..backends.native import layout

#: Functions of CPython, of NumPy's table (with their places in it), and of the C library.
PYTHON = (
    "Py_IncRef", "Py_DecRef", "PyObject_Vectorcall", "PyFloat_FromDouble", "PyComplex_FromDoubles",
    "PyLong_FromLongLong", "PyLong_AsLongLongAndOverflow", "PyUnicode_Compare", "PyTuple_New", "PyTuple_SetItem",
    "PyList_New", "PyList_SetItem", "PyDict_New", "PyDict_SetItem", "PyDict_Size", "PyDict_GetItemWithError",
    "PyErr_Clear", "PyErr_NoMemory", "PyErr_CheckSignals", "PyEval_SaveThread", "PyEval_RestoreThread",
    "PyThread_tss_get",
)  # fmt: skip
NUMPY = {"new_array": layout.API_NEW_FROM_DESCR, "new_scalar": 60}
C = (
    "posix_memalign", "madvise", "free", "clock_gettime", "getpid", "feclearexcept", "fetestexcept",
    "pthread_create", "pthread_join", "pthread_sigmask", "pthread_mutex_init", "pthread_mutex_lock",
    "pthread_mutex_unlock", "pthread_cond_init", "pthread_cond_wait", "pthread_cond_signal",
)  # fmt: skip
OBJECTS = {"ndarray": np.ndarray, "int": int, "NotImplemented": NotImplemented, "True": True, "False": False}
#: Words that change: the address of the pool of threads; scratch memory kept between calls and its limit, in bytes.
CHANGING = ("pool", "kept", "most_kept")
NAMES = (*PYTHON, *NUMPY, *C, *OBJECTS, "None", *CHANGING)
OFFSETS = {name: 8 * k for k, name in enumerate(NAMES)}
#: Scratch memory that all programs together keep for their next calls.
MOST_KEPT = 256 * 2**20
#: The clock that never goes back, as the system numbers it.
CLOCK = 1 if sys.platform == "linux" else 6


@cache
def table() -> Any:
    """The table; it is never given back, as threads of ours read it."""
    made = (ctypes.c_int64 * len(NAMES))()
    numpy_functions, c_functions = layout.api(), ctypes.CDLL(None)

    def write(name: str, value: int) -> None:
        made[OFFSETS[name] // 8] = value

    for library, names in ((ctypes.pythonapi, PYTHON), (c_functions, C)):
        for name in names:
            write(name, ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0)
    for name, place in NUMPY.items():
        write(name, numpy_functions[place])
    for name, thing in {**OBJECTS, "None": None}.items():
        write(name, id(thing))
    write("most_kept", MOST_KEPT)
    return made


def address() -> int:
    """Where the table is."""
    return ctypes.addressof(table())


def set_word(name: str, value: int) -> None:
    """Write one of the words that change."""
    table()[OFFSETS[name] // 8] = value


def word(name: str) -> int:
    """Read a word."""
    return table()[OFFSETS[name] // 8]
