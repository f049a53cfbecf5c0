"""`x * y` where y is of a class that no operation knows: Python asks y's own operator, as it does for plain numbers."""

from __future__ import annotations

import opcode
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch.errors import NoMethodError, user_frame
from ..dispatch.layers import layer_of
from ..dispatch.operation import Operation

#: Operations of Python's operators, with what Python calls on the other operand.
REFLECTED = {
    "add": "__radd__", "subtract": "__rsub__", "multiply": "__rmul__", "divide": "__rtruediv__", "power": "__rpow__",
    "matmul": "__rmatmul__", "floor_divide": "__rfloordiv__", "remainder": "__rmod__", "less": "__gt__",
    "less_equal": "__ge__", "greater": "__lt__", "greater_equal": "__le__", "equal": "__eq__", "not_equal": "__ne__",
}  # fmt: skip


def declining(op: Operation, classes: tuple[type, ...], made: Callable[..., Any]) -> Callable[..., Any]:
    """An implementation that steps back at an operator where the other operand is a stranger with an operator."""
    if op.name not in REFLECTED or len(classes) != 2 or not is_stranger(op, classes[1]):
        return made

    def operator(a: Any, b: Any, **keywords: Any) -> Any:
        return NotImplemented if at_operator(op) else made(a, b, **keywords)

    operator.__name__ = operator.__qualname__ = made.__name__
    return operator


def is_stranger(op: Operation, cls: type) -> bool:
    """Whether an operation has nothing for a class, which has an operator in Python."""
    if cls.__module__.partition(".")[0] in ("builtins", "numpy", "dispatchml") or layer_of(cls) is not None:
        return False
    if not isinstance(getattr(cls, REFLECTED[op.name], None), types.FunctionType):
        return False
    return not any(has_method(op, kind, cls) for kind in (float, np.ndarray))


def has_method(op: Operation, *classes: type) -> bool:
    """Whether an operation has a method for these classes."""
    try:
        return op.settle(classes, classes) is not None
    except (NoMethodError, TypeError):
        return False


def at_operator(op: Operation) -> bool:
    """Whether the user's code is at an operator, or calls something other than the operation by its name."""
    frame = user_frame(sys._getframe(1))
    if frame is None:
        return False
    code = frame.f_code
    name = opcode.opname[code.co_code[frame.f_lasti]]
    return name in ("BINARY_OP", "COMPARE_OP") or op.name not in code.co_names
