"""Eigenvalues, eigenvectors and singular values."""

from typing import Any

import numpy as np
import scipy.linalg

from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.lift import plainly, replaces
from dispatchml.rules import nondifferentiable
from dispatchml.rules.registry import rule_of

from ..arguments import adjoint, finite, unsupported
from .systems import assumed


@replaces("scipy.linalg.svd")
def svd(a, full_matrices=True, compute_uv=True, overwrite_a=False, check_finite=True, lapack_driver="gesdd"):
    """(U, s, V^H), or s."""
    a = finite(a, check_finite)
    return ops.svd(a, full_matrices=bool(full_matrices)) if compute_uv else ops.svdvals(a)


@replaces("scipy.linalg.svdvals")
def svdvals(a, overwrite_a=False, check_finite=True):
    """The singular values."""
    return ops.svdvals(finite(a, check_finite))


# ---- Hermitian matrices: SciPy's routine is another one than NumPy's, and turns vectors otherwise --------------------


@operation(family="linalg")
def eigh_of_scipy(a: Any, *, UPLO: str = "L") -> Any:
    """(w, v) by the routine that scipy.linalg.eigh uses, which turns vectors otherwise than NumPy's."""


@eigh_of_scipy.register
@plainly
def eigh_of_arrays(a: np.ndarray, *, UPLO: str = "L") -> Any:
    return scipy.linalg.eigh(a, lower=UPLO == "L")


def as_rule_of(function: Any, other: Any) -> None:
    """Give an operation the rule of another one that computes the same."""
    from dispatchml.rules import rule

    known = rule_of(other.info)
    rule(function).jvp(known.jvp)
    rule(function).vjp(known.vjp)


as_rule_of(eigh_of_scipy, ops.eigh)


@operation(family="linalg", strips=("meaning", "transform"))
def vectors_of_scipy(a: Any, b: Any, *, lower: bool = True, type: int = 1) -> Any:
    """The eigenvectors of `scipy.linalg.eigh(a, b)`, of which only the signs are wanted."""


@vectors_of_scipy.register
@plainly
def vectors_of_arrays(a: np.ndarray, b: np.ndarray, *, lower: bool = True, type: int = 1) -> Any:
    return scipy.linalg.eigh(a, b, lower=lower, type=type)[1]


@operation(family="linalg", strips=("meaning", "transform"))
def tridiagonal_vectors(d: Any, e: Any, *, select: Any = "a", select_range: Any = None) -> Any:
    """The eigenvectors of `scipy.linalg.eigh_tridiagonal`, of which only the signs are wanted."""


@tridiagonal_vectors.register
@plainly
def tridiagonal_vectors_of_arrays(d: np.ndarray, e: np.ndarray, *, select: Any = "a", select_range: Any = None) -> Any:
    return scipy.linalg.eigh_tridiagonal(d, e, select=select, select_range=select_range)[1]


nondifferentiable(vectors_of_scipy, tridiagonal_vectors)


def turned(v: Any, wanted: Any) -> Any:
    """Eigenvectors with the signs or phases of other ones."""
    overlap = np.sum(np.conj(ops.stop_gradient(v)) * wanted, axis=-2, keepdims=True)
    size = np.absolute(overlap)
    return v * np.where(size == 0, 1, overlap / np.where(size == 0, 1, size))


def generalized(a: Any, b: Any, type: int) -> tuple[Any, Any]:
    """(w, v) of a v = w b v (1), a b v = w v (2), b a v = w v (3), through the Cholesky factor of b."""
    low = ops.cholesky(b)
    if type == 1:
        inner = ops.solve_triangular(low, adjoint(ops.solve_triangular(low, a, lower=True)), lower=True)
    else:
        inner = adjoint(low) @ a @ low
    w, y = ops.eigh((inner + adjoint(inner)) / 2)
    v = low @ y if type == 3 else ops.solve_triangular(low, y, lower=True, trans="C")
    return w, v


@replaces("scipy.linalg.eigh")
def eigh(
    a, b=None, *, lower=True, eigvals_only=False, overwrite_a=False, overwrite_b=False, type=1, check_finite=True,
    subset_by_index=None, subset_by_value=None, driver=None,
):  # fmt: skip
    """Eigenvalues and eigenvectors of a Hermitian matrix, or of a pair of them."""
    a = finite(a, check_finite)
    if b is None:
        letter = "L" if lower else "U"
        w, v = (ops.eigvalsh(a, UPLO=letter), None) if eigvals_only else eigh_of_scipy(a, UPLO=letter)
    else:
        b = finite(b, check_finite)
        w, v = generalized(assumed(a, "her", lower), assumed(b, "her", lower), type)
        if not eigvals_only:
            v = turned(v, vectors_of_scipy(a, b, lower=bool(lower), type=int(type)))
    chosen = subset(w, subset_by_index, subset_by_value)
    w = w[..., chosen]
    return w if eigvals_only else (w, v[..., chosen])


def subset(w: Any, by_index: Any, by_value: Any) -> slice:
    """Which eigenvalues are wanted: from one index to another, or within an interval that is open on the left."""
    if by_index is not None:
        return slice(int(by_index[0]), int(by_index[1]) + 1)
    if by_value is not None:
        below, within = (int(np.count_nonzero(w <= bound)) for bound in by_value)
        return slice(below, within)
    return slice(None)


@replaces("scipy.linalg.eigvalsh")
def eigvalsh(
    a, b=None, *, lower=True, overwrite_a=False, overwrite_b=False, type=1, check_finite=True, subset_by_index=None,
    subset_by_value=None, driver=None,
):  # fmt: skip
    """Eigenvalues of a Hermitian matrix, or of a pair of them."""
    return eigh(a, b, lower=lower, eigvals_only=True, type=type, check_finite=check_finite,
                subset_by_index=subset_by_index, subset_by_value=subset_by_value)  # fmt: skip


def tridiagonal(d: Any, e: Any) -> Any:
    """The matrix with a diagonal and its two neighbours."""
    return np.diag(d) + np.diag(e, 1) + np.diag(e, -1)


@replaces("scipy.linalg.eigh_tridiagonal")
def eigh_tridiagonal(
    d, e, eigvals_only=False, select="a", select_range=None, check_finite=True, tol=0.0, lapack_driver="auto"
):
    """Eigenvalues and eigenvectors of a real symmetric tridiagonal matrix, through the full one."""
    d, e = finite(d, check_finite), finite(e, check_finite)
    if ops.shape(d)[0] == 1:
        return d if eigvals_only else (d, np.ones((1, 1)))
    w, v = ops.eigh(tridiagonal(d, e))
    by_index = select_range if select in ("i", 2, "index") else None
    chosen = subset(w, by_index, select_range if select in ("v", 1, "value") else None)
    if eigvals_only:
        return w[chosen]
    limits = None if select_range is None else tuple(map(float if by_index is None else int, select_range))
    return w[chosen], turned(v[:, chosen], tridiagonal_vectors(d, e, select=select, select_range=limits))


@replaces("scipy.linalg.eigvalsh_tridiagonal")
def eigvalsh_tridiagonal(d, e, select="a", select_range=None, check_finite=True, tol=0.0, lapack_driver="auto"):
    """Eigenvalues of a real symmetric tridiagonal matrix."""
    return eigh_tridiagonal(d, e, True, select, select_range, check_finite)


# ---- general matrices ------------------------------------------------------------------------------------------------


@replaces("scipy.linalg.eig")
def eig(
    a, b=None, left=False, right=True, overwrite_a=False, overwrite_b=False, check_finite=True,
    homogeneous_eigvals=False,
):  # fmt: skip
    """Eigenvalues and right eigenvectors of a square matrix."""
    if b is not None or left or homogeneous_eigvals:
        raise unsupported(
            "scipy.linalg.eig with b, left=True or homogeneous_eigvals=True",
            "Write scipy.linalg.eig(scipy.linalg.solve(b, a)).",
        )
    w, v = ops.eig(finite(a, check_finite))
    return (w, v) if right else w


@replaces("scipy.linalg.eigvals")
def eigvals(a, b=None, overwrite_a=False, check_finite=True, homogeneous_eigvals=False):
    """Eigenvalues of a square matrix."""
    if b is not None or homogeneous_eigvals:
        raise unsupported("scipy.linalg.eigvals with b", "Write scipy.linalg.eigvals(scipy.linalg.solve(b, a)).")
    return ops.eigvals(finite(a, check_finite))
