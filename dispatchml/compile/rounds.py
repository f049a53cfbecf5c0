"""Loops without Python: the program of a round becomes steps of a plan that are repeated within one native call.

What is carried lies in the memory of the results from the first round to the last. Each round reads it there, writes
what follows beside it, and copies that over; rows of sequences and results are pointers that go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import entry, machine
from .emit.text import BYTES
from .graph import Literal, Operand, Value
from .segments import Segment, character, input_of

Array = np.ndarray[Any, Any]


def native_rounds(
    executable: Any, carried: int, rows: int, results: int, length: int, how: str, backward: bool
) -> Callable[..., Any] | None:
    """A function of the operands of a loop, NotImplemented where these do not fit; None where a round is more than
    kernels.

    executable: the program of a round, whose inputs are what is carried, `rows` rows and the rest, and whose outputs
    are what is carried, `results` rows and, for how="tested", whether it goes on. The operands: a truth value or a
    number of rounds, as `how` says; then what is carried, sequences and the rest.
    """
    steps, program = getattr(executable, "steps", None), getattr(executable, "optimised", None)
    if steps is None or program is None or len(steps) > 1 or not all(isinstance(s, Segment) for s in steps):
        return None
    segment: Segment | None = steps[0] if steps else None
    if segment is not None and set(segment.reads) - set(program.inputs):
        return None
    made = Writing(program, segment, carried, rows, results, length, how)
    return entry.build(made.plan(backward), name="loop")


class Writing:
    """The plan of a loop while it is made."""

    def __init__(
        self, program: Any, segment: Segment | None, carried: int, rows: int, results: int, length: int, how: str
    ) -> None:
        self.program, self.segment, self.length, self.how = program, segment, length, how
        self.state, self.rows = program.inputs[:carried], program.inputs[carried : carried + rows]
        self.rest = program.inputs[carried + rows :]
        self.new, self.out = program.outputs[:carried], program.outputs[carried : carried + results]
        self.goes_on = program.outputs[carried + results :]
        self.constants: list[Array] = []
        self.scratch: list[int] = []
        self.slots: dict[Any, int] = {}

    def plan(self, backward: bool) -> entry.Plan:
        """What the entry point does."""
        head = [] if self.how == "fixed" else [entry.InputSpec("int" if self.how == "counted" else "bool")]
        inputs = [
            *head,
            *map(input_of, self.state),
            *(entry.InputSpec("array", v.dtype, (self.length, *v.shape)) for v in self.rows),
            *map(input_of, self.rest),
        ]
        segment = self.segment
        known = {} if segment is None else segment.constants
        literals = [x for x in dict.fromkeys(self.program.outputs) if isinstance(x, Literal)]
        own = [x for x in dict.fromkeys(self.program.outputs) if x in self.program.constants and x not in known]
        self.constants = [np.ascontiguousarray(c) for c in known.values()]
        self.constants += [np.asarray(x.value) for x in literals]
        self.constants += [np.ascontiguousarray(self.program.constants[x]) for x in own]
        slots = self.slots
        starts = range(len(head), len(head) + len(self.state))
        slots |= dict(zip([*self.rows, *self.rest], range(starts.stop, len(inputs)), strict=True))
        number = len(inputs)
        for thing in (*known, *literals, *own):
            slots[thing] = number
            number += 1
        state = range(number, number + len(self.state))
        out = range(state.stop, state.stop + len(self.out))
        slots |= dict(zip(self.state, state, strict=True))
        self.next = out.stop
        beside = [self.room(bytes_of(v)) for v in self.state]
        test = self.room(1) if self.goes_on else -1
        for values, places in ((self.out, out), (self.new, beside), (self.goes_on, [test])):
            for x, place in zip(values, places, strict=False):
                slots.setdefault(x, place)
        if segment is not None:
            for x in (*segment.leaves, *segment.scratch):
                size = segment.scratch[x] if x in segment.scratch else bytes_of(x)
                if x not in slots:
                    slots[x] = self.room(size)
        before = [*zip(starts, state, map(bytes_of, self.state), strict=True)]
        before += [(0, test, 1)] if self.goes_on else []
        steps: list[Any] = [copying(before)] if before else []
        if self.how != "fixed":
            steps += [clearing(place, bytes_of(x) * self.length) for x, place in zip(self.out, out, strict=True)]
        first = len(steps)
        if segment is not None:
            steps += segment.steps(slots, self.next)
        after = self.copies(state, beside, out, test)
        if after or test >= 0:
            steps.append(copying([*after, *([(test, test, 0)] if test >= 0 else [])]))
        moves = [(slots[v], bytes_of(v)) for v in self.rows]
        moves += [(place, bytes_of(x)) for x, place in zip(self.out, out, strict=True)]
        bounded = self.how == "fixed" or bool(moves)
        return entry.Plan(
            inputs,
            [
                *(entry.OutputSpec(v.form, v.dtype, v.shape) for v in self.state),
                *(entry.OutputSpec("array", dtype_of(x), (self.length, *shape_of(x))) for x in self.out),
            ],
            self.constants,
            self.scratch,
            steps,
            "list",
            rounds=entry.Rounds(
                first, self.how, self.length if bounded else -1, test if self.goes_on else 0, moves, backward
            ),
        )

    def room(self, size: int) -> int:
        """The slot of new scratch memory."""
        self.scratch.append(size)
        self.next += 1
        return self.next - 1

    def copies(self, state: range, beside: Sequence[int], out: range, test: int) -> list[tuple[int, int, int]]:
        """What is copied at the end of a round: results that have been computed elsewhere, and what is carried on."""
        slots, found = self.slots, []
        for x, place in zip([*self.out, *self.goes_on], [*out, test], strict=False):
            if slots[x] != place:
                found.append((slots[x], place, bytes_of(x)))
        later = []
        for x, v, place, spare in zip(self.new, self.state, state, beside, strict=True):
            source = slots[x]
            if source == place:
                continue
            if source in state:  # it is written over before it is read
                found.append((source, spare, bytes_of(v)))
                source = spare
            later.append((source, place, bytes_of(v)))
        return found + later


def dtype_of(x: Operand) -> np.dtype[Any]:
    """The dtype of an operand."""
    return x.dtype if isinstance(x, Value) else np.asarray(x.value).dtype


def shape_of(x: Operand) -> tuple[int, ...]:
    """Its shape."""
    return x.shape if isinstance(x, Value) else np.shape(x.value)


def bytes_of(x: Operand) -> int:
    """The memory that it takes."""
    return x.size * BYTES[character(x)] if isinstance(x, Value) else np.asarray(x.value).nbytes


def copying(moves: Sequence[tuple[int, int, int]]) -> entry.Step:
    """A step that copies bytes from slots to slots, in order."""
    pointers = [slot for source, target, _ in moves for slot in (source, target)]
    return entry.Step(moving(), "copy", pointers, [size for *_, size in moves], len(moves))


def clearing(slot: int, size: int) -> entry.Step:
    """A step that writes zeros."""
    return entry.Step(moving(), "clear", [slot], [size])


def moving() -> machine.Library:
    """The kernels that copy and clear."""
    return machine.load(TEXT, effort=0)


TEXT = """\
declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

define void @clear(ptr %table, ptr %sizes, i64 %low, i64 %high) nounwind {
  %target = load ptr, ptr %table
  %size = load i64, ptr %sizes
  call void @llvm.memset.p0.i64(ptr %target, i8 0, i64 %size, i1 false)
  ret void
}

define void @copy(ptr %table, ptr %sizes, i64 %low, i64 %high) nounwind {
  br label %head
head:
  %k = phi i64 [ %low, %0 ], [ %next, %following ]
  %more = icmp slt i64 %k, %high
  br i1 %more, label %body, label %done
body:
  %pair = shl i64 %k, 1
  %from = getelementptr ptr, ptr %table, i64 %pair
  %to = getelementptr ptr, ptr %from, i64 1
  %source = load ptr, ptr %from
  %target = load ptr, ptr %to
  %place = getelementptr i64, ptr %sizes, i64 %k
  %size = load i64, ptr %place
  %one = icmp eq i64 %size, 8
  br i1 %one, label %word, label %many
word:
  %value = load i64, ptr %source, align 1
  store i64 %value, ptr %target, align 1
  br label %following
many:
  call void @llvm.memmove.p0.p0.i64(ptr %target, ptr %source, i64 %size, i1 false)
  br label %following
following:
  %next = add i64 %k, 1
  br label %head
done:
  ret void
}
"""
