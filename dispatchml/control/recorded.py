"""Staged loops as nodes of a program: the body is recorded once, and is a program of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..compile.graph import Node
from ..dispatch.errors import RecordingError, at_user_line, user_line
from ..engines.record import InnerRecorder, Rec, Recorder, recorded
from ..engines.views import current
from .dependence import first, recorder_in
from .mismatch import refuse_kinds
from .nodes import LoopProgram, loop
from .pieces import Kind, Pieces, converted, joined, kind_of
from .residuals import Note, with_residuals
from .staged import Leaves, Loop

#: How often the types of what is carried are made wider before it is given up.
ATTEMPTS = 4


def record_loop(made: Loop, constants: Leaves, carry: Leaves, sequences: Leaves, count: Any) -> tuple[Leaves, Leaves]:
    """Write a loop down as one node. Leaves have no levels."""
    recorder = recorder_in(constants, carry, sequences, [count])
    if recorder is None:
        raise RecordingError(f"{made.name}: nothing in it is known to the program{at_user_line()}.")
    rows = Pieces(sequences)
    start = Pieces(carry)
    for _ in range(ATTEMPTS):
        body = Body(made, constants, start, rows, recorder)
        wider = body.wider(start)
        if wider is None:
            return body.node(recorder, start, rows, count)
        if not has_rounds(made, body, count, recorder):
            return carry, []
        start = Pieces(start.leaves([converted(x, k) for x, k in zip(start.numbers, wider, strict=True)]))
    raise RecordingError(f"{made.name}: the types of what it carries change in every round{at_user_line()}.")


def has_rounds(made: Loop, body: Body, count: Any, recorder: Recorder) -> bool:
    """Whether there is a round, of which the types of what is carried depend where it widens them: made a guard."""
    known = body.starts if made.test is not None else count
    if made.length is not None or type(known) is not Rec or known._recorder is not recorder:
        return True
    return type(recorder) is InnerRecorder or bool(recorder.guard(ops.greater(known, 0)))


class Body:
    """One round, recorded. new, out: what it gives, in pieces; goes_on: whether another one follows."""

    __slots__ = ("loop", "inner", "new", "out", "goes_on", "starts", "constants", "before")

    def __init__(self, made: Loop, constants: Leaves, start: Pieces, rows: Pieces, around: Recorder) -> None:
        self.loop, self.constants = made, constants
        self.inner = inner = InnerRecorder(around, f"{made.name}'s function")
        with np.errstate(all="ignore"):
            state = start.leaves([inner.input(plain(x)) for x in start.numbers])
            row = rows.leaves([inner.input(plain(first_row(x))) for x in rows.numbers])
            self.before = start
            new, out = made.body(constants, state, row)
            self.new, self.out = Pieces(new), Pieces(out)
            self.goes_on = None if made.test is None else made.test(constants, new)
            self.starts = None if made.test is None else made.test(constants, start.leaves(start.numbers))

    def wider(self, start: Pieces) -> list[Kind] | None:
        """The kinds that hold what is carried before and after; None where these are the same.

        Raises where they are different things.
        """
        if self.new.keys != start.keys:
            refuse_kinds(self.loop.name, start, self.new)
        kinds = []
        for x, y in zip(start.numbers, self.new.numbers, strict=True):
            kind = joined(kind_of(x), kind_of(y))
            if kind is None:
                refuse_kinds(self.loop.name, start, self.new)
            kinds.append(kind)
        return None if all(kind_of(x) == k for x, k in zip(start.numbers, kinds, strict=True)) else kinds

    def node(self, recorder: Recorder, start: Pieces, rows: Pieces, count: Any) -> tuple[Leaves, Leaves]:
        """The loop as a node of the program, and what it gives."""
        made, inner = self.loop, self.inner
        kinds = [kind_of(x) for x in start.numbers]
        new = [converted(y, k) for y, k in zip(self.new.numbers, kinds, strict=True)]
        goes_on = [] if self.goes_on is None else [self.goes_on]
        program = inner.program([*new, *self.out.numbers, *goes_on])
        inner.closed = True
        outside = [x for x, _ in inner.outside.values()]
        length = made.length if made.length is not None else 0
        heads = [x for x in (self.starts, count) if x is not None]
        program, sequences = with_residuals(recorder, program, len(new), rows.numbers, outside, length)
        whole = LoopProgram(
            program,
            carried=len(new),
            rows=len(sequences),
            results=len(self.out.numbers),
            length=length,
            tested=made.test is not None,
            counted=count is not None,
            backward=made.backward,
            name=made.name,
            place=made.place,
        )
        inputs = [*heads, *start.numbers, *sequences, *outside]
        examples = [*start.numbers, *(stacked_like(y, length) for y in self.out.numbers)]
        outputs = run_node(recorder, whole, inputs, examples)
        return self.new.leaves(outputs[: len(new)]), self.out.leaves(outputs[len(new) :])


def plain(x: Any) -> Any:
    """The number or array that a recorded one is in this run."""
    return current(x) if type(x) is Rec else x


def first_row(x: Any) -> Any:
    """The first row of a sequence as it is in this run."""
    return first(plain(x))


def stacked_like(y: Any, length: int) -> Any:
    """As many rows as there may be, each like the first."""
    y = plain(y)
    return np.broadcast_to(np.asarray(y), (length, *np.shape(y)))


def run_node(recorder: Recorder, whole: Any, inputs: Leaves, examples: Leaves, op: Callable[..., Any] = loop) -> Leaves:
    """Append a node, with what it gives in this run; within another loop with an example of that."""
    operands = [recorder.operand(x) for x in inputs]
    if type(recorder) is InnerRecorder:
        found = [np.array(e) if type(e := plain(y)) is np.ndarray else e for y in examples]
    else:
        given = tuple(plain(x) for x in inputs)
        around = recorder.around or (lambda call: call())
        found = list(around(lambda: op(given, program=whole)))
    values = [recorder.value(y) for y in found]
    node = Node(op.info, operands, {"program": whole}, values, user_line())
    recorder.nodes.append(node)
    if op is loop:
        results = values[whole.carried :]
        recorder.loops |= dict.fromkeys(results, Note(node, whole, inputs))
        recorder.loop_results |= dict(zip(results, found[whole.carried :], strict=True))
    return [recorded(y, recorder, v) for y, v in zip(found, values, strict=True)]
