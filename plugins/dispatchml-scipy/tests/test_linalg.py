"""Functions of scipy.linalg on traced values: every keyword that is taken, and errors for the others."""

import inspect

import numpy as np
import pytest
import scipy.linalg

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError
from dispatchml.lift.replacing import REPLACEMENTS

rng = np.random.default_rng(3)
A = rng.normal(size=(3, 3)) + 2 * np.eye(3)
B = rng.normal(size=(3, 2))
V = rng.normal(size=3)
S = A @ A.T + np.eye(3)
Z = A + 1j * rng.normal(size=(3, 3))
H = Z @ Z.conj().T + np.eye(3)
TALL = rng.normal(size=(4, 3))
BAND = np.array([[0.0, 0.3, -0.4, 0.2], [4.0, 5.0, 4.5, 6.0], [0.7, -0.2, 0.5, 0.0], [0.1, 0.6, 0.0, 0.0]])
HALF = np.array([[4.0, 5.0, 4.5, 6.0], [0.7, -0.2, 0.5, 0.0]])


def without_signs(result):
    """Eigenvectors without their signs, which a routine chooses by rounding."""
    return (result[0], np.absolute(result[1])) if type(result) is tuple and np.ndim(result[1]) == 2 else result


CASES = [
    ("solve", (A, B), {}),
    ("solve", (A, V), {}),
    ("solve", (A, B), {"transposed": True}),
    ("solve", (Z, B), {}),
    ("solve", (S, B), {"assume_a": "sym"}),
    ("solve", (S, B), {"assume_a": "pos", "lower": True}),
    ("solve", (H, V), {"assume_a": "her"}),
    ("solve", (A, V), {"assume_a": "upper triangular"}),
    ("solve", (A, V), {"assume_a": "lower triangular", "transposed": True}),
    ("solve", (np.diag(V), V), {"assume_a": "diagonal"}),
    ("inv", (A,), {}),
    ("inv", (S,), {"assume_a": "pos"}),
    ("det", (A,), {}),
    ("det", (Z,), {}),
    ("lu", (A,), {}),
    ("lu", (TALL,), {"permute_l": True}),
    ("lu", (A,), {"p_indices": True}),
    ("lu_factor", (A,), {}),
    ("lu_factor", (TALL,), {}),
    ("lu_factor", (TALL.T.copy(),), {}),
    ("solve_triangular", (A, B), {}),
    ("solve_triangular", (A, V), {"lower": True, "trans": 1, "unit_diagonal": True}),
    ("solve_triangular", (Z, V), {"trans": "C"}),
    ("lstsq", (TALL, np.append(V, 0.4)), {}),
    ("pinv", (TALL,), {}),
    ("pinv", (TALL,), {"return_rank": True}),
    ("pinvh", (S,), {}),
    ("pinvh", (H,), {"lower": False}),
    ("norm", (A,), {}),
    ("norm", (A, 2), {}),
    ("norm", (A, 1), {"axis": 0}),
    ("qr", (TALL,), {"mode": "economic"}),
    ("qr", (A,), {}),
    ("qr", (TALL,), {"mode": "r"}),
    ("qr", (TALL,), {"mode": "economic", "pivoting": True}),
    ("rq", (A,), {}),
    ("rq", (TALL.T.copy(),), {"mode": "economic"}),
    ("rq", (A,), {"mode": "r"}),
    ("polar", (A,), {}),
    ("polar", (TALL,), {}),
    ("polar", (A,), {"side": "left"}),
    ("polar", (TALL.T.copy(),), {}),
    ("polar", (np.eye(3),), {}),
    ("svd", (A,), {"compute_uv": False}),
    ("svd", (TALL,), {"full_matrices": False}),
    ("svdvals", (Z,), {}),
    ("eigvals", (A,), {}),
    ("eig", (A,), {"right": False}),
    ("eigh_tridiagonal", (V, V[1:]), {}),
    ("eigh_tridiagonal", (V, V[1:]), {"select": "i", "select_range": (0, 1)}),
    ("eigh_tridiagonal", (V, V[1:]), {"eigvals_only": True}),
    ("eigvalsh_tridiagonal", (V, V[1:]), {}),
    ("expm", (A,), {}),
    ("expm_frechet", (A, S), {}),
    ("expm_frechet", (A, S), {"compute_expm": False}),
    ("logm", (S,), {}),
    ("sqrtm", (S,), {}),
    ("fractional_matrix_power", (S, 0.3), {}),
    ("fractional_matrix_power", (A, 3), {}),
    ("cosm", (A,), {}),
    ("sinm", (A,), {}),
    ("tanm", (A,), {}),
    ("coshm", (A,), {}),
    ("sinhm", (A,), {}),
    ("tanhm", (A,), {}),
    ("cosm", (Z,), {}),
    ("sinm", (Z,), {}),
    ("signm", (np.array([[1.0, 0.3, 0.1], [0.2, -2.0, 0.4], [0.5, 0.1, 3.0]]),), {}),
    ("toeplitz", (V,), {}),
    ("toeplitz", (V, B[:, 0].copy()), {}),
    ("toeplitz", (Z[0],), {}),
    ("hankel", (V,), {}),
    ("hankel", (V, V * 2), {}),
    ("circulant", (V,), {}),
    ("leslie", (V, V[:2]), {}),
    ("block_diag", (A, B), {}),
    ("convolution_matrix", (V, 4), {}),
    ("convolution_matrix", (V, 4), {"mode": "same"}),
    ("companion", (V,), {}),
    ("fiedler", (V,), {}),
    ("fiedler_companion", (np.append(V, 0.4),), {}),
    ("solve_sylvester", (A, S, A * 2), {}),
    ("solve_continuous_lyapunov", (A, S), {}),
    ("solve_discrete_lyapunov", (A / 5, S), {}),
    ("solve_discrete_lyapunov", (A / 5, S), {"method": "bilinear"}),
    ("solve_toeplitz", (V + 3, B), {}),
    ("solve_toeplitz", ((V + 3, V), B), {}),
    ("matmul_toeplitz", (V, B), {}),
    ("matmul_toeplitz", ((V, Z[0]), V), {}),
    ("solve_circulant", (V, V), {}),
    ("solve_circulant", (V, B), {}),
    ("solve_banded", ((2, 1), BAND, np.append(V, 0.4)), {}),
    ("solve_banded", ((1, 1), BAND[:3], BAND), {}),
    ("solveh_banded", (HALF, np.append(V, 0.4)), {"lower": True}),
    ("solveh_banded", (BAND[:2], np.append(V, 0.4)), {}),
    ("eig_banded", (HALF,), {"lower": True}),
    ("eig_banded", (BAND[:2],), {"select": "i", "select_range": (1, 2)}),
    ("eig_banded", (BAND[:2],), {"eigvals_only": True}),
    ("schur", (S + A / 9,), {}),
    ("solve_continuous_are", (A, B, S, np.eye(2) + 0.1), {"traced": (0, 1)}),
    ("solve_continuous_are", (A, B, S, np.eye(2)), {"s": B / 9, "traced": (0, 1)}),
    ("solve_discrete_are", (A / 3, B, S, np.eye(2) + 0.1), {"traced": (0, 1)}),
    ("solve_discrete_are", (A / 3, B, S, np.eye(2)), {"s": B / 9, "traced": (0, 1)}),
    ("cholesky_banded", (HALF,), {"lower": True}),
    ("cholesky_banded", (BAND[:2],), {}),
    ("eigvals_banded", (HALF,), {"lower": True}),
    ("cho_solve_banded", ((HALF, True), np.append(V, 0.4)), {}),
    ("cho_solve_banded", ((BAND[:2], False), np.append(V, 0.4)), {}),
    ("cho_solve", ((A, True), B), {}),
    ("cho_solve", ((Z, False), B), {}),
]


@pytest.mark.parametrize(("name", "arguments", "keywords"), CASES, ids=lambda x: x if isinstance(x, str) else "")
def test_derivatives(name, arguments, keywords, compare):
    if "assume_a" in keywords and "assume_a" not in inspect.signature(getattr(scipy.linalg, name)).parameters:
        pytest.skip("this version of SciPy does not have the keyword")
    if name.endswith("_are") and "s" in keywords and scipy.__version__ == "1.16.0":
        pytest.skip("SciPy 1.16.0 itself refuses s without e")
    batch = not (name.startswith(("eigh_tri", "eig_banded")) and "select" in keywords) and not keywords.get(
        "return_rank"
    )
    compare(f"linalg.{name}", *arguments, batch=batch, **keywords)


@pytest.mark.parametrize(
    ("name", "keywords"),
    [
        ("cholesky", {}),
        ("cholesky", {"lower": True}),
        ("cho_factor", {}),
        ("eigh", {}),
        ("eigh", {"lower": False}),
        ("eigh", {"subset_by_index": (1, 2)}),
        ("eigh", {"subset_by_value": (1.5, 99.0)}),
        ("eigvalsh", {}),
        ("eigh", {"eigvals_only": True}),
    ],
)
def test_functions_of_one_triangle_have_the_derivative_of_the_symmetric_part(name, keywords, compare, monkeypatch):
    plain, ours = getattr(scipy.linalg, name), REPLACEMENTS[f"scipy.linalg.{name}"]

    def of(function):
        return lambda a, **k: function((a + np.conj(np.swapaxes(a, -2, -1))) / 2, **k)

    monkeypatch.setattr(scipy.linalg, name, of(plain))
    monkeypatch.setattr(ours, "function", of(ours.function))
    compare(f"linalg.{name}", S, batch="subset_by_value" not in keywords, after=without_signs, **keywords)


@pytest.mark.parametrize("type", [1, 2, 3])
def test_pairs_of_symmetric_matrices(type, compare):
    compare("linalg.eigh", S, S + np.diag([1.0, 2.0, 3.0]) + A.T @ A, type=type)
    compare("linalg.eigvalsh", S, S + np.diag([1.0, 2.0, 3.0]), type=type)


def test_factors_solve():
    solve = REPLACEMENTS["scipy.linalg.lu_solve"].function
    factor = REPLACEMENTS["scipy.linalg.lu_factor"].function
    for trans, matrix in ((0, A), (1, A.T), (2, A.T)):
        f = lambda a, trans=trans: np.sum(solve(factor(a), B, trans=trans) ** 2)  # noqa: E731
        g = lambda a, trans=trans: np.sum(np.linalg.solve(a if trans == 0 else a.T, B) ** 2)  # noqa: E731
        np.testing.assert_allclose(f(A), np.sum(np.linalg.solve(matrix, B) ** 2))
        np.testing.assert_allclose(dm.grad(f)(A), dm.grad(g)(A), rtol=1e-9)


@pytest.mark.parametrize(
    "call",
    [
        lambda f, x: f("qr")(x, mode="raw"),
        lambda f, x: f("null_space")(x),
        lambda f, x: f("qz")(x, x),
        lambda f, x: f("eig")(x, x),
        lambda f, x: f("pinv")(x, atol=1e-3),
        lambda f, x: f("funm")(x, np.exp),
    ],
)
def test_what_has_no_rule_says_so(call):
    with pytest.raises(LiftError, match=r"scipy\.linalg\.\w+.*not supported with traced values \(at .*test_linalg"):
        dm.grad(lambda x: np.sum(call(lambda name: REPLACEMENTS[f"scipy.linalg.{name}"].function, x)))(A)


def test_infinities_raise_as_in_scipy():
    with pytest.raises(ValueError, match="infs or NaNs"):
        dm.grad(lambda x: REPLACEMENTS["scipy.linalg.det"].function(x))(np.full((2, 2), np.nan))


def test_complex_schur_form():
    schur = REPLACEMENTS["scipy.linalg.schur"].function
    turn = np.array([[0.3, -1.2, 0.1], [0.9, 0.2, 0.4], [0.0, 0.3, 0.7]])
    number = lambda a, f=schur: np.sum(np.real(f(a, output="complex")[0][0, 0] ** 2))  # noqa: E731
    change = [number(turn + 1e-6 * A), number(turn - 1e-6 * A)]
    np.testing.assert_allclose(number(turn), number(turn, scipy.linalg.schur))
    np.testing.assert_allclose(np.sum(dm.grad(number)(turn) * A), (change[0] - change[1]) / 2e-6, rtol=1e-6)
    with pytest.raises(LiftError, match="output='complex'"):
        dm.grad(lambda a: np.sum(schur(a)[0]))(turn)


@pytest.mark.parametrize("name", ["solve_continuous_are", "solve_discrete_are"])
def test_riccati_equations_by_their_symmetric_matrices(name):
    plain, ours = getattr(scipy.linalg, name), REPLACEMENTS[f"scipy.linalg.{name}"].function
    turn = np.diag([0.3, 1.0, -0.2]) + 0.1

    def number(function):
        return lambda t: np.sum(function(A / 3, B, S + t * turn, np.eye(2) * (1 + t)) ** 2)

    change = (number(plain)(1e-5) - number(plain)(-1e-5)) / 2e-5
    np.testing.assert_allclose(dm.grad(number(ours))(0.0), change, rtol=1e-6)
