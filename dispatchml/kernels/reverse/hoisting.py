"""Lengths of arrays, and whole numbers made of them, are computed before the loops that do not change them.

Compilers do so anyway. Here the size of a loop's records comes out known before the loop.
"""

from __future__ import annotations

from .primitives import SHAPE
from .program import Block, Compute, Loop, Operand, Value
from .sharing import within

#: Functions of whole numbers that always have a result and cost nothing.
HARMLESS = frozenset(("add", "subtract", "multiply", "negative", "positive", "python_max", "python_min"))


def hoist(block: Block) -> None:
    """Move such instructions in front of the outermost loop of a block that they can leave."""
    for op in list(block.code):
        for inner in op.blocks():
            hoist(inner)
        if isinstance(op, Loop):
            place = block.code.index(op)
            found = [i for i in list(op.body.straight()) if isinstance(i, Compute) and is_harmless(i)]
            for i in found:
                if all(known_before(x, op) for x in i.arguments):
                    i.block.code.remove(i)
                    i.block = i.result.block = block
                    block.code.insert(place, i)
                    place += 1


def is_harmless(op: Compute) -> bool:
    """Whether an instruction may run where it did not."""
    return op.primitive is SHAPE or op.primitive.name in HARMLESS and not op.result.kind.floating


def known_before(x: Operand, loop: Loop) -> bool:
    """Whether an operand is known before a loop."""
    if not isinstance(x, Value) or x.block is None:
        return True
    return x.made is not loop and not within(x.block, loop.body) and not within(x.block, loop.test)
