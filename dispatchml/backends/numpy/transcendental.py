"""Kernels of exponentials, logarithms, trigonometric and hyperbolic functions."""

import functools
import math
from typing import Any

import numpy as np

from ... import ops
from .kernels import guarded, kernel


def as_inexact(a: Any) -> Any:
    """Whole numbers and booleans as float64; anything else as it is."""
    a = np.asanyarray(a)
    return a.astype(np.float64) if a.dtype.kind in "iub" else a


def sigmoid_of_arrays(a: Any) -> Any:
    """1 / (1 + exp(-a)) with the exponential of a number that is not positive."""
    a = as_inexact(a)
    if a.dtype.kind == "c":
        return 1 / (1 + np.exp(-a))
    e = np.exp(-np.abs(a))
    y = np.where(a < 0, e, 1) / (1 + e)
    return y if y.ndim else y[()]


def sigmoid_of_floats(a: float) -> float:
    """1 / (1 + exp(-a)) with the exponential of a number that is not positive."""
    e = math.exp(-abs(a))
    return (e if a < 0 else 1.0) / (1.0 + e)


def softplus_of_arrays(a: Any) -> Any:
    """log(1 + exp(a)) without overflow for real arguments."""
    a = as_inexact(a)
    return np.log1p(np.exp(a)) if a.dtype.kind == "c" else np.logaddexp(a, a.dtype.type(0))


def softplus_of_floats(a: float) -> float:
    """log(1 + exp(a)) without overflow."""
    return max(a, 0.0) + math.log1p(math.exp(-abs(a))) if a == a else a


def logit_of_arrays(a: Any) -> Any:
    """log(a / (1 - a))."""
    a = as_inexact(a)
    return np.log(a / (1 - a))


def logaddexp_of_floats(a: float, b: float) -> float:
    """log(exp(a) + exp(b)); equal arguments, infinite ones included, differ from the result by log(2)."""
    if a == b:
        return a + math.log(2.0)
    return max(a, b) + math.log1p(math.exp(-abs(a - b))) if a - b == a - b else math.nan


def logaddexp2_of_floats(a: float, b: float) -> float:
    """log2(2**a + 2**b)."""
    if a == b:
        return a + 1.0
    return max(a, b) + math.log1p(math.exp2(-abs(a - b))) / math.log(2.0) if a - b == a - b else math.nan


def sinc_of_arrays(a: Any) -> Any:
    """sin(pi a) / (pi a), 1 at 0 in every dtype (numpy.sinc is nan at 0 in float16)."""
    u = np.pi * as_inexact(a)
    y = np.where(u == 0, 1, np.sin(u) / np.where(u == 0, 1, u))
    return y if y.ndim else y[()]


def sinc_of_floats(a: float) -> float:
    """sin(pi a) / (pi a), 1 at 0."""
    u = math.pi * a
    return math.sin(u) / u if u else 1.0


@functools.cache
def series_end(n: int) -> int:
    """The power at which the Taylor series of sinc's n-th derivative is below double precision for |u| up to n + 2."""
    k, term = 1, float(n + 2)
    while term > 1e-18 or k <= n + 2:
        k += 1
        term *= (n + 2) / k
    return k


def sinc_derivative_of_arrays(a: Any, *, n: int = 1) -> Any:
    """The n-th derivative of sin(u)/u at u = pi a, times pi**n.

    Near 0 the Taylor series, whose k-th term is u**k (-1)**((n + k)/2) / (k! (n + k + 1)) for even n + k; elsewhere the
    recurrence u f[n] + n f[n-1] = (sin u)[n], stable where u exceeds n.
    """
    u = np.pi * as_inexact(a)
    near = np.abs(u) < n + 2
    small = np.where(near, u, 0)
    start = n % 2
    power = small**start * ((-1) ** ((n + start) // 2))
    series = power / (n + start + 1)
    for k in range(start + 2, series_end(n), 2):
        power = power * -(small * small) / (k * (k - 1))
        series = series + power / (n + k + 1)
    large = np.where(near, n + 2, u)
    sine, cosine = np.sin(large), np.cos(large)
    turns = (sine, cosine, -sine, -cosine)
    ratio = sine / large
    for k in range(1, n + 1):
        ratio = (turns[k % 4] - k * ratio) / large
    y = np.where(near, series, ratio) * np.pi**n
    return y if y.ndim else y[()]


kernel(ops.exp, np.exp, guarded(math.exp, np.exp))
kernel(ops.exp2, np.exp2, guarded(math.exp2, np.exp2))
kernel(ops.expm1, np.expm1, guarded(math.expm1, np.expm1))
kernel(ops.log, np.log, guarded(math.log, np.log))
kernel(ops.log2, np.log2, guarded(math.log2, np.log2))
kernel(ops.log10, np.log10, guarded(math.log10, np.log10))
kernel(ops.log1p, np.log1p, guarded(math.log1p, np.log1p))
kernel(ops.logaddexp, np.logaddexp, logaddexp_of_floats)
kernel(ops.logaddexp2, np.logaddexp2, logaddexp2_of_floats)

kernel(ops.sin, np.sin, guarded(math.sin, np.sin))
kernel(ops.cos, np.cos, guarded(math.cos, np.cos))
kernel(ops.tan, np.tan, guarded(math.tan, np.tan))
kernel(ops.arcsin, np.arcsin, guarded(math.asin, np.arcsin))
kernel(ops.arccos, np.arccos, guarded(math.acos, np.arccos))
kernel(ops.arctan, np.arctan, math.atan)
kernel(ops.arctan2, np.arctan2, math.atan2)
kernel(ops.hypot, np.hypot, math.hypot)
kernel(ops.sinh, np.sinh, guarded(math.sinh, np.sinh))
kernel(ops.cosh, np.cosh, guarded(math.cosh, np.cosh))
kernel(ops.tanh, np.tanh, math.tanh)
kernel(ops.arcsinh, np.arcsinh, math.asinh)
kernel(ops.arccosh, np.arccosh, guarded(math.acosh, np.arccosh))
kernel(ops.arctanh, np.arctanh, guarded(math.atanh, np.arctanh))
kernel(ops.cbrt, np.cbrt, math.cbrt)
kernel(ops.deg2rad, np.deg2rad, math.radians)
kernel(ops.rad2deg, np.rad2deg, math.degrees)

kernel(ops.sinc, sinc_of_arrays, guarded(sinc_of_floats, sinc_of_arrays))
kernel(ops.sinc_derivative, sinc_derivative_of_arrays)
kernel(ops.sigmoid, sigmoid_of_arrays, sigmoid_of_floats)
kernel(ops.softplus, softplus_of_arrays, softplus_of_floats)
kernel(ops.logit, logit_of_arrays, guarded(lambda a: math.log(a / (1.0 - a)), logit_of_arrays))
