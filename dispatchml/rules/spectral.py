"""Derivatives of eigenvalues and their vectors.

Vectors have a free sign or phase, which these derivatives do not turn; functions must not depend on it.
"""

from typing import Any

import numpy as np

from .. import ops
from .adjoints import (
    add_known,
    adjoint,
    batch_of_stacks,
    column,
    conj,
    diagonal_of,
    hermitian_part,
    row,
    scale_columns,
)
from .gaps import matrix_of, quotients, real_part
from .registry import rule

add, matmul, multiply, subtract, gaps = ops.add, ops.matmul, ops.multiply, ops.subtract, ops.divide_by_gaps

batch_of_stacks(ops.eigh, ops.eigvalsh, ops.eig, ops.eigvals)


# ---- Hermitian matrices ----------------------------------------------------------------------------------------------


@rule(ops.eigh).jvp
def eigh_jvp(y: Any, tangents: Any, a: Any, *, UPLO: str) -> Any:
    """With H = v^H da v: dw its diagonal, dv = v (H over the gaps); da symmetrised."""
    w, v = y
    inner = matmul(matmul(adjoint(v), hermitian_part(tangents[0])), v)
    return real_part(diagonal_of(inner)), matmul(v, gaps(inner, w, degenerate="nan"))


@rule(ops.eigh).vjp
def eigh_vjp(y: Any, a: Any, *, needs: Any, UPLO: str) -> Any:
    """v (diag(cw) + v^H cv over the gaps) v^H, symmetrised."""
    w, v = y

    def eigh_pullback(ct: Any) -> Any:
        cw, cv = ct
        inner = gaps(matmul(adjoint(v), cv), w)
        g = add(matmul(scale_columns(v, cw), adjoint(v)), matmul(matmul(v, inner), adjoint(v)))
        return (hermitian_part(g),)

    return eigh_pullback


@rule(ops.eigvalsh).jvp
def eigvalsh_jvp(y: Any, tangents: Any, a: Any, *, UPLO: str) -> Any:
    """The diagonal of v^H da v, for v that go over into the eigenvectors of a + t da."""
    w, v = ops.eigh(a, UPLO=UPLO)
    return real_part(diagonal_of(turned(v, w, tangents[0])[1]))


def turned(v: Any, w: Any, da: Any) -> tuple[Any, Any]:
    """Eigenvectors, those of equal values turned to where they go along da, and da in their basis."""
    h = matmul(matmul(adjoint(v), hermitian_part(da)), v)
    r = ops.turn_equal(h, w)
    return matmul(v, r), matmul(matmul(adjoint(r), h), r)


@rule(ops.eigvalsh).vjp
def eigvalsh_vjp(y: Any, a: Any, *, needs: Any, UPLO: str) -> Any:
    """v diag(ct) v^H."""

    def eigvalsh_pullback(ct: Any) -> Any:
        return (hermitian_part(ops.spectral_sum(a, ct, UPLO=UPLO)),)

    return eigvalsh_pullback


@rule(ops.spectral_sum).jvp
def spectral_sum_jvp(y: Any, tangents: Any, a: Any, weights: Any, *, UPLO: str) -> Any:
    """v (diag(dweights) + v^H da v times the quotients of weights and values) v^H.

    Where values are equal v are those that go over into the eigenvectors of a + t da (Rellich): in their basis da is
    diagonal there, and nothing is to be divided by zero. The tangents of eigenvalues are in the same order.
    """
    da, dweights = tangents
    w, v = ops.eigh(a, UPLO=UPLO)
    inner = None
    if da is not None:
        v, h = turned(v, w, da)
        inner = multiply(h, quotients(weights, w))
    if dweights is not None:
        inner = add_known(inner, matrix_of(dweights))
    return matmul(matmul(v, inner), adjoint(v))


@rule(ops.spectral_sum).vjp
def spectral_sum_vjp(y: Any, a: Any, weights: Any, *, needs: Any, UPLO: str) -> Any:
    """For the weights the diagonal of g = v^H ct v, for a v (g times the quotients) v^H; values must differ there."""
    w, v = ops.eigh(a, UPLO=UPLO)

    def spectral_sum_pullback(ct: Any) -> Any:
        g = matmul(matmul(adjoint(v), ct), v)
        ga = None
        if needs[0]:
            inner = multiply(gaps(hermitian_part(g), w), subtract(row(weights), column(weights)))
            ga = hermitian_part(matmul(matmul(v, inner), adjoint(v)))
        return ga, real_part(diagonal_of(g)) if needs[1] else None

    return spectral_sum_pullback


# ---- general matrices ------------------------------------------------------------------------------------------------


@rule(ops.eig).jvp
def eig_jvp(y: Any, tangents: Any, a: Any) -> Any:
    """With H = v^-1 da v: dw its diagonal, dv = v K - v diag(v^H v K), K = H over the gaps: the norms stay 1."""
    w, v = y
    inner = ops.solve(v, matmul(tangents[0], v))
    k = gaps(inner, w, degenerate="nan")
    dv = matmul(v, k)
    along = ops.sum(multiply(conj(v), dv), axis=-2)
    return diagonal_of(inner), subtract(dv, scale_columns(v, along))


@rule(ops.eig).vjp
def eig_vjp(y: Any, a: Any, *, needs: Any) -> Any:
    """v^-H (diag(cw) + (v^H cv - v^H v diag(v^H cv)) over the conjugate gaps) v^H."""
    w, v = y

    def eig_pullback(ct: Any) -> Any:
        cw, cv = ct
        inner = matmul(adjoint(v), cv)
        along = diagonal_of(inner)
        inner = subtract(inner, scale_columns(matmul(adjoint(v), v), along))
        g = add(matrix_of(cw), conj(gaps(conj(inner), w)))
        return (ops.solve(adjoint(v), matmul(g, adjoint(v))),)

    return eig_pullback


@rule(ops.eigvals).jvp
def eigvals_jvp(y: Any, tangents: Any, a: Any) -> Any:
    """The diagonal of v^-1 da v."""
    _, v = ops.eig(a)
    return diagonal_of(ops.solve(v, matmul(tangents[0], v)))


@rule(ops.eigvals).vjp
def eigvals_vjp(y: Any, a: Any, *, needs: Any) -> Any:
    """v^-H diag(ct) v^H."""

    def eigvals_pullback(ct: Any) -> Any:
        _, v = ops.eig(a)
        return (ops.solve(adjoint(v), multiply(column(ct), adjoint(v))),)

    return eigvals_pullback


# ---- roots of polynomials --------------------------------------------------------------------------------------------


def slopes(y: Any, p: Any) -> tuple[Any, Any]:
    """The powers of the roots in the order of the coefficients, and the derivatives of the polynomial there."""
    n = ops.shape(p)[0]
    powers = ops.stack(tuple(ops.power(y, k) for k in range(n - 1, -1, -1)), axis=-1)
    inner = multiply(ops.getitem(p, index=slice(0, n - 1)), np.arange(n - 1, 0, -1).astype(ops.dtype(p).char.lower()))
    return powers, matmul(ops.getitem(powers, index=(slice(None), slice(1, None))), inner)


@rule(ops.roots).jvp
def roots_jvp(y: Any, tangents: Any, p: Any) -> Any:
    """-dp(y) / p'(y): the implicit function theorem for p(y) = 0."""
    powers, slope = slopes(y, p)
    return ops.negative(ops.divide(matmul(powers, tangents[0]), slope))


@rule(ops.roots).vjp
def roots_vjp(y: Any, p: Any, *, needs: Any) -> Any:
    """-(powers of y)^H (ct over the conjugate of p'(y))."""

    def roots_pullback(ct: Any) -> Any:
        powers, slope = slopes(y, p)
        return (ops.negative(matmul(ops.divide(ct, conj(slope)), conj(powers))),)

    return roots_pullback
