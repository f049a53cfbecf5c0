"""Reductions and scans. An empty tuple of axes reduces nothing: the axis that is reduced then is a new one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .methods import inexact, method

#: Reductions by CuPy's function of the name.
BY_NAME = (
    "sum prod mean var std max min any all median ptp nansum nanprod nanmean nanvar nanstd nanmax nanmin nanmedian"
).split()
#: Those that give positions.
POSITIONS = "argmax argmin nanargmax nanargmin".split()


def reduction(name: str) -> Callable[..., Any]:
    """A reduction by name, with NumPy's meaning of axis=()."""

    def reduce(lib: Any, x: Any, *, axis: Any, keepdims: bool, **keywords: Any) -> Any:
        function = lib.find(name)
        keywords = {k: v for k, v in keywords.items() if v is not None}
        if type(axis) is tuple and not axis:
            return function(x[..., None], axis=-1, keepdims=False, **keywords)
        return function(x, axis=axis, keepdims=keepdims, **keywords)

    return reduce


for entry in BY_NAME:
    method(entry)(reduction(entry))


def position(name: str) -> Callable[..., Any]:
    """The position of an extreme; flat ones keep their axes by hand."""

    def find(lib: Any, x: Any, *, axis: Any, keepdims: bool) -> Any:
        found = lib.find(name)(x, axis=axis)
        if not keepdims:
            return found
        return found.reshape((1,) * x.ndim) if axis is None else lib.xp.expand_dims(found, axis)

    return find


for entry in POSITIONS:
    method(entry)(position(entry))


@method("count_nonzero")
def count_nonzero(lib: Any, x: Any, *, axis: Any, keepdims: bool) -> Any:
    return reduction("sum")(lib, x != 0, axis=axis, keepdims=keepdims, dtype=np.int64)


@method("quantile")
def quantile(lib: Any, x: Any, *, q: Any, axis: Any, interpolation: str, keepdims: bool) -> Any:
    y = lib.xp.quantile(x, q, axis=axis, method=interpolation, keepdims=keepdims)
    return y.astype(x.dtype, copy=False) if x.dtype.kind == "f" else y


# ---- exponentials ----------------------------------------------------------------------------------------------------


def finite_top(lib: Any, x: Any, axis: Any) -> Any:
    """The largest real part with the axes kept; 0 where it is infinite, so that no inf - inf arises."""
    real = x.real if x.dtype.kind == "c" else x
    if not real.size:
        return lib.xp.zeros((), real.dtype)
    top = lib.xp.max(real, axis=axis, keepdims=True)
    return lib.xp.where(lib.xp.isfinite(top), top, lib.xp.zeros((), top.dtype))


@method("logsumexp")
def logsumexp(lib: Any, x: Any, *, axis: Any, keepdims: bool) -> Any:
    x = inexact(x)
    if type(axis) is tuple and not axis:
        return lib.xp.log(lib.xp.exp(x)) if x.dtype.kind == "c" else x.copy()
    top = finite_top(lib, x, axis)
    total = lib.xp.sum(lib.xp.exp(x - top), axis=axis, keepdims=True)
    y = lib.xp.log(total) + top
    return y if keepdims else lib.xp.squeeze(y, axis) if axis is not None else y.reshape(())


@method("softmax")
def softmax(lib: Any, x: Any, *, axis: Any) -> Any:
    x = inexact(x)
    e = lib.xp.exp(x - finite_top(lib, x, axis))
    total = lib.xp.sum(e, axis=axis, keepdims=True)
    return e / lib.xp.where(total == 0, total.dtype.type(1), total)


@method("log_softmax")
def log_softmax(lib: Any, x: Any, *, axis: Any) -> Any:
    x = inexact(x)
    y = logsumexp(lib, x, axis=axis, keepdims=True)
    return x - lib.xp.where(y == -np.inf, lib.xp.zeros((), y.dtype), y)


@method("vector_norm")
def vector_norm(lib: Any, x: Any, *, axis: Any, ord: float, keepdims: bool) -> Any:
    x, xp, total = inexact(x), lib.xp, reduction("sum")
    if ord == 2:
        squares = x.real**2 + x.imag**2 if x.dtype.kind == "c" else x * x
        return xp.sqrt(total(lib, squares, axis=axis, keepdims=keepdims))
    size = xp.absolute(x)
    if ord == np.inf:
        return reduction("max")(lib, size, axis=axis, keepdims=keepdims)
    if ord == -np.inf:
        return reduction("min")(lib, size, axis=axis, keepdims=keepdims)
    if ord == 0:
        return total(lib, (x != 0).astype(size.dtype), axis=axis, keepdims=keepdims)
    if ord == 1:
        return total(lib, size, axis=axis, keepdims=keepdims)
    return total(lib, size**ord, axis=axis, keepdims=keepdims) ** (1 / ord)


# ---- scans -----------------------------------------------------------------------------------------------------------


def running(name: str) -> Callable[..., Any]:
    """A scan of an operation of which CuPy has none: each element joins the one 1, 2, 4, ... places before it."""

    def scan(lib: Any, x: Any, *, axis: Any) -> Any:
        join = getattr(lib.xp, name)
        x, axis = (x.reshape(-1), 0) if axis is None else (x, axis)
        y, step = lib.xp.moveaxis(x, axis, -1), 1
        while step < y.shape[-1]:
            y = lib.xp.concatenate((y[..., :step], join(y[..., step:], y[..., :-step])), axis=-1)
            step *= 2
        return lib.xp.moveaxis(y, -1, axis).copy()

    return scan


for entry, ufunc in (("cummax", "maximum"), ("cummin", "minimum"), ("cumulative_logsumexp", "logaddexp")):
    method(entry)(running(ufunc))


@method("nancumsum")
def nancumsum(lib: Any, x: Any, *, axis: Any, dtype: Any) -> Any:
    return lib.xp.cumsum(without_nan(lib, x, 0), axis=axis, dtype=dtype)


@method("nancumprod")
def nancumprod(lib: Any, x: Any, *, axis: Any, dtype: Any) -> Any:
    return lib.xp.cumprod(without_nan(lib, x, 1), axis=axis, dtype=dtype)


def without_nan(lib: Any, x: Any, number: int) -> Any:
    return lib.xp.where(lib.xp.isnan(x), x.dtype.type(number), x) if x.dtype.kind in "fc" else x


@method("partition")
def partition(lib: Any, x: Any, *, kth: Any, axis: Any) -> Any:
    """Sorted, which is partitioned at every place."""
    return lib.xp.sort(x.reshape(-1) if axis is None else x, axis=-1 if axis is None else axis)


@method("argpartition")
def argpartition(lib: Any, x: Any, *, kth: Any, axis: Any) -> Any:
    return lib.xp.argsort(x.reshape(-1) if axis is None else x, axis=-1 if axis is None else axis)
