"""Distance matrices and Procrustes' problem."""

import numpy as np

from dispatchml import ops
from dispatchml.lift import replaces

from ..arguments import adjoint, finite, floating
from ..linalg.factors import polar_factor
from .distance import minkowski


@replaces("scipy.spatial.minkowski_distance")
def minkowski_distance(x, y, p=2.0):
    """The distances of vectors on the last axis."""
    return minkowski(floating(x), floating(y), p)


@replaces("scipy.spatial.minkowski_distance_p")
def minkowski_distance_p(x, y, p=2.0):
    """The p-th powers of the distances."""
    d = np.absolute(floating(x) - floating(y))
    if np.isinf(p):
        return np.max(d, axis=-1)
    return np.sum(d if p == 1 else d * d if p == 2 else np.where(d == 0, 0, np.where(d == 0, 1, d) ** p), axis=-1)


@replaces("scipy.spatial.distance_matrix")
def distance_matrix(x, y, p=2.0, threshold=1000000):
    """The distances of each vector of one set from each of another."""
    return minkowski(floating(x)[:, None, :], floating(y)[None, :, :], p)


@replaces("scipy.linalg.orthogonal_procrustes")
def orthogonal_procrustes(A, B, check_finite=True):
    """The orthogonal matrix that takes A nearest to B, and the sum of the singular values of A^H B."""
    product = adjoint(finite(A, check_finite)) @ finite(B, check_finite)
    return polar_factor(product), np.sum(ops.svdvals(product))


@replaces("scipy.spatial.procrustes")
def procrustes(data1, data2):
    """Both sets of points centred and scaled, the second turned to the first, and what is left between them."""
    first, second = (x - np.mean(x, axis=0) for x in (floating(data1), floating(data2)))
    first, second = (x / np.linalg.norm(x) for x in (first, second))
    turn, scale = orthogonal_procrustes(first, second)
    second = (second @ np.swapaxes(turn, 0, 1)) * scale
    difference = first - second
    return first, second, np.sum(difference * difference)
