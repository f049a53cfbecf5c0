"""Linear algebra of object arrays by elimination: exact where the elements' arithmetic is.

The pivot is the largest element of its column that is not zero, so that numbers that round lose as little as they can.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import ops
from . import decompositions, fft, matrix_functions, objects  # noqa: F401  the methods that get a branch here
from .object_elements import bare, branch, conj, is_zero, less, one_of, refused, settled, size_of
from .solvers import triangular_system

if TYPE_CHECKING:
    from fractions import Fraction


def square(a: Any) -> int:
    """The size of square matrices."""
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError(f"the matrices must be square, not {a.shape[-2:]}")
    return a.shape[-1]


def stacked(function: Callable[..., Any], a: Any, *others: Any) -> Any:
    """A function of matrices, over stacks; a tuple of results becomes a tuple of stacks."""
    shape = np.broadcast_shapes(*(x.shape[:-2] for x in (a, *others)))
    given = [np.broadcast_to(x, shape + x.shape[-2:]) for x in (a, *others)]
    if not shape:
        return function(*given)
    found = {place: function(*(x[place] for x in given)) for place in np.ndindex(shape)}
    first = next(iter(found.values()), None)
    if first is None:
        return given[-1].copy()
    if isinstance(first, tuple):
        return tuple(collected({p: y[k] for p, y in found.items()}, shape) for k in range(len(first)))
    return collected(found, shape)


def collected(found: dict[Any, Any], shape: tuple[int, ...]) -> Any:
    """One array of the results for each place."""
    y = np.empty(shape + np.shape(next(iter(found.values()))), object)
    for place, value in found.items():
        y[place] = value
    return y


def factors(a: Any) -> tuple[list[int], Any, Any, int]:
    """Row order, L, U and the sign of the row order: a[rows] = L U for one m x n matrix. U has a zero on its diagonal
    where no pivot was left.
    """
    upper = a.copy()
    m, n = a.shape
    one = one_of((a,))
    lower = np.empty((m, min(m, n)), object)
    lower[...] = one * 0
    rows, sign = list(range(m)), 1
    for k in range(min(m, n)):
        pivot = largest_pivot(upper[k:, k]) + k
        if pivot != k:
            upper[[k, pivot]], sign = upper[[pivot, k]], -sign
            lower[[k, pivot]] = lower[[pivot, k]]
            rows[k], rows[pivot] = rows[pivot], rows[k]
        lower[k, k] = one
        if is_zero(upper[k, k]):
            continue
        for i in range(k + 1, m):
            factor = upper[i, k] / upper[k, k]
            lower[i, k] = factor
            upper[i, k:] = upper[i, k:] - upper[k, k:] * factor
            upper[i, k] = one * 0
    return rows, lower, upper[: min(m, n)], sign


def largest_pivot(column: Any) -> int:
    """Where the largest element is, the first one that is not zero among equals."""
    best, known = 0, None
    for k, x in enumerate(column):
        if is_zero(x):
            continue
        size = size_of(x)
        if known is None or less(known, size):
            best, known = k, size
    return best


def solve_matrix(a: Any, b: Any) -> Any:
    """x with a x = b for one matrix and columns b."""
    n = len(a)
    if len(b) != n:
        raise ValueError(f"b has {len(b)} rows, a {n}")
    rows, lower, upper, _ = factors(a)
    if any(is_zero(upper[k, k]) for k in range(n)):
        raise np.linalg.LinAlgError("Singular matrix")
    x = b[rows].copy()
    for i in range(n):
        for k in range(i):
            x[i] = x[i] - x[k] * lower[i, k]
    for i in reversed(range(n)):
        for k in range(i + 1, n):
            x[i] = x[i] - x[k] * upper[i, k]
        x[i] = x[i] / upper[i, i]
    return x


def solve(a: Any, b: Any) -> Any:
    """x with a x = b; a 1-d b is a vector."""
    a, b = settled(a, b)
    square(a)
    if b.ndim == 1:
        return stacked(solve_matrix, a, b[:, None])[..., 0]
    return stacked(solve_matrix, a, b)


def solve_triangular(a: Any, b: Any, *, lower: bool, trans: Any, unit_diagonal: bool) -> Any:
    """x with op(a) x = b from one triangle."""
    a, b = settled(a, b)
    system, _ = triangular_system(a, lower, trans, unit_diagonal)
    return solve(system, b)


def inv(a: Any, *, singular: str) -> Any:
    """The inverse."""
    (a,) = settled(a)
    return stacked(solve_matrix, a, identity(square(a), one_of((a,))))


def identity(n: int, one: Any) -> Any:
    """The identity in a class of numbers."""
    made = np.empty((n, n), object)
    made[...] = one * 0
    made[np.arange(n), np.arange(n)] = one
    return made


def det_matrix(a: Any) -> Any:
    """The product of the pivots."""
    _, _, upper, sign = factors(a)
    y = one_of((a,)) * sign
    for k in range(len(a)):
        y = y * upper[k, k]
    return y


def det(a: Any) -> Any:
    """The determinant."""
    (a,) = settled(a)
    square(a)
    return bare(np.asarray(stacked(det_matrix, a), object)) if a.size else np.ones(a.shape[:-2], object)[()]


def slogdet(a: Any) -> tuple[Any, Any]:
    """Sign and logarithm of the determinant."""
    y = det(a)
    return ops.sign(y), ops.log(ops.absolute(y))


def lu(a: Any) -> tuple[Any, Any, Any]:
    """P, L, U with a = P L U."""
    (a,) = settled(a)
    if a.ndim < 2:
        raise ValueError("the matrix has fewer than two axes")
    one = one_of((a,))

    def of_matrix(m: Any) -> tuple[Any, Any, Any]:
        rows, lower, upper, _ = factors(m)
        return identity(len(m), one)[rows].T, lower, upper

    return stacked(of_matrix, a)


def cholesky(a: Any, *, upper: bool) -> Any:
    """The triangular factor; it takes square roots."""
    (a,) = settled(a)
    n = square(a)
    one = one_of((a,))

    def of_matrix(m: Any) -> Any:
        y = identity(n, one) * 0
        for j in range(n):
            rest = m[j, j] - sum((y[j, k] * conj(y[j, k]) for k in range(j)), one * 0)
            rest = ops.real(rest)
            if not less(one * 0, rest):
                raise np.linalg.LinAlgError("Matrix is not positive definite")
            y[j, j] = ops.sqrt(rest)
            for i in range(j + 1, n):
                y[i, j] = (m[i, j] - sum((y[i, k] * conj(y[j, k]) for k in range(j)), one * 0)) / y[j, j]
        return y

    if upper:
        below = stacked(of_matrix, np.swapaxes(ops.conj(a), -1, -2))
        return np.swapaxes(ops.conj(below), -1, -2)
    return stacked(of_matrix, a)


# ---- cofactors -------------------------------------------------------------------------------------------------------


def cofactor(matrices: Any) -> Any:
    """The cofactors of the first matrix, differentiated in the directions of the others: exact polynomials."""
    given = settled(*matrices)
    n = square(given[0])
    return stacked(lambda a, *directions: mixed_cofactor(a, directions, n), *given)


def mixed_cofactor(a: Any, directions: tuple[Any, ...], n: int) -> Any:
    """The derivative at 0 of a polynomial of degree below n in each direction, from its values at 0, 1, ..., n - 1."""
    if not directions:
        return plain_cofactor(a, n)
    y = None
    for point, weight in enumerate(slope_weights(n)):
        if weight:
            part = mixed_cofactor(a + directions[-1] * point, directions[:-1], n)
            part = part * weight.numerator / weight.denominator
            y = part if y is None else y + part
    return a * 0 if y is None else y


def slope_weights(n: int) -> list[Fraction]:
    """The weights of the values at 0, ..., n - 1 in the derivative at 0 of a polynomial of degree below n."""
    from fractions import Fraction

    if n < 2:
        return [Fraction(0)]
    weights = [Fraction(0)] * n
    for j in range(1, n):
        weight = Fraction(1, j)
        for k in range(1, n):
            if k != j:
                weight *= Fraction(-k, j - k)
        weights[j] = weight
    weights[0] = -sum(weights[1:], Fraction(0))
    return weights


def plain_cofactor(a: Any, n: int) -> Any:
    """Signed determinants of what is left without a row and a column."""
    y = np.empty((n, n), object)
    for i, j in itertools.product(range(n), repeat=2):
        minor = np.delete(np.delete(a, i, 0), j, 1)
        y[i, j] = (det_matrix(minor) if n > 1 else one_of((a,))) * (-1) ** (i + j)
    return y


def matrix_power(a: Any, *, n: int) -> Any:
    """The n-th power, by squaring."""
    (a,) = settled(a)
    size = square(a)
    if n < 0:
        return matrix_power(inv(a, singular="raise"), n=-n)
    y = np.broadcast_to(identity(size, one_of((a,))), a.shape)
    while n:
        y = y @ a if n % 2 else y
        a, n = a @ a if n > 1 else a, n // 2
    return y.copy()


def frechet(matrices: Any, *, function: Any, hermitian: bool) -> Any:
    """The mixed derivative of a power of the first matrix in the directions of the others, from a power of blocks."""
    if not isinstance(function, tuple):
        return refuse_frechet(matrices)
    a, *directions = np.broadcast_arrays(*settled(*matrices))
    size, block = square(a), a
    for k, direction in enumerate(directions):
        corner = block * 0
        for c in range(2**k):
            corner[..., c * size : (c + 1) * size, c * size : (c + 1) * size] = direction
        block = np.block([[block, corner], [block * 0, block]])
    return matrix_power(block, n=function[1])[..., :size, block.shape[-1] - size :]


refuse_frechet = refused(ops.frechet, "")


def pinv(a: Any, *, rcond: Any, hermitian: bool) -> Any:
    """(a^H a)^-1 a^H for independent columns, a^H (a a^H)^-1 for independent rows."""
    (a,) = settled(a)
    adjoint = np.swapaxes(ops.conj(a), -1, -2)
    if a.shape[-2] >= a.shape[-1]:
        return solve(adjoint @ a, adjoint)
    return np.swapaxes(ops.conj(solve(a @ adjoint, a)), -1, -2)


for operation, on_objects in (
    (ops.solve, solve), (ops.solve_triangular, solve_triangular), (ops.inv, inv), (ops.det, det),
    (ops.slogdet, slogdet), (ops.lu, lu), (ops.cholesky, cholesky), (ops.cofactor, cofactor), (ops.pinv, pinv),
    (ops.matrix_power, matrix_power), (ops.frechet, frechet),
):  # fmt: skip
    branch(operation, on_objects)
for operation in (
    ops.qr, ops.svd, ops.svdvals, ops.eigh, ops.eigvalsh, ops.eig, ops.eigvals, ops.divide_by_gaps, ops.lstsq,
    ops.roots, ops.singular_sum, ops.spectral_sum, ops.turn_equal, ops.even_out,
    ops.matrix_rank, ops.expm, ops.logm, ops.sqrtm, ops.hermitian_function, ops.fft, ops.ifft, ops.rfft, ops.irfft,
    ops.hfft, ops.ihfft, ops.fft2, ops.ifft2, ops.rfft2, ops.irfft2, ops.fftn, ops.ifftn, ops.rfftn, ops.irfftn,
):  # fmt: skip
    if (np.ndarray,) * operation.info.arity in operation.info.exact:
        branch(operation, refused(operation, ""))
