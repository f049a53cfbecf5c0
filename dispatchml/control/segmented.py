"""Long loops on a tape as loops of loops: what was carried into each inner loop is kept, and its rounds are run again
on the way back. So n rounds need the memory of some sqrt(n).
"""

from __future__ import annotations

from math import isqrt
from typing import Any

from .. import ops
from .staged import Leaves, Loop, fresh, run

#: Bytes of what is carried, over all rounds, up to which all of it is kept.
MOST_KEPT = 1 << 26
#: Fewer rounds are never divided.
FEWEST = 16
#: So many loops of one are within each other, at most.
DEEPEST = 3


def is_long(loop: Loop, room: int, carry: Leaves) -> bool:
    """Whether a loop would keep too much. carry: without the level of the tape."""
    size = sum(ops.size(x) * getattr(ops.dtype(x), "itemsize", 8) for x in carry)
    return room >= FEWEST and loop.depth < DEEPEST and room * size > MOST_KEPT


def in_segments(
    loop: Loop, room: int, constants: Leaves, carry: Leaves, sequences: Leaves, count: Any
) -> tuple[Leaves, Leaves]:
    """What the loop gives, by a loop over loops."""
    size = max(isqrt(room - 1) + 1, 2)
    if loop.test is not None:
        return tested(loop, size, constants, carry), []
    if count is not None:
        return counted(loop, size, constants, carry, count), []
    return fixed(loop, size, constants, carry, sequences)


def fixed(loop: Loop, size: int, constants: Leaves, carry: Leaves, sequences: Leaves) -> tuple[Leaves, Leaves]:
    """A number of rounds that is known: whole segments, and a loop over the rows that are left."""
    assert loop.length is not None
    whole, left = divmod(loop.length, size)
    inner = loop.like(loop.body, None, size, loop.backward)
    outer = loop.like(lambda c, s, row: run(inner, c, s, row), None, whole, loop.backward)
    heads = [ops.reshape(x[: whole * size], shape=(whole, size, *ops.shape(x)[1:])) for x in sequences]
    rest = loop.like(loop.body, None, left, loop.backward)
    tails = [x[whole * size :] for x in sequences]
    first, second = ((rest, tails), (outer, heads)) if loop.backward else ((outer, heads), (rest, tails))
    results: dict[int, Leaves] = {}
    for part, rows in (first, second):
        if part.length:
            carry, found = run(part, constants, carry, rows)
            results[id(part)] = found
    shown = [ops.reshape(y, shape=(whole * size, *ops.shape(y)[2:])) for y in results[id(outer)]]
    if left:
        shown = [ops.concatenate((a, b), axis=0) for a, b in zip(shown, results[id(rest)], strict=True)]
    return carry, shown


def tested(loop: Loop, size: int, constants: Leaves, carry: Leaves) -> Leaves:
    """Rounds until a test fails: segments in which it may fail early."""
    test = loop.test
    assert test is not None

    def step(given: Leaves, state: Leaves, row: Leaves) -> tuple[Leaves, Leaves]:
        new, _ = loop.body(given, [fresh(x) for x in state[:-1]], row)
        return [*new, ops.add(state[-1], 1)], []

    def goes_on(given: Leaves, state: Leaves) -> Any:
        return ops.logical_and(test(given, state[:-1]), ops.less(state[-1], size))

    inner = loop.like(step, goes_on, size)
    outer = loop.like(lambda c, s, row: (run(inner, c, [*s, 0], [])[0][:-1], []), test)
    outer.depth = loop.depth + 1
    return run(outer, constants, carry, [])[0]


def counted(loop: Loop, size: int, constants: Leaves, carry: Leaves, count: Any) -> Leaves:
    """A number of rounds that is computed: segments, the last one of which may be shorter."""
    inner = loop.like(loop.body, None, size)

    def step(given: Leaves, state: Leaves, row: Leaves) -> tuple[Leaves, Leaves]:
        left = state[-1]
        last, _ = run(inner, given[:-1], state[:-1], [], ops.minimum(left, size))
        return [*last, ops.maximum(ops.subtract(left, size), 0)], []

    outer = loop.like(step)
    outer.depth = loop.depth + 1
    segments = ops.floor_divide(ops.add(count, size - 1), size)
    return run(outer, [*constants, count], [*carry, count], [], segments)[0][:-1]
