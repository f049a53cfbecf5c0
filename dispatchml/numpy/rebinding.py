"""`a += x` where a plain array meets a traced value: the name is bound to a traced array, if it is the only one.

An operator in place changes the array for everybody who holds it. Where nobody else does (no other name, no list, no
view), a new value under the same name is the same thing, and a traced one keeps its derivative.
"""

from __future__ import annotations

import opcode
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import is_ours, user_frame
from ..engines.record import Rec
from ..engines.traced import Traced, innermost


class Counting(threading.local):
    """How many references there are to an array on its way here, while it is counted; None otherwise."""

    found: int | None = None
    running = False


COUNTING = Counting()
#: How many references there are to an array with one name in `a += x`, by the class of x.
COUNTS: dict[type, int] = {}


def rebound(ufunc: Any, function: Callable[..., Any], inputs: tuple[Any, ...], out: Any) -> Any:
    """What a name is bound to by an operator in place on a plain array; None where others hold the array."""
    if len(inputs) != 2 or type(out) is not tuple or len(out) != 1 or inputs[0] is not out[0]:
        return None
    (array,) = out
    if COUNTING.running:
        COUNTING.found = sys.getrefcount(array)
        return inputs[1]
    count = sys.getrefcount(array)
    x = inputs[1]
    if type(array) is not np.ndarray or array.base is not None or not is_traced_numbers(x) or not at_operator():
        return None
    if count > (COUNTS.get(type(x)) or counted(x)):
        return None
    made = function(*inputs)
    if ops.shape(made) == array.shape and ops.dtype(made) == array.dtype:
        return made
    with np.errstate(all="ignore"):  # NumPy's error for shapes and dtypes that do not fit
        ufunc(np.ones_like(array), np.ones(ops.shape(x), ops.dtype(x)), out=np.ones_like(array))
    return ops.astype(made, dtype=array.dtype)


def is_traced_numbers(x: Any) -> bool:
    """Whether a value is traced with nothing but numbers inside."""
    inner = innermost(x)
    if not isinstance(x, (Traced, Rec)):
        return False
    return type(inner) in (np.ndarray, float, complex, Rec) or isinstance(inner, np.generic)


def at_operator() -> bool:
    """Whether the user's code is at an operator in place, whose result it binds to the name."""
    frame = user_frame(sys._getframe(1))
    if frame is None or is_ours(frame.f_code.co_filename):
        return False
    code, at = frame.f_code.co_code, frame.f_lasti
    return opcode.opname[code[at]] == "BINARY_OP" and OPERATORS[code[at + 1]].endswith("=")


def counted(x: Any) -> int:
    """How many references there are to an array with one name."""
    array = np.zeros(1)
    COUNTING.running = True
    try:
        array += x
    finally:
        COUNTING.running = False
    found = COUNTING.found or 0
    COUNTS[type(x)] = found
    return found


#: The operators of the instruction BINARY_OP.
OPERATORS: list[str] = [symbol for _, symbol in opcode._nb_ops]  # type: ignore[attr-defined]
