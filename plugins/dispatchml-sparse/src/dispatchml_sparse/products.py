"""Products of sparse arrays with dense ones and with each other, at a cost of what is stored.

Every product is one of two: `sparse_product`, stored numbers times a dense matrix, and `sampled`, the product of two
dense matrices where something is stored. Each is the other's derivative.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.rules import batch, rule

from .foreign import module
from .meeting import Meeting, conj, meet
from .numbers import assemble, is_sparse
from .pattern import Pattern, coords_of, keys_of, winning_kind
from .shaping import axes_in
from .view import View, densified, todense, view


@operation(family="linalg")
def sparse_product(data: Any, d: Any, *, rows: Any = (), columns: Any = (), count: int = 0) -> Any:
    """y[r] = the sum of data[k] * d[columns[k]] over all k with rows[k] == r: a sparse matrix with `count` rows times a
    dense one, or times a vector.
    """


@operation(family="linalg")
def sampled(u: Any, v: Any, *, rows: Any = (), columns: Any = ()) -> Any:
    """y[k] = the sum of u[rows[k]] * v[columns[k]]: a product with a transpose, where something is stored."""


@sparse_product.register
def product_of_plain(data: np.ndarray, d: np.ndarray, *, rows: Any = (), columns: Any = (), count: int = 0) -> Any:
    """SciPy's kernel."""
    if not {"O", "e"}.isdisjoint((data.dtype.char, d.dtype.char)):  # objects and half precision are none of SciPy's
        return product_by_parts(data, d, rows=rows, columns=columns, count=count)
    cls = module("scipy.sparse").coo_array
    made = cls((data, (rows, columns)), shape=(count, d.shape[0])) @ d
    return np.reshape(made, (count, *d.shape[1:]))  # SciPy makes a number of one row times a vector


@sparse_product.decompose
def product_by_parts(data: Any, d: Any, *, rows: Any = (), columns: Any = (), count: int = 0) -> Any:
    """Products, added up by rows."""
    picked = ops.getitem(d, index=columns)
    if ops.ndim(d) == 2:
        data = ops.expand_dims(data, axis=1)
    return ops.scatter(ops.multiply(data, picked), index=rows, shape=(count, *ops.shape(d)[1:]))


@sampled.register
def sampled_plain(u: np.ndarray, v: np.ndarray, *, rows: Any = (), columns: Any = ()) -> Any:
    """Rows of both, multiplied; columns one by one where the rows would be a large array."""
    if u.ndim == 1:
        return u[rows] * v[columns]
    if len(rows) * u.shape[1] <= 2**16:
        return np.einsum("kf,kf->k", u[rows], v[columns])
    made = np.zeros(len(rows), np.result_type(u, v))
    for k in range(u.shape[1]):
        made += u[rows, k] * v[columns, k]
    return made


@sampled.decompose
def sampled_by_parts(u: Any, v: Any, *, rows: Any = (), columns: Any = ()) -> Any:
    """Rows of both, multiplied and added up."""
    made = ops.multiply(ops.getitem(u, index=rows), ops.getitem(v, index=columns))
    return ops.sum(made, axis=1) if ops.ndim(u) == 2 else made


# ---- derivatives -----------------------------------------------------------------------------------------------------


def sum_of(*parts: Any) -> Any:
    """The sum of the parts that are there."""
    known = [p for p in parts if p is not None]
    return known[0] if len(known) == 1 else ops.add(*known)


@rule(sparse_product).jvp
def product_jvp(y: Any, tangents: Any, data: Any, d: Any, **static: Any) -> Any:
    ddata, dd = tangents
    return sum_of(
        None if ddata is None else sparse_product(ddata, d, **static),
        None if dd is None else sparse_product(data, dd, **static),
    )


@rule(sparse_product).vjp
def product_vjp(y: Any, data: Any, d: Any, *, needs: Any, rows: Any, columns: Any, count: int) -> Any:
    size = ops.shape(d)[0]

    def product_pullback(ct: Any) -> Any:
        return (
            sampled(ct, conj(d), rows=rows, columns=columns) if needs[0] else None,
            sparse_product(conj(data), ct, rows=columns, columns=rows, count=size) if needs[1] else None,
        )

    return product_pullback


@rule(sampled).jvp
def sampled_jvp(y: Any, tangents: Any, u: Any, v: Any, **static: Any) -> Any:
    du, dv = tangents
    return sum_of(None if du is None else sampled(du, v, **static), None if dv is None else sampled(u, dv, **static))


@rule(sampled).vjp
def sampled_vjp(y: Any, u: Any, v: Any, *, needs: Any, rows: Any, columns: Any) -> Any:
    sizes = ops.shape(u)[0], ops.shape(v)[0]

    def sampled_pullback(ct: Any) -> Any:
        return (
            sparse_product(ct, conj(v), rows=rows, columns=columns, count=sizes[0]) if needs[0] else None,
            sparse_product(ct, conj(u), rows=columns, columns=rows, count=sizes[1]) if needs[1] else None,
        )

    return sampled_pullback


@batch(sparse_product)
def product_batch(arguments: Any, batched: Any, size: int, *, rows: Any, columns: Any, count: int) -> Any:
    """A batch of dense ones is one dense matrix with more columns; a batch of numbers has its products added up."""
    data, d = arguments
    if not batched[0]:
        wide = ops.moveaxis(d, source=0, destination=-1)  # (n, [f,] batch)
        shape = ops.shape(wide)
        flat = wide if len(shape) == 2 else ops.reshape(wide, shape=(shape[0], -1))
        made = sparse_product(data, flat, rows=rows, columns=columns, count=count)
        made = made if len(shape) == 2 else ops.reshape(made, shape=(count, *shape[1:]))
        return ops.moveaxis(made, source=-1, destination=0)
    matrix = ops.ndim(d) == (3 if batched[1] else 2)
    chosen_rows = ops.getitem(d, index=(slice(None), columns) if batched[1] else columns)
    data = ops.expand_dims(data, axis=2) if matrix else data
    made = ops.multiply(data, chosen_rows)
    return ops.scatter(made, index=(slice(None), rows), shape=(size, count, *ops.shape(made)[2:]))


@batch(sampled)
def sampled_batch(arguments: Any, batched: Any, size: int, *, rows: Any, columns: Any) -> Any:
    u, v = (
        ops.getitem(x, index=(slice(None), at) if flag else at)
        for x, flag, at in zip(arguments, batched, (rows, columns), strict=True)
    )
    made = ops.multiply(u, v)
    return ops.sum(made, axis=-1) if ops.ndim(made) == 3 else made


# ---- contractions ----------------------------------------------------------------------------------------------------


def as_matrix(v: View, summed: tuple[int, ...], front: bool) -> View:
    """A view as a matrix: its summed axes are the columns, or the rows for front=True."""
    rest = tuple(k for k in range(v.ndim) if k not in summed)
    if len(rest) == len(summed) == 1:
        coords = v.pattern.coords
        if (summed + rest if front else rest + summed) == (0, 1):
            return v
        return View(v.data, Pattern("COO", v.shape[::-1], coords[::-1]))
    order = summed + rest if front else rest + summed
    count = math.prod(v.shape[k] for k in rest)
    inner = math.prod(v.shape[k] for k in summed)
    moved = Pattern("COO", tuple(v.shape[k] for k in order), v.pattern.coords[list(order)])
    shape = (inner, count) if front else (count, inner)
    return View(v.data, Pattern("COO", shape, coords_of(moved.keys, shape)))


def contract(a: Any, b: Any, axes_a: tuple[int, ...], axes_b: tuple[int, ...], name: str) -> Any:
    """The sum of a times b over pairs of axes; the axes of a that are left come first."""
    shape_a, shape_b = ops.shape(a), ops.shape(b)
    if tuple(shape_a[k] for k in axes_a) != tuple(shape_b[k] for k in axes_b):
        raise ValueError(f"{name}: shapes {shape_a} and {shape_b} not aligned on axes {axes_a} and {axes_b}")
    for x in (a, b):
        if is_sparse(x) and view(x).pattern.has_fill:
            return ops.tensordot(densified(name, a), densified(name, b), axes=(axes_a, axes_b))
    rest_a = tuple(n for k, n in enumerate(shape_a) if k not in axes_a)
    rest_b = tuple(n for k, n in enumerate(shape_b) if k not in axes_b)
    shape = rest_a + rest_b
    if is_sparse(a) and is_sparse(b):
        return sparse_by_sparse(a, b, axes_a, axes_b, shape)
    if is_sparse(a):
        m = as_matrix(view(a), axes_a, False)
        d = as_dense_matrix(b, axes_b, rest_b)
        made = sparse_product(
            m.data, d, rows=m.pattern.coords[0], columns=m.pattern.coords[1], count=m.shape[0]
        )  # fmt: skip
        return made if ops.shape(made) == shape else ops.reshape(made, shape=shape)
    m = as_matrix(view(b), axes_b, False)
    d = as_dense_matrix(a, axes_a, rest_a)
    made = sparse_product(m.data, d, rows=m.pattern.coords[0], columns=m.pattern.coords[1], count=m.shape[0])
    if ops.ndim(made) == 2:
        made = ops.transpose(made)
    return made if ops.shape(made) == shape else ops.reshape(made, shape=shape)


def as_dense_matrix(x: Any, summed: tuple[int, ...], rest: tuple[int, ...]) -> Any:
    """A dense array with its summed axes as rows; a vector where nothing else is left."""
    order = summed + tuple(k for k in range(ops.ndim(x)) if k not in summed)
    if order != tuple(range(len(order))):
        x = ops.transpose(x, axes=order)
    inner = math.prod(ops.shape(x)[: len(summed)])
    if not rest:
        return x if ops.ndim(x) == 1 else ops.reshape(x, shape=(inner,))
    return x if ops.ndim(x) == 2 and len(rest) == 1 else ops.reshape(x, shape=(inner, math.prod(rest)))


def sparse_by_sparse(a: Any, b: Any, axes_a: Any, axes_b: Any, shape: tuple[int, ...]) -> Any:
    """Two sparse ones: every pair of stored numbers that meets, added up at its place."""
    v, w = view(a), view(b)
    m, n = as_matrix(v, axes_a, False), as_matrix(w, axes_b, True)
    meeting = Meeting(m.pattern, n.pattern)
    data = meet(m.data, n.data, meeting=meeting)
    if not shape:
        return ops.sum(data)
    kind = winning_kind([v.pattern.kind, w.pattern.kind])
    whole = (m.shape[0], n.shape[1])
    coords = meeting.coords if shape == whole else coords_of(keys_of(meeting.coords, whole), shape)
    pattern = v.pattern.like(coords, shape, 0, kind).beside(w.pattern)
    if pattern.kind == "csr_array" and shape == whole:
        pattern.pointers = meeting.compressed
    return assemble(data, pattern=pattern)


# ---- the products of NumPy -------------------------------------------------------------------------------------------


def matmul(a: Any, b: Any) -> Any:
    """a @ b; stacks of matrices broadcast."""
    ranks = ops.ndim(a), ops.ndim(b)
    if 0 in ranks:
        raise ValueError("matmul: an argument has no axes; write a * b.")
    if ranks[0] <= 2 and ranks[1] <= 2:
        return contract(a, b, (ranks[0] - 1,), (0,), "matmul")
    if ranks[1] == 1:
        return contract(a, b, (ranks[0] - 1,), (0,), "matmul")
    if ranks[1] == 2:
        return contract(a, b, (ranks[0] - 1,), (0,), "matmul")
    if ranks[0] == 1:
        return contract(a, b, (0,), (ranks[1] - 2,), "matmul")
    return stacked_matmul(a, b)


def stacked_matmul(a: Any, b: Any) -> Any:
    """Matrices of two stacks in pairs, one product for each pair."""
    shape_a, shape_b = ops.shape(a), ops.shape(b)
    lead = np.broadcast_shapes(shape_a[:-2], shape_b[:-2])
    a = ops.broadcast_to(a, shape=(*lead, *shape_a[-2:]))
    b = ops.broadcast_to(b, shape=(*lead, *shape_b[-2:]))
    parts = [matmul(ops.getitem(a, index=at), ops.getitem(b, index=at)) for at in np.ndindex(*lead)]
    if not parts:
        return ops.matmul(todense(a), todense(b))
    return ops.reshape(ops.stack(tuple(parts), axis=0), shape=(*lead, shape_a[-2], shape_b[-1]))


def dot(a: Any, b: Any) -> Any:
    """NumPy's dot: last axis of a, second-last of b."""
    if not ops.ndim(a) or not ops.ndim(b):
        return ops.multiply(a, b)
    return contract(a, b, (ops.ndim(a) - 1,), (max(ops.ndim(b) - 2, 0),), "dot")


def inner(a: Any, b: Any) -> Any:
    """Last axes of both."""
    if not ops.ndim(a) or not ops.ndim(b):
        return ops.multiply(a, b)
    return contract(a, b, (ops.ndim(a) - 1,), (ops.ndim(b) - 1,), "inner")


def vdot(a: Any, b: Any) -> Any:
    """All elements, those of a conjugated."""
    a, b = (ops.reshape(x, shape=(-1,)) for x in (a, b))
    return contract(conj(a), b, (0,), (0,), "vdot")


def vecdot(a: Any, b: Any, *, axis: int = -1) -> Any:
    """Along an axis, the others broadcast."""
    if ops.ndim(a) == ops.ndim(b) == 1:
        return vdot(a, b)
    made = ops.multiply(conj(a), b)
    return ops.sum(made, axis=axis)


def outer(a: Any, b: Any) -> Any:
    """All products of elements, those of what is stored."""
    from .shaping import kron

    a, b = ops.reshape(a, shape=(-1, 1)), ops.reshape(b, shape=(1, -1))
    return kron(a, b)


def tensordot(a: Any, b: Any, *, axes: Any = 2) -> Any:
    """Pairs of axes."""
    if isinstance(axes, (int, np.integer)):
        count = int(axes)
        return contract(
            a, b, tuple(range(ops.ndim(a) - count, ops.ndim(a))), tuple(range(count)), "tensordot"
        )  # fmt: skip
    first, second = ((x,) if isinstance(x, (int, np.integer)) else tuple(x) for x in axes)
    return contract(a, b, axes_in(first, ops.ndim(a)), axes_in(second, ops.ndim(b)), "tensordot")


def einsum(arrays: Any, *, subscripts: str = "", optimize: Any = True) -> Any:
    """Einstein summation of one or two arrays whose letters appear once in each; else on dense arrays."""
    text = subscripts.replace(" ", "")
    given, arrow, wanted = text.partition("->")
    letters = given.split(",")
    simple = "." not in text and len(arrays) <= 2 and all(len(set(s)) == len(s) for s in (*letters, wanted))
    if not arrow:
        wanted = "".join(sorted(c for c in set(given) - {","} if given.count(c) == 1))
    if simple and len(letters) == len(arrays) == 2:
        first, second = letters
        shared = [c for c in first if c in second]
        if not any(c in wanted for c in shared) and all(c in wanted for c in {*first, *second} - set(shared)):
            made = contract(
                arrays[0], arrays[1], tuple(first.index(c) for c in shared), tuple(second.index(c) for c in shared),
                "einsum",
            )  # fmt: skip
            have = "".join(c for c in first if c not in shared) + "".join(c for c in second if c not in shared)
            return made if have == wanted else ops.transpose(made, axes=tuple(have.index(c) for c in wanted))
        return einsum_by_axes(arrays, letters, wanted)
    if simple and len(letters) == len(arrays) == 1:
        gone = tuple(k for k, c in enumerate(letters[0]) if c not in wanted)
        made = ops.sum(arrays[0], axis=gone) if gone else arrays[0]
        have = "".join(c for c in letters[0] if c in wanted)
        return made if have == wanted else ops.transpose(made, axes=tuple(have.index(c) for c in wanted))
    return ops.einsum(tuple(densified("einsum", x) for x in arrays), subscripts=subscripts, optimize=optimize)


def einsum_by_axes(arrays: Any, letters: list[str], wanted: str) -> Any:
    """Two arrays with letters that both keep: aligned, multiplied and summed."""
    every = wanted + "".join(dict.fromkeys(c for s in letters for c in s if c not in wanted))
    aligned = []
    for x, s in zip(arrays, letters, strict=True):
        order = tuple(s.index(c) for c in every if c in s)
        x = ops.transpose(x, axes=order)
        sizes = iter(ops.shape(x))
        aligned.append(ops.reshape(x, shape=tuple(next(sizes) if c in s else 1 for c in every)))
    made = ops.multiply(*aligned)
    gone = tuple(range(len(wanted), len(every)))
    return ops.sum(made, axis=gone) if gone else made
