"""Which sum and which product of two structured matrices is a structured matrix, as data.

Each entry is (class, class) -> function of the two, which may return None where this pair of values is not closed
(different block sizes, one lower and one upper triangle). What is not here is dense, with a warning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dispatchml import ops

from .base import KINDS, column, kind_of, row, swap
from .block import Block, BlockDiagonal
from .diagonal import Diagonal, ScaledIdentity
from .kronecker import Kronecker
from .low_rank import DiagonalPlusLowRank, LowRank
from .pieces import spread
from .symmetric import Hermitian, Symmetric
from .toeplitz import Circulant, Toeplitz
from .triangular import Triangular

__all__ = ["PRODUCTS", "SUMS", "find"]

KINDS += [
    ScaledIdentity, Diagonal, Triangular, Symmetric, Hermitian, Circulant, Toeplitz, LowRank, DiagonalPlusLowRank,
    Kronecker, BlockDiagonal, Block,
]  # fmt: skip

Table = dict[tuple[type, type], Callable[[Any, Any], Any]]
SUMS: Table = {}
PRODUCTS: Table = {}


def find(table: Table, a: Any, b: Any) -> Any:
    """The structured result for two structured matrices, None where there is none."""
    function = table.get((kind_of(a), kind_of(b)))  # type: ignore[arg-type]
    return None if function is None else function(a, b)


def entry(table: Table, one: type, other: type) -> Any:
    """Enter a function for a pair of classes; for sums both orders."""

    def add(function: Any) -> Any:
        table[one, other] = function
        if table is SUMS and one is not other:
            table[other, one] = lambda a, b: function(b, a)
        return function

    return add


def field_by_field(a: Any, b: Any) -> Any:
    """The sum of the fields."""
    return a.like(*map(ops.add, a.fields(), b.fields()))


# ---- sums ------------------------------------------------------------------------------------------------------------

for cls in (Diagonal, Circulant, Toeplitz):
    SUMS[cls, cls] = field_by_field


@entry(SUMS, ScaledIdentity, ScaledIdentity)
def identities(a: Any, b: Any) -> Any:
    return a.like(ops.add(a.scale, b.scale))


@entry(SUMS, ScaledIdentity, Diagonal)
def identity_and_diagonal(a: Any, b: Any) -> Any:
    return Diagonal(ops.add(a.diagonal_vector(), b.diag))


@entry(SUMS, Triangular, Triangular)
def triangles(a: Any, b: Any) -> Any:
    return Triangular(ops.add(a.materialise(), b.materialise()), a.lower) if a.lower == b.lower else None


@entry(SUMS, Symmetric, Symmetric)
def symmetric_matrices(a: Any, b: Any) -> Any:
    return Symmetric(ops.add(a.materialise(), b.materialise()), a.lower)


@entry(SUMS, Hermitian, Hermitian)
def hermitian_matrices(a: Any, b: Any) -> Any:
    return Hermitian(ops.add(a.materialise(), b.materialise()), a.lower)


def with_diagonal(a: Any, b: Any) -> Any:
    """A matrix stored in full, and one that is diagonal."""
    if kind_of(a) is Hermitian and ops.dtype(b).kind == "c":
        return None
    vector = b.diagonal_vector()
    return a.like(ops.add(a.materialise(), spread(vector, n=ops.shape(vector)[-1])))


for cls in (Triangular, Symmetric, Hermitian):
    for inner in (ScaledIdentity, Diagonal):
        entry(SUMS, cls, inner)(with_diagonal)


@entry(SUMS, Circulant, ScaledIdentity)
@entry(SUMS, Toeplitz, ScaledIdentity)
def with_identity(a: Any, b: Any) -> Any:
    first = ops.getitem(a.column, index=(..., slice(0, 1)))
    rest = ops.getitem(a.column, index=(..., slice(1, None)))
    return a.like(ops.concatenate((ops.add(first, column(b.scale)), rest), axis=-1), *a.fields()[1:])


@entry(SUMS, Toeplitz, Circulant)
def toeplitz_and_circulant(a: Any, b: Any) -> Any:
    return field_by_field(a, b.widened())


@entry(SUMS, LowRank, LowRank)
def low_ranks(a: Any, b: Any) -> Any:
    return LowRank(beside(a.left, b.left), beside(a.right, b.right))


def beside(a: Any, b: Any) -> Any:
    """Two factors side by side."""
    return ops.concatenate((a, b), axis=-1)


@entry(SUMS, LowRank, ScaledIdentity)
@entry(SUMS, LowRank, Diagonal)
def low_rank_and_diagonal(a: Any, b: Any) -> Any:
    return DiagonalPlusLowRank(b.diagonal_vector(), a.left, a.right)


@entry(SUMS, DiagonalPlusLowRank, ScaledIdentity)
@entry(SUMS, DiagonalPlusLowRank, Diagonal)
def more_diagonal(a: Any, b: Any) -> Any:
    return a.like(ops.add(a.diag, b.diagonal_vector()), a.left, a.right)


@entry(SUMS, DiagonalPlusLowRank, LowRank)
def more_rank(a: Any, b: Any) -> Any:
    return a.like(a.diag, beside(a.left, b.left), beside(a.right, b.right))


@entry(SUMS, DiagonalPlusLowRank, DiagonalPlusLowRank)
def more_of_both(a: Any, b: Any) -> Any:
    return a.like(ops.add(a.diag, b.diag), beside(a.left, b.left), beside(a.right, b.right))


@entry(SUMS, BlockDiagonal, BlockDiagonal)
def block_diagonals(a: Any, b: Any) -> Any:
    same = ops.shape(a.blocks)[-3:] == ops.shape(b.blocks)[-3:]
    return BlockDiagonal(ops.add(a.blocks, b.blocks)) if same else None


@entry(SUMS, BlockDiagonal, ScaledIdentity)
@entry(SUMS, BlockDiagonal, Diagonal)
def block_diagonal_and_diagonal(a: Any, b: Any) -> Any:
    vector = in_blocks(a, b.diagonal_vector())
    if vector is None:
        return None
    kind = kind_of(a.blocks)
    if kind is not None:
        return BlockDiagonal(ops.add(a.blocks, Diagonal(vector)))
    return BlockDiagonal(ops.add(a.blocks, spread(vector, n=ops.shape(vector)[-1])))


def in_blocks(a: Any, vector: Any) -> Any:
    """A vector cut as the rows of square blocks are."""
    k, p, q = ops.shape(a.blocks)[-3:]
    return ops.reshape(vector, shape=(*ops.shape(vector)[:-1], k, p)) if p == q else None


@entry(SUMS, Block, Block)
def blocks(a: Any, b: Any) -> Any:
    if not same_parts(a, b):
        return None
    return Block(*(plus(x, y) for x, y in zip(a.fields(), b.fields(), strict=True)))


def same_parts(a: Any, b: Any) -> bool:
    """Whether two block matrices are cut alike."""
    return ops.shape(a.a)[-2:] == ops.shape(b.a)[-2:] and ops.shape(a.d)[-2:] == ops.shape(b.d)[-2:]


def plus(x: Any, y: Any) -> Any:
    """A sum in which None is zero."""
    return y if x is None else x if y is None else ops.add(x, y)


@entry(SUMS, Block, ScaledIdentity)
def block_and_identity(a: Any, b: Any) -> Any:
    (m, n), (p, q) = ops.shape(a.a)[-2:], ops.shape(a.d)[-2:]
    if m != n or p != q:
        return None
    return Block(ops.add(a.a, ScaledIdentity(b.scale, n)), a.b, a.c, ops.add(a.d, ScaledIdentity(b.scale, p)))


@entry(SUMS, Block, Diagonal)
def block_and_diagonal(a: Any, b: Any) -> Any:
    (m, n), (p, q) = ops.shape(a.a)[-2:], ops.shape(a.d)[-2:]
    if m != n or p != q:
        return None
    first, second = (ops.getitem(b.diag, index=(..., s)) for s in (slice(0, n), slice(n, None)))
    return Block(ops.add(a.a, Diagonal(first)), a.b, a.c, ops.add(a.d, Diagonal(second)))


# ---- products --------------------------------------------------------------------------------------------------------


def identity_first(a: Any, b: Any) -> Any:
    """A multiple of the identity times anything."""
    return b.scaled(a.scale)


def identity_last(a: Any, b: Any) -> Any:
    """Anything times a multiple of the identity."""
    return a.scaled(b.scale)


for cls in KINDS:
    PRODUCTS[cls, ScaledIdentity] = identity_last
    PRODUCTS[ScaledIdentity, cls] = identity_first


@entry(PRODUCTS, Diagonal, Diagonal)
def diagonals(a: Any, b: Any) -> Any:
    return Diagonal(ops.multiply(a.diag, b.diag))


@entry(PRODUCTS, Triangular, Triangular)
def triangular_product(a: Any, b: Any) -> Any:
    return Triangular(ops.matmul(a.materialise(), b.materialise()), a.lower) if a.lower == b.lower else None


@entry(PRODUCTS, Diagonal, Triangular)
def rows_of_triangle(a: Any, b: Any) -> Any:
    return b.like(a.times(b.materialise()))


@entry(PRODUCTS, Triangular, Diagonal)
def columns_of_triangle(a: Any, b: Any) -> Any:
    return a.like(ops.multiply(a.materialise(), row(b.diag)))


@entry(PRODUCTS, Diagonal, LowRank)
def rows_of_low_rank(a: Any, b: Any) -> Any:
    return LowRank(a.times(b.left), b.right)


@entry(PRODUCTS, LowRank, Diagonal)
def columns_of_low_rank(a: Any, b: Any) -> Any:
    return LowRank(a.left, b.times(a.right))


def low_rank_first(a: Any, b: Any) -> Any:
    """U V^T B = U (B^T V)^T."""
    return LowRank(a.left, ops.matmul(swap(b), a.right))


def low_rank_last(a: Any, b: Any) -> Any:
    """A U V^T = (A U) V^T."""
    return LowRank(ops.matmul(a, b.left), b.right)


for cls in (Triangular, Symmetric, Hermitian, Circulant, Toeplitz, Kronecker, BlockDiagonal, Block):
    PRODUCTS[LowRank, cls] = low_rank_first
    PRODUCTS[cls, LowRank] = low_rank_last
PRODUCTS[LowRank, DiagonalPlusLowRank] = low_rank_first
PRODUCTS[DiagonalPlusLowRank, LowRank] = low_rank_last


@entry(PRODUCTS, LowRank, LowRank)
def product_of_low_ranks(a: Any, b: Any) -> Any:
    """Of the smaller of the two ranks."""
    middle = ops.matmul(swap(a.right), b.left)
    if a.rank <= b.rank:
        return LowRank(a.left, ops.matmul(b.right, swap(middle)))
    return LowRank(ops.matmul(a.left, middle), b.right)


@entry(PRODUCTS, Diagonal, DiagonalPlusLowRank)
def rows_of_both(a: Any, b: Any) -> Any:
    return b.like(ops.multiply(a.diag, b.diag), a.times(b.left), b.right)


@entry(PRODUCTS, DiagonalPlusLowRank, Diagonal)
def columns_of_both(a: Any, b: Any) -> Any:
    return a.like(ops.multiply(a.diag, b.diag), a.left, b.times(a.right))


@entry(PRODUCTS, DiagonalPlusLowRank, DiagonalPlusLowRank)
def product_of_both(a: Any, b: Any) -> Any:
    """(D + U V^T)(E + W X^T) = D E + U (E V)^T + (D W + U V^T W) X^T."""
    left = beside(a.left, a.times(b.left))
    return a.like(ops.multiply(a.diag, b.diag), left, beside(ops.multiply(column(b.diag), a.right), b.right))


@entry(PRODUCTS, Circulant, Circulant)
def circulants(a: Any, b: Any) -> Any:
    if not (a.is_transformed() and b.is_transformed()):
        return Circulant(ops.getitem(a.times(column(b.column)), index=(..., 0)))
    if ops.dtype(a.column).kind != ops.dtype(b.column).kind:
        return Circulant(ops.ifft(ops.multiply(a.eigenvalues(), b.eigenvalues()), axis=-1))
    return a.back(ops.multiply(a.transform(), b.transform()))


@entry(PRODUCTS, Kronecker, Kronecker)
def kroneckers(a: Any, b: Any) -> Any:
    fit = all(ops.shape(x)[-1] == ops.shape(y)[-2] for x, y in zip(a.fields(), b.fields(), strict=True))
    return Kronecker(ops.matmul(a.left, b.left), ops.matmul(a.right, b.right)) if fit else None


@entry(PRODUCTS, BlockDiagonal, BlockDiagonal)
def product_of_block_diagonals(a: Any, b: Any) -> Any:
    x, y = ops.shape(a.blocks)[-3:], ops.shape(b.blocks)[-3:]
    return BlockDiagonal(ops.matmul(a.blocks, b.blocks)) if x[0] == y[0] and x[2] == y[1] else None


@entry(PRODUCTS, Diagonal, BlockDiagonal)
def rows_of_blocks(a: Any, b: Any) -> Any:
    vector = in_blocks(b, a.diag)
    return None if vector is None else BlockDiagonal(ops.matmul(Diagonal(vector), b.blocks))


@entry(PRODUCTS, BlockDiagonal, Diagonal)
def columns_of_blocks(a: Any, b: Any) -> Any:
    vector = in_blocks(a, b.diag)
    return None if vector is None else BlockDiagonal(ops.matmul(a.blocks, Diagonal(vector)))


@entry(PRODUCTS, Block, Block)
def product_of_blocks(a: Any, b: Any) -> Any:
    if ops.shape(a.a)[-1] != ops.shape(b.a)[-2] or ops.shape(a.d)[-1] != ops.shape(b.d)[-2]:
        return None

    def sum_of(x: Any, y: Any, u: Any, v: Any) -> Any:
        first = None if x is None or y is None else ops.matmul(x, y)
        second = None if u is None or v is None else ops.matmul(u, v)
        return plus(first, second)

    return Block(
        sum_of(a.a, b.a, a.b, b.c), sum_of(a.a, b.b, a.b, b.d), sum_of(a.c, b.a, a.d, b.c), sum_of(a.c, b.b, a.d, b.d)
    )


@entry(PRODUCTS, Diagonal, Block)
def rows_of_block(a: Any, b: Any) -> Any:
    parts = cut(a.diag, ops.shape(b.a)[-2])
    x, y = (Diagonal(p) for p in parts)
    return Block(*(None if m is None else ops.matmul(d, m) for d, m in zip((x, x, y, y), b.fields(), strict=True)))


@entry(PRODUCTS, Block, Diagonal)
def columns_of_block(a: Any, b: Any) -> Any:
    parts = cut(b.diag, ops.shape(a.a)[-1])
    x, y = (Diagonal(p) for p in parts)
    return Block(*(None if m is None else ops.matmul(m, d) for d, m in zip((x, y, x, y), a.fields(), strict=True)))


def cut(vector: Any, k: int) -> tuple[Any, Any]:
    """The first k numbers, and the others."""
    return ops.getitem(vector, index=(..., slice(0, k))), ops.getitem(vector, index=(..., slice(k, None)))
