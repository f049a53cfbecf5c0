"""Staged loops on a tape: forward once, keeping what was carried; backward with the body computed again in each round.

Both are staged loops themselves, so that a derivative of any order is loops again.
"""

from __future__ import annotations

import weakref
from typing import Any

from .. import ops
from ..engines.reverse import Var, record
from ..engines.reverse_rules import backward_function, backward_output, unused_cotangent
from ..engines.space import space_of
from ..engines.tape import PLAIN, Tape
from ..engines.views import current
from ..transforms.segments import pull_back
from .segmented import in_segments, is_long
from .staged import Leaves, Loop, check_received, fresh, is_float, run

#: How many rounds of a loop that stops by itself are kept at first.
FEWEST = 16
#: Rounds for which there must be room, by the loop and how many of it are within each other.
ROOMS: weakref.WeakKeyDictionary[Any, dict[int, int]] = weakref.WeakKeyDictionary()


def room_of(loop: Loop) -> int:
    """For how many rounds there is room in what is kept."""
    key, depth = loop.place
    return loop.length if loop.length is not None else ROOMS.get(key, {}).get(depth, FEWEST)


def need_room(place: tuple[Any, int], count: int) -> None:
    """Remember how many rounds there were."""
    key, depth = place
    ROOMS.setdefault(key, {})[depth] = 1 << (count - 1).bit_length()


class OnTape:
    """Leaves on a tape: their payloads, and which of them are recorded there."""

    __slots__ = ("mine", "payloads", "indices", "spaces")

    def __init__(self, leaves: Leaves, tape: Tape) -> None:
        self.mine = [type(x) is Var and x._tape is tape for x in leaves]
        self.payloads = [current(x) if own else x for x, own in zip(leaves, self.mine, strict=True)]
        self.indices = [x._index for x, own in zip(leaves, self.mine, strict=True) if own]
        self.spaces = [space_of(a) for a, own in zip(self.payloads, self.mine, strict=True) if own]


def on_tape(
    loop: Loop, constants: Leaves, carry: Leaves, sequences: Leaves, count: Any, tape: Tape
) -> tuple[Leaves, Leaves]:
    """The loop on a tape: one entry, which knows how to go back, and one for each result."""
    if type(count) is Var and count._tape is tape:
        count = current(count)
    fixed, moving, rows = (OnTape(x, tape) for x in (constants, carry, sequences))
    floats = [is_float(x) for x in moving.payloads]
    room = room_of(loop)
    if is_long(loop, room, moving.payloads) and not (count is not None and sequences):
        return in_segments(loop, room, constants, carry, sequences, count)
    counts = loop.test is not None

    def body(given: Leaves, state: Leaves, row: Leaves) -> tuple[Leaves, Leaves]:
        state, rounds = (state[:-1], state[-1:]) if counts else (state, [])
        new, out = loop.body(given, [fresh(x) for x in state], row)
        return [*new, *(ops.add(k, 1) for k in rounds)], [*out, *state]

    def test(given: Leaves, state: Leaves) -> Any:
        assert loop.test is not None
        return loop.test(given, state[:-1])

    saving = loop.like(body, test if counts else None, room, loop.backward)
    start = [*moving.payloads, 0] if counts else moving.payloads
    last, kept = run(saving, fixed.payloads, start, rows.payloads, count)
    if counts:
        count = last.pop()
    results, kept = kept[: -len(carry) or None], kept[-len(carry) :] if carry else []
    check_received([*last, *results], tape.level, loop.name)
    shown = [is_float(y) for y in results]
    back = Backward(loop, room, fixed, moving, rows, floats, shown)
    outputs = [*last, *results]
    taped = [k for k, flag in enumerate([*floats, *shown]) if flag]

    def pull(cotangents: Leaves) -> Leaves:
        known = [outputs_payloads[k] for k in taped]
        return back.pull(list(cotangents), known, kept, count)

    outputs_payloads = list(outputs)
    if any(type(a) not in PLAIN for a in (*fixed.payloads, *moving.payloads, *rows.payloads)):
        tape.plain = False
    head = len(tape)
    indices = [*fixed.indices, *moving.indices, *rows.indices]
    tape.append((backward_function, indices, [*fixed.spaces, *moving.spaces, *rows.spaces], pull))
    for position, k in enumerate(taped):
        outputs[k] = record(outputs[k], tape, (backward_output, head, position, len(taped)))
    return outputs[: len(last)], outputs[len(last) :]


class Backward:
    """The way back through a loop."""

    __slots__ = ("loop", "room", "fixed", "moving", "rows", "floats", "shown")

    def __init__(
        self, loop: Loop, room: int, fixed: OnTape, moving: OnTape, rows: OnTape, floats: list[bool], shown: list[bool]
    ) -> None:
        self.loop, self.room, self.fixed, self.moving, self.rows = loop, room, fixed, moving, rows
        self.floats, self.shown = floats, shown

    def pull(self, given: Leaves, values: Leaves, kept: Leaves, count: Any) -> Leaves:
        """The cotangents of the leaves on the tape.

        given: those of the floating results, None where there are none; values: these results. kept: what was carried
        into each round.
        """
        example = next((ct, y) for ct, y in zip(given, values, strict=True) if ct is not None)
        number = sum(self.floats)
        last = [
            unused_cotangent(y, *example) if ct is None else ct
            for ct, y in zip(given[:number], values[:number], strict=True)
        ]
        used = [k for k, ct in enumerate(given[number:]) if ct is not None]
        sums = [unused_cotangent(x, *example) for x in chosen(self.fixed.payloads, self.fixed.mine)]
        sequences = [*kept, *self.rows.payloads, *(given[number + k] for k in used)]
        loop = self.loop.like(self.body(used), None, self.room, not self.loop.backward)
        state, rows = run(loop, [*self.fixed.payloads, *example], [*last, *sums], sequences, count)
        carried = chosen(state[:number], chosen(self.moving.mine, self.floats))
        return [*state[number:], *carried, *rows]

    def body(self, used: list[int]) -> Any:
        """One round back: cotangents of the carry, sums of those of the constants, a row of those of sequences.

        Its constants are those of the loop, and a cotangent and the result that it is of, for the units of zeros.
        """
        number, sizes = sum(self.floats), (len(self.fixed.mine), len(self.moving.mine), len(self.rows.mine))
        own = [*self.fixed.mine, *self.floats, *self.rows.mine]
        results = list(range(number + len(used)))

        def segment(leaves: Leaves) -> Leaves:
            one, two = sizes[0], sizes[0] + sizes[1]
            new, out = self.loop.body(leaves[:one], leaves[one:two], leaves[two:])
            shown = chosen(out, self.shown)
            return [*chosen(new, self.floats), *(shown[k] for k in used)]

        def back(constants: Leaves, state: Leaves, row: Leaves) -> tuple[Leaves, Leaves]:
            one, two = sizes[1], sizes[1] + sizes[2]
            constants, example = constants[: sizes[0]], constants[sizes[0] :]
            saved, elements, cotangents = row[:one], row[one:two], [*state[:number], *row[two:]]
            found = pull_back(segment, own, results, [*constants, *saved, *elements, *cotangents])
            rest = iter(found)
            sums = [s if (more := next(rest)) is None else ops.add(s, more) for s in state[number:]]
            new = [ops.zeros_like(ct) if (more := next(rest)) is None else more for ct in state[:number]]
            mine = chosen(elements, self.rows.mine)
            return [*new, *sums], [unused_cotangent(x, *example) if (m := next(rest)) is None else m for x in mine]

        return back


def chosen(values: Leaves, flags: list[bool]) -> Leaves:
    """The values whose flag is set."""
    return [x for x, flag in zip(values, flags, strict=True) if flag]
