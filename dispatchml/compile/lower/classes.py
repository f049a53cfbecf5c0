"""Which nodes become part of loops, and which are calls of their operation on arrays."""

from __future__ import annotations

from ..graph import Literal, Node, Value
from .elements import FILLS, REDUCTIONS, SCANS, reduction_of
from .gathers import GATHERS, SCATTERS, is_gather
from .moves import is_move
from .places import is_place
from .scalar_calls import character_of, conversion, scalar_call

#: A row that is reduced within one pass of a kernel is at most this long, so that it stays in the cache.
LONGEST_ROW = 8192
#: Fewer rows than this are reduced by kernels of their own, which share the work, unless all is small.
FEWEST_ROWS = 8
SMALL = 4096
#: By so much Python's whole numbers may go on at once.
STEP = 1 << 20


def reason_against(node: Node) -> str:
    """Why a node is a call of its operation, or "" where it becomes part of a loop."""
    name = node.op.name
    if len(node.outputs) != 1 or node.op.variadic and name not in ("concatenate", "stack"):
        return "no loop is known for it"
    y = node.outputs[0]
    if y.form == "int" and not is_step(node) and name != "python_number":
        return "Python's whole numbers have no size"
    for x in (*node.inputs, y):
        if isinstance(x, Value) and character_of(x.dtype) is None:
            return f"no machine code for {x.dtype}"
        if isinstance(x, Value) and x.size == 0:
            return "nothing to compute"
    if node.op.family == "elementwise":
        return "" if scalar_call(node) else "no machine code for it and these dtypes"
    if name in REDUCTIONS:
        return reason_against_reduction(node)
    if name in SCANS:
        return reason_against_scan(node)
    if is_move(node):
        return "" if isinstance(node.inputs[0], Value) else "of a number"
    if is_place(node):
        return reason_against_place(node)
    if name in FILLS:
        return ""
    if name in (*GATHERS, *SCATTERS):
        return "" if is_gather(node) and not (name in SCATTERS and y.dtype.kind in "bc") else "its shapes do not fit"
    return "no loop is known for it"


def is_step(node: Node) -> bool:
    """Whether one of Python's whole numbers goes a short step on, as the counter of a loop does. Whoever runs such a
    program sees to it that counters begin below 2**62, from where no loop comes to their end.
    """
    numbers = [x.value for x in node.inputs if isinstance(x, Literal) and type(x.value) is int]
    whole = all(isinstance(x, Literal) or x.form == "int" for x in node.inputs)
    return node.op.name in ("add", "subtract") and whole and len(numbers) == 1 and abs(numbers[0]) <= STEP


def reason_against_reduction(node: Node) -> str:
    """Sums of halves are NumPy's own affair; of complex numbers only sums are loops."""
    x, y = node.inputs[0], node.outputs[0]
    if isinstance(x, Literal):
        return "of a number"
    took, gives = character_of(x.dtype), character_of(y.dtype)
    assert took is not None
    assert gives is not None
    if gives == "e" or gives in "FD" and node.op.name != "sum":
        return f"no machine code for {node.op.name} of {x.dtype}"
    if took != gives and conversion(took, gives) is None:
        return f"no machine code from {x.dtype} to {y.dtype}"
    return ""


def reason_against_scan(node: Node) -> str:
    """Scans are loops along the last axis, one element after the other as NumPy's are."""
    x, y, axis = node.inputs[0], node.outputs[0], node.keywords["axis"]
    if not isinstance(x, Value) or x.form != "array" or y.shape != x.shape or y.shape[-1] < 2:
        return "of a number"
    if axis is None and x.ndim > 1 or axis is not None and axis % x.ndim != x.ndim - 1:
        return "not along the last axis"
    took, gives = character_of(x.dtype), character_of(y.dtype)
    assert took is not None
    assert gives is not None
    if gives not in "fdqQ" or took != gives and conversion(took, gives) is None:
        return f"no machine code from {x.dtype} to {y.dtype}"
    return ""


def reason_against_place(node: Node) -> str:
    """Elements have to be brought to the dtype of the result."""
    gives = character_of(node.outputs[0].dtype)
    for x in node.inputs:
        if isinstance(x, Literal):
            continue
        took = character_of(x.dtype)
        if took != gives and (took is None or gives is None or conversion(took, gives) is None):
            return f"no machine code from {x.dtype} to {node.outputs[0].dtype}"
    if node.op.name == "add_at":
        value = node.inputs[1]
        if (
            character_of(node.outputs[0].dtype) == "?"
            or isinstance(value, Value)
            and value.dtype != node.outputs[0].dtype
        ):
            return "it adds in another dtype"
    return ""


def is_row_reduction(node: Node) -> bool:
    """Whether a reduction may be done within a row of the loop that uses it."""
    extent, source = reduction_of(node)
    if extent == 1:
        return True
    if source is None or extent > LONGEST_ROW:
        return False
    return source[0] >= FEWEST_ROWS or source[0] * extent <= SMALL
