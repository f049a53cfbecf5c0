"""What a kernel was compiled to, as a text."""

from __future__ import annotations

from typing import Any

from ..dispatch.errors import code_line
from . import kinds
from .forward import Leaves
from .program import CHUNKS, Program

NUMBERS = {"d": "float", "f": "float32", "q": "int", "?": "bool", "D": "complex", "F": "complex64", "N": "None"}


def said(kind: str) -> str:
    """A kind in words."""
    if kinds.is_tuple(kind):
        return f"({', '.join(map(said, kinds.elements(kind)))})"
    if kinds.is_array(kind):
        order = {"C": "", "F": ", Fortran's order", "A": ", strided"}[kind[-1]]
        return f"array[{NUMBERS.get(kind[0], kind[0])}, {kinds.dimensions(kind)}-d{order}]"
    return NUMBERS.get(kind, kind)


def report(function: Any, primitive: Any, program: Program, given: tuple[str, ...]) -> str:
    """The text for arguments of some kinds."""
    code = program.code(given)
    checks = "indices are not checked" if program.unchecked else "indices are checked"
    lines = [
        f"kernel {function.__qualname__} ({code_line(function)})",
        f"  {', '.join(map(said, given))} -> {said(code.result)}",
        f"  {code.library.size} bytes of machine code, {code.origin}; {checks}",
    ]
    if primitive is not None:
        return "\n".join([*lines, "  derivatives: by rules of its own"])
    leaves = Leaves(tuple(map(any_order, given))).kinds
    active = tuple(map(kinds.is_float, leaves))
    if not any(active) or not any(map(kinds.is_float, Leaves((code.result,)).kinds)):
        return "\n".join([*lines, "  derivatives: none, as there are no floats on both sides"])
    lines.append(f"  forward: dual numbers, {', '.join(map(str, CHUNKS))} directions at a time")
    arguments = tuple(map(any_order, given))
    key = ("pull", arguments, active, any_order(code.result))
    if program.pull(arguments, active, any_order(code.result)) is not None:
        lines.append("  reverse: the text run back, with what it needs saved on the way")
    else:
        lines.append(f"  reverse: by columns, through dual numbers, because: {program.refused[key]}")
    return "\n".join(lines)


def any_order(kind: str) -> str:
    """A kind as derived programs are told apart: without the order in memory."""
    if kinds.is_tuple(kind):
        return f"({','.join(map(any_order, kinds.elements(kind)))})"
    return f"{kind[:-1]}C" if kinds.is_array(kind) else kind
