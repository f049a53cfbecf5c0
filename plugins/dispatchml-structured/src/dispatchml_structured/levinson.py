"""Toeplitz systems and determinants in O(n^2): Levinson's recursion for matrices that need not be symmetric.

Golub and Van Loan, Matrix Computations, section 4.7. Where the recursion meets a leading block that is nearly singular,
which is no fault of the matrix itself, a dense solver is used instead; the residual tells.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.dispatch.errors import at_user_line
from dispatchml.rules import rule

from .base import column as as_column
from .base import conj
from .convolutions import SMALL, diagonal_sums, gathered, lags, toeplitz_product
from .pieces import has_zero

__all__ = ["toeplitz_slogdet", "toeplitz_solve"]


@operation(family="structured")
def toeplitz_solve(column: Any, row: Any, b: Any) -> Any:
    """x (..., n, k) with T x = b, for T with this first column (..., n) and first row (..., n)."""


@operation(family="structured")
def toeplitz_slogdet(column: Any, row: Any) -> Any:
    """(sign, log of the absolute value) of the determinant of the Toeplitz matrix."""


@toeplitz_solve.decompose
def solve_densely(column: Any, row: Any, b: Any) -> Any:
    return ops.solve(gathered(column, row), b)


@toeplitz_slogdet.decompose
def slogdet_densely(column: Any, row: Any) -> Any:
    return ops.slogdet(gathered(column, row))


# ---- kernels ---------------------------------------------------------------------------------------------------------


def recursion(c: Any, r: Any, b: Any) -> tuple[Any, Any]:
    """(x, pivots) of one system; pivots are the quotients of successive leading determinants."""
    n, dtype = len(c), np.result_type(c, r, b)
    f, g, x = (np.zeros(n, dtype), np.zeros(n, dtype), np.zeros(b.shape, dtype))
    pivots = np.empty(n, dtype)
    backwards = np.ascontiguousarray(c[::-1])  # backwards[n - 1 - k] = c[k]
    f[0] = g[0] = 1 / c[0]
    pivots[0] = c[0]
    x[0] = b[0] / c[0]
    for k in range(1, n):
        below = backwards[n - 1 - k : n - 1]
        ef, eb = below @ f[:k], r[1 : k + 1] @ g[:k]
        scale = 1 / (1 - ef * eb)
        shifted = g[:k].copy()
        g[0] = -eb * f[0] * scale
        g[1 : k + 1] = scale * shifted
        g[1:k] -= (eb * scale) * f[1:k]
        f[:k] *= scale
        f[1 : k + 1] -= (ef * scale) * shifted
        pivots[k] = 1 / f[0]
        x[: k + 1] += g[: k + 1, None] * (b[k] - below @ x[:k])
    return x, pivots


def solve_one(c: Any, r: Any, b: Any) -> Any:
    """One system: by the recursion where it is long enough and goes well, else densely."""
    n = len(c)
    if n * n > SMALL:
        with np.errstate(all="ignore"):
            x, _ = recursion(c, r, b)
            if np.isfinite(x).all():
                rest = toeplitz_product(c, r, x) - b
                scale = (np.abs(c).sum() + np.abs(r).sum()) * np.abs(x).max(initial=0) + np.abs(b).max(initial=0)
                if np.abs(rest).max(initial=0) <= 1e3 * np.finfo(x.dtype).eps * scale:
                    return x
    return np.linalg.solve(gathered(c, r), b)


def slogdet_one(c: Any, r: Any) -> Any:
    """One determinant."""
    n = len(c)
    if n * n > SMALL:
        with np.errstate(all="ignore"):
            probe = np.ones((n, 1), np.result_type(c, r))
            x, pivots = recursion(c, r, probe)
            size = np.abs(pivots)
            rest = toeplitz_product(c, r, x) - probe
            scale = (np.abs(c).sum() + np.abs(r).sum()) * np.abs(x).max()
            if np.isfinite(x).all() and np.abs(rest).max() <= 1e3 * np.finfo(x.dtype).eps * scale and size.all():
                return np.prod(pivots / size), np.log(size).sum()
    return np.linalg.slogdet(gathered(c, r))


def stacked(function: Any, cores: tuple[int, ...], *arrays: Any) -> Any:
    """A function of arrays with so many axes of their own, over the axes in front."""
    lead = np.broadcast_shapes(*(x.shape[: x.ndim - k] for x, k in zip(arrays, cores, strict=True)))
    if not lead:
        return function(*arrays)
    wide = [np.broadcast_to(x, (*lead, *x.shape[x.ndim - k :])) for x, k in zip(arrays, cores, strict=True)]
    found = [function(*(x[place] for x in wide)) for place in np.ndindex(lead)]
    if not found:
        empty = function(*(np.ones(x.shape[len(lead) :], x.dtype) for x in wide))
        parts = empty if isinstance(empty, tuple) else (empty,)
        made = tuple(np.zeros((*lead, *np.shape(p)), np.asarray(p).dtype) for p in parts)
        return made if isinstance(empty, tuple) else made[0]
    if isinstance(found[0], tuple):
        return tuple(np.reshape(column, lead) for column in zip(*found, strict=True))
    return np.reshape(np.stack(found), (*lead, *found[0].shape))


@toeplitz_solve.register
def solve_arrays(column: np.ndarray, row: np.ndarray, b: np.ndarray) -> Any:
    if not all(x.dtype.kind in "fc" for x in (column, row, b)):
        return solve_densely(column, row, b)
    try:
        return stacked(solve_one, (1, 1, 2), column, row, b)
    except np.linalg.LinAlgError as error:
        raise np.linalg.LinAlgError(f"{error}{at_user_line()}") from None


@toeplitz_slogdet.register
def slogdet_arrays(column: np.ndarray, row: np.ndarray) -> Any:
    if not all(x.dtype.kind in "fc" for x in (column, row)):
        return slogdet_densely(column, row)
    sign, log = stacked(slogdet_one, (1, 1), column, row)
    return sign, log


# ---- derivatives -----------------------------------------------------------------------------------------------------


def transposed_pair(column: Any, row: Any) -> tuple[Any, Any]:
    """First column and first row of the transpose; the first number of the row is not looked at."""
    first, rest = (ops.getitem(x, index=(..., s)) for x, s in ((column, slice(0, 1)), (row, slice(1, None))))
    return ops.concatenate((first, rest), axis=-1), column


def split_sums(sums: Any, n: int) -> tuple[Any, Any]:
    """Sums along the diagonals as cotangents of first column and first row, whose first number is not looked at."""
    column = ops.getitem(sums, index=(..., slice(n - 1, None)))
    row = ops.flip(ops.getitem(sums, index=(..., slice(0, n - 1))), axis=-1)
    return column, ops.concatenate((ops.zeros_like(ops.getitem(column, index=(..., slice(0, 1)))), row), axis=-1)


@rule(toeplitz_solve).jvp
def toeplitz_solve_jvp(y: Any, tangents: Any, column: Any, row: Any, b: Any) -> Any:
    """T^-1 (db - dT x)."""
    dc, dr, db = tangents
    right = db
    if dc is not None or dr is not None:
        dc = ops.zeros_like(column) if dc is None else dc
        dr = ops.zeros_like(row) if dr is None else dr
        change = toeplitz_product(dc, dr, y)
        right = ops.negative(change) if db is None else ops.subtract(db, change)
    return toeplitz_solve(column, row, right)


@rule(toeplitz_solve).vjp
def toeplitz_solve_vjp(y: Any, column: Any, row: Any, b: Any, *, needs: Any) -> Any:
    """gb = T^-H ct; the diagonals of -gb x^H."""

    def toeplitz_solve_pullback(ct: Any) -> Any:
        n = ops.shape(column)[-1]
        gb = toeplitz_solve(*map(conj, transposed_pair(column, row)), ct)
        gc = gr = None
        if needs[0] or needs[1]:
            gc, gr = split_sums(ops.negative(diagonal_sums(gb, conj(y))), n)
        return gc if needs[0] else None, gr if needs[1] else None, gb if needs[2] else None

    return toeplitz_solve_pullback


def inverse_sums(column: Any, row: Any) -> Any:
    """The sums of T^-1 along its diagonals, the last one first, from its first and last column (Gohberg, Semencul).

    T^-1 = (L(x) U(y) - L(y') U(x')) / x[0]; the sums of a product of two triangular Toeplitz matrices are correlations
    with weights that count how often a term occurs.
    """
    n = ops.shape(column)[-1]
    kind = ops.dtype(column)
    ends = np.zeros((n, 2), kind if kind.kind in "fcO" else float)
    ends[0, 0] = ends[-1, 1] = 1
    both = toeplitz_solve(column, row, ends)
    x, y = (ops.getitem(both, index=(..., slice(None), k)) for k in (0, 1))
    first = ops.getitem(x, index=(..., slice(0, 1)))
    if has_zero(first):  # the leading block is singular: the formula does not hold
        eye = np.eye(n, dtype=ends.dtype)
        return ops.scatter(
            toeplitz_solve(column, row, eye), index=(..., lags(n, n)), shape=(*ops.shape(column)[:-1], 2 * n - 1)
        )
    zero = ops.zeros_like(first)
    late_y = ops.concatenate((zero, ops.getitem(y, index=(..., slice(0, -1)))), axis=-1)
    late_x = ops.concatenate((zero, ops.flip(ops.getitem(x, index=(..., slice(1, None))), axis=-1)), axis=-1)
    sums = ops.subtract(product_sums(x, ops.flip(y, axis=-1), n), product_sums(late_y, late_x, n))
    return ops.divide(sums, first)


def product_sums(a: Any, b: Any, n: int) -> Any:
    """The sums along the diagonals of L(a) U(b), with first column a and first row b."""
    count = np.arange(n, 0, -1)
    below = diagonal_sums(as_column(ops.multiply(a, count)), as_column(b))
    above = diagonal_sums(as_column(a), as_column(ops.multiply(b, count)))
    parts = (ops.getitem(above, index=(..., slice(0, n - 1))), ops.getitem(below, index=(..., slice(n - 1, None))))
    return ops.concatenate(parts, axis=-1)


def log_partials(column: Any, row: Any) -> tuple[Any, Any]:
    """The partial derivatives of log det with respect to first column and first row."""
    return split_sums(ops.flip(inverse_sums(column, row), axis=-1), ops.shape(column)[-1])


@rule(toeplitz_slogdet).jvp
def toeplitz_slogdet_jvp(y: Any, tangents: Any, column: Any, row: Any) -> Any:
    """trace(T^-1 dT): its real part is the logarithm's, its imaginary part turns a complex sign."""
    sign, _ = y
    parts = zip(tangents, log_partials(column, row), strict=True)
    terms = [ops.sum(ops.multiply(t, g), axis=-1) for t, g in parts if t is not None]
    change = terms[0] if len(terms) == 1 else ops.add(*terms)
    if ops.dtype(change).kind != "c":
        return ops.multiply(sign, 0), change
    return ops.multiply(sign, ops.divide(ops.subtract(change, ops.conj(change)), 2)), ops.real(change)


@rule(toeplitz_slogdet).vjp
def toeplitz_slogdet_vjp(y: Any, column: Any, row: Any, *, needs: Any) -> Any:
    """(ct of the logarithm - i Im(conj(ct of the sign) sign)) times the conjugate partials."""
    sign, _ = y

    def toeplitz_slogdet_pullback(ct: Any) -> Any:
        ct_sign, weight = ct
        if ops.dtype(sign).kind == "c":
            turn = ops.multiply(ops.conj(ct_sign), sign)
            weight = ops.subtract(weight, ops.divide(ops.subtract(turn, ops.conj(turn)), 2))
        found = log_partials(column, row)
        return tuple(
            ops.multiply(as_column(weight) if ops.ndim(weight) else weight, conj(g)) if need else None
            for g, need in zip(found, needs, strict=True)
        )

    return toeplitz_slogdet_pullback
