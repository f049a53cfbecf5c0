"""Derivatives of eigenvalues, singular values and their vectors.

Vectors have a free sign or phase, which these derivatives do not turn; functions must not depend on it. Where values
are equal their vectors have no derivative: `divide_by_gaps` raises in a backward sweep that uses it, and gives nan in a
forward one, where the eigenvalues' tangents are still wanted.
"""

from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NoRuleError, at_user_line, describe_call
from .adjoints import (
    add_known,
    adjoint,
    align,
    batch_of_stacks,
    column,
    conj,
    diagonal_of,
    element_rank,
    half,
    hermitian_part,
    is_real,
    row,
    scale_columns,
)
from .registry import batch, rule

add, matmul, multiply, subtract, gaps = ops.add, ops.matmul, ops.multiply, ops.subtract, ops.divide_by_gaps

batch_of_stacks(ops.eigh, ops.eigvalsh, ops.eig, ops.eigvals, ops.svd, ops.svdvals)


def real_part(x: Any) -> Any:
    """The real part; real values as they are."""
    return x if is_real(x) else ops.real(x)


def matrix_of(diagonal: Any) -> Any:
    """diag(diagonal) as a matrix; an identity of bools takes any precision."""
    return multiply(row(diagonal), np.eye(ops.shape(diagonal)[-1], dtype=bool))


# ---- the quotient ----------------------------------------------------------------------------------------------------


@rule(ops.divide_by_gaps).jvp
def divide_by_gaps_jvp(y: Any, tangents: Any, x: Any, w: Any, *, sums: bool, degenerate: str) -> Any:
    """(dx - y * the gaps of dw) over the gaps."""
    dx, dw = tangents
    change = None
    if dw is not None:
        spread = add(column(dw), row(dw)) if sums else subtract(row(dw), column(dw))
        change = ops.negative(multiply(y, spread))
    return gaps(add_known(dx, change), w, sums=sums, degenerate=degenerate)


@rule(ops.divide_by_gaps).vjp
def divide_by_gaps_vjp(y: Any, x: Any, w: Any, *, needs: Any, sums: bool, degenerate: str) -> Any:
    """ct over the conjugate gaps; for w its products with y, summed by rows and columns."""

    def divide_by_gaps_pullback(ct: Any) -> Any:
        gx = conj(gaps(conj(ct), w, sums=sums, degenerate=degenerate))
        gw = None
        if needs[1]:
            products = multiply(conj(y), gx)
            columns, rows = ops.sum(products, axis=-2), ops.sum(products, axis=-1)
            gw = ops.negative(add(columns, rows)) if sums else subtract(rows, columns)
        return gx if needs[0] else None, gw

    return divide_by_gaps_pullback


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


def quotients(ct: Any, w: Any) -> Any:
    """(ct_j - ct_i) / (w_j - w_i); 0 where both are equal."""
    even = ops.even_out(ct, w)
    return gaps(subtract(row(even), column(even)), w, degenerate="nan")


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


@rule(ops.turn_equal).jvp
def turn_equal_jvp(y: Any, tangents: Any, h: Any, w: Any) -> Any:
    """Nothing; nan where values are equal."""
    dh = tangents[0] if tangents[0] is not None else ops.zeros_like(h)
    return multiply(gaps(multiply(dh, ops.ones_like(y)), w, degenerate="nan"), 0)


@rule(ops.turn_equal).vjp
def turn_equal_vjp(y: Any, h: Any, w: Any, *, needs: Any) -> Any:
    """Nothing; an error where values are equal."""

    def turn_equal_pullback(ct: Any) -> Any:
        return (
            multiply(gaps(ct, w), 0) if needs[0] else None,
            ops.zeros_like(w) if needs[1] else None,
        )

    return turn_equal_pullback


@rule(ops.even_out).jvp
def even_out_jvp(y: Any, tangents: Any, x: Any, w: Any) -> Any:
    """That of x: only rounding is evened out."""
    return ops.zeros_like(y) if tangents[0] is None else tangents[0]


@rule(ops.even_out).vjp
def even_out_vjp(y: Any, x: Any, w: Any, *, needs: Any) -> Any:
    """That of x."""

    def even_out_pullback(ct: Any) -> Any:
        return ct if needs[0] else None, ops.zeros_like(w) if needs[1] else None

    return even_out_pullback


def batch_of_values(operation: Any, rank_of_first: int) -> None:
    """Declare that an operation on matrices (or vectors) and the values beside them takes a batch as one more stack."""

    @batch(operation)
    def batched_values(arguments: Any, batched: Any, size: int, **keywords: Any) -> Any:
        x, w = arguments
        more = rank_of_first - 1
        rank = max(element_rank(x, batched[0]) - more, element_rank(w, batched[1]))
        return operation(align(x, batched[0], rank + more), align(w, batched[1], rank), **keywords)


batch_of_values(ops.divide_by_gaps, 2)
batch_of_values(ops.turn_equal, 2)
batch_of_values(ops.spectral_sum, 2)
batch_of_values(ops.even_out, 1)


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


# ---- singular values -------------------------------------------------------------------------------------------------


def value_cotangent(ct: Any, s: Any) -> Any:
    """The cotangent of singular values: nothing for those that are 0, where they have a kink."""
    return multiply(ct, ops.sign(s))


def check_economic(a: Any, full_matrices: bool) -> None:
    """The vectors that full_matrices=True adds are arbitrary."""
    m, n = ops.shape(a)[-2:]
    if full_matrices and m != n:
        raise NoRuleError(
            f"{describe_call('svd', (a,))} with full_matrices=True has no derivative{at_user_line()}: the vectors "
            f"beyond the {min(m, n)}th are arbitrary. Write full_matrices=False, or svdvals for the values alone."
        )


@rule(ops.svdvals).jvp
def svdvals_jvp(y: Any, tangents: Any, a: Any) -> Any:
    """The real part of the diagonal of u^H da v."""
    u, s, vh = ops.svd(a)
    turned = ops.sum(multiply(conj(u), matmul(tangents[0], adjoint(vh))), axis=-2)
    return value_cotangent(real_part(turned), s)


@rule(ops.svdvals).vjp
def svdvals_vjp(y: Any, a: Any, *, needs: Any) -> Any:
    """u diag(ct) v^H."""

    def svdvals_pullback(ct: Any) -> Any:
        u, s, vh = ops.svd(a)
        return (matmul(scale_columns(u, value_cotangent(ct, s)), vh),)

    return svdvals_pullback


@rule(ops.svd).jvp
def svd_jvp(y: Any, tangents: Any, a: Any, *, full_matrices: bool, compute_uv: bool) -> Any:
    """du = u (P + D)/2, dv = v (P - D)/2: with M = u^H da v, P is (M + M^H) over the gaps, D (M - M^H) over the sums.

    To these come, for matrices that are not square, (1 - u u^H) da v / s and (1 - v v^H) da^H u / s.
    """
    if not compute_uv:
        return svdvals_jvp(y, tangents, a)
    check_economic(a, full_matrices)
    u, s, vh = y
    da, (m, n) = tangents[0], ops.shape(a)[-2:]
    v = adjoint(vh)
    along = matmul(da, v)
    inner = matmul(adjoint(u), along)
    p = gaps(add(inner, adjoint(inner)), s, degenerate="nan")
    d = gaps(subtract(inner, adjoint(inner)), s, sums=True, degenerate="nan")
    du, dv = matmul(u, half(add(p, d))), matmul(v, half(subtract(p, d)))
    if m > n:
        du = add(du, ops.strong_multiply(subtract(along, matmul(u, inner)), row(ops.reciprocal(s))))
    if n > m:
        back = matmul(adjoint(da), u)
        dv = add(dv, ops.strong_multiply(subtract(back, matmul(v, adjoint(inner))), row(ops.reciprocal(s))))
    return du, value_cotangent(real_part(diagonal_of(inner)), s), adjoint(dv)


@rule(ops.svd).vjp
def svd_vjp(y: Any, a: Any, *, needs: Any, full_matrices: bool, compute_uv: bool) -> Any:
    """The adjoint of the forward rule."""
    if not compute_uv:
        return svdvals_vjp(y, a, needs=needs)
    u, s, vh = y
    m, n = ops.shape(a)[-2:]

    def svd_pullback(ct: Any) -> Any:
        if getattr(ct, "used", None) == (False, True, False):
            return svdvals_vjp(s, a, needs=needs)(ct[1])
        check_economic(a, full_matrices)
        cu, cs, cv = ct[0], ct[1], adjoint(ct[2])
        inner_u, inner_v = matmul(adjoint(u), cu), matmul(vh, cv)
        p = gaps(half(add(inner_u, inner_v)), s)
        skew = half(subtract(inner_u, inner_v))
        d = gaps(half(subtract(skew, adjoint(skew))), s, sums=True)
        core = add_known(add(p, adjoint(p)), d, d, matrix_of(value_cotangent(cs, s)))
        g = matmul(matmul(u, core), vh)
        if m > n:
            outside = ops.strong_multiply(subtract(cu, matmul(u, inner_u)), row(ops.reciprocal(s)))
            g = add(g, matmul(outside, vh))
        if n > m:
            outside = ops.strong_multiply(subtract(cv, matmul(adjoint(vh), inner_v)), row(ops.reciprocal(s)))
            g = add(g, matmul(u, adjoint(outside)))
        return (g,)

    return svd_pullback
