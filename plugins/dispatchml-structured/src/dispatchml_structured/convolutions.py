"""Products of Toeplitz matrices with vectors, and their transposes, by fast Fourier transforms."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from dispatchml import ops

__all__ = ["SMALL", "by_transforms", "diagonal_sums", "dense_sums", "gathered", "lags", "toeplitz_product"]

#: Up to this many entries a dense product is faster than transforms, and exact to the last bits.
SMALL = 64 * 64


def good_length(n: int) -> int:
    """The least product of powers of 2, 3 and 5 that is not below n: lengths of fast transforms."""
    best = 1 << max(n - 1, 0).bit_length()
    fives = 1
    while fives < best:
        threes = fives
        while threes < best:
            twos = threes << max(-(-n // threes) - 1, 0).bit_length()
            best = min(best, twos) if twos >= n else best
            threes *= 3
        fives *= 5
    return best


def by_transforms(size: int, *arrays: Any) -> bool:
    """Whether transforms are to be used: for floating-point numbers, from a size on."""
    return size > SMALL and all(ops.dtype(x).kind in "fc" for x in arrays)


@functools.lru_cache(maxsize=32)
def lags(m: int, n: int) -> Any:
    """i - j + n - 1 for each entry of an (m, n) matrix: where `values` has its diagonal."""
    found = np.arange(m)[:, None] - np.arange(n)[None, :] + n - 1
    found.setflags(write=False)
    return found


def values(column: Any, row: Any) -> Any:
    """The diagonals of a Toeplitz matrix, the last one first: row from its end without its first, then column."""
    rest = ops.flip(ops.getitem(row, index=(..., slice(1, None))), axis=-1)
    return ops.concatenate((rest, column), axis=-1)


def gathered(column: Any, row: Any) -> Any:
    """The dense Toeplitz matrix."""
    m, n = ops.shape(column)[-1], ops.shape(row)[-1]
    if m == 0 or n == 0:
        return ops.zeros_of(column, shape=(*ops.shape(column)[:-1], m, n))
    return ops.take(values(column, row), lags(m, n), axis=-1)


def transforms(length: int, *arrays: Any) -> tuple[Any, Any]:
    """The pair of transforms along the second last axis for these arrays, at this length."""
    if any(ops.dtype(x).kind == "c" for x in arrays):
        return lambda x: ops.fft(x, n=length, axis=-2), lambda x: ops.ifft(x, n=length, axis=-2)
    return lambda x: ops.rfft(x, n=length, axis=-2), lambda x: ops.irfft(x, n=length, axis=-2)


def toeplitz_product(column: Any, row: Any, x: Any) -> Any:
    """The Toeplitz matrix with first column (..., m) and first row (..., n) times x (..., n, k)."""
    m, n = ops.shape(column)[-1], ops.shape(row)[-1]
    if not by_transforms(m * n, column, row, x):
        return ops.matmul(gathered(column, row), x)
    length = good_length(m + n - 1)
    forward, backward = transforms(length, column, row, x)
    kernel = ops.expand_dims(values(column, row), axis=-1)
    y = backward(ops.multiply(forward(kernel), forward(x)))
    return ops.getitem(y, index=(..., slice(n - 1, n - 1 + m), slice(None)))


def diagonal_sums(a: Any, b: Any) -> Any:
    """For matrices a (..., m, k) and b (..., n, k) the sums of a b^T along each diagonal, the last one first.

    Entry k + n - 1 of the result (..., m + n - 1) is the sum of a[i] . b[j] over all i - j = k.
    """
    m, n = ops.shape(a)[-2], ops.shape(b)[-2]
    if not by_transforms(m * n, a, b):
        return dense_sums(ops.matmul(a, ops.swapaxes(b, axis1=-2, axis2=-1)))
    length = good_length(m + n - 1)
    forward, backward = transforms(length, a, b)
    product = ops.multiply(forward(a), forward(ops.flip(b, axis=-2)))
    y = backward(ops.sum(product, axis=-1, keepdims=True))
    return ops.getitem(y, index=(..., slice(0, m + n - 1), 0))


def dense_sums(g: Any) -> Any:
    """The sums of a matrix (..., m, n) along each diagonal, the last one first."""
    m, n = ops.shape(g)[-2:]
    if m == 0 or n == 0:
        return ops.zeros_of(g, shape=(*ops.shape(g)[:-2], max(m + n - 1, 0)))
    return ops.scatter(g, index=(..., lags(m, n)), shape=(*ops.shape(g)[:-2], m + n - 1))
