"""What a compiled program does, for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .emit.kernel import Kernel
from .emit.text import BYTES
from .graph import Node, Value
from .lower.regions import Region
from .lower.scalar_calls import character_of
from .native_calls import NativeCall
from .segments import Segment

#: How kernels go through their regions.
SCHEMES = {"rows": "row by row", "tiles": "in tiles of rows"}
WHERE = {"reduce": "over all rows", "scan": "along rows"}
#: Source lines that are named for one kernel.
MOST_LINES = 6


def report(executable: Any) -> str:
    """Kernels with what they move and compute and the lines that they come from; calls, and why they are no loops."""
    partition = executable.partition
    counts = [0, 0]
    lines: list[str] = []
    for step in executable.steps:
        if isinstance(step, Segment):
            for launched, _ in step.launches:
                if isinstance(launched, NativeCall):
                    lines += of_native(launched)
                elif launched.region is not None:
                    lines += of_kernel(launched, counts[0], partition.makers)
                    counts[0] += 1
        else:
            counts[1] += step not in partition.viewed
            lines += of_call(step, partition)
    operations = len(executable.program.nodes)
    head = f"{operations} operations in {counts[0]} kernels and {counts[1]} calls from Python"
    return "\n".join([head, *lines])


def of_kernel(kernel: Kernel, number: int, makers: dict[Value, Node]) -> Iterator[str]:
    """The lines of a kernel."""
    region = kernel.region
    shape = " x ".join(str(v.extent) for v in (*region.outer, region.inner) if v.extent > 1) or "1"
    read, written = traffic(region)
    yield (
        f"kernel {number}: {shape}, {SCHEMES[kernel.scheme]}, {kernel.blocks} blocks; "
        f"reads {size(read)}, writes {size(written)}, {flops(region):.3g} operations on numbers"
    )
    for root in region.roots:
        how = "" if root.kind == "store" else f" by {root.node.op.name} {WHERE[root.kind]}"
        yield f"  gives {root.value!r}{how}"
    names: dict[str, list[str]] = {}
    for stage in region.stages:
        yield f"  {stage.value!r} row by row before it is read, {stage.rows} rows of it at a time"
    regions = (region, *(stage.region for stage in region.stages))
    for value in dict.fromkeys([*(v for r in regions for v in r.elements.visits), *(t.value for t in region.roots)]):
        node = makers[value]
        names.setdefault(node.line, []).append(node.op.name)
    for line in list(names)[:MOST_LINES]:
        yield f"  {line}: {', '.join(dict.fromkeys(names[line]))}"
    if len(names) > MOST_LINES:
        yield f"  and {len(names) - MOST_LINES} more lines"


def of_native(call: NativeCall) -> Iterator[str]:
    """The line of a product or decomposition without Python."""
    yield f"loop of NumPy's {call.node.op.name}: {shapes(call.node)} {call.node.line}"


def of_call(node: Node, partition: Any) -> Iterator[str]:
    """The line of a call from Python."""
    reason = partition.reasons.get(node, "")
    if reason:
        yield f"call of {node.op.name}: {shapes(node)} {node.line} ({reason})"
    else:
        yield f"view by {node.op.name}: {shapes(node)} {node.line}"


def shapes(node: Node) -> str:
    """What a node takes and gives."""
    return f"{', '.join(map(repr, node.inputs))} -> {', '.join(map(repr, node.outputs))}"


def traffic(region: Region) -> tuple[int, int]:
    """Bytes read and written, each array once."""
    return sum(map(bytes_of, region.reads)), sum(bytes_of(root.value) for root in region.roots)


def bytes_of(value: Value) -> int:
    """The bytes of an array."""
    return value.size * BYTES[character_of(value.dtype) or "d"]


def size(count: int) -> str:
    """A number of bytes."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.4g} {unit}"
        count = count / 1024  # type: ignore[assignment]
    return f"{count:.4g} GiB"


def flops(region: Region) -> float:
    """How many calls of scalar functions there are; an exponential counts as one."""
    total = sum(flops(stage.region) for stage in region.stages)
    for e in region.elements.graph.known.values():
        if e.kind in ("call", "reduce"):
            inner = region.inner.extent if e.kind == "reduce" or region.inner in e.depends else 1
            total += inner * region.count
    for target in region.targets:
        if target.operation is not None:
            total += region.count * (1 if target.row else region.inner.extent)
    return total
