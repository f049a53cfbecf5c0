"""Sums of kernels: what `gaussian_kde` computes at points."""

from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.lift import replaces

from ..arguments import floating
from ..special.partials import WORDS

#: SciPy's versions in which the compiled functions have these arguments.
VERSIONS = ">=1.11,<1.19"


def kernels(points: Any, xi: Any, factor: Any) -> tuple[Any, Any]:
    """Minus half the squared distances of every point from the data, and the logarithm of the kernels' factor.

    points: (n, d) data, xi: (m, d), factor: the lower Cholesky factor of the covariance.
    """
    d = ops.shape(points)[-1]

    def whitened(x: Any) -> Any:
        return np.swapaxes(ops.solve_triangular(factor, np.swapaxes(x, 0, 1), lower=True), 0, 1)

    data, places = whitened(points), whitened(xi)
    apart = places[:, None, :] - data[None, :, :]
    scale = -0.5 * d * np.log(2 * np.pi) - np.sum(np.log(np.diagonal(factor)))
    return -0.5 * np.sum(apart * apart, axis=-1), scale


@replaces("scipy.stats._stats.gaussian_kernel_estimate", versions=VERSIONS)
def gaussian_kernel_estimate(points, values, xi, cho_cov, dtype=None, *others):
    """The weighted sums of Gaussian kernels: (m, p) for values of shape (n, p)."""
    points, values, xi, factor = (floating(x) for x in (points, values, xi, cho_cov))
    exponents, scale = kernels(points, xi, factor)
    return np.exp(exponents + scale) @ values


@replaces("scipy.stats._stats.gaussian_kernel_estimate_log", versions=VERSIONS)
def gaussian_kernel_estimate_log(points, values, xi, cho_cov, dtype=None, *others):
    """Their logarithms."""
    points, values, xi, factor = (floating(x) for x in (points, values, xi, cho_cov))
    exponents, scale = kernels(points, xi, factor)
    terms = exponents[:, :, None] + np.log(values)[None, :, :]
    return ops.logsumexp(terms, axis=1) + scale


def log_bessel(order: Any, x: Any) -> Any:
    """The logarithm of the modified Bessel function of the second kind, whose order has no derivative."""
    return np.log(WORDS["kve"](order, x)) - x


@replaces("scipy.stats._stats.genhyperbolic_logpdf", versions=VERSIONS)
def genhyperbolic_logpdf(x, p, a, b):
    """The logarithm of the density of the generalised hyperbolic distribution."""
    x, p, a, b = (floating(v) for v in (x, p, a, b))
    gap, wide = (a - b) * (a + b), np.sqrt(1 + x * x)
    bessel = log_bessel(p - 0.5, a * wide) - log_bessel(p, np.sqrt(gap))
    power = p / 2 * np.log(gap) - (p - 0.5) * np.log(a) + (p - 0.5) * np.log(wide)
    return power + bessel + b * x - np.log(2 * np.pi) / 2


@replaces("scipy.stats._stats.genhyperbolic_pdf", versions=VERSIONS)
def genhyperbolic_pdf(x, p, a, b):
    """The density."""
    return np.exp(genhyperbolic_logpdf(x, p, a, b))


@replaces("scipy.stats._stats.geninvgauss_logpdf", versions=VERSIONS)
def geninvgauss_logpdf(x, p, b):
    """The logarithm of the density of the generalised inverse Gaussian distribution."""
    x, p, b = (floating(v) for v in (x, p, b))
    return (p - 1) * np.log(x) - b * (x + 1 / x) / 2 - np.log(2.0) - log_bessel(p, b)
