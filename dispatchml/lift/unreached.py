"""Functions of the user's that automatic lifting has not reached, where a traced value met what it cannot enter."""

from __future__ import annotations

import types
from typing import Any

from ..dispatch.errors import DispatchmlError, code_line, is_hidden
from .copies import lifted_function

#: Code that runs within a function, under no name of its own.
WITHIN = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})


def advise(error: DispatchmlError) -> None:
    """Add to an error what to write above the function that runs as it is and would be lifted if it were reached."""
    function = function_of(error)
    if function is None or lifted_function(function) is function:
        return
    how = "pass it through dispatchml.lift" if function.__name__ == "<lambda>" else "write @dispatchml.lift above it"
    advice = (
        f" {function.__name__} ({code_line(function)}) runs as it is: a list, a dictionary or an attribute led to it, "
        f"where automatic lifting does not reach; {how}."
    )
    text = str(error.args[0]) if error.args else ""
    if advice not in text:
        error.args = (text + advice, *error.args[1:])


def function_of(error: BaseException) -> types.FunctionType | None:
    """The user's function in which an error was raised, made again of its frame."""
    frames = []
    entry = error.__traceback__
    while entry is not None:
        if not is_hidden(entry.tb_frame.f_code.co_filename) and entry.tb_frame.f_code.co_name not in WITHIN:
            frames.append(entry.tb_frame)
        entry = entry.tb_next
    if not frames or frames[-1].f_code.co_name == "<module>":
        return None
    frame = frames[-1]
    values: dict[str, Any] = frame.f_locals
    cells = tuple(types.CellType(*([values[n]] if n in values else [])) for n in frame.f_code.co_freevars)
    return types.FunctionType(frame.f_code, frame.f_globals, frame.f_code.co_name, None, cells or None)
