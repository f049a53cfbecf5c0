"""From assembled functions to Python's callables: LLVM compiles one module, and each callable has its own record."""

from __future__ import annotations

import ctypes
import platform
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from . import layout

#: dtype characters of the entries of a record, in their order.
ENTRIES = "dfD"
FASTCALL = 0x0080


class Machine:
    """The compiled functions of this process. What it makes lives as long as it does: for ever."""

    def __init__(self) -> None:
        import llvmlite.binding as llvm
        import llvmlite.ir as ir

        from . import choices, elementwise, products, programs, reductions, tools
        from .assembler import Assembler

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        llvm.initialize_native_asmparser()
        module = ir.Module("dispatchml.native")
        kind, addresses = layout.MACHINES[platform.machine()], known_addresses()
        functions = (
            elementwise.unary, elementwise.binary, choices.choose, tools.alike, tools.finite, tools.kept,
            tools.fingerprint, products.matmul, reductions.reduction, programs.program,
            programs.recording,
        )  # fmt: skip
        for write in functions:
            write(Assembler(module, write.__name__, kind, addresses))
        compiled = llvm.parse_assembly(str(module))
        compiled.verify()
        try:
            processor = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
        except RuntimeError:  # LLVM does not know this one: what all of its kind can do
            processor = "", ""
        target = llvm.Target.from_default_triple().create_target_machine(*processor, opt=3)
        self.engine = llvm.create_mcjit_compiler(compiled, target)
        self.engine.finalize_object()
        self.addresses = {f.__name__: self.engine.get_function_address(f.__name__) for f in functions}
        self.alive: list[Any] = []

    def callable(self, function: str, name: str, record: bytes, *alive: Any) -> Callable[..., Any]:
        """A built-in function of Python that runs a compiled one over its record."""
        definition = layout.MethodDefinition(name.encode(), self.addresses[function], FASTCALL, None)
        self.alive.append((definition, record, alive))
        make = ctypes.pythonapi.PyCFunction_NewEx
        make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.py_object, ctypes.py_object)
        return make(ctypes.addressof(definition), record, "dispatchml.backends.native")

    def ufunc(self, ufunc: Any, unusual: Callable[..., Any], numbers: str = "") -> Callable[..., Any] | None:
        """A ufunc for small plain arrays, or None where it has no loop for floats.

        unusual: what is called for everything else. numbers: the C function behind Python's operator, for two numbers.
        """
        if not isinstance(ufunc, np.ufunc) or ufunc.nout != 1 or ufunc.nin > 2 or ufunc.signature is not None:
            return None
        entries = [entry(ufunc, character * ufunc.nin) for character in ENTRIES]
        if not any(entries[0]):
            return None
        head = struct.pack("QQ", id(unusual), address_of(numbers) if numbers else 0)
        record = head + b"".join(struct.pack("Q" * len(e), *e) for e in entries)
        return self.callable("unary" if ufunc.nin == 1 else "binary", ufunc.__name__, record, ufunc, unusual)

    def where(self, unusual: Callable[..., Any]) -> Callable[..., Any]:
        """numpy.where of a mask and float arrays or numbers."""
        entries = [(id(np.dtype(c)), np.dtype(c).itemsize, 0, 0, id(np.dtype(c)), np.dtype(c).itemsize) for c in "df"]
        record = struct.pack("QQ", id(unusual), 0) + b"".join(struct.pack("Q" * 6, *e) for e in entries)
        return self.callable("choose", "where", record, unusual)

    def alike(self) -> Callable[..., bool]:
        """alike(x, y, ...): whether all are plain arrays of one float dtype and one shape."""
        doubles, singles = np.dtype("d"), np.dtype("f")
        return self.callable("alike", "alike", struct.pack("QQQ", id(no), id(doubles), id(singles)), doubles, singles)

    def finite(self, unusual: Callable[[Any], bool]) -> Callable[[Any], bool]:
        """finite(x): whether an array of floats, a mask or a Python float holds neither nan nor inf."""
        record = struct.pack("QQQ", id(unusual), id(np.dtype("d")), id(np.dtype("f")))
        return self.callable("finite", "finite", record, unusual)

    def fingerprint(self, unusual: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """fingerprint(x): a number that changes when the contents change."""
        dtypes = tuple(map(id, map(np.dtype, "dfDF")))
        record = struct.pack("QQQQQ", id(unusual), *dtypes)
        return self.callable("fingerprint", "fingerprint", record, unusual)

    def kept(self, unusual: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """kept(tape, x): an array that nobody can write into; small ones are copied."""
        dtypes = tuple(map(id, map(np.dtype, "df?")))
        return self.callable("kept", "kept", struct.pack("QQQQ", id(unusual), *dtypes), unusual)

    def matmul(self, unusual: Callable[..., Any]) -> Callable[..., Any]:
        """numpy.matmul of small matrices and vectors."""
        entries = [entry(np.matmul, c + c) for c in ENTRIES]
        record = struct.pack("QQ", id(unusual), 0) + b"".join(struct.pack("Q" * 6, *e) for e in entries)
        return self.callable("matmul", "matmul", record, unusual)

    def reduce(self, ufunc: Any, start: float, unusual: Callable[..., Any]) -> Callable[..., Any]:
        """ufunc.reduce as reduce(x, axis, keepdims); start is what changes nothing, nan where nothing does."""
        entries = [entry(ufunc, c + c) for c in ENTRIES]
        record = struct.pack("Qd", id(unusual), start) + b"".join(struct.pack("Q" * 6, *e) for e in entries)
        return self.callable("reduction", ufunc.__name__, record, unusual)

    def program(
        self, steps: Any, outputs: tuple[str, ...], cls: type | None = None, slots: tuple[str, ...] = ()
    ) -> Callable[..., Any] | None:
        """Several elementwise calls in one (`programs`), or None where one of them has no loop for floats."""
        record, alive = steps.record(outputs, entry, cls, slots)
        return self.callable("program", "program", record, cls, *alive) if record else None

    def recording(
        self, steps: Any, output: str, indices: int, kept: tuple[int, ...], cls: type, slots: Any, tape: type
    ) -> Callable[..., Any] | None:
        """An elementwise call that is put on a tape.

        indices: how many of its operands are traced. kept: the operands, and the result behind them, that it keeps.
        """
        record, alive = steps.record((output,), entry, cls, slots)
        if not record:
            return None
        record += struct.pack("Q" * (3 + len(kept)), id(tape), indices, len(kept), *kept)
        return self.callable("recording", "recording", record, cls, tape, *alive)


def no(*_: Any) -> bool:
    """What `alike` would leave unusual calls to; it has none."""
    return False


def entry(ufunc: Any, given: str) -> tuple[int, ...]:
    """dtype, size, loop, its data, dtype and size of the result; zeros where there is no such loop."""
    for signature in layout.type_table(ufunc):
        if signature[: ufunc.nin] == given:
            found = layout.loop_of(ufunc, signature)
            if found is None:
                break
            mine, out = np.dtype(given[0]), np.dtype(signature[-1])
            return (id(mine), mine.itemsize, *found, id(out), out.itemsize)
    return (0,) * 6


def address_of(name: str) -> int:
    """The address of a function of CPython."""
    return ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0


def known_addresses() -> dict[str, int]:
    """What the compiled code refers to: classes, constants and C functions, none of which ever goes away."""
    table = layout.api()
    functions = (
        "Py_IncRef",
        "Py_DecRef",
        "PyObject_Vectorcall",
        "PyLong_AsDouble",
        "PyLong_AsSsize_t",
        "PyErr_Clear",
        "PyErr_Occurred",
        "PyLong_FromLongLong",
        "PyTuple_New",
        "PyTuple_SetItem",
        "PyType_GenericAlloc",
        "PyList_Size",
        "PyEval_SaveThread",
        "PyEval_RestoreThread",
        "PyList_Append",
    )
    return {
        **{name: address_of(name) for name in functions},
        "new_array": table[layout.API_NEW_FROM_DESCR],
        "as_scalar": table[layout.API_RETURN],
        "copy_array": table[layout.API_NEW_COPY],
        "ndarray": id(np.ndarray),
        "float64": id(np.float64),
        "float": id(float),
        "int": id(int),
        "None": id(None),
        "True": id(True),
        "False": id(False),
        "bool descr": id(np.dtype(bool)),
    }
