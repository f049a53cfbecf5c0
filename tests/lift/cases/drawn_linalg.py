"""Drawn: scipy.linalg, scipy.sparse, scipy.cluster, scipy.spatial, scipy.fft."""

import numpy as np
import scipy.sparse as sp
from lifted_harness import case
from scipy import cluster, fft, linalg, spatial

GROUP = "drawn"
MATRIX = np.array([[2.1, 0.4, -0.3], [0.2, 1.7, 0.5], [-0.1, 0.6, 2.9]])
SIGNAL = np.sin(np.arange(16) * 0.7) + 0.1 * np.arange(16)
POINTS = np.random.default_rng(3).normal(size=(6, 2))


def symmetric(p):
    """A matrix of six numbers."""
    return np.array([[p[0], p[1], p[2]], [p[1], p[3], p[4]], [p[2], p[4], p[5]]])


@case("scipy.cluster.hierarchy.from_mlab_linkage", [0.3, 0.5, 1.2])
def _(p):
    linkage = np.array([[1.0, 2.0, p[0]], [3.0, 4.0, p[1]], [5.0, 6.0, p[2]]])
    return cluster.hierarchy.from_mlab_linkage(linkage)[:, 2]


@case("scipy.cluster.hierarchy.maxinconsts", [0.3, 0.5, 1.2, 0.7])
def _(p):
    linkage = np.array([[0.0, 1.0, 0.2, 2.0], [2.0, 3.0, 0.4, 2.0], [4.0, 5.0, 1.1, 4.0]])
    inconsistent = np.array([[p[0], 0.1, 1.0, p[1]], [0.4, 0.1, 1.0, p[2]], [0.7, 0.1, 3.0, p[3]]])
    return cluster.hierarchy.maxinconsts(linkage, inconsistent)


@case("scipy.fft.fht", [0.3, 0.5])
def _(p):
    r = np.logspace(-2, 2, 32)
    return fft.fht(p[0] * r**1.5 * np.exp(-p[1] * r**2), np.log(r[1] / r[0]), mu=0.5)


@case("scipy.fft.idstn", [0.3, 0.5, 1.1, -0.4, 0.8, 2.0])
def _(p):
    return fft.idstn(p.reshape(2, 3), type=2)


@case("scipy.fft.ifftn", [0.3, 0.5, 1.1, -0.4, 0.8, 2.0])
def _(p):
    return fft.ifftn(p.reshape(2, 3), norm="ortho")


@case("scipy.fft.rfftfreq", [0.3])
def _(p):
    return fft.rfftfreq(9, p[0])


@case("scipy.linalg.eigvals_banded", [0.3, 0.5, 1.1, 4.0, 2.8, 2.0, 1.1])
def _(p):
    band = np.array([[0.0, p[0], p[1], p[2]], [p[3], p[4], p[5], p[6]]])
    return linalg.eigvals_banded(band)


@case("scipy.linalg.expm", [0.3, 0.5, 1.1, -0.4])
def _(p):
    return linalg.expm(p.reshape(2, 2))


@case("scipy.linalg.expm_frechet", [0.3, 0.5, 1.1, -0.4, 1.0, 0.2, -0.6, 0.9])
def _(p):
    exponential, derivative = linalg.expm_frechet(p[:4].reshape(2, 2), p[4:].reshape(2, 2))
    return exponential, derivative


@case("scipy.linalg.fractional_matrix_power", [2.3, 0.5, 0.4, 1.6])
def _(p):
    return linalg.fractional_matrix_power(p.reshape(2, 2), 0.3)


@case("scipy.linalg.interpolative.reconstruct_interp_matrix", [0.3, 0.5, 1.1, -0.4])
def _(p):
    import scipy.linalg.interpolative as interpolative

    return interpolative.reconstruct_interp_matrix(np.array([2, 0, 3, 1]), p.reshape(2, 2))


@case("scipy.linalg.interpolative.reconstruct_skel_matrix", [0.3, 0.5, 1.1, -0.4, 0.9, 2.0])
def _(p):
    import scipy.linalg.interpolative as interpolative

    return interpolative.reconstruct_skel_matrix(p.reshape(2, 3), 2, np.array([2, 0, 1]))


@case("scipy.linalg.qr", [2.3, 0.5, 0.4, 1.6, -0.7, 0.9])
def _(p):
    q, r = linalg.qr(p.reshape(3, 2), mode="economic")
    return q, r


@case("scipy.linalg.schur", [2.3, 0.5, 0.4, 0.6])
def _(p):
    t, z = linalg.schur(p.reshape(2, 2))
    return t, z


@case("scipy.linalg.solve_discrete_are", [0.9, 0.3, 0.1, 0.7, 1.0, 0.4, 1.5])
def _(p):
    a = p[:4].reshape(2, 2)
    b = p[4:6].reshape(2, 1)
    return linalg.solve_discrete_are(a, b, np.eye(2), np.array([[p[6]]]))


@case("scipy.linalg.tanhm", [0.3, 0.5, 0.4, 0.6])
def _(p):
    return linalg.tanhm(p.reshape(2, 2))


@case("scipy.sparse.block_diag", [0.3, 0.5, 0.4, 0.6, 1.2])
def _(p):
    return sp.block_diag([p[:4].reshape(2, 2), p[4:].reshape(1, 1)]).toarray()


@case("scipy.sparse.csgraph.bellman_ford", [1.0, 2.5, 0.7, 1.1])
def _(p):
    graph = np.array([[0.0, p[0], p[1], 0.0], [0.0, 0.0, p[2], 0.0], [0.0, 0.0, 0.0, p[3]], [0.0, 0.0, 0.0, 0.0]])
    return sp.csgraph.bellman_ford(graph, indices=0)


@case("scipy.sparse.csgraph.yen", [1.0, 2.5, 0.7, 1.1])
def _(p):
    graph = np.array([[0.0, p[0], p[1], 0.0], [0.0, 0.0, p[2], 0.0], [0.0, 0.0, 0.0, p[3]], [0.0, 0.0, 0.0, 0.0]])
    return sp.csgraph.yen(sp.csr_array(graph), 0, 3, 2)


@case("scipy.sparse.dia_array:toarray", [1.0, 2.5, 0.7, 1.1, 0.4, 0.9])
def _(p):
    return sp.dia_array((p.reshape(2, 3), [0, 1]), shape=(3, 3)).toarray()


@case("scipy.sparse.dok_array:mean", [1.0, 2.5, 0.7])
def _(p):
    matrix = sp.dok_array((3, 3))
    matrix[0, 1] = p[0]
    matrix[1, 1] = p[1]
    matrix[2, 0] = p[2]
    return matrix.mean(axis=0)


@case("scipy.sparse.dok_matrix:sum", [1.0, 2.5, 0.7, -0.3])
def _(p):
    return sp.dok_matrix(p.reshape(2, 2)).sum(axis=1)


@case("scipy.sparse.linalg.SuperLU:solve", [4.0, 1.5, 0.7, 3.1, 1.0, 2.0])
def _(p):
    return sp.linalg.splu(sp.csc_array(p[:4].reshape(2, 2))).solve(p[4:])


@case("scipy.sparse.linalg.expm", [0.4, 1.5, 0.7, 0.1])
def _(p):
    return sp.linalg.expm(sp.csc_array(p.reshape(2, 2))).toarray()


@case("scipy.sparse.linalg.splu", [4.0, 1.5, 0.7, 3.1])
def _(p):
    factors = sp.linalg.splu(sp.csc_array(p.reshape(2, 2)))
    return factors.L.toarray(), factors.U.toarray()


@case("scipy.spatial.distance.seuclidean", [0.4, 1.5, 0.7, 0.1, 0.9, 1.4])
def _(p):
    return spatial.distance.seuclidean(p[:2], p[2:4], p[4:])


@case("scipy.spatial.distance.squareform", [0.4, 1.5, 0.7])
def _(p):
    return spatial.distance.squareform(p)


# Of the reserve.


@case("scipy.linalg.lu", [2.3, 0.5, 0.4, 1.6])
def _(p):
    permutation, lower, upper = linalg.lu(p.reshape(2, 2))
    return lower, upper


@case("scipy.fft.fftfreq", [0.3])
def _(p):
    return fft.fftfreq(8, d=p[0])


@case("scipy.sparse.linalg.funm_multiply_krylov", [0.4, 1.5, 0.7, 0.1, 0.2, -0.3, 0.6, 0.5, 1.1, 1.0, 2.0, -1.0])
def _(p):
    return sp.linalg.funm_multiply_krylov(linalg.expm, p[:9].reshape(3, 3), p[9:], t=0.5)


@case("scipy.sparse.linalg.matrix_power", [0.4, 1.5, 0.7, 0.1])
def _(p):
    return sp.linalg.matrix_power(sp.csr_array(p.reshape(2, 2)), 3).toarray()


@case("scipy.cluster.hierarchy.maxdists", [0.3, 0.5, 1.2])
def _(p):
    linkage = np.array([[0.0, 1.0, p[0], 2.0], [2.0, 3.0, p[1], 2.0], [4.0, 5.0, p[2], 4.0]])
    return cluster.hierarchy.maxdists(linkage)


@case("scipy.spatial.geometric_slerp", [0.3, 0.8])
def _(p):
    start = np.array([np.cos(p[0]), np.sin(p[0])])
    end = np.array([np.cos(p[1] + 1.0), np.sin(p[1] + 1.0)])
    return spatial.geometric_slerp(start, end, np.linspace(0, 1, 5))
