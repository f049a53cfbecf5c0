"""particle: the weight of a charge that leads a particle to the origin, by gradient descent; the particle's
acceleration is an inner derivative, the descent takes an outer one, each forward or reverse (`rf`: reverse outside).
"""

from __future__ import annotations

import math

from .descent import minimize

outputs = dict.fromkeys(("rr", "rf", "fr", "ff"), float)


def arguments(given):
    return (float(given["w"]),)


def potential(x, y, w):
    return 1.0 / math.sqrt((x - 10.0) ** 2 + (y - 10.0 + w) ** 2) + 1.0 / math.sqrt((x - 10.0) ** 2 + y**2)


def landing(slope):
    """How far from the origin, squared, the particle lands; slope(x, y, w) is the gradient of the potential."""

    def distance(w):
        x, y, vx, vy, dt = 0.0, 8.0, 0.75, 0.0, 0.1
        while True:
            ax, ay = slope(x, y, w)
            x += dt * vx
            y += dt * vy
            if y <= 0.0:
                back = -y / vy
                return (x + back * vx) ** 2
            vx -= dt * ax
            vy -= dt * ay

    return distance


def dispatchml():
    import dispatchml as dm

    charge = dm.kernel(potential)
    reverse, forward = dm.grad(charge, argnums=(0, 1)), dm.jacfwd(charge, argnums=(0, 1))

    def program(slope, derive):
        distance = dm.kernel(landing(slope))
        slope_of_distance = derive(distance)
        return dm.kernel(minimize(distance, slope_of_distance))

    return {
        "rr": program(reverse, dm.grad),
        "rf": program(forward, dm.grad),
        "fr": program(reverse, dm.derivative),
        "ff": program(forward, dm.derivative),
    }


def jax():
    import jax
    import jax.numpy as jnp

    from .descent import jax_minimize

    def potential(x, w):
        return 1.0 / jnp.sqrt((x[0] - 10.0) ** 2 + (x[1] - 10.0 + w) ** 2) + 1.0 / jnp.sqrt(
            (x[0] - 10.0) ** 2 + x[1] ** 2
        )

    def distance(slope):
        def step(carry):
            x, v, w, _ = carry
            acceleration = slope(x, w)
            x = x + 0.1 * v
            down = x[1] <= 0.0
            return x, jnp.where(down, v, v - 0.1 * acceleration), w, down

        def landing(w):
            start = jnp.array([0.0, 8.0]), jnp.array([0.75, 0.0]), w, jnp.array(False)
            x, v, _, _ = jax.lax.while_loop(lambda carry: ~carry[3], step, start)
            return (x[0] - x[1] / v[1] * v[0]) ** 2

        return landing

    def forward(f):
        return lambda x: jax.jvp(f, (x,), (1.0,))[1]

    def program(slope):
        landing = distance(slope)
        return jax.jit(lambda w: jax_minimize(landing, forward(landing), w))

    return_functions = {"fr": program(jax.grad(potential)), "ff": program(jax.jacfwd(potential))}
    from .peers import jax_ready

    return jax_ready(return_functions)
