"""Derivatives of singular values and their vectors.

Vectors have a free sign or phase, which these derivatives do not turn; functions must not depend on it.
"""

from typing import Any

from .. import ops
from .adjoints import (
    add_known,
    adjoint,
    batch_of_stacks,
    column,
    diagonal_of,
    half,
    hermitian_part,
    part,
    row,
    scale_columns,
)
from .gaps import batch_of_values, matrix_of, quotients, real_part
from .registry import rule

add, matmul, multiply, subtract, gaps = ops.add, ops.matmul, ops.multiply, ops.subtract, ops.divide_by_gaps

batch_of_stacks(ops.svd, ops.svdvals)


def value_cotangent(ct: Any, s: Any) -> Any:
    """The cotangent of singular values: nothing for those that are 0, where they have a kink."""
    return multiply(ct, ops.sign(s))


def split(u: Any, vh: Any, count: int) -> tuple[Any, Any, Any, Any]:
    """The singular vectors as columns, and those that full_matrices=True adds to them, None where there are none."""
    v = adjoint(vh)
    first, more = slice(0, count), slice(count, None)
    more_u, more_v = (part(x, slice(None), more) if ops.shape(x)[-1] > count else None for x in (u, v))
    u, v = (x if more is None else part(x, slice(None), first) for x, more in ((u, more_u), (v, more_v)))
    return u, v, more_u, more_v


def with_more(u: Any, du: Any, more: Any) -> Any:
    """The tangent of all vectors: those that span the rest stay orthogonal to the first, and do not turn in it."""
    if more is None:
        return du
    return ops.concatenate((du, ops.negative(matmul(u, matmul(adjoint(du), more)))), axis=-1)


def cotangent_of_first(u: Any, ct: Any, more: Any, count: int) -> Any:
    """The cotangent of the singular vectors from that of all: the adjoint of `with_more`."""
    if more is None:
        return ct
    first, rest = part(ct, slice(None), slice(0, count)), part(ct, slice(None), slice(count, None))
    return subtract(first, matmul(more, matmul(adjoint(rest), u)))


def turned(u: Any, s: Any, v: Any, da: Any) -> tuple[Any, Any, Any]:
    """Singular vectors, those of equal values turned to where they go along da, and da in their bases."""
    m = matmul(adjoint(u), matmul(da, v))
    r = ops.turn_equal(ops.negative(hermitian_part(m)), s)  # the values fall
    return matmul(u, r), matmul(v, r), matmul(matmul(adjoint(r), m), r)


@rule(ops.svdvals).jvp
def svdvals_jvp(y: Any, tangents: Any, a: Any) -> Any:
    """The real part of the diagonal of u^H da v, for vectors that go over into those of a + t da."""
    u, s, vh = ops.svd(a)
    _, _, inner = turned(u, s, adjoint(vh), tangents[0])
    return value_cotangent(real_part(diagonal_of(inner)), s)


@rule(ops.svdvals).vjp
def svdvals_vjp(y: Any, a: Any, *, needs: Any) -> Any:
    """u diag(ct) v^H."""

    def svdvals_pullback(ct: Any) -> Any:
        return (ops.singular_sum(a, value_cotangent(ct, y)),)

    return svdvals_pullback


@rule(ops.singular_sum).jvp
def singular_sum_jvp(y: Any, tangents: Any, a: Any, weights: Any) -> Any:
    """With M = u^H da v: u (P + D + diag(dweights)) v^H, P the Hermitian part of M times the quotients of weights and
    values, D the rest of M times the sums of the weights over those of the values; for matrices that are not square
    also what leaves the spaces of u and v.

    Where values are equal the vectors are turned, as for eigenvalues. Where they are 0 it is undefined: the second
    derivative of what a zero value contributes is not in the weights.
    """
    da, dweights = tangents
    u, s, vh = ops.svd(a)
    v = adjoint(vh)
    if da is None:
        return matmul(scale_columns(u, dweights), vh)
    u, v, inner = turned(u, s, v, da)
    upright, skew = half(add(inner, adjoint(inner))), half(subtract(inner, adjoint(inner)))
    sums = gaps(add(column(weights), row(weights)), s, sums=True, degenerate="nan")
    core = add(multiply(upright, quotients(weights, s)), multiply(skew, sums))
    undefined = multiply(multiply(gaps(inner, s, sums=True, degenerate="nan"), 0), row(weights))
    core = add_known(add(core, undefined), None if dweights is None else matrix_of(dweights))
    made = matmul(matmul(u, core), adjoint(v))
    m, n = ops.shape(a)[-2:]
    if m > n:
        outside = subtract(matmul(da, v), matmul(u, inner))
        made = add(made, matmul(outside_over(outside, s, weights), adjoint(v)))
    if n > m:
        outside = subtract(matmul(adjoint(da), u), matmul(v, adjoint(inner)))
        made = add(made, matmul(u, adjoint(outside_over(outside, s, weights))))
    return made


def outside_over(outside: Any, s: Any, weights: Any) -> Any:
    """What leaves the space of the vectors, over the values, times the weights; nan for a value of 0."""
    return multiply(ops.strong_multiply(outside, row(ops.reciprocal(s))), row(weights))


@rule(ops.singular_sum).vjp
def singular_sum_vjp(y: Any, a: Any, weights: Any, *, needs: Any) -> Any:
    """The adjoint of the forward rule; for the weights the diagonal of u^H ct v."""
    u, s, vh = ops.svd(a)
    m, n = ops.shape(a)[-2:]

    def singular_sum_pullback(ct: Any) -> Any:
        v = adjoint(vh)
        along = matmul(ct, v)
        inner = matmul(adjoint(u), along)
        ga = None
        if needs[0]:
            upright, skew = half(add(inner, adjoint(inner))), half(subtract(inner, adjoint(inner)))
            core = multiply(gaps(upright, s), subtract(row(weights), column(weights)))
            core = add(core, multiply(gaps(skew, s, sums=True), add(row(weights), column(weights))))
            core = add(core, multiply(multiply(gaps(inner, s, sums=True), 0), row(weights)))
            ga = matmul(matmul(u, core), vh)
            if m > n:
                outside = subtract(along, matmul(u, inner))
                ga = add(ga, matmul(outside_over(outside, s, weights), vh))
            if n > m:
                outside = subtract(matmul(adjoint(ct), u), matmul(v, adjoint(inner)))
                ga = add(ga, matmul(u, adjoint(outside_over(outside, s, weights))))
        return ga, real_part(diagonal_of(inner)) if needs[1] else None

    return singular_sum_pullback


batch_of_values(ops.singular_sum, 2)


@rule(ops.svd).jvp
def svd_jvp(y: Any, tangents: Any, a: Any, *, full_matrices: bool, compute_uv: bool) -> Any:
    """du = u (P + D)/2, dv = v (P - D)/2: with M = u^H da v, P is (M + M^H) over the gaps, D (M - M^H) over the sums.

    To these come, for matrices that are not square, (1 - u u^H) da v / s and (1 - v v^H) da^H u / s. The vectors that
    full_matrices=True adds are any that span the rest; functions must depend on what they span only.
    """
    if not compute_uv:
        return svdvals_jvp(y, tangents, a)
    s, da, (m, n) = y[1], tangents[0], ops.shape(a)[-2:]
    u, v, more_u, more_v = split(y[0], y[2], min(m, n))
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
    ds = value_cotangent(real_part(diagonal_of(inner)), s)
    return with_more(u, du, more_u), ds, adjoint(with_more(v, dv, more_v))


@rule(ops.svd).vjp
def svd_vjp(y: Any, a: Any, *, needs: Any, full_matrices: bool, compute_uv: bool) -> Any:
    """The adjoint of the forward rule."""
    if not compute_uv:
        return svdvals_vjp(y, a, needs=needs)
    s, (m, n) = y[1], ops.shape(a)[-2:]
    count = min(m, n)

    def svd_pullback(ct: Any) -> Any:
        if getattr(ct, "used", None) == (False, True, False):
            return svdvals_vjp(s, a, needs=needs)(ct[1])
        u, v, more_u, more_v = split(y[0], y[2], count)
        vh = adjoint(v)
        cu, cs = cotangent_of_first(u, ct[0], more_u, count), ct[1]
        cv = cotangent_of_first(v, adjoint(ct[2]), more_v, count)
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
            outside = ops.strong_multiply(subtract(cv, matmul(v, inner_v)), row(ops.reciprocal(s)))
            g = add(g, matmul(u, adjoint(outside)))
        return (g,)

    return svd_pullback
