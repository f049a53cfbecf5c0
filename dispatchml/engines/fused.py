"""Rules' texts as programs of machine code: what generated code computes from small plain arrays with one call."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from .. import ops
from ..backends.numpy import kernels
from ..dispatch.operation import Operation
from ..rules.registry import Rule
from ..rules.text import ARGUMENTS, Writer, parse


class NoProgram(Exception):
    """What a text says is nothing that a program could do."""


class StepWriter(Writer):
    """Writes the steps that the generated calls on plain arrays would be, one by one in their order."""

    def __init__(self, steps: Any) -> None:
        super().__init__("calls")
        self.steps = steps
        self.known: dict[str, str] = {}  # what a name of the text stands for: of the output y

    def call(self, name: str, *arguments: str) -> str:
        """One step."""
        found = getattr(ops, name, None)
        ufunc = kernels.LOOPS.get(getattr(found, "info", None))
        if ufunc is None or len(arguments) != ufunc.nin:
            raise NoProgram(name)
        return self.steps.call(ufunc, *map(self.operand, arguments))

    def operand(self, text: str) -> str:
        """A name as it is; the text of a number as a constant."""
        text = self.known.get(text, text)
        return text if text.isidentifier() else self.steps.constant(number_of(ast.parse(text, mode="eval").body))


def number_of(node: ast.expr) -> float:
    """The number that a text of numbers stands for."""
    if isinstance(node, ast.Constant):
        return float(node.value)  # pyright: ignore[reportArgumentType]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -number_of(node.operand)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return number_of(node.left) / number_of(node.right)
    raise NoProgram(ast.unparse(node))


def fused(
    inputs: tuple[str, ...],
    write: Callable[[StepWriter], tuple[str, ...]],
    cls: type | None = None,
    slots: tuple[str, ...] = (),
    leader: int = 0,
) -> Callable[..., Any] | None:
    """The program of what is written from some inputs, or None where there is no machine code for it.

    write: gives the names of one or two results. cls, slots: see `Machine.program`. leader: which input is surely an
    array.
    """
    if "program" not in kernels.FAST:
        return None
    from ..backends.native.steps import Steps

    steps = Steps(inputs, leader)
    try:
        outputs = write(StepWriter(steps))
    except NoProgram:
        return None
    made = {name for _, _, name in steps.lines}
    if not made.issuperset(outputs) or len(set(outputs)) < len(outputs):
        return None
    return kernels.FAST["program"](steps, outputs, cls, slots)


def fused_dual(
    op: Operation, rule: Rule, active: tuple[int, ...], tangent: Callable[[Writer], str], cls: type
) -> Callable[..., Any] | None:
    """program(level, arguments, tangents): the dual number of an operation on dual numbers and Python's numbers.

    tangent: writes the tangent. cls: the class of dual numbers.
    """
    ufunc = kernels.LOOPS.get(op)
    if rule.singular or ufunc is None:
        return None

    def write(writer: StepWriter) -> tuple[str, ...]:
        writer.known["y"] = y = writer.steps.call(ufunc, *ARGUMENTS[: op.arity])
        return y, tangent(writer)

    inputs, slots = (*ARGUMENTS[: op.arity], *(f"p{k}" for k in active)), ("_value", "_partials", "_level", "_base")
    return fused(inputs, write, cls, slots, active[0])


def fused_products(rule: Rule, active: tuple[int, ...], residuals: list[str]) -> Callable[..., Any] | None:
    """program(ct, residuals): the cotangents of one or two arguments, or None where that takes a single call anyway."""

    def write(writer: StepWriter) -> tuple[str, ...]:
        found = tuple(writer.product("ct", parse(rule.partials[k])) for k in active)  # type: ignore[arg-type]
        if len(writer.steps.lines) < 2:
            raise NoProgram
        return found

    return fused(("ct", *residuals), write)


def fused_recording(
    op: Operation, residuals: list[str], active: tuple[int, ...], cls: type, tape: type
) -> Callable[..., Any] | None:
    """recording(tape, backward, indices, arguments): the value of an operation on traced values and Python's numbers.

    cls: the class of traced values. tape: the class of tapes that are written to directly.
    """
    ufunc = kernels.LOOPS.get(op)
    if ufunc is None or "recording" not in kernels.FAST:
        return None
    from ..backends.native.steps import Steps

    names = ARGUMENTS[: op.arity]
    steps = Steps(names, active[0])
    y = steps.call(ufunc, *names)
    kept = tuple((*names, "y").index(n) for n in residuals)
    return kernels.FAST["recording"](steps, y, len(active), kept, cls, ("_value", "_tape", "_index", "_base"), tape)
