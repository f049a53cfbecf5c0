"""A compiled program whose arrays are on a device: launches of kernels, and the device's own functions between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..emit.kernel import Kernel
from ..graph import Literal, Node, Operand, Program, Value
from ..lower.partition import Partition
from ..lower.regions import Region
from ..lower.scalar_calls import character_of
from .groups import GroupKernel, group_of, joining
from .joins import BLOCK
from .kernel import GROUP, ThreadKernel, Unfit, merging

NUMBERS = frozenset((bool, int, float, complex))


class DevicePartition(Partition):
    """How a program falls into loops and calls: without rings of rows, which threads would have to share."""

    rings = False


class Launch:
    """A kernel and the names of the arrays that it is given."""

    __slots__ = ("kernel", "slots")

    def __init__(self, kernel: Kernel, slots: list[Any]) -> None:
        self.kernel, self.slots = kernel, slots


class Step:
    """What runs at a place of a program. launches: of a region's kernels; node: a call; region: its operations one by
    one, for `reason`.
    """

    __slots__ = ("launches", "scratch", "makes", "node", "region", "reason")

    def __init__(self) -> None:
        self.launches: list[Launch] = []
        #: Arrays that live as long as the step: slot -> (numbers, dtype).
        self.scratch: dict[Any, tuple[int, np.dtype[Any]]] = {}
        self.makes: list[Value] = []
        self.node: Node | None = None
        self.region: Region | None = None
        self.reason = ""


class DeviceExecutable:
    """A program for the arrays of a library. `executable(*arguments)` gives the list of outputs."""

    def __init__(self, program: Program, optimised: Program, library: Any) -> None:
        self.program, self.optimised, self.library = program, optimised, library
        self.makers = optimised.makers()
        self.steps = list(map(planned, DevicePartition(optimised).steps))
        kernels = [x.kernel for step in self.steps for x in step.launches]
        self.code = library.code(kernels) if kernels else None
        self.needed = self.last_uses()
        self.constants = {value: library.xp.asarray(x) for value, x in optimised.constants.items()}

    def last_uses(self) -> list[list[Value]]:
        """The values that nobody reads after each step."""
        wanted = {x for x in self.optimised.outputs if isinstance(x, Value)}
        last: dict[Value, int] = {}
        for k, step in enumerate(self.steps):
            if step.node is not None:
                read: Any = [x for x in step.node.inputs if isinstance(x, Value)]
            elif step.region is not None:
                read = step.region.reads
            else:
                read = [s for launch in step.launches for s in launch.slots if isinstance(s, Value)]
            last |= dict.fromkeys(read, k)
        found: list[list[Value]] = [[] for _ in self.steps]
        for value, k in last.items():
            if value not in wanted and value not in self.optimised.constants:
                found[k].append(value)
        return found

    def __call__(self, *arguments: Any) -> list[Any]:
        first = next(x for x in arguments if isinstance(x, self.library.ndarray))
        with first.device:
            return self.run(arguments)

    def run(self, arguments: tuple[Any, ...]) -> list[Any]:
        """The outputs, on the current device."""
        known: dict[Any, Any] = {}
        for value, x in zip(self.optimised.inputs, arguments, strict=True):
            known[value] = x
        known.update(self.constants)
        fresh: set[int] = set()
        for step, dead in zip(self.steps, self.needed, strict=True):
            if step.node is not None:
                found = step.node.run([self.given(x, known) for x in step.node.inputs])
                known.update(zip(step.node.outputs, found, strict=True))
            elif step.region is not None:
                for root in step.region.roots:
                    known[root.value] = self.one_by_one(root.value, known)
            else:
                self.launch(step, known)
                fresh.update(id(known[v]) for v in step.makes)
            for value in dead:
                known.pop(value, None)
        return [self.result(x, known, fresh) for x in self.optimised.outputs]

    def launch(self, step: Step, known: dict[Any, Any]) -> None:
        """Run the kernels of a region."""
        xp = self.library.xp
        for value in step.makes:
            known[value] = xp.empty(value.shape, value.dtype)
        scratch = {slot: xp.empty(count, dtype) for slot, (count, dtype) in step.scratch.items()}
        assert self.code is not None
        for launch in step.launches:
            arrays = []
            for slot in launch.slots:
                x = scratch[slot] if slot in scratch else known[slot]
                if type(x) in NUMBERS or isinstance(x, (np.generic, np.ndarray)):
                    x = known[slot] = xp.asarray(x, slot.dtype)
                if not x.flags.c_contiguous:
                    x = known[slot] = xp.ascontiguousarray(x)
                arrays.append(x)
            self.code(launch.kernel, arrays)

    def given(self, x: Operand, known: dict[Any, Any]) -> Any:
        """An argument of a call."""
        return x.value if isinstance(x, Literal) else known[x] if x in known else self.one_by_one(x, known)

    def one_by_one(self, value: Value, known: dict[Any, Any]) -> Any:
        """A value that no kernel computes: by its operation, and those before it."""
        local: dict[Any, Any] = {}

        def of(x: Operand) -> Any:
            if isinstance(x, Literal):
                return x.value
            if x in known:
                return known[x]
            if x not in local:
                node = self.makers[x]
                local.update(zip(node.outputs, node.run([of(y) for y in node.inputs]), strict=True))
            return local[x]

        return of(value)

    def result(self, x: Operand, known: dict[Any, Any], fresh: set[int]) -> Any:
        """An output that shares memory with nothing else."""
        if isinstance(x, Literal):
            return x.value
        found = known[x] if x in known else self.one_by_one(x, known)
        if id(found) in fresh:
            fresh.discard(id(found))
            return found
        return found.copy() if isinstance(found, self.library.ndarray) else found

    def forget(self) -> None:
        """Nothing."""

    def report(self) -> str:
        """What each step is."""
        lines = [f"on {self.library.kind}: {len(self.steps)} steps"]
        for step in self.steps:
            if step.node is not None:
                lines.append(f"  call of {step.node.op.name}")
            elif step.region is not None:
                lines.append(f"  {step.region.roots} by their operations: {step.reason}")
            else:
                shown = [f"{x.kernel.symbol} ({x.kernel.extent} x {x.kernel.grain})" for x in step.launches]
                lines.append(f"  kernels {', '.join(shown)}")
        return "\n".join(lines)

    def lower(self) -> str:
        """The program and the text of its kernels."""
        from .module import module_text

        kernels = [x.kernel for step in self.steps for x in step.launches]
        return "\n\n".join([repr(self.optimised), module_text(kernels, True) if kernels else ""])


def planned(step: Any) -> Step:
    """What runs for a step of a partition."""
    made = Step()
    if step.node is not None:
        made.node = step.node
        return made
    region: Region = step.region
    try:
        kernel = (GroupKernel if group_of(region) > 1 else ThreadKernel)(region).write()
    except Unfit as reason:
        made.region, made.reason = region, str(reason)
        return made
    made.makes = [root.value for root in region.roots]
    slots: list[Any] = []
    after: list[Launch] = []
    for k, pointer in enumerate(kernel.pointers):
        if pointer.kind == "value" or kernel.blocks == 1:
            slots.append(pointer.value)
            continue
        value, count = pointer.value, kernel.blocks
        character = character_of(value.dtype)
        assert character is not None
        source = ("parts", k, 0)
        made.scratch[source] = (count * pointer.parts, value.dtype)
        slots.append(source)
        if count >= BLOCK and pointer.parts == 1:
            after.append(Launch(joining(pointer.operation, character, count), [source, value]))
            continue
        while count > 1:
            merge = merging(pointer.operation, character, count, pointer.parts)
            count = -(-count // GROUP)
            target: Any = value if count == 1 else ("parts", k, len(after) + 1)
            if count > 1:
                made.scratch[target] = (count * pointer.parts, value.dtype)
            after.append(Launch(merge, [source, target]))
            source = target
    made.launches = [Launch(kernel, slots), *after]
    return made


def device_build(program: Program, library: Any) -> Callable[..., Any]:
    """An executable for a program whose inputs are on a library's device."""
    from ..passes import optimised

    return DeviceExecutable(program, optimised(program), library)
