"""Products of arrays: dot and its kin, tensor contractions, convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NoMethodError, at_user_line
from ..engines.views import as_view
from ..engines.writable import Writable
from ..ops.placement import beside
from .dtypes import casted
from .registry import numpy_function, operand, operands


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


# ---- polynomials, highest power first ----------------------------------------------------------------------------


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


@numpy_function(np.polyfit, arrays=2)
def polyfit(x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    if full or cov:
        raise NoMethodError(
            f"numpy.polyfit(full=True) and cov=True are not defined on layered values{at_user_line()}. Solve "
            "the least squares "
            "problem with numpy.linalg.lstsq(numpy.vander(x, deg + 1), y)."
        )
    matrix = vander(x, deg + 1)
    right = y
    if w is not None:
        w = operand(w)
        matrix = ops.multiply(matrix, ops.expand_dims(w, axis=-1))
        right = ops.multiply(right, w if ops.ndim(y) == 1 else ops.expand_dims(w, axis=-1))
    scale = ops.sqrt(ops.sum(ops.square(matrix), axis=0))
    found = ops.matmul(ops.pinv(ops.divide(matrix, scale)), right)
    return ops.divide(found, scale if ops.ndim(found) == 1 else ops.expand_dims(scale, axis=-1))
