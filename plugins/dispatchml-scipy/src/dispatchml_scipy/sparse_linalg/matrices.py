"""Matrices of all kinds: dense, sparse, traced ones, and operators that are functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import LinearOperator

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.dispatch.errors import LiftError, at_user_line
from dispatchml.engines.traced import Traced
from dispatchml.rules import linear

from ..errors import SingularSolutionError
from ..implicit import as_array, hidden_batch


def is_sparse(x: Any) -> bool:
    """Whether a plain matrix is one of SciPy's sparse ones."""
    return scipy.sparse.issparse(x)


def plain_matrix(a: Any, name: str) -> Any:
    """The matrix below all derivatives, dense or sparse."""
    if hidden_batch(a):
        raise LiftError(f"{name}{at_user_line()}: matrices cannot be a batch (vmap) here; use a loop.")
    return dm.primal(a) if isinstance(a, Traced) else a


def product(a: Any, x: Any) -> Any:
    """a x, for plain and traced matrices."""
    if isinstance(a, Traced) or not is_sparse(a):
        return ops.matmul(a if isinstance(a, Traced) else as_array(a), x)
    if not isinstance(x, Traced):
        return a @ x
    return apply(x, matrix=Fixed(a))


def transposed_product(a: Any, x: Any) -> Any:
    """The transpose of a real matrix times x."""
    if isinstance(a, Traced) or not is_sparse(a):
        return ops.matmul(ops.matrix_transpose(a if isinstance(a, Traced) else as_array(a)), x)
    return product(a.T, x)


class Fixed:
    """A plain sparse matrix as a map. Compared by identity."""

    __slots__ = ("matrix",)

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix

    def forward(self, x: Any) -> Any:
        """The matrix times x."""
        return self.matrix @ x

    def backward(self, x: Any) -> Any:
        """The adjoint times x."""
        return self.matrix.conj().T @ x


class Inverse:
    """The inverse of a plain matrix, by sparse or dense LU."""

    __slots__ = ("factors", "dense")

    def __init__(self, matrix: Any, name: str) -> None:
        self.dense = not is_sparse(matrix)
        try:
            if self.dense:
                self.factors = scipy.linalg.lu_factor(np.asarray(matrix))
                if not np.all(np.abs(np.diagonal(self.factors[0])) > 0):
                    raise RuntimeError("exactly singular")
            else:
                kind = matrix.dtype if matrix.dtype.kind in "fc" else np.dtype(float)
                self.factors = scipy.sparse.linalg.splu(scipy.sparse.csc_array(matrix, dtype=kind))
        except RuntimeError as error:
            raise SingularSolutionError(
                f"{name}{at_user_line()}: the matrix is singular ({error}), so the solution has no derivative."
            ) from None

    def forward(self, x: Any) -> Any:
        """The inverse times x."""
        return scipy.linalg.lu_solve(self.factors, x) if self.dense else self.factors.solve(np.ascontiguousarray(x))

    def backward(self, x: Any) -> Any:
        """The inverse of the adjoint times x."""
        if self.dense:
            return scipy.linalg.lu_solve(self.factors, x, trans=2)
        return self.factors.solve(np.ascontiguousarray(x), trans="H")


class Map:
    """Two functions, one the adjoint of the other."""

    __slots__ = ("forward", "backward")

    def __init__(self, forward: Any, backward: Any) -> None:
        self.forward, self.backward = forward, backward


@operation(family="linalg")
def apply(x: Any, *, matrix: Any = None, adjoint: bool = False) -> Any:
    """A plain linear map, or its adjoint, applied to x."""


@apply.register
def apply_plain(x: np.ndarray, *, matrix: Any = None, adjoint: bool = False) -> Any:
    return (matrix.backward if adjoint else matrix.forward)(x)


linear(apply, transpose=lambda ct, like, *, matrix, adjoint: apply(ct, matrix=matrix, adjoint=not adjoint))


# ---- operators that are functions ------------------------------------------------------------------------------------


def own_product(operator: Any) -> Any:
    """The function that an operator was made of; None for others."""
    return getattr(operator, "_CustomLinearOperator__matvec_impl", None)


def is_operator(a: Any) -> bool:
    """Whether a matrix is a LinearOperator."""
    return isinstance(a, LinearOperator)
