"""Small operations that the structures share: they have kernels of their own and derivatives by closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.dispatch.errors import ShapeError, at_user_line
from dispatchml.rules import elementwise, is_remote, linear

__all__ = ["has_zero", "log_of_zero", "nonzero", "positive", "real_diagonal", "spread", "square_stack", "unit_where"]


@operation(family="elementwise")
def nonzero(a: Any) -> Any:
    """a itself, where no element is 0; else LinAlgError: these are pivots of a singular matrix."""


@nonzero.decompose
def nonzero_checked(a: Any) -> Any:
    if not is_remote(a) and np.any(plain(ops.equal(a, 0))):
        raise np.linalg.LinAlgError(f"Singular matrix{at_user_line()}")
    return a


@operation(family="elementwise")
def positive(a: Any) -> Any:
    """a itself, where every element is real and above 0; else LinAlgError: these are pivots of a Cholesky factor."""


@positive.decompose
def positive_checked(a: Any) -> Any:
    if not is_remote(a) and not np.all(plain(ops.greater(ops.real(a), 0))):
        raise np.linalg.LinAlgError(f"Matrix is not positive definite{at_user_line()}")
    return a


def plain(mask: Any) -> Any:
    """A mask as a plain array; for a batch the masks of all elements."""
    return np.asarray(dm.primal(mask))


@operation(family="elementwise")
def log_of_zero(a: Any) -> Any:
    """-inf: the logarithm of what is 0 whatever the number a is. It has no derivative: where a moves, that is nan."""


@log_of_zero.decompose
def log_of_product_with_zero(a: Any) -> Any:
    with np.errstate(divide="ignore"):
        return ops.log(ops.absolute(ops.multiply(a, 0)))


log_of_zero.register(log_of_product_with_zero, np.ndarray)
elementwise(log_of_zero, "y - y", singular=True)
nonzero.register(nonzero_checked, np.ndarray)
positive.register(positive_checked, np.ndarray)
elementwise(nonzero, "1")
elementwise(positive, "1")


@operation(family="structured")
def spread(x: Any, *, n: int = 0) -> Any:
    """Diagonal matrices (..., n, n) of vectors (..., n)."""


@spread.decompose
def spread_by_products(x: Any, *, n: int = 0) -> Any:
    return ops.where_or_zero(np.eye(ops.shape(x)[-1], dtype=bool), ops.expand_dims(x, axis=-2))


linear(spread, transpose=lambda ct, like, n: ops.diagonal(ct, axis1=-2, axis2=-1))


def square_stack(x: Any, name: str) -> None:
    """Refuse what is no stack of square matrices."""
    shape = ops.shape(x)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError(f"{name} takes square matrices (..., n, n), not an array of shape {shape}{at_user_line()}.")


def unit_where(x: Any) -> Any:
    """Matrices with ones in place of their diagonal."""
    eye = np.eye(ops.shape(x)[-1], dtype=bool)
    return ops.where(eye, ops.ones_of(x, shape=()), x)


def real_diagonal(x: Any, data: Any) -> Any:
    """Matrices with the real part of another's diagonal in place of their own."""
    eye = np.eye(ops.shape(x)[-1], dtype=bool)
    return ops.add(ops.where_or_zero(~eye, x), ops.where_or_zero(eye, ops.real(data)))


def has_zero(x: Any) -> bool:
    """Whether a number is exactly 0; a question about the value, never about its derivative. On a card nobody looks."""
    return not is_remote(x) and bool(np.any(plain(ops.equal(x, 0))))
