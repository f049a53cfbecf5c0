"""New arrays: from lists that may hold layered values, like other arrays, and between layered ends."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import NoMethodError, at_user_line
from ..dispatch.operation import operation
from ..rules.registry import RULES, batch, rule
from .manipulation import broadcast_view, copy_of, in_order, order_of, sizes
from .registry import is_ours, numpy_function, operand, operands


def array_of(a: Any, dtype: Any = None, copy: bool = False, ndmin: int = 0) -> Any:
    """A layered value, or a list that holds some, as one layered array."""
    y = operand(a)
    if dtype is not None and ops.dtype(y) != np.dtype(dtype):
        y = ops.astype(y, dtype=np.dtype(dtype))
    elif copy and y is a:
        y = copy_of(y)
    if ops.ndim(y) < ndmin:
        y = ops.reshape(y, shape=(1,) * (ndmin - ops.ndim(y)) + ops.shape(y))
    return y


@numpy_function(np.asarray, arrays=0)
def asarray(
    obj: Any, /, dtype: Any = None, order: Any = None, *, device: Any = None, copy: bool | None = None, like: Any = None
) -> Any:
    return array_of(obj, dtype, bool(copy))


@numpy_function(np.asanyarray, arrays=0)
def asanyarray(a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: Any = None) -> Any:
    return array_of(a, dtype, bool(copy))


@numpy_function(np.array, arrays=0)
def array(
    object: Any, dtype: Any = None, *, copy: bool | None = True, order: Any = "K", subok: bool = False, ndmin: int = 0,
    like: Any = None,
) -> Any:  # fmt: skip
    return array_of(object, dtype, bool(copy), ndmin)


@numpy_function(np.ascontiguousarray, arrays=0)
def ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    return array_of(a, dtype, ndmin=1)


@numpy_function(np.asfortranarray, arrays=0)
def asfortranarray(a: Any, dtype: Any = None) -> Any:
    return array_of(a, dtype)


@numpy_function(np.asarray_chkfinite, arrays=0)
def asarray_chkfinite(a: Any, dtype: Any = None, order: Any = None) -> Any:
    y = array_of(a, dtype)
    if not bool(ops.all(ops.isfinite(y))):
        raise ValueError("array must not contain infs or NaNs")
    return y


@numpy_function(np.require, arrays=0)
def require(a: Any, dtype: Any = None, requirements: Any = None) -> Any:
    return array_of(a, dtype)


@numpy_function(np.copy, arrays=1)
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    return in_order(copy_of(a), order)


def from_dlpack_plain(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
    """NumPy's from_dlpack."""
    return np.from_dlpack(x, device=device, copy=copy)


@numpy_function(np.from_dlpack, plain=from_dlpack_plain)
def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
    return copy_of(x) if copy else x


# ---- like another array ------------------------------------------------------------------------------------------


@operation(family="layers")
def constant_beside(y: Any, x: Any) -> Any:
    """y as a constant in the transforms that x belongs to."""


constant_beside.info.layer_default = lambda top: lambda y, x: y


@constant_beside.register
def constant_plainly(y: object, x: object) -> Any:
    return y


@rule(constant_beside).jvp
def constant_beside_jvp(y: Any, tangents: Any, a: Any, x: Any) -> Any:
    return ops.zeros_like(y) if tangents[0] is None else tangents[0]


@rule(constant_beside).vjp
def constant_beside_vjp(y: Any, a: Any, x: Any, *, needs: Any) -> Any:
    def constant_beside_pullback(ct: Any) -> Any:
        return (ct if needs[0] else None), None

    return constant_beside_pullback


@batch(constant_beside)
def constant_beside_in_batch(arguments: Any, batched: Any, size: int) -> Any:
    y, x = arguments
    y = y if batched[0] else ops.broadcast_to(y, shape=(size, *ops.shape(y)))
    return constant_beside(y, x)


RULES[constant_beside.info].place = ""  # not the line of the user that was the first to need this file


def fillable(y: Any, x: Any) -> Any:
    """New values in the layers of x: `y = np.zeros_like(x); y[0] = x[1] ** 2` works when x is traced."""
    if getattr(y, "_level_number", 0) >= getattr(x, "_level_number", 0):
        return y
    if ops.shape(y) != ops.shape(x) or ops.dtype(y) != ops.dtype(x) or ops.dtype(x).kind not in "fc":
        return y
    return constant_beside(y, x)


def like(name: str, make: Callable[..., Any]) -> None:
    """A function *_like: the layer's own zeros or ones, constant to derivatives, to be filled with traced values."""

    def made(
        x: Any, /, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
    ) -> Any:
        wanted = None if shape is None else sizes(shape)
        y = fillable(make(x, wanted, None if dtype is None else np.dtype(dtype)), x)
        return in_order(y, order_of(x) if order in ("A", "K") else order)

    made.__name__ = name
    numpy_function(getattr(np, name))(made)


like("zeros_like", lambda x, shape, dtype: ops.zeros_of(x, shape=shape, dtype=dtype))
like("ones_like", lambda x, shape, dtype: ops.ones_of(x, shape=shape, dtype=dtype))
like("empty_like", lambda x, shape, dtype: ops.zeros_of(x, shape=shape, dtype=dtype))


@numpy_function(np.full_like, arrays=2)
def full_like(
    x: Any, /, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *,
    device: Any = None,
) -> Any:  # fmt: skip
    wanted = ops.shape(x) if shape is None else sizes(shape)
    dtype = ops.dtype(x) if dtype is None else np.dtype(dtype)
    if not is_ours(fill_value) and np.ndim(fill_value) == 0:
        y = fillable(ops.full_of(x, value=fill_value, shape=wanted, dtype=dtype), x)
        return in_order(y, order_of(x) if order in ("A", "K") else order)
    return ops.broadcast_to(ops.astype(fill_value, dtype=dtype), shape=wanted)


@numpy_function(np.full, arrays=0)
def full(
    shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None
) -> Any:
    y = ops.broadcast_to(operand(fill_value), shape=sizes(shape))
    return y if dtype is None else ops.astype(y, dtype=np.dtype(dtype))


# ---- ranges ------------------------------------------------------------------------------------------------------


def arange_plain(start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None) -> Any:
    """NumPy's arange, with the standard's signature."""
    if stop is None:
        start, stop = 0, start
    return np.arange(start, stop, step, dtype=dtype, device=device)


@numpy_function(np.arange, arrays=0, plain=arange_plain)
def arange(
    start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None, like: Any = None
) -> Any:
    raise NoMethodError(
        f"numpy.arange with layered ends has a length that depends on values{at_user_line()}. Write "
        "start + step * numpy.arange(n), or numpy.linspace(start, stop, n)."
    )


def linspace_plain(
    start: Any, stop: Any, /, num: int = 50, endpoint: bool = True, retstep: Any = False, dtype: Any = None,
    axis: int = 0, *, device: Any = None,
) -> Any:  # fmt: skip
    """NumPy's linspace, with the standard's signature."""
    return np.linspace(start, stop, num, endpoint, retstep, dtype, axis, device=device)


@numpy_function(np.linspace, arrays=2, plain=linspace_plain)
def linspace(
    start: Any, stop: Any, /, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None,
    axis: int = 0, *, device: Any = None,
) -> Any:  # fmt: skip
    parts = num - 1 if endpoint else num
    weights = np.arange(num) / max(parts, 1)
    kind = np.result_type(*(x if type(x) in (int, float, complex) else ops.dtype(x) for x in (start, stop)), 1.0)
    if kind.kind in "fc":
        weights = weights.astype(np.finfo(kind).dtype)
    if kind.kind == "O":  # ratios in the class of the numbers
        like = start if ops.dtype(start).kind == "O" else stop
        weights = np.array([np.asarray(ops.literal(k, max(parts, 1), like))[()] for k in range(num)], object)
    n = max(ops.ndim(start), ops.ndim(stop))
    weights = weights.reshape((num,) + (1,) * n)
    y = ops.add(ops.multiply(start, 1 - weights), ops.multiply(stop, weights))
    if axis:
        y = ops.moveaxis(y, source=0, destination=axis)
    if dtype is not None:
        y = ops.astype(y, dtype=np.dtype(dtype))
    return (y, ops.divide(ops.subtract(stop, start), parts if parts > 0 else math.nan)) if retstep else y


@numpy_function(np.logspace, arrays=2)
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    y = ops.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return y if dtype is None else ops.astype(y, dtype=np.dtype(dtype))


@numpy_function(np.geomspace, arrays=2)
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    share = linspace(0.0, 1.0, num, endpoint)
    n = max(ops.ndim(start), ops.ndim(stop))
    y = ops.multiply(start, ops.power(ops.divide(stop, start), share.reshape((num,) + (1,) * n)))
    if axis:
        y = ops.moveaxis(y, source=0, destination=axis)
    return y if dtype is None else ops.astype(y, dtype=np.dtype(dtype))


def meshgrid_plain(*arrays: Any, copy: bool = True, sparse: bool = False, indexing: Any = "xy") -> Any:
    """NumPy's meshgrid."""
    return np.meshgrid(*arrays, copy=copy, sparse=sparse, indexing=indexing)


@numpy_function(np.meshgrid, arrays=0, plain=meshgrid_plain)
def meshgrid(*arrays: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    parts = operands(arrays)
    n = len(parts)
    shaped = []
    for k, x in enumerate(parts):
        place = {0: 1, 1: 0}.get(k, k) if indexing == "xy" and n > 1 else k
        shaped.append(ops.reshape(x, shape=tuple(ops.size(x) if j == place else 1 for j in range(n))))
    if sparse:
        return tuple(shaped)
    wanted = np.broadcast_shapes(*map(ops.shape, shaped))
    return tuple(ops.broadcast_to(x, shape=wanted) if copy else broadcast_view(x, wanted) for x in shaped)


@numpy_function(np.fromfunction, arrays=0)
def fromfunction(function: Any, shape: Any, *, dtype: Any = float, like: Any = None, **kwargs: Any) -> Any:
    return function(*np.indices(shape, dtype=dtype), **kwargs)
