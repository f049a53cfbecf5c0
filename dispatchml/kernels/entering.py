"""Calls of kernels without Python in between: a C function for each combination of kinds, which CPython calls.

It looks at the classes, dtypes, dimensions and flags of its arguments, writes their words down, runs the kernel and
makes the objects of the result: 0.1 us for a few numbers or arrays. Where an argument is of another kind, or the kernel
fails, it returns NotImplemented with nothing done. Its text depends on the kinds alone, so that most kernels find
theirs compiled.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from ..backends.native import layout
from ..compile import machine, probes, table
from ..compile.assembly import Function, Register
from ..compile.driver.words import SIZE, TUPLE_ITEMS
from . import kinds, stack
from .failing import INTERRUPTED

#: Words of the record: the table of addresses, the kernel, what gives an array back, the key under which a thread keeps
#: the end of its stack, then objects.
TABLE, KERNEL, RELEASE, STACK, OBJECTS = 0, 8, 16, 24, 32


class Objects:
    """The objects that the code of some kinds compares with, and where they stand in the record."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self.values: list[Any] = []

    def place(self, name: str, value: Any) -> int:
        """The place of an object."""
        if name not in self.places:
            self.places[name] = OBJECTS + 8 * len(self.values)
            self.values.append(value)
        return self.places[name]


class Entry:
    """Writes the function."""

    def __init__(self, arguments: tuple[str, ...], result: str, pythons: bool) -> None:
        #: Whether a float must be Python's own.
        self.pythons = pythons
        self.objects = Objects()
        self.f = f = Function("enter", "ptr", ["ptr", "ptr", "i64"])
        bound, given, count = f.arguments
        self.record = bound + layout.BYTES_DATA
        self.table = f.load(self.record, TABLE, "ptr")
        self.words = f.room(8 * max(1, sum(map(kinds.words, arguments))))
        self.results = f.room(8 * max(1, kinds.words(result)))
        self.place, self.miss = 0, f.block()
        f.need(count.equals(len(arguments)), self.miss)
        for k, kind in enumerate(arguments):
            self.take(kind, f.load(given, 8 * k, "ptr"))
        end = f.call(self.known("PyThread_tss_get"), f.load(self.record, STACK, "ptr"))
        f.need(end.differs(0), self.miss)
        code = f.call(f.load(self.record, KERNEL, "ptr"), self.words, self.results, end, result="i32")
        stopped = f.block()
        f.need(code.differs(INTERRUPTED), stopped)
        f.need(code.equals(0), self.miss)
        self.place = 0
        f.give_back(self.make(result))
        f.begin(self.miss)
        f.give_back(self.counted(self.known("NotImplemented")))
        f.begin(stopped)  # Python has an exception
        f.give_back(f.constant(0, "ptr"))

    # ---- objects -----------------------------------------------------------------------------------------------------

    def known(self, name: str) -> Register:
        """An object or a function of the table."""
        return self.f.load(self.table, table.OFFSETS[name], "ptr")

    def own(self, name: str, value: Any) -> Register:
        """An object of the record."""
        return self.f.load(self.record, self.objects.place(name, value), "ptr")

    def counted(self, x: Register) -> Register:
        """An object with one reference more."""
        self.f.call(self.known("Py_IncRef"), x, result="void")
        return x

    # ---- arguments ---------------------------------------------------------------------------------------------------

    def write(self, value: Register) -> None:
        """The next word."""
        self.f.store(value, self.words, self.place)
        self.place += 8

    def take(self, kind: str, x: Register) -> None:
        """An argument as words, where it is of its kind."""
        f = self.f
        cls = f.load(x, layout.TYPE, "ptr")
        if kinds.is_tuple(kind):
            inside = kinds.elements(kind)
            f.need(cls.equals(self.own("tuple", tuple)), self.miss)
            f.need(f.load(x, SIZE).equals(len(inside)), self.miss)
            for k, inner in enumerate(inside):
                self.take(inner, f.load(x, TUPLE_ITEMS + 8 * k, "ptr"))
        elif kinds.is_array(kind):
            self.take_array(kind, x, cls)
        elif kind == "d":
            known = cls.equals(self.own("float", float))
            if not self.pythons:
                numpys = cls.equals(self.own("float64", np.float64))
                known = f.line(f"or i1 {known.name}, {numpys.name}", "i1")
            f.need(known, self.miss)
            self.write(f.load(x, layout.FLOAT_VALUE))
        elif kind == "q":
            f.need(cls.equals(self.known("int")), self.miss)
            overflow = f.variable("i32")
            value = f.call(self.known("PyLong_AsLongLongAndOverflow"), x, overflow.place)
            f.need(overflow.get().equals(0), self.miss)
            self.write(value)
        elif kind == "?":
            true = x.equals(self.known("True"))
            f.need(f.line(f"or i1 {true.name}, {x.equals(self.known('False')).name}", "i1"), self.miss)
            self.write(true.as_kind("i64"))
        else:
            raise LookupError(kind)

    def take_array(self, kind: str, x: Register, cls: Register) -> None:
        """An array as words."""
        f = self.f
        if kind[-1] == "A":
            raise LookupError(kind)
        count, dtype = kinds.dimensions(kind), np.dtype(kind[0])
        f.need(cls.equals(self.known("ndarray")), self.miss)
        f.need(f.load(x, layout.ARRAY_DESCR, "ptr").equals(self.own(f"dtype {dtype.char}", dtype)), self.miss)
        f.need(f.load(x, layout.ARRAY_NDIM, "i32").equals(count), self.miss)
        wanted = layout.ALIGNED | (layout.CONTIGUOUS if kind[-1] == "C" else layout.FORTRAN)
        flags = f.load(x, layout.ARRAY_FLAGS, "i32") & wanted
        f.need(flags.equals(wanted), self.miss)
        if kind[-1] == "F":  # what is of both orders is of the other kind
            f.need((f.load(x, layout.ARRAY_FLAGS, "i32") & layout.CONTIGUOUS).equals(0), self.miss)
        self.write(f.constant(0))
        self.write(f.load(x, layout.ARRAY_DATA))
        for where in (layout.ARRAY_DIMS, layout.ARRAY_STRIDES):
            pointer = f.load(x, where, "ptr")
            for k in range(count):
                self.write(f.load(pointer, 8 * k))

    # ---- the result --------------------------------------------------------------------------------------------------

    def next(self) -> int:
        """The place of the next word of the result."""
        self.place += 8
        return self.place - 8

    def make(self, kind: str) -> Register:
        """The object of the next words."""
        f = self.f
        if kinds.is_tuple(kind):
            inside = kinds.elements(kind)
            made = f.call(self.known("PyTuple_New"), f.constant(len(inside)), result="ptr")
            for k, inner in enumerate(inside):
                f.call(self.known("PyTuple_SetItem"), made, f.constant(k), self.make(inner), result="i32")
            return made
        if kinds.is_array(kind):
            return self.make_array(kind)
        if kind == "d":
            return f.call(self.known("PyFloat_FromDouble"), f.load(self.results, self.next(), "double"), result="ptr")
        if kind == "q":
            return f.call(self.known("PyLong_FromLongLong"), f.load(self.results, self.next()), result="ptr")
        if kind == "?":
            truth = f.load(self.results, self.next()).differs(0)
            return self.counted(f.choose(truth, self.known("True"), self.known("False")))
        if kind == "N":
            return self.counted(self.known("None"))
        raise LookupError(kind)

    def make_array(self, kind: str) -> Register:
        """A new array, into which the kernel's is copied."""
        f = self.f
        if kind[-1] != "C":
            raise LookupError(kind)
        count, dtype = kinds.dimensions(kind), np.dtype(kind[0])
        owner, data = f.load(self.results, self.next()), f.load(self.results, self.next(), "ptr")
        shape, size = self.results + self.place, f.constant(dtype.itemsize)
        for _ in range(count):
            size = size * f.load(self.results, self.next())
        self.place += 8 * count
        null = f.constant(0, "ptr")
        made = f.call(
            self.known("new_array"), self.known("ndarray"), self.counted(self.own(f"dtype {dtype.char}", dtype)),
            f.constant(count, "i32"), shape, null, null, f.constant(0, "i32"), null, result="ptr",
        )  # fmt: skip
        with f.when(made.differs(0)):
            target = f.load(made, layout.ARRAY_DATA, "ptr")
            f.line(f"call ptr @memcpy(ptr {target.name}, ptr {data.name}, i64 {size.name})", "ptr")
        with f.when(owner.differs(0)):
            pointer = f.line(f"inttoptr i64 {owner.name} to ptr", "ptr")
            f.call(f.load(self.record, RELEASE, "ptr"), pointer, result="void")
        return made


@lru_cache(1024)
def written(arguments: tuple[str, ...], result: str, pythons: bool) -> tuple[str, Objects] | None:
    """The text of the function for some kinds, and its objects; None for kinds that it does not know."""
    try:
        entry = Entry(arguments, result, pythons)
    except LookupError:
        return None
    return f"declare ptr @memcpy(ptr, ptr, i64)\n{entry.f.text()}", entry.objects


def enter(code: Any, name: str) -> Callable[..., Any] | None:
    """A built-in function of Python that calls a kernel; None where there is none for its kinds, or on this machine.

    It returns NotImplemented for arguments of other kinds, and where the kernel has failed.
    """
    if probes.reason_against():
        return None
    made = written(code.arguments, code.result, bool(code.table.get("sizeless")))
    if made is None:
        return None
    text, objects = made
    library = machine.load(text, effort=0)
    kernel, release = code.library.address("kernel"), code.library.address("release")
    words = (table.address(), kernel, release, stack.key(), *map(id, objects.values))
    record = struct.pack(f"={len(words)}Q", *words)
    definition = layout.MethodDefinition(name.encode(), library.address("enter"), 0x0080, None)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.py_object, ctypes.py_object)
    function = make(ctypes.addressof(definition), record, "dispatchml.kernels")
    KEPT.append((definition, library, code.library, objects))
    return function


#: What built functions point to.
KEPT: list[Any] = []
