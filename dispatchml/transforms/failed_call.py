"""The call in the user's code that an error came out of: its function, arguments and line, from the error's frames."""

from __future__ import annotations

import os
import sysconfig
from types import TracebackType
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.called import source_at
from ..dispatch.errors import describe, is_hidden, is_ours
from ..engines.traced import Traced, hidden_axes

#: How the files of the functions of operations begin (dispatch/generated.py).
DISPATCHERS = "<dispatchml operation of "


class Call:
    """A call that an error came out of: what the user's code called, and the first operation that it led to.

    name, arguments, keywords: of the function as the user knows it. operation: its name in dispatchml.ops, or "".
    """

    __slots__ = ("name", "arguments", "keywords", "operation", "place", "source")

    def __init__(self, place: str, source: str) -> None:
        self.name, self.operation = "", ""
        self.arguments: tuple[Any, ...] = ()
        self.keywords: dict[str, Any] = {}
        self.place, self.source = place, source

    def look(self, entry: TracebackType) -> bool:
        """Learn from a frame; whether nothing more is to be learnt."""
        frame = entry.tb_frame
        code, seen = frame.f_code, frame.f_locals
        if code.co_filename.startswith(DISPATCHERS):
            arguments = tuple(seen.get(name) for name in code.co_varnames[: code.co_argcount])
            count = code.co_argcount
            names = code.co_varnames[count : count + code.co_kwonlyargcount]
            self.operation = code.co_name
            if not self.name:
                usual = usual_keywords(code.co_name)
                self.name, self.arguments = code.co_name, arguments
                self.keywords = {k: seen.get(k) for k in names if k not in usual or seen.get(k) is not usual[k]}
            return True
        if not self.name and is_ours(code.co_filename):
            if code.co_name == "array_function":
                func = seen["func"]
                self.name = f"{getattr(func, '__module__', 'numpy')}.{getattr(func, '__name__', func)}"
                self.arguments, self.keywords = seen["args"], seen["kwargs"]
            elif code.co_name == "array_ufunc":
                method = "" if seen["method"] == "__call__" else f".{seen['method']}"
                self.name = f"numpy.{seen['ufunc'].__name__}{method}"
                self.arguments, self.keywords = (seen["x"], *seen["others"]), seen["kwargs"]
            elif code.co_name == "public" and "args" in seen:
                self.name = getattr(seen.get("function"), "__name__", "").rstrip("_")
                self.arguments, self.keywords = seen["args"], seen["kwargs"]
        return False

    def text(self) -> str:
        """The call with its arguments described."""
        if not self.name:
            return f"`{self.source}`" if self.source else "An operation"
        given = [said(x) for x in self.arguments] + [
            f"{k}={said(v)}" for k, v in self.keywords.items() if v is not None
        ]
        return f"{self.name}({', '.join(given)})"

    @property
    def is_batched(self) -> bool:
        """Whether an argument has axes that the user does not see."""
        return any(isinstance(x, Traced) and hidden_axes(x) for x in self.arrays)

    @property
    def arrays(self) -> list[Any]:
        """The arguments that have a shape, those in lists and tuples too."""
        found: list[Any] = []
        for x in (*self.arguments, *self.keywords.values()):
            found += [v for v in (x if type(x) in (list, tuple) else (x,)) if isinstance(v, (Traced, np.ndarray))]
        return found


def said(x: Any) -> str:
    """An argument: arrays by shape and dtype, settings as they were written."""
    if type(x) in (int, str, bool, slice, type(None), type(...)) or isinstance(x, (np.dtype, type)):
        return x.__name__ if isinstance(x, type) else repr(x)
    if type(x) in (tuple, list):
        inside = ", ".join(map(said, x[:6])) + (", ..." if len(x) > 6 else "")
        if type(x) is list:
            return f"[{inside}]"
        return f"({inside},)" if len(x) == 1 else f"({inside})"
    return describe(x)


def usual_keywords(name: str) -> dict[str, Any]:
    """The keywords of an operation with their defaults."""
    info = getattr(getattr(ops, name, None), "info", None)
    return info.keywords if info is not None else {}


def is_library(file: str) -> bool:
    """Whether a file is of an installed package or of Python's own library."""
    return file.startswith(tuple(sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")))


def call_of(error: Exception) -> tuple[Call, list[TracebackType]] | None:
    """The call in the user's code that an error came out of, and the frames inside it."""
    entries: list[TracebackType] = []
    entry = error.__traceback__
    while entry is not None:
        entries.append(entry)
        entry = entry.tb_next
    files = [k.tb_frame.f_code.co_filename for k in entries]
    seen = [k for k, file in enumerate(files) if not is_hidden(file)]
    while len(seen) > 1 and is_library(files[seen[-1]]) and any(map(is_ours, files[seen[-2] : seen[-1]])):
        seen.pop()  # a library that one of our kernels calls
    if not seen:
        return None
    last = seen[-1]
    user, inside = entries[last], entries[last + 1 :]
    code = user.tb_frame.f_code
    call = Call(f"{code.co_filename}:{user.tb_lineno}", source_at(code, user.tb_lasti, user.tb_frame.f_globals))
    for entry in inside:
        if call.look(entry):
            break
    return call, inside
