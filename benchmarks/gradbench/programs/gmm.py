"""gmm: the posterior of a Gaussian mixture with a Wishart prior, by its weights, means and inverse covariances."""

from __future__ import annotations

import math

import numpy as np

from .peers import jax_ready, torch_gradient

NAMES = ("alpha", "mu", "q", "l")
outputs = {
    "objective": float,
    "jacobian": lambda found: {name: np.asarray(part).tolist() for name, part in zip(NAMES, found, strict=True)},
}


def arguments(given):
    k, d = given["k"], given["d"]
    lower = np.array(given["l"], np.float64).reshape(k, d * (d - 1) // 2)
    parts = [np.array(given[name], np.float64) for name in ("alpha", "mu", "q")]
    return (*parts, lower, np.array(given["x"], np.float64), float(given["gamma"]), int(given["m"]))


def prior_constant(k, d, gamma, m):
    """What of the Wishart prior does not depend on what is fitted."""
    n = d + m + 1
    log_gamma = d * (d - 1) / 4 * math.log(math.pi) + sum(math.lgamma(0.5 * (n - j)) for j in range(d))
    return k * (n * d * math.log(gamma / math.sqrt(2)) - log_gamma)


def below_diagonal(d):
    """Rows and columns of a triangle that is filled column by column."""
    columns, rows = np.triu_indices(d, 1)
    return rows, columns


def posterior(alpha, mu, q, lower, x, gamma, m, xp, triangles, logsumexp):
    """`triangles(lower, rows, columns, d)` puts numbers below the diagonals of k matrices; `logsumexp` goes over the
    last axis.
    """
    n, d = x.shape
    k = len(alpha)
    scales, log_determinants = xp.exp(q), xp.sum(q, 1)
    centred = x[:, None, :] - mu
    turned = scales * centred + xp.einsum("kij,nkj->nki", triangles(lower, *below_diagonal(d), d), centred)
    terms = alpha + log_determinants - 0.5 * xp.sum(turned * turned, 2)
    prior = 0.5 * gamma * gamma * (xp.sum(scales * scales) + xp.sum(lower * lower)) - m * xp.sum(q)
    likelihood = xp.sum(logsumexp(terms)) - n * (0.5 * d * math.log(2 * math.pi) + logsumexp(alpha))
    return likelihood - prior + prior_constant(k, d, gamma, m)


def dispatchml():
    import dispatchml as dm

    def triangles(lower, rows, columns, d):
        full = np.zeros((len(lower), d, d))
        full[:, rows, columns] = lower
        return full

    def objective(*arguments):
        return posterior(*arguments, np, triangles, lambda a: dm.ops.logsumexp(a, axis=-1))

    return {
        "objective": dm.jit(objective, static_argnums=(5, 6)),
        "jacobian": dm.jit(dm.grad(objective, argnums=(0, 1, 2, 3)), static_argnums=(5, 6)),
    }


def jax():
    import functools

    import jax
    import jax.numpy as jnp
    from jax.scipy.special import logsumexp

    def triangles(lower, rows, columns, d):
        return jnp.zeros((len(lower), d, d), lower.dtype).at[:, rows, columns].set(lower)

    def objective(*arguments):
        return posterior(*arguments, jnp, triangles, lambda a: logsumexp(a, axis=-1))

    compiled = functools.partial(jax.jit, static_argnums=(5, 6))
    return jax_ready(
        {"objective": compiled(objective), "jacobian": compiled(jax.grad(objective, argnums=(0, 1, 2, 3)))}
    )


def torch():
    import torch

    def triangles(lower, rows, columns, d):
        full = torch.zeros((len(lower), d, d), dtype=lower.dtype)
        full[:, rows, columns] = lower
        return full

    def objective(*arguments):
        return posterior(*arguments, torch, triangles, lambda a: torch.logsumexp(a, -1))

    return torch_gradient(objective, "objective", "jacobian", active=4)


def autograd():
    import autograd
    import autograd.numpy as anp
    from autograd.scipy.special import logsumexp

    def triangles(lower, rows, columns, d):
        place = np.zeros((len(rows), d * d))
        place[np.arange(len(rows)), rows * d + columns] = 1.0
        return anp.reshape(lower @ place, (len(lower), d, d))

    def objective(*arguments):
        return posterior(*arguments, anp, triangles, lambda a: logsumexp(a, axis=-1))

    return {"objective": objective, "jacobian": autograd.grad(objective, (0, 1, 2, 3))}
