"""Families that SciPy computes by |x| and the sign of x, at x = 0: the function is smooth there, |x| is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special

from dispatchml import ops, primal
from dispatchml.lift import replaces

from ..arguments import floating
from ..implicit import order_of
from ..special.partials import computed

VERSIONS = ">=1.11,<1.19"
FAMILIES = "scipy.stats._continuous_distns"


@replaces(f"{FAMILIES}.genlogistic_gen._logpdf", versions=VERSIONS)
def logistic_logpdf(self, x, c):
    """log(c) - x - (c + 1) log(1 + exp(-x))."""
    if not order_of(x) or np.all(primal(x)):
        return NotImplemented
    x, c = floating(x), floating(c)
    return np.log(c) - x - (c + 1) * np.logaddexp(0.0, -x)


#: The derivative of the distribution function in beta, at the value `out` of the inverse.
SLOPE = (
    "(sign(out)/2*(xlogy(absolute(out), absolute(out))*exp(-(absolute(out)**beta))*rgamma(1/beta)"
    " - gammainc_a(1/beta, absolute(out)**beta)/(beta*beta)))"
)


def cdf(x: Any, beta: Any) -> Any:
    return 0.5 + 0.5 * np.sign(x) * scipy.special.gammainc(1.0 / beta, np.abs(x) ** beta)


generalized_normal_cdf = computed(
    "generalized_normal_cdf(x, beta)", cdf,
    x="beta/2*rgamma(1/beta)*exp(-(absolute(x)**beta))",
    beta=SLOPE.replace("out", "x"),
)  # fmt: skip


def ppf(p: Any, beta: Any) -> Any:
    side = np.sign(p - 0.5)
    return side * scipy.special.gammainccinv(1.0 / beta, 1.0 + side - 2.0 * side * p) ** (1.0 / beta)


PDF = "(beta/2*rgamma(1/beta)*exp(-(absolute(out)**beta)))"
generalized_normal_ppf = computed(
    "generalized_normal_ppf(p, beta)", ppf, p=f"1/{PDF}", beta=f"-({SLOPE}/{PDF})",
)  # fmt: skip


@replaces(f"{FAMILIES}.gennorm_gen._cdf", versions=VERSIONS)
def normal_cdf(self, x, beta):
    """The distribution function of the generalised normal distribution."""
    return generalized_normal_cdf(floating(x), floating(beta))


@replaces(f"{FAMILIES}.gennorm_gen._sf", versions=VERSIONS)
def normal_sf(self, x, beta):
    """What is left of it."""
    return generalized_normal_cdf(ops.negative(floating(x)), floating(beta))


@replaces(f"{FAMILIES}.gennorm_gen._ppf", versions=VERSIONS)
def normal_ppf(self, x, beta):
    """The inverse of the distribution function."""
    return generalized_normal_ppf(floating(x), floating(beta))


@replaces(f"{FAMILIES}.gennorm_gen._isf", versions=VERSIONS)
def normal_isf(self, x, beta):
    """The inverse of what is left."""
    return ops.negative(generalized_normal_ppf(floating(x), floating(beta)))
