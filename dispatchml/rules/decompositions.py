"""Derivatives of matrix decompositions (Giles 2008; Seeger et al. 2017; Townsend 2016; Wan and Zhang 2019)."""

from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NonDifferentiableError, NoRuleError, at_user_line, describe_call
from .adjoints import (
    adjoint,
    batch_of_stacks,
    hermitian_part,
    lower_with_half_diagonal,
    part,
    strict_lower,
    transposed,
    upper_with_half_diagonal,
)
from .registry import rule
from .strong import STACKS

add, matmul, multiply, subtract = ops.add, ops.matmul, ops.multiply, ops.subtract
solve_triangular = ops.solve_triangular

batch_of_stacks(ops.cholesky, ops.lu, ops.qr)
STACKS.update(op.info for op in (ops.cholesky, ops.lu, ops.qr))


def over_triangle(x: Any, t: Any, lower: bool, trans: str = "N") -> Any:
    """x t^-1 for a triangular t (its adjoint's inverse with trans="C").

    Raises NonDifferentiableError for a singular one: the factors of a matrix of dependent columns have no derivative.
    """
    try:
        return adjoint(solve_triangular(t, adjoint(x), lower=lower, trans="C" if trans == "N" else "N"))
    except np.linalg.LinAlgError as error:
        raise NonDifferentiableError(
            f"The derivative of the factors of a matrix (qr, lu) was used where its leading columns are linearly "
            f"dependent{at_user_line()}: it does not exist there. Use numpy.linalg.lstsq, pinv or svdvals, which need "
            "no independent columns, or add a small multiple of the identity."
        ) from error


# ---- cholesky --------------------------------------------------------------------------------------------------------


@rule(ops.cholesky).jvp
def cholesky_jvp(y: Any, tangents: Any, a: Any, *, upper: bool) -> Any:
    """dL = L F(L^-1 da L^-H), F the lower triangle with half the diagonal; da symmetrised."""
    da = hermitian_part(tangents[0])
    if upper:
        inner = over_triangle(solve_triangular(y, da, lower=False, trans="C"), y, lower=False)
        return matmul(upper_with_half_diagonal(inner), y)
    inner = over_triangle(solve_triangular(y, da, lower=True), y, lower=True, trans="C")
    return matmul(y, lower_with_half_diagonal(inner))


@rule(ops.cholesky).vjp
def cholesky_vjp(y: Any, a: Any, *, needs: Any, upper: bool) -> Any:
    """L^-H S L^-1 with S the Hermitian part of F(L^H ct)."""

    def cholesky_pullback(ct: Any) -> Any:
        if upper:
            s = hermitian_part(upper_with_half_diagonal(matmul(ct, adjoint(y))))
            return (over_triangle(solve_triangular(y, s, lower=False), y, lower=False, trans="C"),)
        s = hermitian_part(lower_with_half_diagonal(matmul(adjoint(y), ct)))
        return (over_triangle(solve_triangular(y, s, lower=True, trans="C"), y, lower=True),)

    return cholesky_pullback


# ---- lu --------------------------------------------------------------------------------------------------------------


def leading(x: Any, count: int) -> Any:
    """The first columns."""
    return part(x, slice(None), slice(None, count))


def heightened(above: Any, x: Any) -> Any:
    """`above` added to the first rows of x."""
    count = ops.shape(above)[-2]
    if ops.shape(x)[-2] == count:
        return add(x, above)
    return ops.concatenate(
        (add(part(x, slice(None, count), slice(None)), above), part(x, slice(count, None), slice(None))), axis=-2
    )


def widened(left: Any, x: Any) -> Any:
    """`left` added to the first columns of x."""
    count = ops.shape(left)[-1]
    if ops.shape(x)[-1] == count:
        return add(x, left)
    return ops.concatenate((add(leading(x, count), left), part(x, slice(None), slice(count, None))), axis=-1)


@rule(ops.lu).jvp
def lu_jvp(y: Any, tangents: Any, a: Any) -> Any:
    """With M = L^-1 P^T da U^-1 of the leading block: dL = L strict_lower(M), dU = upper(M) U; what is left follows."""
    p, low, up = y
    db = matmul(transposed(p), tangents[0])
    m, n = ops.shape(a)[-2:]
    zero = multiply(p, 0)
    if m >= n:
        x = over_triangle(db, up, lower=False)
        upper = ops.triu(
            solve_triangular(
                part(low, slice(None, n), slice(None)),
                part(x, slice(None, n), slice(None)),
                lower=True,
                unit_diagonal=True,
            )
        )
        return zero, subtract(x, matmul(low, upper)), matmul(upper, up)
    z = solve_triangular(low, db, lower=True, unit_diagonal=True)
    lower = strict_lower(over_triangle(leading(z, m), leading(up, m), lower=False))
    return zero, matmul(low, lower), subtract(z, matmul(lower, up))


@rule(ops.lu).vjp
def lu_vjp(y: Any, a: Any, *, needs: Any) -> Any:
    """The adjoint of the forward rule."""
    p, low, up = y
    m, n = ops.shape(a)[-2:]

    def lu_pullback(ct: Any) -> Any:
        _, cl, cu = ct
        if m >= n:
            g = ops.triu(subtract(matmul(cu, adjoint(up)), matmul(adjoint(low), cl)))
            g = solve_triangular(part(low, slice(None, n), slice(None)), g, lower=True, trans="C", unit_diagonal=True)
            gb = over_triangle(heightened(g, cl), up, lower=False, trans="C")
        else:
            g = strict_lower(subtract(matmul(adjoint(low), cl), matmul(cu, adjoint(up))))
            g = over_triangle(g, leading(up, m), lower=False, trans="C")
            gb = solve_triangular(low, widened(g, cu), lower=True, trans="C", unit_diagonal=True)
        return (matmul(p, gb),)

    return lu_pullback


# ---- qr --------------------------------------------------------------------------------------------------------------


def check_reduced(a: Any, q: Any, name: str, mode: str) -> None:
    """A complete decomposition of a tall matrix has arbitrary columns."""
    m, n = ops.shape(a)[-2:]
    if m > n and ops.shape(q)[-1] > n:
        raise NoRuleError(
            f"{describe_call(name, (a,))} with {mode} has no derivative{at_user_line()}: the columns of the result "
            f"beyond the {n}th are arbitrary. Leave {mode} out."
        )


def skew_from_lower(x: Any) -> Any:
    """F(x) - F(x)^H, F the lower triangle with half the diagonal: the skew matrix with x below its diagonal."""
    lower = lower_with_half_diagonal(x)
    return subtract(lower, adjoint(lower))


@rule(ops.qr).jvp
def qr_jvp(y: Any, tangents: Any, a: Any, *, mode: str) -> Any:
    """With C = da R^-1 of the leading columns: dQ = (1 - Q Q^H) C + Q W, dR = Q^H da - W R, W skew from Q^H C."""
    q, r = y
    check_reduced(a, q, "qr", 'mode="complete"')
    da = tangents[0]
    m, n = ops.shape(a)[-2:]
    c = over_triangle(leading(da, m), leading(r, m), lower=False)
    inner = matmul(adjoint(q), c)
    turn = skew_from_lower(inner)
    dq = matmul(q, turn)
    if m > n:
        dq = add(dq, subtract(c, matmul(q, inner)))
    return dq, ops.triu(subtract(matmul(adjoint(q), da), matmul(turn, r)))


@rule(ops.qr).vjp
def qr_vjp(y: Any, a: Any, *, needs: Any, mode: str) -> Any:
    """The adjoint of the forward rule."""
    q, r = y
    m, n = ops.shape(a)[-2:]

    def qr_pullback(ct: Any) -> Any:
        check_reduced(a, q, "qr", 'mode="complete"')
        cq, cr = ct[0], ops.triu(ct[1])
        inner = matmul(adjoint(q), cq)
        w = subtract(inner, matmul(cr, adjoint(r)))
        g = matmul(q, lower_with_half_diagonal(subtract(w, adjoint(w))))
        if m > n:
            g = add(g, subtract(cq, matmul(q, inner)))
        return (widened(over_triangle(g, leading(r, m), lower=False, trans="C"), matmul(q, cr)),)

    return qr_pullback
