"""lstm: a long short-term memory with diagonal weights, by its main and extra parameters."""

from __future__ import annotations

import numpy as np

from .peers import jax_ready, torch_gradient

outputs = {
    "objective": float,
    "jacobian": lambda found: np.concatenate([np.ravel(part) for part in found]).tolist(),
}


def arguments(given):
    names = ("main_params", "extra_params", "state", "sequence")
    return tuple(np.array(given[name], np.float64) for name in names)


def layer(xp, main, i, x, hidden, cell):
    """One step of layer i on arrays."""
    w, bias = xp.reshape(main[2 * i], (4, -1)), xp.reshape(main[2 * i + 1], (4, -1))
    forget, outgate = (1.0 / (1.0 + xp.exp(-(x * w[g] + bias[g]))) for g in (0, 2))
    ingate = 1.0 / (1.0 + xp.exp(-(hidden * w[1] + bias[1])))
    cell = cell * forget + ingate * xp.tanh(hidden * w[3] + bias[3])
    return outgate * xp.tanh(cell), cell


def step(xp, main, extra, state, now, then):
    """One step of all layers: the states after it, and its part of the sum."""
    x, after = now * extra[0], []
    for i in range(len(main) // 2):
        x, cell = layer(xp, main, i, x, state[2 * i], state[2 * i + 1])
        after += [x, cell]
    predicted = x * extra[1] + extra[2]
    return after, xp.sum(then * (predicted - xp.log(2.0 + xp.sum(xp.exp(predicted)))))


def unrolled(xp):
    def objective(main, extra, state, sequence):
        total = 0.0
        for t in range(len(sequence) - 1):
            state, part = step(xp, main, extra, state, sequence[t], sequence[t + 1])
            total = total + part
        return -total / (len(sequence) - 1) / sequence.shape[1]

    return objective


def scanned(xp, scan):
    """The same with a loop of the library, so that the program does not grow with the sequence."""

    def objective(main, extra, state, sequence):
        def body(state, pair):
            after, part = step(xp, main, extra, state, *pair)
            return xp.stack(after), part

        parts = scan(body, state, (sequence[:-1], sequence[1:]))[1]
        return -xp.sum(parts) / (len(sequence) - 1) / sequence.shape[1]

    return objective


def dispatchml():
    import dispatchml as dm

    objective = scanned(np, dm.scan)
    return {"objective": dm.jit(objective), "jacobian": dm.jit(dm.grad(objective, argnums=(0, 1)))}


def jax():
    import jax
    import jax.numpy as jnp

    objective = scanned(jnp, jax.lax.scan)
    return jax_ready({"objective": jax.jit(objective), "jacobian": jax.jit(jax.grad(objective, argnums=(0, 1)))})


def torch():
    import torch

    return torch_gradient(unrolled(torch), "objective", "jacobian", active=2)


def autograd():
    import autograd
    import autograd.numpy as anp

    objective = unrolled(anp)
    return {"objective": objective, "jacobian": autograd.grad(objective, (0, 1))}


def tape():
    from .compiled import tape_function

    return tape_function("lstm")
