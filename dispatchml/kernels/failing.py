"""Errors of running kernels: numbers become exceptions that name the user's line."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ..dispatch.errors import DispatchmlError

#: The number of an error is below this, that of its place above it.
PLACES = 1 << 12
#: What a kernel returns where Python has an exception: a handler of a signal has raised it.
INTERRUPTED = -1


class KernelRuntimeError(DispatchmlError):
    """A kernel failed while it ran. The class is always the built-in or NumPy's error, too, which the kernel raised:
    `KernelIndexError`, `KernelValueError`.
    """


class KernelIndexError(KernelRuntimeError, IndexError):
    """An index lies outside of its array."""


KNOWN: dict[str, type[BaseException]] = {"IndexError": KernelIndexError}


def class_of(name: str) -> type[BaseException]:
    """Our class for an error of a name."""
    known = KNOWN.get(name)
    if known is None:
        base = getattr(builtins, name, None) or getattr(np.linalg, name, None)
        if not (isinstance(base, type) and issubclass(base, Exception)):
            base = RuntimeError
        known = KNOWN[name] = type(f"Kernel{base.__name__}", (KernelRuntimeError, base), {})
    return known


def exception(code: int, table: dict[str, Any]) -> BaseException:
    """The exception for a number that a kernel has returned."""
    name, arguments = table["errors"].get(str(code % PLACES), ("RuntimeError", ["a kernel failed"]))
    place = table["places"].get(str(code // PLACES))
    text = (", ".join(arguments) or name).partition("\n")[0].rstrip()
    if name == "IndexError" and text == "index is out of bounds":
        text = "an index is out of the bounds of its array"
    if text.startswith("unable to broadcast"):
        text = "arrays are of shapes that do not fit together"
    return class_of(name)(f"{text}{f' (at {place[0]}:{place[1]})' if place else ''}.")
