"""Results in the memory of inputs that the caller gives away.

A result lies where an input lay when both have one shape and dtype, nothing reads the input afterwards, and what
computes the result reads of the input only the element that it writes. Programs that may have to be run again, because
of a guard, a position that is looked at or a decomposition that fails, keep their inputs.
"""

from __future__ import annotations

from collections.abc import Iterable

from .graph import Program, Value
from .lower.expressions import postorder
from .lower.partition import Partition
from .lower.regions import Region, Target
from .native_calls import NativeCall


def given_away(program: Program, partition: Partition, native: Iterable[NativeCall], donated: tuple[int, ...]) -> None:
    """Note in the regions which results take the memory of which inputs."""
    inputs = [program.inputs[k] for k in donated]
    regions = [step.region for step in partition.steps if step.region is not None]
    calls = [step for step in partition.steps if step.node is not None and not step.view]
    loops = list(native)
    if any(r.checks for r in regions) or len(calls) != len(loops) or any(call.made.checked for call in loops):
        return
    taken: set[Value] = set()
    for x in inputs:
        readers = [k for k, step in enumerate(partition.steps) if x in partition.reads(step)]
        if not readers or x.form != "array" or x in program.outputs or any(partition.steps[k].view for k in readers):
            continue
        region = partition.steps[readers[-1]].region
        for target in sorted(region.targets, key=lambda t: not uses(t, x)) if region is not None else ():
            value = target.root.value
            if value not in taken and program.outputs.count(value) == 1 and region is not None:
                if (value.shape, value.dtype, value.form) == (x.shape, x.dtype, x.form) and suits(region, target, x):
                    region.in_place[value] = x
                    taken.add(value)
                    break


def uses(target: Target, x: Value) -> bool:
    """Whether a result is computed from an input."""
    return any(e.kind == "load" and e.payload[0] is x for e in postorder([target.expr], lambda e: False))


def suits(region: Region, target: Target, x: Value) -> bool:
    """Whether a region reads of an input only the element that it writes then."""
    if target.operation is not None or target.conditions or target.row or target.expr.stage + 1 < region.passes:
        return False
    if any(x in stage.region.reads for stage in region.stages) or x in region.in_place.values():
        return False
    loads = [e for e in region.elements.graph.known.values() if e.kind == "load" and e.payload[0] is x]
    return all(e.payload[1] == target.offset and not e.payload[2] for e in loads)
