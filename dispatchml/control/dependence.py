"""A look at one round of a staged loop: what it carries on, of what type, and on what that depends."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..compile.graph import Node, Value
from ..engines.batch import Batched
from ..engines.record import InnerRecorder, Rec, Recorder
from ..engines.traced import Traced
from ..engines.views import current
from .pieces import Pieces, recorded_in
from .staged import Leaves, Loop


def recorder_in(*groups: Leaves) -> Recorder | None:
    """The innermost recorder of the recorded values in leaves."""
    found: Recorder | None = None
    for leaves in groups:
        for x in leaves:
            for inside in recorded_in(x):
                if found is None or inside._recorder.depth > found.depth:
                    found = inside._recorder
    return found


def stripped(x: Any) -> Any:
    """A value as it is for one element of every batch, without derivatives."""
    while isinstance(x, Traced):
        inner = current(x)
        x = first(stripped(inner)) if type(x) is Batched else inner
    return x


def first(x: Any) -> Any:
    """The first of the elements along the first axis; zeros where there are none."""
    shape = ops.shape(x)
    return ops.getitem(x, index=0) if shape[0] else ops.zeros_of(x, shape=shape[1:])


class Look:
    """One round on values without levels. leaves: as they are given; new, out, goes_on: what comes of them."""

    __slots__ = ("recorder", "inputs", "new", "out", "goes_on")

    def __init__(self, loop: Loop, constants: Leaves, carry: Leaves, sequences: Leaves, around: Recorder) -> None:
        self.recorder = InnerRecorder(around, loop.name)
        self.inputs: list[set[Value]] = []
        given = [
            [self.input(stripped(x)) for x in constants],
            [self.input(stripped(x)) for x in carry],
            [self.input(first(stripped(x))) for x in sequences],
        ]
        with np.errstate(all="ignore"):
            self.new, self.out = loop.body(*given)
            self.goes_on = None if loop.test is None else loop.test(given[0], self.new)
        self.recorder.closed = True

    def input(self, x: Any) -> Any:
        """A leaf as an input of the round."""
        pieces = Pieces([x])
        given = [self.recorder.input(current(n) if type(n) is Rec else n) for n in pieces.numbers]
        self.inputs.append({n._symbol for n in given})
        return pieces.leaves(given)[0]


def depends(loop: Loop, constants: Leaves, carry: Leaves, sequences: Leaves) -> list[list[bool]]:
    """For each carried value, and last for the test, on which of the leaves it depends."""
    around = recorder_in(constants, carry, sequences)
    assert around is not None
    look = Look(loop, constants, carry, sequences, around)
    makers: dict[Value, Node] = {y: node for node in look.recorder.nodes for y in node.outputs}
    found = []
    for y in [*look.new, *([] if loop.test is None else [look.goes_on])]:
        reached = {r._symbol for r in recorded_in(y) if r._recorder is look.recorder}
        waiting = list(reached)
        for value in waiting:  # it grows on the way
            for x in makers[value].inputs if value in makers else ():
                if isinstance(x, Value) and x not in reached:
                    reached.add(x)
                    waiting.append(x)
        found.append([not symbols.isdisjoint(reached) for symbols in look.inputs])
    return found
