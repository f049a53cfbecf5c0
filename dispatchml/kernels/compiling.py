"""From a source and the kinds of its arguments to machine code.

    code = compile(close(read(f)).source, ("d", "d1C"))
    code.result              # "d": the kind of what it returns
    code(x, array)           # run it

The code is kept on disk under what it was made of: the texts of the functions, their constants, the kinds, the
processor, the versions. A later process needs no Numba for it.
"""

from __future__ import annotations

import ast
import ctypes
import json
import struct
import types
from typing import Any

import numpy as np

from ..compile import cache, machine
from ..dispatch.errors import DispatchmlError, at_user_line
from . import kinds, stack
from .errors import KernelError
from .results import rebuild
from .source import Source

FORMAT = "kernels 7"
NAME = "kernel"
#: NumPy's numbers of the kinds that Python's have.
SIZED = (np.float64, np.int64)


class Code:
    """Machine code of a function for arguments of some kinds.

    arguments, result: the kinds. origin: "compiled" or "disk". library: holds the functions `kernel` and `release`.
    """

    __slots__ = ("arguments", "result", "library", "run", "release", "table", "origin", "packer", "size")

    def __init__(
        self, arguments: tuple[str, ...], result: str, library: Any, table: dict[str, Any], origin: str
    ) -> None:
        self.arguments, self.result, self.library, self.table, self.origin = arguments, result, library, table, origin
        # Python's lock is held: a long loop lets Python handle signals
        kind = ctypes.PYFUNCTYPE(ctypes.c_int32, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_uint64)
        self.run = kind(library.address(NAME))
        self.release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(library.address("release"))
        self.packer = kinds.packer(f"({','.join(arguments)})")
        self.size = max(kinds.words(result), 1)

    def __call__(self, *arguments: Any) -> Any:
        """The result for arguments of the right kinds."""
        for k in self.table.get("sizeless", ()):
            if type(arguments[k]) in SIZED:
                raise KernelError(
                    f"A kernel was given a {type(arguments[k]).__name__} that meets a float32{at_user_line()}: NumPy "
                    f"would go on in float64. Hand over a Python number, x.item(), or np.float32(x)."
                )
        words = [w for x, k in zip(arguments, self.arguments, strict=True) for w in kinds.words_of(x, k)]
        results = (ctypes.c_int64 * self.size)()
        try:
            given = self.packer.pack(*words)
        except struct.error as error:
            raise KernelError(
                f"A kernel takes whole numbers of 64 bits, and was given a larger one{at_user_line()}. Hand it over "
                "as a float."
            ) from error
        code = self.run(given, ctypes.addressof(results), stack.limit())
        if code:
            raise self.error(code)
        return rebuild(self.result, results, self.release)

    def error(self, code: int) -> BaseException:
        """The exception that a returned number stands for, with the user's line."""
        from .failing import exception

        return exception(code, self.table)


def compile(source: Source, arguments: tuple[str, ...], unchecked: bool = False, effort: int = 3) -> Code:
    """The machine code of a closed source for arguments of some kinds.

    unchecked: indices are not compared with the sizes of arrays. effort: how hard LLVM looks for good code.

    Raises KernelError, with the user's line, where Numba cannot compile it.
    """
    key = cache.key_of(
        *machine.circumstances(), FORMAT, versions(), identity(source), *arguments, str(unchecked), str(effort)
    )
    data = cache.load(key)
    if data is not None:
        try:
            made = json.loads(data)
            library = machine.load_key(made["library"])
            if library is not None:
                return Code(arguments, made["result"], library, made["table"], "disk")
        except (ValueError, KeyError, DispatchmlError):
            pass  # damaged: it is compiled again
    from .building import build

    text, result, table = build(source, arguments, unchecked)
    try:
        library = machine.load(text, effort)
    except machine.CompilationError as error:
        raise KernelError(
            f"{source.name} cannot be compiled ({source.line(source.tree)}): {error} Write what it does with numbers "
            "and arrays alone. DISPATCHML_DEBUG=1 runs it uncompiled."
        ) from error
    cache.store(key, json.dumps({"library": library.key, "result": result, "table": table}).encode())
    return Code(arguments, result, library, table, "compiled")


def versions() -> str:
    """What Numba is, without importing it."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"numba {version('numba')}"
    except PackageNotFoundError as error:
        raise KernelError("Kernels are compiled by Numba, which is not installed: pip install numba.") from error


def identity(source: Source) -> str:
    """Everything that the code of a source depends on, as a text."""
    every = list(source.reached())
    number = {id(s): k for k, s in enumerate(every)}
    parts = []
    for s in every:
        helpers = {name: number[id(h)] for name, h in s.helpers.items()}
        names = {name: constant_text(value) for name, value in sorted(s.names.items())}
        # the line numbers are part of it, as errors name them
        parts.append(f"{s.file}\n{ast.dump(s.tree, include_attributes=False)}\n{lines(s.tree)}\n{names}\n{helpers}")
    return "\n\n".join(parts)


def lines(tree: ast.AST) -> str:
    """The line of each statement."""
    return " ".join(str(n.lineno) for n in ast.walk(tree) if isinstance(n, ast.stmt))


def constant_text(value: Any) -> str:
    """A constant as a text that tells it from others."""
    if isinstance(value, (int, float, complex, str, bytes, bool, type(None), tuple)):
        return repr(value)
    if isinstance(value, types.ModuleType):
        return value.__name__
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None) or repr(value)
    return f"{getattr(value, '__module__', '')}.{name}"
