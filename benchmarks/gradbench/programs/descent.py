"""Gradient descent as GradBench prescribes it for `particle` and `saddle`: the step grows after ten successes and is
halved after a failure.
"""

from __future__ import annotations


def minimize(function, gradient):
    """Of a function of one number."""

    def descend(x):
        value, slope, successes, rate = function(x), gradient(x), 0, 1e-5
        while abs(slope) > 1e-5:
            if successes == 10:
                rate *= 2.0
                successes = 0
                continue
            after = x - rate * slope
            if abs(x - after) <= 1e-5:
                return x
            value_after = function(after)
            if value_after < value:
                x, value, slope = after, value_after, gradient(after)
                successes += 1
            else:
                rate /= 2.0
        return x

    return descend


def minimize_plane(function, gradient):
    """Of a function of numbers x and y, after two that stay; gradient(p, q, x, y) gives the derivatives by x and y."""

    def descend(p, q, x, y):
        value, successes, rate = function(p, q, x, y), 0, 1e-5
        sx, sy = gradient(p, q, x, y)
        while sx * sx + sy * sy > 1e-10:
            if successes == 10:
                rate *= 2.0
                successes = 0
                continue
            xa, ya = x - rate * sx, y - rate * sy
            if (x - xa) ** 2 + (y - ya) ** 2 <= 1e-10:
                return x, y
            value_after = function(p, q, xa, ya)
            if value_after < value:
                x, y, value = xa, ya, value_after
                sx, sy = gradient(p, q, x, y)
                successes += 1
            else:
                rate /= 2.0
        return x, y

    return descend


def jax_minimize(function, gradient, x):
    """The same with JAX's loops; x may be a vector."""
    import jax
    import jax.numpy as jnp

    def size(a):
        return jnp.sqrt(jnp.sum(a * a))

    def body(carry):
        x, value, slope, successes, rate, _ = carry
        grow = successes == 10
        rate = jnp.where(grow, rate * 2.0, rate)
        after = x - rate * slope
        close = ~grow & (size(x - after) <= 1e-5)
        value_after = function(after)
        better = ~grow & ~close & (value_after < value)
        slope_after = jax.lax.cond(better, gradient, lambda _: slope, after)
        rate = jnp.where(grow | close | better, rate, rate / 2.0)
        successes = jnp.where(grow, 0, successes + better)
        return (
            jnp.where(better, after, x),
            jnp.where(better, value_after, value),
            slope_after,
            successes,
            rate,
            close | (size(slope_after) <= 1e-5),
        )

    x = jnp.asarray(x, float)
    slope = gradient(x)
    start = x, function(x), slope, jnp.array(0), jnp.array(1e-5), size(slope) <= 1e-5
    return jax.lax.while_loop(lambda carry: ~carry[5], body, start)[0]
