"""scipy.sparse.linalg."""

import numpy as np
import scipy.sparse
import scipy.sparse.linalg

N = 8
DIAGONAL = np.linspace(3, 4, N)
SYMMETRIC = scipy.sparse.csr_array(
    scipy.sparse.diags_array([np.full(N - 1, -1.0), DIAGONAL, np.full(N - 1, -1.0)], offsets=[-1, 0, 1])
)
GENERAL = scipy.sparse.csr_array(
    scipy.sparse.diags_array([np.full(N - 1, -1.5), DIAGONAL, np.full(N - 1, -0.3)], offsets=[-1, 0, 1])
)
TALL = scipy.sparse.csr_array(np.vstack([GENERAL.toarray(), np.eye(N)[:3]]))
RAMP = scipy.sparse.csr_array(scipy.sparse.diags_array(np.arange(N) * 1.0))
LOWER = scipy.sparse.csr_array(np.tril(GENERAL.toarray()))
B, C, G = np.cos(np.arange(N)), np.sin(np.arange(N)), np.cos(np.arange(N + 3.0))
HALVES = scipy.sparse.csr_array(scipy.sparse.diags_array(1 / DIAGONAL))
EXACT = {"rtol": 1e-13, "atol": 0.0, "maxiter": 500, "callback": None}
PRECISE = {"atol": 1e-14, "btol": 1e-14, "conlim": 1e9, "show": False, "x0": np.zeros(N)}
START = {"v0": np.ones(N)}


def signless(found):
    """Values, and vectors without signs."""
    return found[0], np.abs(found[1])


SCENARIOS = {
    "norm": lambda f, a: f.norm(GENERAL * a + RAMP * a * a, ord="fro", axis=None),
    "spsolve": lambda f, a: f.spsolve(GENERAL * a, a**3 * B, permc_spec="COLAMD", use_umfpack=False),
    "splu": lambda f, a: f.splu(
        (GENERAL * a).tocsc(), permc_spec="COLAMD", diag_pivot_thresh=1.0, relax=1, panel_size=10, options={}
    ).solve(a**3 * B),
    "factorized": lambda f, a: f.factorized((GENERAL * a).tocsc())(a**3 * B),
    "spsolve_triangular": lambda f, a: f.spsolve_triangular(
        LOWER * a, a**3 * B, lower=True, overwrite_A=False, overwrite_b=False, unit_diagonal=False
    ),
    "spsolve_triangular upper": lambda f, a: f.spsolve_triangular(LOWER.T.tocsr() * a, a**3 * B, lower=False),
    **{
        name: lambda f, a, name=name: getattr(f, name)(
            (SYMMETRIC if name == "cg" else GENERAL) * a, a**3 * B, x0=np.ones(N), M=HALVES, **EXACT
        )[0]
        for name in ("cg", "bicg", "bicgstab", "cgs")
    },
    "gmres": lambda f, a: f.gmres(
        GENERAL * a, a**3 * B, x0=np.ones(N), M=HALVES, restart=5, callback_type="pr_norm", **EXACT
    )[0],
    "qmr": lambda f, a: f.qmr(GENERAL * a, a**3 * B, x0=np.ones(N), M1=None, M2=None, **EXACT)[0],
    "gcrotmk": lambda f, a: f.gcrotmk(
        GENERAL * a, a**3 * B, x0=np.ones(N), M=HALVES, m=5, k=3, CU=None, discard_C=True, truncate="smallest", **EXACT
    )[0],
    "lgmres": lambda f, a: f.lgmres(
        GENERAL * a,
        a**3 * B,
        x0=np.ones(N),
        M=HALVES,
        inner_m=5,
        outer_k=2,
        outer_v=[],
        store_outer_Av=False,
        prepend_outer_v=True,
        **EXACT,
    )[0],
    "minres": lambda f, a: f.minres(
        SYMMETRIC * a, a**3 * B, rtol=1e-13, shift=0.2, maxiter=500, M=None, callback=None, show=False, check=True
    )[0],
    "minres from a start": lambda f, a: f.minres(SYMMETRIC * a, a**3 * B, x0=np.ones(N), rtol=1e-13)[0],
    "tfqmr": lambda f, a: f.tfqmr(GENERAL * a, a**3 * B, x0=np.ones(N), show=False, **EXACT)[0],
    "LinearOperator": lambda f, a: f.gmres(
        f.LinearOperator(
            (N, N),
            matvec=lambda v: GENERAL @ v * a,
            rmatvec=lambda v: GENERAL.T @ v * a,
            matmat=None,
            dtype=float,
            rmatmat=None,
        ),
        a**3 * B,
        rtol=1e-13,
    )[0],
    "lsqr": lambda f, a: f.lsqr(TALL * a, a**3 * G, damp=0.3 * a, iter_lim=300, calc_var=False, **PRECISE)[0],
    "lsmr": lambda f, a: f.lsmr(TALL * a, a**3 * G, damp=0.3, maxiter=300, **PRECISE)[0],
    "eigsh": lambda f, a: signless(
        f.eigsh(
            SYMMETRIC * a + RAMP * a**2,
            k=3,
            M=None,
            sigma=None,
            which="LA",
            ncv=7,
            maxiter=1000,
            tol=1e-13,
            return_eigenvectors=True,
            Minv=None,
            OPinv=None,
            mode="normal",
            **START,
        )
    ),
    "eigsh near a number": lambda f, a: f.eigsh(
        (SYMMETRIC * a + RAMP * a**2).tocsc(), k=2, sigma=5.0, which="LM", return_eigenvectors=False, **START
    ),
    "eigsh with a mass": lambda f, a: f.eigsh(
        SYMMETRIC * a + RAMP * a**2, k=2, M=SYMMETRIC.tocsc() * a, return_eigenvectors=False, **START
    ),
    "svds": lambda f, a: f.svds(
        GENERAL * a + RAMP * a**2,
        k=2,
        ncv=7,
        tol=1e-13,
        which="LM",
        maxiter=1000,
        return_singular_vectors=False,
        solver="arpack",
        options=None,
        **START,
    ),
    "eigsh by a generator": lambda f, a: f.eigsh(SYMMETRIC * a + RAMP * a**2, k=2, rng=3, return_eigenvectors=False),
    "svds by a generator": lambda f, a: f.svds(GENERAL * a + RAMP * a**2, k=2, rng=3, return_singular_vectors=False),
    "svds anyhow": lambda f, a: f.svds(GENERAL * a + RAMP * a**2, k=2, random_state=3, return_singular_vectors=False),
    "expm_multiply": lambda f, a: f.expm_multiply(
        GENERAL * a / 4, a * B, start=0.0, stop=1.0, num=3, endpoint=True, traceA=float(GENERAL.trace() / 4 * 1.3)
    ),
}
REFUSED = {
    # SciPy says that it converged, and has not
    "tfqmr with a preconditioner": lambda f, a: f.tfqmr(GENERAL * a, a**3 * B, x0=np.ones(N), M=HALVES, **EXACT)[0],
    "minres from a start with a shift": lambda f, a: f.minres(SYMMETRIC * a, a**3 * B, x0=np.ones(N), shift=0.2)[0],
    "times of expm_multiply": lambda f, a: f.expm_multiply(GENERAL, B, start=0, stop=a, num=2),
}
TOLERANCE = dict.fromkeys(SCENARIOS, 1e-06)
#: Sparse matrices of traced numbers are no batch.
ONE_BY_ONE = set(SCENARIOS)
