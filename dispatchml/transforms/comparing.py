"""`DISPATCHML_DEBUG=1`: compiled functions run both ways, and a difference beyond rounding is an error."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch.errors import CompiledDifferenceError, at_user_line, describe
from ..dispatch.layers import layer_of
from ..engines.traced import Traced
from .containers import flatten

#: How far apart results may be, relative to the largest number of the uncompiled result.
TOLERANCE = {4: 1e-4, 8: 1e-9}


def is_asked_for() -> bool:
    """Whether the environment asks for it."""
    return os.environ.get("DISPATCHML_DEBUG", "") not in ("", "0")


def compared(compiled: Callable[..., Any], function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The compiled function, whose results are compared with those of the function itself."""

    def both(*arguments: Any, **keywords: Any) -> Any:
        wanted = function(*arguments, **keywords)
        found = compiled(*arguments, **keywords)
        (old, before), (new, after) = flatten(wanted), flatten(found)
        if before != after:
            raise difference(name, f"its result has another structure, {after} instead of {before}")
        for k, (x, y) in enumerate(zip(old, new, strict=True)):
            said = compare(x, y)
            if said:
                raise difference(name, f"leaf {k} of its result {said}")
        return found

    return both


def compare(x: Any, y: Any) -> str:
    """How a compiled leaf y differs from x; "" where it does not."""
    if isinstance(x, Traced) or isinstance(y, Traced):
        return ""  # what is inside is compared by the functions inside
    if type(x) is not type(y):
        return f"is {describe(y)} instead of {describe(x)}"
    info = layer_of(type(x))
    if info is not None and info.payload is not None:
        x, y = info.payload(x), info.payload(y)
    if not isinstance(x, (np.ndarray, np.generic, float, complex)):
        return ""
    a, b = np.asarray(x), np.asarray(y)
    if a.shape != b.shape or a.dtype != b.dtype:
        return f"is {describe(y)} instead of {describe(x)}"
    if a.dtype.kind not in "fc":
        return "" if np.array_equal(a, b) else "differs"
    size = np.max(np.abs(a[np.isfinite(a)]), initial=0.0)
    scale = TOLERANCE.get(np.real(a).dtype.itemsize, 1e-2)
    with np.errstate(all="ignore"):
        fine = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= scale * size)
    if fine.all():
        return ""
    at = tuple(map(int, np.argwhere(~fine)[0]))
    return f"is {b[at]} instead of {a[at]} at index {at}"


def difference(name: str, text: str) -> CompiledDifferenceError:
    """The error for a compiled function that gives something else."""
    return CompiledDifferenceError(
        f"The compiled {name} differs from the function itself{at_user_line()}: {text}. Where the function depends on "
        "something that changes outside of it, pass that as an argument; otherwise please report it, with "
        "`compiled.lower(...)`."
    )
