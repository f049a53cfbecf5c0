"""What dispatchml must know of circulant matrices: products with vectors are sums of shifted columns."""

import functools

import numpy as np
from circulant import Circulant

from dispatchml import ops
from dispatchml.dispatch import register_type


def register():
    register_type(
        Circulant,
        slot="structure",
        payload=lambda c: c.column,
        rebuild=lambda c, column: Circulant(column),
        project=project,
    )
    ops.matmul.layer(Circulant, matmul)
    ops.multiply.layer(Circulant, scaled)
    ops.swapaxes.layer(Circulant, lambda c, *, axis1, axis2: transposed(c))
    ops.add.layer(Circulant, lambda a, b: Circulant(ops.add(a.column, b.column)))
    ops.zeros_like.layer(Circulant, lambda c, **keywords: Circulant(ops.zeros_like(c.column)))


def project(c, dense):
    """The circulant part of a matrix: the means of its shifted diagonals."""
    n = len(c.column)
    rows = np.arange(n)
    return Circulant(np.stack([np.mean(dense[(rows + k) % n, rows]) for k in range(n)]))


def matmul(a, b):
    """Circulant times vectors and matrices, from either side: sums of shifted columns."""
    if not isinstance(a, Circulant):
        if ops.ndim(a) == 1:
            return matmul(transposed(b), a)
        turned = ops.swapaxes(a, axis1=-1, axis2=-2)
        return ops.swapaxes(matmul(transposed(b), turned), axis1=-1, axis2=-2)
    times = ops.multiply if ops.ndim(b) == 1 else ops.outer
    columns = (ops.roll(a.column, shift=k) for k in range(len(a.column)))
    return functools.reduce(ops.add, (times(c, ops.getitem(b, index=k)) for k, c in enumerate(columns)))


def transposed(c):
    """The transpose, whose first column is the first row."""
    return Circulant(ops.roll(ops.flip(c.column), shift=1))


def scaled(a, b):
    """Circulant times number."""
    c, other = (a, b) if isinstance(a, Circulant) else (b, a)
    return Circulant(ops.multiply(c.column, other))
