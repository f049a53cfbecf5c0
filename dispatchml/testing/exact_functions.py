"""Special functions in many digits by mpmath, to compare compiled mathematics with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
DIGITS = 60


def erfc(x: Any) -> Any:
    """mpmath's, which fails far out."""
    import mpmath as mp

    return mp.mpf(0) if x > 200 else mp.mpf(2) if x < -200 else mp.erfc(x)


def erfcx(x: Any) -> Any:
    """exp(x**2) erfc(x)."""
    import mpmath as mp

    if x < -200:
        return mp.inf
    if x < 40:
        return mp.exp(x * x) * mp.erfc(x)
    terms, term = mp.mpf(1), mp.mpf(1)
    for k in range(1, 15):
        term *= -(2 * k - 1) / (2 * x * x)
        terms += term
    return terms / (x * mp.sqrt(mp.pi))


def ndtr(x: Any) -> Any:
    """The normal distribution."""
    import mpmath as mp

    return erfc(-x / mp.sqrt(2)) / 2


def log_ndtr(x: Any) -> Any:
    """Its logarithm."""
    import mpmath as mp

    if x > 0:
        return mp.log1p(-ndtr(-x)) if x < 200 else mp.mpf(0)
    return -x * x / 2 + mp.log(erfcx(-x / mp.sqrt(2)) / 2)


def erfcinv(y: Any) -> Any:
    """The inverse of erfc, by Newton's steps with a correction of second order."""
    import mpmath as mp

    if not 0 < y < 2:
        return mp.nan
    if y > 1:
        return -erfcinv(2 - y)
    z = mp.erfinv(1 - y) if y > 0.1 else mp.sqrt(-mp.log(y * mp.sqrt(mp.pi) * mp.sqrt(-mp.log(y))))
    for _ in range(60):
        step = -(mp.erfc(z) - y) * mp.exp(z * z) * mp.sqrt(mp.pi) / 2
        step = step / (1 + z * step)
        z -= step
        if abs(step) < abs(z) * mp.mpf(10) ** -40:
            break
    return z


#: Names of mpmath that are not the operation's.
NAMES = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
    "arctan2": "atan2",
}  # fmt: skip


def function(name: str) -> Callable[..., Any]:
    """The exact function of numbers, by the name of the operation."""
    import mpmath as mp

    own: dict[str, Callable[..., Any]] = {
        "erfc": erfc,
        "erfcx": erfcx,
        "ndtr": ndtr,
        "log_ndtr": log_ndtr,
        "gammaln": lambda x: mp.log(abs(mp.gamma(x))) if -170 < x < 170 else mp.re(mp.loggamma(x)),
        "gamma": lambda x: mp.inf if x > 300 else mp.nan if x <= 0 and x == int(x) else mp.gamma(x),
        "exp": lambda x: mp.exp(x) if x < 800 else mp.inf,
        "exp2": lambda x: mp.mpf(2) ** x if x < 1100 else mp.inf,
        "expm1": lambda x: mp.expm1(x) if x < 800 else mp.inf,
        "log2": lambda x: mp.log(x) / mp.log(2),
        "sinh": lambda x: mp.sinh(x) if abs(x) < 800 else mp.inf * mp.sign(x),
        "cosh": lambda x: mp.cosh(x) if abs(x) < 800 else mp.inf,
        "tanh": lambda x: mp.tanh(x) if abs(x) < 800 else mp.mpf(mp.sign(x)),
        "sigmoid": lambda x: 1 / (1 + mp.exp(-x)) if x > -800 else mp.mpf(0),
        "softplus": lambda x: mp.log1p(mp.exp(x)) if x < 200 else x,
        "cbrt": lambda x: mp.cbrt(x) if x > 0 else -mp.cbrt(-x),
        "power": mp.power,
        "erfinv": lambda x: mp.erfinv(x) if abs(x) < 1 else mp.nan,
        "erfcinv": erfcinv,
        "ndtri": lambda p: -mp.sqrt(2) * erfcinv(2 * p),
    }
    return own.get(name) or getattr(mp, NAMES.get(name, name))


def exactly(name: str, *arrays: Array) -> Array:
    """The values for arrays of one length, rounded to the digits of numpy.longdouble; nan where they are not real."""
    import mpmath as mp

    with mp.workdps(DIGITS):
        f = function(name)
        found = [f(*(mp.mpf(float(v)) for v in each)) for each in zip(*arrays, strict=True)]
        values = [v if isinstance(v, mp.mpf) else mp.nan for v in found]
        high = np.array([float(v) for v in values])
        low = np.array([float(v - mp.mpf(h)) if np.isfinite(h) else 0.0 for v, h in zip(values, high, strict=True)])
    return high.astype(np.longdouble) + low
