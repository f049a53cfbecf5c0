"""Staged loops in a batch: one loop over all elements; where they stop at different times, those that are done wait."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..engines.batch import Batched
from ..engines.levels import Level, leaked
from ..engines.views import current
from .dependence import depends
from .staged import Leaves, Loop, check_received, fresh, run


def on_batch(
    loop: Loop, constants: Leaves, carry: Leaves, sequences: Leaves, count: Any, level: Level
) -> tuple[Leaves, Leaves]:
    """The loop of a batch, whose axis is in front of every element and behind the rows of sequences."""
    if level.closed:
        leaked(level.name)
    if is_of(count, level):
        last, results = on_batch(*counted_apart(loop, constants, carry, sequences, count), level)
        return last[:-1], results
    fixed, rows = ([is_of(x, level) for x in leaves] for leaves in (constants, sequences))
    moving = [is_of(x, level) for x in carry]
    moving, masked = spread(loop, constants, carry, sequences, fixed, moving, rows)
    size = level.size
    dependent: list[bool] = []

    def test_of(inner: Level, given: Leaves, state: Leaves) -> Any:
        assert loop.test is not None
        return loop.test(wrapped(given, fixed, inner), wrapped(state, moving, inner))

    def body(given: Leaves, state: Leaves, row: Leaves) -> tuple[Leaves, Leaves]:
        with Level(loop.name, size) as inner:
            goes_on = test_of(inner, given, state) if masked else None
            before = wrapped(state, moving, inner)
            new, out = loop.body(wrapped(given, fixed, inner), [fresh(x) for x in before], wrapped(row, rows, inner))
            if masked:
                new = [ops.where(goes_on, after, old) for after, old in zip(new, before, strict=True)]
            dependent[:] = [is_of(y, inner) for y in out]
            return (
                [payload(x, inner, flag, size) for x, flag in zip(new, moving, strict=True)],
                [current(y) if is_of(y, inner) else y for y in out],
            )

    def test(given: Leaves, state: Leaves) -> Any:
        with Level(loop.name, size) as inner:
            goes_on = test_of(inner, given, state)
            return ops.any(current(goes_on)) if is_of(goes_on, inner) else goes_on

    made = loop.like(body, test if loop.test is not None else None, loop.length, loop.backward)
    found, given = run(
        made,
        [current(x) if flag else x for x, flag in zip(constants, fixed, strict=True)],
        [payload(x, level, flag, size) for x, flag in zip(carry, moving, strict=True)],
        [swapped(current(x)) if flag else x for x, flag in zip(sequences, rows, strict=True)],
        count,
    )
    check_received([*found, *given], level.number, loop.name)
    last = [Batched(x, level) if flag else x for x, flag in zip(found, moving, strict=True)]
    return last, [Batched(swapped(y), level) if d else y for y, d in zip(given, dependent, strict=True)]


def is_of(x: Any, level: Level) -> bool:
    """Whether a value is batched at a level."""
    return type(x) is Batched and x._level is level


def wrapped(values: Leaves, flags: list[bool], level: Level) -> Leaves:
    """Payloads as batched values where a flag is set."""
    return [Batched(x, level) if flag else x for x, flag in zip(values, flags, strict=True)]


def payload(x: Any, level: Level, flag: bool, size: int) -> Any:
    """The payload of what is carried; of a value that is the same for all elements, where it must have the axis."""
    if is_of(x, level):
        return current(x)
    return ops.broadcast_to(x, shape=(size, *ops.shape(x))) if flag else x


def swapped(x: Any) -> Any:
    """The axis of the batch and that of the rows exchanged."""
    return ops.swapaxes(x, axis1=0, axis2=1)


def spread(
    loop: Loop, constants: Leaves, carry: Leaves, sequences: Leaves, fixed: list[bool], moving: list[bool],
    rows: list[bool],
) -> tuple[list[bool], bool]:  # fmt: skip
    """Which of the carried values differ between the elements of the batch, and whether the elements stop apart."""
    needs = depends(loop, constants, carry, sequences)
    flags = list(moving)
    while True:
        given = [*fixed, *flags, *rows]
        found = [any(f for f, needed in zip(given, row, strict=True) if needed) for row in needs]
        masked = loop.test is not None and found[-1]
        new = [a or b or masked for a, b in zip(flags, found[: len(flags)], strict=True)]
        if new == flags:
            return flags, masked
        flags = new


def counted_apart(
    loop: Loop, constants: Leaves, carry: Leaves, sequences: Leaves, count: Any
) -> tuple[Loop, Leaves, Leaves, Leaves, Any]:
    """The loop whose elements have numbers of rounds of their own, as one of the largest number."""
    most = ops.max(current(count))
    first = ops.subtract(most, 1) if loop.backward else 0
    step = -1 if loop.backward else 1

    def body(given: Leaves, state: Leaves, row: Leaves) -> tuple[Leaves, Leaves]:
        before, k = state[:-1], state[-1]
        new, out = loop.body(given[:-1], [fresh(x) for x in before], row)
        goes_on = ops.less(k, given[-1])
        new = [ops.where(goes_on, after, old) for after, old in zip(new, before, strict=True)]
        return [*new, ops.add(k, step)], [ops.where_or_zero(goes_on, y) for y in out]

    made = loop.like(body, None, loop.length, loop.backward)
    return made, [*constants, count], [*carry, first], sequences, most
