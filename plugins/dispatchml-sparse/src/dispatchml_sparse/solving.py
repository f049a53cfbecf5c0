"""Linear systems with a sparse matrix: SciPy's sparse LU, imported when the first one is solved.

x = solve(a, b): dx = solve(a, db - da x); the cotangent of b is g = solve(a^H, ct), that of the stored numbers -g x^H
where something is stored (Giles 2008).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.dispatch.errors import at_user_line
from dispatchml.rules import batch, rule

from .foreign import module
from .numbers import is_sparse
from .products import conj, sampled, sparse_product, sum_of
from .view import densified, todense, view


@operation(family="linalg")
def sparse_solve(data: Any, b: Any, *, rows: Any = (), columns: Any = (), count: int = 0) -> Any:
    """x with a x = b, where a has the numbers `data` at `rows` and `columns`. b: a vector, or a matrix of columns.

    Raises numpy.linalg.LinAlgError for a singular matrix.
    """


@sparse_solve.register
def solve_plain(data: np.ndarray, b: np.ndarray, *, rows: Any = (), columns: Any = (), count: int = 0) -> Any:
    kind = np.result_type(data, b)
    if kind.kind == "O":
        return solve_densely(data, b, rows=rows, columns=columns, count=count)
    if kind.kind not in "fc":
        kind = np.dtype(np.float64)
    if not count or not b.size:
        return np.zeros(b.shape, kind)
    matrix = module("scipy.sparse").csc_array((data.astype(kind), (rows, columns)), shape=(count, count))
    try:
        factors = module("scipy.sparse.linalg").splu(matrix)
    except RuntimeError as error:
        raise np.linalg.LinAlgError(f"Singular sparse matrix{at_user_line()}: {error}.") from None
    return factors.solve(np.ascontiguousarray(b, kind))


@sparse_solve.decompose
def solve_densely(data: Any, b: Any, *, rows: Any = (), columns: Any = (), count: int = 0) -> Any:
    """For numbers that SciPy's kernel does not know: the dense matrix."""
    return ops.solve(ops.scatter(data, index=(rows, columns), shape=(count, count)), b)


@rule(sparse_solve).jvp
def solve_jvp(y: Any, tangents: Any, data: Any, b: Any, *, rows: Any, columns: Any, count: int) -> Any:
    ddata, db = tangents
    change = None
    if ddata is not None:
        change = ops.negative(sparse_product(ddata, y, rows=rows, columns=columns, count=count))
    return sparse_solve(data, sum_of(db, change), rows=rows, columns=columns, count=count)


@rule(sparse_solve).vjp
def solve_vjp(y: Any, data: Any, b: Any, *, needs: Any, rows: Any, columns: Any, count: int) -> Any:
    def solve_pullback(ct: Any) -> Any:
        g = sparse_solve(conj(data), ct, rows=columns, columns=rows, count=count)
        gdata = ops.negative(sampled(g, conj(y), rows=rows, columns=columns)) if needs[0] else None
        return gdata, g if needs[1] else None

    return solve_pullback


@batch(sparse_solve)
def solve_batch(arguments: Any, batched: Any, size: int, **static: Any) -> Any:
    """Right-hand sides of a batch are more columns of one system; a batch of matrices is solved one by one."""
    data, b = arguments
    if not batched[0]:
        shape = ops.shape(b)
        flat = ops.reshape(ops.moveaxis(b, source=0, destination=-1), shape=(shape[1], -1))
        made = ops.reshape(sparse_solve(data, flat, **static), shape=(*shape[1:], shape[0]))
        return ops.moveaxis(made, source=-1, destination=0)
    parts = [
        sparse_solve(ops.getitem(data, index=k), ops.getitem(b, index=k) if batched[1] else b, **static)
        for k in range(size)
    ]
    if not parts:
        return ops.zeros_of(b, shape=(0, *ops.shape(b)[batched[1] :]))
    return ops.stack(tuple(parts), axis=0)


def solve(a: Any, b: Any) -> Any:
    """The rule of `solve`: a sparse matrix with a dense right-hand side; a sparse one is made dense, with a warning."""
    if not is_sparse(a):
        return ops.solve(a, densified("solve", b))
    v = view(a)
    if v.ndim != 2 or v.shape[0] != v.shape[1]:
        if v.ndim > 2:
            return ops.solve(densified("solve", a), todense(b))
        raise np.linalg.LinAlgError(f"solve needs a square sparse matrix, not one of shape {v.shape}{at_user_line()}.")
    if v.pattern.has_fill or object in (ops.dtype(v.data), ops.dtype(b)):
        return ops.solve(densified("solve", a), todense(b))
    b = densified("solve", b)
    shape = ops.shape(b)
    if (shape[0] if len(shape) == 1 else shape[-2] if len(shape) > 1 else -1) != v.shape[0]:
        raise ValueError(f"solve: shapes {v.shape} and {shape} do not fit{at_user_line()}.")
    static: dict[str, Any] = {"rows": v.pattern.coords[0], "columns": v.pattern.coords[1], "count": v.shape[0]}
    if len(shape) <= 2:
        return sparse_solve(v.data, b, **static)
    flat = ops.reshape(ops.moveaxis(b, source=-2, destination=0), shape=(shape[-2], -1))
    made = sparse_solve(v.data, flat, **static)
    return ops.moveaxis(ops.reshape(made, shape=(shape[-2], *shape[:-2], shape[-1])), source=0, destination=-2)
