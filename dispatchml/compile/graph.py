"""Recorded programs: typed single-assignment form over operations, and their reference interpreter.

What a program means is what its interpreter does. Passes and emitters are tested against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..ops.placement import HOMES

#: Python's own numbers, which take the dtype of the arrays beside them: class -> form.
PYTHON_FORMS: dict[type, str] = {float: "float", int: "int", complex: "complex", bool: "bool"}


def form_of(x: Any) -> str:
    """How a plain value is held: an array, a NumPy scalar, or one of Python's numbers."""
    if type(x) is np.ndarray or type(x) in HOMES:
        return "array"
    form = PYTHON_FORMS.get(type(x))
    if form is None and not isinstance(x, np.generic):
        raise TypeError(f"a program holds arrays and numbers, not {type(x).__name__}")
    return form or "scalar"


#: Operations whose results have a shape, dtype or class that depends on the numbers.
UNSETTLED = frozenset(
    """nonzero flatnonzero argwhere unique unique_indices compress extract eig eigvals sqrtm logm matrix_power
    matrix_functions hermitian_function frechet matrix_rank lstsq""".split()
)


class UnsettledError(Exception):
    """An operation gave something of another shape, dtype or class than when the program was recorded."""

    #: Running the function again as it is would not help: `jit` records it anew.
    again = False


class Value:
    """What is known of a value before it is computed.

    form: "array", "scalar" (NumPy's), or Python's "float", "int", "complex", "bool", which are weak in promotion.
    steps: of an argument that does not lie in C's order, how far apart neighbours along each axis are, in elements.
    """

    __slots__ = ("number", "dtype", "shape", "form", "steps")

    def __init__(self, number: int, dtype: np.dtype[Any], shape: tuple[int, ...], form: str) -> None:
        self.number, self.dtype, self.shape, self.form = number, dtype, shape, form
        self.steps: tuple[int, ...] | None = None

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        count = 1
        for n in self.shape:
            count *= n
        return count

    @property
    def is_weak(self) -> bool:
        """Whether the dtype gives way to that of arrays beside it."""
        return self.form not in ("array", "scalar")

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape)) or "0-d"
        return f"%{self.number}:{self.dtype.char}[{shape}]" + ("" if self.form == "array" else f" {self.form}")


class Literal:
    """A number that was known when the program was recorded. Equal ones have one class and one spelling."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def key(self) -> tuple[type, str]:
        """What tells 0.0 from -0.0, and 1 from True."""
        return type(self.value), repr(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return repr(self.value)


Operand = Value | Literal


class Node:
    """One operation of a program. line: where the user wrote it."""

    __slots__ = ("op", "inputs", "keywords", "outputs", "line")

    def __init__(
        self,
        op: Any,
        inputs: Sequence[Operand],
        keywords: dict[str, Any],
        outputs: Sequence[Value],
        line: str = "",
    ) -> None:
        self.op, self.inputs, self.keywords = op, tuple(inputs), keywords
        self.outputs, self.line = tuple(outputs), line

    @property
    def is_unsettled(self) -> bool:
        """Whether the kind of its results may depend on the numbers: of ours what is known to, all of others."""
        return self.op.name in UNSETTLED or not self.op.module.startswith("dispatchml.")

    def settled(self, found: Sequence[Any]) -> None:
        """Raise UnsettledError where results are not what the program expects."""
        for x, y in zip(found, self.outputs, strict=True):
            if getattr(x, "shape", ()) != y.shape or form_of(x) != y.form or getattr(x, "dtype", y.dtype) != y.dtype:
                raise UnsettledError(self.op.name)

    def run(self, arguments: Sequence[Any]) -> tuple[Any, ...]:
        """The outputs for plain arguments."""
        found = (
            self.op.function(tuple(arguments), **self.keywords)
            if self.op.variadic
            else self.op.function(*arguments, **self.keywords)
        )
        outputs = tuple(found) if isinstance(found, (tuple, list)) else (found,)
        if self.is_unsettled:
            self.settled(outputs)
        return outputs

    def __repr__(self) -> str:
        said = [*map(repr, self.inputs), *(f"{k}={v!r}" for k, v in self.keywords.items())]
        return f"{', '.join(map(repr, self.outputs))} = {self.op.name}({', '.join(said)})"


class Program:
    """Nodes in the order in which they run. constants: arrays that are part of the program."""

    __slots__ = ("inputs", "constants", "nodes", "outputs")

    def __init__(
        self,
        inputs: Sequence[Value],
        constants: dict[Value, np.ndarray[Any, Any]],
        nodes: Sequence[Node],
        outputs: Sequence[Operand],
    ) -> None:
        self.inputs, self.constants = list(inputs), dict(constants)
        self.nodes, self.outputs = list(nodes), list(outputs)

    def uses(self) -> dict[Value, list[Node]]:
        """The nodes that read each value."""
        found: dict[Value, list[Node]] = {}
        for node in self.nodes:
            for x in dict.fromkeys(node.inputs):
                if isinstance(x, Value):
                    found.setdefault(x, []).append(node)
        return found

    def makers(self) -> dict[Value, Node]:
        """The node that makes each value; inputs and constants have none."""
        return {y: node for node in self.nodes for y in node.outputs}

    def __repr__(self) -> str:
        lines = [f"program({', '.join(map(repr, self.inputs))})"]
        lines += [f"  {v!r} = constant" for v in self.constants]
        lines += [f"  {node!r}" for node in self.nodes]
        return "\n".join([*lines, f"  return {', '.join(map(repr, self.outputs))}"])


def evaluate(program: Program, arguments: Iterable[Any]) -> list[Any]:
    """What a program gives for plain arguments, node by node: the meaning that compiled code must reproduce."""
    known: dict[Any, Any] = dict(program.constants)
    known.update(zip(program.inputs, arguments, strict=True))

    def value(x: Operand) -> Any:
        return x.value if isinstance(x, Literal) else known[x]

    for node in program.nodes:
        known.update(zip(node.outputs, node.run([value(x) for x in node.inputs]), strict=True))
    return [value(x) for x in program.outputs]
