"""Transposes behind what is computed: arrays are gone through in the order in which they lie in memory.

Where all large operands of an elementwise operation are transposed alike, it is done before the transpose, as is a sum
over all elements or over those that lie side by side. What is transposed at last are results, which then lie in memory
as their arguments do.
"""

from __future__ import annotations

from typing import Any

from ... import ops
from ...ops.axes import axes_of
from ..graph import Node, Operand, Program, Value
from ..lower.elements import REDUCTIONS
from .algebra import order_of
from .dead import without_dead
from .rewriting import Rewriting, rewritten

#: Smaller arrays are left as they are.
FEWEST = 1 << 10


def base_of(work: Rewriting, x: Operand) -> tuple[Value, tuple[int, ...]] | None:
    """What a transposed array is made of, and the axes."""
    node = work.makers.get(x)
    if node is None or node.op.name != "transpose":
        return None
    source = node.inputs[0]
    return (source, order_of(node)) if isinstance(source, Value) else None


def elementwise(work: Rewriting, node: Node) -> Operand | None:
    """An operation on arrays that are transposed alike, before the transpose."""
    y = node.outputs[0]
    if node.op.family != "elementwise" or node.op.variadic or y.form != "array" or y.size < FEWEST:
        return None
    found = [base_of(work, x) for x in node.inputs]
    turned = [f for f in found if f is not None and len(f[1]) == y.ndim]
    if not turned or any(axes != turned[0][1] for _, axes in turned):
        return None
    axes = turned[0][1]
    given: list[Operand] = []
    for x, f in zip(node.inputs, found, strict=True):
        if f is not None and len(f[1]) == y.ndim:
            given.append(f[0])
        elif isinstance(x, Value) and x.form == "array" and x.ndim:
            if x.size * 4 > y.size:
                return None
            given.append(turned_back(work, x, axes, node.line))
        else:
            given.append(x)
    made = work.apply(node.op, *given, line=node.line, **node.keywords)
    return work.moved(ops.transpose, made, y.shape, node.line, axes=axes)


def turned_back(work: Rewriting, x: Value, axes: tuple[int, ...], line: str) -> Value:
    """A small array that is broadcast, in the order of what is transposed by these axes."""
    shape = (1,) * (len(axes) - x.ndim) + x.shape
    if shape != x.shape:
        x = work.moved(ops.reshape, x, shape, line, shape=shape)
    back = tuple(sorted(range(len(axes)), key=axes.__getitem__))
    return work.moved(ops.transpose, x, tuple(shape[a] for a in back), line, axes=back)


def reduction(work: Rewriting, node: Node) -> Operand | None:
    """A reduction of a transposed array over all elements, or over the last axes in memory."""
    x, y = node.inputs[0], node.outputs[0]
    found = base_of(work, x)
    if found is None or not isinstance(x, Value) or x.size < FEWEST:
        return None
    base, order = found
    axes = axes_of(node.keywords["axis"], x.ndim)
    there = sorted(order[a] for a in axes)
    if there != list(range(x.ndim - len(there), x.ndim)):
        return None
    keywords: dict[str, Any] = {**node.keywords, "axis": None if len(there) == x.ndim else tuple(there)}
    made = work.apply(node.op, base, line=node.line, **keywords)
    if y.form != "array" or y.ndim < 2:
        return made
    back = order if keywords["keepdims"] else tuple(order[k] for k in range(x.ndim) if k not in axes)
    return work.moved(ops.transpose, made, y.shape, node.line, axes=back)


RULES = dict.fromkeys(REDUCTIONS, reduction)


def turned(program: Program) -> Program:
    """The program with its transposes as far behind as they go."""
    return rewritten(program, RULES, elementwise)


def results_as_they_lie(program: Program) -> tuple[Program, dict[Value, tuple[int, ...]]]:
    """The program without the transposes of its results, and the axes by which these are to be transposed."""
    makers, outputs = program.makers(), list(program.outputs)
    found: dict[Value, tuple[int, ...]] = {}
    for k, x in enumerate(outputs):
        node = makers.get(x)  # type: ignore[arg-type]
        if node is None or node.op.name != "transpose" or outputs.count(x) > 1 or x.form != "array":  # type: ignore[union-attr]
            continue
        source = node.inputs[0]
        if isinstance(source, Value) and source in makers and source not in outputs and source.size >= FEWEST:
            outputs[k] = source
            found[source] = order_of(node)
    if not found:
        return program, found
    return without_dead(Program(program.inputs, program.constants, program.nodes, outputs)), found
