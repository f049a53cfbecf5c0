"""Staged loops and branches under a tangent: values and tangents go round together."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..engines.forward import Dual, dual, fit_tangent
from ..engines.levels import Level, leaked
from ..engines.views import current
from ..transforms.zeros import zero_tangent_of
from .staged import Leaves, Loop, check_received, fresh, is_float, run


class Directions:
    """Leaves at a level of tangents: their payloads, which of them move, and how zeros are made.

    primals: the payloads; mine: whether each is a dual number of the level.
    """

    __slots__ = ("level", "mine", "primals", "example")

    def __init__(self, leaves: Leaves, level: Level) -> None:
        if level.closed:
            leaked(level.name)
        self.level = level
        self.mine = [type(x) is Dual and x._level is level for x in leaves]
        self.primals = [current(x) if own else x for x, own in zip(leaves, self.mine, strict=True)]

    def tangents(self, leaves: Leaves) -> Leaves:
        """Those of the leaves that move."""
        return [x._partials for x, own in zip(leaves, self.mine, strict=True) if own]


def with_tangents(primals: Leaves, flags: list[bool], tangents: Leaves, level: Level) -> Leaves:
    """Dual numbers where a flag is set."""
    rest = iter(tangents)
    return [dual(fresh(x), next(rest), level) if flag else fresh(x) for x, flag in zip(primals, flags, strict=True)]


def values_of(leaves: Leaves, level: Level) -> tuple[Leaves, list[Any]]:
    """Leaves without a level, and their tangents there, None for constants."""
    on = [type(x) is Dual and x._level is level for x in leaves]
    return (
        [current(x) if d else x for x, d in zip(leaves, on, strict=True)],
        [x._partials if d else None for x, d in zip(leaves, on, strict=True)],
    )


def on_duals(
    loop: Loop, constants: Leaves, carry: Leaves, sequences: Leaves, count: Any, level: Level
) -> tuple[Leaves, Leaves]:
    """The loop of values and tangents: what is carried is doubled."""
    fixed, moving, rows = (Directions(x, level) for x in (constants, carry, sequences))
    count = current(count) if type(count) is Dual and count._level is level else count
    floats = [is_float(x) for x in moving.primals]
    example = next(x for x in (*constants, *carry, *sequences) if type(x) is Dual and x._level is level)
    x, dx = current(example), example._partials
    along = [
        c._partials if own else zero_tangent_of(p, x, dx)
        for c, p, own, f in zip(carry, moving.primals, moving.mine, floats, strict=True)
        if f
    ]
    sizes = len(constants), len(carry), len(sequences)
    dependent: list[bool] = []

    def body(given: Leaves, state: Leaves, row: Leaves) -> tuple[Leaves, Leaves]:
        with Level(loop.name) as inner:
            new, out = loop.body(
                with_tangents(given[: sizes[0]], fixed.mine, given[sizes[0] :], inner),
                with_tangents(state[: sizes[1]], floats, state[sizes[1] :], inner),
                with_tangents(row[: sizes[2]], rows.mine, row[sizes[2] :], inner),
            )
            (new, moved), (out, shifted) = values_of(new, inner), values_of(out, inner)
        dependent[:] = [t is not None for t in shifted]
        before = iter(state[sizes[1] :])
        after = []
        for c, t, f in zip(new, moved, floats, strict=True):
            if f:
                old = next(before)
                after.append(ops.zeros_like(old) if t is None else fit_tangent(t, c))
        partials = [fit_tangent(t, y) for t, y in zip(shifted, out, strict=True) if t is not None]
        return [*new, *after], [*out, *partials]

    def test(given: Leaves, state: Leaves) -> Any:
        assert loop.test is not None
        return loop.test(given[: sizes[0]], state[: sizes[1]])

    made = loop.like(body, test if loop.test is not None else None, loop.length, loop.backward)
    found, given = run(
        made,
        [*fixed.primals, *fixed.tangents(constants)],
        [*moving.primals, *along],
        [*rows.primals, *rows.tangents(sequences)],
        count,
    )
    check_received([*found, *given], level.number, loop.name)
    last = with_partials(found[: sizes[1]], floats, found[sizes[1] :], level)
    return last, with_partials(given[: len(dependent)], dependent, given[len(dependent) :], level)


def with_partials(values: Leaves, flags: list[bool], tangents: Leaves, level: Level) -> Leaves:
    """Results as dual numbers of a level where a flag is set."""
    rest = iter(tangents)
    return [dual(y, fit_tangent(next(rest), y), level) if f else y for y, f in zip(values, flags, strict=True)]
