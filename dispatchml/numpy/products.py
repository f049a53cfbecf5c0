"""Products of arrays: dot and its kin, tensor contractions, convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..engines.views import as_view
from ..engines.writable import Writable
from .registry import numpy_function, operands


@numpy_function(np.matmul, arrays=2)
def matmul(x1: Any, x2: Any, /, out: Any = None, **keywords: Any) -> Any:
    return ops.matmul(x1, x2)


@numpy_function(np.dot, arrays=2)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    return ops.dot(a, b)


@numpy_function(np.vdot, arrays=2)
def vdot(a: Any, b: Any, /) -> Any:
    return ops.vdot(a, b)


@numpy_function(np.vecdot, arrays=2)
def vecdot(x1: Any, x2: Any, /, out: Any = None, *, axis: int = -1, **keywords: Any) -> Any:
    return ops.vecdot(x1, x2, axis=axis)


@numpy_function(np.matvec, arrays=2)
def matvec(x1: Any, x2: Any, /, out: Any = None, **keywords: Any) -> Any:
    y = ops.matmul(x1, ops.expand_dims(x2, axis=-1))
    return ops.squeeze(y, axis=-1)


@numpy_function(np.vecmat, arrays=2)
def vecmat(x1: Any, x2: Any, /, out: Any = None, **keywords: Any) -> Any:
    row = ops.conj(x1) if ops.dtype(x1).kind == "c" else x1
    return ops.squeeze(ops.matmul(ops.expand_dims(row, axis=-2), x2), axis=-2)


@numpy_function(np.inner, arrays=2)
def inner(a: Any, b: Any, /) -> Any:
    return ops.inner(a, b)


@numpy_function(np.outer, arrays=2)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    return ops.outer(a, b)


@numpy_function(np.kron, arrays=2)
def kron(a: Any, b: Any) -> Any:
    return ops.kron(a, b)


@numpy_function(np.tensordot, arrays=2)
def tensordot(a: Any, b: Any, /, axes: Any = 2) -> Any:
    if isinstance(axes, (tuple, list)):
        first, second = axes
        axes = tuple(tuple(s) if isinstance(s, (tuple, list, np.ndarray)) else (int(s),) for s in (first, second))
    return ops.tensordot(a, b, axes=axes)


@numpy_function(np.cross, arrays=2)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    return ops.cross(a, b, axisa=axisa, axisb=axisb, axisc=axisc, axis=axis)


@numpy_function(np.einsum, arrays=0)
def einsum(*arguments: Any, out: Any = None, optimize: Any = False, **keywords: Any) -> Any:
    subscripts, arrays = einsum_arguments(arguments)
    if len(arrays) == 1 and isinstance(arrays[0], Writable) and not keywords:
        view = einsum_view(subscripts, arrays[0])
        if view is not None:
            return view
    y = ops.einsum(arrays, subscripts=subscripts, optimize=optimize)
    dtype = keywords.get("dtype")
    return ops.astype(y, dtype=np.dtype(dtype)) if dtype is not None else y


def diagonal(x: Any, **axes: int) -> Any:
    """The diagonal that einsum gives, which can be written to; numpy.diagonal's cannot."""
    return ops.diagonal(x, **axes)


def einsum_view(subscripts: str, x: Any) -> Any:
    """A diagonal or a transpose, which NumPy gives as a view that can be written to; None where anything is summed."""
    given, arrow, wanted = subscripts.partition("->")
    names, ndim = given.replace("...", ""), ops.ndim(x)
    rest = "".join(map(str, range(ndim - len(names)))) if "..." in given else ""  # digits are no labels
    labels = list(given.replace("...", rest))
    if not arrow:
        wanted = "..." * bool(rest) + "".join(sorted(k for k in names if names.count(k) == 1))
    wanted = wanted.replace("...", rest)
    if len(labels) != ndim or set(wanted) != set(labels) or len(set(wanted)) < len(wanted):
        return None
    shape = ops.shape(x)
    if any(shape[k] != shape[labels.index(label)] for k, label in enumerate(labels)):
        return None
    for label in sorted(set(labels)):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            x = as_view(ops.diagonal(x, axis1=first, axis2=second), x, diagonal, {"axis1": first, "axis2": second})
            labels = [k for i, k in enumerate(labels) if i not in (first, second)] + [label]
    return ops.transpose(x, axes=tuple(labels.index(label) for label in wanted))


def einsum_arguments(arguments: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The subscripts and the arrays, from either of the two forms that NumPy takes."""
    if isinstance(arguments[0], str):
        return arguments[0].replace(" ", ""), operands(arguments[1:])
    pairs = arguments[: len(arguments) // 2 * 2]
    arrays, lists = operands(pairs[::2]), pairs[1::2]

    def text(labels: Any) -> str:
        return "".join("..." if k is Ellipsis else letter(k) for k in labels)

    subscripts = ",".join(map(text, lists))
    if len(arguments) % 2:
        subscripts += "->" + text(arguments[-1])
    return subscripts, arrays


def letter(number: int) -> str:
    """The letter that NumPy takes for a number in the list form."""
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[number]


@numpy_function(np.einsum_path, arrays=0)
def einsum_path(*arguments: Any, optimize: Any = "greedy", einsum_call: bool = False) -> Any:
    subscripts, arrays = einsum_arguments(arguments)
    shapes = [np.broadcast_to(np.float64(0), ops.shape(a)) for a in arrays]
    return np.einsum_path(subscripts, *shapes, optimize=optimize)


@numpy_function(np.convolve, arrays=2)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    return ops.convolve(a, v, mode=mode)


@numpy_function(np.correlate, arrays=2)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    return ops.correlate(a, v, mode=mode)
