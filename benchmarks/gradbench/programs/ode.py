"""ode: a chain of equations, y_i' = x_i y_(i-1), by the classical Runge-Kutta method on [0, 2]; the gradient is that of
the last component.
"""

from __future__ import annotations

import numpy as np

from .peers import jax_ready

outputs = {"primal": lambda y: np.asarray(y).tolist(), "gradient": lambda y: np.asarray(y).tolist()}


def arguments(given):
    return np.array(given["x"], np.float64), int(given["s"])


def stepper(x, h, xp):
    """One step of the method, as a function of y."""

    def slope(y):
        return x * xp.concatenate([np.ones(1), y[:-1]])

    def step(y):
        k1 = slope(y)
        k2 = slope(y + h / 2 * k1)
        k3 = slope(y + h / 2 * k2)
        k4 = slope(y + h * k3)
        return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

    return step


def ode(x, s, xp, repeat):
    step = stepper(x, 2.0 / s, xp)
    return repeat(0, s, lambda _, y: step(y), xp.zeros(len(x)))


def programs(xp, repeat, grad, compiled):
    """repeat(first, end, body, y) runs a loop."""

    def primal(x, s):
        return ode(x, s, xp, repeat)

    return {"primal": compiled(primal), "gradient": compiled(grad(lambda x, s: primal(x, s)[-1]))}


def dispatchml():
    import functools

    import dispatchml as dm

    return programs(np, dm.fori_loop, dm.grad, functools.partial(dm.jit, static_argnums=1))


def jax():
    import functools

    import jax
    import jax.numpy as jnp

    def repeat(first, end, body, y):
        return jax.lax.scan(lambda y, i: (body(i, y), None), y, jnp.arange(first, end))[0]

    return jax_ready(programs(jnp, repeat, jax.grad, functools.partial(jax.jit, static_argnums=1)))


def autograd():
    import autograd
    import autograd.numpy as anp

    def repeat(first, end, body, y):
        for i in range(first, end):
            y = body(i, y)
        return y

    return programs(anp, repeat, autograd.grad, lambda f: f)


def tape():
    from .compiled import tape_function

    return tape_function("ode")
