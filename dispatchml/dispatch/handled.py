"""Python's floats raise where NumPy's give inf or nan; code that handles these errors must get them.

Operations on floats answer as NumPy does: a derivative of `1 / x` at 0 is infinite and no exception. But the code
`try: y = 1 / x` with `except ZeroDivisionError:` goes on in its handler, also while it is differentiated. All this is
looked at only when a float has raised, and by the frames: whether an operator was at work in code that has a handler.
"""

from __future__ import annotations

import opcode
import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

import numpy as np

from .errors import NonDifferentiableError, at_user_line, is_ours


def raise_if_handled(error: Exception, arguments: tuple[Any, ...]) -> None:
    """Raise an error of Python's floats, if the code whose operator met it may go on in a handler."""
    if is_handled(operator_frame(arguments), type(error).__name__):
        raise error


def may_be_handled(arguments: tuple[Any, ...]) -> bool:
    """Whether a division of these numbers is one of the user's operators, in code that may go on where it fails."""
    return is_handled(operator_frame(arguments), "ZeroDivisionError")


def call_may_be_handled(error: str) -> bool:
    """Whether the code that is calling a function of ours may go on where it raises an error of this name."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return is_handled(frame, error)


def is_handled(frame: FrameType | None, error: str) -> bool:
    """Whether there is a handler round a frame: outside of the transform one for this error, inside any one."""
    names, inside = {error, "ArithmeticError"}, True
    while frame is not None:
        code = frame.f_code
        if is_ours(code.co_filename):
            inside = inside and code.co_name != "call_user"
        elif has_handler(code, frame.f_lasti) and (inside or not names.isdisjoint(code.co_names)):
            return True
        frame = frame.f_back
    return False


def refuse_complex(base: float, exponent: float) -> None:
    """Refuse a power of a negative float for which Python has a complex number, in code that never mentions NumPy: its
    numbers have nan.
    """
    frame: FrameType | None = operator_frame((base, exponent))
    if frame is None or base != base or exponent != exponent:
        return
    while frame is not None and frame.f_code.co_name != "call_user":
        if not is_ours(frame.f_code.co_filename) and mentions_numpy(frame):
            return
        frame = frame.f_back
    if frame is not None:
        raise NonDifferentiableError(
            f"{base!r} ** {exponent!r}, of a negative float,{at_user_line()} is a complex number in Python, and nan in "
            "NumPy: write complex(x) ** y for the one, or numpy.float64(x) ** y for the other."
        )


def operator_frame(arguments: tuple[Any, ...]) -> FrameType | None:
    """The frame in which an operator between these numbers is at work; None where they met within a rule."""
    inner, frame = None, sys._getframe(2)
    while frame is not None and is_ours(frame.f_code.co_filename):
        inner, frame = frame, frame.f_back
    if frame is None or inner is None or not is_operator(frame):
        return None
    given = [innermost(inner.f_locals.get(name)) for name in inner.f_code.co_varnames[: inner.f_code.co_argcount]]
    given += [innermost(x) for x in inner.f_locals.get("arguments", ())]
    return frame if all(any(x is y or x == y for y in given if type(y) in (float, int)) for x in arguments) else None


def is_operator(frame: FrameType) -> bool:
    """Whether a frame is at an operator, or calls a function that is one."""
    name = opcode.opname[frame.f_code.co_code[frame.f_lasti]]
    return name.startswith("BINARY_OP") or "CALL" in name and not CALLED.isdisjoint(frame.f_code.co_names)


#: Functions of Python that are operators.
CALLED = frozenset({"divmod", "pow", "truediv", "floordiv", "mod"})


def innermost(x: Any) -> Any:
    """The number below the layers of the engines; of a recorded one that of this run."""
    from ..engines.traced import innermost

    inner = innermost(x)
    return getattr(inner, "_value", inner)


def mentions_numpy(frame: FrameType) -> bool:
    """Whether some code names NumPy or something of it."""
    for name in frame.f_code.co_names:
        value = frame.f_globals.get(name)
        if value is np or isinstance(value, np.ufunc) or getattr(value, "__name__", "") == "numpy":
            return True
        if str(getattr(value, "__module__", "")).partition(".")[0] == "numpy":
            return True
    return False


# ---- handlers --------------------------------------------------------------------------------------------------------


def has_handler(code: CodeType, instruction: int) -> bool:
    """Whether an exception at an instruction goes to a handler, of `try` or of `with`."""
    for start, end, target, _ in spans(code):
        if start <= instruction < end and opcode.opname[code.co_code[target]] == "PUSH_EXC_INFO":
            return True
    return False


def spans(code: CodeType) -> Iterator[tuple[int, int, int, int]]:
    """The spans of some code that have handlers: where each begins and ends, and its handler, in bytes of `co_code`,
    with the depth of the stack and a mark in one number.

    Source: CPython, Objects/exception_handling_notes.txt: numbers of six bits a byte, the most significant first.
    """
    table = iter(code.co_exceptiontable)

    def number(byte: int) -> int:
        value = byte & 63
        while byte & 64:
            byte = next(table)
            value = value << 6 | byte & 63
        return value

    for byte in table:
        start, length, target, depth = number(byte), number(next(table)), number(next(table)), number(next(table))
        yield 2 * start, 2 * (start + length), 2 * target, depth
