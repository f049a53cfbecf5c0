"""saddle: min over x of max over y of (x1^2 + y1^2) - (x2^2 + y2^2), one descent within another, each with derivatives of
its own, forward or reverse.
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

    def both(kernel, *which):
        """Gradient by two arguments, in forward mode."""
        first, second = (dm.derivative(kernel, argnums=i) for i in which)

        def gradient(*arguments):
            return first(*arguments), second(*arguments)

        return gradient

    raise NotImplementedError(both)


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
