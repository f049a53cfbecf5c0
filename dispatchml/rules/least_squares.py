"""Derivatives of the Moore-Penrose inverse and of least squares, for constant rank (Golub and Pereyra 1973).

A cutoff of the user's drops singular values that are not 0. The singular vectors that stay then turn towards those
that are dropped: first-order perturbation of pairs (s, t) of a kept and a dropped singular value, as in Stewart and
Sun, Matrix Perturbation Theory (1990), adds terms that the formula of constant rank has for t = 0 alone.
"""

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
    if truncates(rcond, a):
        return Truncated(a, rcond).push(y, da)
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
        if truncates(rcond, a):
            return (Truncated(a, rcond).pull(y, ct),)
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


def truncates(rcond: Any, a: Any) -> bool:
    """Whether a cutoff drops singular values that are more than what rounding leaves of 0; where values are not known
    (in batches, in recordings), whether it could.
    """
    if rcond is None:
        return False
    kind = ops.dtype(a)
    floor = float(100 * np.finfo(kind if kind.kind in "fc" else np.float64).eps * max(ops.shape(a)[-2:], default=0))
    if not np.max(rcond, initial=0) > floor:
        return False
    s = ops.svdvals(a)  # whose derivative, where it is taken along, exists also where that of the vectors does not
    largest = ops.max(s, axis=-1, keepdims=True) if ops.shape(s)[-1] else s
    dropped = ops.less_equal(s, multiply(largest, stacked(rcond)))
    found = ops.any(ops.logical_and(dropped, ops.greater(s, multiply(largest, floor))))
    return bool(found) if isinstance(found, (bool, np.bool_)) else True


def stacked(rcond: Any) -> Any:
    """Cutoffs, one for each matrix of a stack, beside singular values."""
    return np.asarray(rcond)[..., None] if np.ndim(rcond) else rcond


class Truncated:
    """The singular values above a cutoff, and how their pairs with those below turn.

    The whole is -y da y + y y^H da^H (1 - u u^H) + (1 - v v^H) da^H y^H y + v k u^H, where k pairs the kept with the
    dropped: k = weight * (big * t^H + small * t), t = u^H da v, for big, small of the pair (s kept, s dropped) and
    weight 1 / (big (big^2 - small^2)).
    """

    def __init__(self, a: Any, rcond: Any) -> None:
        u, s, vh = ops.svd(a)
        self.u, self.v = u, adjoint(vh)
        largest = ops.max(s, axis=-1, keepdims=True)
        kept = ops.greater(s, multiply(largest, stacked(rcond)))
        one, other = ops.expand_dims(kept, axis=-1), ops.expand_dims(kept, axis=-2)
        pairs = ops.logical_xor(one, other)
        rows, columns = ops.expand_dims(s, axis=-1), ops.expand_dims(s, axis=-2)
        self.big, self.small = ops.where(one, rows, columns), ops.where(one, columns, rows)
        gap = multiply(self.big, subtract(multiply(self.big, self.big), multiply(self.small, self.small)))
        usual = ops.expand_dims(multiply(largest, multiply(largest, largest)), axis=-1)
        self.weight = ops.where_or_zero(pairs, ops.divide(1, ops.where(pairs, gap, usual)))

    def push(self, y: Any, da: Any) -> Any:
        """The tangent of the inverse y."""
        u, v = self.u, self.v
        back = adjoint(da)
        left = matmul(matmul(y, adjoint(y)), back)
        right = matmul(back, matmul(adjoint(y), y))
        t = matmul(matmul(adjoint(u), da), v)
        k = multiply(self.weight, add_known(multiply(self.big, adjoint(t)), multiply(self.small, t)))
        return add_known(
            negative(matmul(matmul(y, da), y)),
            subtract(left, matmul(matmul(left, u), adjoint(u))),
            subtract(right, matmul(v, matmul(adjoint(v), right))),
            matmul(matmul(v, k), adjoint(u)),
        )

    def pull(self, y: Any, ct: Any) -> Any:
        """The cotangent of the matrix."""
        u, v = self.u, self.v
        back = adjoint(ct)
        left = matmul(back, matmul(y, adjoint(y)))
        right = matmul(matmul(adjoint(y), y), back)
        k = multiply(self.weight, matmul(matmul(adjoint(v), ct), u))
        t = add_known(adjoint(multiply(self.big, k)), multiply(self.small, k))
        return add_known(
            negative(matmul(matmul(adjoint(y), ct), adjoint(y))),
            subtract(left, matmul(u, matmul(adjoint(u), left))),
            subtract(right, matmul(matmul(right, v), adjoint(v))),
            matmul(matmul(u, t), adjoint(v)),
        )


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
    truncated = da is not None and truncates(rcond, a)
    terms = [None if db is None else matmul(inverse, as_columns(db, vector))]
    change = None if db is None else as_columns(db, vector)
    ds = multiply(y[3], 0)
    if truncated:
        terms.append(matmul(Truncated(a, rcond).push(inverse, da), as_columns(b, vector)))
    elif da is not None:
        back = matmul(adjoint(da), q)
        terms += [
            negative(matmul(inverse, matmul(da, x))),
            matmul(inverse, matmul(adjoint(inverse), matmul(adjoint(da), residual))),
            subtract(back, matmul(inverse, matmul(a, back))),
        ]
    if da is not None:
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
            u, _, vh = ops.svd(a)
            if truncates(rcond, a):
                terms = [Truncated(a, rcond).pull(inverse, matmul(cx, adjoint(as_columns(b, vector))))]
            else:
                kernel_part = subtract(cx, matmul(inverse, matmul(a, cx)))
                terms = [
                    negative(matmul(gb, adjoint(x))),
                    matmul(residual, adjoint(matmul(inverse, gb))),
                    matmul(q, adjoint(kernel_part)),
                ]
            ga = add_known(
                *terms,
                None if of_residual is None else negative(matmul(of_residual, adjoint(x))),
                matmul(multiply(u, row(ct[3])), vh),
            )
        return ga, as_given(add_known(gb, of_residual), vector) if needs[1] else None

    return lstsq_pullback
