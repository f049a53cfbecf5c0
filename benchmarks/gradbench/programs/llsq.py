"""llsq: a polynomial fitted to the sign function by least squares; x holds its coefficients."""

from __future__ import annotations

import numpy as np

from .peers import jax_ready

outputs = {"primal": float, "gradient": lambda y: np.asarray(y).tolist()}


def arguments(given):
    return np.array(given["x"], np.float64), int(given["n"])


def llsq(x, n):
    total = 0.0
    for i in range(n):
        t = -1.0 + i * 2.0 / (n - 1.0)
        residual = np.sign(t)
        power = 1.0
        for j in range(len(x)):
            residual -= x[j] * power
            power *= t
        total += residual * residual
    return 0.5 * total


def dispatchml():
    import dispatchml as dm

    kernel = dm.kernel(llsq)
    return {"primal": kernel, "gradient": dm.grad(kernel)}


def with_powers(xp, powers):
    """The same on arrays: the powers of each t are the running products of a row of t."""

    def array_llsq(x, n):
        t = -1.0 + xp.arange(n) * 2.0 / (n - 1.0)
        return 0.5 * xp.sum((xp.sign(t) - powers(t, len(x)) @ x) ** 2)

    return array_llsq


def jax():
    import functools

    import jax
    import jax.numpy as jnp

    def powers(t, m):
        return jax.vmap(lambda ti: jnp.cumprod(jnp.full(m, ti).at[0].set(1.0)))(t)

    llsq = with_powers(jnp, powers)
    compiled = functools.partial(jax.jit, static_argnums=1)
    return jax_ready({"primal": compiled(llsq), "gradient": compiled(jax.grad(llsq))})


def autograd():
    import autograd
    import autograd.numpy as anp

    llsq = with_powers(anp, lambda t, m: t[:, None] ** np.arange(m))
    return {"primal": llsq, "gradient": autograd.grad(llsq)}


def tape():
    from .compiled import tape_function

    return tape_function("llsq")
