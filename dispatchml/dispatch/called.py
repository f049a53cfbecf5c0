"""Which call stands in the user's line: so that an error can name the function that was really called."""

from __future__ import annotations

import ast
import itertools
import linecache
import sys
from types import FrameType

from .errors import is_hidden, user_frame


def expression_at(frame: FrameType) -> ast.expr | None:
    """The expression that a frame is evaluating, from its source; None where there is no source."""
    place = next(itertools.islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), None)
    if place is None:
        return None
    first, last, start, end = place
    if first is None or last is None or start is None or end is None:
        return None
    lines = [linecache.getline(frame.f_code.co_filename, n, frame.f_globals).encode() for n in range(first, last + 1)]
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    try:
        return ast.parse(b"".join(lines).decode().strip(), mode="eval").body
    except (SyntaxError, UnicodeDecodeError, ValueError):
        return None


def called_function() -> str:
    """The function in the call that the user's code is making, as written there (`np.full`); "" where none shows."""
    frame = user_frame(sys._getframe(1))
    expression = None if frame is None else expression_at(frame)
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
