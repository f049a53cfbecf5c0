"""A compiled program: native functions and calls of operations, in order, as one function of Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from . import entry
from .choices import USUAL, Choices
from .donation import given_away
from .graph import Literal, Node, Operand, Program, Value
from .lower.partition import Partition
from .lower.regions import Region
from .native_calls import NativeCall, native_calls, unneeded
from .passes.strides import read_as_they_lie
from .passes.turning import results_as_they_lie
from .segments import Segment


class Executable:
    """A program that runs. `executable(*arguments)` gives the list of outputs, `report()` and `lower()` texts."""

    def __init__(self, program: Program, optimised: Program, choices: Choices = USUAL) -> None:
        #: By which axes results are transposed that lie in memory in another order.
        self.turned: dict[Value, tuple[int, ...]] = {}
        if choices.any_order:
            optimised, self.turned = results_as_they_lie(optimised)
        optimised = read_as_they_lie(optimised)
        self.program, self.optimised, self.choices = program, optimised, choices
        self.function = self.direct() or self.driver()

    @cached_property
    def partition(self) -> Partition:
        """How the program falls into loops and calls."""
        return Partition(self.optimised)

    @cached_property
    def steps(self) -> list[Segment | Node]:
        """What runs one after the other."""
        return segmented(self.partition, self.choices)

    def forget(self) -> None:
        """Give back what only reports need, which find it again: ten times as much as the program itself."""
        vars(self).pop("partition", None)
        vars(self).pop("steps", None)

    def give_back(self) -> None:
        """Give back scratch memory that waits for another call: another native function does the same."""
        entry.give_back(self.function)

    def __call__(self, *arguments: Any) -> list[Any]:
        found = self.function(*arguments)
        if found is NotImplemented:
            found = self.function(*map(contiguous, arguments))
            if found is NotImplemented:
                return run(self.program, arguments)
        return found

    def direct(self) -> Any:
        """The native function, where the program is one."""
        program = self.optimised
        if len(self.steps) != 1 or not isinstance(self.steps[0], Segment):
            return None
        segment = self.steps[0]
        if segment.leaves != program.outputs or len(set(program.outputs)) != len(program.outputs):
            return None
        if set(segment.reads) - set(program.inputs):
            return None
        segment.reads = [*program.inputs]
        return entry.build(segment.plan("list", self.turned))

    def driver(self) -> Any:
        """A function of Python that calls native functions and operations one after the other."""
        program = self.optimised
        writer = Writer(program, self.steps, self.turned)
        space: dict[str, Any] = dict(writer.names)
        exec(compile(writer.source, "<compiled program>", "exec"), space)
        self.source = writer.source
        return space["run"]

    def report(self) -> str:
        """What was fused, what it moves, and what was not fused and why."""
        from .report import report

        return report(self)

    def lower(self) -> str:
        """The program and the text of its kernels."""
        texts = [s.text for s in self.steps if isinstance(s, Segment)]
        return "\n\n".join([repr(self.optimised), *texts])


def run(program: Program, arguments: Sequence[Any]) -> list[Any]:
    """The outputs, operation by operation, in memory of their own; errors say which of the user's lines asked for what
    failed.
    """
    known: dict[Any, Any] = dict(program.constants)
    known.update(zip(program.inputs, arguments, strict=True))
    for node in program.nodes:
        try:
            found = node.run([x.value if isinstance(x, Literal) else known[x] for x in node.inputs])
        except Exception as error:
            error.add_note(f"raised by {node.op.name}, which {node.line} asked for")
            raise
        known.update(zip(node.outputs, found, strict=True))
    return [x.value if isinstance(x, Literal) else owned(known[x]) for x in program.outputs]


def contiguous(x: Any) -> Any:
    """An array in C's order and aligned; anything else as it is."""
    return x.copy() if type(x) is np.ndarray and not (x.flags.c_contiguous and x.flags.aligned) else x


def segmented(partition: Partition, choices: Choices = USUAL) -> list[Segment | Node]:
    """The steps, with runs of regions and native calls put together."""
    program = partition.program
    outputs = {x for x in program.outputs if isinstance(x, Value)}
    called = [step.node for step in partition.steps if step.node is not None and not step.view]
    views = {step.node for step in partition.steps if step.node is not None and step.view}
    native = native_calls(program, called, views)
    dropped = unneeded(program, views, native)
    if choices.donated:
        given_away(program, partition, native.values(), choices.donated)
    groups: list[list[Region | NativeCall] | Node] = []
    for step in partition.steps:
        part = step.region
        if step.node is not None:
            part = native.get(step.node)
            if part is None and step.node not in dropped:
                groups.append(step.node)
        if part is None:
            continue
        if groups and isinstance(groups[-1], list):
            groups[-1].append(part)
        else:
            groups.append([part])
    readers: dict[Value, set[int]] = {}
    for k, group in enumerate(groups):
        for part in group if isinstance(group, list) else [group]:
            for x in reads_of(part):
                readers.setdefault(x, set()).add(k)
    found: list[Segment | Node] = []
    for k, group in enumerate(groups):
        if not isinstance(group, list):
            found.append(group)
            continue

        def wanted(value: Value, k: int = k) -> bool:
            return value in outputs or bool(readers.get(value, set()) - {k})

        found.append(Segment(group, wanted, program.constants, choices.fast))
    return found


def reads_of(part: Region | NativeCall | Node) -> Iterable[Value]:
    """What a part of a program reads from memory."""
    if isinstance(part, NativeCall):
        return part.reads
    if isinstance(part, Region):
        return part.reads
    return [x for x in part.inputs if isinstance(x, Value)]


class Writer:
    """Writes the source of the driver: names are given back as soon as nothing needs them any more."""

    def __init__(self, program: Program, steps: Sequence[Segment | Node], turned: dict[Value, tuple[int, ...]]) -> None:
        self.names: dict[str, Any] = {"NotImplemented": NotImplemented, "fitted": fitted, "owned": owned}
        self.places: dict[Value, str] = {v: f"a{k}" for k, v in enumerate(program.inputs)}
        for k, (v, array) in enumerate(program.constants.items()):
            self.places[v] = f"c{k}"
            self.names[f"c{k}"] = array
        outputs = [x for x in program.outputs if isinstance(x, Value)]
        reads = [
            list(s.reads) if isinstance(s, Segment) else [x for x in s.inputs if isinstance(x, Value)] for s in steps
        ]
        last: dict[Value, int] = {}
        for k, values in enumerate(reads):
            last |= dict.fromkeys(values, k)
        last |= dict.fromkeys(outputs, len(steps))
        fresh: set[Value] = set()
        lines = [f"def run({', '.join(self.places[v] for v in program.inputs)}):"]
        for k, step in enumerate(steps):
            if isinstance(step, Segment):
                lines += self.segment(step, k)
                fresh.update(step.leaves)
            else:
                lines += self.call(step, k)
            made = step.leaves if isinstance(step, Segment) else step.outputs
            dead = [v for v in dict.fromkeys([*reads[k], *made]) if last.get(v, -1) <= k and v in self.places]
            dead = [self.places[v] for v in dead if not self.places[v].startswith("c")]
            if dead:
                lines.append(f"    del {', '.join(dead)}")
        given: set[Value] = set()
        results = []
        for x in program.outputs:
            if isinstance(x, Literal):
                results.append(self.operand(x))
            else:
                result = self.places[x] if x in fresh and x not in given else f"owned({self.places[x]})"
                results.append(f"{result}.transpose({turned[x]})" if x in turned else result)
                given.add(x)
        lines.append(f"    return [{', '.join(results)}]")
        self.source = "\n".join(lines) + "\n"

    def operand(self, x: Operand) -> str:
        """How an operand is called."""
        if isinstance(x, Value):
            return self.places[x]
        name = f"l{len(self.names)}"
        self.names[name] = x.value
        return name

    def segment(self, segment: Segment, k: int) -> list[str]:
        """The lines of a native function."""
        self.names[f"f{k}"] = entry.build(segment.plan("tuple"))
        given = ", ".join(self.places[v] for v in segment.reads)
        for j, v in enumerate(segment.leaves):
            self.places[v] = f"t{k}_{j}"
        return [
            f"    r = f{k}({given})",
            "    if r is NotImplemented:",
            f"        r = fitted(f{k}, ({given}{',' if given else ''}))",
            "        if r is NotImplemented:",
            "            return r",
            *([f"    {', '.join(self.places[v] for v in segment.leaves)}, = r"] if segment.leaves else []),
        ]

    def call(self, node: Node, k: int) -> list[str]:
        """The lines of an operation."""
        self.names[f"f{k}"], self.names[f"k{k}"] = node.op.function, node.keywords
        given = ", ".join(map(self.operand, node.inputs))
        if node.op.variadic:
            given = f"({given}{',' if given else ''})"
        for j, v in enumerate(node.outputs):
            self.places[v] = f"t{k}_{j}"
        names = ", ".join(self.places[v] for v in node.outputs)
        keywords = f", **k{k}" if node.keywords else ""
        lines = [f"    {names} = f{k}({given}{keywords})", *(self.one(node, names) if len(node.outputs) == 1 else ())]
        if node.is_unsettled:
            self.names[f"s{k}"] = node.settled
            lines.append(f"    s{k}(({names},))")
        return lines

    def one(self, node: Node, name: str) -> list[str]:
        """An operation that gives a tuple of one."""
        return [f"    if type({name}) in (tuple, list): {name}, = {name}"]


def fitted(function: Any, arguments: tuple[Any, ...]) -> Any:
    """A native function on arrays that are not in C's order."""
    return function(*map(contiguous, arguments))


def owned(x: Any) -> Any:
    """A result that shares memory with nothing else."""
    return x.copy() if type(x) is np.ndarray else x
