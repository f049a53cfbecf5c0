"""Arrays that a loop binds to names again: whether two names may share memory that is written.

At the head of an iteration each such array is kept by what is in it, so the way back is right only where no other name
reaches the same memory when it is written. Where that is not sure, the kernel is refused.
"""

from __future__ import annotations

from typing import Any

from .errors import refused
from .primitives import VIEWS
from .program import Block, Compute, If, Instruction, Load, Loop, Program, Value, arrays_written, leaves


def within(block: Block, outer: Block) -> bool:
    """Whether a block is another one or inside of it."""
    inner: Block | None = block
    while inner is not None and inner is not outer:
        inner = inner.parent.block if inner.parent is not None else None
    return inner is outer


def buffers(array: Any, taken: dict[If, bool] | None = None) -> frozenset[Value]:
    """The memories that an array may be: those that were made, arguments, and what loops carry.

    taken: the branches of ifs that are known to run.
    """
    if not isinstance(array, Value) or array.kind.scalar:
        return frozenset()
    op = array.made
    if isinstance(op, Load):
        return buffers(op.array, taken)
    if isinstance(op, Compute) and op.primitive.name in VIEWS:
        return buffers(op.arguments[0], taken)
    if isinstance(op, If):
        join = next(j for j in op.joins if j.result is array)
        if taken and op in taken:
            return buffers(join.then if taken[op] else join.other, taken)
        return buffers(join.then, taken) | buffers(join.other, taken)
    return frozenset((array,))


def check_sharing(program: Program) -> frozenset[Value]:
    """Raise where a loop binds an array that is the same memory as another one which is written.

    Returns the memories that are written. A carried one among them gets memory of its own at the beginning of its loop,
    so that the way back finds what was there before.
    """
    order = {op: i for i, op in enumerate(program.body.walk())}
    writes = [(op, a) for op in order for a in arrays_written(op)]
    ever = frozenset(b for _, a in writes for b in buffers(a))
    for op in order:
        arrays = [c for c in op.carried if not c.value.kind.scalar] if isinstance(op, Loop) else []
        if not arrays:
            continue
        assert isinstance(op, Loop)
        inside = frozenset(b for s, a in writes if within(s.block, op.body) for b in buffers(a))
        own = frozenset(c.value for c in arrays)
        written = bool(own & ever)
        nexts: set[Value] = set()
        firsts: set[Value] = set()
        for c in arrays:
            for b in buffers(c.next):
                local = b in own or b.block is not None and within(b.block, op.body)
                if not local and (b in inside or c.value in ever) or written and b in nexts:
                    raise shared(op, c.value, b)
            nexts |= buffers(c.next)
            for b in buffers(c.first):
                if b in inside or written and b in firsts:
                    raise shared(op, c.value, b)
                if c.value in ever and (b.made is None or is_used(program, order, op, b)):
                    raise shared(op, c.value, b)
            firsts |= buffers(c.first)
    return ever


def is_used(program: Program, order: dict[Instruction, int], loop: Loop, memory: Value) -> bool:
    """Whether a memory is read or written inside of a loop or after it, by another name than a carried one."""
    around = loop.block.loop
    once = around is None or any(c.value is memory for c in around.carried)
    once = once or memory.block is not None and around is not None and within(memory.block, around.body)
    if not once:
        return True
    taken = dict(branches(loop))
    for op, i in order.items():
        apart = any(within(op.block, branch.other if side else branch.then) for branch, side in taken.items())
        if i > order[loop] and not apart and any(memory in buffers(x, taken) for x in op.operands()):
            return True
    return any(memory in buffers(x, taken) for x in leaves(program.result))


def outside(array: Value, loop: Loop) -> frozenset[Value]:
    """The arrays from before a loop that an array in it may be a part of."""
    if array.block is None or not within(array.block, loop.body):
        return frozenset() if any(c.value is array for c in loop.carried) else frozenset((array,))
    op = array.made
    if isinstance(op, Load):
        return outside(op.array, loop)
    if isinstance(op, Compute) and op.primitive.name in VIEWS:
        base = op.arguments[0]
        assert isinstance(base, Value)
        return outside(base, loop)
    if isinstance(op, If):
        join = next(j for j in op.joins if j.result is array)
        return frozenset(b for x in (join.then, join.other) if isinstance(x, Value) for b in outside(x, loop))
    return frozenset()


def branches(op: Instruction) -> list[tuple[If, bool]]:
    """The ifs around an instruction, with the branch that it is in, up to the loop around."""
    found: list[tuple[If, bool]] = []
    block = op.block
    while isinstance(block.parent, If):
        found.append((block.parent, block is block.parent.then))
        block = block.parent.block
    return found


def shared(op: Loop, value: Value, other: Value) -> Exception:
    return refused(
        op.place,
        f"a loop binds {value.name} to the memory of {other.name}, and one of them is written into while the other can "
        f"be read; bind a copy: {other.name}.copy()",
    )
