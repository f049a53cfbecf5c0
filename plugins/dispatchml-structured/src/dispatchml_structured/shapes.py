"""Rules of shapes, sums over entries, indices, and new values of the same kind."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.rules import beside

from .base import Structure, densify, kind_of, swap, vector_of_ones
from .diagonal import Diagonal, ScaledIdentity
from .kronecker import Kronecker
from .spaces import TANGENTS, Tangent, has_factors
from .stacks import in_front, is_in_front, is_whole
from .symmetric import Hermitian
from .triangular import Triangular

__all__ = ["RULES"]


# ---- transposes ------------------------------------------------------------------------------------------------------


def transpose(x: Any, *, axes: Any) -> Any:
    """The transpose of the last two axes, or nothing; other permutations are of the dense array."""
    n = ops.ndim(x)
    order = tuple(range(n))[::-1] if axes is None else tuple(k % n for k in axes)
    if order == tuple(range(n)):
        return x
    if order == (*range(n - 2), n - 1, n - 2):
        return x.transposed()
    return ops.transpose(densify("transpose", x, " stacks"), axes=axes)


def swapaxes(x: Any, *, axis1: int, axis2: int) -> Any:
    """As `transpose`."""
    n = ops.ndim(x)
    if axis1 % n == axis2 % n:
        return x
    if {axis1 % n, axis2 % n} == {n - 1, n - 2}:
        return x.transposed()
    return ops.swapaxes(densify("swapaxes", x, " stacks"), axis1=axis1, axis2=axis2)


# ---- stacks ----------------------------------------------------------------------------------------------------------


def in_stack(x: Any, lead: tuple[int, ...], change: Any) -> Any:
    """The same matrices in other axes in front; change(field, shape)."""
    cores = x.cores

    def moved(f: Any, core: int) -> Any:
        return change(f, (*lead, *ops.shape(f)[ops.ndim(f) - core :]))

    return x.like(*(None if f is None else moved(f, c) for f, c in zip(x.fields(), cores, strict=True)))


def broadcast_to(x: Any, *, shape: Any) -> Any:
    """A stack of equal matrices."""
    shape, own = tuple(shape), ops.shape(x)[-2:]
    if shape == ops.shape(x):
        return x
    if shape[-2:] != own:
        return ops.broadcast_to(densify("broadcast_to", x), shape=shape)
    return in_stack(x, shape[:-2], lambda f, s: ops.broadcast_to(f, shape=s))


def reshape(x: Any, *, shape: Any, order: str) -> Any:
    """Other axes in front of the same matrices; everything else is dense."""
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    own = ops.shape(x)
    if shape == own:
        return x
    lead = shape[:-2]
    fits = shape[-2:] == own[-2:] and all(isinstance(k, int) and k >= 0 for k in lead) and order == "C"
    full = all(
        ops.shape(f)[: ops.ndim(f) - c] == own[:-2] for f, c in zip(x.fields(), x.cores, strict=True) if f is not None
    )
    if not fits or not full or math.prod(lead) != math.prod(own[:-2]):
        return ops.reshape(densify("reshape", x), shape=shape, order=order)
    return in_stack(x, lead, lambda f, s: ops.reshape(f, shape=s))


def expand_dims(x: Any, *, axis: Any) -> Any:
    """New axes in front of the matrices."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    n = ops.ndim(x) + len(axes)
    places = sorted(k % n for k in axes)
    if any(k >= n - 2 for k in places):
        return ops.expand_dims(densify("expand_dims", x), axis=axis)
    shape = list(ops.shape(x))
    for k in places:
        shape.insert(k, 1)
    return ops.reshape(x, shape=tuple(shape))


# ---- diagonals and triangles -----------------------------------------------------------------------------------------


def is_matrix(x: Any, axis1: int, axis2: int) -> bool:
    """Whether two axes are those of the matrix, in order."""
    n = ops.ndim(x)
    return (axis1 % n, axis2 % n) == (n - 2, n - 1)


def diagonal(x: Any, *, offset: int, axis1: int, axis2: int) -> Any:
    """The diagonal at its cost; others, too, where all others are zeros."""
    if is_matrix(x, axis1, axis2):
        if offset == 0:
            return x.diagonal_vector()
        if isinstance(x, (Diagonal, ScaledIdentity)):
            d = x.diagonal_vector()
            return ops.zeros_of(d, shape=(*ops.shape(d)[:-1], max(ops.shape(d)[-1] - abs(offset), 0)))
    kept = x.is_linear and x.reads_dense
    full = x.materialise() if kept else densify("diagonal", x, f" at offset {offset}")
    return ops.diagonal(full, offset=offset, axis1=axis1, axis2=axis2)


def diag(x: Any, *, k: int) -> Any:
    """The diagonal of a matrix."""
    return ops.diagonal(x, offset=k, axis1=-2, axis2=-1)


def trace(x: Any, *, offset: int, axis1: int, axis2: int, dtype: Any) -> Any:
    """The sum of the diagonal; of a Kronecker product the product of the traces."""
    if isinstance(x, Kronecker) and offset == 0 and is_matrix(x, axis1, axis2) and x.are_square():
        return ops.multiply(*(ops.trace(f, axis1=-2, axis2=-1, dtype=dtype) for f in x.fields()))
    return ops.sum(ops.diagonal(x, offset=offset, axis1=axis1, axis2=axis2), axis=-1, dtype=dtype)


def cut(name: str, lower: bool) -> Any:
    """tril and triu: of a diagonal matrix itself or zero, of others the triangle, as a Triangular where it is one."""
    op = getattr(ops, name)

    def rule(x: Any, *, k: int) -> Any:
        if isinstance(x, (Diagonal, ScaledIdentity)):
            return x if (k >= 0) == lower or k == 0 else ops.zeros_like(x)
        full = x.materialise() if x.is_linear and x.reads_dense else densify(name, x)
        square = ops.shape(x)[-1] == ops.shape(x)[-2]
        found = op(full, k=k)
        return Triangular(found, lower) if square and (k <= 0 if lower else k >= 0) else found

    return rule


# ---- sums ------------------------------------------------------------------------------------------------------------


def total(x: Any, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    """Sums over rows, columns or both are products with ones; over stacks they are of the dense array."""
    n = ops.ndim(x)
    axes = tuple(range(n)) if axis is None else tuple(k % n for k in (axis if isinstance(axis, tuple) else (axis,)))
    if not axes:
        return x
    if isinstance(x, Tangent):
        return sum_of_tangent(x, axes, n)
    if not any(k >= n - 2 for k in axes):
        return ops.sum(densify("sum", x, " over a stack"), axis=axis, dtype=dtype, keepdims=keepdims)
    y = x if dtype is None else ops.astype(x, dtype=np.dtype(dtype))
    if isinstance(y, (Diagonal, ScaledIdentity)):
        found = ops.expand_dims(y.diagonal_vector(), axis=-1 if n - 1 in axes else -2)
    elif n - 1 in axes:
        ones = vector_of_ones(ops.shape(x)[-1], y)[:, None]
        found = y.times(ones)
    else:
        ones = vector_of_ones(ops.shape(x)[-2], y)[:, None]
        found = swap(y.transposed().times(ones))
    rest = axes if n - 1 not in axes else tuple(k for k in axes if k != n - 1)
    if n - 1 in axes and rest:
        found = ops.sum(found, axis=rest, keepdims=True)
    elif n - 1 not in axes and len(axes) > 1:
        found = ops.sum(found, axis=tuple(k for k in axes if k != n - 2), keepdims=True)
    return found if keepdims else ops.squeeze(found, axis=axes)


def sum_of_tangent(x: Any, axes: Any, n: int) -> Any:
    """The sum of all numbers of the fields: pairing of tangents is by fields."""
    if len(axes) != n:
        raise TypeError("A tangent is summed over all its numbers at once.")
    parts = [ops.sum(f) for f in x.fields() if f is not None]
    whole = parts[0]
    for p in parts[1:]:
        whole = ops.add(whole, p)
    return whole


def mean(x: Any, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    """The sum by the number of entries."""
    n, shape = ops.ndim(x), ops.shape(x)
    axes = tuple(range(n)) if axis is None else tuple(k % n for k in (axis if isinstance(axis, tuple) else (axis,)))
    count = int(np.prod([shape[k] for k in axes], dtype=int))
    return ops.divide(ops.sum(x, axis=axis, dtype=dtype, keepdims=keepdims), count)


def vector_norm(x: Any, *, axis: Any, ord: Any, keepdims: bool) -> Any:
    """The Frobenius norm of what has few numbers; every other norm is of the dense array."""
    if axis is None and not keepdims:
        if isinstance(x, (Diagonal, ScaledIdentity)):
            return ops.vector_norm(x.diagonal_vector(), axis=None, ord=ord)
        if isinstance(x, Kronecker):
            return ops.multiply(*(ops.vector_norm(f, axis=None, ord=ord) for f in x.fields()))
    full = x.materialise() if x.is_linear and x.reads_dense else densify("vector_norm", x)
    return ops.vector_norm(full, axis=axis, ord=ord, keepdims=keepdims)


# ---- indices ---------------------------------------------------------------------------------------------------------


def getitem(x: Any, *, index: Any) -> Any:
    """A row, a column, an entry at the cost of a product with a unit vector; a matrix of a stack; x[:] and x[...]."""
    parts = index if isinstance(index, tuple) else (index,)
    n = ops.ndim(x)
    whole = [p for p in parts if not (p is Ellipsis or (isinstance(p, slice) and p == slice(None)))]
    if not whole:
        return x
    if is_in_front(x, parts):
        return in_front(x, index)
    if n == 2 and Ellipsis not in map(type_or_ellipsis, parts) and len(parts) <= 2:
        found = entry_or_line(x, (*parts, slice(None))[:2])
        if found is not None:
            return found
    if x.is_linear and x.reads_dense:
        return ops.getitem(x.materialise(), index=index)
    return ops.getitem(densify("getitem", x), index=index)


def type_or_ellipsis(part: Any) -> Any:
    """Ellipsis for itself; comparing arrays with it would be done element by element."""
    return Ellipsis if part is Ellipsis else type(part)


def entry_or_line(x: Any, parts: tuple[Any, Any]) -> Any:
    """x[i, j], x[i, :] and x[:, j]; None for other indices."""
    i, j = parts
    if not all(is_whole(p) or isinstance(p, slice) for p in parts) or not any(map(is_whole, parts)):
        return None
    if is_whole(i):
        if isinstance(x, (Diagonal, ScaledIdentity)) and is_whole(j):
            return entry_of_diagonal(x, i, j)
        # by the operation: the transpose of a matrix with units is in normal form, units outside
        line = ops.getitem(ops.matmul(x.transposed(), unit(x, i, -2)), index=(slice(None), 0))
        return ops.getitem(line, index=j)
    line = ops.getitem(ops.matmul(x, unit(x, j, -1)), index=(slice(None), 0))
    return ops.getitem(line, index=i)


def entry_of_diagonal(x: Any, i: Any, j: Any) -> Any:
    """One entry of a diagonal matrix."""
    n, d = ops.shape(x)[-1], x.diagonal_vector()
    if not all(-n <= k < n for k in (i, j)):
        raise IndexError(f"index {(i, j)} is out of bounds for a matrix of shape {(n, n)}")
    one = ops.getitem(d, index=int(i))
    return one if i % n == j % n else ops.zeros_like(one)


def unit(x: Any, k: Any, axis: int) -> Any:
    """A unit vector as a column."""
    n = ops.shape(x)[axis]
    if not -n <= k < n:
        raise IndexError(f"index {k} is out of bounds for axis {axis} with size {n}")
    column = np.zeros((n, 1), vector_of_ones(0, x).dtype)
    column[k] = 1
    return beside(column, x)


# ---- new values of the same kind -------------------------------------------------------------------------------------


def zeros_like(x: Any, *, dtype: Any) -> Any:
    """The zero matrix of the same kind."""
    return x.mapped(lambda v: ops.zeros_like(v, dtype=dtype))


def one_like(x: Any) -> Any:
    """Ones wherever the fields have numbers: a direction, which for products of factors is a Tangent."""
    kind = TANGENTS.get(kind_of(x)) if has_factors(x) else None  # type: ignore[arg-type]
    ones = (None if v is None else ops.one_like(v) for v in x.fields())
    return x.mapped(ops.one_like) if kind is None else kind(*ones)


def other(name: str) -> Any:
    """zeros_of and the like: of the same shape zeros are of the same kind, everything else is dense."""
    op = getattr(ops, name)

    def rule(x: Any, *, shape: Any = None, **keywords: Any) -> Any:
        if name == "zeros_of" and (shape is None or tuple(shape) == ops.shape(x)):
            return zeros_like(x, dtype=keywords.get("dtype"))
        made = op(number(x), shape=ops.shape(x) if shape is None else shape, **keywords)
        return ops.real(made) if shape == () and isinstance(x, Hermitian) else made  # a multiple that stays Hermitian

    return rule


def like(name: str) -> Any:
    """ones_like and the like are dense arrays of the same kind of numbers."""
    other_name = {"ones_like": "ones_of", "full_like": "full_of", "empty_like": "zeros_of"}[name]

    def rule(x: Any, **keywords: Any) -> Any:
        return getattr(ops, other_name)(number(x), shape=ops.shape(x), **keywords)

    return rule


def number(x: Any) -> Any:
    """A field of a matrix: what tells units, precision and storage."""
    while isinstance(x, Structure):
        x = next(f for f in reversed(x.fields()) if f is not None)
    return x


def stack(arrays: Any, *, axis: int, dtype: Any) -> Any:
    """Matrices of one kind stacked in front are a stack of that kind; anything else is dense."""
    first = arrays[0]
    kind = kind_of(first)
    simple = kind is not None and axis == 0 and dtype is None and not isinstance(first, Tangent)
    if simple and all(kind_of(x) is kind and alike(first, x) for x in arrays):
        columns = list(zip(*(x.fields() for x in arrays), strict=True))
        if all(f is not None for c in columns for f in c):
            return first.like(*(ops.stack(c, axis=0) for c in columns))
    dense = tuple(densify("stack", x) if isinstance(x, Structure) else x for x in arrays)
    return ops.stack(dense, axis=axis, dtype=dtype)


def alike(x: Any, y: Any) -> bool:
    """Whether two matrices of one kind differ in their numbers only."""
    fields = zip(x.fields(), y.fields(), strict=True)
    same = all(ops.shape(a) == ops.shape(b) and kind_of(a) is None and kind_of(b) is None for a, b in fields)
    return same and all(getattr(x, n, None) == getattr(y, n, None) for n in ("lower", "n"))


RULES = {
    "broadcast_to": broadcast_to,
    "reshape": reshape,
    "expand_dims": expand_dims,
    "transpose": transpose,
    "swapaxes": swapaxes,
    "diagonal": diagonal,
    "diag": diag,
    "trace": trace,
    "tril": cut("tril", True),
    "triu": cut("triu", False),
    "sum": total,
    "mean": mean,
    "vector_norm": vector_norm,
    "getitem": getitem,
    "zeros_like": zeros_like,
    "one_like": one_like,
    "zeros_of": other("zeros_of"),
    "ones_of": other("ones_of"),
    "full_of": other("full_of"),
    "ones_like": like("ones_like"),
    "full_like": like("full_like"),
    "empty_like": like("empty_like"),
    "stack": stack,
}
