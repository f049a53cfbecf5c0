"""scipy.linalg."""

import numpy as np

from .moving import moved, symmetric

rng = np.random.default_rng(3)
A = rng.normal(size=(3, 3)) + 2 * np.eye(3)
B = rng.normal(size=(3, 2))
V = rng.normal(size=3)
S = A @ A.T + np.eye(3)
Z = A + 1j * rng.normal(size=(3, 3))
H = Z @ Z.conj().T + np.eye(3)
TALL = rng.normal(size=(4, 3))
FOUR = np.append(V, 0.4)
BAND = np.array([[0.0, 0.3, -0.4, 0.2], [4.0, 5.0, 4.5, 6.0], [0.7, -0.2, 0.5, 0.0], [0.1, 0.6, 0.0, 0.0]])
HALF = np.array([[4.0, 5.0, 4.5, 6.0], [0.7, -0.2, 0.5, 0.0]])
ROTATED = np.array([[0.3, -1.2, 0.1], [0.9, 0.2, 0.4], [0.0, 0.3, 0.7]])
#: Smaller steps of the differences.
STEP = {"solve_continuous_are": 0.002, "solve_discrete_are": 0.002}
TURNED = np.array([[1.0, 0.3, 0.1], [0.2, -2.0, 0.4], [0.5, 0.1, 3.0]])
UNCHECKED = {"overwrite_a": True, "check_finite": False}
RANGES = [("a", None), ("i", (1, 2)), ("v", (0.5, 5.2))]


def without_signs(found):
    """Values and vectors, these without their signs."""
    return found[0], np.abs(found[1])


SCENARIOS = {
    **{
        f"solve {kind}": lambda f, a, kind=kind: f.solve(
            moved(S, a), moved(B, a), assume_a=kind, lower=True, overwrite_b=True, **UNCHECKED
        )
        for kind in ("gen", "sym", "pos", "upper triangular", "lower triangular", "tridiagonal", "banded", "diagonal")
    },
    "solve transposed": lambda f, a: f.solve(moved(A, a), moved(V, a), transposed=True),
    "solve her": lambda f, a: f.solve(moved(H, a), moved(V, a), assume_a="her"),
    **{
        f"inv {kind}": lambda f, a, kind=kind: f.inv(moved(S, a), assume_a=kind, lower=True, **UNCHECKED)
        for kind in ("general", "sym", "pos", "her", "upper triangular", "lower triangular")
    },
    "inv diagonal": lambda f, a: f.inv(np.diag(moved(V, a)), assume_a="diagonal"),
    "det": lambda f, a: f.det(moved(Z, a), **UNCHECKED),
    "lu": lambda f, a: f.lu(moved(TALL, a), permute_l=True, **UNCHECKED),
    "lu indices": lambda f, a: f.lu(moved(A, a), p_indices=True),
    "lu_factor": lambda f, a: f.lu_factor(moved(A, a), **UNCHECKED)[0],
    **{
        f"lu_solve {trans}": lambda f, a, trans=trans: f.lu_solve(
            (moved(A, a), np.array([2, 1, 2])), moved(B, a), trans=trans, overwrite_b=True, check_finite=False
        )
        for trans in (0, 1, 2)
    },
    **{
        f"solve_triangular {trans} {lower}": lambda f, a, trans=trans, lower=lower: f.solve_triangular(
            moved(Z, a),
            moved(B, a),
            trans=trans,
            lower=lower,
            unit_diagonal=lower,
            overwrite_b=True,
            check_finite=False,
        )
        for trans in (0, "T", "C")
        for lower in (False, True)
    },
    **{
        f"lstsq {driver}": lambda f, a, driver=driver: f.lstsq(
            moved(TALL, a), moved(FOUR, a), cond=1e-12, overwrite_b=True, lapack_driver=driver, **UNCHECKED
        )[:2]
        for driver in ("gelsd", "gelsy", "gelss")
    },
    "lstsq wide": lambda f, a: f.lstsq(moved(TALL.T, a), moved(V, a))[0],
    "lstsq several": lambda f, a: f.lstsq(moved(TALL, a), moved(rng0((4, 2)), a))[:2],
    "pinv cut": lambda f, a: f.pinv(moved(TALL, a), rtol=1e-3),
    "pinvh cut": lambda f, a: f.pinvh(moved(S, a), rtol=1e-3),
    "pinv": lambda f, a: f.pinv(moved(TALL, a), return_rank=True, check_finite=False)[0],
    "pinvh": lambda f, a: f.pinvh(moved(S, a), lower=False, return_rank=True, check_finite=False)[0],
    **{
        f"norm {order} {axis}": lambda f, a, order=order, axis=axis: f.norm(
            moved(A, a), order, axis=axis, keepdims=True, check_finite=False
        )
        for order, axis in [
            (None, None),
            ("fro", None),
            ("nuc", None),
            (1, None),
            (-1, None),
            (2, None),
            (-2, None),
            (np.inf, None),
            (-np.inf, None),
            (1, 0),
            (2, 1),
            (3, 0),
            (np.inf, 1),
            (-np.inf, 0),
            (None, 1),
            (0.5, 0),
        ]
    },
    **{
        f"qr {mode} {pivoting}": lambda f, a, mode=mode, pivoting=pivoting: f.qr(
            moved(A, a), mode=mode, pivoting=pivoting, lwork=64, **UNCHECKED
        )
        for mode in ("full", "r", "economic")
        for pivoting in (False, True)
    },
    **{
        f"rq {mode}": lambda f, a, mode=mode: f.rq(moved(A, a), mode=mode, lwork=64, **UNCHECKED)
        for mode in ("full", "r", "economic")
    },
    "polar": lambda f, a: f.polar(moved(A, a), side="left"),
    "schur": lambda f, a: np.abs(f.schur(moved(S + A / 9, a), output="real", lwork=64, **UNCHECKED)[0]),
    "schur complex": lambda f, a: np.diagonal(f.schur(moved(ROTATED, a), output="complex")[0]),
    "cholesky": lambda f, a: f.cholesky(symmetric(S, a), lower=True, **UNCHECKED),
    "cholesky complex": lambda f, a: f.cholesky(symmetric(H, a)),
    "cho_factor": lambda f, a: np.tril(f.cho_factor(symmetric(S, a), lower=True, **UNCHECKED)[0]),
    "cho_solve": lambda f, a: f.cho_solve((moved(S, a), True), moved(B, a), overwrite_b=True, check_finite=False),
    "svd": lambda f, a: np.abs(f.svd(moved(TALL, a), full_matrices=False, lapack_driver="gesvd", **UNCHECKED)[0]),
    "svd values": lambda f, a: f.svd(moved(TALL, a), compute_uv=False),
    "svdvals": lambda f, a: f.svdvals(moved(Z, a), **UNCHECKED),
    "eig": lambda f, a: without_signs(f.eig(moved(A, a), overwrite_b=True, **UNCHECKED)),
    "eig values": lambda f, a: f.eig(moved(A, a), right=False),
    "eigvals": lambda f, a: f.eigvals(moved(ROTATED, a), **UNCHECKED),
    **{
        f"eigh {kind} {driver}": lambda f, a, kind=kind, driver=driver: without_signs(
            f.eigh(
                symmetric(S, a),
                symmetric(S + np.diag([1.0, 2.0, 3.0]), a),
                lower=False,
                type=kind,
                driver=driver,
                overwrite_b=True,
                **UNCHECKED,
            )
        )
        for kind, driver in ((1, None), (2, "gvd"), (3, "gv"))
    },
    "eigh some": lambda f, a: f.eigh(symmetric(H, a), subset_by_index=(1, 2), eigvals_only=True),
    "eigh between": lambda f, a: f.eigh(symmetric(S, a), subset_by_value=(1.5, 99.0), eigvals_only=True),
    "eigvalsh": lambda f, a: f.eigvalsh(
        symmetric(S, a), symmetric(S + np.eye(3), a), lower=False, type=2, overwrite_b=True, **UNCHECKED
    ),
    "eigvalsh some": lambda f, a: f.eigvalsh(symmetric(S, a), subset_by_index=(0, 1), driver="evr"),
    "eigvalsh between": lambda f, a: f.eigvalsh(symmetric(S, a), subset_by_value=(1.5, 99.0)),
    **{
        f"eigh_tridiagonal {select}": lambda f, a, select=select, limits=limits: f.eigh_tridiagonal(
            moved(HALF[0], a),
            moved(HALF[1, :3], a),
            eigvals_only=True,
            select=select,
            select_range=limits,
            check_finite=False,
            tol=1e-14,
            lapack_driver="stebz",
        )
        for select, limits in RANGES
    },
    "eigh_tridiagonal vectors": lambda f, a: without_signs(
        f.eigh_tridiagonal(moved(HALF[0], a), moved(HALF[1, :3], a))
    ),
    **{
        f"eigvalsh_tridiagonal {select}": lambda f, a, select=select, limits=limits: f.eigvalsh_tridiagonal(
            moved(HALF[0], a),
            moved(HALF[1, :3], a),
            select=select,
            select_range=limits,
            check_finite=False,
            tol=1e-14,
            lapack_driver="stebz",
        )
        for select, limits in RANGES
    },
    **{
        f"eig_banded {select}": lambda f, a, select=select, limits=limits: without_signs(
            f.eig_banded(
                moved(HALF, a),
                lower=True,
                select=select,
                select_range=limits,
                overwrite_a_band=True,
                max_ev=4,
                check_finite=False,
            )
        )
        for select, limits in RANGES
    },
    "eig_banded values": lambda f, a: f.eig_banded(moved(HALF, a), lower=True, eigvals_only=True),
    "eigvals_banded": lambda f, a: f.eigvals_banded(
        moved(HALF, a), lower=True, overwrite_a_band=True, select="i", select_range=(0, 2), check_finite=False
    ),
    "solve_banded": lambda f, a: f.solve_banded(
        (2, 1), moved(BAND, a), moved(FOUR, a), overwrite_ab=True, overwrite_b=True, check_finite=False
    ),
    "solveh_banded": lambda f, a: f.solveh_banded(
        moved(HALF, a), moved(FOUR, a), overwrite_ab=True, overwrite_b=True, lower=True, check_finite=False
    ),
    "cholesky_banded": lambda f, a: f.cholesky_banded(
        moved(HALF, a), overwrite_ab=True, lower=True, check_finite=False
    ),
    "cho_solve_banded": lambda f, a: f.cho_solve_banded(
        (moved(HALF, a), True), moved(FOUR, a), overwrite_b=True, check_finite=False
    ),
    **{
        name: lambda f, a, name=name: getattr(f, name)(moved(A / 3, a))
        for name in ("expm", "cosm", "sinm", "tanm", "coshm", "sinhm", "tanhm")
    },
    "expm complex": lambda f, a: f.expm(moved(np.stack([Z, H]) / 4, a)),
    "expm_frechet": lambda f, a: f.expm_frechet(
        moved(A, a), moved(S, a), method="SPS", compute_expm=False, check_finite=False
    ),
    "expm_frechet both": lambda f, a: f.expm_frechet(moved(A, a), moved(S, a), method="blockEnlarge"),
    "fractional_matrix_power": lambda f, a: f.fractional_matrix_power(moved(S, a), 0.3),
    "logm": lambda f, a: f.logm(moved(S, a), disp=True),
    "signm": lambda f, a: f.signm(moved(TURNED, a)),
    "signm with its error": lambda f, a: f.signm(moved(TURNED, a), disp=False),
    "sqrtm": lambda f, a: f.sqrtm(moved(S, a), blocksize=2),
    "sqrtm with its error": lambda f, a: f.sqrtm(moved(S, a), disp=False)[0],
    "logm with its error": lambda f, a: f.logm(moved(S, a), disp=False)[0],
    "matmul_toeplitz": lambda f, a: f.matmul_toeplitz(
        (moved(V, a), moved(Z[0], a)), moved(B, a), check_finite=True, workers=1
    ),
    "solve_toeplitz": lambda f, a: f.solve_toeplitz((moved(V + 3, a), moved(V, a)), moved(B, a), check_finite=False),
    "solve_circulant": lambda f, a: f.solve_circulant(
        moved(np.stack([V, V[::-1]], 1), a), moved(B.T, a), singular="raise", tol=1e-12, caxis=0, baxis=1, outaxis=1
    ),
    "solve_circulant singular": lambda f, a: f.solve_circulant(
        moved(V, a) - np.mean(moved(V, a)), moved(V[::-1], a) ** 2, singular="lstsq"
    ),
    **{
        name: lambda f, a, name=name: getattr(f, name)(
            moved(A / 3, a),
            moved(B, a),
            symmetric(S + 2 * np.eye(3), a),
            symmetric(np.eye(2) + 0.1, a),
            s=B / 9,
            balanced=False,
        )
        for name in ("solve_continuous_are", "solve_discrete_are")
    },
    "solve_continuous_lyapunov": lambda f, a: f.solve_continuous_lyapunov(moved(A, a), moved(S, a)),
    "solve_lyapunov": lambda f, a: f.solve_lyapunov(moved(A, a), moved(S, a)),
    **{
        f"solve_discrete_lyapunov {method}": lambda f, a, method=method: f.solve_discrete_lyapunov(
            moved(A / 5, a), moved(S, a), method=method
        )
        for method in (None, "direct", "bilinear")
    },
    "solve_sylvester": lambda f, a: f.solve_sylvester(moved(A, a), moved(S, a), moved(A, a)),
    "block_diag": lambda f, a: f.block_diag(moved(A, a), 1.0, moved(B, a)),
    "circulant": lambda f, a: f.circulant(moved(V, a)),
    "companion": lambda f, a: f.companion(moved(V, a)),
    **{
        f"convolution_matrix {mode}": lambda f, a, mode=mode: f.convolution_matrix(moved(V, a), 4, mode=mode)
        for mode in ("full", "same", "valid")
    },
    "fiedler": lambda f, a: f.fiedler(moved(V, a)),
    "fiedler_companion": lambda f, a: f.fiedler_companion(moved(FOUR, a)),
    "hankel": lambda f, a: f.hankel(moved(V, a), r=moved(V, a) * 2),
    "leslie": lambda f, a: f.leslie(moved(V, a), moved(V[:2], a)),
    "toeplitz": lambda f, a: f.toeplitz(moved(V, a), r=moved(Z[0], a)),
    "orthogonal_procrustes": lambda f, a: f.orthogonal_procrustes(
        moved(TALL, a), moved(TALL[::-1], a), check_finite=False
    ),
}


def rng0(shape):
    """Numbers of a shape."""
    return np.sin(1 + np.arange(np.prod(shape)) ** 2.0).reshape(shape)


REFUSED = {
    "eig of a pair": lambda f, a: f.eig(moved(A, a), S),
    "eig left": lambda f, a: f.eig(moved(A, a), left=True),
    "eig homogeneous": lambda f, a: f.eig(moved(A, a), homogeneous_eigvals=True),
    "eigvals of a pair": lambda f, a: f.eigvals(moved(A, a), S),
    "eigvals homogeneous": lambda f, a: f.eigvals(moved(A, a), homogeneous_eigvals=True),
    "pinv cut": lambda f, a: f.pinv(moved(TALL, a), atol=1e-3),
    "pinvh cut": lambda f, a: f.pinvh(moved(S, a), atol=1e-3),
    "qr raw": lambda f, a: f.qr(moved(A, a), mode="raw"),
    "schur sorted": lambda f, a: f.schur(moved(S, a), sort="lhp"),
    "solve_continuous_are of a pair": lambda f, a: f.solve_continuous_are(moved(A, a), B, S, np.eye(2), e=S, s=B / 9),
    "solve_discrete_are of a pair": lambda f, a: f.solve_discrete_are(moved(A, a), B, S, np.eye(2), e=S, s=B / 9),
    "null_space": lambda f, a: f.null_space(moved(B.T, a)),
}

#: In these the number of values is found out by their sizes, of which a batch has several.
ONE_BY_ONE = {
    "eigh between",
    "eigvalsh between",
    "eigh_tridiagonal v",
    "eigvalsh_tridiagonal v",
    "eig_banded v",
}
