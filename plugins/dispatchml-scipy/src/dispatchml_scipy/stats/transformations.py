"""Power transformations, means and divergences at the exponents at which SciPy computes their limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats
from scipy.stats._stats_py import Power_divergenceResult

from dispatchml import ops, primal
from dispatchml.lift import plainly, replaces

from ..arguments import array, floating, unsupported
from ..special.partials import WORDS
from ..special.ratios import log1p_ratio, near


def power(log: Any, exponent: Any) -> Any:
    """(exp(exponent log) - 1)/exponent, the logarithm itself at exponent 0."""
    return log * WORDS["exprel"](exponent * log)


def yeojohnson_of(x: Any, exponent: Any) -> Any:
    positive = ops.stop_gradient(x) >= 0
    above, below = np.where(positive, x, 0.0), np.where(positive, 0.0, -x)
    return np.where(positive, power(ops.log1p(above), exponent), -power(ops.log1p(below), 2 - exponent))


@replaces("scipy.stats.yeojohnson")
def yeojohnson(x, lmbda=None):
    """The transformation by Yeo and Johnson, next to the exponents 0 and 2, which are logarithms."""
    if lmbda is None or not (near(lmbda, 0.0) or near(lmbda, 2.0)):
        return NotImplemented
    return yeojohnson_of(floating(x), array(lmbda))


@replaces("scipy.stats.yeojohnson_llf")
def yeojohnson_llf(lmb, data, *, axis=0, nan_policy="propagate", keepdims=False):
    """Its logarithmic likelihood."""
    if not (near(lmb, 0.0) or near(lmb, 2.0)):
        return NotImplemented
    refuse_keywords("yeojohnson_llf", nan_policy, axis)
    data, lmb = floating(data), array(lmb)
    change = np.sign(data) * ops.log1p(np.absolute(data))
    return likelihood(yeojohnson_of(data, lmb), change, lmb, axis, keepdims)


@replaces("scipy.stats.boxcox_llf")
def boxcox_llf(lmb, data, *, axis=0, keepdims=False, nan_policy="propagate"):
    """The logarithmic likelihood of the transformation by Box and Cox, next to the exponent 0."""
    if not near(lmb, 0.0):
        return NotImplemented
    refuse_keywords("boxcox_llf", nan_policy, axis)
    log, lmb = np.log(floating(data)), array(lmb)
    return likelihood(power(log, lmb), log, lmb, axis, keepdims)


def likelihood(y: Any, change: Any, exponent: Any, axis: Any, keepdims: bool) -> Any:
    """The likelihood of transformed data y as a normal sample; change: the logarithm of dy/dx at exponent 2."""
    n = ops.shape(y)[axis] if axis is not None else np.prod(ops.shape(y), dtype=int)
    spread = np.log(np.var(y, axis=axis, keepdims=keepdims))
    return (exponent - 1) * np.sum(change, axis=axis, keepdims=keepdims) - n / 2 * spread


def refuse_keywords(name: str, nan_policy: str, axis: Any = 0) -> None:
    """What is not done next to a limit."""
    if nan_policy != "propagate" or isinstance(axis, tuple):
        raise unsupported(f"scipy.stats.{name}(nan_policy=, axis=(...)) next to a limit", "Leave them out.")


@replaces("scipy.stats.pmean")
def pmean(a, p, *, axis=0, dtype=None, weights=None, nan_policy="propagate", keepdims=False):
    """The power mean, next to the exponent 0, the geometric mean."""
    if not near(p, 0.0):
        return NotImplemented
    refuse_keywords("pmean", nan_policy, axis)
    log, p = np.log(floating(a)), array(p)
    weights = np.ones(ops.shape(log)) if weights is None else floating(weights)
    if ops.ndim(weights) == 1 and ops.ndim(log) != 1 and axis is not None:
        weights = np.reshape(weights, [-1 if k == axis % ops.ndim(log) else 1 for k in range(ops.ndim(log))])
    weights = weights + np.zeros(ops.shape(log))
    share = weights / np.sum(weights, axis=axis, keepdims=True)
    mean = np.sum(share * power(log, p), axis=axis, keepdims=keepdims)
    return np.exp(mean * log1p_ratio(p * mean))


@replaces("scipy.stats.power_divergence")
def power_divergence(f_obs, f_exp=None, ddof=0, axis=0, lambda_=None, **keywords):
    """The statistic of Cressie and Read, next to the exponents 0 and 1, and its probability."""
    if not any(near(lambda_, value) for value in (-1.0, 0.0, 1.0)):
        return NotImplemented
    if near(lambda_, -1.0):
        raise unsupported(
            "scipy.stats.power_divergence(lambda_=-1), differentiated in lambda_,", "The statistic jumps there."
        )
    if keywords:
        raise unsupported(f"scipy.stats.power_divergence({', '.join(keywords)}) next to a limit", "Leave them out.")
    plainly(scipy.stats.power_divergence)(*map(primal, (f_obs, f_exp, ddof)), axis)  # what it refuses
    f_obs, lambda_ = floating(f_obs), array(lambda_)
    f_exp = np.mean(f_obs, axis=axis, keepdims=True) if f_exp is None else floating(f_exp)
    terms = 2 * f_obs * power(np.log(f_obs) - np.log(f_exp), lambda_) / (lambda_ + 1)
    statistic = np.sum(terms, axis=axis)
    count = ops.shape(terms)[axis] if axis is not None else np.prod(ops.shape(terms), dtype=int)
    p = WORDS["chdtrc"](np.asarray(count - 1.0 - np.asarray(ddof)), statistic)
    return Power_divergenceResult(statistic, p)
