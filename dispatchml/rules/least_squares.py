"""Derivatives of the Moore-Penrose inverse and of least squares, for constant rank (Golub and Pereyra 1973)."""

from typing import Any

import numpy as np

from .. import ops
from .adjoints import add_known, adjoint, batch_of_stacks, conj, diagonal_of, is_real, row
from .registry import rule
from .solvers import as_columns, as_given

matmul, multiply, negative, subtract = ops.matmul, ops.multiply, ops.negative, ops.subtract

batch_of_stacks(ops.pinv)


@rule(ops.pinv).jvp
def pinv_jvp(y: Any, tangents: Any, a: Any, *, rcond: Any, hermitian: bool) -> Any:
    """-y da y + y y^H da^H (1 - a y) + (1 - y a) da^H y^H y, for constant rank."""
    da = tangents[0]
    left = matmul(matmul(y, adjoint(y)), adjoint(da))
    right = matmul(adjoint(da), matmul(adjoint(y), y))
    return add_known(
        negative(matmul(matmul(y, da), y)),
        subtract(left, matmul(matmul(left, a), y)),
        subtract(right, matmul(y, matmul(a, right))),
    )


@rule(ops.pinv).vjp
def pinv_vjp(y: Any, a: Any, *, needs: Any, rcond: Any, hermitian: bool) -> Any:
    """The adjoint of the three terms."""

    def pinv_pullback(ct: Any) -> Any:
        back = adjoint(ct)
        left = matmul(back, matmul(y, adjoint(y)))
        right = matmul(matmul(adjoint(y), y), back)
        return (
            add_known(
                negative(matmul(matmul(adjoint(y), ct), adjoint(y))),
                subtract(left, matmul(a, matmul(y, left))),
                subtract(right, matmul(matmul(right, y), a)),
            ),
        )

    return pinv_pullback


def least_squares_parts(a: Any, b: Any, y: Any, rcond: Any) -> tuple[Any, Any, Any, Any, bool]:
    """The inverse, x and the residual vectors as columns, y^H x, and whether b is a vector."""
    vector = ops.ndim(b) == 1
    inverse = ops.pinv(a, rcond=cutoff(rcond, a))
    x = as_columns(y[0], vector)
    residual = subtract(as_columns(b, vector), matmul(a, x))
    return inverse, x, residual, matmul(adjoint(inverse), x), vector


def cutoff(rcond: Any, a: Any) -> Any:
    """NumPy's default of lstsq: eps times the larger size."""
    if rcond is not None and rcond >= 0:
        return rcond
    kind = ops.dtype(a)
    eps = float(np.finfo(kind if kind.kind in "fc" else np.float64).eps)
    return eps if rcond is not None else eps * max(ops.shape(a))


@rule(ops.lstsq).jvp
def lstsq_jvp(y: Any, tangents: Any, a: Any, b: Any, *, rcond: Any) -> Any:
    """x by the derivative of the inverse; residuals by their gradient, which is at the minimum in x; constant rank."""
    da, db = tangents
    inverse, x, residual, q, vector = least_squares_parts(a, b, y, rcond)
    terms = [None if db is None else matmul(inverse, as_columns(db, vector))]
    change = None if db is None else as_columns(db, vector)
    ds = multiply(y[3], 0)
    if da is not None:
        back = matmul(adjoint(da), q)
        terms += [
            negative(matmul(inverse, matmul(da, x))),
            matmul(inverse, matmul(adjoint(inverse), matmul(adjoint(da), residual))),
            subtract(back, matmul(inverse, matmul(a, back))),
        ]
        change = add_known(change, negative(matmul(da, x)))
        u, _, vh = ops.svd(a)
        turned = diagonal_of(matmul(matmul(adjoint(u), da), adjoint(vh)))
        ds = turned if is_real(turned) else ops.real(turned)
    dr = multiply(y[1], 0)
    if ops.shape(y[1])[0]:
        products = multiply(conj(residual), change)
        dr = multiply(ops.sum(products if is_real(products) else ops.real(products), axis=0), 2)
    return as_given(add_known(*terms), vector), dr, ops.multiply(y[2], 0), ds


@rule(ops.lstsq).vjp
def lstsq_vjp(y: Any, a: Any, b: Any, *, needs: Any, rcond: Any) -> Any:
    """The adjoint of the terms of the forward rule."""

    def lstsq_pullback(ct: Any) -> Any:
        inverse, x, residual, q, vector = least_squares_parts(a, b, y, rcond)
        cx = as_columns(ct[0], vector)
        gb = matmul(adjoint(inverse), cx)
        of_residual = multiply(residual, multiply(ct[1], 2)) if ops.shape(y[1])[0] else None
        ga = None
        if needs[0]:
            kernel_part = subtract(cx, matmul(inverse, matmul(a, cx)))
            u, _, vh = ops.svd(a)
            ga = add_known(
                negative(matmul(gb, adjoint(x))),
                matmul(residual, adjoint(matmul(inverse, gb))),
                matmul(q, adjoint(kernel_part)),
                None if of_residual is None else negative(matmul(of_residual, adjoint(x))),
                matmul(multiply(u, row(ct[3])), vh),
            )
        return ga, as_given(add_known(gb, of_residual), vector) if needs[1] else None

    return lstsq_pullback
