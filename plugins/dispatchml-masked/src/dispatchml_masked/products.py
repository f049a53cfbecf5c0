"""Products over axes, and what needs every element.

Products leave out pairs of which one is masked and are masked where no pair is left, as numpy.ma.dot does. What depends
on a matrix as a whole, such as a determinant, has no meaning where an element is masked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.dispatch.errors import at_user_line

from .parts import NOMASK, MaskError, data_of, has_any, made, mask, mask_array, replaced, united
from .shapes import truth

Rule = Callable[..., Any]


def present(x: Any) -> Any:
    """1 where an element is there, 0 where it is masked."""
    if mask(x) is NOMASK:
        return np.ones(ops.shape(x))
    return ops.subtract(1.0, ops.astype(mask_array(x), dtype=np.dtype(float)))


def filled(x: Any) -> Any:
    """The data with zeros where masked."""
    return replaced(data_of(x), mask(x), 0)


def pairs(op: Any) -> Rule:
    """A product of two: masked where no pair of elements is there."""

    def of_pairs(a: Any, b: Any, **keywords: Any) -> Any:
        y = op(filled(a), filled(b), **keywords)
        if mask(a) is NOMASK and mask(b) is NOMASK:
            return made(y, NOMASK)
        return made(y, truth(ops.equal(op(present(a), present(b), **keywords), 0)))

    return of_pairs


def tuples(op: Any) -> Rule:
    """The same for several factors."""

    def of_tuples(arrays: Any, **keywords: Any) -> Any:
        y = op(tuple(map(filled, arrays)), **keywords)
        if all(mask(x) is NOMASK for x in arrays):
            return made(y, NOMASK)
        return made(y, truth(ops.equal(op(tuple(map(present, arrays)), **keywords), 0)))

    return of_tuples


def contaminated(op: Any) -> Rule:
    """Convolutions: masked where a masked element takes part, as numpy.ma.convolve."""

    def of_all(a: Any, b: Any, **keywords: Any) -> Any:
        y = op(filled(a), filled(b), **keywords)
        if mask(a) is NOMASK and mask(b) is NOMASK:
            return made(y, NOMASK)
        touched = [np.ones(ops.shape(x)) for x in (a, b)]
        parts = [ops.subtract(1.0, present(x)) for x in (a, b)]
        reach = ops.add(op(parts[0], touched[1], **keywords), op(touched[0], parts[1], **keywords))
        return made(y, truth(ops.greater(reach, 0)))

    return of_all


def cross(a: Any, b: Any, **keywords: Any) -> Any:
    """A cross product of vectors that have all their components."""
    refuse_masked("cross", (a, b))
    return made(ops.cross(data_of(a), data_of(b), **keywords), NOMASK)


def refuse_masked(name: str, arrays: Any) -> None:
    """The error for an operation that needs every element."""
    if any(has_any(mask(x)) for x in arrays):
        raise MaskError(
            f"{name} of an array with masked elements{at_user_line()} has no meaning: its result depends on every "
            "element, and those are not known. Fill them (x.filled(0)), or take the rows and columns that are complete."
        )


def whole(op: Any) -> Rule:
    """An operation on complete arrays."""
    name = op.info.name

    def of_complete(*arrays: Any, **keywords: Any) -> Any:
        refuse_masked(name, arrays)
        return unmasked(op(*map(data_of, arrays), **keywords))

    return of_complete


def whole_several(op: Any) -> Rule:
    """The same for a tuple."""
    name = op.info.name

    def of_complete(arrays: Any, **keywords: Any) -> Any:
        refuse_masked(name, arrays)
        return unmasked(op(tuple(map(data_of, arrays)), **keywords))

    return of_complete


def unmasked(y: Any) -> Any:
    """Results as masked arrays in which nothing is masked; numbers and counts as they are."""
    if isinstance(y, tuple):
        return tuple(map(unmasked, y))
    return made(y, NOMASK) if ops.dtype(y).kind in "fc" else y


def matrix_norm(x: Any, *, ord: Any = "fro", keepdims: bool = False) -> Any:
    """The Frobenius norm over what is not masked; others of complete matrices."""
    if ord != "fro":
        refuse_masked("matrix_norm", (x,))
    gone = NOMASK if mask(x) is NOMASK else truth(ops.all(mask_array(x), axis=(-2, -1), keepdims=keepdims))
    return made(ops.matrix_norm(filled(x), ord=ord, keepdims=keepdims), united(gone))


#: Maker of rules -> names of operations.
TABLES: dict[Any, str] = {
    pairs: "dot inner kron matmul outer tensordot vdot vecdot",
    tuples: "einsum",
    contaminated: "convolve correlate",
    whole: """
        cholesky cond det divide_by_gaps eig eigh eigvals eigvalsh expm hermitian_function inv logm lstsq lu
        matrix_power matrix_rank pinv qr slogdet solve solve_triangular sqrtm svd svdvals tensorinv tensorsolve
        fft fft2 fftn hfft ifft ifft2 ifftn ihfft irfft irfft2 irfftn rfft rfft2 rfftn
    """,
    whole_several: "cofactor frechet",
}
PARTICULAR = {f.__name__: f for f in (cross, matrix_norm)}
