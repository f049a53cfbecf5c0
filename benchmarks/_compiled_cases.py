"""The cases of `jit.py`: functions that are written once for any namespace, with arguments and what is differentiated.

`xp` is the namespace: NumPy for ours and autograd, jax.numpy, or a face of torch. `sp` has erf and logsumexp.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

rng = np.random.default_rng(0)


class Case(NamedTuple):
    """function(xp, sp) makes the function of the arguments; argnums: what it is differentiated by. wanted: how much
    faster than jax.jit the project promises to be.
    """

    name: str
    function: Callable[[Any, Any], Callable[..., Any]]
    arguments: tuple[Any, ...]
    argnums: tuple[int, ...]
    wanted: float


def chain(xp, sp):
    return lambda x, y: xp.sum(xp.log1p(xp.exp(-y * x)))


def logistic(xp, sp):
    return lambda w, x, y: xp.sum(xp.log1p(xp.exp(-y * (x @ w))))


def black_scholes(xp, sp):
    def price(s, k, t, v):
        root = v * xp.sqrt(t)
        d1 = (xp.log(s / k) + (0.02 + 0.5 * v * v) * t) / root
        d2 = d1 - root
        cdf1, cdf2 = 0.5 * (1.0 + sp.erf(d1 * 0.5**0.5)), 0.5 * (1.0 + sp.erf(d2 * 0.5**0.5))
        return xp.sum(s * cdf1 - k * xp.exp(-0.02 * t) * cdf2)

    return price


def mixture(xp, sp):
    def likelihood(mean, log_scale, weight, x):
        z = (x[:, None] - mean) * xp.exp(-log_scale)
        return xp.sum(sp.logsumexp(weight - log_scale - 0.5 * z * z, 1))

    return likelihood


def cross_entropy(xp, sp):
    def loss(z, rows, labels):
        return xp.mean(sp.logsumexp(z, 1) - z[rows, labels])

    return loss


def layer_norm(xp, sp):
    def loss(x, gain, shift, c):
        centred = x - xp.mean(x, 1)[:, None]
        variance = xp.mean(centred * centred, 1)[:, None]
        return xp.sum((centred / xp.sqrt(variance + 1e-5) * gain + shift) * c)

    return loss


def rosenbrock(xp, sp):
    return lambda x: xp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def heat(xp, sp):
    def energy(u):
        flow = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
        return xp.sum(flow * flow)

    return energy


TABLE = (
    Case("sum(log1p(exp(-y x))), 1e6", chain, (rng.normal(size=10**6), rng.normal(size=10**6)), (0,), 1.5),
    Case(
        "logistic regression, 1e5 x 50", logistic,
        (rng.normal(size=50), rng.normal(size=(10**5, 50)), rng.normal(size=10**5)), (0,), 1.0,
    ),
    Case(
        "Black-Scholes, 1e6, 4 gradients", black_scholes,
        tuple(rng.uniform(*r, 10**6) for r in ((50, 150), (50, 150), (0.1, 2.0), (0.1, 0.6))), (0, 1, 2, 3), 5.0,
    ),
    Case(
        "mixture, logsumexp, 1e5 x 16", mixture,
        (rng.normal(size=16), 0.1 * rng.normal(size=16), rng.normal(size=16), rng.normal(size=10**5)), (0, 1, 2), 5.0,
    ),
    Case(
        "softmax cross-entropy, 1e4 x 100", cross_entropy,
        (rng.normal(size=(10**4, 100)), np.arange(10**4), rng.integers(0, 100, 10**4)), (0,), 1.0,
    ),
    Case(
        "layer norm, 1e4 x 256", layer_norm,
        (rng.normal(size=(10**4, 256)), rng.normal(size=256), rng.normal(size=256), rng.normal(size=(10**4, 256))),
        (0, 1, 2), 5.0,
    ),
    Case("Rosenbrock, 1e6", rosenbrock, (rng.normal(size=10**6),), (0,), 2.5),
    Case("heat equation's energy, 1000 x 1000", heat, (rng.normal(size=(1000, 1000)),), (0,), 2.5),
)  # fmt: skip


# ---- five programs of other fields, reported whatever they show ------------------------------------------------------


def gaussian_process(xp, sp):
    def likelihood(log_length, log_noise, x, y):
        d = (x[:, None] - x) * xp.exp(-log_length)
        cov = xp.exp(-0.5 * d * d) + xp.exp(log_noise) * xp.eye(len(x))
        root = xp.linalg.cholesky(cov)
        return 0.5 * y @ xp.linalg.solve(cov, y) + xp.sum(xp.log(xp.diagonal(root)))

    return likelihood


def burgers(xp, sp):
    def mismatch(u, target):
        for _ in range(10):
            flux = 0.5 * u * u
            inner = u[1:-1] - 0.1 * (flux[2:] - flux[:-2]) + 0.2 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
            u = xp.concatenate([u[:1], inner, u[-1:]])
        return xp.sum((u - target) ** 2)

    return mismatch


def attention(xp, sp):
    def loss(q, k, v, c):
        z = q @ k.T * 0.125
        return xp.sum(xp.exp(z - sp.logsumexp(z, 1)[:, None]) @ v * c)

    return loss


def physics_loss(xp, sp):
    def loss(w, b, v, x):
        h = xp.tanh(x[:, None] * w + b)
        slope = 1.0 - h * h
        second = (-2.0 * h * slope * w * w) @ v
        return xp.mean((second + h @ v) ** 2)

    return loss


def image_filters(xp, sp):
    def loss(image, kernel, bias):
        for k in range(2):
            n, m = image.shape
            made = sum(kernel[k, i, j] * image[i : n - 2 + i, j : m - 2 + j] for i in range(3) for j in range(3))
            image = xp.tanh(made + bias[k])
        return xp.mean(image * image)

    return loss


FIELDS = (
    Case(
        "Gaussian process likelihood, n=400", gaussian_process,
        (np.float64(0.1), np.float64(-1.0), np.linspace(0, 10, 400), rng.normal(size=400)), (0, 1), 1.0,
    ),
    Case("Burgers' equation, 10 steps of 1e5", burgers, (rng.normal(size=10**5), rng.normal(size=10**5)), (0,), 1.0),
    Case(
        "attention, 512 x 64", attention, tuple(rng.normal(size=(512, 64)) for _ in range(4)), (0, 1, 2), 1.0,
    ),
    Case(
        "physics loss with second derivatives, 1e4 x 64", physics_loss,
        (rng.normal(size=64), rng.normal(size=64), rng.normal(size=64), rng.normal(size=10**4)), (0, 1, 2), 1.0,
    ),
    Case(
        "two 3 x 3 filters with tanh, 512 x 512", image_filters,
        (rng.normal(size=(512, 512)), rng.normal(size=(2, 3, 3)), rng.normal(size=2)), (0, 1, 2), 1.0,
    ),
)  # fmt: skip
