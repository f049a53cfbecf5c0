"""lstm: a long short-term memory with diagonal weights, by its main and extra parameters."""

from __future__ import annotations

import math

import numpy as np

from .peers import jax_ready, torch_gradient

outputs = {
    "objective": float,
    "jacobian": lambda found: np.concatenate([np.ravel(part) for part in found]).tolist(),
}


def arguments(given):
    names = ("main_params", "extra_params", "state", "sequence")
    return tuple(np.array(given[name], np.float64) for name in names)


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


def lstm(main, extra, state, sequence):
    """main: (2 l, 4 b), weights and biases of l layers in turns; state: hidden and cell of each layer in turns."""
    state = state.copy()
    layers, b = len(state) // 2, state.shape[1]
    x, total = np.empty(b), 0.0
    for t in range(len(sequence) - 1):
        for j in range(b):
            x[j] = sequence[t, j] * extra[0, j]
        for i in range(layers):
            for j in range(b):
                forget = sigmoid(x[j] * main[2 * i, j] + main[2 * i + 1, j])
                ingate = sigmoid(state[2 * i, j] * main[2 * i, b + j] + main[2 * i + 1, b + j])
                outgate = sigmoid(x[j] * main[2 * i, 2 * b + j] + main[2 * i + 1, 2 * b + j])
                change = math.tanh(state[2 * i, j] * main[2 * i, 3 * b + j] + main[2 * i + 1, 3 * b + j])
                cell = state[2 * i + 1, j] * forget + ingate * change
                state[2 * i + 1, j] = cell
                state[2 * i, j] = x[j] = outgate * math.tanh(cell)
        exponentials = 2.0
        for j in range(b):
            exponentials += math.exp(x[j] * extra[1, j] + extra[2, j])
        norm = math.log(exponentials)
        for j in range(b):
            total += sequence[t + 1, j] * (x[j] * extra[1, j] + extra[2, j] - norm)
    return -total / (b * (len(sequence) - 1))


def dispatchml():
    import dispatchml as dm

    kernel = dm.kernel(lstm)
    return {"objective": kernel, "jacobian": dm.grad(kernel, argnums=(0, 1))}


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


def jax():
    import jax
    import jax.numpy as jnp

    def objective(main, extra, state, sequence):
        def body(state, pair):
            after, part = step(jnp, main, extra, state, *pair)
            return jnp.stack(after), part

        parts = jax.lax.scan(body, state, (sequence[:-1], sequence[1:]))[1]
        return -jnp.sum(parts) / (len(sequence) - 1) / sequence.shape[1]

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
