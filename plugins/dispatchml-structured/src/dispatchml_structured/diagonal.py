"""Diagonal matrices, and multiples of the identity."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import ShapeError, at_user_line

from .base import Structure, as_array, column, floating, inverted, vector_of_ones
from .pieces import nonzero, positive, spread

__all__ = ["Diagonal", "ScaledIdentity"]


@dm.layer(slot="structure", fieldwise=True, stacks=True)
@attrs.frozen(eq=False)
class ScaledIdentity(Structure):
    """scale times the identity of size n; an array of scales (...) makes a stack of matrices (..., n, n).

    >>> import numpy as np
    >>> from dispatchml_structured import ScaledIdentity
    >>> ScaledIdentity(2.0, 3) @ np.ones(3)
    array([2., 2., 2.])
    """

    scale: dm.Array
    n: int

    payload_names = ("scale",)
    cores = (0,)
    holds_matrices = reads_dense = False
    has_zeros = True

    @property
    def shape(self) -> tuple[int, ...]:
        return (*ops.shape(self.scale), self.n, self.n)

    @property
    def dtype(self) -> Any:
        return ops.dtype(self.scale)

    def fields(self) -> tuple[Any, ...]:
        return (self.scale,)

    def like(self, scale: Any) -> Any:
        return ScaledIdentity(scale, self.n)

    def widened(self) -> Any:
        """The same matrix as a Diagonal."""
        return Diagonal(self.diagonal_vector())

    def materialise(self) -> Any:
        return spread(self.diagonal_vector(), n=self.n)

    def project(self, ct: Any) -> Any:
        """The multiple of the identity that is nearest to a dense matrix."""
        return self.like(*self.entries(ct, (ops.shape(self.scale),), n=self.n))

    @staticmethod
    def entries(ct: Any, shapes: Any, *, n: int) -> tuple[Any, ...]:
        """Its entry: the mean of the diagonal."""
        return (ops.divide(ops.sum(ops.diagonal(ct, axis1=-2, axis2=-1), axis=-1), max(n, 1)),)

    @staticmethod
    def weights(shapes: Any, *, n: int) -> tuple[Any, ...]:
        return (float(n),)

    @staticmethod
    def tangent_statics(*, n: int) -> dict[str, Any]:
        return {"n": n}

    def transposed(self) -> Any:
        return self

    def times(self, x: Any) -> Any:
        return ops.multiply(column(column(self.scale)), x) if ops.ndim(self.scale) else ops.multiply(self.scale, x)

    def diagonal_vector(self) -> Any:
        return ops.multiply(column(self.scale), vector_of_ones(self.n, self.scale))

    def inverse(self) -> Any:
        return self.like(inverted(nonzero(self.scale)) if self.n else self.scale)

    def solved(self, b: Any) -> Any:
        return self.inverse().times(b)

    def determinant(self) -> Any:
        return ops.power(floating(self.scale), self.n)

    def sign_and_log(self) -> tuple[Any, Any]:
        return self.widened().sign_and_log()

    def root(self) -> Any:
        return self.like(ops.sqrt(positive(self.scale)))


@dm.layer(slot="structure", fieldwise=True, stacks=True)
@attrs.frozen(eq=False)
class Diagonal(Structure):
    """The diagonal matrix of a vector diag (n,); vectors (..., n) make a stack of matrices (..., n, n).

    Entries off the diagonal are zeros that stay: multiplied by whatever, inf and nan included, they are zero.

    >>> import numpy as np, dispatchml as dm
    >>> from dispatchml_structured import Diagonal
    >>> d = Diagonal([1.0, 2.0])
    >>> d @ d + 3 * d
    Diagonal(diag=array([ 4., 10.]))
    >>> dm.grad(lambda d: np.linalg.slogdet(d)[1])(d)
    Diagonal(diag=array([1. , 0.5]))
    """

    diag: dm.Array = attrs.field(converter=as_array)

    payload_names = ("diag",)
    cores = (1,)
    holds_matrices = reads_dense = False
    has_zeros = True

    def __attrs_post_init__(self) -> None:
        if ops.ndim(self.diag) < 1:
            raise ShapeError(f"Diagonal takes a vector, not a number{at_user_line()}. Use ScaledIdentity(scale, n).")

    @property
    def shape(self) -> tuple[int, ...]:
        shape = ops.shape(self.diag)
        return (*shape, shape[-1])

    @property
    def dtype(self) -> Any:
        return ops.dtype(self.diag)

    def fields(self) -> tuple[Any, ...]:
        return (self.diag,)

    def like(self, diag: Any) -> Any:
        return Diagonal(diag)

    def materialise(self) -> Any:
        return spread(self.diag, n=ops.shape(self.diag)[-1])

    def project(self, ct: Any) -> Any:
        """The diagonal part of a dense matrix."""
        return Diagonal(*self.entries(ct, ()))

    @staticmethod
    def entries(ct: Any, shapes: Any) -> tuple[Any, ...]:
        return (ops.diagonal(ct, axis1=-2, axis2=-1),)

    @staticmethod
    def weights(shapes: Any) -> tuple[Any, ...]:
        return (None,)

    @staticmethod
    def tangent_statics() -> dict[str, Any]:
        return {}

    def transposed(self) -> Any:
        return self

    def scaled(self, factor: Any) -> Any:
        many = type(factor) is not float and ops.ndim(factor)
        return Diagonal(ops.multiply(self.diag, column(factor) if many else factor))

    def times(self, x: Any) -> Any:
        return ops.multiply(column(self.diag), x)

    def diagonal_vector(self) -> Any:
        return self.diag

    def inverse(self) -> Any:
        return Diagonal(inverted(nonzero(self.diag)))

    def solved(self, b: Any) -> Any:
        return ops.divide(b, column(nonzero(self.diag)))

    def determinant(self) -> Any:
        return ops.prod(floating(self.diag), axis=-1)

    def sign_and_log(self) -> tuple[Any, Any]:
        return sign_and_log_of(self.diag)

    def root(self) -> Any:
        return Diagonal(ops.sqrt(positive(self.diag)))

    def eigenvalues(self) -> Any:
        """The eigenvalues in the order of the diagonal."""
        return self.diag


def sign_and_log_of(pivots: Any) -> tuple[Any, Any]:
    """(sign, log of absolute value) of the product of vectors (..., n), as `numpy.linalg.slogdet` says it."""
    size = ops.absolute(pivots)
    if ops.dtype(pivots).kind == "c":
        sign = ops.prod(ops.divide_or_zero(pivots, size), axis=-1)
    else:
        sign = ops.prod(ops.sign(pivots), axis=-1)
    with np.errstate(divide="ignore"):
        return sign, ops.sum(ops.log(size), axis=-1)
