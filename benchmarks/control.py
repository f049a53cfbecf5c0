"""Loops within compiled programs against jax.lax.scan: values and gradients, where jax is installed.

python benchmarks/control.py [--quick]
"""

from __future__ import annotations

import sys

import numpy as np
from _race import race, show

import dispatchml as dm

try:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
except ImportError:
    jax = None


def ode(np, scan, length):
    """RK4 of y'_i = x_i y_(i-1), and the last component's sum with the others at the end."""

    def f(x):
        def slope(y):
            return x * np.concatenate([np.ones(1), y[:-1]])

        h = 2.0 / length

        def step(y, _):
            k1 = slope(y)
            k2 = slope(y + h / 2 * k1)
            k3 = slope(y + h / 2 * k2)
            k4 = slope(y + h * k3)
            return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

        y, _ = scan(step, 0 * x, None, length=length)
        return np.sum(y)

    return f


def lstm(np, scan):
    """GradBench's: weights are vectors, so that a step is some sixty small operations."""

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def f(main, extra, state, sequence):
        width = state.shape[1]
        layers = state.shape[0] // 2

        def step(carry, rows):
            state, total = carry
            now, after = rows
            x = now * extra[0]
            new = []
            for i in range(layers):
                w, b = main[2 * i].reshape(4, width), main[2 * i + 1].reshape(4, width)
                hidden, cell = state[2 * i], state[2 * i + 1]
                forget = sigmoid(x * w[0] + b[0])
                ingate = sigmoid(hidden * w[1] + b[1])
                outgate = sigmoid(x * w[2] + b[2])
                change = np.tanh(hidden * w[3] + b[3])
                cell = cell * forget + ingate * change
                x = outgate * np.tanh(cell)
                new += [x, cell]
            y = x * extra[1] + extra[2]
            y = y - np.log(2 + np.sum(np.exp(y)))
            return (np.stack(new), total + np.sum(after * y)), None

        (_, total), _ = scan(step, (state, 0.0), (sequence[:-1], sequence[1:]))
        return -total / (width * (sequence.shape[0] - 1))

    return f


def cases(quick):
    """Names, our function, jax's, arguments, and what is differentiated."""
    rng = np.random.default_rng(0)
    for n, s in [(1000, 10), (1000, 100), (100, 100)]:
        x = rng.uniform(0, 1, n)
        theirs = ode(jnp, jax.lax.scan, s) if jax else None
        yield f"RK4, n={n}, {s} steps", ode(np, dm.scan, s), theirs, (x,), 0
    for layers, length in [(2, 1024)] if quick else [(2, 1024), (6, 1024)]:
        width = 14
        arguments = (
            rng.uniform(-1, 1, (2 * layers, 4 * width)),
            rng.uniform(-1, 1, (3, width)),
            rng.uniform(-1, 1, (2 * layers, width)),
            rng.integers(0, 2, (length, width)).astype(float),
        )
        theirs = lstm(jnp, jax.lax.scan) if jax else None
        yield f"LSTM, {layers} layers, {length} steps", lstm(np, dm.scan), theirs, arguments, (0, 1)


def main():
    quick = "--quick" in sys.argv
    for name, ours, theirs, arguments, argnums in cases(quick):
        for what, make in [("value", lambda m, f: f), ("gradient", lambda m, f: m.value_and_grad(f, argnums))]:  # noqa: B023
            candidates = {"ours": dm.jit(make(dm, ours))}
            expected = candidates["ours"](*arguments)
            if jax:
                given = tuple(map(jnp.asarray, arguments))
                compiled = jax.jit(make(jax, theirs))
                found = compiled(*given)
                for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
                    np.testing.assert_allclose(b, a, rtol=1e-8, atol=1e-12)
                candidates["jax"] = lambda c=compiled, g=given: jax.block_until_ready(c(*g))
            function = candidates["ours"]
            candidates["ours"] = lambda f=function: f(*arguments)  # noqa: B023
            show(f"{name}: {what}", race(candidates, rounds=3 if quick else 9), "ours")


if __name__ == "__main__":
    main()
