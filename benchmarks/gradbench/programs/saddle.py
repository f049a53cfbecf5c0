"""saddle: min over x of max over y of (x1^2 + y1^2) - (x2^2 + y2^2), one descent within another, each with
derivatives of its own, forward or reverse.
"""

from __future__ import annotations

import numpy as np

from .descent import minimize_plane
from .peers import jax_ready

outputs = dict.fromkeys(("rr", "rf", "fr", "ff"), lambda found: [float(part) for part in np.ravel(found)])


def arguments(given):
    return tuple(float(s) for s in given["start"])


def objective(x1, y1, x2, y2):
    return (x1 * x1 + y1 * y1) - (x2 * x2 + y2 * y2)


def dispatchml():
    import dispatchml as dm

    def reverse(kernel):
        return dm.grad(kernel, argnums=(2, 3))

    def forward(kernel):
        return dm.jacfwd(kernel, argnums=(2, 3))

    def program(outer, inner):
        @dm.kernel
        def negative(x1, y1, x2, y2):
            return -objective(x1, y1, x2, y2)

        best = minimize_plane(negative, inner(negative))

        @dm.kernel
        def worst(p, q, x, y):
            x2, y2 = best(x, y, p, q)
            return objective(x, y, x2, y2)

        least = minimize_plane(worst, outer(worst))

        @dm.kernel
        def run(p, q):
            x, y = least(p, q, p, q)
            x2, y2 = best(x, y, p, q)
            return x, y, x2, y2

        return run

    return {
        "rr": program(reverse, reverse),
        "rf": program(reverse, forward),
        "fr": program(forward, reverse),
        "ff": program(forward, forward),
    }


def jax():
    import jax
    import jax.numpy as jnp

    from .descent import jax_minimize

    def objective(x, y):
        return jnp.sum(x * x) - jnp.sum(y * y)

    def forward(f):
        return jax.jacfwd(f)

    def program(inner):
        def run(*start):
            start = jnp.array(start)

            def best(x):
                def negative(y):
                    return -objective(x, y)

                return jax_minimize(negative, inner(negative), start)

            def worst(x):
                return objective(x, best(x))

            x = jax_minimize(worst, forward(worst), start)
            return x, best(x)

        return jax.jit(run)

    return jax_ready({"fr": program(jax.grad), "ff": program(forward)})
