"""Where CPython and NumPy keep what machine code reads. Each offset is compared with live objects before it is used."""

from __future__ import annotations

import ctypes
import platform
import sys
import sysconfig
from typing import Any

import numpy as np

#: PyObject and the objects that extend it, in bytes, on a 64-bit machine.
TYPE = 8
FLOAT_VALUE = 16
BYTES_DATA = bytes.__basicsize__ - 1
ARRAY_DATA, ARRAY_NDIM, ARRAY_DIMS, ARRAY_STRIDES, ARRAY_BASE, ARRAY_DESCR, ARRAY_FLAGS = 16, 24, 32, 40, 48, 56, 64
UFUNC_NIN, UFUNC_NOUT, UFUNC_FUNCTIONS, UFUNC_DATA, UFUNC_NTYPES, UFUNC_TYPES = 16, 20, 32, 40, 48, 64
#: Flags of an array: contiguous in C's order, in Fortran's, aligned, writeable.
CONTIGUOUS, FORTRAN, ALIGNED, WRITEABLE = 0x0001, 0x0002, 0x0100, 0x0400
#: What NumPy calls a copy that lies in memory as the array does.
KEEP_ORDER = 2
#: Places in NumPy's table of C functions; they are part of its binary interface and never move.
API_ARRAY_TYPE, API_NEW_FROM_DESCR, API_RETURN, API_NEW_COPY = 2, 94, 76, 85
CHARACTERS = {np.dtype(c).num: c for c in "?bBhHiIlLqQefdgFDGOMm"}
MACHINES = {"x86_64": "x86", "AMD64": "x86", "aarch64": "arm", "arm64": "arm"}


class MethodDefinition(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


def read(address: int, kind: Any) -> Any:
    """A C value at an address."""
    return kind.from_address(address).value


def pointers(address: int, count: int) -> list[int]:
    """A C array of pointers or 64-bit integers."""
    return list((ctypes.c_int64 * count).from_address(address)) if count else []


def api() -> Any:
    """NumPy's table of C functions."""
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    capsule = np._core._multiarray_umath._ARRAY_API  # type: ignore[attr-defined]
    return ctypes.cast(get(capsule, None), ctypes.POINTER(ctypes.c_void_p))


def reason_against() -> str:
    """Why memory cannot be read as described here; empty where everything is where it should be."""
    if sys.implementation.name != "cpython":
        return f"this is {sys.implementation.name}, not CPython"
    if sys.version_info >= (3, 13) and sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "this Python has no global lock"
    if platform.machine() not in MACHINES or sys.platform not in ("linux", "darwin"):
        return f"{sys.platform} on {platform.machine()} has not been tried"
    if ctypes.sizeof(ctypes.c_void_p) != 8 or object.__basicsize__ != 16:
        return "objects have an unusual header"
    for number in (1.5, np.float64(1.5)):
        if read(id(number) + FLOAT_VALUE, ctypes.c_double) != 1.5:
            return "floats are laid out differently"
    if ctypes.string_at(id(b"dispatchml") + BYTES_DATA, 10) != b"dispatchml":
        return "bytes are laid out differently"
    if api()[API_ARRAY_TYPE] != id(np.ndarray):
        return "NumPy's table of C functions is laid out differently"
    if not all(
        map(is_as_described, (np.zeros((2, 3)), np.zeros((4, 3, 2), np.float32).T, np.zeros(()), np.ones(3) > 2))
    ):
        return "arrays are laid out differently"
    if not all(map(has_known_table, (np.add, np.exp, np.less, np.matmul))):
        return "ufuncs are laid out differently"
    return ""


def is_as_described(x: np.ndarray[Any, Any]) -> bool:
    """Whether an array's fields are where they are expected."""
    here = id(x)
    return (
        read(here + TYPE, ctypes.c_int64) == id(np.ndarray)
        and read(here + ARRAY_DATA, ctypes.c_int64) == x.__array_interface__["data"][0]
        and read(here + ARRAY_NDIM, ctypes.c_int) == x.ndim
        and pointers(read(here + ARRAY_DIMS, ctypes.c_int64), x.ndim) == list(x.shape)
        and pointers(read(here + ARRAY_STRIDES, ctypes.c_int64), x.ndim) == list(x.strides)
        and read(here + ARRAY_BASE, ctypes.c_int64) == (0 if x.base is None else id(x.base))
        and read(here + ARRAY_DESCR, ctypes.c_int64) == id(x.dtype)
        and read(here + ARRAY_FLAGS, ctypes.c_int) == x.flags.num
    )


def has_known_table(ufunc: Any) -> bool:
    """Whether a ufunc's table of loops is where it is expected."""
    here = id(ufunc)
    if (read(here + UFUNC_NIN, ctypes.c_int), read(here + UFUNC_NOUT, ctypes.c_int)) != (ufunc.nin, ufunc.nout):
        return False
    if read(here + UFUNC_NTYPES, ctypes.c_int) != len(ufunc.types):
        return False
    return type_table(ufunc) == [signature.replace("->", "") for signature in ufunc.types]


def type_table(ufunc: Any) -> list[str]:
    """The dtype characters of each loop, read from memory."""
    width, count = ufunc.nin + ufunc.nout, read(id(ufunc) + UFUNC_NTYPES, ctypes.c_int)
    numbers = ctypes.string_at(read(id(ufunc) + UFUNC_TYPES, ctypes.c_int64), width * count)
    characters = [CHARACTERS.get(n, "-") for n in numbers]
    return ["".join(characters[k * width : (k + 1) * width]) for k in range(count)]


def loop_of(ufunc: Any, signature: str) -> tuple[int, int] | None:
    """The address of a ufunc's inner loop for some dtype characters, and of the data that it is called with."""
    found = type_table(ufunc)
    if signature not in found:
        return None
    k = found.index(signature)
    functions, data = read(id(ufunc) + UFUNC_FUNCTIONS, ctypes.c_int64), read(id(ufunc) + UFUNC_DATA, ctypes.c_int64)
    loop = pointers(functions, k + 1)[k] if functions else 0
    return (loop, pointers(data, k + 1)[k] if data else 0) if loop else None
