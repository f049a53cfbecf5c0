"""Elementwise operations, creation and reductions that CuPy spells in another way."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .methods import beside_arrays, inexact, method


@method("spacing")
def spacing(lib: Any, a: Any) -> Any:
    """The distance to the next number away from zero, with the sign of a."""
    size = lib.xp.absolute(a)
    return lib.xp.copysign(lib.xp.nextafter(size, lib.xp.full_like(size, np.inf)) - size, a)


@method("astype")
def astype(lib: Any, a: Any, *, dtype: Any) -> Any:
    kind = np.dtype(dtype).kind
    return (a.real if a.dtype.kind == "c" and kind != "c" else a).astype(dtype, copy=False)


@method("stop_gradient")
def stop_gradient(lib: Any, a: Any) -> Any:
    return a.copy()


@method("real")
def real(lib: Any, a: Any) -> Any:
    return a.real


@method("imag")
def imag(lib: Any, a: Any) -> Any:
    return a.imag if a.dtype.kind == "c" else lib.xp.zeros_like(a)


@method("make_complex")
def make_complex(lib: Any, a: Any, b: Any) -> Any:
    a, b = beside_arrays(lib, (a, b))
    dtype = np.result_type(a.dtype, b.dtype)
    if dtype.kind == "c":
        raise TypeError(f"make_complex takes two real parts, not {a.dtype} and {b.dtype}.")
    y = lib.xp.empty(np.broadcast_shapes(a.shape, b.shape), np.result_type(dtype, np.complex64))
    y.real, y.imag = a, b
    return y


@method("nan_to_num")
def nan_to_num(lib: Any, a: Any, *, nan: float, posinf: float | None, neginf: float | None) -> Any:
    return lib.xp.nan_to_num(a, copy=True, nan=nan, posinf=posinf, neginf=neginf)


@method("polygamma")
def polygamma(lib: Any, a: Any, *, n: int) -> Any:
    if n == 0:
        return lib.find("special.digamma")(a)
    a = inexact(a)
    return lib.find("special.zeta")(a.dtype.type(n + 1), a) * (math.factorial(n) * (-1.0) ** (n + 1))


@method("factorial")
def factorial(lib: Any, a: Any) -> Any:
    a = inexact(a)
    return lib.xp.where(a < 0, a.dtype.type(0), lib.find("special.gamma")(lib.xp.maximum(a, 0) + 1))


# ---- choices, in which nothing invalid is computed ----------------------------------------------------------------


def condition_on(lib: Any, condition: Any) -> Any:
    """A condition as truth values on the device."""
    if not isinstance(condition, lib.ndarray):
        condition = lib.xp.asarray(condition)
    return condition if condition.dtype.kind == "b" else condition != 0


@method("where")
def where(lib: Any, condition: Any, a: Any, b: Any) -> Any:
    if not isinstance(a, lib.ndarray) and not isinstance(b, lib.ndarray):
        dtype = np.result_type(a, b)
        a = lib.xp.asarray(a, dtype)
    return lib.xp.where(condition_on(lib, condition), a, b)


@method("where_or_zero")
def where_or_zero(lib: Any, condition: Any, a: Any) -> Any:
    """a, or a zero of its dtype."""
    if not isinstance(a, lib.ndarray):
        a = lib.xp.asarray(a)
    return lib.xp.where(condition_on(lib, condition), a, lib.xp.zeros((), a.dtype))


@method("strong_multiply")
def strong_multiply(lib: Any, a: Any, b: Any) -> Any:
    """a * b, zero where one of them is."""
    product = lib.xp.multiply(a, b)
    zero = lib.xp.logical_or(condition_is_zero(lib, a), condition_is_zero(lib, b))
    return lib.xp.where(zero, lib.xp.zeros((), product.dtype), product)


def condition_is_zero(lib: Any, a: Any) -> Any:
    return a == 0 if isinstance(a, lib.ndarray) else bool(a == 0)


# ---- creation --------------------------------------------------------------------------------------------------------


def filled(lib: Any, x: Any, value: Any, shape: Any, dtype: Any) -> Any:
    dtype = x.dtype if dtype is None else dtype
    return lib.xp.full(x.shape if shape is None else shape, value, dtype)


@method("zeros_like", "zeros_of")
def zeros(lib: Any, x: Any, *, shape: Any = None, dtype: Any) -> Any:
    return lib.xp.zeros(x.shape if shape is None else shape, x.dtype if dtype is None else dtype)


@method("ones_like", "ones_of")
def ones(lib: Any, x: Any, *, shape: Any = None, dtype: Any) -> Any:
    return lib.xp.ones(x.shape if shape is None else shape, x.dtype if dtype is None else dtype)


@method("empty_like")
def empty(lib: Any, x: Any, *, dtype: Any) -> Any:
    return lib.xp.empty(x.shape, x.dtype if dtype is None else dtype)


@method("one_like")
def one(lib: Any, x: Any) -> Any:
    return lib.xp.ones(x.shape, x.dtype)


@method("full_like")
def full_like(lib: Any, x: Any, *, value: Any, dtype: Any) -> Any:
    return filled(lib, x, value, None, dtype)


@method("full_of")
def full_of(lib: Any, x: Any, *, value: Any, shape: Any, dtype: Any) -> Any:
    if dtype is None and isinstance(value, float) and x.dtype.kind in "?biu":
        dtype = np.float64
    return filled(lib, x, value, shape, dtype)
