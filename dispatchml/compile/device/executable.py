"""A compiled program whose arrays are on a device: launches of kernels, and the device's own functions between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...backends.placing import is_deterministic
from ..graph import Literal, Operand, Program, Value
from ..lower.partition import Partition
from .body import TOGETHER
from .planning import Launch, Sort, Step, planned

NUMBERS = frozenset((bool, int, float, complex))


class DevicePartition(Partition):
    """How a program falls into loops and calls: without rings of rows, which threads would have to share."""

    rings = False


class DeviceExecutable:
    """A program for the arrays of a library. `executable(*arguments)` gives the list of outputs."""

    def __init__(self, program: Program, optimised: Program, library: Any) -> None:
        self.program, self.optimised, self.library = program, optimised, library
        self.makers = optimised.makers()
        self.steps = list(map(planned, DevicePartition(optimised).steps))
        self.owned = self.own()
        kernels = [x.kernel for step in self.steps for x in step.launches]
        self.code = library.code(kernels) if kernels else None
        self.needed = self.last_uses()
        self.constants = {value: library.xp.asarray(x) for value, x in optimised.constants.items()}

    def own(self) -> set[Value]:
        """What kernels make and calls never see, so that nothing else lies in its memory, and of which no region that
        adds to it reads elements beside.
        """
        made = {value for step in self.steps if step.way is not None for value in (*step.makes, *step.sums)}
        for step in self.steps:
            if step.node is not None:
                made.difference_update(step.node.inputs)
            elif step.sums and step.region is not None:
                known = step.region.elements.graph.known.values()
                made.difference_update(e.payload[0] for e in known if e.kind == "load")
        return made

    def last_uses(self) -> list[list[Value]]:
        """The values that nobody reads after each step."""
        wanted = {x for x in self.optimised.outputs if isinstance(x, Value)}
        last: dict[Value, int] = {}
        for k, step in enumerate(self.steps):
            if step.node is not None:
                read: Any = [x for x in step.node.inputs if isinstance(x, Value)]
            else:
                assert step.region is not None
                read = step.region.reads
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
            elif step.way is None or self.is_doubtful(step, known):
                assert step.region is not None
                for root in step.region.roots:
                    known[root.value] = self.one_by_one(root.value, known)
            else:
                self.launch(step, known, dead, fresh)
            for value in dead:
                known.pop(value, None)
        return [self.result(x, known, fresh) for x in self.optimised.outputs]

    def is_doubtful(self, step: Step, known: dict[Any, Any]) -> bool:
        """Whether positions of the host are to be looked at by the operations: those outside raise there."""
        for value, size in step.positions:
            x = known.get(value)
            if isinstance(x, np.ndarray) and x.size and not (size and -size <= x.min() and x.max() < size):
                return True
        return False

    def launch(self, step: Step, known: dict[Any, Any], dead: list[Value], fresh: set[int]) -> None:
        """Run the kernels of a region."""
        xp = self.library.xp
        way = step.ordered if step.ordered is not None and is_deterministic() else step.way
        assert way is not None
        for value in step.makes:
            known[value] = xp.empty(value.shape, value.dtype)
        for value, base in step.sums.items():
            if base is None:
                known[value] = xp.zeros(value.shape, value.dtype)
            elif base in dead and id(known[base]) in fresh and base in self.owned:
                known[value] = known[base]
            else:
                known[value] = known[base].copy()
        fresh.update(id(known[v]) for v in (*step.makes, *step.sums))
        scratch: dict[Any, Any] = {slot: xp.empty(count, dtype) for slot, (count, dtype) in way.scratch.items()}
        assert self.code is not None
        for x in way.steps:
            if isinstance(x, Sort):
                scratch[x.target] = xp.argsort(scratch[x.source], kind="stable")
            else:
                self.code(x.kernel, [scratch[s] if s in scratch else self.array(s, known) for s in x.slots])

    def array(self, slot: Value, known: dict[Any, Any]) -> Any:
        """An array as kernels take it: on the device, its elements next to each other from a whole vector on."""
        xp, x = self.library.xp, known[slot]
        if type(x) in NUMBERS or isinstance(x, (np.generic, np.ndarray)):
            x = known[slot] = xp.asarray(x, slot.dtype)
        if not x.flags.c_contiguous:
            x = known[slot] = xp.ascontiguousarray(x)
        elif x.data.ptr % TOGETHER:
            x = known[slot] = x.copy()
        return x

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
            elif step.way is None:
                assert step.region is not None
                lines.append(f"  {step.region.roots} by their operations: {step.reason}")
            else:
                launches = [x for x in step.way.steps if isinstance(x, Launch)]
                shown = [f"{x.kernel.symbol} ({x.kernel.extent} x {x.kernel.grain})" for x in launches]
                lines.append(f"  kernels {', '.join(shown)}")
        return "\n".join(lines)

    def lower(self) -> str:
        """The program and the text of its kernels."""
        from .module import module_text

        kernels = [x.kernel for step in self.steps for x in step.launches]
        return "\n\n".join([repr(self.optimised), module_text(kernels, True) if kernels else ""])


def device_build(program: Program, library: Any) -> Callable[..., Any]:
    """An executable for a program whose inputs are on a library's device."""
    from ..passes import optimised

    return DeviceExecutable(program, optimised(program), library)
