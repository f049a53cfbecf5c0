"""Triangular and orthogonal factors."""

from typing import Any

import numpy as np
import scipy.linalg

from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.lift import plainly, replaces
from dispatchml.rules import nondifferentiable, rule
from dispatchml.rules.adjoints import hermitian_part

from ..arguments import adjoint, finite, is_complex, unsupported, without_rule
from .equations import sylvester


@replaces("scipy.linalg.cholesky")
def cholesky(a, lower=False, overwrite_a=False, check_finite=True):
    """The triangular factor of a positive definite matrix, of which one triangle is read."""
    return ops.cholesky(finite(a, check_finite), upper=not lower)


@replaces("scipy.linalg.cho_factor")
def cho_factor(a, lower=False, overwrite_a=False, check_finite=True):
    """The factor, with what the other triangle of a holds, and which it is."""
    a = finite(a, check_finite)
    rest = np.triu(a, 1) if lower else np.tril(a, -1)
    return ops.cholesky(a, upper=not lower) + rest, lower


@replaces("scipy.linalg.cho_solve")
def cho_solve(c_and_lower, b, overwrite_b=False, check_finite=True):
    """x with a x = b from the Cholesky factor of a."""
    c, lower = c_and_lower
    c, b = finite(c, check_finite), finite(b, check_finite)
    first, second = ("N", "C") if lower else ("C", "N")
    y = ops.solve_triangular(c, b, lower=bool(lower), trans=first)
    return ops.solve_triangular(c, y, lower=bool(lower), trans=second)


@operation(family="linalg", strips=("meaning", "transform"))
def qr_pivots(a: Any) -> Any:
    """The order of columns in `scipy.linalg.qr(a, pivoting=True)`."""


@qr_pivots.register
@plainly
def qr_pivots_of_arrays(a: np.ndarray) -> Any:
    return scipy.linalg.qr(a, mode="r", pivoting=True)[1]


@operation(family="linalg", strips=("meaning", "transform"))
def rq_signs(a: Any) -> Any:
    """The diagonal of R in `scipy.linalg.rq(a)`, from the last column on, over its size."""


@rq_signs.register
@plainly
def rq_signs_of_arrays(a: np.ndarray) -> Any:
    r = scipy.linalg.rq(a, mode="r")
    size = min(a.shape)
    d = np.diagonal(r[-size:, -size:])
    return np.where(d == 0, 1, d / np.where(d == 0, 1, abs(d)))


nondifferentiable(qr_pivots, rq_signs)


@replaces("scipy.linalg.qr")
def qr(a, overwrite_a=False, lwork=None, mode="full", pivoting=False, check_finite=True):
    """The factors of a; modes "full", "r" and "economic"."""
    a = finite(a, check_finite)
    order: tuple[Any, ...] = ()
    if pivoting:
        order = (qr_pivots(a),)
        a = np.take(a, order[0], axis=-1)
    m, n = ops.shape(a)[-2:]
    if mode == "raw":
        raise unsupported("scipy.linalg.qr(mode='raw')", "The modes 'economic' and 'r' are.")
    q, r = ops.qr(a, mode="complete" if mode == "full" else "reduced")
    if mode == "r":
        if m > n:
            r = np.concatenate((r, np.zeros((*ops.shape(r)[:-2], m - n, n), ops.dtype(r))), axis=-2)
        return (r, *order)
    return (q, r, *order)


@replaces("scipy.linalg.rq")
def rq(a, overwrite_a=False, lwork=None, mode="full", check_finite=True):
    """R and Q with a = R Q: the QR factors of the adjoint, its rows and columns from the end, with SciPy's signs."""
    a = finite(a, check_finite)
    m, n = ops.shape(a)
    if m > n or (mode == "full" and m != n):
        raise unsupported(f"scipy.linalg.rq(mode={mode!r}) of shape {(m, n)}", "mode='economic' of a wide matrix is.")
    q, r = ops.qr(adjoint(a[::-1, :]))
    r, q = adjoint(r)[::-1, ::-1], adjoint(q)[::-1, :]
    diagonal = np.diagonal(ops.stop_gradient(r))
    turn = rq_signs(a) * np.conj(diagonal / np.absolute(diagonal))
    r = r * turn[None, :]
    return r if mode == "r" else (r, np.conj(turn)[:, None] * q)


# ---- polar decomposition ---------------------------------------------------------------------------------------------


@operation(family="linalg")
def polar_factor(a: Any) -> Any:
    """The factor u with orthonormal columns of a = u p, for matrices that are not wide."""


@polar_factor.register
@plainly
def polar_factor_of_arrays(a: np.ndarray) -> Any:
    return scipy.linalg.polar(a)[0]


@rule(polar_factor).jvp
def polar_factor_jvp(y: Any, tangents: Any, a: Any) -> Any:
    """u x + (1 - u u^H) da p^-1 with x p + p x = u^H da - da^H u (Higham, Functions of Matrices, chapter 8)."""
    da = tangents[0]
    p = hermitian_part(adjoint(y) @ a)
    inner = adjoint(y) @ da
    dy = y @ sylvester(p, p, inner - adjoint(inner))
    if ops.shape(a)[-2] > ops.shape(a)[-1]:
        dy = dy + adjoint(ops.solve(p, adjoint(da - y @ inner)))
    return dy


@rule(polar_factor).vjp
def polar_factor_vjp(y: Any, a: Any, *, needs: Any) -> Any:
    def polar_factor_pullback(ct: Any) -> Any:
        p = hermitian_part(adjoint(y) @ a)
        inner = adjoint(y) @ ct
        ga = y @ sylvester(p, p, inner - adjoint(inner))
        if ops.shape(a)[-2] > ops.shape(a)[-1]:
            ga = ga + adjoint(ops.solve(p, adjoint(ct - y @ inner)))
        return (ga,)

    return polar_factor_pullback


@replaces("scipy.linalg.polar")
def polar(a, side="right"):
    """(u, p) with a = u p, or a = p u."""
    a = finite(a)
    m, n = ops.shape(a)
    if side not in ("right", "left"):
        raise ValueError("`side` must be either 'right' or 'left'")
    u = polar_factor(a) if m >= n else adjoint(polar_factor(adjoint(a)))
    return u, hermitian_part(adjoint(u) @ a if side == "right" else a @ adjoint(u))


# ---- Schur -----------------------------------------------------------------------------------------------------------


@operation(family="linalg", strips=("meaning", "transform"))
def schur_vectors(a: Any, *, output: str = "real") -> Any:
    """(diagonal of T, Z) of `scipy.linalg.schur`: the order of the eigenvalues and the phases of the vectors."""


@schur_vectors.register
def schur_vectors_of_arrays(a: np.ndarray, *, output: str = "real") -> Any:
    t, z = scipy.linalg.schur(a, output=output)
    if t.dtype.kind == "f" and np.any(np.diagonal(t, -1)):
        raise unsupported("scipy.linalg.schur of a real matrix with complex eigenvalues", "Write output='complex'.")
    return np.diagonal(t).copy(), z


nondifferentiable(schur_vectors)


@replaces("scipy.linalg.schur")
def schur(a, output="real", lwork=None, overwrite_a=False, sort=None, check_finite=True):
    """(T, Z) with a = Z T Z^H: Z spans what the eigenvectors span, the first one, the first two, and so on.

    Eigenvalues must differ. The columns of a complex Z have arbitrary phases, on which functions must not depend.
    """
    if sort is not None:
        raise unsupported("scipy.linalg.schur(sort=...)", "Without it, eigenvalues come in SciPy's order.")
    a = finite(a, check_finite)
    real = not is_complex(a) and output in ("real", "r")
    if not real and not is_complex(a):
        a = a + 0j
    values, vectors = schur_vectors(a, output="real" if real else "complex")
    w, v = ops.eig(a)
    distances = np.absolute(ops.stop_gradient(w)[None, :] - values[:, None])
    v = np.take(v, np.argmin(distances, axis=1), axis=-1)
    q, _ = ops.qr(np.real(v) if real else v)
    overlap = np.sum(np.conj(ops.stop_gradient(q)) * vectors, axis=-2, keepdims=True)
    z = q * (overlap / np.absolute(overlap))
    return np.triu(adjoint(z) @ a @ z), z


without_rule("scipy.linalg", "qz ordqz hessenberg ldl cossin qr_multiply", "There is no rule for this factorisation.")
