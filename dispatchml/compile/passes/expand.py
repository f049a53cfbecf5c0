"""Larger operations as smaller ones, with the results that the kernels of `backends` give."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

import numpy as np

from ... import ops
from ...ops.axes import axes_of
from ..graph import Literal, Node, Operand, Program, Value
from .contractions import einsum
from .indices import RULES as INDICES
from .rewriting import Rewriting, rewritten

#: Products of matrices with so many terms in each element, and no more rows and columns, are sums in loops.
LONGEST_SUM, LARGEST_MATRIX = 4, 8
#: Of so many rows, each no longer, positions of the largest are found in loops.
FEWEST_ROWS, MOST_ROWS, LONGEST_ROW = 8, 1 << 40, 8192
#: What keeps elements in their order; of sums those over axes of size 1.
UNMOVED = ("sum", "reshape", "expand_dims", "squeeze")
#: dtypes of which NumPy's mean and variance take sums as they are; whole numbers are added up as float64.
OWN_SUMS = "fdFD"


def array(node: Node) -> Value | None:
    """The argument of a reduction, where it is a real array that expands."""
    x = node.inputs[0]
    return x if isinstance(x, Value) and x.form == "array" and x.size and x.dtype.char in "?bBhHiIlLqQfd" else None


def count_of(x: Value, axis: Any) -> int:
    """How many elements become one."""
    return math.prod(x.shape[a] for a in axes_of(axis, x.ndim))


def mean(work: Rewriting, node: Node) -> Operand | None:
    """The sum over the number of elements."""
    x, keywords = array(node), node.keywords
    if x is None or keywords["dtype"] is not None:
        return None
    return mean_of(work, x, keywords["axis"], keywords["keepdims"], node.line)


def mean_of(work: Rewriting, x: Value, axis: Any, keepdims: bool, line: str) -> Value:
    dtype = None if x.dtype.char in OWN_SUMS else np.dtype(float)
    total = work.apply(ops.sum, x, line=line, axis=axis, dtype=dtype, keepdims=keepdims)
    return work.apply(ops.divide, total, Literal(count_of(x, axis)), line=line)


def var(work: Rewriting, node: Node) -> Operand | None:
    """The mean square of what lies apart from the mean."""
    x, keywords = array(node), node.keywords
    if x is None:
        return None
    line, axis = node.line, keywords["axis"]
    apart = work.apply(ops.subtract, x, mean_of(work, x, axis, True, line), line=line)
    squares = work.apply(ops.multiply, apart, apart, line=line)
    total = work.apply(ops.sum, squares, line=line, axis=axis, keepdims=keywords["keepdims"])
    freedom = max(count_of(x, axis) - keywords["ddof"], 0)
    return work.apply(ops.divide, total, Literal(freedom), line=line)


def std(work: Rewriting, node: Node) -> Operand | None:
    """The square root of the variance."""
    y = var(work, node)
    return None if y is None else work.apply(ops.sqrt, y, line=node.line)


def floating(work: Rewriting, x: Value, line: str) -> Value:
    """Whole numbers as float64."""
    return x if x.dtype.kind == "f" else work.apply(ops.astype, x, line=line, dtype=np.dtype(float))


def finite_top(work: Rewriting, x: Value, axis: Any, line: str) -> Value:
    """The largest element with the axes kept, 0 where it is not finite."""
    top = work.apply(ops.max, x, line=line, axis=axis, keepdims=True)
    finite = work.apply(ops.isfinite, top, line=line)
    return work.apply(ops.where_or_zero, finite, top, line=line)


def softmax(work: Rewriting, node: Node) -> Operand | None:
    """exp(x - top) over its sum."""
    x, axis, line = array(node), node.keywords["axis"], node.line
    if x is None:
        return None
    x = floating(work, x, line)
    apart = work.apply(ops.subtract, x, finite_top(work, x, axis, line), line=line)
    e = work.apply(ops.exp, apart, line=line)
    total = work.apply(ops.sum, e, line=line, axis=axis, keepdims=True)
    empty = work.apply(ops.equal, total, Literal(0.0), line=line)
    safe = work.apply(ops.where, empty, Literal(1.0), total, line=line)
    return work.apply(ops.divide, e, safe, line=line)


def logsumexp_of(work: Rewriting, x: Value, axis: Any, line: str) -> Value:
    """log(sum(exp(x - top))) + top, with the axes kept."""
    top = finite_top(work, x, axis, line)
    e = work.apply(ops.exp, work.apply(ops.subtract, x, top, line=line), line=line)
    total = work.apply(ops.sum, e, line=line, axis=axis, keepdims=True)
    y = work.apply(ops.add, work.apply(ops.log, total, line=line), top, line=line)
    work.shares[y] = x, e, total
    return y


def logsumexp(work: Rewriting, node: Node) -> Operand | None:
    x, axis, line = array(node), node.keywords["axis"], node.line
    if x is None:
        return None
    x = floating(work, x, line)
    y = logsumexp_of(work, x, axis, line)
    if node.keywords["keepdims"]:
        return y
    return work.apply(ops.sum, y, line=line, axis=axis, keepdims=False)  # over axes of size 1


def exp(work: Rewriting, node: Node) -> Operand | None:
    """exp(x - logsumexp(x)), the shares of which derivatives are made, as the quotient that softmax is: the elements'
    exponentials are known. It is the more exact of the two, and nan at the same places.
    """
    apart = work.makers.get(node.inputs[0])
    if apart is None or apart.op.name != "subtract":
        return None
    x, y = apart.inputs
    while (maker := work.makers.get(y)) is not None and maker.op.name in UNMOVED:
        if maker.op.name == "sum" and maker.inputs[0].size != maker.outputs[0].size:  # type: ignore[union-attr]
            return None
        y = maker.inputs[0]
    known = work.shares.get(y)
    if known is None or known[0] is not x:
        return None
    _, e, total = known
    if total.size > 1 and total.shape != getattr(apart.inputs[1], "shape", None):
        return None
    return work.apply(ops.divide, e, total, line=node.line)


def log_softmax(work: Rewriting, node: Node) -> Operand | None:
    """x - logsumexp(x)."""
    x, axis, line = array(node), node.keywords["axis"], node.line
    if x is None:
        return None
    x = floating(work, x, line)
    y = logsumexp_of(work, x, axis, line)
    empty = work.apply(ops.equal, y, Literal(-math.inf), line=line)
    safe = work.apply(ops.where, empty, Literal(0.0), y, line=line)
    return work.apply(ops.subtract, x, safe, line=line)


def vector_norm(work: Rewriting, node: Node) -> Operand | None:
    """The norms of order 2, 1, inf and -inf.

    Derivatives compare elements with the norm, so that both have to come from the same absolute values.
    """
    x, keywords, line = node.inputs[0], node.keywords, node.line
    if not is_array(x) or keywords["ord"] not in (1, 2, math.inf, -math.inf):
        return None
    if x.dtype.kind not in "fc":
        x = work.apply(ops.astype, x, line=line, dtype=np.dtype(float))
    rest = {"axis": keywords["axis"], "keepdims": keywords["keepdims"]}
    if keywords["ord"] == 2:
        parts = [x] if x.dtype.kind == "f" else [work.apply(f, x, line=line) for f in (ops.real, ops.imag)]
        squares = [work.apply(ops.multiply, part, part, line=line) for part in parts]
        total = squares[0] if len(squares) == 1 else work.apply(ops.add, *squares, line=line)
        return work.apply(ops.sqrt, work.apply(ops.sum, total, line=line, **rest), line=line)
    size = work.apply(ops.absolute, x, line=line)
    joined = {1: ops.sum, math.inf: ops.max, -math.inf: ops.min}[keywords["ord"]]
    return work.apply(joined, size, line=line, **rest)


def matrix_norm(work: Rewriting, node: Node) -> Operand | None:
    """The norms of order 1, -1, inf and -inf: the largest or smallest sum of a column or row."""
    a, order, line = node.inputs[0], node.keywords["ord"], node.line
    if not is_array(a) or a.dtype.kind not in "fc" or order not in (1, -1, math.inf, -math.inf):
        return None
    along = -2 if abs(order) == 1 else -1
    sums = work.apply(ops.sum, work.apply(ops.absolute, a, line=line), line=line, axis=along, keepdims=True)
    across = (ops.max if order > 0 else ops.min, -3 - along)
    y = work.apply(across[0], sums, line=line, axis=across[1], keepdims=True)
    return y if node.keywords["keepdims"] else work.apply(ops.sum, y, line=line, axis=(-2, -1), keepdims=False)


def is_array(x: Operand) -> TypeGuard[Value]:
    """Whether a value is an array of numbers that kernels know, with elements."""
    return isinstance(x, Value) and x.form == "array" and bool(x.size) and x.dtype.char in "?bBhHiIlLqQfdFD"


def pad(work: Rewriting, node: Node) -> Operand | None:
    """Padding with one number."""
    x, y, value = node.inputs[0], node.outputs[0], node.keywords["constant_values"]
    if node.keywords["mode"] != "constant" or not isinstance(x, Value) or not isinstance(value, (int, float)):
        return None
    found = work.value(y.dtype, y.shape, y.form)
    keywords = {"pad_width": node.keywords["pad_width"], "value": value}
    work.add(Node(ops.pad_constant.info, (x,), keywords, (found,), node.line))
    return found


def position(work: Rewriting, node: Node) -> Operand | None:
    """Where the largest or smallest element of a row is first, nan before all: the least of the positions where it is.

    Rows are gone through twice, in vectors; nothing is written between.
    """
    x, axis, line = array(node), node.keywords["axis"], node.line
    if x is None or not isinstance(axis, int) or x.dtype.char not in "fd":
        return None
    axis %= x.ndim
    n = x.shape[axis]
    if axis != x.ndim - 1 or not MOST_ROWS > x.size // max(n, 1) > FEWEST_ROWS or not 1 < n <= LONGEST_ROW:
        return None
    top = work.apply(ops.max if node.op.name == "argmax" else ops.min, x, line=line, axis=axis, keepdims=True)
    there = work.apply(ops.equal, x, top, line=line)
    there = work.apply(ops.logical_or, there, work.apply(ops.isnan, x, line=line), line=line)
    places = work.constant(np.arange(n).reshape((1,) * axis + (n,)))
    found = work.apply(ops.where, there, places, Literal(np.int64(n)), line=line)
    return work.apply(ops.min, found, line=line, axis=axis, keepdims=node.keywords["keepdims"])


def small_product(work: Rewriting, node: Node) -> Operand | None:
    """A product of small matrices, or of many of them, as a sum of products, which becomes part of loops."""
    a, b = node.inputs
    y = node.outputs[0]
    if not (isinstance(a, Value) and isinstance(b, Value)) or not (is_array(a) and is_array(b) and y.form == "array"):
        return None
    if min(a.ndim, b.ndim) < 2 or not a.dtype == b.dtype == y.dtype or a.dtype.char not in "fd":
        return None
    count = a.shape[-1]
    if count > LONGEST_SUM or max(y.shape[-2:]) > LARGEST_MATRIX or not y.size:
        return None
    line = node.line
    total: Value | None = None
    for k in range(count):
        column = work.picked(a, (Ellipsis, slice(None), slice(k, k + 1)), line)
        row = work.picked(b, (Ellipsis, slice(k, k + 1), slice(None)), line)
        term = work.apply(ops.multiply, column, row, line=line)
        total = term if total is None else work.apply(ops.add, total, term, line=line)
    return total


RULES = {
    "einsum": einsum,
    "argmax": position,
    "argmin": position,
    "matmul": small_product,
    "pad": pad,
    "exp": exp,
    "mean": mean,
    "var": var,
    "std": std,
    "softmax": softmax,
    "logsumexp": logsumexp,
    "log_softmax": log_softmax,
    "vector_norm": vector_norm,
    "matrix_norm": matrix_norm,
    **INDICES,
}


def expanded(program: Program) -> Program:
    """The program in smaller operations."""
    return rewritten(program, RULES)
