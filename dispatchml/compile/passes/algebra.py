"""Rewrites that change no bit: dtype, rounding, the sign of zero, nan and inf stay what they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...ops.axes import axes_of
from ..graph import Literal, Node, Operand, Program, Value
from ..lower.elements import FILLS
from .rewriting import Rewriting, rewritten, same_kind


def is_number(work: Rewriting, x: Operand, value: float) -> bool:
    """Whether an operand is this number everywhere, its sign included."""
    found = uniform(work, x)
    if found is None or isinstance(found, (bool, np.bool_, complex, np.complexfloating)):
        return False
    return bool(found == value and not (value == 0 and np.signbit(float(found))))


def multiply(work: Rewriting, node: Node) -> Operand | None:
    """x * 1 and 1 * x."""
    a, b = node.inputs
    return a if is_number(work, b, 1) else b if is_number(work, a, 1) else None


def divide(work: Rewriting, node: Node) -> Operand | None:
    """x / 1; x / 2**k as a product, which rounds alike."""
    a, b = node.inputs
    if is_number(work, b, 1):
        return a
    if not isinstance(b, Literal) or type(b.value) not in (int, float) or node.outputs[0].dtype.kind != "f":
        return None
    mantissa, exponent = np.frexp(float(b.value))
    if abs(mantissa) == 0.5 and abs(exponent) <= 10 and float(b.value) == b.value:
        return work.apply(ops.multiply, a, Literal(1.0 / float(b.value)), line=node.line)
    return None


def subtract(work: Rewriting, node: Node) -> Operand | None:
    """x - 0.0; x - 0 of integers."""
    return node.inputs[0] if is_number(work, node.inputs[1], 0) else None


def negative(work: Rewriting, node: Node) -> Operand | None:
    """-(-x)."""
    inner = work.makers.get(node.inputs[0])
    return inner.inputs[0] if inner is not None and inner.op.name == "negative" else None


def same(work: Rewriting, node: Node) -> Operand | None:
    """What hands its argument on."""
    return node.inputs[0]


def shaped(work: Rewriting, node: Node) -> Operand | None:
    """A reshape, broadcast or transpose that changes nothing, or of another one."""
    x, y = node.inputs[0], node.outputs[0]
    number = uniform(work, x)
    if number is not None:
        return everywhere(work, y.dtype.type(number), y, node.line) if y.size else None
    assert isinstance(x, Value)
    name = node.op.name
    inner = work.makers.get(x)
    if name == "transpose":
        axes = order_of(node)
        if axes == tuple(range(x.ndim)):
            return x
        if inner is not None and inner.op.name == "transpose":
            before = order_of(inner)
            together = tuple(before[a] for a in axes)
            source = inner.inputs[0]
            if together == tuple(range(x.ndim)):
                return source
        return None
    if node.keywords.get("order", "C") != "C":
        return None
    if x.shape == y.shape and x.form == y.form:
        return x
    return None


def order_of(node: Node) -> tuple[int, ...]:
    """The axes of a transpose, counted from the front."""
    ndim, axes = node.outputs[0].ndim, node.keywords["axes"]
    return tuple(range(ndim))[::-1] if axes is None else tuple(a % ndim for a in axes)


def strong_multiply(work: Rewriting, node: Node) -> Operand | None:
    """A product with a finite number that is not 0 is a plain one."""
    for a, b in (node.inputs, node.inputs[::-1]):
        if is_number(work, b, 1) and same_kind(a, node.outputs[0]):
            return a
        number = uniform(work, b)
        if isinstance(number, (int, float, np.floating)) and number and np.isfinite(number):
            return work.apply(ops.multiply, *node.inputs, line=node.line)
    return None


def uniform(work: Rewriting, x: Operand) -> Any:
    """The number that an operand is everywhere, or None."""
    if isinstance(x, Literal):
        return x.value
    node = work.makers.get(x)
    return node.keywords["value"] if node is not None and node.op is ops.full_of.info else None


def everywhere(work: Rewriting, number: Any, y: Value, line: str) -> Operand:
    """A value that is one number everywhere."""
    if y.form == "scalar" and y.shape == ():
        return Literal(number)
    found = work.value(y.dtype, y.shape, y.form)
    keywords = {"value": number, "shape": y.shape, "dtype": y.dtype}
    work.add(Node(ops.full_of.info, (Literal(y.dtype.type(0)),), keywords, (found,), line))
    return found


def with_numbers(program: Program) -> Program:
    """The program with numbers for the constants that are one number everywhere, which no loop has to read then."""
    work = Rewriting(program)
    for value, array in program.constants.items():
        if value.form == "array" and array.size and array.dtype.kind in "biufc" and is_uniform(array):
            work.places[value] = everywhere(work, array.reshape(-1)[0], value, "")
    for node in program.nodes:
        work.keep(node)
    return work.program()


def is_uniform(array: np.ndarray[Any, Any]) -> bool:
    """Whether all elements are the same, bit for bit."""
    flat = np.ascontiguousarray(array).reshape(-1)
    parts = flat.view(np.uint8).reshape(flat.size, -1)
    return bool((parts == parts[0]).all())


def filled(work: Rewriting, node: Node) -> Operand | None:
    """What is one number everywhere does not depend on the argument that it looks like."""
    y, value = node.outputs[0], FILLS[node.op.name]
    value = node.keywords["value"] if value is None else value
    if y.dtype.kind not in "?biufc" or isinstance(node.inputs[0], Literal):
        return None
    number = np.asarray(value).astype(y.dtype)[()]
    return everywhere(work, number, y, node.line) if y.form in ("array", "scalar") else None


def folded(work: Rewriting, node: Node) -> Operand | None:
    """An operation on numbers that are known, by NumPy itself."""
    y = node.outputs[0]
    numbers = [uniform(work, x) for x in node.inputs]
    if y.form not in ("scalar", "float", "array") or y.dtype.kind not in "?biufc" or any(x is None for x in numbers):
        return None
    arrays = [isinstance(x, Value) and x.form == "array" for x in node.inputs]
    given = [np.full((1,) * y.ndim, v) if a else v for v, a in zip(numbers, arrays, strict=True)]
    with np.errstate(all="ignore"):
        (found,) = node.run(given)
    if y.form == "float":
        return Literal(found)
    number = np.asarray(found)
    return everywhere(work, number.reshape(-1)[0], y, node.line) if number.dtype == y.dtype and y.size else None


def total(work: Rewriting, node: Node) -> Operand | None:
    """A sum of whole numbers over axes of size 1 only, or over none; one of floats makes 0.0 of -0.0."""
    x = node.inputs[0]
    if (
        not isinstance(x, Value)
        or x.dtype.kind not in "iu"
        or node.keywords.get("dtype") is not None
        or x.dtype != node.outputs[0].dtype
    ):
        return None
    axes = axes_of(node.keywords["axis"], x.ndim)
    if any(x.shape[a] != 1 for a in axes) or x.form != node.outputs[0].form:
        return None
    return x if x.shape == node.outputs[0].shape else None


def real_only(work: Rewriting, node: Node) -> Operand | None:
    """conj and real of real numbers."""
    x = node.inputs[0]
    return x if isinstance(x, Value) and x.dtype.kind in "biuf" else None


RULES = {
    "multiply": multiply,
    "divide": divide,
    "subtract": subtract,
    "negative": negative,
    "positive": same,
    "stop_gradient": same,
    "conj": real_only,
    "real": real_only,
    "astype": same,
    "reshape": shaped,
    "ravel": shaped,
    "squeeze": shaped,
    "expand_dims": shaped,
    "broadcast_to": shaped,
    "transpose": shaped,
    "sum": total,
    "strong_multiply": strong_multiply,
    **dict.fromkeys(FILLS, filled),
}


def simplified(program: Program) -> Program:
    """The program after these rewrites."""
    return rewritten(program, RULES, folded)
