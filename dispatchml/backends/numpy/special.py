"""Kernels of special functions: SciPy's, imported by the first call of one of them."""

import functools
import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...dispatch.errors import MissingExtraError, NoRuleError, at_user_line
from .kernels import guarded, kernel
from .transcendental import as_inexact


@functools.cache
def from_scipy(name: str) -> Callable[..., Any]:
    """scipy.special's function of a name, or an error that says which extra brings it."""
    try:
        special = importlib.import_module("scipy.special")
    except ImportError as error:
        raise MissingExtraError(
            f"{name} is computed by SciPy, which is not installed{at_user_line()}. "
            "Write pip install 'dispatchml[scipy]'."
        ) from error
    return getattr(special, name)


def scipy_kernel(function: Any, scalar: Callable[[float], float] | None = None) -> None:
    """Register SciPy's function of the operation's name; `scalar` is Python's own, SciPy answering where it raises."""
    name = function.__name__

    def on_arrays(*arguments: Any) -> Any:
        if float in map(type, arguments):  # SciPy's loops are ordered so that some widen float32 beside a Python float
            kind = np.result_type(*arguments)
            arguments = tuple(kind.type(x) if type(x) is float and kind.kind == "f" else x for x in arguments)
        return from_scipy(name)(*arguments)

    on_arrays.__name__ = on_arrays.__qualname__ = name
    kernel(function, on_arrays, guarded(scalar, lambda a: np.asarray(on_arrays(a))) if scalar is not None else None)


def polygamma_of_arrays(a: Any, *, n: int = 1) -> Any:
    """(-1)**(n+1) n! zeta(n + 1, a), digamma for n = 0; unlike SciPy's it keeps float32."""
    if n == 0:
        return from_scipy("digamma")(a)
    if np.iscomplexobj(a):
        raise NoRuleError(
            "polygamma of complex numbers, of which second derivatives of gamma and loggamma are made, is not in SciPy"
            f"{at_user_line()}. Take first derivatives, or separate real and imaginary parts by a formula of your own."
        )
    return from_scipy("zeta")(float(n + 1), a) * (math.factorial(n) * (-1.0) ** (n + 1))


def factorial_of_arrays(a: Any) -> Any:
    """gamma(a + 1), zero for negative a."""
    a = as_inexact(a)
    y = np.where(a < 0, 0, from_scipy("gamma")(np.where(a < 0, 0, a) + 1))
    return y if y.ndim else y[()]


def xlogy_of_arrays(a: Any, b: Any) -> Any:
    """a * log(b) with the logarithm of 1 where a is zero."""
    return np.multiply(a, np.log(np.where(np.logical_and(np.equal(a, 0), np.equal(b, b)), 1, as_inexact(b))))


def xlog1py_of_arrays(a: Any, b: Any) -> Any:
    """a * log1p(b) with the logarithm of 1 where a is zero."""
    return np.multiply(a, np.log1p(np.where(np.logical_and(np.equal(a, 0), np.equal(b, b)), 0, as_inexact(b))))


def entr_of_arrays(a: Any) -> Any:
    """-a log(a), 0 at 0 and -inf below."""
    a = as_inexact(a)
    y = np.where(a < 0, -np.inf, -a * np.log(np.where(a <= 0, 1, a)))
    return y if y.ndim else y[()]


def rel_entr_of_arrays(a: Any, b: Any) -> Any:
    """a log(a / b) where both are positive, 0 where a is 0 and b is not negative, inf elsewhere; nan for nan."""
    a, b = as_inexact(a), as_inexact(b)
    inside = np.logical_and(a > 0, b > 0)
    ratio = np.where(inside, a, 1) / np.where(inside, b, 1)
    outside = np.where(np.logical_and(a == 0, b >= 0), 0, np.where(np.logical_or(a != a, b != b), np.nan, np.inf))
    y = np.where(inside, a * np.log(ratio), outside.astype(ratio.dtype))
    return y if y.ndim else y[()]


def kl_div_of_arrays(a: Any, b: Any) -> Any:
    """rel_entr(a, b) - a + b on the domain, inf outside."""
    return rel_entr_of_arrays(a, b) - a + b


for function in (
    ops.erfcx, ops.erfinv, ops.erfcinv, ops.dawsn, ops.ndtr, ops.log_ndtr, ops.ndtri, ops.digamma, ops.beta, ops.betaln,
    ops.gammainc, ops.gammaincc, ops.betainc, ops.binom, ops.zeta, ops.expi, ops.exp1, ops.i0, ops.i0e, ops.i1, ops.i1e,
    ops.j0, ops.j1, ops.y0, ops.y1, ops.k0, ops.k1, ops.jv, ops.yv, ops.iv, ops.ive, ops.kv,
):  # fmt: skip
    scipy_kernel(function)
scipy_kernel(ops.erf, math.erf)
scipy_kernel(ops.erfc, math.erfc)
scipy_kernel(ops.gamma, math.gamma)
scipy_kernel(ops.gammaln, math.lgamma)
kernel(ops.polygamma, polygamma_of_arrays)
kernel(ops.factorial, factorial_of_arrays)
kernel(ops.xlogy, xlogy_of_arrays)
kernel(ops.xlog1py, xlog1py_of_arrays)
kernel(ops.entr, entr_of_arrays)
kernel(ops.rel_entr, rel_entr_of_arrays)
kernel(ops.kl_div, kl_div_of_arrays)
