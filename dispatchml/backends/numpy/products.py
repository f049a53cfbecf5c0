"""Kernels of products."""

import math
from typing import Any

import numpy as np

from ... import ops
from .checked import checked, shape_error
from .kernels import kernel

#: Below so many products einsum is done in one go: looking for an order would take longer.
ONE_GO = 1 << 14

MATMUL_ADVICE = (
    "The last axis of a must be as long as the second-last of b (its only one if b is 1-d); others broadcast."
)


def matmul(a: Any, b: Any) -> Any:
    """a @ b."""
    try:
        return np.matmul(a, b)
    except ValueError as error:
        raise shape_error("matmul", (a, b), MATMUL_ADVICE, error) from error


def einsum(arrays: Any, *, subscripts: str, optimize: Any) -> Any:
    """Einstein summation, in the order given where the whole is small."""
    if optimize is True:
        optimize = len(arrays) > 1 and math.prod(math.prod(a.shape) for a in map(np.asarray, arrays)) > ONE_GO
    return np.einsum(subscripts, *arrays, optimize=optimize)


def cross(a: Any, b: Any, *, axisa: int, axisb: int, axisc: int, axis: int | None) -> Any:
    """The vector product of 3-vectors."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ValueError(f"the vectors have {a.shape[-1]} and {b.shape[-1]} components")
    return np.cross(a, b, axisc=axisc)


kernel(ops.matmul, matmul)
kernel(ops.dot, checked(ops.dot, np.dot, MATMUL_ADVICE.replace("; others broadcast", "")))
kernel(ops.inner, checked(ops.inner, np.inner, "The last axes of both must be of one length."))
kernel(ops.outer, np.outer)
kernel(ops.vdot, checked(ops.vdot, np.vdot, "Both need the same number of elements."))
kernel(ops.vecdot, checked(ops.vecdot, np.vecdot, "Both axes must be of one length; the other axes broadcast."))
kernel(ops.tensordot, checked(ops.tensordot, np.tensordot, "The axes of a pair must be of one length."))
kernel(
    ops.einsum,
    checked(ops.einsum, einsum, "Give as many groups of subscripts as arrays, one letter an axis, one size a letter."),
)
kernel(ops.kron, np.kron)
kernel(ops.cross, checked(ops.cross, cross, "Both need 3 components on their axis; append a zero to 2-vectors."))
kernel(
    ops.convolve,
    checked(ops.convolve, np.convolve, "Both must be 1-d and not empty; mode is 'full', 'same' or 'valid'."),
)
kernel(
    ops.correlate,
    checked(ops.correlate, np.correlate, "Both must be 1-d and not empty; mode is 'full', 'same' or 'valid'."),
)
kernel(
    ops.multi_dot,
    checked(ops.multi_dot, lambda arrays: np.linalg.multi_dot(arrays), "Neighbours must fit; inner matrices are 2-d."),
)
