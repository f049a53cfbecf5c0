"""Matrices made of blocks."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import ShapeError, at_user_line

from .base import Structure, adjoint, as_array, conj, dense, densify, swap

__all__ = ["Block", "BlockDiagonal"]


@dm.layer(slot="structure", fieldwise=True, stacks=True)
@attrs.frozen(eq=False)
class BlockDiagonal(Structure):
    """The blocks (..., k, p, q) along the diagonal of a matrix (..., k p, k q); blocks of different sizes: `Block`.

    >>> import numpy as np
    >>> from dispatchml_structured import BlockDiagonal
    >>> BlockDiagonal(np.arange(8.0).reshape(2, 2, 2)) @ np.ones(4)
    array([ 1.,  5.,  9., 13.])
    """

    blocks: dm.Array = attrs.field(converter=as_array)

    payload_names = ("blocks",)
    cores = (3,)
    holds_matrices = has_zeros = True
    reads_dense = False

    def __attrs_post_init__(self) -> None:
        if ops.ndim(self.blocks) < 3:
            raise ShapeError(
                f"BlockDiagonal takes blocks (..., k, p, q), not shape {ops.shape(self.blocks)}{at_user_line()}."
            )

    @property
    def shape(self) -> tuple[int, ...]:
        *lead, k, p, q = ops.shape(self.blocks)
        return (*lead, k * p, k * q)

    @property
    def dtype(self) -> Any:
        return ops.dtype(self.blocks)

    def fields(self) -> tuple[Any, ...]:
        return (self.blocks,)

    def like(self, blocks: Any) -> Any:
        return BlockDiagonal(blocks)

    def scaled(self, factor: Any) -> Any:
        return BlockDiagonal(
            ops.multiply(self.blocks, ops.expand_dims(factor, axis=(-3, -2, -1)) if ops.ndim(factor) else factor)
        )

    def materialise(self) -> Any:
        blocks = dense(self.blocks)
        eye = np.eye(ops.shape(blocks)[-3], dtype=bool)[:, None, :, None]
        return ops.reshape(ops.where_or_zero(eye, ops.expand_dims(blocks, axis=-2)), shape=self.shape)

    def project(self, ct: Any) -> Any:
        """The blocks of a dense matrix."""
        (g,) = self.entries(ct, (ops.shape(self.blocks),))
        g = self.blocks.project(g) if isinstance(self.blocks, Structure) else g
        return (BlockDiagonalTangent if isinstance(g, Tangent) else BlockDiagonal)(g)

    @staticmethod
    def entries(ct: Any, shapes: Any) -> tuple[Any, ...]:
        *lead, k, p, q = shapes[0]
        g = ops.diagonal(ops.reshape(dense(ct), shape=(*lead, k, p, k, q)), axis1=-4, axis2=-2)
        return (ops.moveaxis(g, source=-1, destination=-3),)

    @staticmethod
    def weights(shapes: Any) -> tuple[Any, ...]:
        return (None,)

    @staticmethod
    def tangent_statics() -> dict[str, Any]:
        return {}

    def transposed(self) -> Any:
        return BlockDiagonal(ops.swapaxes(self.blocks, axis1=-2, axis2=-1))

    def applied(self, operation: Any, x: Any) -> Any:
        """operation(block, .) on the rows of x (..., k q, c) that belong to each block."""
        k, q, c = ops.shape(self.blocks)[-3], ops.shape(self.blocks)[-1], ops.shape(x)[-1]
        y = operation(self.blocks, ops.reshape(x, shape=(*ops.shape(x)[:-2], k, q, c)))
        *lead, _, p, _ = ops.shape(y)
        return ops.reshape(y, shape=(*lead, k * p, c))

    def times(self, x: Any) -> Any:
        return self.applied(ops.matmul, x)

    def are_square(self) -> bool:
        """Whether the blocks are square."""
        return ops.shape(self.blocks)[-1] == ops.shape(self.blocks)[-2]

    def diagonal_vector(self) -> Any:
        if not self.are_square():
            return ops.diagonal(densify("diagonal", self, " with blocks that are not square"), axis1=-2, axis2=-1)
        d = ops.diagonal(self.blocks, axis1=-2, axis2=-1)
        *lead, k, p = ops.shape(d)
        return ops.reshape(d, shape=(*lead, k * p))

    def solved(self, b: Any) -> Any:
        return self.applied(ops.solve, b)

    def inverse(self) -> Any:
        return BlockDiagonal(ops.inv(self.blocks))

    def determinant(self) -> Any:
        return ops.prod(ops.det(self.blocks), axis=-1)

    def sign_and_log(self) -> tuple[Any, Any]:
        signs, logs = ops.slogdet(self.blocks)
        return ops.prod(signs, axis=-1), ops.sum(logs, axis=-1)

    def root(self) -> Any:
        return BlockDiagonal(ops.cholesky(self.blocks))


@dm.layer(slot="structure", fieldwise=True, stacks=True)
@attrs.frozen(eq=False)
class Block(Structure):
    """[[a, b], [c, d]]: four blocks, each a dense array or a structured matrix; b or c None for a block of zeros.

    Linear systems, determinants and the inverse go by the Schur complement d - c a^-1 b: they are cheap where solving
    with a is cheap. Where a has no inverse though the whole may have one, a dense array is used, with a warning.

    >>> import numpy as np
    >>> from dispatchml_structured import Block, Diagonal
    >>> arrow = Block(Diagonal([1.0, 2.0]), [[1.0], [1.0]], [[1.0, 1.0]], [[5.0]])
    >>> np.linalg.det(arrow)
    np.float64(7.0)
    """

    a: dm.Array = attrs.field(converter=as_array)
    b: dm.Array | None = attrs.field(converter=as_array)
    c: dm.Array | None = attrs.field(converter=as_array)
    d: dm.Array = attrs.field(converter=as_array)

    payload_names = ("a", "b", "c", "d")
    cores = (2, 2, 2, 2)
    holds_matrices = True
    reads_dense = False

    def __attrs_post_init__(self) -> None:
        (m, n), (p, q) = ops.shape(self.a)[-2:], ops.shape(self.d)[-2:]
        for name, x, wanted in (("b", self.b, (m, q)), ("c", self.c, (p, n))):
            if x is not None and ops.shape(x)[-2:] != wanted:
                raise ShapeError(
                    f"Block: with a of shape {ops.shape(self.a)} and d of shape {ops.shape(self.d)}, {name} must be of "
                    f"shape {wanted}, not {ops.shape(x)}{at_user_line()}."
                )

    @property
    def shape(self) -> tuple[int, ...]:
        a, d = ops.shape(self.a), ops.shape(self.d)
        return (*np.broadcast_shapes(a[:-2], d[:-2]), a[-2] + d[-2], a[-1] + d[-1])

    @property
    def dtype(self) -> Any:
        return np.result_type(*(ops.dtype(x) for x in self.fields() if x is not None))

    def fields(self) -> tuple[Any, ...]:
        return (self.a, self.b, self.c, self.d)

    def like(self, a: Any, b: Any, c: Any, d: Any) -> Any:
        return Block(a, b, c, d)

    def materialise(self) -> Any:
        a, d = dense(self.a), dense(self.d)
        (m, n), (p, q) = ops.shape(a)[-2:], ops.shape(d)[-2:]
        lead = self.shape[:-2]
        b = ops.zeros_of(a, shape=(*lead, m, q)) if self.b is None else dense(self.b)
        c = ops.zeros_of(a, shape=(*lead, p, n)) if self.c is None else dense(self.c)
        rows = (ops.concatenate((a, b), axis=-1), ops.concatenate((c, d), axis=-1))
        return ops.concatenate(rows, axis=-2)

    def project(self, ct: Any) -> Any:
        """The blocks of a dense matrix; each is brought to the structure of its own."""
        shapes = tuple(None if x is None else ops.shape(x) for x in self.fields())
        found = self.entries(ct, shapes)
        parts = [x.project(g) if isinstance(x, Structure) else g for x, g in zip(self.fields(), found, strict=True)]
        return (BlockTangent if any(isinstance(p, Tangent) for p in parts) else Block)(*parts)

    @staticmethod
    def entries(ct: Any, shapes: Any) -> tuple[Any, ...]:
        g = dense(ct)
        m, n = shapes[0][-2:]
        rows, columns = (slice(0, m), slice(m, None)), (slice(0, n), slice(n, None))
        parts = [ops.getitem(g, index=(..., i, j)) for i in rows for j in columns]
        return tuple(None if s is None else p for s, p in zip(shapes, parts, strict=True))

    @staticmethod
    def weights(shapes: Any) -> tuple[Any, ...]:
        return (None,) * 4

    @staticmethod
    def tangent_statics() -> dict[str, Any]:
        return {}

    def transposed(self) -> Any:
        a, b, c, d = (None if x is None else ops.swapaxes(x, axis1=-2, axis2=-1) for x in self.fields())
        return Block(a, c, b, d)

    def split(self, x: Any, k: int) -> tuple[Any, Any]:
        """The rows of x that meet the first k columns, and the others."""
        return (
            ops.getitem(x, index=(..., slice(0, k), slice(None))),
            ops.getitem(x, index=(..., slice(k, None), slice(None))),
        )

    def times(self, x: Any) -> Any:
        first, second = self.split(x, ops.shape(self.a)[-1])
        above = plus(ops.matmul(self.a, first), product(self.b, second))
        below = plus(product(self.c, first), ops.matmul(self.d, second))
        return ops.concatenate((above, below), axis=-2)

    def diagonal_vector(self) -> Any:
        if ops.shape(self.a)[-1] != ops.shape(self.a)[-2]:
            return ops.diagonal(densify("diagonal", self, " with a that is not square"), axis1=-2, axis2=-1)
        parts = tuple(ops.diagonal(x, axis1=-2, axis2=-1) for x in (self.a, self.d))
        return ops.concatenate(parts, axis=-1)

    def schur(self) -> Any:
        """d - c a^-1 b."""
        if self.b is None or self.c is None:
            return self.d
        return ops.subtract(self.d, ops.matmul(self.c, ops.solve(self.a, dense(self.b))))

    def solved(self, x: Any) -> Any:
        return self.by_parts("solve", lambda: self.solved_by_parts(x), lambda m: ops.solve(m, x))

    def solved_by_parts(self, x: Any) -> Any:
        first, second = self.split(x, ops.shape(self.a)[-2])
        y = ops.solve(self.a, first)
        below = second if self.c is None else ops.subtract(second, ops.matmul(self.c, y))
        below = ops.solve(self.schur(), below)
        above = y if self.b is None else ops.subtract(y, ops.solve(self.a, ops.matmul(self.b, below)))
        return ops.concatenate((above, below), axis=-2)

    def inverse(self) -> Any:
        return self.by_parts("inv", self.inverse_by_parts, ops.inv)

    def inverse_by_parts(self) -> Any:
        a, d = ops.inv(self.a), ops.inv(self.schur())
        left = None if self.c is None else ops.negative(ops.matmul(dense(ops.matmul(dense(d), self.c)), a))
        right = None if self.b is None else ops.negative(ops.matmul(ops.matmul(a, dense(self.b)), dense(d)))
        corner = a if left is None or right is None else ops.subtract(a, ops.matmul(ops.matmul(a, dense(self.b)), left))
        return Block(corner, right, left, d)

    def determinant(self) -> Any:
        return self.by_parts("det", lambda: ops.multiply(ops.det(self.a), ops.det(self.schur())), ops.det)

    def sign_and_log(self) -> tuple[Any, Any]:
        def by_schur() -> tuple[Any, Any]:
            (s, x), (t, y) = ops.slogdet(self.a), ops.slogdet(self.schur())
            return ops.multiply(s, t), ops.add(x, y)

        return self.by_parts("slogdet", by_schur, ops.slogdet)

    def by_parts(self, name: str, parts: Any, whole: Any) -> Any:
        """The result by the Schur complement; of the dense array where a has no inverse."""
        if ops.shape(self.a)[-1] != ops.shape(self.a)[-2]:
            return whole(densify(name, self, " with a that is not square"))
        try:
            return parts()
        except np.linalg.LinAlgError:
            return whole(densify(name, self, " with a that is singular"))

    def root(self) -> Any:
        """The lower triangular Cholesky factor: c and the lower triangles of a and d are read."""
        a = ops.cholesky(self.a)
        if self.c is None:
            return Block(a, None, None, ops.cholesky(self.d))
        below = swap(ops.solve(conj(a), swap(dense(self.c))))
        return Block(a, None, below, ops.cholesky(ops.subtract(self.d, ops.matmul(below, adjoint(below)))))


def product(a: Any, x: Any) -> Any:
    """a @ x, None for a block of zeros."""
    return None if a is None else ops.matmul(a, x)


def plus(a: Any, b: Any) -> Any:
    """a + b, where one may be zeros."""
    return b if a is None else a if b is None else ops.add(a, b)


from .spaces import Tangent, tangent_class  # noqa: E402  the tangents need the classes

BlockTangent = tangent_class(Block)
BlockDiagonalTangent = tangent_class(BlockDiagonal)
