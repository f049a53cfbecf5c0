"""Whole programs as one native call: arguments checked, kernels run, guards compared, results made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import entry, machine
from .emit.text import BYTES
from .graph import Literal, Value
from .segments import Segment, character, fresh_output

#: Truth values and whole numbers as the guard kernel reads them: dtype character -> LLVM's type.
GUARDED = {"?": "i8", "b": "i8", "B": "i8", "h": "i16", "i": "i32", "l": "i64", "q": "i64"}


class Around(NamedTuple):
    """What is round the values of a program: containers of arguments and of the result, as `entry.Plan` has them.

    objects: outputs that are no values of the program, behind those that are.
    """

    arguments: int
    unpacks: Sequence[entry.Unpack]
    packs: Sequence[entry.Pack]
    result: str
    objects: Sequence[Any]


def direct(
    executable: Any, count: int, expected: Sequence[Any], inputs: Sequence[entry.InputSpec], places: Sequence[int],
    around: Around,
) -> Callable[..., Any] | None:  # fmt: skip
    """A native function of a program's arguments, NotImplemented where they do not fit or a guard does not hold; None
    where the program is more than kernels.

    count: how many of the outputs are results, the others are guards, which must be as `expected`. inputs: what the
    arguments must be; places: those of the program's inputs among them.
    """
    steps, program = getattr(executable, "steps", ()), getattr(executable, "optimised", None)
    if len(steps) != 1 or program is None or not isinstance(steps[0], Segment):
        return None
    segment: Segment = steps[0]
    results, guards = program.outputs[:count], checks(program.outputs[count:], expected)
    if guards is None or len(set(results)) != count or set(segment.reads) - set(program.inputs):
        return None
    if not all(isinstance(v, Value) and v in segment.leaves for v in (*results, *guards)):
        return None
    if any(v in results for v in guards):
        return None
    return entry.build(plan(segment, program.inputs, inputs, places, results, guards, around, executable.turned))


def checks(outputs: Sequence[Any], expected: Sequence[Any]) -> dict[Value, int] | None:
    """The guards that are computed, with the numbers that they must be; None where native code cannot tell."""
    found: dict[Value, int] = {}
    for value, wanted in zip(outputs, expected, strict=True):
        if isinstance(value, Literal):
            if value.value != wanted:
                return None
        elif value.dtype.char not in GUARDED or found.get(value, int(wanted)) != int(wanted):
            return None
        else:
            found[value] = int(wanted)
    return found


def plan(
    segment: Segment, values: Sequence[Value], inputs: Sequence[entry.InputSpec], places: Sequence[int],
    results: Sequence[Value], guards: dict[Value, int], around: Around, turned: dict[Value, tuple[int, ...]],
) -> entry.Plan:  # fmt: skip
    """What the entry point does."""
    slots: dict[Any, int] = dict(zip(values, places, strict=True))
    number = len(inputs)
    scratch = {v: v.size * BYTES[character(v)] for v in segment.leaves if v not in results} | segment.scratch
    for thing in (*segment.constants, *results, *around.objects, *scratch):
        slots[thing] = number
        number += 1
    steps = segment.steps(slots, number)
    if guards:
        pointers = [*(slots[v] for v in guards), number]
        steps.append(entry.Step(guarding([v.dtype.char for v in guards]), "guards", pointers, list(guards.values())))
    return entry.Plan(
        inputs,
        [
            *(fresh_output(v, turned.get(v)) for v in results),
            *(entry.OutputSpec("object", value=x) for x in around.objects),
        ],
        [np.ascontiguousarray(c) for c in segment.constants.values()],
        list(scratch.values()),
        steps,
        around.result,
        around.unpacks,
        around.packs,
        around.arguments,
    )


def guarding(characters: Sequence[str]) -> machine.Library:
    """The kernel that compares guards with the sizes that it is given, and writes the status where one differs."""
    lines = ["define void @guards(ptr %table, ptr %sizes, i64 %low, i64 %high) {"]
    answer = "false"
    for k, c in enumerate(characters):
        kind = GUARDED[c]
        widen = f"sext {kind} %v{k} to i64" if kind != "i64" else f"add i64 %v{k}, 0"
        lines += [
            f"  %a{k} = getelementptr ptr, ptr %table, i64 {k}",
            f"  %p{k} = load ptr, ptr %a{k}",
            f"  %v{k} = load {kind}, ptr %p{k}",
            f"  %w{k} = {widen}",
            f"  %b{k} = getelementptr i64, ptr %sizes, i64 {k}",
            f"  %e{k} = load i64, ptr %b{k}",
            f"  %d{k} = icmp ne i64 %w{k}, %e{k}",
            f"  %r{k} = or i1 {answer}, %d{k}",
        ]
        answer = f"%r{k}"
    last = len(characters)
    lines += [
        f"  %status = getelementptr ptr, ptr %table, i64 {last}",
        "  %place = load ptr, ptr %status",
        f"  %differs = zext i1 {answer} to i64",
        "  %before = load i64, ptr %place",
        "  %found = or i64 %before, %differs",
        "  store i64 %found, ptr %place",
        "  ret void",
        "}",
    ]
    return machine.load("\n".join(lines) + "\n", effort=0)
