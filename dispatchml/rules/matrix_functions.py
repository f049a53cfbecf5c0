"""Derivatives of powers, norms and functions of matrices (Higham, Functions of Matrices, chapter 3)."""

from typing import Any

import numpy as np

from .. import ops
from .adjoints import (
    add_known,
    adjoint,
    align,
    batch_of_stacks,
    element_rank,
    hermitian_part,
    pick,
    real_sum,
    scale_columns,
)
from .registry import batch, rule
from .strong import STACKS

add, frechet, matmul, multiply = ops.add, ops.frechet, ops.matmul, ops.multiply

batch_of_stacks(
    ops.matrix_power, ops.matrix_norm, ops.expm, ops.sqrtm, ops.logm, ops.hermitian_function
)  # fmt: skip
STACKS.update(op.info for op in (ops.matrix_power, ops.matrix_norm, ops.expm, ops.sqrtm, ops.logm, ops.frechet))


# ---- functions of general matrices: the derivative at a^H in the direction ct is the adjoint ----------------------


def declare(operation: Any, function: Any) -> None:
    """The rule of a matrix function by its name for `frechet`."""

    @rule(operation).jvp
    def matrix_function_jvp(y: Any, tangents: Any, a: Any) -> Any:
        return frechet((a, tangents[0]), function=function)

    @rule(operation).vjp
    def matrix_function_vjp(y: Any, a: Any, *, needs: Any) -> Any:
        def matrix_function_pullback(ct: Any) -> Any:
            return (frechet((adjoint(a), ct), function=function),)

        return matrix_function_pullback


declare(ops.expm, "exp")
declare(ops.sqrtm, "sqrt")
declare(ops.logm, "log")


@rule(ops.matrix_power).jvp
def matrix_power_jvp(y: Any, tangents: Any, a: Any, *, n: int) -> Any:
    """The derivative of the power as of any matrix function."""
    return frechet((a, tangents[0]), function=("power", n))


@rule(ops.matrix_power).vjp
def matrix_power_vjp(y: Any, a: Any, *, needs: Any, n: int) -> Any:
    """The same at a^H."""

    def matrix_power_pullback(ct: Any) -> Any:
        return (frechet((adjoint(a), ct), function=("power", n)),)

    return matrix_power_pullback


@rule(ops.hermitian_function).jvp
def hermitian_function_jvp(y: Any, tangents: Any, a: Any, *, function: Any) -> Any:
    """Daleckii and Krein; da symmetrised."""
    return frechet((hermitian_part(a), hermitian_part(tangents[0])), function=function, hermitian=True)


@rule(ops.hermitian_function).vjp
def hermitian_function_vjp(y: Any, a: Any, *, needs: Any, function: Any) -> Any:
    """The derivative is its own adjoint; symmetrised."""

    def hermitian_function_pullback(ct: Any) -> Any:
        return (hermitian_part(frechet((hermitian_part(a), ct), function=function, hermitian=True)),)

    return hermitian_function_pullback


@rule(ops.frechet).jvp
def frechet_jvp(y: Any, tangents: Any, matrices: Any, *, function: Any, hermitian: bool) -> Any:
    """In the first matrix one more direction; in a direction the same with the tangent in its place."""
    keywords = {"function": function, "hermitian": hermitian}
    terms = []
    for k, dx in enumerate(tangents):
        if dx is not None:
            terms.append(frechet((*matrices, dx) if k == 0 else (*matrices[:k], dx, *matrices[k + 1 :]), **keywords))
    return add_known(*terms)


@rule(ops.frechet).vjp
def frechet_vjp(y: Any, matrices: Any, *, needs: Any, function: Any, hermitian: bool) -> Any:
    """At the adjoints of all matrices, with ct in the place of the direction, or as one more for the first."""
    first, *others = (adjoint(x) for x in matrices)
    keywords = {"function": function, "hermitian": hermitian}

    def frechet_pullback(ct: Any) -> Any:
        return tuple(
            None
            if not need
            else frechet((first, *others, ct) if k == 0 else (first, *others[: k - 1], ct, *others[k:]), **keywords)
            for k, need in enumerate(needs)
        )

    return frechet_pullback


@batch(ops.frechet)
def batched_frechet(arguments: Any, batched: Any, size: int, **keywords: Any) -> Any:
    """As one more stack."""
    rank = max(element_rank(x, flag) for x, flag in zip(arguments, batched, strict=True))
    return frechet(tuple(align(x, flag, rank) for x, flag in zip(arguments, batched, strict=True)), **keywords)


# ---- norms -----------------------------------------------------------------------------------------------------------


def shares(mask: Any, like: Any, axis: int) -> Any:
    """Equal shares of 1 among the entries of a mask along an axis."""
    exact = ops.dtype(like).kind == "O"  # where a quotient of whole numbers would be a float
    weights = ops.where_or_zero(mask, ops.one_like(like)) if exact else ops.astype(mask, dtype=ops.dtype(like))
    return ops.divide(weights, ops.sum(weights, axis=axis, keepdims=True))


def norm_gradient(a: Any, y: Any, ord: Any) -> Any:
    """The gradient of a norm, of which y has the two axes kept; ties share equally."""
    if ord in ("fro", None):
        return ops.divide_or_zero(a, y)
    if ord in ("nuc", 2, -2):
        u, s, vh = ops.svd(a)
        weights = ops.sign(s)
        if ord != "nuc":
            extreme = pick(s, slice(0, 1) if ord == 2 else slice(-1, None))
            weights = multiply(weights, shares(ops.equal(s, extreme), s, -1))
        return matmul(scale_columns(u, weights), vh)
    axis = -2 if ord in (1, -1) else -1  # sums over this axis, the extreme one of them
    size = ops.absolute(a)
    sums = ops.sum(size, axis=axis, keepdims=True)
    chosen = shares(ops.equal(sums, y), size, -3 - axis)
    return multiply(ops.divide_or_zero(a, size), chosen)


def kept(x: Any, keepdims: bool) -> Any:
    """With two axes for the matrix."""
    return x if keepdims else ops.expand_dims(x, axis=(-2, -1))


def order(ord: Any) -> Any:
    """The norm by a name that compares without warnings."""
    return ord if isinstance(ord, (str, type(None))) else float(ord) if np.isinf(ord) else int(ord)


@rule(ops.matrix_norm).jvp
def matrix_norm_jvp(y: Any, tangents: Any, a: Any, *, ord: Any, keepdims: bool) -> Any:
    """The inner product with the gradient."""
    if 0 in ops.shape(a)[-2:]:
        return multiply(y, 0)
    change = real_sum(norm_gradient(a, kept(y, keepdims), order(ord)), tangents[0])
    return kept(change, False) if keepdims else change


@rule(ops.matrix_norm).vjp
def matrix_norm_vjp(y: Any, a: Any, *, needs: Any, ord: Any, keepdims: bool) -> Any:
    """ct times the gradient."""

    def matrix_norm_pullback(ct: Any) -> Any:
        if 0 in ops.shape(a)[-2:]:
            return (multiply(a, 0),)
        return (multiply(kept(ct, keepdims), norm_gradient(a, kept(y, keepdims), order(ord))),)

    return matrix_norm_pullback
