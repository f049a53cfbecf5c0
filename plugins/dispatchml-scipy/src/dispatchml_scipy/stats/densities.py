"""Sums of kernels: what `gaussian_kde` computes at points."""

from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.lift import replaces

from ..arguments import floating

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
