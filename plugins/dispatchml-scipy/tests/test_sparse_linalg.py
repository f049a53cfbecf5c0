"""Systems, least squares, eigenpairs and exponentials with sparse matrices."""

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
from dispatchml_scipy.errors import ConvergenceError, SingularSolutionError

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning, LiftError, NonDifferentiableError

N = 8
DIAGONAL = np.linspace(3, 4, N)
SYMMETRIC = scipy.sparse.csr_array(
    scipy.sparse.diags_array([np.full(N - 1, -1.0), DIAGONAL, np.full(N - 1, -1.0)], offsets=[-1, 0, 1])
)
GENERAL = scipy.sparse.csr_array(
    scipy.sparse.diags_array([np.full(N - 1, -1.5), DIAGONAL, np.full(N - 1, -0.3)], offsets=[-1, 0, 1])
)
COLUMNS = scipy.sparse.csc_array(GENERAL)
TALL = scipy.sparse.csr_array(np.vstack([GENERAL.toarray(), np.eye(N)[:3]]))
RAMP = scipy.sparse.csr_array(scipy.sparse.diags_array(np.arange(N) * 1.0))
B, C, G = np.cos(np.arange(N)), np.sin(np.arange(N)), np.cos(np.arange(N + 3.0))
START = {"v0": np.ones(N)}
EXACT = {"atol": 1e-14, "btol": 1e-14}

PROGRAMS = {
    "spsolve by the right side": lambda f, a: C @ f.spsolve(GENERAL, a**2 * B),
    "spsolve": lambda f, a: C @ f.spsolve(GENERAL * a, a**3 * B),
    "spsolve of columns": lambda f, a: np.sum(f.spsolve(GENERAL * a, np.stack([a**3 * B, C], axis=1)) ** 2),
    "splu": lambda f, a: C @ f.splu(COLUMNS * a).solve(a**3 * B),
    "splu, transposed": lambda f, a: C @ f.splu(COLUMNS * a).solve(a**3 * B, "T"),
    "factorized": lambda f, a: C @ f.factorized(COLUMNS * a)(a**3 * B),
    **{
        name: lambda f, a, name=name: C @ getattr(f, name)(SYMMETRIC * a, a**3 * B, rtol=1e-12)[0]
        for name in ("cg", "minres")
    },
    **{
        name: lambda f, a, name=name: C @ getattr(f, name)(GENERAL * a, a**3 * B, rtol=1e-12)[0]
        for name in ("cgs", "bicg", "bicgstab", "gmres", "lgmres", "qmr", "gcrotmk", "tfqmr")
    },
    "minres with a shift": lambda f, a: C @ f.minres(SYMMETRIC * a, a**3 * B, rtol=1e-12, shift=0.3)[0],
    "gmres, dense": lambda f, a: C @ f.gmres(GENERAL.toarray() * a, a**3 * B, rtol=1e-12)[0],
    "gmres of a function": lambda f, a: (
        C @ f.gmres(f.LinearOperator((N, N), matvec=lambda v: GENERAL @ v * a + v * a**2), a**3 * B, rtol=1e-12)[0]
    ),
    "cg of a function": lambda f, a: (
        C @ f.cg(f.LinearOperator((N, N), matvec=lambda v: SYMMETRIC @ v * a + v * a**2), B, rtol=1e-12)[0]
    ),
    "cg of a plain operator": lambda f, a: (
        C @ f.cg(scipy.sparse.linalg.aslinearoperator(SYMMETRIC), a**2 * B, rtol=1e-12)[0]
    ),
    **{name: lambda f, a, name=name: C @ getattr(f, name)(TALL * a, a**3 * G, **EXACT)[0] for name in ("lsqr", "lsmr")},
    "lsqr, damped": lambda f, a: C @ f.lsqr(TALL * a, a**3 * G, damp=a / 2, **EXACT)[0],
    "lsmr, wide": lambda f, a: G @ f.lsmr(TALL.T * a, a**3 * B, **EXACT)[0],
    "eigenvalues": lambda f, a: np.sum(f.eigsh(SYMMETRIC * a + RAMP * a**2, k=3, **START)[0] ** 2),
    "eigenvectors": lambda f, a: np.sum(f.eigsh(SYMMETRIC * a + RAMP * a**2, k=3, **START)[1] ** 4),
    "eigenvalues with a mass": lambda f, a: np.sum(
        f.eigsh(SYMMETRIC * a + RAMP * a**2, k=2, M=SYMMETRIC.tocsc() * a, return_eigenvectors=False, **START) ** 2
    ),
    "singular values": lambda f, a: np.sum(
        f.svds(GENERAL * a + RAMP * a**2, k=2, return_singular_vectors=False, **START) ** 3
    ),
    "singular vectors": lambda f, a: np.sum(f.svds(GENERAL * a + RAMP * a**2, k=2, **START)[0] ** 4),
    "exponential of vectors": lambda f, a: C @ f.expm_multiply(GENERAL, a**2 * B),
    "exponential": lambda f, a: C @ f.expm_multiply(GENERAL * a / 4, a**2 * B),
    "exponentials": lambda f, a: np.sum(f.expm_multiply(GENERAL * a / 4, a * B, start=0, stop=1, num=3) ** 2),
}
BATCHES = ("spsolve by the right side", "cg of a plain operator", "exponential of vectors")


class StandIns:
    def __init__(self, find):
        self.find = find

    def __getattr__(self, name):
        return self.find(f"sparse.linalg.{name}")


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name, stand_in, check_function):
    f = PROGRAMS[name]
    check_function(
        lambda a: f(StandIns(stand_in), a),
        1.3,
        plain=lambda a: f(scipy.sparse.linalg, a),
        rounding=1e-9,
        batch=name in BATCHES,
    )


def test_a_batch_of_matrices_runs_one_by_one(stand_in):
    f = lambda a: C @ stand_in("sparse.linalg.spsolve")(GENERAL * a, B)  # noqa: E731
    with pytest.warns(FallbackWarning, match="element by element"):
        found = dm.vmap(f)(np.array([1.0, 2.0]))
    np.testing.assert_allclose(found, [f(1.0), f(2.0)])


def test_gradients_keep_the_pattern(stand_in):
    g = dm.grad(lambda a: C @ stand_in("sparse.linalg.spsolve")(a, B))(GENERAL)
    assert g.nnz == GENERAL.nnz
    dense = dm.grad(lambda a: C @ np.linalg.solve(a, B))(GENERAL.toarray())
    np.testing.assert_allclose(g.toarray(), np.where(GENERAL.toarray() != 0, dense, 0), atol=1e-14)


def test_a_script():
    """As users write it, with a sparse argument."""
    value = dm.grad(lambda a: C @ scipy.sparse.linalg.cg(a, B, rtol=1e-12)[0])(SYMMETRIC)
    assert value.nnz == SYMMETRIC.nnz


def test_what_is_refused(stand_in):
    f = StandIns(stand_in)
    with pytest.raises(ConvergenceError, match="cg.*info"):
        dm.grad(lambda a: C @ f.cg(SYMMETRIC * a, B, maxiter=1)[0])(1.0)
    with pytest.raises(ConvergenceError, match="istop"):
        dm.grad(lambda a: C @ f.lsqr(TALL * a, G, iter_lim=1)[0])(1.0)
    with pytest.raises(NonDifferentiableError, match="two eigenvalues are equal"):
        dm.grad(lambda a: np.sum(f.eigsh(scipy.sparse.eye_array(N).tocsr() * a, k=2)[0]))(1.0)
    with pytest.raises(LiftError, match="times"):
        dm.grad(lambda t: np.sum(f.expm_multiply(GENERAL, B, start=0, stop=t, num=2)))(1.0)
    with pytest.raises(SingularSolutionError), pytest.warns(scipy.sparse.linalg.MatrixRankWarning):
        dm.grad(lambda a: np.sum(f.spsolve((GENERAL * 0.0).tocsc(), a * B)))(1.0)
