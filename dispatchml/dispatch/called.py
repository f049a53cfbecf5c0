"""Which call stands in the user's line: so that an error can name the function that was really called."""

from __future__ import annotations

import ast
import itertools
import linecache
import sys
from types import CodeType, FrameType
from typing import Any

from .errors import is_hidden, user_frame


def source_at(code: CodeType, instruction: int, names: dict[str, Any] | None = None) -> str:
    """The expression that an instruction of some code belongs to, as written; "" where there is no source."""
    place = next(itertools.islice(code.co_positions(), instruction // 2, None), None)
    if place is None:
        return ""
    first, last, start, end = place
    if first is None or last is None or start is None or end is None:
        return ""
    lines = [linecache.getline(code.co_filename, n, names).encode() for n in range(first, last + 1)]
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    return " ".join(line.decode(errors="replace").strip() for line in lines)


def called_function() -> str:
    """The function in the call that the user's code is making, as written there (`np.full`); "" where none shows."""
    frame = user_frame(sys._getframe(1))
    try:
        source = "" if frame is None else source_at(frame.f_code, frame.f_lasti, frame.f_globals)
        expression = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError):
        return ""
    while isinstance(expression, ast.Call):
        expression = expression.func
    return ast.unparse(expression) if isinstance(expression, (ast.Name, ast.Attribute)) else ""


def is_assignment(frame: FrameType) -> bool:
    """Whether a frame itself assigns to an element or an attribute now, rather than a compiled function that it called;
    our own frames and NumPy's know what they do.
    """
    import opcode

    code = frame.f_code
    return is_hidden(code.co_filename) or opcode.opname[code.co_code[frame.f_lasti]].startswith(("STORE_", "DELETE_"))
