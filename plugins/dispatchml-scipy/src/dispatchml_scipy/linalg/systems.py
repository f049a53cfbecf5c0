"""Linear systems, inverses, determinants and least squares."""

from typing import Any

import numpy as np
import scipy.linalg

from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.engines.record import Rec
from dispatchml.lift import plainly, replaces
from dispatchml.rules import nondifferentiable

from ..arguments import finite, is_complex, unsupported, without_rule
from ..implicit import detached

#: Short names of structures that `assume_a` takes.
SHORT = {
    None: "general", "gen": "general", "sym": "symmetric", "her": "hermitian", "pos": "positive definite",
    "diag": "diagonal", "tri-diag": "tridiagonal", "tridiag": "tridiagonal",
}  # fmt: skip


#: What `inv` knows of them.
OF_INV = (None, "general", "gen", "diagonal", "upper triangular", "lower triangular", "pos", "sym", "her")
#: Structures whose matrices are read in some places: the diagonals from which and to which they are.
READ = {
    "diagonal": (0, 0), "tridiagonal": (-1, 1), "upper triangular": (0, None), "lower triangular": (None, 0),
}  # fmt: skip


def assumed(a: Any, assume_a: Any, lower: bool) -> Any:
    """The matrix that SciPy solves with: it reads some diagonals, and one triangle of a symmetric matrix."""
    kind = SHORT.get(assume_a, assume_a)
    if kind in READ:
        first, last = READ[kind]
        a = a if first is None else np.triu(a, first)
        return a if last is None else np.tril(a, last)
    if kind in ("general", "banded"):
        return a
    if kind not in ("symmetric", "hermitian", "positive definite"):
        raise ValueError(f"{assume_a} is not a recognized matrix structure")
    conjugate = kind != "symmetric" and is_complex(a)
    read = np.tril(a) if lower else np.triu(a)
    other = np.swapaxes(np.tril(a, -1) if lower else np.triu(a, 1), -2, -1)
    if conjugate:
        size = ops.shape(a)[-1]
        diagonal = np.where(np.eye(size, dtype=bool), np.imag(a), 0)
        read, other = read - 1j * diagonal, np.conj(other)
    return read + other


@replaces("scipy.linalg.solve")
def solve(a, b, lower=False, overwrite_a=False, overwrite_b=False, check_finite=True, assume_a=None, transposed=False):
    """x with a x = b."""
    a, b = finite(a, check_finite), finite(b, check_finite)
    kind = SHORT.get(assume_a, assume_a)
    if kind in ("upper triangular", "lower triangular"):
        return ops.solve_triangular(a, b, lower=kind[0] == "l", trans="T" if transposed else "N")
    a = assumed(a, assume_a, lower)
    if transposed:
        if is_complex(a):
            raise NotImplementedError(
                "scipy.linalg.solve can currently not solve a^T x = b or a^H x = b for complex matrices."
            )
        a = np.swapaxes(a, -2, -1)
    return ops.solve(a, b)


@replaces("scipy.linalg.inv")
def inv(a, overwrite_a=False, check_finite=True, *, assume_a=None, lower=False):
    """The inverse."""
    if assume_a not in OF_INV:
        raise KeyError(assume_a)
    return ops.inv(assumed(finite(a, check_finite), assume_a, lower))


@replaces("scipy.linalg.det")
def det(a, overwrite_a=False, check_finite=True):
    """The determinant."""
    return ops.det(finite(a, check_finite))


@replaces("scipy.linalg.solve_triangular")
def solve_triangular(a, b, trans=0, lower=False, unit_diagonal=False, overwrite_b=False, check_finite=True):
    """x with a x = b for a triangular a."""
    a, b = finite(a, check_finite), finite(b, check_finite)
    return ops.solve_triangular(a, b, lower=bool(lower), trans=trans, unit_diagonal=bool(unit_diagonal))


# ---- lu --------------------------------------------------------------------------------------------------------------


@operation(family="linalg", strips=("meaning", "transform"))
def lu_pivots(a: Any) -> Any:
    """The pivots of `scipy.linalg.lu_factor`."""


@lu_pivots.register
@plainly
def lu_pivots_of_arrays(a: np.ndarray) -> Any:
    return scipy.linalg.lu_factor(a)[1]


nondifferentiable(lu_pivots)


def permutation_of(pivots: Any) -> Any:
    """The order of rows that a sequence of exchanges leads to."""
    if isinstance(pivots, Rec):
        return detached((pivots,), call=lambda given: (permutation_of(given[0]),))[0]
    pivots = np.asarray(pivots)
    order = np.broadcast_to(np.arange(pivots.shape[-1]), pivots.shape).copy()
    for where in np.ndindex(pivots.shape[:-1]):
        row = order[where]
        for k, p in enumerate(pivots[where]):
            row[k], row[p] = row[p], row[k]
    return order


@replaces("scipy.linalg.lu")
def lu(a, permute_l=False, overwrite_a=False, check_finite=True, p_indices=False):
    """(P, L, U) with a = P L U, or (P L, U)."""
    p, low, up = ops.lu(finite(a, check_finite))
    if permute_l:
        return p @ low, up
    return (np.argmax(p, axis=-1) if p_indices else p), low, up


@replaces("scipy.linalg.lu_factor")
def lu_factor(a, overwrite_a=False, check_finite=True):
    """L and U in one matrix, and the pivots."""
    a = finite(a, check_finite)
    _, low, up = ops.lu(a)
    m, n = ops.shape(a)[-2:]
    if m > n:
        up = np.concatenate((up, np.zeros((*ops.shape(up)[:-2], m - n, n), ops.dtype(up))), axis=-2)
    if n > m:
        low = np.concatenate((low, np.zeros((*ops.shape(low)[:-2], m, n - m), ops.dtype(low))), axis=-1)
    return np.tril(low, -1) + up, lu_pivots(a)


@replaces("scipy.linalg.lu_solve")
def lu_solve(lu_and_piv, b, trans=0, overwrite_b=False, check_finite=True):
    """x with a x = b from the factors of a."""
    factors, pivots = lu_and_piv
    factors, b = finite(factors, check_finite), finite(b, check_finite)
    if isinstance(pivots, (list, tuple)) or np.ndim(pivots) != 1:
        pivots = np.asarray(pivots)
        if pivots.ndim != 1:
            raise unsupported("scipy.linalg.lu_solve of a stack of matrices", "Write scipy.linalg.solve(a, b).")
    order = permutation_of(pivots)
    if trans == 0:
        y = ops.solve_triangular(factors, ops.take(b, order, axis=0), lower=True, unit_diagonal=True)
        return ops.solve_triangular(factors, y, lower=False)
    letter = "TC"[trans - 1]
    y = ops.solve_triangular(factors, b, lower=False, trans=letter)
    y = ops.solve_triangular(factors, y, lower=True, unit_diagonal=True, trans=letter)
    return ops.take(y, np.argsort(order), axis=0)


# ---- least squares ---------------------------------------------------------------------------------------------------


@replaces("scipy.linalg.lstsq")
def lstsq(a, b, cond=None, overwrite_a=False, overwrite_b=False, check_finite=True, lapack_driver=None):
    """(x, residues, rank, singular values) of the least-squares problem a x = b."""
    a, b = finite(a, check_finite), finite(b, check_finite)
    single = ops.dtype(a).char in "fF"
    cond = np.finfo(np.float32 if single else np.float64).eps if cond is None else cond
    x, residues, rank, s = ops.lstsq(a, b, rcond=float(cond))
    if ops.ndim(b) == 1 and ops.shape(residues) == (1,):
        residues = residues[0]
    if lapack_driver == "gelsy":
        return x, np.zeros(0, ops.dtype(x)), rank, None
    return x, residues, rank, s


def cutoff(a: Any, atol: Any, rtol: Any, name: str) -> float:
    """The share of the largest singular value below which others count as zero."""
    if atol is not None and atol != 0:
        raise unsupported(f"scipy.linalg.{name}(atol=...)", "Give rtol alone.")
    kind = ops.dtype(a)
    eps = np.finfo(kind if kind.kind in "fc" else np.float64).eps
    return float(max(ops.shape(a)[-2:]) * eps if rtol is None else rtol)


@replaces("scipy.linalg.pinv")
def pinv(a, *, atol=None, rtol=None, return_rank=False, check_finite=True):
    """The Moore-Penrose inverse."""
    a = finite(a, check_finite)
    share = cutoff(a, atol, rtol, "pinv")
    y = ops.pinv(a, rcond=share)
    return (y, rank_of(ops.svdvals(a), share)) if return_rank else y


@replaces("scipy.linalg.pinvh")
def pinvh(a, atol=None, rtol=None, lower=True, return_rank=False, check_finite=True):
    """The Moore-Penrose inverse of a symmetric or Hermitian matrix."""
    a = assumed(finite(a, check_finite), "her", lower)
    share = cutoff(a, atol, rtol, "pinvh")
    y = ops.pinv(a, rcond=share, hermitian=True)
    return (y, rank_of(np.absolute(ops.eigvalsh(a)), share)) if return_rank else y


def rank_of(s: Any, share: float) -> Any:
    """How many singular values count."""
    return np.count_nonzero(s > share * np.max(s, axis=-1, keepdims=True), axis=-1)


@replaces("scipy.linalg.norm")
def norm(a, ord=None, axis=None, keepdims=False, check_finite=True):
    """A norm of vectors or matrices."""
    return np.linalg.norm(finite(a, check_finite), ord=ord, axis=axis, keepdims=keepdims)


without_rule(
    "scipy.linalg", "orth null_space",
    "The vectors of the basis are arbitrary; write the projection with scipy.linalg.pinv.",
)  # fmt: skip
