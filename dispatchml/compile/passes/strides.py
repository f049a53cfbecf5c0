"""Arguments with gaps or steps back: one operation reads each as it lies, and everything else reads what that gives.

Within loops it costs nothing; where a value has to be in memory, for a product of matrices, a loop writes it there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ..graph import Operand, Program
from ..lower.scalar_calls import scalar_call
from .rewriting import Rewriting


def read_as_they_lie(program: Program) -> Program:
    """The program in which one operation reads each argument with steps; without machine code for it they have none."""
    strided = [x for x in program.inputs if x.steps is not None]
    if not strided:
        return program
    work = Rewriting(program)
    for x in strided:
        line = next((node.line for node in program.nodes if x in node.inputs), "")
        y = work.apply(ops.astype, x, line=line, dtype=x.dtype)
        if scalar_call(work.makers[y]) is None:
            work.nodes.pop()
            x.steps = None
            continue
        work.places[x] = y
    for node in program.nodes:
        work.keep(node)
    outputs: list[Operand] = [work.now(x) for x in program.outputs]
    return Program(program.inputs, work.constants, work.nodes, outputs)


def steps_of(x: np.ndarray[Any, Any]) -> tuple[int, ...] | None:
    """The steps of an array in elements; None where it lies in C's order, or as no loop can read it."""
    size = x.itemsize
    if x.flags.c_contiguous or not x.flags.aligned or any(step % size for step in x.strides):
        return None
    return tuple(step // size for step in x.strides)
