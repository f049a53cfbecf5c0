"""Nodes that no result needs are left out. Operations have no effects but errors, and those that raise them stay."""

from __future__ import annotations

from ..graph import Program, Value

#: Operations that raise an error for some numbers, singular matrices among them, whoever reads what they give.
#: So do calls of libraries that solve something (family "calls").
RAISING = frozenset("inv solve cholesky svd svdvals eig eigvals eigh eigvalsh lstsq pinv tensorinv tensorsolve".split())


def without_dead(program: Program) -> Program:
    """The program without nodes and constants that its outputs do not need."""
    needed = {x for x in program.outputs if isinstance(x, Value)}
    kept = []
    for node in reversed(program.nodes):
        if node.op.name in RAISING or node.op.family == "calls" or not needed.isdisjoint(node.outputs):
            kept.append(node)
            needed.update(x for x in node.inputs if isinstance(x, Value))
    constants = {v: c for v, c in program.constants.items() if v in needed}
    return Program(program.inputs, constants, kept[::-1], program.outputs)
