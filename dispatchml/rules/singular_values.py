"""Derivatives of singular values and their vectors.

Vectors have a free sign or phase, which these derivatives do not turn; functions must not depend on it.
"""

from typing import Any

from .. import ops
from ..dispatch.errors import NoRuleError, at_user_line, describe_call
from .adjoints import add_known, adjoint, batch_of_stacks, conj, diagonal_of, half, row, scale_columns
from .gaps import matrix_of, real_part
from .registry import rule

add, matmul, multiply, subtract, gaps = ops.add, ops.matmul, ops.multiply, ops.subtract, ops.divide_by_gaps

batch_of_stacks(ops.svd, ops.svdvals)


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
