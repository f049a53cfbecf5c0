"""Sums over products of several arrays (einsum), two arrays at a time.

They are products of matrices, or multiplication and a sum that become part of loops.
"""

from __future__ import annotations

import math

import numpy as np

from ... import ops
from ..graph import Node, Operand, Value
from .rewriting import Rewriting

#: Products of so many numbers are left to NumPy's product of matrices.
LARGE = 1 << 15
#: Numbers in an intermediate result, at most.
LARGEST = 1 << 24


def einsum(work: Rewriting, node: Node) -> Operand | None:
    """The contractions in the order that costs least, as NumPy finds it (of many arrays, one that costs little)."""
    subscripts = node.keywords["subscripts"].replace(" ", "")
    y = node.outputs[0]
    arrays = [x for x in node.inputs if isinstance(x, Value) and x.form == "array" and x.dtype == y.dtype and x.size]
    if len(arrays) != len(node.inputs) or len(arrays) < 2 or y.dtype.char not in "fd" or "->" not in subscripts:
        return None
    given, output = subscripts.split("->")
    terms = list(zip(given.split(","), arrays, strict=True))
    if "." in subscripts or y.form != "array" or any(len(set(t)) != len(t) for t in (*given.split(","), output)):
        return None
    sizes = {label: n for labels, x in terms for label, n in zip(labels, x.shape, strict=True)}
    if any(sizes[label] != n for labels, x in terms for label, n in zip(labels, x.shape, strict=True)):
        return None  # one of size 1 beside another
    examples = [np.broadcast_to(np.float64(0), x.shape) for _, x in terms]
    path, _ = np.einsum_path(subscripts, *examples, optimize=("optimal" if len(terms) < 5 else "greedy", LARGEST))
    for places in path[1:]:
        while len(places) > 1:
            first, second, *rest = sorted(places)
            b, a = terms.pop(second), terms.pop(first)
            kept = set(output).union(*(labels for labels, _ in terms))
            terms.append(contracted(work, a, b, kept, sizes, node.line))
            places = (*(k - (k > first) - (k > second) for k in rest), len(terms) - 1) if rest else ()
        if len(places) == 1:
            return None
    ((labels, found),) = terms
    return ordered(work, *summed(work, labels, found, set(output), node.line), output, node.line)


Term = tuple[str, Value]


def contracted(work: Rewriting, a: Term, b: Term, kept: set[str], sizes: dict[str, int], line: str) -> Term:
    """Two arrays multiplied, and summed over what nothing else has."""
    first, x = summed(work, *a, kept | set(b[0]), line)
    second, y = summed(work, *b, kept | set(a[0]), line)
    shared = [label for label in first if label in second]
    batch = "".join(label for label in shared if label in kept)
    inner = "".join(label for label in shared if label not in kept)
    left = "".join(label for label in first if label not in shared)
    right = "".join(label for label in second if label not in shared)

    def size(labels: str) -> int:
        return math.prod(sizes[label] for label in labels)

    shape = tuple(sizes[label] for label in batch + left + right)
    if inner and left and right and size(left) * size(right) * size(inner) > LARGE:
        x = ordered(work, first, x, batch + left + inner, line)
        y = ordered(work, second, y, batch + inner + right, line)
        outer = tuple(sizes[label] for label in batch)
        rows, terms, columns = size(left), size(inner), size(right)
        x = work.moved(ops.reshape, x, (*outer, rows, terms), line, shape=(*outer, rows, terms))
        y = work.moved(ops.reshape, y, (*outer, terms, columns), line, shape=(*outer, terms, columns))
        found = work.value(x.dtype, (*outer, rows, columns), "array")
        work.add(Node(ops.matmul.info, (x, y), dict(ops.matmul.info.keywords), (found,), line))
        return batch + left + right, work.moved(ops.reshape, found, shape, line, shape=shape)
    x, y = ordered(work, first, x, batch + left + inner, line), ordered(work, second, y, batch + right + inner, line)
    lead, sums = tuple(sizes[label] for label in batch), tuple(sizes[label] for label in inner)
    wide = (*lead, *(sizes[label] for label in left), *(1 for _ in right), *sums)
    x = work.moved(ops.reshape, x, wide, line, shape=wide)
    wide = (*lead, *(1 for _ in left), *(sizes[label] for label in right), *sums)
    y = work.moved(ops.reshape, y, wide, line, shape=wide)
    product = work.apply(ops.multiply, x, y, line=line)
    if inner:
        axes = tuple(range(len(shape), product.ndim))
        product = work.apply(ops.sum, product, line=line, axis=axes, keepdims=False)
    return batch + left + right, product


def summed(work: Rewriting, labels: str, x: Value, kept: set[str], line: str) -> Term:
    """An array summed over the labels that nothing else has."""
    axes = tuple(k for k, label in enumerate(labels) if label not in kept)
    if axes:
        x = work.apply(ops.sum, x, line=line, axis=axes, keepdims=False)
    return "".join(label for label in labels if label in kept), x


def ordered(work: Rewriting, labels: str, x: Value, wanted: str, line: str) -> Value:
    """The axes in another order."""
    if labels == wanted:
        return x
    axes = tuple(labels.index(label) for label in wanted)
    return work.moved(ops.transpose, x, tuple(x.shape[a] for a in axes), line, axes=axes)
