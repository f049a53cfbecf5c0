"""Some eigenvalues and singular values of large matrices: a pair (v, w) solves A v = w v, v^T v = 1.

The linearised equations are bordered by v, which makes them regular where the eigenvalue is simple.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
import scipy.sparse.linalg

from dispatchml import ops
from dispatchml.dispatch.errors import LiftError, NonDifferentiableError, at_user_line

from ..calls import Call, replacing
from ..implicit import traced_in
from .matrices import Inverse, is_operator, plain_matrix, product, transposed_product
from .systems import refined

#: Eigenvalues closer than this, relative to the largest, count as one.
GAP = 1e-9


def pairs(name: str, times: Any, weight: Any, matrix: Any, mass: Any, values: Any, vectors: Any) -> tuple[Any, Any]:
    """Eigenpairs as differentiable functions. times(v), weight(v): products with the traced matrices; matrix, mass: the
    plain ones; values, vectors: what a solver found.
    """
    scale = np.max(np.abs(values))
    for k, w in enumerate(values):
        others = np.delete(values, k)
        if others.size and np.min(np.abs(others - w)) <= GAP * scale:
            raise NonDifferentiableError(
                f"{name}{at_user_line()}: two eigenvalues are equal, so their vectors are no differentiable functions."
            )
    found_values, found_vectors = [], []
    for k, w in enumerate(values):
        v = vectors[:, k]
        weighted = v if mass is None else mass @ v
        border = scipy.sparse.csc_array(np.append(weighted, 0.0)[:, None])
        shifted = matrix - w * (scipy.sparse.eye_array(len(v)) if mass is None else mass)
        bordered = scipy.sparse.block_array([[scipy.sparse.csc_array(shifted), -border[:-1]], [border[:-1].T, None]])
        inverse = Inverse(bordered.tocsc(), name)

        def equations(z: Any) -> Any:
            u, value = z[:-1], z[-1]
            by_mass = weight(u)
            return ops.concatenate(
                (times(u) - value * by_mass, ops.reshape((ops.sum(u * by_mass) - 1) / 2, shape=(1,))), axis=0
            )

        z = refined(np.append(v, w), equations, inverse)
        found_values.append(z[-1])
        found_vectors.append(z[:-1])
    return ops.stack(tuple(found_values), axis=0), ops.stack(tuple(found_vectors), axis=1)


def refuse(name: str, a: Any) -> None:
    """For matrices without a rule."""
    if is_operator(a):
        raise LiftError(f"{name}{at_user_line()}: a LinearOperator has no derivative rule here. Use a matrix.")
    if ops.dtype(a).kind == "c":
        raise LiftError(f"{name}{at_user_line()}: complex matrices have no derivative rule here.")


@replacing(scipy.sparse.linalg, "eigsh")
def eigsh(call: Call) -> Any:
    """Simple eigenvalues of symmetric matrices, with mass matrix M."""
    a, m = call["A"], call["M"]
    if not traced_in((a, m)):
        return call.as_given()
    refuse("eigsh", a)
    plain, mass = plain_matrix(a, "eigsh"), None if m is None else plain_matrix(m, "eigsh")
    given = {**call.values, "A": plain, "M": mass}
    values, vectors = call.run(given, return_eigenvectors=True)
    made = pairs(
        "eigsh",
        lambda v: product(a, v),
        (lambda v: v) if m is None else (lambda v: product(m, v)),
        plain,
        mass,
        values,
        vectors,
    )
    return made if call["return_eigenvectors"] else made[0]


@replacing(scipy.sparse.linalg, "svds")
def svds(call: Call) -> Any:
    """Simple singular values: eigenvalues of [[0, A], [A^T, 0]]."""
    a = call["A"]
    if not traced_in((a,)):
        return call.as_given()
    refuse("svds", a)
    plain = plain_matrix(a, "svds")
    left, values, right = call.run({**call.values, "A": plain}, return_singular_vectors=True)
    if np.min(values) <= GAP * np.max(values):
        raise NonDifferentiableError(f"svds{at_user_line()}: a singular value is 0, and has no derivative there.")
    rows = plain.shape[0]
    small = scipy.sparse.csc_array(plain)
    matrix = scipy.sparse.block_array([[None, small], [small.T, None]]).tocsc()

    def times(w: Any) -> Any:
        return ops.concatenate((product(a, w[rows:]), transposed_product(a, w[:rows])), axis=0)

    vectors = np.concatenate((left, right.T), axis=0) / np.sqrt(2)
    s, w = pairs("svds", times, lambda v: v, matrix, None, values, vectors)
    u, vh = w[:rows] * np.sqrt(2), ops.matrix_transpose(w[rows:]) * np.sqrt(2)
    wanted = call["return_singular_vectors"]
    if wanted is False:
        return s
    return (u if wanted in (True, "u") else None, s, vh if wanted in (True, "vh") else None)
