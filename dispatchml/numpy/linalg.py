"""`dispatchml.numpy.linalg`: linear algebra with NumPy's signatures; matrices are the last two axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NoMethodError, at_user_line
from ..dispatch.layers import is_layer
from .manipulation import normal_axes
from .registry import PUBLIC, given, numpy_function, operands
from .sorting import plain

LinAlgError = np.linalg.LinAlgError

#: Named results, NumPy's own.
EigResult = type(np.linalg.eig(np.eye(1)))
EighResult = type(np.linalg.eigh(np.eye(1)))
QRResult = type(np.linalg.qr(np.eye(1)))
SlogdetResult = type(np.linalg.slogdet(np.eye(1)))
SVDResult = type(np.linalg.svd(np.eye(1)))


@numpy_function(np.linalg.cholesky, room="linalg")
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    return ops.cholesky(a, upper=upper)


@numpy_function(np.linalg.qr, room="linalg")
def qr(a: Any, mode: str = "reduced") -> Any:
    if mode == "r":
        return ops.qr(a, mode="reduced")[1]
    if mode not in ("reduced", "complete"):
        raise NoMethodError(
            f"numpy.linalg.qr(mode={mode!r}) is not defined on layered values{at_user_line()}: use 'reduced'."
        )
    return QRResult(*ops.qr(a, mode=mode))


@numpy_function(np.linalg.svd, room="linalg")
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    if not compute_uv:
        return ops.svdvals(a)
    return SVDResult(*ops.svd(a, full_matrices=full_matrices))


@numpy_function(np.linalg.svdvals, room="linalg")
def svdvals(x: Any, /) -> Any:
    return ops.svdvals(x)


@numpy_function(np.linalg.eigh, room="linalg")
def eigh(a: Any, UPLO: str = "L") -> Any:
    return EighResult(*ops.eigh(a, UPLO=UPLO))


@numpy_function(np.linalg.eigvalsh, room="linalg")
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    return ops.eigvalsh(a, UPLO=UPLO)


@numpy_function(np.linalg.eig, room="linalg")
def eig(a: Any) -> Any:
    return EigResult(*ops.eig(a))


@numpy_function(np.linalg.eigvals, room="linalg")
def eigvals(a: Any) -> Any:
    return ops.eigvals(a)


@numpy_function(np.linalg.inv, room="linalg")
def inv(a: Any) -> Any:
    return ops.inv(a)


@numpy_function(np.linalg.pinv, room="linalg")
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    limit = rcond if given(rtol) is None else rtol
    return ops.pinv(a, rcond=limit if limit is None else plain(limit, "linalg.pinv"), hermitian=hermitian)


@numpy_function(np.linalg.solve, room="linalg", arrays=2)
def solve(a: Any, b: Any) -> Any:
    return ops.solve(a, b)


@numpy_function(np.linalg.lstsq, room="linalg", arrays=2)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    return ops.lstsq(a, b, rcond=rcond)


@numpy_function(np.linalg.det, room="linalg")
def det(a: Any) -> Any:
    return ops.det(a)


@numpy_function(np.linalg.slogdet, room="linalg")
def slogdet(a: Any) -> Any:
    return SlogdetResult(*ops.slogdet(a))


@numpy_function(np.linalg.matrix_power, room="linalg")
def matrix_power(a: Any, n: int) -> Any:
    return ops.matrix_power(a, n=n)


@numpy_function(np.linalg.matrix_rank, room="linalg")
def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    if given(rtol) is None:
        if tol is None or not is_layer(tol):
            return ops.matrix_rank(A, tol=tol, hermitian=hermitian)
        return ops.count_nonzero(ops.greater(ops.svdvals(A), ops.expand_dims(tol, axis=-1)), axis=-1)
    values = ops.svdvals(A)
    limit = ops.multiply(ops.max(values, axis=-1, keepdims=True), plain(rtol, "linalg.matrix_rank")[..., None])
    return ops.count_nonzero(ops.greater(values, limit), axis=-1)


@numpy_function(np.linalg.cond, room="linalg")
def cond(x: Any, p: Any = None) -> Any:
    return ops.cond(x, p=p)


@numpy_function(np.linalg.tensorsolve, room="linalg", arrays=2)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    return ops.tensorsolve(a, b, axes=axes)


@numpy_function(np.linalg.tensorinv, room="linalg")
def tensorinv(a: Any, ind: int = 2) -> Any:
    return ops.tensorinv(a, ind=ind)


@numpy_function(np.linalg.multi_dot, room="linalg", arrays=0)
def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    return ops.multi_dot(operands(arrays))


# ---- norms -------------------------------------------------------------------------------------------------------


@numpy_function(np.linalg.norm, room="linalg")
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    n = ops.ndim(x)
    if axis is None:
        if ord is None or (n == 1 and ord == 2) or (n == 2 and ord in ("f", "fro")):
            return ops.vector_norm(x, axis=None, ord=2, keepdims=keepdims)
        if n not in (1, 2):
            raise ValueError("Improper number of dimensions to norm.")
        axis = tuple(range(n))
    axes = normal_axes(tuple(axis) if isinstance(axis, (tuple, list)) else axis, n)
    if len(axes) == 1:
        return ops.vector_norm(x, axis=axes[0], ord=2 if ord is None else ord, keepdims=keepdims)
    if len(axes) != 2:
        raise ValueError("Improper number of dimensions to norm.")
    moved = ops.moveaxis(x, source=axes, destination=(-2, -1))
    y = ops.matrix_norm(moved, ord="fro" if ord is None else ord, keepdims=False)
    return ops.expand_dims(y, axis=axes) if keepdims else y


def vector_norm_plain(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """NumPy's vector norm."""
    return np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)


@numpy_function(np.linalg.vector_norm, room="linalg", plain=vector_norm_plain)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    return ops.vector_norm(x, axis=tuple(axis) if isinstance(axis, list) else axis, ord=ord, keepdims=keepdims)


@numpy_function(np.linalg.matrix_norm, room="linalg")
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return ops.matrix_norm(x, ord=ord, keepdims=keepdims)


# ---- the same as in the main namespace ---------------------------------------------------------------------------


@numpy_function(np.linalg.diagonal, room="linalg")
def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return ops.diagonal(x, offset=offset, axis1=-2, axis2=-1)


@numpy_function(np.linalg.trace, room="linalg")
def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return ops.trace(x, offset=offset, axis1=-2, axis2=-1, dtype=dtype)


@numpy_function(np.linalg.matrix_transpose, room="linalg")
def matrix_transpose(x: Any, /) -> Any:
    return ops.matrix_transpose(x)


@numpy_function(np.linalg.outer, room="linalg", arrays=2)
def outer(x1: Any, x2: Any, /) -> Any:
    return ops.outer(x1, x2)


@numpy_function(np.linalg.cross, room="linalg", arrays=2)
def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return ops.cross(x1, x2, axis=axis)


@numpy_function(np.linalg.matmul, room="linalg", arrays=2)
def matmul(x1: Any, x2: Any, /) -> Any:
    return ops.matmul(x1, x2)


@numpy_function(np.linalg.tensordot, room="linalg", arrays=2)
def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    from .products import tensordot as contract

    return contract(x1, x2, axes)


@numpy_function(np.linalg.vecdot, room="linalg", arrays=2)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return ops.vecdot(x1, x2, axis=axis)


#: Operations that NumPy lacks.
PUBLIC["linalg"] |= {
    name: getattr(ops, name)
    for name in ("expm", "hermitian_function", "logm", "lu", "solve_triangular", "sqrtm")
    if hasattr(ops, name)
}
globals().update(PUBLIC["linalg"])
__all__ = ["LinAlgError", *PUBLIC["linalg"]]  # pyright: ignore[reportUnsupportedDunderAll]
