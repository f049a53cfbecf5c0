"""Runs of regions between calls: each becomes one native function on the arrays that it reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import entry, machine
from .emit.kernel import Kernel, module_text
from .emit.merging import merging
from .emit.rows import RowKernel
from .emit.text import BYTES
from .emit.tiles import TileKernel, suits
from .graph import Value
from .lower.regions import Region
from .lower.scalar_calls import character_of


def character(value: Value) -> str:
    """The character of a value's dtype."""
    found = character_of(value.dtype)
    assert found is not None
    return found


class Segment:
    """Regions in order. reads: values that come from outside; leaves: values that are wanted outside."""

    def __init__(self, regions: Sequence[Region], wanted: Callable[[Value], bool], constants: dict[Value, Any]) -> None:
        self.regions = list(regions)
        self.kernels: list[Kernel] = []
        self.launches: list[tuple[Kernel, list[Any]]] = []
        made = {root.value: None for region in regions for root in region.roots}
        self.leaves = [v for v in made if wanted(v)]
        self.scratch: dict[Any, int] = {}
        read: dict[Value, None] = {}
        for number, region in enumerate(regions):
            self.add((TileKernel if suits(region) else RowKernel)(region, f"k{number}").write())
        for kernel, slots in self.launches:
            for pointer, slot in zip(kernel.pointers, slots, strict=True):
                if pointer.kind == "value" and pointer.value is slot and slot not in made:
                    read[slot] = None
        self.constants = {v: constants[v] for v in read if v in constants}
        self.reads = [v for v in read if v not in constants]
        for value in made:
            if value not in self.leaves:
                self.scratch[value] = value.size * BYTES[character(value)]
        self.text = module_text(list({k.symbol: k for k, _ in self.launches}.values()))

    def add(self, kernel: Kernel) -> None:
        """A kernel, and those that join what its blocks have added up."""
        self.kernels.append(kernel)
        slots: list[Any] = []
        after = []
        for k, pointer in enumerate(kernel.pointers):
            if pointer.kind == "value" or kernel.blocks == 1:
                slots.append(pointer.value)
                continue
            c = next(t.expr.character for t in kernel.region.targets if t.root.value is pointer.value)
            part = (kernel.symbol, k)
            self.scratch[part] = kernel.blocks * pointer.parts * BYTES[c]
            slots.append(part)
            merge = merging(
                f"merge_{pointer.operation}_{c if c != '?' else 'bool'}",
                pointer.value,
                pointer.operation,
                c,
                kernel.blocks,
                pointer.parts,
            )
            after.append((merge, [part, pointer.value]))
        self.launches.append((kernel, slots))
        self.launches += after

    def plan(self, result: str = "tuple") -> entry.Plan:
        """What the entry point does."""
        library = machine.load(self.text)
        slots: dict[Any, int] = {}
        for thing in (*self.reads, *self.constants, *self.leaves, *self.scratch):
            slots[thing] = len(slots)
        steps = [
            entry.Step(library, kernel.symbol, [slots[s] for s in at], kernel.sizes, kernel.extent, kernel.grain)
            for kernel, at in self.launches
        ]
        return entry.Plan(
            [input_of(v) for v in self.reads],
            [entry.OutputSpec(v.form, v.dtype, v.shape) for v in self.leaves],
            [np.ascontiguousarray(c) for c in self.constants.values()],
            list(self.scratch.values()),
            steps,
            result,
        )


def input_of(value: Value) -> entry.InputSpec:
    """What an argument must be."""
    if value.form in ("float", "complex", "int", "bool"):
        return entry.InputSpec(value.form)
    return entry.InputSpec(value.form, value.dtype, value.shape)
