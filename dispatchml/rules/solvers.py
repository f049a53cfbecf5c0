"""Derivatives of inverses, linear systems and determinants (Giles 2008)."""

from typing import Any

from .. import ops
from .adjoints import (
    add_known,
    adjoint,
    align,
    batch_of_stacks,
    column,
    conj,
    element_rank,
    half,
    is_real,
    part,
    transposed,
)
from .registry import batch, nondifferentiable, rule
from .strong import STACKS, as_is, strong

add, matmul, multiply, negative, subtract = ops.add, ops.matmul, ops.multiply, ops.negative, ops.subtract

batch_of_stacks(ops.inv, ops.det, ops.slogdet)
STACKS.update(op.info for op in (ops.inv, ops.det, ops.slogdet, ops.cofactor))
nondifferentiable(ops.matrix_rank)


# ---- inv, solve ------------------------------------------------------------------------------------------------------


@rule(ops.inv).jvp
def inv_jvp(y: Any, tangents: Any, a: Any, *, singular: str) -> Any:
    """-y da y."""
    return negative(matmul(matmul(y, tangents[0]), y))


@rule(ops.inv).vjp
def inv_vjp(y: Any, a: Any, *, needs: Any, singular: str) -> Any:
    """-y^H ct y^H."""

    def inv_pullback(ct: Any) -> Any:
        return (negative(matmul(matmul(adjoint(y), ct), adjoint(y))),)

    return inv_pullback


def as_columns(x: Any, is_vector: bool) -> Any:
    """Right-hand sides as columns."""
    return column(x) if is_vector else x


def as_given(x: Any, is_vector: bool) -> Any:
    """Columns as the vectors that were given."""
    return part(x, slice(None), 0) if is_vector else x


@rule(ops.solve).jvp
def solve_jvp(y: Any, tangents: Any, a: Any, b: Any) -> Any:
    """solve(a, db - da y)."""
    da, db = tangents
    vector = ops.ndim(b) == 1
    change = None if da is None else negative(matmul(da, as_columns(y, vector)))
    right = add_known(None if db is None else as_columns(db, vector), change)
    return as_given(ops.solve(a, right), vector)


@rule(ops.solve).vjp
def solve_vjp(y: Any, a: Any, b: Any, *, needs: Any) -> Any:
    """gb = solve(a^H, ct), ga = -gb y^H."""
    vector = ops.ndim(b) == 1

    def solve_pullback(ct: Any, strong: Any = as_is) -> Any:
        right = as_columns(ct, vector)
        gb = where_asked(ops.solve(adjoint(a), right), right, strong)
        ga = negative(strong(matmul)(gb, adjoint(as_columns(y, vector)))) if needs[0] else None
        return ga, as_given(gb, vector) if needs[1] else None

    return solve_pullback


solve_vjp.careful = strong


def where_asked(x: Any, right: Any, strong: Any) -> Any:
    """The solution of linear systems; in the careful form 0 for a right-hand side of zeros, whatever the matrix."""
    if strong is as_is:
        return x
    asked = ops.any(ops.not_equal(right, 0), axis=-2, keepdims=True)
    return ops.where_or_zero(ops.broadcast_to(asked, shape=ops.shape(x)), x)


def batched_system(operation: Any, arguments: Any, batched: Any, **keywords: Any) -> Any:
    """A linear system over a batch: vectors become columns, ranks are filled up."""
    a, b = arguments
    ranks = [element_rank(x, flag) for x, flag in zip(arguments, batched, strict=True)]
    vector = ranks[1] == 1
    rank = max(ranks[0], ranks[1], 2)
    y = operation(align(a, batched[0], rank), align(as_columns(b, vector), batched[1], rank), **keywords)
    return as_given(y, vector)


@batch(ops.solve)
def batched_solve(arguments: Any, batched: Any, size: int) -> Any:
    """As one more stack."""
    return batched_system(ops.solve, arguments, batched)


# ---- solve_triangular ------------------------------------------------------------------------------------------------

#: How the adjoint of a triangular system is solved: with `trans`, on conjugates or not.
ADJOINT_SYSTEM = {"N": ("C", False), "C": ("N", False), "T": ("N", True)}


def letter(trans: Any) -> str:
    """N, T or C."""
    return trans if isinstance(trans, str) else "NTC"[trans]


def read_part(x: Any, lower: bool, unit_diagonal: bool) -> Any:
    """The triangle of a that the operation reads."""
    return ops.tril(x, k=-1 if unit_diagonal else 0) if lower else ops.triu(x, k=1 if unit_diagonal else 0)


def oriented(x: Any, trans: str) -> Any:
    """x, its transpose or its adjoint."""
    return x if trans == "N" else transposed(x) if trans == "T" else adjoint(x)


@rule(ops.solve_triangular).jvp
def solve_triangular_jvp(y: Any, tangents: Any, a: Any, b: Any, *, lower: bool, trans: Any, unit_diagonal: bool) -> Any:
    """As `solve`, with the triangle of da."""
    da, db = tangents
    vector = ops.ndim(b) == 1
    change = None
    if da is not None:
        change = negative(matmul(oriented(read_part(da, lower, unit_diagonal), letter(trans)), as_columns(y, vector)))
    right = add_known(None if db is None else as_columns(db, vector), change)
    x = ops.solve_triangular(a, right, lower=lower, trans=trans, unit_diagonal=unit_diagonal)
    return as_given(x, vector)


@rule(ops.solve_triangular).vjp
def solve_triangular_vjp(y: Any, a: Any, b: Any, *, needs: Any, lower: bool, trans: Any, unit_diagonal: bool) -> Any:
    """As `solve`; the cotangent of a on the triangle that is read."""
    vector = ops.ndim(b) == 1
    trans_adjoint, conjugate = ADJOINT_SYSTEM[letter(trans)]

    def solve_triangular_pullback(ct: Any, strong: Any = as_is) -> Any:
        right = as_columns(conj(ct) if conjugate else ct, vector)
        gb = ops.solve_triangular(a, right, lower=lower, trans=trans_adjoint, unit_diagonal=unit_diagonal)
        gb = where_asked(gb, right, strong)
        gb = conj(gb) if conjugate else gb
        ga = None
        if needs[0]:
            ga = oriented(negative(strong(matmul)(gb, adjoint(as_columns(y, vector)))), letter(trans))
            ga = read_part(ga, lower, unit_diagonal)
        return ga, as_given(gb, vector) if needs[1] else None

    return solve_triangular_pullback


solve_triangular_vjp.careful = strong


@batch(ops.solve_triangular)
def batched_solve_triangular(arguments: Any, batched: Any, size: int, **keywords: Any) -> Any:
    """As one more stack."""
    return batched_system(ops.solve_triangular, arguments, batched, **keywords)


# ---- determinants ----------------------------------------------------------------------------------------------------


def matrix_scalar(x: Any) -> Any:
    """Numbers, one a matrix, with two axes behind them."""
    return ops.expand_dims(x, axis=(-2, -1))


@rule(ops.det).jvp
def det_jvp(y: Any, tangents: Any, a: Any) -> Any:
    """The sum of da times the cofactors (Jacobi)."""
    return ops.sum(multiply(ops.cofactor((a,)), tangents[0]), axis=(-2, -1))


@rule(ops.det).vjp
def det_vjp(y: Any, a: Any, *, needs: Any) -> Any:
    """ct times the cofactors: exact for singular matrices, too."""

    def det_pullback(ct: Any) -> Any:
        return (multiply(matrix_scalar(ct), conj(ops.cofactor((a,)))),)

    return det_pullback


@rule(ops.cofactor).jvp
def cofactor_jvp(y: Any, tangents: Any, matrices: Any) -> Any:
    """In the first matrix one more direction; in a direction the same with the tangent in its place."""
    terms = [None if tangents[0] is None else ops.cofactor((*matrices, tangents[0]))]
    for k, dx in enumerate(tangents[1:], 1):
        if dx is not None:
            terms.append(ops.cofactor((*matrices[:k], dx, *matrices[k + 1 :])))
    return add_known(*terms)


@rule(ops.cofactor).vjp
def cofactor_vjp(y: Any, matrices: Any, *, needs: Any) -> Any:
    """The mixed derivatives of a determinant are symmetric in their directions, of which ct is one."""

    def cofactor_pullback(ct: Any) -> Any:
        other = conj(ct)
        return tuple(
            None
            if not need
            else conj(ops.cofactor((*matrices, other) if k == 0 else (*matrices[:k], other, *matrices[k + 1 :])))
            for k, need in enumerate(needs)
        )

    return cofactor_pullback


@batch(ops.cofactor)
def batched_cofactor(arguments: Any, batched: Any, size: int) -> Any:
    """As one more stack."""
    rank = max(element_rank(x, flag) for x, flag in zip(arguments, batched, strict=True))
    return ops.cofactor(tuple(align(x, flag, rank) for x, flag in zip(arguments, batched, strict=True)))


@rule(ops.slogdet).jvp
def slogdet_jvp(y: Any, tangents: Any, a: Any) -> Any:
    """d log det = trace(a^-1 da): the real part is the logarithm's, the imaginary part turns a complex sign."""
    sign, _ = y
    g = transposed(ops.inv(a, singular="fill"))
    change = ops.sum(ops.strong_multiply(tangents[0], g), axis=(-2, -1))
    if is_real(change):
        return multiply(sign, 0), change
    return multiply(sign, half(subtract(change, conj(change)))), ops.real(change)


@rule(ops.slogdet).vjp
def slogdet_vjp(y: Any, a: Any, *, needs: Any) -> Any:
    """(ct of the logarithm - i Im(conj(ct of the sign) sign)) a^-H."""
    sign, _ = y

    def slogdet_pullback(ct: Any) -> Any:
        ct_sign, ct_log = ct
        weight = ct_log
        if not is_real(sign):
            turn = multiply(conj(ct_sign), sign)
            weight = subtract(ct_log, half(subtract(turn, conj(turn))))
        return (ops.strong_multiply(matrix_scalar(weight), adjoint(ops.inv(a, singular="fill"))),)

    return slogdet_pullback
