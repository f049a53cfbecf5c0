"""Models of which `benchmarks/gpu.py` measures a training step: written once, for NumPy's and torch's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Model(NamedTuple):
    """loss(xp, sp, weights, given): a number. weights, given: arrays of the host, in single precision."""

    name: str
    loss: Callable[[Any, Any, Any, Any], Any]
    weights: list[Any]
    given: Any


def models(width: int) -> list[Model]:
    """A perceptron and a block of a transformer."""
    rng = np.random.default_rng(0)

    def made(*shape: int) -> Any:
        return (rng.standard_normal(shape) / np.sqrt(shape[-2])).astype(np.float32)

    wide = max(width // 4, 8)
    block = [made(wide, wide) for _ in range(4)] + [made(wide, 4 * wide), made(4 * wide, wide)]
    return [
        Model(
            f"a perceptron, 4 layers of {width}", perceptron, [made(width, width) for _ in range(4)], made(width, width)
        ),
        Model(f"a block of a transformer, width {wide}", transformer, block, made(4, max(width // 16, 4), wide)),
    ]


def perceptron(xp: Any, sp: Any, weights: Any, x: Any) -> Any:
    """The mean square of what tanh layers give."""
    for w in weights:
        x = xp.tanh(x @ w)
    return xp.mean(x * x)


def transformer(xp: Any, sp: Any, weights: Any, x: Any) -> Any:
    """Attention of four heads and a perceptron, each beside its input, with layer norms; the mean square."""
    query, key, value, out, up, down = weights
    batch, length, width = x.shape
    heads = 4

    def normed(x: Any) -> Any:
        centred = x - xp.sum(x, -1)[..., None] / width
        return centred / xp.sqrt(xp.sum(centred * centred, -1)[..., None] / width + 1e-5)

    def split(x: Any) -> Any:
        return xp.swapaxes(xp.reshape(x, (batch, length, heads, width // heads)), 1, 2)

    y = normed(x)
    q, k, v = split(y @ query), split(y @ key), split(y @ value)
    z = q @ xp.swapaxes(k, -1, -2) * (width // heads) ** -0.5
    mixed = xp.exp(z - sp.logsumexp(z, -1)[..., None]) @ v
    x = x + xp.reshape(xp.swapaxes(mixed, 1, 2), (batch, length, width)) @ out
    h = normed(x) @ up
    x = x + (0.5 * h * (1.0 + xp.tanh(0.7978845608 * (h + 0.044715 * h * h * h)))) @ down
    return xp.mean(x * x)
