"""Object arrays: numbers of other libraries, such as Fraction, Decimal, mpmath's or uncertain ones.

Elementwise operations go to the elements (`kernels.with_objects`). Here is what is more than elements: orders ask the
elements' own comparison, products and sums are NumPy's loops over elements that get along, linear systems are solved
by elimination. Nothing is computed in floats.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from . import creation, indexing, matrix_functions, products, reductions, scans, selection, shaping, solvers  # noqa: F401  the methods that get a branch here
from . import object_reductions as reducing
from . import object_sorting as sorting
from .kernels import OBJECT
from .object_elements import PYTHON, beside_each_other, branch, known, less, ndarray, of_settled


def with_typed_zeros(array: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function that puts zeros beside elements, with zeros of the elements' class."""

    def on_objects(x: Any, **keywords: Any) -> Any:
        y = array(x, **keywords)
        missing = np.asarray(np.frompyfunc(lambda e: type(e) in PYTHON or isinstance(e, np.generic), 1, 1)(y), bool)
        first = next((e for e in np.asarray(x, object).flat if type(e) not in PYTHON), None)
        if first is None or not missing.any():
            return y
        one = known(ops.ones_like, first)
        if one is None:
            return y
        y = np.array(y)
        for place in zip(*np.nonzero(missing), strict=True):
            whole = y[place].item() if isinstance(y[place], np.generic) else y[place]
            y[place] = ops.multiply(one, whole)
        return y

    return on_objects


def full_like(x: Any, *, value: Any, dtype: Any) -> Any:
    """One number, of the elements' class."""
    return full_of(x, value=value, shape=np.shape(x), dtype=dtype)


def full_of(x: Any, *, value: Any, shape: Any, dtype: Any) -> Any:
    """One number, of the elements' class, in another shape."""
    shape = np.shape(x) if shape is None else shape
    if dtype is not None and np.dtype(dtype) != OBJECT:
        return np.full(shape, value, dtype)
    first = next((e for e in np.asarray(x, object).flat if type(e) not in PYTHON), None)
    y = np.empty(shape, object)
    filled = None if first is None else known(functools.partial(ops.full_like, value=value), first)
    y[...] = value if filled is None else filled
    return y


def empty_like(x: Any, *, dtype: Any) -> Any:
    """Zeros: an object array has no numbers to find."""
    return ops.zeros_like(x, dtype=dtype)


# ---- registration ----------------------------------------------------------------------------------------------------


def loops() -> None:
    """What NumPy's own loops do for elements that get along."""
    for operation in (
        ops.sum, ops.prod, ops.cumsum, ops.cumprod, ops.matmul, ops.dot, ops.inner, ops.outer, ops.vdot, ops.vecdot,
        ops.tensordot, ops.kron, ops.cross, ops.convolve, ops.correlate, ops.trace,
    ):  # fmt: skip
        branch(operation, of_settled(operation.info.exact[(ndarray,) * operation.info.arity].function))
    for operation in (ops.einsum, ops.multi_dot):
        method = operation.info.exact.get((ndarray,))
        if method is not None:
            branch(operation, of_settled(method.function, variadic=True))
    for operation in (ops.concatenate, ops.stack, ops.where, ops.setitem):
        hints = (ndarray,) * operation.info.arity
        branch(operation, beside_each_other(operation.info.exact[hints].function))
    for operation in (ops.tril, ops.triu, ops.diag, ops.pad_constant):
        branch(operation, with_typed_zeros(operation.info.exact[(ndarray,)].function))


def by_parts() -> None:
    """What NumPy computes in floats, or not at all, is made of smaller operations."""
    for operation in (
        ops.nanmax, ops.nanmin, ops.nanmean, ops.nanvar, ops.nanstd, ops.nansum, ops.nanprod, ops.nanmedian,
        ops.nancumsum, ops.nancumprod, ops.quantile, ops.cumulative_logsumexp, ops.tensorinv, ops.tensorsolve, ops.cond,
        ops.ptp, ops.pad,
    ):  # fmt: skip
        if (ndarray,) * operation.info.arity in operation.info.exact and operation.info.decomposition is not None:
            branch(operation, operation.info.decomposition)


loops()
by_parts()
for operation, on_objects in (
    (ops.mean, reducing.mean),
    (ops.var, reducing.var),
    (ops.std, reducing.std),
    (ops.max, reducing.max_of),
    (ops.min, reducing.min_of),
    (ops.argmax, reducing.argmax),
    (ops.argmin, reducing.argmin),
    (ops.median, reducing.median),
    (ops.logsumexp, reducing.logsumexp),
    (ops.softmax, reducing.softmax),
    (ops.log_softmax, reducing.log_softmax),
    (ops.vector_norm, reducing.vector_norm),
    (ops.sort, sorting.sort),
    (ops.argsort, sorting.argsort),
    (ops.partition, sorting.sort),
    (ops.argpartition, sorting.argsort),
    (ops.searchsorted, sorting.searchsorted),
    (ops.cummax, sorting.running(less)),
    (ops.cummin, sorting.running(lambda best, x: less(x, best))),
    (ops.unique, sorting.unique),
    (ops.unique_indices, sorting.unique_indices),
    (ops.full_like, full_like),
    (ops.full_of, full_of),
    (ops.empty_like, empty_like),
    (ops.matrix_norm, reducing.matrix_norm),
):
    branch(operation, on_objects)
