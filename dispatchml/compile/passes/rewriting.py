"""Building a program anew, node by node: what passes share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import ops
from ...dispatch.operation import Operation
from ...ops.axes import axes_of
from ..graph import Literal, Node, Operand, Program, Value, form_of


class Rewriting:
    """A program under construction. places: what stands in for each value of the old program."""

    def __init__(self, program: Program) -> None:
        self.old = program
        self.nodes: list[Node] = []
        self.makers: dict[Operand, Node] = {}
        self.places: dict[Value, Operand] = {}
        self.constants = dict(program.constants)
        #: Of logsumexp(x): x, exp(x - its largest), and the sum of these.
        self.shares: dict[Operand, tuple[Value, Value, Value]] = {}
        values = [*program.inputs, *program.constants, *(y for n in program.nodes for y in n.outputs)]
        self.next = 1 + max((v.number for v in values), default=-1)

    def now(self, x: Operand) -> Operand:
        """What an operand of the old program has become."""
        return self.places.get(x, x) if isinstance(x, Value) else x

    def keep(self, node: Node) -> None:
        """Take a node over."""
        inputs = tuple(map(self.now, node.inputs))
        if inputs != node.inputs:
            node = Node(node.op, inputs, node.keywords, node.outputs, node.line)
        self.add(node)

    def add(self, node: Node) -> None:
        """One more node."""
        self.nodes.append(node)
        self.makers.update(dict.fromkeys(node.outputs, node))

    def apply(self, function: Any, *inputs: Operand, line: str = "", **keywords: Any) -> Value:
        """Add a node with an operation that has one output; its dtype and shape are found out."""
        op: Operation = getattr(function, "info", function)
        keywords = op.keywords | keywords
        y = self.value(*result_of(op, inputs, keywords))
        self.add(Node(op, inputs, keywords, (y,), line))
        return y

    def value(self, dtype: np.dtype[Any], shape: tuple[int, ...], form: str) -> Value:
        """A new value."""
        self.next += 1
        return Value(self.next - 1, dtype, shape, form)

    def constant(self, array: np.ndarray[Any, Any]) -> Value:
        """An array that is part of the program."""
        found = self.value(array.dtype, array.shape, "array")
        self.constants[found] = array
        return found

    def moved(self, function: Any, x: Value, gives: tuple[int, ...], line: str, /, **keywords: Any) -> Value:
        """The elements of an array in another shape."""
        op: Operation = getattr(function, "info", function)
        found = self.value(x.dtype, gives, "array")
        self.add(Node(op, (x,), op.keywords | keywords, (found,), line))
        return found

    def picked(self, x: Value, index: Any, line: str) -> Value:
        """A basic index, without integers and new axes."""
        shape = np.broadcast_to(np.int8(0), x.shape)[index].shape
        found = self.value(x.dtype, shape, "array")
        self.add(Node(ops.getitem.info, (x,), {"index": index}, (found,), line))
        return found

    def program(self) -> Program:
        """What was built."""
        old = self.old
        return Program(old.inputs, self.constants, self.nodes, [self.now(x) for x in old.outputs])


def result_of(
    op: Operation, inputs: Sequence[Operand], keywords: dict[str, Any]
) -> tuple[np.dtype[Any], tuple[int, ...], str]:
    """The dtype, shape and form of what an elementwise operation or a reduction gives."""
    key = (op, tuple(map(kind_of, inputs)), repr(keywords))
    known = RESULTS.get(key)
    if known is None:
        with np.errstate(all="ignore"):
            y = op.function(*map(sample, inputs), **keywords)
        known = RESULTS[key] = (np.asarray(y).dtype, form_of(y))
    shapes = [x.shape if isinstance(x, Value) else () for x in inputs]
    if op.family == "elementwise":
        shape = np.broadcast_shapes(*shapes)
    else:
        axes = axes_of(keywords["axis"], len(shapes[0]))
        shape = tuple(1 if k in axes else n for k, n in enumerate(shapes[0]) if k not in axes or keywords["keepdims"])
    return known[0], shape, known[1]


RESULTS: dict[Any, tuple[np.dtype[Any], str]] = {}


def kind_of(x: Operand) -> Any:
    """What the dtype of a result depends on."""
    return (x.dtype, x.form, x.ndim) if isinstance(x, Value) else x.key


@functools.cache
def one_of(dtype: np.dtype[Any], form: str, ndim: int) -> Any:
    """The smallest value of a kind."""
    one = np.ones((1,) * ndim, dtype)
    return one if form == "array" else one[()] if form == "scalar" else one.item()


def sample(x: Operand) -> Any:
    """The smallest value of the kind of an operand."""
    return one_of(x.dtype, x.form, x.ndim) if isinstance(x, Value) else x.value


Rule = Callable[[Rewriting, Node], Operand | None]


def rewritten(program: Program, rules: dict[str, Rule], first: Rule | None = None) -> Program:
    """The program with what rules give, by names of operations, in place of nodes' results; None leaves a node.

    first: a rule for elementwise nodes that is tried before.
    """
    work = Rewriting(program)
    for node in program.nodes:
        tried = [rules.get(node.op.name), first if node.op.family == "elementwise" else None]
        if any(tried) and len(node.outputs) == 1:
            node = Node(node.op, tuple(map(work.now, node.inputs)), node.keywords, node.outputs, node.line)
            if any(replaced(work, node, rule) for rule in reversed(tried) if rule is not None):
                continue
        work.keep(node)
    return work.program()


def replaced(work: Rewriting, node: Node, rule: Rule) -> bool:
    """Whether a rule gives something that stands in for the node's result."""
    count = len(work.nodes)
    found = rule(work, node)
    if found is not None and same_kind(found, node.outputs[0]):
        work.places[node.outputs[0]] = found
        return True
    del work.nodes[count:]
    return False


def same_kind(found: Operand, y: Value) -> bool:
    """Whether an operand can stand in for a value: the same dtype, shape and form."""
    if isinstance(found, Literal):
        return y.shape == () and form_of(found.value) == y.form and np.asarray(found.value).dtype == y.dtype
    return found.dtype == y.dtype and found.shape == y.shape and found.form == y.form
