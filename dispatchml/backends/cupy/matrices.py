"""Linear algebra by cuBLAS and cuSOLVER through CuPy.

What cannot be done (the inverse of a singular matrix, vectors of equal eigenvalues) is nan or inf: CuPy looks at no
status, and looking would mean waiting for the device.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...dispatch.errors import NoMethodError, at_user_line
from ..numpy.decompositions import ROUNDING
from ..numpy.matrix_functions import PADE, THETA
from .methods import inexact, method


def adjoint(lib: Any, a: Any) -> Any:
    """The transposed matrices, conjugated."""
    a = lib.xp.swapaxes(a, -1, -2)
    return lib.xp.conj(a) if a.dtype.kind == "c" else a


@method("cholesky")
def cholesky(lib: Any, a: Any, *, upper: bool) -> Any:
    return adjoint(lib, lib.xp.linalg.cholesky(adjoint(lib, a))) if upper else lib.xp.linalg.cholesky(a)


@method("inv")
def inv(lib: Any, a: Any, *, singular: str) -> Any:
    return lib.xp.linalg.inv(inexact(a))


@method("pinv")
def pinv(lib: Any, a: Any, *, rcond: float | None, hermitian: bool) -> Any:
    return lib.xp.linalg.pinv(inexact(a)) if rcond is None else lib.xp.linalg.pinv(inexact(a), rcond=rcond)


@method("lstsq")
def lstsq(lib: Any, a: Any, b: Any, *, rcond: float | None) -> Any:
    return tuple(lib.xp.linalg.lstsq(inexact(a), inexact(b), rcond=rcond))


@method("lu")
def lu(lib: Any, a: Any) -> Any:
    """One matrix after the other: CuPy has no function of stacks."""
    a, xp, one = inexact(a), lib.xp, lib.find("scipy.linalg.lu")
    if a.ndim == 2:
        return tuple(one(a, check_finite=False))
    lead, (m, n) = a.shape[:-2], a.shape[-2:]
    k = min(m, n)
    found = [one(matrix, check_finite=False) for matrix in a.reshape(-1, m, n)] if 0 not in lead else []
    shapes = ((m, m), (m, k), (k, n))
    if not found:
        return tuple(xp.zeros((*lead, *shape), a.dtype) for shape in shapes)
    return tuple(xp.stack(parts).reshape(*lead, *s) for parts, s in zip(zip(*found, strict=True), shapes, strict=True))


@method("cond")
def cond(lib: Any, a: Any, *, p: Any) -> Any:
    s = lib.xp.linalg.svd(inexact(a), compute_uv=False)
    if p not in (None, 2, -2):
        norm = lib.xp.linalg.norm
        return norm(a, ord=p, axis=(-2, -1)) * norm(lib.xp.linalg.inv(a), ord=p, axis=(-2, -1))
    return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]


@method("matrix_rank")
def matrix_rank(lib: Any, a: Any, *, tol: Any, hermitian: bool) -> Any:
    a = inexact(a)
    s = lib.xp.linalg.svd(a, compute_uv=False)
    if tol is None:
        tol = lib.xp.max(s, axis=-1, keepdims=True) * (max(a.shape[-2:]) * np.finfo(s.dtype).eps)
    return lib.xp.sum(s > tol, axis=-1)


@method("solve_triangular")
def solve_triangular(lib: Any, a: Any, b: Any, *, lower: bool, trans: Any, unit_diagonal: bool) -> Any:
    a, b, xp = inexact(a), inexact(b), lib.xp
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError("the matrix is not square")
    kind = np.result_type(a.dtype, b.dtype)
    a, b = a.astype(kind, copy=False), b.astype(kind, copy=False)
    if a.ndim == 2 and b.ndim <= 2:
        return lib.find("scipy.linalg.solve_triangular")(
            a, b, trans={"N": 0, "T": 1, "C": 2}.get(trans, trans), lower=lower, unit_diagonal=unit_diagonal
        )
    a = xp.tril(a, -1 if unit_diagonal else 0) if lower else xp.triu(a, 1 if unit_diagonal else 0)
    if unit_diagonal:
        a = a + xp.eye(a.shape[-1], dtype=a.dtype)
    a = a if trans in ("N", 0) else xp.swapaxes(a, -1, -2) if trans in ("T", 1) else adjoint(lib, a)
    return xp.linalg.solve(a, b[:, None])[..., 0] if b.ndim == 1 else xp.linalg.solve(a, b)


# ---- equal values ----------------------------------------------------------------------------------------------------


@method("divide_by_gaps")
def divide_by_gaps(lib: Any, x: Any, w: Any, *, sums: bool, degenerate: str) -> Any:
    """x over the differences (sums) of w; nan where these are zero within rounding and x is not."""
    xp, count = lib.xp, w.shape[-1]
    gaps = w[..., :, None] + w[..., None, :] if sums else w[..., None, :] - w[..., :, None]
    if not count:
        return xp.zeros(np.broadcast_shapes(x.shape, gaps.shape), np.result_type(x.dtype, w.dtype))
    unit = ROUNDING * count * np.finfo(w.dtype).eps
    closed = xp.absolute(gaps) <= unit * xp.max(xp.absolute(w), axis=-1)[..., None, None]
    size = xp.absolute(x)
    used = xp.logical_and(closed, size > 16 * unit * xp.max(size, axis=(-2, -1), keepdims=True))
    if not sums:
        used = xp.logical_and(used, xp.logical_not(xp.eye(count, dtype=bool)))
    y = x / xp.where(closed, gaps.dtype.type(1), gaps)
    return xp.where(used, y.dtype.type(np.nan), xp.where(closed, y.dtype.type(0), y))


def groups(lib: Any, w: Any) -> Any:
    """The number of the group of equal neighbours, within rounding, that each of sorted values belongs to."""
    xp = lib.xp
    unit = ROUNDING * w.shape[-1] * np.finfo(w.dtype).eps * xp.max(xp.absolute(w), axis=-1, keepdims=True)
    apart = xp.absolute(w[..., 1:] - w[..., :-1]) > unit
    first = xp.zeros((*w.shape[:-1], 1), np.int64)
    return xp.concatenate((first, xp.cumsum(apart.astype(np.int64), axis=-1)), axis=-1)


@method("even_out")
def even_out(lib: Any, x: Any, w: Any) -> Any:
    """Means over equal w, where x agrees there within rounding."""
    xp, shape = lib.xp, np.broadcast_shapes(x.shape, w.shape)
    x = xp.broadcast_to(x, shape)
    if shape[-1] < 2:
        return x.copy()
    number = xp.broadcast_to(groups(lib, w), shape)
    same = (number[..., :, None] == number[..., None, :]).astype(x.real.dtype)
    count = xp.sum(same, axis=-1)
    mean = xp.matmul(same.astype(x.dtype), x[..., None])[..., 0] / count
    spread = xp.max(xp.absolute(x[..., :, None] - x[..., None, :]) * same, axis=-1)
    limit = 16 * ROUNDING * shape[-1] * np.finfo(x.dtype).eps * xp.max(xp.absolute(x), axis=-1, keepdims=True)
    return xp.where(xp.logical_and(count > 1, spread <= limit), mean, x)


@method("turn_equal")
def turn_equal(lib: Any, h: Any, w: Any, *, twice: bool) -> Any:
    """Eigenvectors of the diagonal blocks of h that belong to equal w; nan for second derivatives that do not exist.

    The blocks are set apart by adding more than their size for each group, so that one decomposition does all.
    """
    xp, count = lib.xp, w.shape[-1]
    unit = xp.eye(count, dtype=h.dtype)
    shape = np.broadcast_shapes(h.shape[:-2], w.shape[:-1])
    if count < 2:
        return xp.broadcast_to(unit, (*shape, count, count)).copy()
    number = groups(lib, w)
    same = number[..., :, None] == number[..., None, :]
    blocks = xp.where(same, h, h.dtype.type(0))
    size = xp.max(xp.absolute(blocks), axis=(-2, -1), keepdims=True)
    apart = (number * (2 * count)).astype(size.dtype)
    vectors = xp.linalg.eigh(blocks + apart[..., None, :] * (size + 1) * unit)[1]
    alone = xp.sum(same, axis=-1) == 1
    turned = xp.where(xp.logical_or(alone[..., :, None], alone[..., None, :]), unit, vectors)
    if not twice:
        return turned
    first = xp.sum(xp.where(same, xp.sum(blocks * unit, axis=-1)[..., None, :], 0), axis=-1) / xp.sum(same, axis=-1)
    uneven = xp.max(xp.absolute(blocks - first[..., None, :] * unit), axis=(-2, -1), keepdims=True) > 1e-12 * size
    any_equal = xp.logical_not(xp.sum(alone, axis=-1) == count)[..., None, None]
    return xp.where(xp.logical_and(uneven, any_equal), turned.dtype.type(np.nan), turned)


# ---- functions of matrices -------------------------------------------------------------------------------------------


@method("expm")
def expm(lib: Any, a: Any) -> Any:
    """exp of matrices: scaling, Pade approximant, squaring. How often is squared is read from the device."""
    a, xp = inexact(a), lib.xp
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError("the matrix is not square")
    if 0 in a.shape:
        return a.copy()
    norm = xp.max(xp.sum(xp.absolute(a), axis=-2), axis=-1)
    squarings = xp.where(norm > THETA, xp.ceil(xp.log2(xp.maximum(norm, THETA) / THETA)), norm.dtype.type(0))
    squarings = xp.where(xp.isfinite(squarings), squarings, norm.dtype.type(0))
    a = a * (0.5**squarings)[..., None, None]
    unit = xp.eye(a.shape[-1], dtype=a.dtype)
    coefficients = [c / PADE[0] for c in PADE]
    powers = [unit, xp.matmul(a, a)]
    powers += [xp.matmul(powers[1], powers[1])]
    powers += [xp.matmul(powers[2], powers[1])]

    def half(first: int) -> Any:
        low = sum(coefficients[first + 2 * k] * powers[k] for k in range(4))
        high = sum(coefficients[first + 6 + 2 * k] * powers[k] for k in range(1, 4))
        return low + xp.matmul(powers[3], high)

    even, odd = half(0), xp.matmul(a, half(1))
    y = xp.linalg.solve(even - odd, even + odd)
    for step in range(int(xp.max(squarings).item())):
        y = xp.where((squarings > step)[..., None, None], xp.matmul(y, y), y)
    return y


@method("hermitian_function")
def hermitian_function(lib: Any, a: Any, *, function: Any) -> Any:
    w, v = lib.xp.linalg.eigh(inexact(a))
    values = lib.borrowed.function("divided_differences.scalar_function")(function, 0, w)
    return lib.xp.matmul(v * values[..., None, :], adjoint(lib, v))


@method("frechet")
def frechet(lib: Any, matrices: Any, *, function: Any, hermitian: bool) -> Any:
    """The mixed derivative of a function of the first matrix in the directions of the others."""
    xp = lib.xp
    a, *directions = xp.broadcast_arrays(*map(inexact, matrices))
    if hermitian:
        return lib.borrowed.function("matrix_functions.hermitian_frechet")(a, directions, function)
    kind, size = np.result_type(*(m.dtype for m in (a, *directions))), a.shape[-1]
    block = a.astype(kind)
    for k, direction in enumerate(directions):
        corner = xp.zeros(block.shape, kind)
        for c in range(2**k):
            corner[..., c * size : (c + 1) * size, c * size : (c + 1) * size] = direction
        above = xp.concatenate((block, corner), axis=-1)
        block = xp.concatenate((above, xp.concatenate((xp.zeros_like(block), block), axis=-1)), axis=-2)
    if isinstance(function, tuple):
        found = lib.xp.linalg.matrix_power(block, function[1])
    elif function == "exp":
        found = expm(lib, block)
    else:
        raise NoMethodError(
            f"frechet of {function!r} of general matrices has no method for arrays on {lib.kind}{at_user_line()}: CuPy "
            'has no such function but exp. Move the matrix with dispatchml.to_device(x, "cpu") and the result back.'
        )
    return found[..., :size, block.shape[-1] - size :]


@method("cofactor")
def cofactor(lib: Any, matrices: Any) -> Any:
    return lib.borrowed.function("solvers.cofactor")(tuple(matrices))
