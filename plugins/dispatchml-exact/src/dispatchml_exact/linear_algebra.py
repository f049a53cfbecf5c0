"""Decompositions of arrays of mpf and mpc by mpmath's own matrix functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath.ctx_iv import ivmpf
from mpmath.ctx_mp_python import _mpc, _mpf

from dispatchml import ops
from dispatchml.dispatch import for_arrays_of
from dispatchml.dispatch.errors import turned_twice

from .errors import PrecisionError, at_user_line


def declare() -> None:
    """What is more than elimination."""
    for name, function in FUNCTIONS.items():
        for cls in (_mpc, _mpf):
            for_arrays_of(getattr(ops, name), cls)(function)
    for name, function in ENCLOSED.items():
        for_arrays_of(getattr(ops, name), ivmpf)(function)


def context_of(*arrays: Any) -> Any:
    """The context of the elements."""
    for a in arrays:
        for x in np.asarray(a, object).flat:
            found = getattr(type(x), "context", None) or getattr(type(x), "ctx", None)
            if found is not None:
                return found
    raise AssertionError("an array of numbers of mpmath")


def over_stacks(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of (context, matrix) over stacks of matrices."""

    def on_stacks(a: Any, **keywords: Any) -> Any:
        a = np.asarray(a, object)
        if a.ndim < 2:
            raise ValueError("the matrix has fewer than two axes")
        ctx = context_of(a)
        if a.ndim == 2:
            return function(ctx, a, **keywords)
        found = [function(ctx, m, **keywords) for m in a.reshape(-1, *a.shape[-2:])]
        if isinstance(found[0], tuple):
            return tuple(np.stack(parts).reshape(a.shape[:-2] + parts[0].shape) for parts in zip(*found, strict=True))
        return np.stack(found).reshape(a.shape[:-2] + found[0].shape)

    return on_stacks


def matrix(ctx: Any, a: Any) -> Any:
    """An array as a matrix of mpmath."""
    return ctx.matrix(a.tolist())


def array(m: Any) -> Any:
    """A matrix of mpmath as an array."""
    y = np.empty((m.rows, m.cols), object)
    for i, j in np.ndindex(y.shape):
        y[i, j] = m[i, j]
    return y


def vector(m: Any) -> Any:
    """A list or column of mpmath as a vector."""
    y = np.empty(len(m), object)
    for k in range(len(m)):
        y[k] = m[k]
    return y


def is_complex(a: Any) -> bool:
    """Whether a matrix has complex elements."""
    return any(isinstance(x, _mpc) for x in a.flat)


def triangle(a: Any, lower: bool) -> Any:
    """The Hermitian matrix of which one triangle is read."""
    y = a.copy()
    for i in range(len(a)):
        for j in range(i):
            if lower:
                y[j, i] = ops.conj(a[i, j])
            else:
                y[i, j] = ops.conj(a[j, i])
    return y


def eigh(ctx: Any, a: Any, *, UPLO: str) -> tuple[Any, Any]:
    """Eigenvalues, rising, and eigenvectors."""
    full = matrix(ctx, triangle(a, UPLO == "L"))
    w, v = ctx.eighe(full) if is_complex(a) else ctx.eigsy(full)
    return vector(w), array(v)


def eigvalsh(ctx: Any, a: Any, *, UPLO: str) -> Any:
    """Eigenvalues, rising."""
    return eigh(ctx, a, UPLO=UPLO)[0]


def svd(ctx: Any, a: Any, *, full_matrices: bool, compute_uv: bool) -> Any:
    """U, s, V^H."""
    function = ctx.svd_c if is_complex(a) else ctx.svd_r
    if not compute_uv:
        return vector(function(matrix(ctx, a), compute_uv=False))
    u, s, v = function(matrix(ctx, a), full_matrices=full_matrices)
    return array(u), vector(s), array(v)


def svdvals(ctx: Any, a: Any) -> Any:
    """Singular values, falling."""
    return svd(ctx, a, full_matrices=False, compute_uv=False)


def qr(ctx: Any, a: Any, *, mode: str) -> tuple[Any, Any]:
    """Q, R; mpmath wants at least as many rows as columns."""
    m, n = a.shape
    if m >= n:
        q, r = ctx.qr(matrix(ctx, a), "full" if mode == "complete" else "skinny")
        return array(q), array(r)
    q = array(ctx.qr(matrix(ctx, a[:, :m]), "full")[0])
    return q, np.swapaxes(ops.conj(q), 0, 1) @ a


def eig(ctx: Any, a: Any) -> tuple[Any, Any]:
    """Eigenvalues and eigenvectors of norm 1, always complex."""
    values, vectors = ctx.eig(matrix(ctx, a))
    v = array(vectors)
    norms = [ctx.sqrt(ctx.fsum(abs(x) ** 2 for x in column)) for column in v.T]
    to_complex = np.frompyfunc(ctx.mpc, 1, 1)
    return to_complex(vector(values)), to_complex(v / vector(norms))


def eigvals(ctx: Any, a: Any) -> Any:
    """Eigenvalues, always complex."""
    return eig(ctx, a)[0]


def expm(ctx: Any, a: Any) -> Any:
    """The matrix exponential."""
    return array(ctx.expm(matrix(ctx, a)))


def frechet(matrices: Any, *, function: Any, **_: Any) -> Any:
    """The derivative of the exponential or a power in several directions: a block of the function of a larger matrix,
    which has the matrix twice on its diagonal and a direction beside it, once for each direction (Mathias 1996).
    """
    if function != "exp" and type(function) is not tuple:
        raise PrecisionError(
            f"The derivative of the matrix function {function!r} of numbers of mpmath{at_user_line()} is not there. "
            "Convert with x.astype(float)."
        )
    a, *directions = (np.asarray(m, object) for m in matrices)
    shape = np.broadcast_shapes(a.shape, *(d.shape for d in directions))
    a, *directions = (np.broadcast_to(m, shape) for m in (a, *directions))
    n = shape[-1]
    for e in directions:
        copies = a.shape[-1] // n
        beside = np.zeros(a.shape, object) + context_of(a).mpf(0)
        for k in range(copies):
            beside[..., k * n : (k + 1) * n, k * n : (k + 1) * n] = e
        a = np.concatenate((np.concatenate((a, beside), axis=-1), np.concatenate((beside * 0, a), axis=-1)), axis=-2)
    whole = over_stacks(expm)(a) if function == "exp" else ops.matrix_power(a, n=function[1])
    return whole[..., :n, -n:]


def matrix_rank(a: Any, *, tol: Any, hermitian: bool) -> Any:
    """How many singular values are above a tolerance, that of the precision by default."""
    a = np.asarray(a, object)
    if a.ndim < 2:
        return np.intp(any(x != 0 for x in a.flat))
    s = over_stacks(svdvals)(a)
    if tol is None:
        tol = s[..., :1] * max(a.shape[-2:]) * context_of(a).eps
    return np.asarray(np.sum(s > tol, axis=-1), np.intp)[()]


def lstsq(a: Any, b: Any, *, rcond: Any) -> tuple[Any, Any, Any, Any]:
    """(x, residuals, rank, singular values) by the singular value decomposition."""
    a, b = np.asarray(a, object), np.asarray(b, object)
    ctx = context_of(a, b)
    m, n = a.shape
    u, s, vh = svd(ctx, a, full_matrices=False, compute_uv=True)
    limit = s[0] * (ctx.eps * max(m, n) if rcond is None else rcond)
    rank = int(np.sum(s > limit))
    inverse = np.array([1 / x if x > limit else 0 * x for x in s], object)
    columns = b if b.ndim == 2 else b[:, None]
    x = ops.conj(vh).T @ (inverse[:, None] * (ops.conj(u).T @ columns))
    rest = np.asarray(ops.absolute(columns - a @ x), object)
    residuals = np.sum(rest * rest, axis=0) if rank == n < m else np.empty(0, object)
    return x if b.ndim == 2 else x[:, 0], residuals, rank, s


def divide_by_gaps(x: Any, w: Any, *, sums: bool, degenerate: str) -> Any:
    """x over the differences (sums) of w; where these are zero within rounding, x has to be, too."""
    ctx = context_of(w)
    x, w = np.asarray(x, object), np.asarray(w, object)
    rows, columns = w[..., :, None], w[..., None, :]
    gaps = np.broadcast_to(rows + columns if sums else columns - rows, np.broadcast_shapes(x.shape, rows.shape))
    x = np.broadcast_to(x, gaps.shape)
    y = np.empty(gaps.shape, object)
    unit = 8 * w.shape[-1] * ctx.eps
    for place in np.ndindex(y.shape):
        scale = max((abs(v) for v in w[place[:-2]] if True), default=ctx.zero)
        if abs(gaps[place]) > unit * scale:
            y[place] = x[place] / gaps[place]
            continue
        y[place] = ctx.zero
        top = max((abs(v) for v in x[place[:-2]].flat), default=ctx.zero)
        if (sums or place[-1] != place[-2]) and abs(x[place]) > 16 * unit * top:
            if degenerate == "nan":
                y[place] = ctx.nan
                continue
            raise PrecisionError(
                f"The derivative of eigenvectors or singular vectors was used where their values are equal"
                f"{at_user_line()}: it does not exist there. Use eigvalsh or svdvals where only the values matter."
            )
    return y


def groups_of_equal(ctx: Any, w: Any) -> list[slice]:
    """Where neighbours in a sorted vector are equal within rounding."""
    if len(w) < 2:
        return []
    unit = 8 * len(w) * ctx.eps * max(map(abs, w))
    edges = [0, *(k for k in range(1, len(w)) if abs(w[k] - w[k - 1]) > unit), len(w)]
    return [slice(i, j) for i, j in zip(edges, edges[1:], strict=False) if j - i > 1]


def turn_equal(h: Any, w: Any, twice: bool = False) -> Any:
    """Eigenvectors of the diagonal blocks of h that belong to equal w."""
    ctx = context_of(w)
    h, w = np.asarray(h, object), np.asarray(w, object)
    count = w.shape[-1]
    shape = np.broadcast_shapes(h.shape[:-2], w.shape[:-1])
    turned = np.empty((*shape, count, count), object)
    turned[...] = ctx.zero
    turned[..., np.arange(count), np.arange(count)] = ctx.one
    h, w = np.broadcast_to(h, turned.shape), np.broadcast_to(w, (*shape, count))
    for place in np.ndindex(shape):
        for group in groups_of_equal(ctx, w[place]):
            block = h[place][group, group]
            if twice and any(x != (block[0, 0] if i == j else 0) for (i, j), x in np.ndenumerate(block)):
                raise turned_twice()
            turned[place][group, group] = eigh(ctx, h[place][group, group], UPLO="L")[1]
    return turned


def even_out(x: Any, w: Any) -> Any:
    """Means over equal w, where x agrees there within rounding."""
    ctx = context_of(w)
    x, w = np.asarray(x, object), np.asarray(w, object)
    shape = np.broadcast_shapes(x.shape, w.shape)
    made, w = np.broadcast_to(x, shape).copy(), np.broadcast_to(w, shape)
    for place in np.ndindex(shape[:-1]):
        row = made[place]
        for group in groups_of_equal(ctx, w[place]):
            if max(row[group]) - min(row[group]) <= 128 * len(row) * ctx.eps * max(map(abs, row)):
                row[group] = sum(row[group]) / len(row[group])
    return made


def spectral_sum(a: Any, weights: Any, *, UPLO: str) -> Any:
    """v diag(weights) v^H with the eigenvectors v of a."""
    _, v = over_stacks(eigh)(a, UPLO=UPLO)
    return (v * np.asarray(weights, object)[..., None, :]) @ np.swapaxes(ops.conj(v), -1, -2)


def singular_sum(a: Any, weights: Any) -> Any:
    """u diag(weights) v^H with the singular vectors of a."""
    u, _, vh = over_stacks(svd)(a, full_matrices=False, compute_uv=True)
    return (u * np.asarray(weights, object)[..., None, :]) @ vh


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "eigh": over_stacks(eigh),
    "eigvalsh": over_stacks(eigvalsh),
    "svd": over_stacks(svd),
    "svdvals": over_stacks(svdvals),
    "qr": over_stacks(qr),
    "eig": over_stacks(eig),
    "eigvals": over_stacks(eigvals),
    "expm": over_stacks(expm),
    "frechet": frechet,
    "matrix_rank": matrix_rank,
    "lstsq": lstsq,
    "divide_by_gaps": divide_by_gaps,
    "turn_equal": turn_equal,
    "even_out": even_out,
    "singular_sum": singular_sum,
    "spectral_sum": spectral_sum,
}


# ---- intervals: mpmath's elimination, whose pivots are chosen by the ends --------------------------------------------


def enclosed_solve(a: Any, b: Any) -> Any:
    """An enclosure of the solutions for all matrices and right-hand sides in the intervals."""
    ctx = context_of(a, b)
    a, b = np.asarray(a, object), np.asarray(b, object)
    if b.ndim == 1:
        return enclosed_solve(a, b[:, None])[..., 0]
    shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = np.broadcast_to(a, shape + a.shape[-2:]), np.broadcast_to(b, shape + b.shape[-2:])
    y = np.empty(b.shape, object)
    for place in np.ndindex(shape):
        for k in range(b.shape[-1]):
            y[(*place, slice(None), k)] = vector(ctx.lu_solve(matrix(ctx, a[place]), ctx.matrix(list(b[place][:, k]))))
    return y


def enclosed_inv(a: Any, *, singular: str) -> Any:
    """An enclosure of the inverses."""
    ctx = context_of(a)
    one = np.empty(a.shape[-2:], object)
    one[...] = ctx.mpf(0)
    np.fill_diagonal(one, ctx.mpf(1))
    return enclosed_solve(a, one)


def enclosed_det(ctx: Any, a: Any) -> Any:
    """An enclosure of the determinants."""
    return np.asarray(ctx.det(matrix(ctx, a)), object)


ENCLOSED: dict[str, Callable[..., Any]] = {
    "solve": enclosed_solve,
    "inv": enclosed_inv,
}
