"""Characteristic values and coefficients of Mathieu functions as eigenvalues and eigenvectors (DLMF 28.4, 28.6)."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special

from dispatchml import ops, primal
from dispatchml.lift import plainly, replaces

from ..arguments import array, decided
from ..implicit import run_plain, with_value
from .partials import word


def recurrence(m: int, q: Any, odd: bool) -> tuple[Any, Any]:
    """The symmetric tridiagonal matrices T(q) of the coefficients for orders of one parity, and dT/dq."""
    largest = float(np.max(np.abs(primal(q)), initial=0.0))
    size = m // 2 + 24 + int(2 * np.sqrt(largest))
    first = {(0, False): 0, (0, True): 2}.get((m % 2, odd), 1)
    slope = np.diag(np.ones(size - 1), 1) + np.diag(np.ones(size - 1), -1)
    if m % 2:
        slope[0, 0] = -1.0 if odd else 1.0
    elif not odd:
        slope[0, 1] = slope[1, 0] = np.sqrt(2.0)
    squares = np.diag((first + 2.0 * np.arange(size)) ** 2)
    q = array(q)
    return squares + ops.reshape(q, shape=(*ops.shape(q), 1, 1)) * slope, slope


def eigenvector(m: int, q: Any, odd: bool) -> tuple[Any, Any]:
    """The vector of the m-th characteristic value, of length 1, and dT/dq."""
    matrix, slope = recurrence(m, q, odd)
    return ops.eigh(matrix)[1][..., (m - 1) // 2 if odd else m // 2], slope


def value_slope(m: Any, q: Any, odd: bool) -> Any:
    """The derivative of a characteristic value in q: v dT/dq v, for each order that occurs."""
    total: Any = np.multiply(q, 0.0)
    orders = np.asarray(decided(m))
    for order in np.unique(orders[np.isfinite(orders)]):
        v, slope = eigenvector(int(order), q, odd)
        total = np.where(orders == order, np.sum(v * (v @ slope), axis=-1), total)
    return total


@word
def mathieu_a_slope(m: Any, q: Any) -> Any:
    """The derivative of the characteristic value of the even function."""
    return value_slope(m, q, False)


@word
def mathieu_b_slope(m: Any, q: Any) -> Any:
    """That of the odd function."""
    return value_slope(m, q, True)


def coefficients(name: str, odd: bool) -> None:
    """The Fourier coefficients of Mathieu functions; as eigenvectors they have derivatives in q."""
    own = plainly(getattr(scipy.special, name))

    def found(m, q):
        (plain,) = run_plain(lambda tree: (own(*tree),), (decided(m), q))
        v, _ = eigenvector(int(decided(m)), q, odd)
        v = v[: ops.shape(plain)[0]]
        if not odd and int(decided(m)) % 2 == 0:
            v = ops.concatenate((v[:1] / np.sqrt(2.0), v[1:]), axis=0)
        largest = int(np.argmax(np.abs(decided(v))))
        sign = np.sign(float(decided(plain)[largest])) * np.sign(float(decided(v)[largest]))
        return with_value(plain, sign * v)

    found.__name__ = name
    replaces(f"scipy.special.{name}")(found)


coefficients("mathieu_even_coef", False)
coefficients("mathieu_odd_coef", True)
