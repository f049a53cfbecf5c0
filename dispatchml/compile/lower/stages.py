"""Rows that are computed shortly before they are read.

A value of which a region reads a few neighbouring rows at a time is kept in a ring of so many rows, in the processor's
first cache, and not in memory. The derivative of a stencil reads what the stencil gives at several places: computed
anew at each of them it costs too much, written to memory and read again it costs the time of memory. Blocks of rows
begin with the rows before them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..graph import Value
from .elements import CannotInline
from .expressions import Expr, cost_of
from .forms import Variable
from .regions import Region, Root

if TYPE_CHECKING:
    from .partition import Partition, Step

#: Rows in a ring and bytes that they take, at most.
MOST_ROWS, MOST_BYTES = 8, 64 * 1024
#: Bytes of a line of the cache.
LINE = 64
#: Smaller values stay in the cache anyway; of fewer rows and shorter ones nothing is gained.
FEWEST_BYTES, FEWEST_ROWS, SHORTEST, LONGEST = 1 << 17, 32, 32, 8192


class Stage:
    """A value in a ring. region: its own, whose loops are (row, element of a row); rows: how many rows of it are read
    for one row of the region around, beginning with the one `first` further; left, right: how many elements beside a
    row are read, where zeros are.
    """

    def __init__(self, value: Value, region: Region, reads: list[Expr]) -> None:
        self.value, self.region = value, region
        self.height, self.length = plain_shape(value)
        shifts = [e.payload[1].constant for e in reads]
        self.first, self.rows = min(shifts), max(shifts) - min(shifts) + 1
        bounds = [e.payload[2].bounds for e in reads]
        self.left = max(0, *(-int(low) for low, _ in bounds), 0)
        self.right = max(0, *(int(high) - self.length + 1 for _, high in bounds), 0)

    @property
    def lead(self) -> int:
        """Elements from where a row's room begins to its first element, which lies where a line of the cache begins."""
        return whole_lines(self.left, self.value)

    @property
    def width(self) -> int:
        """Elements of a row's room: the row, and what is read beside it."""
        return whole_lines(self.lead + self.length + self.right, self.value)

    @property
    def outer(self) -> Variable:
        """The loop over rows."""
        return self.region.outer[0]


def whole_lines(count: int, value: Value) -> int:
    """So many elements, or a few more, that fill lines of the cache."""
    line = max(1, LINE // value.dtype.itemsize)
    return -(-count // line) * line


def plain_shape(value: Value) -> tuple[int, ...]:
    """The shape without axes of size 1."""
    return tuple(n for n in value.shape if n != 1)


def suits(value: Value) -> bool:
    """Whether a value is a matrix of some size."""
    shape = plain_shape(value)
    if len(shape) != 2 or value.size * value.dtype.itemsize < FEWEST_BYTES or value.dtype.kind in "bc":
        return False
    return shape[0] >= FEWEST_ROWS and SHORTEST <= shape[1] <= LONGEST


def in_rings(partition: Partition, outputs: set[Any]) -> list[Step]:
    """The steps of a partition, with regions that give such a value put into the ones that read it."""
    steps = list(partition.steps)
    for step in list(steps):
        if step.region is None or step not in steps:
            continue
        for root in step.region.roots:
            if root.kind == "store" and root.value not in outputs and suits(root.value):
                steps = moved(partition, steps, step, root) or steps
                break
    return steps


def moved(partition: Partition, steps: list[Step], step: Step, root: Root) -> list[Step] | None:
    """The steps without the one that gives a value, which the only one that reads it computes row by row instead."""
    from .partition import Step

    maker = step.region
    assert maker is not None
    readers = [s for s in steps if root.value in partition.reads(s)]
    if len(readers) != 1 or maker.stages or maker.rows or maker.indexed:
        return None
    (reader,) = readers
    region = reader.region
    if region is None or region.stages or region.rows or region.indexed:
        return None
    others = [r for r in maker.roots if r is not root]
    between = steps[steps.index(step) + 1 : steps.index(reader) + 1]
    if any(r.value in partition.reads(s) for s in between for r in others):
        return None
    value = common(partition, root, others)
    try:
        own = Region([Root(value, partition.makers[value], "store")], partition.makers, without(maker.lies, root.value))
        if not own.outer:
            own.split(own.inner, plain_shape(value)[1])
            own.elements = own.followed()
        lies = without(region.lies, *(r.value for r in maker.roots), ring=value)
        merged = Region([*region.roots, *others], partition.makers, lies, value)
    except CannotInline:
        return None
    stage = staged(value, own, merged)
    if stage is None:
        return None
    merged.stages = [stage]
    found = [s for s in steps if s is not step]
    found[found.index(reader)] = Step(region=merged)
    return found


def without(lies: Any, *values: Value, ring: Value | None = None) -> Any:
    """Where values lie when these do not, but perhaps one in a ring."""
    return lambda x: ring if x is ring else None if x in values else lies(x)


def common(partition: Partition, root: Root, others: list[Root]) -> Value:
    """The value itself, or what it is made of at little cost and others, too."""
    value = root.value
    while others:
        node = partition.makers[value]
        back = {x for x in node.inputs if isinstance(x, Value) and x.size > 1}
        if node.op.family != "elementwise" or len(back) != 1 or cost_of(node.op.name) > 0.2:
            break
        (source,) = back
        maker = partition.makers.get(source)
        if source.shape != value.shape or maker is None or maker in partition.reasons or not suits(source):
            break
        if any(source in partition.reads(step) for step in partition.steps):
            break
        value = source
    return value


def staged(value: Value, own: Region, around: Region) -> Stage | None:
    """How a value is kept in a ring, where its rows are read by rows and each row's elements as neighbours."""
    reads = [e for e in around.elements.graph.known.values() if e.kind == "staged"]
    outer = [v for v in around.outer if v.extent > 1]
    height, length = plain_shape(value)
    if len(outer) != 1 or len(own.outer) != 1 or own.rows or not reads:
        return None
    if own.outer[0].extent != height or own.inner.extent != length or around.rows or around.inner.extent > LONGEST:
        return None
    for e in reads:
        _, row, place = e.payload
        if row.terms != ((outer[0], 1),) or place.terms != ((around.inner, 1),):
            return None
    stage = Stage(value, own, reads)
    if stage.rows > MOST_ROWS or stage.rows * stage.width * value.dtype.itemsize > MOST_BYTES:
        return None
    return stage if math.prod(v.extent for v in around.outer) >= 4 * stage.rows else None
