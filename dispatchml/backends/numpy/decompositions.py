"""Kernels of matrix decompositions."""

from _thread import _local
from typing import Any

import numpy as np

from ... import ops
from ...dispatch.errors import NonDifferentiableError, at_user_line, turned_twice
from .checked import checked
from .kernels import kernel

SQUARE = "The last two axes must be of one length; for other matrices there are svd and qr."
MATRIX = "Matrices are the last two axes."

#: What counts as rounding: this many units of it for each row of a matrix.
ROUNDING = 8


def cholesky(a: Any, *, upper: bool) -> Any:
    """The Cholesky factor."""
    return np.linalg.cholesky(a, upper=upper)


def lu(a: Any) -> tuple[Any, Any, Any]:
    """P, L, U."""
    try:
        from scipy.linalg import lu as factors
    except ImportError as error:
        raise ImportError("lu needs SciPy: pip install dispatchml[scipy]") from error
    if a.ndim < 2:
        raise ValueError("the matrix has fewer than two axes")
    return tuple(factors(a))  # pyright: ignore[reportReturnType]


def qr(a: Any, *, mode: str) -> tuple[Any, Any]:
    """Q, R."""
    if mode not in ("reduced", "complete"):
        raise ValueError(f"mode is {mode!r}, not 'reduced' or 'complete'")
    return tuple(np.linalg.qr(a, mode=mode))  # pyright: ignore[reportReturnType]


def svd(a: Any, *, full_matrices: bool, compute_uv: bool) -> Any:
    """U, s, V^H, or s alone."""
    found = np.linalg.svd(a, full_matrices=full_matrices, compute_uv=compute_uv)
    return tuple(found) if compute_uv else found


def svdvals(a: Any) -> Any:
    """Singular values."""
    return np.linalg.svd(a, compute_uv=False)


def eigh(a: Any, *, UPLO: str) -> tuple[Any, Any]:
    """Eigenvalues and eigenvectors of a Hermitian matrix."""
    return tuple(np.linalg.eigh(a, UPLO=UPLO))  # pyright: ignore[reportCallIssue, reportArgumentType]


def complex_dtype(a: Any) -> Any:
    """The complex dtype of a's precision."""
    return np.result_type(a.dtype if a.dtype.kind in "fc" else np.float64, np.complex64)


def eig(a: Any) -> tuple[Any, Any]:
    """Eigenvalues and eigenvectors, complex."""
    dtype = complex_dtype(a)
    w, v = np.linalg.eig(a)
    return w.astype(dtype, copy=False), v.astype(dtype, copy=False)


def eigvals(a: Any) -> Any:
    """Eigenvalues, complex."""
    return np.linalg.eigvals(a).astype(complex_dtype(a), copy=False)


class Undefined(_local):
    """The last derivative that was put down as nan because it does not exist; it is an error once somebody uses it.

    A forward rule cannot know whether the vectors are used. A forward pass that ends with nan raises what stands here.
    """

    error: NonDifferentiableError | None = None


UNDEFINED = Undefined()


def divide_by_gaps(x: Any, w: Any, *, sums: bool, degenerate: str) -> Any:
    """x over the differences (sums) of w; where these are zero within rounding, x has to be, too."""
    rows, columns = w[..., :, None], w[..., None, :]
    gaps = rows + columns if sums else columns - rows
    count = w.shape[-1]
    result = np.zeros(np.broadcast_shapes(x.shape, gaps.shape), np.result_type(x, w))
    if count == 0:
        return result
    unit = ROUNDING * count * np.finfo(w.dtype).eps
    closed = np.abs(gaps) <= unit * np.abs(w).max(axis=-1)[..., None, None]
    np.divide(x, gaps, out=result, where=~closed)
    used = closed & (np.abs(x) > 16 * unit * np.abs(x).max(axis=(-2, -1), keepdims=True))
    if not sums:
        used &= ~np.eye(count, dtype=bool)
    if used.any():
        error = NonDifferentiableError(
            "The derivative of eigenvectors or singular vectors was used where their values are equal"
            f"{at_user_line()}: it does not exist there. Use eigvalsh or svdvals where only the values matter, "
            "hermitian_function for functions of a symmetric matrix, or leave out the vectors of equal values."
        )
        if degenerate == "raise":
            raise error
        UNDEFINED.error = error
        result[used] = np.nan
    return result


def groups_of_equal(w: Any) -> list[slice]:
    """Where neighbours in a sorted vector are equal within rounding, as `divide_by_gaps` sees it."""
    if w.size < 2:
        return []
    unit = ROUNDING * w.size * np.finfo(w.dtype).eps
    ends = np.flatnonzero(np.abs(np.diff(w)) > unit * np.abs(w).max()) + 1
    edges = [0, *ends.tolist(), w.size]
    return [slice(i, j) for i, j in zip(edges, edges[1:], strict=False) if j - i > 1]


def turn_equal(h: Any, w: Any, *, twice: bool) -> Any:
    """Eigenvectors of the diagonal blocks of h that belong to equal w."""
    count = w.shape[-1]
    shape = np.broadcast_shapes(h.shape[:-2], w.shape[:-1])
    turned = np.broadcast_to(np.eye(count, dtype=h.dtype), (*shape, count, count))
    if count < 2 or not any(groups_of_equal(row) for row in w.reshape(-1, count)):
        return turned
    turned, h, w = turned.copy(), np.broadcast_to(h, turned.shape), np.broadcast_to(w, (*shape, count))
    for place in np.ndindex(*shape):
        for group in groups_of_equal(w[place]):
            block = h[place][group, group]
            if twice and np.abs(block - block[0, 0] * np.eye(len(block))).max() > 1e-12 * np.abs(block).max():
                raise turned_twice()
            if np.isfinite(block).all():
                turned[place][group, group] = np.linalg.eigh(block)[1]
    return turned


def even_out(x: Any, w: Any) -> Any:
    """Means over equal w, where x agrees there within rounding."""
    shape = np.broadcast_shapes(x.shape, w.shape)
    made, w = np.broadcast_to(x, shape).copy(), np.broadcast_to(w, shape)
    for place in np.ndindex(*shape[:-1]):
        row = made[place]
        for group in groups_of_equal(w[place]):
            if np.ptp(row[group]) <= 16 * ROUNDING * row.size * np.finfo(row.dtype).eps * np.abs(row).max():
                row[group] = row[group].mean()
    return made


def singular_sum(a: Any, weights: Any) -> Any:
    """By svd."""
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return (u * weights[..., None, :]) @ vh


def spectral_sum(a: Any, weights: Any, *, UPLO: str) -> Any:
    """By eigh."""
    _, v = np.linalg.eigh(a, UPLO=UPLO)  # pyright: ignore[reportCallIssue, reportArgumentType]
    return (v * weights[..., None, :]) @ np.conj(np.swapaxes(v, -1, -2))


kernel(ops.cholesky, checked(ops.cholesky, cholesky, SQUARE))
kernel(ops.lu, checked(ops.lu, lu, MATRIX))
kernel(ops.qr, checked(ops.qr, qr, MATRIX))
kernel(ops.svd, checked(ops.svd, svd, MATRIX))
kernel(ops.svdvals, checked(ops.svdvals, svdvals, MATRIX))
kernel(ops.eigh, checked(ops.eigh, eigh, SQUARE))
kernel(ops.eigvalsh, checked(ops.eigvalsh, np.linalg.eigvalsh, SQUARE))
kernel(ops.eig, checked(ops.eig, eig, SQUARE))
kernel(ops.eigvals, checked(ops.eigvals, eigvals, SQUARE))
kernel(ops.roots, checked(ops.roots, np.roots, "The coefficients are one array of one axis, highest power first."))
kernel(ops.divide_by_gaps, divide_by_gaps)
kernel(ops.singular_sum, checked(ops.singular_sum, singular_sum, MATRIX))
kernel(ops.spectral_sum, checked(ops.spectral_sum, spectral_sum, SQUARE))
kernel(ops.turn_equal, turn_equal)
kernel(ops.even_out, even_out)
