"""ode: a chain of equations, y_i' = x_i y_(i-1), by the classical Runge-Kutta method on [0, 2]; the gradient is that of
the last component.
"""

from __future__ import annotations

import numpy as np

from .peers import jax_ready

outputs = {"primal": lambda y: np.asarray(y).tolist(), "gradient": lambda y: np.asarray(y).tolist()}


def arguments(given):
    return np.array(given["x"], np.float64), int(given["s"])


def slope(x, y, dy):
    dy[0] = x[0]
    for i in range(1, len(x)):
        dy[i] = x[i] * y[i - 1]


def ode(x, s):
    n = len(x)
    h = 2.0 / s
    y, k1, k2, k3, k4, at = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    for _ in range(s):
        slope(x, y, k1)
        for i in range(n):
            at[i] = y[i] + h / 2 * k1[i]
        slope(x, at, k2)
        for i in range(n):
            at[i] = y[i] + h / 2 * k2[i]
        slope(x, at, k3)
        for i in range(n):
            at[i] = y[i] + h * k3[i]
        slope(x, at, k4)
        for i in range(n):
            y[i] += h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i])
    return y


def last(x, s):
    return ode(x, s)[len(x) - 1]


def dispatchml():
    import dispatchml as dm

    return {"primal": dm.kernel(ode), "gradient": dm.grad(dm.kernel(last))}


def jax():
    import functools

    import jax
    import jax.numpy as jnp

    def slope(x, y):
        return x * jnp.concatenate([jnp.ones(1), y[:-1]])

    def primal(x, s):
        h = 2.0 / s

        def step(y, _):
            k1 = slope(x, y)
            k2 = slope(x, y + h / 2 * k1)
            k3 = slope(x, y + h / 2 * k2)
            k4 = slope(x, y + h * k3)
            return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

        return jax.lax.scan(step, jnp.zeros(len(x)), None, length=s)[0]

    compiled = functools.partial(jax.jit, static_argnums=1)
    return jax_ready({"primal": compiled(primal), "gradient": compiled(jax.grad(lambda x, s: primal(x, s)[-1]))})


def autograd():
    import autograd
    import autograd.numpy as anp

    def slope(x, y):
        return x * anp.concatenate((np.ones(1), y[:-1]))

    def primal(x, s):
        h, y = 2.0 / s, np.zeros(len(x))
        for _ in range(s):
            k1 = slope(x, y)
            k2 = slope(x, y + h / 2 * k1)
            k3 = slope(x, y + h / 2 * k2)
            k4 = slope(x, y + h * k3)
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return y

    return {"primal": primal, "gradient": autograd.grad(lambda x, s: primal(x, s)[-1])}


def tape():
    from .compiled import tape_function

    return tape_function("ode")
