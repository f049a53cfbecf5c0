"""det: a determinant by expansion by minors, recursively. Rows and columns that are left form linked lists."""

from __future__ import annotations

import numpy as np

from .peers import jax_ready, torch_gradient

outputs = {"primal": float, "gradient": lambda y: np.ravel(y).tolist()}


def arguments(given):
    return np.array(given["A"], np.float64), int(given["ell"])


def minor(a, n, m, row, following):
    """The determinant of the last m rows, of the columns in the list that begins at following[n]."""
    column = following[n]
    if m == 1:
        return a[row * n + column]
    total, sign, before = 0.0, 1.0, n
    for _ in range(m):
        following[before] = following[column]
        total += sign * a[row * n + column] * minor(a, n, m - 1, row + 1, following)
        following[before] = column
        before = column
        column = following[column]
        sign = -sign
    return total


def determinant(a, ell):
    following = np.empty(ell + 1, np.int64)
    for i in range(ell):
        following[i] = i + 1
    following[ell] = 0
    return minor(a, ell, ell, 0, following)


def dispatchml():
    import dispatchml as dm

    kernel = dm.kernel(determinant)
    return {"primal": kernel, "gradient": dm.grad(kernel)}


def expansion(xp):
    def minor(rows, columns):
        if len(columns) == 1:
            return rows[0][columns[0]]
        parts = [
            (-1.0) ** i * rows[0][column] * minor(rows[1:], columns[:i] + columns[i + 1 :])
            for i, column in enumerate(columns)
        ]
        return sum(parts)

    def determinant(a, ell):
        matrix = xp.reshape(a, (ell, ell))
        return minor([[matrix[i, j] for j in range(ell)] for i in range(ell)], list(range(ell)))

    return determinant


def jax():
    import functools

    import jax
    import jax.numpy as jnp

    determinant = expansion(jnp)
    compiled = functools.partial(jax.jit, static_argnums=1)
    return jax_ready({"primal": compiled(determinant), "gradient": compiled(jax.grad(determinant))})


def torch():
    import torch

    return torch_gradient(expansion(torch), "primal", "gradient")


def autograd():
    import autograd
    import autograd.numpy as anp

    determinant = expansion(anp)
    return {"primal": determinant, "gradient": autograd.grad(determinant)}


def tape():
    from .compiled import tape_function

    return tape_function("det")
