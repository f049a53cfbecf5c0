"""What of a program is never read is left out."""

from __future__ import annotations

from collections.abc import Iterable

from .program import (
    Block,
    Check,
    If,
    Instruction,
    Loop,
    Number,
    Operand,
    Program,
    Value,
    arrays_written,
    leaves,
    replaced,
)


def prune(program: Program, kept_arrays: Iterable[Value] = ()) -> None:
    """Leave out variables that do not change, and instructions whose results nobody reads.

    kept_arrays: those whose items somebody else reads.
    """
    simplify(program)
    live: set[Value] = {v for v in leaves(program.result) if isinstance(v, Value)}
    roots = {v.root for v in (*live, *kept_arrays) if not v.kind.scalar}
    kept: set[Instruction] = set()
    size = -1
    while size != len(live) + len(kept):
        size = len(live) + len(kept)
        mark(program.body, live, roots, kept)
    sweep(program.body, live, kept)


def simplify(program: Program) -> None:
    """Replace carried values and joins that are always one other value by it."""
    table: dict[Value, Operand] = {}
    again = True
    while again:
        again = False
        for op in list(program.body.walk()):
            if isinstance(op, Loop):
                for c in op.carried:
                    after = replaced(c.next, table)
                    if c.value not in table and c.first is not None and (after is c.value or after is None):
                        table[c.value] = c.first
                        again = True
            elif isinstance(op, If):
                for j in op.joins:
                    a, b = replaced(j.then, table), replaced(j.other, table)
                    if j.result not in table and a is not None and (a is b or equal(a, b)):
                        table[j.result] = a
                        again = True
    for value in table:
        other = replaced(value, table)
        if isinstance(other, Value) and not value.kind.scalar:
            value.share(other)  # views of it are views of the other one
    for op in program.body.walk():
        op.replace(table)
        if isinstance(op, Loop):
            op.carried = [c for c in op.carried if c.value not in table]
        elif isinstance(op, If):
            op.joins = [j for j in op.joins if j.result not in table]
    program.result = replaced(program.result, table)


def equal(a: object, b: object) -> bool:
    """Whether two operands are one number."""
    return isinstance(a, Number) and isinstance(b, Number) and type(a.value) is type(b.value) and repr(a) == repr(b)


def mark(block: Block, live: set[Value], roots: set[Value], kept: set[Instruction]) -> bool:
    """Mark what is read, from the end. Returns whether something in the block is."""
    any_kept = False
    for op in reversed(block.code):
        inside = [mark(b, live, roots, kept) for b in op.blocks()]
        results = [v for v in op.results() if v in live]
        needed = bool(results) or any(inside) or isinstance(op, Check)
        needed |= any(a.root in roots for a in arrays_written(op))
        if not needed:
            continue
        any_kept = True
        kept.add(op)
        read = set(op.operands())
        if isinstance(op, If):
            read = {op.condition, *(x for j in op.joins if j.result in results for x in (j.then, j.other))}
        elif isinstance(op, Loop):
            read = {op.start, op.stop, op.step, op.condition, op.leave}
            read |= {x for c in op.carried if c.value in results for x in (c.first, c.next)}
        for x in read:
            if isinstance(x, Value):
                live.add(x)
                if not x.kind.scalar:
                    roots.add(x.root)
    return any_kept


def sweep(block: Block, live: set[Value], kept: set[Instruction]) -> None:
    """Leave out what is not marked."""
    block.code = [op for op in block.code if op in kept]
    for op in block.code:
        if isinstance(op, If):
            op.joins = [j for j in op.joins if j.result in live]
        elif isinstance(op, Loop):
            op.carried = [c for c in op.carried if c.value in live]
        for inner in op.blocks():
            sweep(inner, live, kept)
