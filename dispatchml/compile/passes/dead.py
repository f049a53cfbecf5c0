"""Nodes that no result needs are left out. Operations have no effects, so nothing else is lost."""

from __future__ import annotations

from ..graph import Program, Value


def without_dead(program: Program) -> Program:
    """The program without nodes and constants that its outputs do not need."""
    needed = {x for x in program.outputs if isinstance(x, Value)}
    kept = []
    for node in reversed(program.nodes):
        if not needed.isdisjoint(node.outputs):
            kept.append(node)
            needed.update(x for x in node.inputs if isinstance(x, Value))
    constants = {v: c for v, c in program.constants.items() if v in needed}
    return Program(program.inputs, constants, kept[::-1], program.outputs)
