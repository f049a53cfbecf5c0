"""Products in which a zero wins over inf and nan: what careful sweeps and careful forward runs multiply with.

A rule whose derivative is such a product writes its pullback as `pullback(ct, strong=as_is)`, multiplies with
`strong(ops.einsum)(...)`, and says `rule_vjp.careful = strong`; a careful sweep then hands that over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..ops.placement import is_remote


def as_is(product: Callable[..., Any]) -> Callable[..., Any]:
    """The product itself."""
    return product


def strong(product: Callable[..., Any]) -> Callable[..., Any]:
    """A product, linear in each of two arguments, in which a zero of one wins over inf or nan of the other.

    An element of the result is spoiled only where inf or nan meets something that is not zero. On a device only
    `multiply` has it: every sweep is careful there, and four products in place of one would be too many.
    """
    known = STRONG.get(product)
    if known is not None:
        return known

    def strong_product(a: Any, b: Any, **keywords: Any) -> Any:
        if is_remote(a) or is_remote(b):
            return product(a, b, **keywords)
        spoiled = ops.add(
            product(is_not_zero(a), is_not_finite(b), **keywords), product(is_not_finite(a), is_not_zero(b), **keywords)
        )
        whole = product(a, b, **keywords)
        return ops.where(ops.greater(spoiled, 0), whole, product(finite_part(a), finite_part(b), **keywords))

    return strong_product


def finite_part(x: Any) -> Any:
    """x with zeros for inf and nan."""
    return ops.where_or_zero(ops.isfinite(x), x)


def is_not_zero(x: Any) -> Any:
    """1 where x is not zero."""
    return as_numbers(ops.not_equal(x, 0))


def is_not_finite(x: Any) -> Any:
    """1 where x is inf or nan."""
    return as_numbers(ops.logical_not(ops.isfinite(x)))


def as_numbers(mask: Any) -> Any:
    """A mask as zeros and ones."""
    return ops.astype(mask, dtype=np.dtype(np.float64))


def strong_einsum(arrays: Any, *, subscripts: str, optimize: Any = False) -> Any:
    """Einstein summation: each operand's inf and nan count where all others are not zero."""

    def summed(operands: Any) -> Any:
        return ops.einsum(tuple(operands), subscripts=subscripts, optimize=optimize)

    if any(map(is_remote, arrays)):
        return summed(arrays)
    present = [is_not_zero(x) for x in arrays]
    spoiled = summed([is_not_finite(arrays[0]), *present[1:]])
    for k in range(1, len(arrays)):
        spoiled = ops.add(spoiled, summed([*present[:k], is_not_finite(arrays[k]), *present[k + 1 :]]))
    return ops.where(ops.greater(spoiled, 0), summed(arrays), summed(map(finite_part, arrays)))


#: 1 where the product of components i and j is a term of component k.
TERMS_OF_CROSS = np.array([[[float(len({i, j, k}) == 3) for k in range(3)] for j in range(3)] for i in range(3)])


def strong_cross(a: Any, b: Any, **keywords: Any) -> Any:
    """The cross product of vectors of three, whose terms have signs and could cancel when they are counted."""
    from .adjoints import from_last, to_last

    axis = keywords.get("axis")
    axisa, axisb, axisc = (keywords.get(k, -1) if axis is None else axis for k in ("axisa", "axisb", "axisc"))
    whole = ops.cross(a, b, **keywords)
    if is_remote(a) or is_remote(b):
        return whole
    first, second = to_last(a, axisa), to_last(b, axisb)
    if ops.shape(first)[-1] != 3 or ops.shape(second)[-1] != 3:
        return whole
    spoiled = None
    for x, y in ((is_not_zero(first), is_not_finite(second)), (is_not_finite(first), is_not_zero(second))):
        count = ops.einsum((x, y, TERMS_OF_CROSS), subscripts="...i,...j,ijk->...k")
        spoiled = count if spoiled is None else ops.add(spoiled, count)
    finite = ops.cross(finite_part(a), finite_part(b), **keywords)
    return ops.where(from_last(ops.greater(spoiled, 0), axisc), whole, finite)


#: Operations on stacks of matrices, in the last two axes of one argument or of several; none sees another matrix. Not
#: those by eigenvalues and singular values: a derivative that does not exist is found by a zero that met an infinity.
STACKS: set[Any] = set()


def by_matrices(ct: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
    """The cotangents of stacks of matrices: zero for a matrix of whose results, one or several, nothing is used.

    Its derivative may be inf or nan where it is singular or holds nan itself.
    """
    outputs = ct if isinstance(ct, tuple) else (ct,)

    def used(x: Any) -> Any:
        stack, masks = max(ops.ndim(x) - 2, 0), []
        for c in outputs:
            mask = ops.not_equal(c, 0)
            inner = tuple(range(stack, ops.ndim(c)))
            masks.append(ops.any(mask, axis=inner) if inner else mask)
        chosen = masks[0]
        for mask in masks[1:]:
            chosen = ops.logical_or(chosen, mask)
        rest = ops.ndim(x) - stack
        chosen = ops.expand_dims(chosen, axis=tuple(range(-rest, 0))) if rest else chosen
        return ops.where_or_zero(ops.broadcast_to(chosen, shape=ops.shape(x)), x)

    return tuple(None if x is None else used(x) for x in found)


STRONG: dict[Any, Callable[..., Any]] = {
    ops.multiply: ops.strong_multiply,
    ops.einsum: strong_einsum,
    ops.cross: strong_cross,
}
