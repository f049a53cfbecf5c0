"""What derivatives of eigenvectors are divided by, and what equal values need instead.

Where values are equal their vectors have no derivative: `divide_by_gaps` raises in a backward sweep that uses it, and
gives nan in a forward one, where the eigenvalues' tangents are still wanted.
"""

from typing import Any

import numpy as np

from .. import ops
from ..ops.placement import beside
from .adjoints import add_known, align, column, conj, element_rank, is_real, row
from .registry import batch, rule

add, multiply, subtract, gaps = ops.add, ops.multiply, ops.subtract, ops.divide_by_gaps


def real_part(x: Any) -> Any:
    """The real part; real values as they are."""
    return x if is_real(x) else ops.real(x)


def matrix_of(diagonal: Any) -> Any:
    """diag(diagonal) as a matrix; an identity of bools takes any precision."""
    return multiply(row(diagonal), beside(np.eye(ops.shape(diagonal)[-1], dtype=bool), diagonal))


def quotients(ct: Any, w: Any) -> Any:
    """(ct_j - ct_i) / (w_j - w_i); 0 where both are equal."""
    even = ops.even_out(ct, w)
    return gaps(subtract(row(even), column(even)), w, degenerate="nan")


# ---- the quotient ----------------------------------------------------------------------------------------------------


@rule(ops.divide_by_gaps).jvp
def divide_by_gaps_jvp(y: Any, tangents: Any, x: Any, w: Any, *, sums: bool, degenerate: str) -> Any:
    """(dx - y * the gaps of dw) over the gaps."""
    dx, dw = tangents
    change = None
    if dw is not None:
        spread = add(column(dw), row(dw)) if sums else subtract(row(dw), column(dw))
        change = ops.negative(multiply(y, spread))
    return gaps(add_known(dx, change), w, sums=sums, degenerate=degenerate)


@rule(ops.divide_by_gaps).vjp
def divide_by_gaps_vjp(y: Any, x: Any, w: Any, *, needs: Any, sums: bool, degenerate: str) -> Any:
    """ct over the conjugate gaps; for w its products with y, summed by rows and columns."""

    def divide_by_gaps_pullback(ct: Any) -> Any:
        gx = conj(gaps(conj(ct), w, sums=sums, degenerate=degenerate))
        gw = None
        if needs[1]:
            products = multiply(conj(y), gx)
            columns, rows = ops.sum(products, axis=-2), ops.sum(products, axis=-1)
            gw = ops.negative(add(columns, rows)) if sums else subtract(rows, columns)
        return gx if needs[0] else None, gw

    return divide_by_gaps_pullback


def per(x: Any) -> Any:
    """1 over the units of x."""
    return ops.divide(1, ops.ones_of(x, shape=()))


@rule(ops.turn_equal).jvp
def turn_equal_jvp(y: Any, tangents: Any, h: Any, w: Any, *, twice: bool) -> Any:
    """Nothing; an error or nan where values are equal."""
    dh, dw = tangents
    ops.turn_equal(h, w, twice=True)
    if dh is None:
        return multiply(multiply(y, 0), multiply(ops.ones_of(dw, shape=()), per(w)))
    used = gaps(multiply(dh, per(h)), multiply(w, per(w)), degenerate="nan")
    return multiply(multiply(used, ops.ones_like(y)), 0)


@rule(ops.turn_equal).vjp
def turn_equal_vjp(y: Any, h: Any, w: Any, *, needs: Any, twice: bool) -> Any:
    """Nothing; an error where values are equal."""
    ops.turn_equal(h, w, twice=True)

    def turn_equal_pullback(ct: Any) -> Any:
        if not needs[0]:
            return None, None
        return multiply(gaps(multiply(ct, per(h)), multiply(w, per(w))), 0), None

    return turn_equal_pullback


@rule(ops.even_out).jvp
def even_out_jvp(y: Any, tangents: Any, x: Any, w: Any) -> Any:
    """That of x: only rounding is evened out."""
    dx, dw = tangents
    if dx is None:
        return multiply(multiply(y, 0), multiply(ops.ones_of(dw, shape=()), per(w)))
    return dx


@rule(ops.even_out).vjp
def even_out_vjp(y: Any, x: Any, w: Any, *, needs: Any) -> Any:
    """That of x."""

    def even_out_pullback(ct: Any) -> Any:
        return ct if needs[0] else None, None

    return even_out_pullback


def batch_of_values(operation: Any, rank_of_first: int) -> None:
    """Declare that an operation on matrices (or vectors) and the values beside them takes a batch as one more stack."""

    @batch(operation)
    def batched_values(arguments: Any, batched: Any, size: int, **keywords: Any) -> Any:
        x, w = arguments
        more = rank_of_first - 1
        rank = max(element_rank(x, batched[0]) - more, element_rank(w, batched[1]))
        return operation(align(x, batched[0], rank + more), align(w, batched[1], rank), **keywords)


batch_of_values(ops.divide_by_gaps, 2)
batch_of_values(ops.turn_equal, 2)
batch_of_values(ops.spectral_sum, 2)
batch_of_values(ops.even_out, 1)
