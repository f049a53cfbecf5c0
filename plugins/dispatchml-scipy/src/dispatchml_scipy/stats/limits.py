"""Families at the value of their shape at which SciPy computes another formula, the limit.

The limit has no shape in it, so that its derivative in the shape is 0 where that of the family is not; and next to the
value the family's formula loses digits. Here stand formulas that are smooth there. Farther away SciPy's own code runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops, primal
from dispatchml.lift import replaces

from ..arguments import array, floating, unsupported
from ..special.distributions import noncentral_chi_density
from ..special.partials import WORDS
from ..special.ratios import log1p_ratio, near

VERSIONS = ">=1.11,<1.19"
FAMILIES = "scipy.stats._continuous_distns"


def product(shape: Any, x: Any) -> Any:
    """shape * x, 0 where the shape is 0 and x infinite."""
    return shape * np.where(ops.stop_gradient(shape) == 0, np.where(np.isfinite(ops.stop_gradient(x)), x, 0.0), x)


def family(name: str, shapes: str, value: float = 0.0) -> Callable[[Any], Any]:
    """Register a method of a family, `class._method`, for the case that one of the shapes is near a value.

    shapes: the positions of the shapes among the arguments, as digits.
    """

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        def at_limit(self: Any, *arguments: Any, **keywords: Any) -> Any:
            arguments = tuple(map(array, arguments))
            if keywords or not any(near(arguments[int(k)], value) for k in shapes):
                return NotImplemented
            return function(*arguments)

        at_limit.__name__ = name.rpartition(".")[2]
        replaces(f"{FAMILIES}.{name}", versions=VERSIONS)(at_limit)
        return function

    return add


# ---- generalised Pareto: log(1 + c x)/c ------------------------------------------------------------------------------


@family("genpareto_gen._logsf", "1")
def pareto_logsf(x: Any, c: Any) -> Any:
    return -x * log1p_ratio(product(c, x))


@family("genpareto_gen._logpdf", "1")
def pareto_logpdf(x: Any, c: Any) -> Any:
    return (c + 1) * pareto_logsf(x, c)


# ---- generalised extreme value: log(1 - c x)/c -----------------------------------------------------------------------


@family("genextreme_gen._loglogcdf", "1")
def extreme_loglogcdf(x: Any, c: Any) -> Any:
    return -x * log1p_ratio(-product(c, x))


@family("genextreme_gen._logpdf", "1")
def extreme_logpdf(x: Any, c: Any) -> Any:
    inner = extreme_loglogcdf(x, c)
    return -np.exp(inner) + inner * (1 - c)


@family("genextreme_gen._ppf", "1")
def extreme_ppf(q: Any, c: Any) -> Any:
    return extreme_quantile(-np.log(-np.log(q)), c)


@family("genextreme_gen._isf", "1")
def extreme_isf(q: Any, c: Any) -> Any:
    return extreme_quantile(-np.log(-ops.log1p(-q)), c)


def extreme_quantile(x: Any, c: Any) -> Any:
    return x * WORDS["exprel"](-product(c, x))


# ---- kappa with four parameters: E = (1 - k x)**(1/k), F = (1 - h E)**(1/h) ------------------------------------------


@family("kappa4_gen._logcdf", "12")
def kappa_logcdf(x: Any, h: Any, k: Any) -> Any:
    inner = np.exp(extreme_loglogcdf(x, k))
    return -inner * log1p_ratio(-h * inner)


@family("kappa4_gen._logpdf", "12")
def kappa_logpdf(x: Any, h: Any, k: Any) -> Any:
    return (1 - k) * extreme_loglogcdf(x, k) + (1 - h) * kappa_logcdf(x, h, k)


@family("kappa4_gen._ppf", "12")
def kappa_ppf(q: Any, h: Any, k: Any) -> Any:
    return -WORDS["boxcox"](-WORDS["boxcox"](q, h), k)


# ---- skew normal: its formula holds at 0, too ------------------------------------------------------------------------


@family("skewnorm_gen._logpdf", "1")
def skew_logpdf(x: Any, a: Any) -> Any:
    return np.log(2 / np.sqrt(2 * np.pi)) - x * x / 2 + ops.log_ndtr(a * x)


@family("skewnorm_gen._pdf", "1")
def skew_pdf(x: Any, a: Any) -> Any:
    return np.exp(skew_logpdf(x, a))


# ---- noncentral chi-square -------------------------------------------------------------------------------------------


@family("ncx2_gen._pdf", "2")
def noncentral_pdf(x: Any, df: Any, nc: Any) -> Any:
    return noncentral_chi_density(x, df, nc)


@family("ncx2_gen._logpdf", "2")
def noncentral_logpdf(x: Any, df: Any, nc: Any) -> Any:
    return np.log(noncentral_chi_density(x, df, nc))


for method, name in (("cdf", "chndtr"), ("ppf", "chndtrix"), ("sf", "_ncx2_sf"), ("isf", "_ncx2_isf")):
    if name in WORDS:
        family(f"ncx2_gen._{method}", "2")(WORDS[name])


# ---- Pearson's third kind: a gamma distribution, normal where SciPy takes the skew for 0 -----------------------------

#: Where SciPy computes the normal distribution.
NORMAL = 1.6e-5


def pearson(method: str, normal: Callable[[Any], Any], skewed: Callable[..., Any]) -> None:
    """A method of the family; at the skew 0 its derivative in the skew has no formula here.

    skewed(x, skew, beta): with beta = 2/skew, beta (x + beta) has the gamma distribution of shape beta**2.
    """

    def replaced(self: Any, x: Any, skew: Any) -> Any:
        x, skew = floating(x), floating(skew)
        small = np.absolute(ops.stop_gradient(skew)) < NORMAL
        if near(skew, 0.0, NORMAL):
            raise unsupported(
                f"scipy.stats.pearson3.{method.lstrip('_')} at the skew 0, differentiated in the skew,",
                "SciPy computes the normal distribution there, which has no skew.",
            )
        if np.all(primal(small)):
            return normal(x) + 0 * skew
        skew = np.where(small, 1.0, skew)
        return np.where(small, normal(x), skewed(x, skew, 2 / skew))

    replaced.__name__ = method
    replaces(f"{FAMILIES}.pearson3_gen.{method}", versions=VERSIONS)(replaced)


def gamma_place(x: Any, beta: Any) -> Any:
    """Where x lies in the gamma distribution, and whether that has a density there."""
    place = beta * (x + beta)
    inside = ops.stop_gradient(place) > 0
    return np.where(inside, place, 1.0), inside


def pearson_logpdf(x: Any, skew: Any, beta: Any) -> Any:
    place, inside = gamma_place(x, beta)
    log = ops.xlogy(beta * beta - 1, place) - place - ops.gammaln(beta * beta) + np.log(np.absolute(beta))
    return np.where(inside, log, -np.inf)


def pearson_cdf(x: Any, skew: Any, beta: Any) -> Any:
    place, inside = gamma_place(x, beta)
    below = np.where(inside, WORDS["gammainc"](beta * beta, place), 0.0)
    above = np.where(inside, WORDS["gammaincc"](beta * beta, place), 1.0)
    return np.where(ops.stop_gradient(skew) > 0, below, above)


def pearson_ppf(q: Any, skew: Any, beta: Any) -> Any:
    share = np.where(ops.stop_gradient(skew) > 0, q, 1 - q)
    return WORDS["gammaincinv"](beta * beta, share) / beta - beta


pearson("_logpdf", lambda x: -x * x / 2 - np.log(2 * np.pi) / 2, pearson_logpdf)
pearson(
    "_pdf", lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi), lambda *arguments: np.exp(pearson_logpdf(*arguments))
)
pearson("_cdf", ops.ndtr, pearson_cdf)
pearson("_sf", lambda x: ops.ndtr(-x), lambda x, skew, beta: pearson_cdf(-x, -skew, -beta))
pearson("_ppf", ops.ndtri, pearson_ppf)
