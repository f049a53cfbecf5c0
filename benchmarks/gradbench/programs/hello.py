"""hello: a number squared, and the derivative of that."""

from __future__ import annotations

outputs = {"square": float, "double": float}


def arguments(given):
    return (float(given),)


def square(x):
    return x * x


def dispatchml():
    import dispatchml as dm

    return {"square": dm.jit(square), "double": dm.jit(dm.grad(square))}


def jax():
    import jax

    return {"square": jax.jit(square), "double": jax.jit(jax.grad(square))}


def torch():
    import torch

    def double(x):
        x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        return torch.autograd.grad(square(x), x)[0]

    return {"square": square, "double": double}


def autograd():
    import autograd

    return {"square": square, "double": autograd.grad(square)}
