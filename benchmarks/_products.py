"""Layers of a network in which products of matrices take nearly all the time, beside the same products by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

rng = np.random.default_rng(1)
WIDTHS = (1024, 1024, 1024, 10)
BATCH = 1024


def perceptron(xp: Any, sp: Any) -> Callable[..., Any]:
    """The loss of three layers with tanh between them."""

    def loss(a, b, c, x, y):
        made = xp.tanh(xp.tanh(x @ a) @ b) @ c
        return xp.sum((made - y) ** 2)

    return loss


def arguments() -> tuple[Any, ...]:
    """Weights, inputs and what should come out."""
    weights = [rng.normal(size=shape) / shape[0] ** 0.5 for shape in zip(WIDTHS, WIDTHS[1:], strict=False)]
    return *weights, rng.normal(size=(BATCH, WIDTHS[0])), rng.normal(size=(BATCH, WIDTHS[-1]))


def by_hand(a: Any, b: Any, c: Any, x: Any, y: Any) -> dict[str, Callable[[], Any]]:
    """The eight products of the value and its three gradients, into arrays that are there: alone, and with what is
    computed between them, in place as far as NumPy can.
    """
    first, second, last = x @ a, x @ a @ b, y.copy()
    to_second, to_first, square = np.empty_like(second), np.empty_like(first), np.empty_like(first)
    gradients = [np.empty_like(w) for w in (a, b, c)]

    def nothing(*arrays: Any) -> None:
        """Between products that are timed alone."""

    def slope(ct: Any, h: Any) -> None:
        """A cotangent behind tanh, of which h is the value, before it."""
        np.multiply(h, h, out=square)
        np.subtract(1.0, square, out=square)
        np.multiply(ct, square, out=ct)

    def difference(out: Any) -> float:
        """The loss, and twice the difference in its place."""
        np.subtract(out, y, out=out)
        value = float(np.vdot(out, out))
        np.multiply(out, 2.0, out=out)
        return value

    def run(bend: Any, compare: Any, slope: Any) -> Any:
        np.dot(x, a, out=first)
        bend(first, first)
        np.dot(first, b, out=second)
        bend(second, second)
        np.dot(second, c, out=last)
        value = compare(last)
        np.dot(second.T, last, out=gradients[2])
        np.dot(last, c.T, out=to_second)
        slope(to_second, second)
        np.dot(first.T, to_second, out=gradients[1])
        np.dot(to_second, b.T, out=to_first)
        slope(to_first, first)
        np.dot(x.T, to_first, out=gradients[0])
        return value, tuple(gradients)

    return {
        "by hand with np.dot(out=)": lambda: run(np.tanh, difference, slope),
        "the products alone": lambda: run(nothing, nothing, nothing),
    }
