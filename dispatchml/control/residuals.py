"""What a backward loop need not compute again: results of costly operations are kept by the forward loop.

The body of a backward loop begins with the forward body, on what was carried. Where a program has the forward loop,
too, equal operations on equal values are found by name, and the costly ones among those that the way back uses become
rows that the forward loop gives and the backward loop reads.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compile.graph import Literal, Node, Operand, Program, Value
from ..compile.lower.expressions import cost_of
from ..compile.passes.subexpressions import Unknown, key_of
from ..engines.record import InnerRecorder, Rec, Recorder, recorded
from .nodes import LoopProgram

#: Bytes of rows that are kept instead of being computed again, at most.
MOST_KEPT = 1 << 24
#: Elementwise operations that cost more than this, in nanoseconds, are costly, if few bytes hold all their results.
COSTLY = 1.0
FEW = 1 << 21
#: Families of operations that cost next to nothing for an element.
CHEAP = frozenset({"shaping", "creation", "conversion", "indexing"})


class Note:
    """A loop of a program. inputs: the recorded values and numbers that it reads."""

    __slots__ = ("node", "whole", "inputs")

    def __init__(self, node: Node, whole: LoopProgram, inputs: list[Any]) -> None:
        self.node, self.whole, self.inputs = node, whole, inputs

    def operand(self, k: int) -> Operand:
        """What the program of a round gives for a row of result k."""
        return self.whole.program.outputs[self.whole.carried + k]


def with_residuals(
    recorder: Recorder, program: Program, carried: int, rows: list[Any], outside: list[Any], length: int
) -> tuple[Program, list[Any]]:
    """The program of a round of a backward loop, and its sequences, with what the forward loop can give it."""
    note = forward_of(recorder, rows, length)
    if note is None:
        return program, rows
    same = matched(note, program, carried, rows, outside)
    wanted = costly(program, same, length)
    if not wanted:
        return program, rows
    given = kept(recorder, note, [same[v] for v in wanted], length)
    number = max(v.number for v in values_of(program)) + 1
    instead: dict[Value, Value] = {}
    inputs = list(program.inputs)
    for k, v in enumerate(wanted):
        instead[v] = made = Value(number + k, v.dtype, v.shape, v.form)
        inputs.insert(carried + len(rows) + k, made)
    nodes = [
        Node(n.op, [instead.get(x, x) if isinstance(x, Value) else x for x in n.inputs], n.keywords, n.outputs, n.line)
        for n in program.nodes
    ]
    outputs = [instead.get(x, x) if isinstance(x, Value) else x for x in program.outputs]
    return Program(inputs, program.constants, nodes, outputs), [*rows, *given]


def values_of(program: Program) -> list[Value]:
    """All values of a program."""
    return [*program.inputs, *program.constants, *(y for n in program.nodes for y in n.outputs)]


def forward_of(recorder: Recorder, rows: list[Any], length: int) -> Note | None:
    """The loop that has given a row, and as many of them."""
    for x in rows:
        if type(x) is Rec and x._recorder is recorder:
            note = recorder.loops.get(x._symbol)
            if note is not None and note.whole.length == length:
                return note
    return None


def matched(note: Note, program: Program, carried: int, rows: list[Any], outside: list[Any]) -> dict[Value, Operand]:
    """The values of a round of the backward loop that the forward loop has in the round of the same rows."""
    whole, forward = note.whole, note.whole.program
    heads = int(whole.tested) + int(whole.counted)
    places = {x._symbol: k for k, x in enumerate(note.inputs) if type(x) is Rec and k >= heads + whole.carried}
    results = {y: k for k, y in enumerate(note.node.outputs[whole.carried :])}
    same: dict[Value, Operand] = {}
    for v, x in zip(program.inputs[carried:], [*rows, *outside], strict=True):
        symbol = x._symbol if type(x) is Rec else None
        if symbol in results:
            same[v] = note.operand(results[symbol])
        elif symbol in places:
            k = places[symbol] - heads
            is_row = k < whole.carried + whole.rows
            if is_row == (v in program.inputs[carried : carried + len(rows)]):
                same[v] = forward.inputs[k]
    for v, array in program.constants.items():
        known = next((w for w, other in forward.constants.items() if other is array), None)
        if known is not None:
            same[v] = known
    made: dict[Any, tuple[Value, ...]] = {}
    for n in forward.nodes:
        key = key_in(n, n.inputs)
        if key is not None:
            made.setdefault(key, n.outputs)
    for n in program.nodes:
        if all(isinstance(x, Literal) or x in same for x in n.inputs):
            key = key_in(n, [same[x] if isinstance(x, Value) else x for x in n.inputs])
            for y, other in zip(n.outputs, made.get(key, ()) if key is not None else (), strict=False):
                if (y.dtype, y.shape, y.form) == (other.dtype, other.shape, other.form):
                    same[y] = other
    return same


def key_in(node: Node, inputs: Any) -> Any:
    """What tells operations of the forward loop apart; None for what cannot be compared."""
    try:
        return (
            node.op,
            tuple(("literal", x.key) if isinstance(x, Literal) else x for x in inputs),
            key_of(node.keywords),
        )
    except Unknown:
        return None


def costly(program: Program, same: dict[Value, Operand], length: int) -> list[Value]:
    """The values that the forward loop has and that are better kept, in order: what is computed further of them and of
    others is cheap.
    """
    used = {x for n in program.nodes if not any(y in same for y in n.outputs) for x in n.inputs}
    used.update(program.outputs)
    tainted: set[Value] = set()
    wanted: list[Value] = []
    left = MOST_KEPT
    for n in program.nodes:
        for y in n.outputs:
            if y not in same or y in program.inputs:
                continue
            size = y.size * y.dtype.itemsize * length
            if any(x in tainted for x in n.inputs) or is_costly(n, size):
                tainted.add(y)
                if y in used and size <= left and y.form in ("array", "scalar") and isinstance(same[y], Value):
                    left -= size
                    tainted.discard(y)
                    wanted.append(y)
    return wanted


def is_costly(node: Node, size: int) -> bool:
    """Whether reading a result is cheaper than computing it."""
    if node.op.family == "elementwise":
        return size <= FEW and cost_of(node.op.name) >= COSTLY
    return node.op.family not in CHEAP and node.op.name not in ("loop", "branches")


def kept(recorder: Recorder, note: Note, values: list[Any], length: int) -> list[Rec]:
    """Results of the forward loop that are these values of its rounds; new ones where there are none yet."""
    whole, node = note.whole, note.node
    program = whole.program
    known = {x: k for k, x in enumerate(program.outputs[whole.carried : whole.carried + whole.results])}
    new = [v for v in dict.fromkeys(values) if v not in known]
    place = whole.carried + whole.results
    program.outputs[place:place] = new
    known |= {v: whole.results + k for k, v in enumerate(new)}
    whole.results += len(new)
    whole.executable = whole.native = None
    if type(recorder) is InnerRecorder:
        found = [np.zeros((length, *v.shape), v.dtype) for v in new]
    elif new:
        from .recorded import plain

        given = tuple(plain(x) for x in note.inputs)
        around = recorder.around or (lambda call: call())
        found = list(around(lambda: whole(given)))[place:]
    else:
        found = []
    made = [recorder.value(y) for y in found]
    node.outputs = (*node.outputs, *made)
    recorder.loops |= dict.fromkeys(made, note)
    arrays = dict(zip(new, found, strict=True))
    results = []
    for v in values:
        symbol = node.outputs[whole.carried + known[v]]
        array = arrays[v] if v in arrays else recorder.loop_results[symbol]
        results.append(recorded(array, recorder, symbol))
    recorder.loop_results |= dict(zip(made, found, strict=True))
    return results
