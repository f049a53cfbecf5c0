"""Derivatives of products of vectors, matrices and tensors: each is linear in each argument."""

import math
from typing import Any

from .. import ops
from .adjoints import adjoint, align, bilinear_jvp, column, conj, element_rank, row, transposed
from .registry import batch, rule
from .strong import as_is, strong

matmul, multiply, reshape = ops.matmul, ops.multiply, ops.reshape

for product in (ops.matmul, ops.dot, ops.inner, ops.outer, ops.tensordot, ops.kron, ops.cross, ops.convolve):
    rule(product).jvp(bilinear_jvp(product))


# ---- matmul ----------------------------------------------------------------------------------------------------------


@rule(ops.matmul).vjp
def matmul_vjp(y: Any, a: Any, b: Any, *, needs: Any) -> Any:
    """Two products with transposed views, each only where it is needed."""
    need_a, need_b = needs
    ranks = ops.ndim(a), ops.ndim(b)
    known_a, known_b = a if need_b else None, b if need_a else None
    shape_a = ops.shape(a)
    if ranks[0] == 2 and ranks[1] == 2:

        def matmul_pullback(ct: Any, strong: Any = as_is) -> Any:
            product = strong(matmul)
            return (
                product(ct, adjoint(known_b)) if need_a else None,
                product(adjoint(known_a), ct) if need_b else None,
            )

        return matmul_pullback

    def general_matmul_pullback(ct: Any, strong: Any = as_is) -> Any:
        return (
            cotangent_of_left(ct, known_b, ranks, strong) if need_a else None,
            cotangent_of_right(ct, known_a, ranks, shape_a, strong) if need_b else None,
        )

    return general_matmul_pullback


matmul_vjp.careful = strong


def cotangent_of_left(ct: Any, b: Any, ranks: tuple[int, int], strong: Any) -> Any:
    """The cotangent of a in a @ b, before broadcast stacks are summed."""
    times, product = strong(multiply), strong(matmul)
    if ranks[1] == 1:
        return times(ct, conj(b)) if ranks[0] == 1 else times(column(ct), conj(b))
    if ranks[0] == 1:
        if ranks[1] == 2:
            return product(conj(b), ct)
        return ops.getitem(product(conj(b), column(ct)), index=(..., 0))
    return product(ct, adjoint(b))


def cotangent_of_right(ct: Any, a: Any, ranks: tuple[int, int], shape: tuple[int, ...], strong: Any) -> Any:
    """The cotangent of b in a @ b; where one matrix b met a stack, in one product over the whole stack."""
    times, product = strong(multiply), strong(matmul)
    if ranks[0] == 1:
        return times(conj(a), ct) if ranks[1] == 1 else times(column(conj(a)), row(ct))
    if ranks[1] == 1:
        if ranks[0] == 2:
            return product(ct, conj(a))
        return product(flattened(ct, 1), conj(flattened(a, 2)))
    if ranks[1] == 2:
        return product(adjoint(flattened(a, 2)), flattened(ct, 2))
    return product(adjoint(a), ct)


def flattened(x: Any, rank: int) -> Any:
    """All leading axes as one, so that `rank` are left."""
    shape = ops.shape(x)
    split = len(shape) - rank + 1
    return reshape(x, shape=(math.prod(shape[:split]), *shape[split:]))


@batch(ops.matmul)
def batched_matmul(arguments: Any, batched: Any, size: int) -> Any:
    """Matrices of a batch are a stack; vectors of a batch are the rows of one matrix where the other is not batched."""
    a, b = arguments
    rank_a, rank_b = (element_rank(x, flag) for x, flag in zip(arguments, batched, strict=True))
    if rank_a == 1 and rank_b == 2 and not batched[1]:
        return matmul(a, b)
    if rank_b == 1 and rank_a == 2 and not batched[0]:
        return matmul(b, transposed(a))
    if rank_b == 1 and not batched[1]:
        return matmul(a, b) if rank_a > 1 else ops.sum(multiply(a, b), axis=-1)
    a, b = row(a) if rank_a == 1 else a, column(b) if rank_b == 1 else b
    rank = max(rank_a, rank_b, 2)
    y = matmul(align(a, batched[0], rank), align(b, batched[1], rank))
    if rank_b == 1:
        y = ops.getitem(y, index=(..., 0))
    if rank_a == 1:
        y = ops.getitem(y, index=(..., 0) if rank_b == 1 else (..., 0, slice(None)))
    return y


# ---- products over pairs of axes -------------------------------------------------------------------------------------


def axis_pairs(axes: Any, rank_a: int, rank_b: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The summed axes of both arguments, counted from the front."""
    if isinstance(axes, int) or ops.ndim(axes) == 0 and hasattr(axes, "__index__"):
        count = int(axes)
        return tuple(range(rank_a - count, rank_a)), tuple(range(count))
    first, second = ((x,) if isinstance(x, int) or hasattr(x, "__index__") else tuple(x) for x in axes)
    return tuple(k % rank_a for k in first), tuple(k % rank_b for k in second)


def pair_pullback(a: Any, b: Any, pairs: Any, needs: Any) -> Any:
    """The pullback of a sum over pairs of axes: the same product of ct with the other argument over its free axes."""
    ranks = ops.ndim(a), ops.ndim(b)
    free = tuple(tuple(k for k in range(rank) if k not in summed) for rank, summed in zip(ranks, pairs, strict=True))
    known_a, known_b = a if needs[1] else None, b if needs[0] else None

    def tensordot_pullback(ct: Any, strong: Any = as_is) -> Any:
        ga = gb = None
        product = strong(ops.tensordot)
        count_a, count_b = len(free[0]), len(free[1])
        if needs[0]:  # axes of the product: those of a that are free, then those of b that were summed, in b's order
            g = product(ct, conj(known_b), axes=(tuple(range(count_a, count_a + count_b)), free[1]))
            summed = sorted(range(len(pairs[1])), key=lambda k: pairs[1][k])
            ga = ops.transpose(g, axes=inverse((*free[0], *(pairs[0][k] for k in summed))))
        if needs[1]:  # summed axes of a, in a's order, then those of b that are free
            g = product(conj(known_a), ct, axes=(free[0], tuple(range(count_a))))
            summed = sorted(range(len(pairs[0])), key=lambda k: pairs[0][k])
            gb = ops.transpose(g, axes=inverse((*(pairs[1][k] for k in summed), *free[1])))
        return ga, gb

    return tensordot_pullback


def inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    """The inverse permutation."""
    return tuple(sorted(range(len(order)), key=lambda k: order[k]))


@rule(ops.tensordot).vjp
def tensordot_vjp(y: Any, a: Any, b: Any, *, needs: Any, axes: Any) -> Any:
    """The pullback over the pairs that the keyword names."""
    return pair_pullback(a, b, axis_pairs(axes, ops.ndim(a), ops.ndim(b)), needs)


def last_pairs(a: Any, b: Any, second: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The pairs of `dot` and `inner`: none for a number; else the last axis of a and an axis of b."""
    rank_a, rank_b = ops.ndim(a), ops.ndim(b)
    return ((), ()) if rank_a == 0 or rank_b == 0 else ((rank_a - 1,), (max(rank_b + second, 0),))


@rule(ops.dot).vjp
def dot_vjp(y: Any, a: Any, b: Any, *, needs: Any) -> Any:
    """For vectors and matrices the pullback of matmul."""
    if 0 < ops.ndim(a) <= 2 and 0 < ops.ndim(b) <= 2:
        return matmul_vjp(y, a, b, needs=needs)
    return pair_pullback(a, b, last_pairs(a, b, -2), needs)


@rule(ops.inner).vjp
def inner_vjp(y: Any, a: Any, b: Any, *, needs: Any) -> Any:
    """The sum over both last axes."""
    return pair_pullback(a, b, last_pairs(a, b, -1), needs)


@rule(ops.outer).vjp
def outer_vjp(y: Any, a: Any, b: Any, *, needs: Any) -> Any:
    """ct conj(b) and conj(a) ct, in the shapes of a and b."""
    shapes = ops.shape(a), ops.shape(b)
    known_a, known_b = a if needs[1] else None, b if needs[0] else None

    def outer_pullback(ct: Any, strong: Any = as_is) -> Any:
        product = strong(matmul)
        ga = reshape(product(ct, conj(reshape(known_b, shape=(-1,)))), shape=shapes[0]) if needs[0] else None
        gb = reshape(product(conj(reshape(known_a, shape=(-1,))), ct), shape=shapes[1]) if needs[1] else None
        return ga, gb

    return outer_pullback


for products_vjp in (tensordot_vjp, dot_vjp, inner_vjp, outer_vjp):
    products_vjp.careful = strong


def batched_pairs(arguments: Any, batched: Any, pairs: Any) -> Any:
    """A sum over pairs of axes for a batch, as Einstein summation."""
    ranks = [element_rank(x, flag) for x, flag in zip(arguments, batched, strict=True)]
    letters_a = [chr(97 + k) for k in range(ranks[0])]
    letters_b = [chr(65 + k) for k in range(ranks[1])]
    for k, m in zip(*pairs, strict=True):
        letters_b[m] = letters_a[k]
    free = [x for k, x in enumerate(letters_a) if k not in pairs[0]] + [
        x for k, x in enumerate(letters_b) if k not in pairs[1]
    ]
    first, second = ("z" * flag + "".join(x) for flag, x in zip(batched, (letters_a, letters_b), strict=True))
    return ops.einsum(tuple(arguments), subscripts=f"{first},{second}->z{''.join(free)}")


@batch(ops.tensordot)
def batched_tensordot(arguments: Any, batched: Any, size: int, *, axes: Any) -> Any:
    """By Einstein summation."""
    ranks = (element_rank(x, flag) for x, flag in zip(arguments, batched, strict=True))
    return batched_pairs(arguments, batched, axis_pairs(axes, *ranks))


@batch(ops.dot)
def batched_dot(arguments: Any, batched: Any, size: int) -> Any:
    """As matmul for vectors and matrices."""
    rank_a, rank_b = (element_rank(x, flag) for x, flag in zip(arguments, batched, strict=True))
    if 0 < rank_a <= 2 and 0 < rank_b <= 2:
        return batched_matmul(arguments, batched, size)
    pairs = ((), ()) if rank_a == 0 or rank_b == 0 else ((rank_a - 1,), (max(rank_b - 2, 0),))
    return batched_pairs(arguments, batched, pairs)


@batch(ops.inner)
def batched_inner(arguments: Any, batched: Any, size: int) -> Any:
    """By Einstein summation."""
    rank_a, rank_b = (element_rank(x, flag) for x, flag in zip(arguments, batched, strict=True))
    return batched_pairs(arguments, batched, ((), ()) if rank_a == 0 or rank_b == 0 else ((rank_a - 1,), (rank_b - 1,)))


@batch(ops.outer)
def batched_outer(arguments: Any, batched: Any, size: int) -> Any:
    """A column times a row for each element."""
    a, b = (reshape(x, shape=(size, -1) if flag else (-1,)) for x, flag in zip(arguments, batched, strict=True))
    return multiply(column(a), row(b))
