"""What runs on a device for each step of a program: kernels and the arrays that they are given, or calls."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..emit.kernel import Kernel
from ..graph import Node, Value
from ..lower.gathers import base_of
from ..lower.regions import Region
from ..lower.scalar_calls import character_of
from .columns import ColumnKernel, by_columns
from .groups import GroupKernel, group_of, joining
from .joins import BLOCK
from .kernel import GROUP, ThreadKernel, Unfit, merging
from .scans import scan_kernels
from .scatters import adding, is_scatter, orders


class Launch:
    """A kernel and the names of the arrays that it is given."""

    __slots__ = ("kernel", "slots")

    def __init__(self, kernel: Kernel, slots: list[Any]) -> None:
        self.kernel, self.slots = kernel, slots


class Sort:
    """A call of the library: in which order numbers rise, equal ones as they come."""

    __slots__ = ("source", "target")

    def __init__(self, source: Any, target: Any) -> None:
        self.source, self.target = source, target


class Way:
    """A way to run a region. steps: launches and sorts; scratch: arrays that live as long, slot -> (numbers, dtype)."""

    __slots__ = ("steps", "scratch")

    def __init__(self) -> None:
        self.steps: list[Launch | Sort] = []
        self.scratch: dict[Any, tuple[int, np.dtype[Any]]] = {}


class Step:
    """What runs at a place of a program: a call of a node, the kernels of a region, or its operations one by one, for
    `reason`.

    way: as elements come; ordered: in an order that is always the same, where that is another one. sums: the values to
    which elements are added, and what is there before. positions: what is read as positions, of the host maybe, and
    among how many.
    """

    __slots__ = ("way", "ordered", "makes", "sums", "positions", "node", "region", "reason")

    def __init__(self) -> None:
        self.way: Way | None = None
        self.ordered: Way | None = None
        self.makes: list[Value] = []
        self.sums: dict[Value, Value | None] = {}
        self.positions: list[tuple[Value, int]] = []
        self.node: Node | None = None
        self.region: Region | None = None
        self.reason = ""

    @property
    def launches(self) -> list[Launch]:
        """All launches."""
        ways = [way for way in (self.way, self.ordered) if way is not None]
        return [x for way in ways for x in way.steps if isinstance(x, Launch)]


def planned(step: Any) -> Step:
    """What runs for a step of a partition."""
    made = Step()
    if step.node is not None:
        made.node = step.node
        return made
    region: Region = step.region
    made.region = region
    try:
        made.way = way_of(region, False)
        made.ordered = way_of(region, True) if orders(region) else None
    except Unfit as reason:
        made.way, made.reason = None, str(reason)
        return made
    made.sums = {t.root.value: base_of(t.root.node) for t in region.targets if is_scatter(t)}
    made.makes = [root.value for root in region.roots if root.value not in made.sums]
    made.positions = looked_up(region)
    return made


def looked_up(region: Region) -> list[tuple[Value, int]]:
    """The values that positions are computed of, and the number of elements that they say one of; 0 for none at all."""
    found: dict[tuple[Value, int], None] = {}
    for expr in region.elements.graph.known.values():
        if expr.kind != "index" or expr.payload[1] != "raise":
            continue
        number, seen = expr.args[0], [expr.args[0]]
        while seen:
            e = seen.pop()
            if e.kind == "load":
                found[e.payload[0], expr.payload[0] if e is number else 0] = None
            seen += e.args
    return list(found)


def kernels_of(region: Region, ordered: bool) -> list[Kernel]:
    """The kernels that go through a region's loops."""
    if group_of(region) == 1:
        return [(ColumnKernel if by_columns(region) else ThreadKernel)(region, ordered=ordered).write()]
    if any(t.scan for t in region.targets):
        return scan_kernels(region, ordered)
    return [GroupKernel(region, ordered=ordered).write()]


def way_of(region: Region, ordered: bool) -> Way:
    """How a region is run. Raises Unfit where no kernel does it."""
    made, after = Way(), list[Launch | Sort]()
    for kernel in kernels_of(region, ordered):
        slots: list[Any] = []
        for k, pointer in enumerate(kernel.pointers):
            value, source = pointer.value, (pointer.kind, k)
            if pointer.kind == "value":
                slots.append(value)
            elif pointer.kind == "totals":
                slots.append((pointer.kind, value))
                made.scratch[pointer.kind, value] = pointer.parts, value.dtype
            elif pointer.kind in ("values", "places"):
                slots.append((pointer.kind, value))
                if pointer.kind == "values":
                    after += summed_in_order(made, value, elements_of(region, value))
            else:
                count = kernel.blocks if pointer.kind == "partial" else kernel.extent // region.inner.extent
                slots.append(value if count == 1 else source)
                if count > 1:
                    made.scratch[source] = count * pointer.parts, value.dtype
                    after += joined_parts(made, source, value, count, pointer)
        made.steps.append(Launch(kernel, slots))
    made.steps += after
    return made


def elements_of(region: Region, value: Value) -> int:
    """How many elements a region adds up for a value."""
    target = next(t for t in region.targets if t.root.value is value)
    return region.count * (1 if target.row else region.inner.extent)


def summed_in_order(way: Way, value: Value, count: int) -> list[Launch | Sort]:
    """What adds elements up that were left with their places."""
    slots: list[Any] = [(kind, value) for kind in ("values", "places", "order")]
    way.scratch[slots[0]] = count, value.dtype
    way.scratch[slots[1]] = count, np.dtype(np.int64)
    character = character_of(value.dtype)
    assert character is not None
    return [Sort(slots[1], slots[2]), Launch(adding(character, count), [*slots, value])]


def joined_parts(way: Way, source: Any, value: Value, count: int, pointer: Any) -> list[Launch | Sort]:
    """What joins the parts of all blocks."""
    character = character_of(value.dtype)
    assert character is not None
    if count >= BLOCK and pointer.parts == 1:
        return [Launch(joining(pointer.operation, character, count), [source, value])]
    made: list[Launch | Sort] = []
    while count > 1:
        merge = merging(pointer.operation, character, count, pointer.parts)
        count = -(-count // GROUP)
        target: Any = value if count == 1 else (*source, len(made))
        if count > 1:
            way.scratch[target] = (count * pointer.parts, value.dtype)
        made.append(Launch(merge, [source, target]))
        source = target
    return made
