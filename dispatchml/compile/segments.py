"""Runs of regions and native calls: each becomes one native function on the arrays that it reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import entry, machine
from .emit.kernel import Kernel, module_text
from .emit.merging import copying, merging
from .emit.rows import RowKernel
from .emit.subnormals import looked_at, product_lowered, scaled
from .emit.text import BYTES
from .emit.tiles import TileKernel, suits
from .graph import Value
from .lower.forms import strides_of
from .lower.gathers import base_of
from .lower.regions import Region
from .lower.scalar_calls import character_of
from .native_calls import NativeCall


def character(value: Value) -> str:
    """The character of a value's dtype."""
    found = character_of(value.dtype)
    assert found is not None
    return found


NO_AXES: dict[Value, tuple[int, ...]] = {}
#: Stands for the word that says whether something went wrong.
STATUS = object()


class Segment:
    """Regions and native calls in order. reads: values from outside; leaves: values that are wanted outside."""

    def __init__(
        self,
        parts: Sequence[Region | NativeCall],
        wanted: Callable[[Value], bool],
        constants: dict[Value, Any],
        fast: bool = False,
    ) -> None:
        self.kernels: list[Kernel] = []
        self.launches: list[tuple[Kernel | NativeCall, list[Any]]] = []
        made: dict[Value, None] = {}
        for part in parts:
            values = part.node.outputs if isinstance(part, NativeCall) else [root.value for root in part.roots]
            made |= dict.fromkeys(values)
        self.leaves = [v for v in made if wanted(v)]
        self.scratch: dict[Any, int] = {}
        #: Values whose memory is that of another one, which is made by adding to them.
        self.shared: dict[Value, Value] = {}
        #: Results in the memory of an input.
        self.given: dict[Value, Value] = {}
        read: dict[Value, None] = {}
        for part in parts:
            if isinstance(part, NativeCall):
                self.product(part, made)
                read |= {v: None for v in part.reads if v not in made}
            else:
                self.given |= part.in_place
                read |= dict.fromkeys(part.in_place.values())
                for root in part.roots:
                    self.begin(root.value, base_of(root.node), made, read)
                self.add((TileKernel if suits(part) else RowKernel)(part, "", fast).write())
        for kernel, slots in self.launches:
            if isinstance(kernel, NativeCall):
                continue
            for pointer, slot in zip(kernel.pointers, slots, strict=True):
                if pointer.kind == "value" and pointer.value is slot and slot not in made and slot not in self.scratch:
                    read[slot] = None
        self.constants = {v: constants[v] for v in read if v in constants}
        self.reads = [v for v in read if v not in constants]
        for value in made:
            if value not in self.leaves and value not in self.shared:
                self.scratch[value] = value.size * BYTES[character(value)]
        kernels = [k for k, _ in self.launches if not isinstance(k, NativeCall)]
        self.text = module_text(list({k.symbol: k for k in kernels}.values())) if kernels else ""

    def product(self, call: NativeCall, made: dict[Value, None]) -> None:
        """A native call; where numbers that it multiplies may be subnormal, with what keeps it fast."""
        (y,) = call.node.outputs[:1]
        own = [
            k for k, x in enumerate(call.reads)
            if x in call.underflowing and x in made and x not in self.leaves and x not in self.shared
        ]  # fmt: skip
        words: list[Any] = [x if k in own else call for k, x in enumerate(call.reads)]
        words = [("subnormals", w) for w in words]
        pairs = list(zip(call.reads, words, words[::-1], strict=True)) if own else []
        for k, (x, w, _) in sorted(enumerate(pairs), key=lambda pair: pair[0] not in own):
            if w not in self.scratch:
                first = None if k in own else words[own[0]]
                self.scratch[w] = 16
                self.launches.append((looked_at(x, w, first), [x, w, *([first] if first else [])]))
        self.launches += [(scaled(*pairs[k], 1), [*pairs[k]]) for k in own]
        self.launches.append((call, [*call.reads, *call.node.outputs]))
        if own:
            self.launches += [(scaled(*pairs[k], -1), [*pairs[k]]) for k in own]
            self.launches.append((product_lowered(y, *words), [y, *words]))

    def begin(self, value: Value, base: Value | None, made: dict[Value, None], read: dict[Value, None]) -> None:
        """Where a value is made by adding to another one: let it have its memory, or copy it."""
        if base is None:
            return
        if base in made and base not in self.leaves:
            self.shared[base] = value
            return
        if base not in made:
            read[base] = None
        self.launches.append((copying("copy", value, value.size * BYTES[character(value)]), [base, value]))

    def add(self, kernel: Kernel) -> None:
        """A kernel, and those that join what its blocks have added up."""
        self.kernels.append(kernel)
        slots: list[Any] = []
        after = []
        for k, pointer in enumerate(kernel.pointers):
            if pointer.kind == "status":
                slots.append(STATUS)
                continue
            if pointer.kind == "value" or kernel.blocks == 1:
                slots.append(pointer.value)
                continue
            c = next(t.expr.character for t in kernel.region.targets if t.root.value is pointer.value)
            part = (len(self.kernels), k)
            self.scratch[part] = kernel.blocks * pointer.parts * BYTES[c]
            slots.append(part)
            merge = merging(
                f"merge_{pointer.operation}_{c if c != '?' else 'bool'}{'_square' * (kernel.blocks == pointer.parts)}",
                pointer.value,
                pointer.operation,
                c,
                kernel.blocks,
                pointer.parts,
            )
            after.append((merge, [part, pointer.value]))
        self.launches.append((kernel, slots))
        self.launches += after

    def steps(self, slots: dict[Any, int], status: int) -> list[entry.Step | entry.LoopStep]:
        """The steps of a plan in which everything has these slots, the last one, that of the status, included."""
        slots = {**slots, STATUS: status}
        for value, x in self.given.items():
            slots[value] = slots[x]
        for base, value in reversed(self.shared.items()):
            slots[base] = slots[value]
        library = machine.load(self.text) if self.text else None
        found: list[entry.Step | entry.LoopStep] = []
        for kernel, at in self.launches:
            if isinstance(kernel, NativeCall):
                found.append(kernel.step(slots))
            else:
                assert library is not None
                pointers = [slots[s] for s in at]
                found.append(entry.Step(library, kernel.symbol, pointers, kernel.sizes, kernel.extent, kernel.grain))
        return found

    def output_of(self, value: Value, axes: tuple[int, ...] | None) -> entry.OutputSpec:
        """Where a result comes from."""
        x = self.given.get(value)
        if x is not None:
            return entry.OutputSpec("argument", value=self.reads.index(x))
        return fresh_output(value, axes)

    def plan(self, result: str = "tuple", turned: dict[Value, tuple[int, ...]] = NO_AXES) -> entry.Plan:
        """What the entry point does. turned: the axes by which results are transposed."""
        slots: dict[Any, int] = {}
        for thing in (*self.reads, *self.constants, *self.leaves, *self.scratch):
            slots[thing] = len(slots)
        return entry.Plan(
            [input_of(v) for v in self.reads],
            [self.output_of(v, turned.get(v)) for v in self.leaves],
            [np.ascontiguousarray(c) for c in self.constants.values()],
            list(self.scratch.values()),
            self.steps(slots, len(slots)),
            result,
        )


def fresh_output(value: Value, axes: tuple[int, ...] | None = None) -> entry.OutputSpec:
    """A result in memory of its own; axes: those by which it is transposed."""
    if axes is None:
        return entry.OutputSpec(value.form, value.dtype, value.shape)
    strides = [step * value.dtype.itemsize for step in strides_of(value.shape)]
    return entry.OutputSpec(
        value.form, value.dtype, tuple(value.shape[a] for a in axes), tuple(strides[a] for a in axes)
    )


def input_of(value: Value) -> entry.InputSpec:
    """What an argument must be."""
    if value.form in ("float", "complex", "int", "bool"):
        return entry.InputSpec(value.form)
    strides = None if value.steps is None else tuple(step * value.dtype.itemsize for step in value.steps)
    return entry.InputSpec(value.form, value.dtype, value.shape, strides)
