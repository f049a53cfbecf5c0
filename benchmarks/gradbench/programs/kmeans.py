"""kmeans: the sum of squared distances to the nearest centroid; a Newton step by its gradient and the diagonal of its
Hessian.
"""

from __future__ import annotations

import numpy as np

from .peers import jax_ready

outputs = {"cost": float, "dir": lambda y: np.asarray(y).tolist()}


def arguments(given):
    return np.array(given["points"], np.float64), np.array(given["centroids"], np.float64)


def cost(points, centroids):
    distances = np.sum(centroids * centroids, axis=1) - 2.0 * points @ centroids.T
    nearest = np.argmin(distances, axis=1)
    return np.sum((points - centroids[nearest]) ** 2)


def dispatchml():
    import dispatchml as dm

    def direction(points, centroids):
        gradient, diagonal = dm.jvp(dm.grad(lambda c: cost(points, c)), (centroids,), (np.ones_like(centroids),))
        return gradient / diagonal

    return {"cost": dm.jit(cost), "dir": dm.jit(direction)}


def by_products(xp):
    """Distances by a product of matrices."""

    def cost(points, centroids):
        squares = xp.sum(points * points, 1)[:, None] + xp.sum(centroids * centroids, 1)
        return xp.sum(xp.min(squares - 2.0 * points @ centroids.T, 1))

    return cost


def jax():
    import jax
    import jax.numpy as jnp

    cost = by_products(jnp)

    def direction(points, centroids):
        gradient = jax.grad(lambda c: cost(points, c))
        y, diagonal = jax.jvp(gradient, (centroids,), (jnp.ones_like(centroids),))
        return y / diagonal

    return jax_ready({"cost": jax.jit(cost), "dir": jax.jit(direction)})


def torch():
    import torch

    torch.set_num_threads(1)

    def cost(points, centroids):
        return torch.sum(torch.min(torch.cdist(points, centroids) ** 2, 1).values)

    def product_cost(points, centroids):
        squares = torch.sum(points * points, 1)[:, None] + torch.sum(centroids * centroids, 1)
        return torch.sum(torch.min(squares - 2.0 * points @ centroids.T, 1).values)

    def direction(points, centroids):
        points, centroids = torch.from_numpy(points), torch.from_numpy(centroids).requires_grad_()
        gradient = torch.autograd.grad(product_cost(points, centroids), centroids, create_graph=True)[0]
        return (gradient / torch.autograd.grad(torch.sum(gradient), centroids)[0]).detach()

    def run_cost(points, centroids):
        return cost(torch.from_numpy(points), torch.from_numpy(centroids))

    return {"cost": run_cost, "dir": direction}


def autograd():
    import autograd
    import autograd.numpy as anp

    cost = by_products(anp)

    def direction(points, centroids):
        gradient = autograd.grad(lambda c: cost(points, c))
        diagonal = autograd.grad(lambda c: anp.sum(gradient(c)))(centroids)
        return gradient(centroids) / diagonal

    return {"cost": cost, "dir": direction}
