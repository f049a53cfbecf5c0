"""Functions of the modules `scipy.sparse` and `sparse` on traced arrays: those of NumPy that mean the same.

The libraries ask `isinstance`, or hand the arrays to compiled code; a traced array is neither. With plain arrays, and
with traced ones that are not sparse, their own functions run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import dispatchml.numpy as xp
from dispatchml import ops, primal
from dispatchml.dispatch.errors import LiftError, at_user_line
from dispatchml.lift import replaces

from .foreign import module
from .numbers import is_sparse, pattern_of
from .view import todense, view


def for_sparse(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare what stands for a function where a sparse array is among its arguments."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        def stand_in(*arguments: Any, **keywords: Any) -> Any:
            if not any(map(holds_sparse, (*arguments, *keywords.values()))):
                return NotImplemented
            return function(*arguments, **keywords)

        stand_in.__name__ = name
        return replaces(name, replace=True)(stand_in)

    return declare


def holds_sparse(x: Any) -> bool:
    """Whether a value is a sparse array, or holds one in lists."""
    return any(map(holds_sparse, x)) if isinstance(x, (list, tuple)) else is_sparse(x)


def brought(y: Any, format: Any, dtype: Any = None) -> Any:
    """A result in the format and dtype that were asked for."""
    y = y if dtype is None else ops.astype(y, dtype=np.dtype(dtype))
    return y if format is None else y.asformat(format)


def refuse(name: str, what: str) -> None:
    """The error for an argument that has no meaning here."""
    raise LiftError(f"{name}: {what} is not supported for traced arrays{at_user_line()}.")


# ---- scipy.sparse ----------------------------------------------------------------------------------------------------


@for_sparse("scipy.sparse.issparse")
def issparse(x: Any) -> bool:
    return is_sparse(x)


@for_sparse("scipy.sparse.vstack")
def vstack(blocks: Any, format: Any = None, dtype: Any = None) -> Any:
    return brought(xp.concatenate(tuple(blocks), axis=0), format, dtype)


@for_sparse("scipy.sparse.hstack")
def hstack(blocks: Any, format: Any = None, dtype: Any = None) -> Any:
    return brought(xp.concatenate(tuple(blocks), axis=1), format, dtype)


@for_sparse("scipy.sparse.block_array")
def block_array(blocks: Any, *, format: Any = None, dtype: Any = None) -> Any:
    rows = [list(row) for row in blocks]
    heights = [next(ops.shape(x)[0] for x in row if x is not None) for row in rows]
    widths = [next(ops.shape(row[k])[1] for row in rows if row[k] is not None) for k in range(len(rows[0]))]
    zeros = module("scipy.sparse").csr_array
    full = [
        xp.concatenate(tuple(zeros((m, n)) if x is None else x for x, n in zip(row, widths, strict=True)), axis=1)
        for row, m in zip(rows, heights, strict=True)
    ]
    return brought(xp.concatenate(tuple(full), axis=0), format or "coo", dtype)


@for_sparse("scipy.sparse.block_diag")
def block_diag(mats: Any, format: Any = None, dtype: Any = None) -> Any:
    mats = list(mats)
    if any(ops.ndim(x) != 2 for x in mats):
        refuse("scipy.sparse.block_diag", "a block that is no matrix")
    rows = [[x if i == k else None for i in range(len(mats))] for k, x in enumerate(mats)]
    return block_array(rows, format=format, dtype=dtype)


@for_sparse("scipy.sparse.kron")
def kron(A: Any, B: Any, format: Any = None) -> Any:
    filled = not is_sparse(B) or 2 * pattern_of(B).nnz >= pattern_of(B).size  # SciPy gives blocks, which csr stands for
    return brought(xp.kron(A, B), format or ("csr" if filled else "coo"))


@for_sparse("scipy.sparse.kronsum")
def kronsum(A: Any, B: Any, format: Any = None) -> Any:
    identity = module("scipy.sparse").eye_array
    m, n = ops.shape(A)[0], ops.shape(B)[0]
    if ops.shape(A) != (m, m) or ops.shape(B) != (n, n):
        raise ValueError("A is not square" if ops.shape(A) != (m, m) else "B is not square")
    return brought(ops.add(xp.kron(identity(n, format="csr"), A), xp.kron(B, identity(m, format="csr"))), format)


@for_sparse("scipy.sparse.tril")
def tril(A: Any, k: int = 0, format: Any = None) -> Any:
    return brought(xp.tril(A, k), format or "coo")


@for_sparse("scipy.sparse.triu")
def triu(A: Any, k: int = 0, format: Any = None) -> Any:
    return brought(xp.triu(A, k), format or "coo")


@for_sparse("scipy.sparse.linalg.norm")
def norm(x: Any, ord: Any = None, axis: Any = None) -> Any:
    if ord not in (None, "fro", "f") or axis not in (None, (0, 1)):
        refuse("scipy.sparse.linalg.norm", f"ord={ord!r}, axis={axis!r}")
    return ops.vector_norm(ops.reshape(x, shape=(1, -1)), axis=None, ord=2, keepdims=False)


# ---- sparse ----------------------------------------------------------------------------------------------------------


@for_sparse("sparse.concatenate")
def concatenate(arrays: Any, axis: int = 0, compressed_axes: Any = None) -> Any:
    return xp.concatenate(tuple(arrays), axis=axis)


@for_sparse("sparse.stack")
def stack(arrays: Any, axis: int = 0, compressed_axes: Any = None) -> Any:
    return xp.stack(tuple(arrays), axis=axis)


@for_sparse("sparse.where")
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None or y is None:
        refuse("sparse.where", "one argument")
    return xp.where(condition, x, y)


@for_sparse("sparse.pad")
def pad(array: Any, pad_width: Any, mode: str = "constant", **keywords: Any) -> Any:
    return xp.pad(array, pad_width, mode=mode, **keywords)


@for_sparse("sparse.take")
def take(x: Any, indices: Any, /, *, axis: Any = None) -> Any:
    return xp.take(x, indices, axis=axis)


@for_sparse("sparse.asnumpy")
def asnumpy(a: Any, dtype: Any = None, order: Any = None) -> Any:
    y = todense(a)
    return y if dtype is None else ops.astype(y, dtype=np.dtype(dtype))


def of_numbers(name: str) -> Callable[..., Any]:
    """A reduction that leaves nan out: where nothing stored is nan the plain one."""

    def reduction(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None, out: Any = None) -> Any:
        if out is not None:
            refuse(f"sparse.nan{name}", "out=")
        if np.any(np.isnan(np.asarray(primal(view(x).data)))):
            x = todense(x)
            return getattr(xp, f"nan{name}")(x, axis=axis, keepdims=keepdims, dtype=dtype)
        return getattr(xp, name)(x, axis=axis, keepdims=keepdims, dtype=dtype)

    return reduction


for each in ("sum", "prod"):
    for_sparse(f"sparse.nan{each}")(of_numbers(each))


@for_sparse("sparse.reshape")
def reshape(x: Any, /, shape: Any, *, copy: Any = None) -> Any:
    return ops.reshape(x, shape=tuple(shape) if isinstance(shape, (tuple, list)) else (shape,))


#: Functions that have NumPy's arguments in NumPy's order.
SAME = "kron tril triu roll tensordot dot matmul clip diagonal expand_dims flip"


def install() -> None:
    """Declare those of one name."""
    for name in SAME.split():
        for_sparse(f"sparse.{name}")(getattr(xp, name))


install()
