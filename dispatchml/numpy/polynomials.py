"""Polynomials, highest power first: values, sums and products, roots, fits."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..ops.placement import beside
from .dtypes import casted
from .registry import numpy_function, operand
from .sorting import plain


@numpy_function(np.polyval, arrays=2)
def polyval(p: Any, x: Any) -> Any:
    coefficients = ops.unstack(p, axis=0)
    y = ops.broadcast_to(coefficients[0], shape=ops.shape(x)) if coefficients else ops.multiply(x, 0)
    if coefficients and ops.dtype(x).kind in "fc":  # NumPy begins with 0 * x, which is nan where x is infinite
        finite = ops.astype(ops.isfinite(x), dtype=np.dtype(ops.dtype(x).char.lower()))
        y = ops.multiply(y, ops.divide(finite, finite))
    for coefficient in coefficients[1:]:  # Horner's scheme
        y = ops.add(ops.multiply(y, x), coefficient)
    return y


@numpy_function(np.polyadd, arrays=2)
def polyadd(a1: Any, a2: Any) -> Any:
    a1, a2 = ops.atleast_1d(a1), ops.atleast_1d(a2)
    n = max(ops.shape(a1)[0], ops.shape(a2)[0])
    return ops.add(*(ops.pad(a, pad_width=(n - ops.shape(a)[0], 0)) if ops.shape(a)[0] < n else a for a in (a1, a2)))


@numpy_function(np.polysub, arrays=2)
def polysub(a1: Any, a2: Any) -> Any:
    return polyadd(a1, ops.negative(a2))


@numpy_function(np.polymul, arrays=2)
def polymul(a1: Any, a2: Any) -> Any:
    return ops.convolve(ops.atleast_1d(a1), ops.atleast_1d(a2), mode="full")


@numpy_function(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    for _ in range(m):
        n = ops.shape(p)[0]
        p = ops.multiply(ops.getitem(p, index=slice(0, -1)), beside(np.arange(n - 1, 0, -1), p))
    return p


@numpy_function(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    constants = [0] * m if k is None else list(np.atleast_1d(k)) if not isinstance(k, (list, tuple)) else list(k)
    constants = constants * m if len(constants) == 1 else constants
    for constant in constants[:m]:
        n = ops.shape(p)[0]
        p = ops.divide(p, beside(np.arange(n, 0, -1), p))
        p = ops.concatenate(
            (p, ops.reshape(ops.add(ops.multiply(ops.getitem(p, index=0), 0), constant), shape=(1,))), axis=0
        )
    return p


@numpy_function(np.vander)
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    n = ops.shape(x)[0] if N is None else N
    powers = np.arange(n) if increasing else np.arange(n)[::-1]
    x = casted(x, np.promote_types(ops.dtype(x), int))
    return ops.stack(tuple(ops.power(x, int(k)) for k in powers), axis=-1)


@numpy_function(np.roots)
def roots(p: Any) -> Any:
    return ops.roots(p)


@numpy_function(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    zeros = ops.atleast_1d(seq_of_zeros)
    if ops.ndim(zeros) == 2 and ops.shape(zeros)[0] == ops.shape(zeros)[1] != 0:
        zeros = ops.eigvals(zeros)
    elif ops.ndim(zeros) != 1:
        raise ValueError("input must be 1d or non-empty square 2d array.")
    if not ops.shape(zeros)[0]:
        return 1.0
    kind = ops.dtype(zeros)
    one = np.ones(1, kind if kind.kind in "fcO" else float)
    product: Any = one
    for zero in ops.unstack(zeros, axis=0):
        product = ops.convolve(
            product, ops.concatenate((one, ops.reshape(ops.negative(zero), shape=(1,)))), mode="full"
        )
    if kind.kind == "c":
        known = plain(zeros)
        if np.all(np.sort(known) == np.sort(known.conj())):  # in pairs: NumPy's test
            return ops.real(product)
    return product


@numpy_function(np.polydiv, arrays=2)
def polydiv(u: Any, v: Any) -> Any:
    """The quotient and the remainder, by the school's division."""
    u, v = (ops.add(ops.atleast_1d(x), 0.0) for x in (u, v))
    kind = np.promote_types(ops.dtype(u), ops.dtype(v))
    n, m = ops.shape(u)[0] - 1, ops.shape(v)[0] - 1
    rest, divisor = list(ops.unstack(casted(u, kind), axis=0)), ops.unstack(v, axis=0)
    scale, found = ops.divide(1.0, divisor[0]), []
    for k in range(n - m + 1):
        factor = ops.multiply(scale, rest[k])
        found.append(factor)
        for j in range(m + 1):
            rest[k + j] = ops.subtract(rest[k + j], ops.multiply(factor, divisor[j]))
    quotient = ops.stack(tuple(found), axis=0) if found else np.zeros(1, kind)
    start = 0
    while start < len(rest) - 1 and np.allclose(plain(rest[start]), 0, rtol=1e-14):
        start += 1
    return quotient, ops.stack(tuple(rest[start:]), axis=0)


@numpy_function(np.polyfit, arrays=2)
def polyfit(x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    count = ops.shape(x)[0]
    if ops.dtype(x).kind in "biu":
        x = casted(x, np.dtype(float))
    limit = rcond
    if rcond is None and ops.dtype(x).kind in "fc":
        limit = count * np.finfo(ops.dtype(x)).eps
    matrix = vander(x, deg + 1)
    right = y
    if w is not None:
        w = operand(w)
        matrix = ops.multiply(matrix, ops.expand_dims(w, axis=-1))
        right = ops.multiply(right, w if ops.ndim(y) == 1 else ops.expand_dims(w, axis=-1))
    scale = ops.sqrt(ops.sum(ops.square(matrix), axis=0))
    scaled = ops.divide(matrix, scale)
    if full or cov:
        found, left, rank, values = ops.lstsq(scaled, right, rcond=limit)
    else:
        found, left, rank, values = ops.matmul(ops.pinv(scaled, rcond=limit), right), None, deg + 1, None
    found = ops.divide(found, scale if ops.ndim(found) == 1 else ops.expand_dims(scale, axis=-1))
    if full:
        return found, left, rank, values, limit
    if not cov:
        return found
    inverse = ops.inv(ops.matmul(ops.swapaxes(scaled, axis1=0, axis2=1), scaled))
    inverse = ops.divide(inverse, ops.outer(scale, scale))
    if isinstance(cov, str) and cov == "unscaled":
        factor: Any = 1
    elif count <= deg + 1:
        raise ValueError("the number of data points must exceed order to scale the covariance matrix")
    else:
        factor = ops.divide(left, count - deg - 1)
    if ops.ndim(y) == 1:
        return found, ops.multiply(inverse, factor)
    return found, ops.multiply(ops.expand_dims(inverse, axis=-1), factor)
