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


def function(name: str) -> Callable[[Any], Any]:
    """The exact function of a number, by the name of the operation."""
    import mpmath as mp

    if name == "gammaln":
        return lambda x: mp.log(abs(mp.gamma(x))) if -170 < x < 170 else mp.re(mp.loggamma(x))
    if name == "gamma":
        return lambda x: mp.inf if x > 300 else mp.nan if x <= 0 and x == int(x) else mp.gamma(x)
    own = {"erfc": erfc, "erfcx": erfcx, "ndtr": ndtr, "log_ndtr": log_ndtr}
    return own.get(name) or getattr(mp, name)


def exactly(name: str, x: Array) -> Array:
    """The values for an array, rounded to the digits of numpy.longdouble."""
    import mpmath as mp

    with mp.workdps(DIGITS):
        f = function(name)
        values = [f(mp.mpf(float(v))) for v in x]
        high = np.array([float(v) for v in values])
        low = np.array([float(v - mp.mpf(h)) if np.isfinite(h) else 0.0 for v, h in zip(values, high, strict=True)])
    return high.astype(np.longdouble) + low
