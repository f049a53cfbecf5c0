"""Kernels of inverses, linear systems and determinants."""

from typing import Any

import numpy as np

from ... import ops
from . import blas
from .checked import checked
from .kernels import kernel

SQUARE = "The last two axes must be of one length; for other matrices there are pinv and lstsq."
#: Triangular systems up to this size go to the general solver, which is exact back substitution for an upper triangle.
BASE = 64


def inv(a: Any, *, singular: str) -> Any:
    """The inverse; with singular="fill" nan and inf for the matrices of a stack that have none."""
    if singular == "raise":
        return np.linalg.inv(a)
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        if a.shape[-1] != a.shape[-2]:
            raise
    if a.ndim > 2:
        return np.stack([inv(m, singular=singular) for m in a])
    with np.errstate(divide="ignore", invalid="ignore"):
        return cofactor((a,)).T / np.zeros((), a.dtype)


def solve(a: Any, b: Any) -> Any:
    """x with a x = b; a 1-d b is a vector."""
    return np.linalg.solve(a, b)


def triangular_system(a: Any, lower: bool, trans: Any, unit_diagonal: bool) -> tuple[Any, bool]:
    """The matrix of the system as it stands, with zeros in the triangle that is not read, and whether it is lower."""
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError("the matrix is not square")
    if trans not in ("N", "T", "C", 0, 1, 2):
        raise ValueError(f"trans is {trans!r}, not 'N', 'T' or 'C'")
    a = np.tril(a, -1 if unit_diagonal else 0) if lower else np.triu(a, 1 if unit_diagonal else 0)
    if unit_diagonal:
        a = a + np.eye(a.shape[-1], dtype=a.dtype)
    if trans in ("N", 0):
        return a, lower
    a = np.swapaxes(a, -1, -2)
    return (a.conj() if trans in ("C", 2) else a), not lower


def solve_upper(a: Any, b: Any) -> Any:
    """x with a x = b for upper triangular a: block back substitution, for stacks in any floating dtype."""
    size = a.shape[-1]
    if size <= BASE:
        return np.linalg.solve(a, b)
    half = size // 2
    low = solve_upper(a[..., half:, half:], b[..., half:, :])
    high = solve_upper(a[..., :half, :half], b[..., :half, :] - a[..., :half, half:] @ low)
    shape = np.broadcast_shapes(high.shape[:-2], low.shape[:-2])
    return np.concatenate([np.broadcast_to(p, shape + p.shape[-2:]) for p in (high, low)], axis=-2)


def solve_triangular(a: Any, b: Any, *, lower: bool, trans: Any, unit_diagonal: bool) -> Any:
    """x with op(a) x = b from one triangle; a lower system is an upper one read backwards."""
    if b.ndim == 1:
        return solve_triangular(a, b[:, None], lower=lower, trans=trans, unit_diagonal=unit_diagonal)[..., 0]
    found = blas.solve_triangular(a, b, lower=lower, trans=trans, unit_diagonal=unit_diagonal)
    if found is not None:
        return found
    a, lower = triangular_system(a, lower, trans, unit_diagonal)
    if lower:
        return solve_upper(a[..., ::-1, ::-1], b[..., ::-1, :])[..., ::-1, :]
    return solve_upper(a, b)


def det(a: Any) -> Any:
    """The determinant."""
    return np.linalg.det(a)


def slogdet(a: Any) -> tuple[Any, Any]:
    """Sign and logarithm of the determinant."""
    return tuple(np.linalg.slogdet(a))


# ---- cofactors -------------------------------------------------------------------------------------------------------


def products_but_one(s: Any) -> Any:
    """For each entry of the last axis the product of all others, without dividing."""
    before = np.cumprod(np.concatenate([np.ones_like(s[..., :1]), s[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([np.ones_like(s[..., :1]), s[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    return before * after


def products_but_two(s: Any) -> Any:
    """[i, j]: the product of all entries but the i-th and the j-th, 0 on the diagonal, without dividing."""
    size = s.shape[-1]
    rows = np.where(np.eye(size, dtype=bool), s.dtype.type(1), s[..., None, :])
    return products_but_one(rows) * (1 - np.eye(size, dtype=s.dtype))


def unitary_factors(a: Any) -> tuple[Any, Any, Any, Any]:
    """u, s, v^H of a singular value decomposition, and the determinant of u v^H, which is a sign or a phase."""
    u, s, vh = np.linalg.svd(a)
    return u, s, vh, (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]


def holds_everywhere(mask: Any) -> bool:
    """Whether a mask holds everywhere."""
    return bool(mask.all())


def cofactor(matrices: Any) -> Any:
    """The cofactors of the first matrix, differentiated in the directions of the others; through singular values.

    With a = u diag(s) v^H: cof(a) = det(u v^H) conj(u diag(p) v^H), p the products of all singular values but one.
    """
    a, *directions = np.broadcast_arrays(*matrices) if len(matrices) > 1 else matrices
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError("the matrix is not square")
    a, *directions = (x if x.dtype.kind in "fc" else x.astype(float) for x in (a, *directions))
    if a.shape[-1] == 0 or 0 in a.shape:
        return np.zeros(a.shape, np.result_type(a, *directions))
    whole = np.isfinite(a)
    for x in directions:
        whole = whole & np.isfinite(x)
    if not holds_everywhere(whole):  # of nan and inf there are no singular values
        whole = whole.all(axis=(-2, -1), keepdims=True)
        return np.where(whole, cofactor(tuple(np.where(whole, x, 0) for x in (a, *directions))), np.nan)
    if len(directions) > 1:
        return mixed_cofactor(a, directions)
    u, s, vh, phase = unitary_factors(a)
    if not directions:
        return phase * np.conj(u @ (products_but_one(s)[..., None] * vh))
    inner = np.conj(np.swapaxes(u, -1, -2)) @ directions[0] @ np.conj(np.swapaxes(vh, -1, -2))
    twice = products_but_two(s)
    trace_part = np.einsum("...ij,...jj->...i", twice, inner)
    core = -twice * inner.swapaxes(-1, -2) + np.eye(a.shape[-1], dtype=s.dtype) * trace_part[..., None]
    return phase * (np.conj(u) @ core @ np.conj(vh))


def mixed_cofactor(a: Any, directions: list[Any]) -> Any:
    """Higher mixed derivatives: of a polynomial, so the linear term in the last direction is read off a circle."""
    last, count = directions[-1], a.shape[-1]
    scale = np.linalg.norm(last, axis=(-2, -1), keepdims=True)
    size = np.linalg.norm(a, axis=(-2, -1), keepdims=True)
    radius = np.where(size > 0, size, 1) / np.where(scale > 0, scale, 1)
    total: Any = 0
    for k in range(count):
        root = np.exp(2j * np.pi * k / count)
        total = total + cofactor((a + radius * root * last, *directions[:-1])) / root
    found = total / (count * radius) * (scale > 0)  # exactly zero in the direction zero
    wanted = np.result_type(a, *directions)
    return (found if wanted.kind == "c" else found.real).astype(wanted)


# ---- least squares ---------------------------------------------------------------------------------------------------


def pinv(a: Any, *, rcond: float | None, hermitian: bool) -> Any:
    """The Moore-Penrose inverse."""
    if a.ndim < 2:
        raise ValueError("the matrix has fewer than two axes")
    return (
        np.linalg.pinv(a, hermitian=hermitian) if rcond is None else np.linalg.pinv(a, rcond=rcond, hermitian=hermitian)
    )


def lstsq(a: Any, b: Any, *, rcond: float | None) -> tuple[Any, Any, Any, Any]:
    """Least squares."""
    if a.ndim != 2 or b.ndim not in (1, 2):
        raise ValueError("stacks are not taken here: write matmul(pinv(a), b)")
    x, residuals, rank, s = np.linalg.lstsq(a, b, rcond=rcond)
    return x, residuals, rank, s


kernel(ops.inv, checked(ops.inv, inv, SQUARE))
kernel(
    ops.solve,
    checked(ops.solve, solve, "a must be square, b as long: 1-d for one vector, else columns on its last axis."),
)
kernel(
    ops.solve_triangular,
    checked(
        ops.solve_triangular,
        solve_triangular,
        "a must be square, b as long: 1-d for one vector, else columns on its last axis.",
    ),
)
kernel(ops.det, checked(ops.det, det, SQUARE))
kernel(ops.slogdet, checked(ops.slogdet, slogdet, SQUARE))
kernel(ops.cofactor, checked(ops.cofactor, cofactor, SQUARE))
kernel(ops.pinv, checked(ops.pinv, pinv, "Matrices are the last two axes."))
kernel(ops.lstsq, checked(ops.lstsq, lstsq, "a is (m, n), b is (m,) or (m, k)."))
kernel(ops.matrix_rank, checked(ops.matrix_rank, np.linalg.matrix_rank, "Matrices are the last two axes."))
kernel(ops.cond, checked(ops.cond, np.linalg.cond, SQUARE))
kernel(
    ops.tensorsolve,
    checked(ops.tensorsolve, np.linalg.tensorsolve, "The sizes of a.shape[:b.ndim] and the rest must agree."),
)
kernel(
    ops.tensorinv,
    checked(ops.tensorinv, np.linalg.tensorinv, "The products of a.shape[:ind] and a.shape[ind:] must agree."),
)
