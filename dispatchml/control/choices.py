"""Staged branches: several functions of the same leaves, one of which runs. What each level makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..compile.graph import Literal, Node, Program
from ..dispatch.errors import user_line
from ..engines.batch import Batched
from ..engines.forward import Dual
from ..engines.levels import Level
from ..engines.record import InnerRecorder, Rec, recorded
from ..engines.reverse import Var, record
from ..engines.reverse_rules import backward_function, backward_output, unused_cotangent
from ..engines.tape import PLAIN, Tape
from ..engines.traced import Traced
from ..engines.views import current
from ..transforms.segments import pull_back
from ..transforms.zeros import zero_tangent_of
from .batched import is_of, payload
from .dependence import recorder_in
from .forward import Directions, fit_tangent, values_of, with_partials, with_tangents
from .mismatch import refuse_kinds
from .nodes import BranchProgram, branches
from .pieces import Pieces, converted, joined, kind_of
from .recorded import plain
from .reverse import OnTape
from .staged import Leaves, check_received, fresh, is_float

#: Branches of at most so many operations on at most so many elements, all of these families, are both computed where
#: they are in a loop, which then needs no calls.
MOST_OPERATIONS, LARGEST = 100, 4096
HARMLESS = frozenset({"elementwise", "shaping", "creation", "conversion"})


class Choice:
    """Functions of leaves, of which a number says which one runs. name: the user's word."""

    __slots__ = ("functions", "name")

    def __init__(self, functions: list[Callable[[Leaves], Leaves]], name: str) -> None:
        self.functions, self.name = functions, name

    def each(self, wrap: Callable[[Callable[[Leaves], Leaves]], Callable[[Leaves], Leaves]]) -> Choice:
        """The choice of what is made of the functions."""
        return Choice([wrap(f) for f in self.functions], self.name)


def choose(made: Choice, index: Any, leaves: Leaves) -> Leaves:
    """The results of the function of this number; a truth value counts as 0 or 1."""
    traced = [x for x in (index, *leaves) if isinstance(x, Traced)]
    if not traced:
        return record_choice(made, index, leaves)
    top = max(traced, key=lambda x: x._level_number)
    if type(top) is Var:
        return on_tape(made, index, leaves, top._tape)
    if type(top) is Dual:
        return on_duals(made, index, leaves, top._level)
    return on_batch(made, index, leaves, top._level)


def on_duals(made: Choice, index: Any, leaves: Leaves, level: Level) -> Leaves:
    """Branches of values and tangents; every floating result has one."""
    given = Directions(leaves, level)
    count = len(leaves)
    moving = given.mine.index(True)
    floats: list[bool] = []

    def pushed(function: Callable[[Leaves], Leaves]) -> Callable[[Leaves], Leaves]:
        def run(values: Leaves) -> Leaves:
            with Level(made.name) as inner:
                outputs = function(with_tangents(values[:count], given.mine, values[count:], inner))
                found, tangents = values_of(outputs, inner)
            floats[:] = [is_float(y) for y in found]
            x, dx = values[moving], values[count]
            full = []
            for y, t, f in zip(found, tangents, floats, strict=True):
                if f:
                    full.append(zero_tangent_of(y, x, dx) if t is None else fit_tangent(t, y))
            return [*found, *full]

        return run

    found = choose(made.each(pushed), index, [*given.primals, *given.tangents(leaves)])
    check_received(found, level.number, made.name)
    return with_partials(found[: len(floats)], floats, found[len(floats) :], level)


def on_batch(made: Choice, index: Any, leaves: Leaves, level: Level) -> Leaves:
    """Branches of a whole batch; where the elements disagree all of them run."""
    flags = [is_of(x, level) for x in leaves]
    if is_of(index, level):
        with np.errstate(all="ignore"):
            found = [f([fresh(x) for x in leaves]) for f in made.functions]
        outputs = found[0]
        for k, others in enumerate(found[1:], 1):
            outputs = [ops.where(ops.equal(index, k), y, x) for x, y in zip(outputs, others, strict=True)]
        return outputs
    size = level.size

    def batched(function: Callable[[Leaves], Leaves]) -> Callable[[Leaves], Leaves]:
        def run(values: Leaves) -> Leaves:
            with Level(made.name, size) as inner:
                outputs = function([Batched(x, inner) if flag else x for x, flag in zip(values, flags, strict=True)])
                return [payload(y, inner, True, size) for y in outputs]

        return run

    found = choose(made.each(batched), index, [current(x) if f else x for x, f in zip(leaves, flags, strict=True)])
    check_received(found, level.number, made.name)
    return [Batched(y, level) for y in found]


def on_tape(made: Choice, index: Any, leaves: Leaves, tape: Tape) -> Leaves:
    """One entry, which goes back through the branch that was taken, and one for each floating result."""
    given = OnTape(leaves, tape)
    found = choose(made, index, given.payloads)
    check_received(found, tape.level, made.name)
    taped = [k for k, y in enumerate(found) if is_float(y)]
    count = len(leaves)
    if any(type(a) not in PLAIN for a in given.payloads):
        tape.plain = False
    values = [found[k] for k in taped]

    def pull(cotangents: Leaves) -> Leaves:
        used = [k for k, ct in enumerate(cotangents) if ct is not None]

        def back(function: Callable[[Leaves], Leaves]) -> Callable[[Leaves], Leaves]:
            def run(state: Leaves) -> Leaves:
                state, y = state[:-1], state[-1]
                cts = pull_back(
                    lambda inside: pick(function(inside), taped, used), given.mine, list(range(len(used))), state
                )
                example = state[count], y
                mine = [x for x, own in zip(state[:count], given.mine, strict=True) if own]
                return [unused_cotangent(x, *example) if ct is None else ct for x, ct in zip(mine, cts, strict=True)]

            return run

        return choose(made.each(back), index, [*given.payloads, *(cotangents[k] for k in used), values[used[0]]])

    head = len(tape)
    tape.append((backward_function, given.indices, given.spaces, pull))
    outputs = list(found)
    for position, k in enumerate(taped):
        outputs[k] = record(found[k], tape, (backward_output, head, position, len(taped)))
    return outputs


def pick(outputs: Leaves, taped: list[int], used: list[int]) -> Leaves:
    """The results that have cotangents."""
    return [outputs[taped[k]] for k in used]


def record_choice(made: Choice, index: Any, leaves: Leaves) -> Leaves:
    """Write the branches down as one node. Leaves have no levels."""
    recorder = recorder_in([index], leaves)
    if type(index) is not Rec or recorder is None:
        return made.functions[int(index)](leaves)
    inners = [InnerRecorder(recorder, f"{made.name}'s function") for _ in made.functions]
    with np.errstate(all="ignore"):
        found = [Pieces(f([entered(x, r) for x in leaves])) for f, r in zip(made.functions, inners, strict=True)]
    kinds = common_kinds(made.name, found)
    outside: dict[Any, Rec] = {}
    programs = []
    for pieces, inner in zip(found, inners, strict=True):
        program = inner.program([converted(y, k) for y, k in zip(pieces.numbers, kinds, strict=True)])
        inner.closed = True
        outside |= {symbol: x for symbol, (x, _) in inner.outside.items()}
        programs.append((program, list(inner.outside)))
    if type(recorder) is InnerRecorder and all(is_small(program) for program, _ in programs):
        return found[0].leaves(selected(recorder, index, programs, outside, kinds))
    order = {symbol: k for k, symbol in enumerate(outside)}
    whole = BranchProgram([(p, [order[s] for s in symbols]) for p, symbols in programs], made.name)
    inputs = [index, *outside.values()]
    operands = [recorder.operand(x) for x in inputs]
    if type(recorder) is InnerRecorder:
        outputs = [plain(y) for y in found[int(current(index))].numbers]
    else:
        given = tuple(plain(x) for x in inputs)
        around = recorder.around or (lambda call: call())
        outputs = list(around(lambda: branches(given, program=whole)))
    outputs = [converted(y, k) for y, k in zip(outputs, kinds, strict=True)]
    values = [recorder.value(y) for y in outputs]
    recorder.nodes.append(Node(branches.info, operands, {"program": whole}, values, user_line()))
    return found[0].leaves([recorded(y, recorder, v) for y, v in zip(outputs, values, strict=True)])


def is_small(program: Program) -> bool:
    """Whether a branch costs so little that it is computed in every round, needed or not, and cannot fail."""
    families = {n.op.family for n in program.nodes}
    size = max((y.size for n in program.nodes for y in n.outputs), default=1)
    return len(program.nodes) <= MOST_OPERATIONS and size <= LARGEST and families <= HARMLESS


def selected(
    recorder: InnerRecorder, index: Rec, programs: list[tuple[Program, list[Any]]], outside: dict[Any, Rec],
    kinds: list[Any],
) -> list[Any]:  # fmt: skip
    """The results of all branches, computed in the round itself, and for each the one that is chosen. What is not
    chosen does not matter, whatever it is.
    """
    results = []
    for program, symbols in programs:
        known: dict[Any, Any] = dict(program.constants)
        known.update(zip(program.inputs, (outside[s] for s in symbols), strict=True))
        for node in program.nodes:
            given = tuple(x.value if isinstance(x, Literal) else known[x] for x in node.inputs)
            found = (
                recorder.run(node.op, given, node.keywords) if any(type(x) is Rec for x in given) else node.run(given)
            )
            known.update(zip(node.outputs, found if type(found) is tuple else (found,), strict=True))
        results.append([x.value if isinstance(x, Literal) else known[x] for x in program.outputs])
    chosen = results[0]
    for k, others in enumerate(results[1:], 1):
        here = index if kind_of(index).dtype.kind == "b" else ops.equal(index, k)
        chosen = [x if x is y else ops.where(here, y, x) for x, y in zip(chosen, others, strict=True)]
    return [converted(y, kind) for y, kind in zip(chosen, kinds, strict=True)]


def entered(x: Any, inner: InnerRecorder) -> Any:
    """A leaf whose recorded values belong to a branch from the start, so that nothing of it is computed outside."""
    pieces = Pieces([x])
    return pieces.leaves([inner.entered(n) if type(n) is Rec else n for n in pieces.numbers])[0]


def common_kinds(name: str, found: list[Pieces]) -> list[Any]:
    """The kinds that hold the results of all branches. Raises where they are different things."""
    first = found[0]
    kinds = [kind_of(x) for x in first.numbers]
    for other in found[1:]:
        if other.keys != first.keys:
            refuse_kinds(name, first, other, "What its branches return")
        for k, y in enumerate(other.numbers):
            kind = joined(kinds[k], kind_of(y))
            if kind is None:
                refuse_kinds(name, first, other, "What its branches return")
            kinds[k] = kind
    return kinds
