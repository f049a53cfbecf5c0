"""Adding up at positions and then to an array: the array is written once, and the few elements are added to it there.

`add(scatter_take(v, i), x)` fills an array with zeros, adds v at the positions, and reads all of it again. Here x + 0.0
is written where the sum will be and v is added there. The order of the additions is another one, as in every sum; zeros
have the same sign. Whether the sum holds a nan can be told from x + 0.0 and from the elements at the positions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import ops
from ..graph import Literal, Node, Operand, Program, Value
from ..lower.gathers import base_of, is_gather
from .rewriting import Rewriting, Rule, rewritten

#: Arrays of no more elements are added up by several threads, in a part for each.
FEWEST = 1 << 14


class Inner:
    """An operation that only programs know; `Node` asks nothing more of one."""

    family, variadic, module, keywords = "indexing", False, __name__, {}

    def __init__(self, function: Callable[..., Any]) -> None:
        self.name, self.function = function.__name__, function


def scatter_take_onto(value: Any, indices: Any, base: Any, **keywords: Any) -> Any:
    """base + scatter_take(value, indices)"""
    return ops.add(ops.scatter_take(value, indices, **keywords), base)


def scatter_along_axis_onto(value: Any, indices: Any, base: Any, **keywords: Any) -> Any:
    """base + scatter_along_axis(value, indices)"""
    return ops.add(ops.scatter_along_axis(value, indices, **keywords), base)


#: The operation for each that adds up at positions, and what picks the elements there.
ONTO = {
    "scatter_take": (Inner(scatter_take_onto), ops.take.info),
    "scatter_along_axis": (Inner(scatter_along_axis_onto), ops.take_along_axis.info),
}


def in_place(program: Program) -> Program:
    """The program with sums of this kind."""
    uses = program.uses()
    outputs = set(program.outputs)

    def is_alone(x: Operand) -> bool:
        return isinstance(x, Value) and x not in outputs and len(uses[x]) == 1

    def add(work: Rewriting, node: Node) -> Operand | None:
        y = node.outputs[0]
        for spread, x in (node.inputs, node.inputs[::-1]):
            maker = work.makers.get(spread)
            if maker is None or maker.op.name not in ONTO or not (is_alone(spread) and is_alone(x)):
                continue
            if not isinstance(x, Value) or not isinstance(spread, Value):
                continue
            if any(v.shape != y.shape or v.dtype != y.dtype for v in (spread, x)):
                continue
            if y.dtype.char not in "fd" or y.size <= FEWEST or x not in work.makers or not is_gather(maker):
                continue
            base = work.apply(ops.add, x, Literal(y.dtype.type(0)), line=node.line)
            found = work.value(y.dtype, y.shape, y.form)
            inner, _ = ONTO[maker.op.name]
            work.add(Node(inner, (*maker.inputs, base), maker.keywords, (found,), node.line))
            return found
        return None

    def any_nan(work: Rewriting, node: Node) -> Operand | None:
        test = work.makers.get(node.inputs[0])
        if test is None or test.op.name != "isnan" or node.keywords["axis"] is not None or node.outputs[0].size != 1:
            return None
        (y,) = test.inputs
        maker = work.makers.get(y)
        base = base_of(maker) if maker is not None else None
        if maker is None or base is None:
            return None
        value, indices = maker.inputs[:2]
        assert isinstance(value, Value)
        keywords = {k: v for k, v in maker.keywords.items() if k != "shape"}
        picked = work.value(base.dtype, value.shape, "array")
        pick = next(pick for inner, pick in ONTO.values() if inner is maker.op)
        work.add(Node(pick, (y, indices), keywords, (picked,), node.line))
        found = [
            work.apply(ops.any, work.apply(ops.isnan, x, line=node.line), line=node.line, **node.keywords)
            for x in (base, picked)
        ]
        return work.apply(ops.logical_or, *found, line=node.line)

    rules: dict[str, Rule] = {"add": add, "any": any_nan}
    return rewritten(program, rules)
