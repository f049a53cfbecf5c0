"""Transposes, adjoints and parts of stacked matrices: the words in which the rules of linear algebra are written."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .. import ops
from .registry import batch
from .strong import as_is, strong

add, matmul, multiply, subtract = ops.add, ops.matmul, ops.multiply, ops.subtract


def is_real(x: Any) -> bool:
    """Whether a value is real by its dtype; numbers of unknown kind are not known to be."""
    return ops.dtype(x).kind not in "cO"


def conj(x: Any) -> Any:
    """The complex conjugate; real values as they are, without a copy."""
    return x if is_real(x) else ops.conj(x)


def transposed(x: Any) -> Any:
    """The last two axes exchanged: a view."""
    return ops.swapaxes(x, axis1=-2, axis2=-1)


def adjoint(x: Any) -> Any:
    """The conjugate transpose."""
    if type(x) is np.ndarray and x.ndim == 2 and x.dtype.kind == "f":
        return x.T
    return conj(transposed(x))


def half(x: Any) -> Any:
    """x / 2, in x's own precision."""
    return ops.divide(x, 2)


def hermitian_part(x: Any) -> Any:
    """(x + x^H) / 2."""
    return half(add(x, adjoint(x)))


def diagonal_of(x: Any) -> Any:
    """The diagonal of stacked matrices."""
    return ops.diagonal(x, axis1=-2, axis2=-1)


def strict_lower(x: Any) -> Any:
    """The part below the diagonal."""
    return ops.tril(x, k=-1)


def lower_with_half_diagonal(x: Any) -> Any:
    """The lower triangle with half of the diagonal: the part whose sum with its adjoint is a Hermitian x."""
    return half(add(ops.tril(x, k=0), ops.tril(x, k=-1)))


def upper_with_half_diagonal(x: Any) -> Any:
    """The upper triangle with half of the diagonal."""
    return half(add(ops.triu(x, k=0), ops.triu(x, k=1)))


def column(x: Any) -> Any:
    """Vectors as matrices of one column."""
    return ops.expand_dims(x, axis=-1)


def row(x: Any) -> Any:
    """Vectors as matrices of one row."""
    return ops.expand_dims(x, axis=-2)


def scale_columns(x: Any, s: Any) -> Any:
    """x diag(s)."""
    return multiply(x, row(s))


def scale_rows(s: Any, x: Any) -> Any:
    """diag(s) x."""
    return multiply(column(s), x)


def part(x: Any, *slices: Any) -> Any:
    """The slices of the last axes."""
    return ops.getitem(x, index=(..., *slices))


def pick(x: Any, index: Any) -> Any:
    """An entry, or a slice, of the last axis."""
    return ops.getitem(x, index=(..., index))


def real_sum(g: Any, x: Any) -> Any:
    """Re of the sum of conj(g) * x over matrices: the inner product."""
    total = ops.sum(multiply(conj(g), x), axis=(-2, -1))
    return total if is_real(total) else ops.real(total)


def add_known(*terms: Any) -> Any:
    """The sum of the terms that are not None."""
    known = [t for t in terms if t is not None]
    total = known[0]
    for term in known[1:]:
        total = add(total, term)
    return total


def bilinear_jvp(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The forward rule of an operation that is linear in each of two arguments."""

    def product_jvp(y: Any, tangents: Any, a: Any, b: Any, *, strong: Any = as_is, **keywords: Any) -> Any:
        da, db = tangents
        product = strong(operation)
        return add_known(
            None if da is None else product(da, b, **keywords), None if db is None else product(a, db, **keywords)
        )

    product_jvp.careful = partial(product_jvp, strong=strong)  # type: ignore[attr-defined]
    return product_jvp


def batch_of_stacks(*operations: Any) -> None:
    """Declare that operations on the last two axes of one argument take a batch as one more stack."""
    for operation in operations:

        def batched_stack(
            arguments: Any, batched: Any, size: int, *, operation: Any = operation, **keywords: Any
        ) -> Any:
            return operation(arguments[0], **keywords)

        batch(operation)(batched_stack)


def align(x: Any, is_batched: bool, rank: int) -> Any:
    """A batched argument with unit axes behind the batch axis, so that each element has `rank` axes."""
    missing = rank - (ops.ndim(x) - 1)
    return ops.expand_dims(x, axis=tuple(range(1, 1 + missing))) if is_batched and missing > 0 else x


def element_rank(x: Any, is_batched: bool) -> int:
    """How many axes one element of a batch has."""
    return ops.ndim(x) - is_batched


def sum_to_shape(x: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: sum the axes in front and those that were stretched from size 1."""
    have = ops.shape(x)
    extra = len(have) - len(shape)
    if extra > 0:
        x = ops.sum(x, axis=tuple(range(extra)))
    stretched = tuple(k for k, n in enumerate(shape) if n == 1 and have[k + extra] != 1)
    return ops.sum(x, axis=stretched, keepdims=True) if stretched else x


def to_last(x: Any, axis: int) -> Any:
    """One axis moved to the end."""
    rank = ops.ndim(x)
    if axis % rank == rank - 1:
        return x
    return ops.transpose(x, axes=(*(k for k in range(rank) if k != axis % rank), axis % rank))


def from_last(x: Any, axis: int) -> Any:
    """The last axis moved to a place."""
    rank = ops.ndim(x)
    if axis % rank == rank - 1:
        return x
    order = list(range(rank - 1))
    order.insert(axis % rank, rank - 1)
    return ops.transpose(x, axes=tuple(order))
