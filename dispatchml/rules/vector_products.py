"""Derivatives of products of vectors: vdot, vecdot, cross, kron, and convolutions."""

from typing import Any

import numpy as np

from .. import ops
from .adjoints import align, bilinear_jvp, column, conj, element_rank, from_last, sum_to_shape, to_last
from .registry import batch, rule
from .strong import as_is, strong

multiply, reshape = ops.multiply, ops.reshape

for product in (ops.vdot, ops.vecdot, ops.correlate):  # linear over the reals: one argument is conjugated
    rule(product).jvp(bilinear_jvp(product))


@rule(ops.vdot).vjp
def vdot_vjp(y: Any, a: Any, b: Any, *, needs: Any) -> Any:
    """conj(ct) b for the conjugated argument, ct a for the other."""
    shapes = ops.shape(a), ops.shape(b)
    known_a, known_b = a if needs[1] else None, b if needs[0] else None

    def vdot_pullback(ct: Any, strong: Any = as_is) -> Any:
        return (
            strong(multiply)(conj(ct), reshape(known_b, shape=shapes[0])) if needs[0] else None,
            strong(multiply)(ct, reshape(known_a, shape=shapes[1])) if needs[1] else None,
        )

    return vdot_pullback


@batch(ops.vdot)
def batched_vdot(arguments: Any, batched: Any, size: int) -> Any:
    """Along the last axis of what is flattened."""
    a, b = (reshape(x, shape=(size, -1) if flag else (-1,)) for x, flag in zip(arguments, batched, strict=True))
    return ops.vecdot(a, b)


@rule(ops.vecdot).vjp
def vecdot_vjp(y: Any, a: Any, b: Any, *, needs: Any, axis: int) -> Any:
    """As vdot, with the axis last."""
    a, b = to_last(a, axis), to_last(b, axis)
    shapes = ops.shape(a), ops.shape(b)
    known_a, known_b = a if needs[1] else None, b if needs[0] else None

    def vecdot_pullback(ct: Any, strong: Any = as_is) -> Any:
        ga = sum_to_shape(strong(multiply)(column(conj(ct)), known_b), shapes[0]) if needs[0] else None
        gb = sum_to_shape(strong(multiply)(column(ct), known_a), shapes[1]) if needs[1] else None
        return tuple(None if g is None else from_last(g, axis) for g in (ga, gb))

    return vecdot_pullback


def aligned(arguments: Any, batched: Any, axes: tuple[int, int]) -> list[Any]:
    """The arguments with their axis last, and the batched ones filled up to a common rank."""
    ranks = [element_rank(x, flag) for x, flag in zip(arguments, batched, strict=True)]
    last = [to_last(x, k if k < 0 else k - r) for x, k, r in zip(arguments, axes, ranks, strict=True)]
    return [align(x, flag, max(ranks)) for x, flag in zip(last, batched, strict=True)]


@batch(ops.vecdot)
def batched_vecdot(arguments: Any, batched: Any, size: int, *, axis: int) -> Any:
    """With the axis last."""
    return ops.vecdot(*aligned(arguments, batched, (axis, axis)))


# ---- cross -----------------------------------------------------------------------------------------------------------


@rule(ops.cross).vjp
def cross_vjp(y: Any, a: Any, b: Any, *, needs: Any, axisa: int, axisb: int, axisc: int, axis: int | None) -> Any:
    """conj(b) x ct and ct x conj(a)."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    a, b = to_last(a, axisa), to_last(b, axisb)
    shapes = ops.shape(a), ops.shape(b)
    known_a, known_b = a if needs[1] else None, b if needs[0] else None

    def cross_pullback(ct: Any, strong: Any = as_is) -> Any:
        ct = to_last(ct, axisc)
        return (
            from_last(sum_to_shape(strong(ops.cross)(conj(known_b), ct), shapes[0]), axisa) if needs[0] else None,
            from_last(sum_to_shape(strong(ops.cross)(ct, conj(known_a)), shapes[1]), axisb) if needs[1] else None,
        )

    return cross_pullback


@batch(ops.cross)
def batched_cross(
    arguments: Any, batched: Any, size: int, *, axisa: int, axisb: int, axisc: int, axis: int | None
) -> Any:
    """With the axes last."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    y = ops.cross(*aligned(arguments, batched, (axisa, axisb)))
    return from_last(y, axisc if axisc < 0 else axisc + 1)


# ---- kron ------------------------------------------------------------------------------------------------------------


def padded_shapes(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Both shapes with ones in front up to the same length."""
    rank = max(len(a), len(b))
    return (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b


@rule(ops.kron).vjp
def kron_vjp(y: Any, a: Any, b: Any, *, needs: Any) -> Any:
    """ct, its axes split into those of a and b, summed with the other argument."""
    shapes = ops.shape(a), ops.shape(b)
    split = padded_shapes(*shapes)
    rank = len(split[0])
    known_a, known_b = a if needs[1] else None, b if needs[0] else None
    pairs = tuple(n for pair in zip(*split, strict=True) for n in pair)

    def summed(ct: Any, other: Any, first: int, strong: Any) -> Any:
        axes = (tuple(range(first, 2 * rank, 2)), tuple(range(rank)))
        return reshape(
            strong(ops.tensordot)(reshape(ct, shape=pairs), reshape(conj(other), shape=split[first]), axes=axes),
            shape=shapes[1 - first],
        )

    def kron_pullback(ct: Any, strong: Any = as_is) -> Any:
        return (
            summed(ct, known_b, 1, strong) if needs[0] else None,
            summed(ct, known_a, 0, strong) if needs[1] else None,
        )

    return kron_pullback


@batch(ops.kron)
def batched_kron(arguments: Any, batched: Any, size: int) -> Any:
    """All products, with the axes interleaved."""
    a, b = arguments
    split = padded_shapes(ops.shape(a)[batched[0] :], ops.shape(b)[batched[1] :])
    shape_a = tuple(m for n in split[0] for m in (n, 1))
    shape_b = tuple(m for n in split[1] for m in (1, n))
    y = multiply(reshape(a, shape=(size,) * batched[0] + shape_a), reshape(b, shape=(size,) * batched[1] + shape_b))
    return reshape(y, shape=(size, *(m * n for m, n in zip(*split, strict=True))))


# ---- convolutions ----------------------------------------------------------------------------------------------------


def window(n: int, m: int, mode: str, correlates: bool) -> tuple[int, int]:
    """Where the result begins in the full convolution, and its length; correlate exchanges a shorter first one."""
    low, high = min(n, m), max(n, m)
    if mode == "full":
        return 0, n + m - 1
    if mode == "valid":
        return low - 1, high - low + 1
    start = (low - 1) // 2
    return (low - 1 - start if correlates and n < m else start), high


def flipped(x: Any) -> Any:
    """The last axis backwards."""
    return ops.getitem(x, index=(..., slice(None, None, -1)))


def cotangent_of_signal(ct: Any, other: Any, start: int, count: int, strong: Any) -> Any:
    """The cotangent of a factor of a convolution: ct correlated with the other; the result began at `start`."""
    lags = strong(ops.correlate)(ct, other, mode="full")
    first = ops.shape(other)[0] - 1 - start
    return ops.getitem(lags, index=(slice(first, first + count),))


def vector(x: Any, batch_axes: int = 0) -> Any:
    """A number as a vector of one, as NumPy takes it."""
    shape = ops.shape(x)
    return x if len(shape) > batch_axes else ops.reshape(x, shape=(*shape, 1))


@rule(ops.convolve).vjp
def convolve_vjp(y: Any, a: Any, b: Any, *, needs: Any, mode: str) -> Any:
    """Correlations of ct with the other argument."""
    a, b = vector(a), vector(b)
    n, m = ops.shape(a)[0], ops.shape(b)[0]
    start, _ = window(n, m, mode, correlates=False)
    known_a, known_b = a if needs[1] else None, b if needs[0] else None

    def convolve_pullback(ct: Any, strong: Any = as_is) -> Any:
        return (
            cotangent_of_signal(ct, known_b, start, n, strong) if needs[0] else None,
            cotangent_of_signal(ct, known_a, start, m, strong) if needs[1] else None,
        )

    return convolve_pullback


@rule(ops.correlate).vjp
def correlate_vjp(y: Any, a: Any, b: Any, *, needs: Any, mode: str) -> Any:
    """correlate(a, b) is the convolution of a with conj(b) backwards."""
    a, b = vector(a), vector(b)
    n, m = ops.shape(a)[0], ops.shape(b)[0]
    start, _ = window(n, m, mode, correlates=True)
    known_a, known_b = a if needs[1] else None, b if needs[0] else None

    def correlate_pullback(ct: Any, strong: Any = as_is) -> Any:
        ga = cotangent_of_signal(ct, conj(flipped(known_b)), start, n, strong) if needs[0] else None
        gb = conj(flipped(cotangent_of_signal(ct, known_a, start, m, strong))) if needs[1] else None
        return ga, gb

    return correlate_pullback


for products_vjp in (vdot_vjp, vecdot_vjp, cross_vjp, kron_vjp, convolve_vjp, correlate_vjp):
    products_vjp.careful = strong


def windowed_products(a: Any, b: Any, start: int, count: int) -> Any:
    """A convolution along the last axis of stacks: shifted windows of a, padded with zeros, times b backwards."""
    m = ops.shape(b)[-1]
    zeros = ops.broadcast_to(
        ops.multiply(ops.getitem(a, index=(..., slice(0, 1))), 0), shape=(*ops.shape(a)[:-1], m - 1)
    )
    padded = ops.concatenate((zeros, a, zeros), axis=-1) if m > 1 else a
    windows = ops.getitem(padded, index=(..., np.arange(start, start + count)[:, None] + np.arange(m)))
    return ops.einsum((windows, flipped(b)), subscripts="...ki,...i->...k")


@batch(ops.convolve)
def batched_convolve(arguments: Any, batched: Any, size: int, *, mode: str) -> Any:
    """By windows: a matrix of len(result) times len(b) for each element."""
    a, b = (vector(x, int(flag)) for x, flag in zip(arguments, batched, strict=True))
    return windowed_products(a, b, *window(ops.shape(a)[-1], ops.shape(b)[-1], mode, correlates=False))


@batch(ops.correlate)
def batched_correlate(arguments: Any, batched: Any, size: int, *, mode: str) -> Any:
    """The same with conj(b) backwards."""
    a, b = (vector(x, int(flag)) for x, flag in zip(arguments, batched, strict=True))
    return windowed_products(a, conj(flipped(b)), *window(ops.shape(a)[-1], ops.shape(b)[-1], mode, correlates=True))
