"""What is computed twice is computed once."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import Literal, Operand, Program, Value
from .rewriting import Rewriting


class Unknown(Exception):
    """Something that cannot be compared by content."""


def key_of(x: Any) -> Any:
    """What tells static things apart: class and spelling of numbers, so that 0.0 is not -0.0 and 1 is not True."""
    if x is None or x is Ellipsis or isinstance(x, (str, bytes)):
        return x
    if isinstance(x, (bool, int, float, complex, np.generic)):
        return type(x), repr(x)
    if isinstance(x, (tuple, list)):
        return type(x), tuple(map(key_of, x))
    if isinstance(x, slice):
        return slice, key_of((x.start, x.stop, x.step))
    if isinstance(x, dict):
        return dict, tuple((k, key_of(v)) for k, v in sorted(x.items()))
    if isinstance(x, np.dtype) or isinstance(x, type):
        return x
    if type(x) is np.ndarray and not x.dtype.hasobject and x.nbytes <= 1 << 16:
        return "array", x.dtype, x.shape, x.tobytes()
    raise Unknown


def without_repeats(program: Program) -> Program:
    """The program in which equal operations on the same operands are one."""
    work = Rewriting(program)
    known: dict[Any, tuple[Value, ...]] = {}

    def operand(x: Operand) -> Any:
        x = work.now(x)
        return ("literal", x.key) if isinstance(x, Literal) else x

    for node in program.nodes:
        try:
            key = (node.op, tuple(map(operand, node.inputs)), key_of(node.keywords))
        except Unknown:
            work.keep(node)
            continue
        found = known.get(key)
        if found is None:
            known[key] = node.outputs
            work.keep(node)
        else:
            work.places.update(zip(node.outputs, found, strict=True))
    return work.program()
