"""Every operation with a rule gives what the dense array gives, in the structure that is promised."""

import pickle
import warnings

import numpy as np
import pytest
from dispatchml_structured import (
    BlockDiagonal,
    Circulant,
    Diagonal,
    Hermitian,
    Kronecker,
    LowRank,
    ScaledIdentity,
    Symmetric,
    Toeplitz,
    Triangular,
)
from dispatchml_structured.base import Structure
from dispatchml_structured.closure import PRODUCTS, SUMS
from structured_cases import BUILDERS, NAMES, REGULAR, N, arrays, build, kind, matrix, real

from dispatchml import ops
from dispatchml.dispatch.errors import DensifyWarning

X = np.linspace(-1.0, 2.0, N)
Y = np.linspace(0.5, 3.0, 2 * N).reshape(N, 2) ** 2


def plain(x):
    return x.materialise() if isinstance(x, Structure) else np.asarray(x)


def same(got, expected):
    np.testing.assert_allclose(plain(got), expected, rtol=1e-9, atol=1e-9)


QUIET = {
    "times a vector": lambda m: m @ X,
    "a vector times": lambda m: X @ m,
    "times columns": lambda m: m @ Y,
    "rows times": lambda m: Y.T @ m,
    "dot": lambda m: np.dot(m, X),
    "inner": lambda m: np.inner(Y.T, m),
    "transpose": lambda m: m.T,
    "swapaxes": lambda m: np.swapaxes(m, 0, 1),
    "twice": lambda m: 2 * m,
    "half": lambda m: m / 2,
    "numpy scalar": lambda m: np.float64(3.0) * m,
    "negative": lambda m: -m,
    "positive": lambda m: +m,
    "conj": np.conj,
    "diagonal": np.diagonal,
    "diag": np.diag,
    "trace": np.trace,
    "sum": np.sum,
    "sum of columns": lambda m: np.sum(m, axis=0),
    "sum of rows": lambda m: np.sum(m, axis=-1, keepdims=True),
    "mean": np.mean,
    "mean of rows": lambda m: m.mean(axis=1),
    "entry": lambda m: m[1, 2],
    "diagonal entry": lambda m: m[-1, -1],
    "row": lambda m: m[1],
    "column": lambda m: m[:, 2],
    "part of a row": lambda m: m[3, 1:4],
    "everything": lambda m: m[...],
    "plus dense": lambda m: m + np.ones((N, N)),
    "dense minus": lambda m: np.ones((N, N)) - m,
    "times dense, entry by entry": lambda m: m * np.arange(36.0).reshape(N, N),
    "equal": lambda m: m == m,
    "isnan": np.isnan,
    "by float32": lambda m: m * np.float32(2),
    "det": np.linalg.det,
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("what", QUIET)
def test_what_never_needs_a_dense_array(name, what, rng):
    m = matrix(name, real(rng))
    same(QUIET[what](m), QUIET[what](m.materialise()))


@pytest.mark.parametrize("name", REGULAR)
def test_systems_and_determinants(name, rng):
    m = matrix(name, real(rng))
    d = m.materialise()
    same(np.linalg.solve(m, X), np.linalg.solve(d, X))
    same(np.linalg.solve(m, Y), np.linalg.solve(d, Y))
    (sign, log), expected = np.linalg.slogdet(m), np.linalg.slogdet(d)
    assert sign == pytest.approx(expected.sign)
    assert log == pytest.approx(expected.logabsdet)


LOUD = {
    "exp": np.exp,
    "cos": np.cos,
    "sin": np.sin,
    "square root": lambda m: np.sqrt(np.abs(m)),
    "square": lambda m: m**2,
    "cube": lambda m: m**3.0,
    "absolute": np.abs,
    "norm": np.linalg.norm,
    "tril": np.tril,
    "triu": lambda m: np.triu(m, 1),
    "off the diagonal": lambda m: np.diagonal(m, 1),
    "a block": lambda m: m[1:3],
    "plus 1": lambda m: m + 1.0,
    "1 minus": lambda m: 1.0 - m,
    "reshape": lambda m: np.reshape(m, (-1,)),
    "kron": lambda m: np.kron(m, np.ones((2, 2))),
    "third power": lambda m: np.linalg.matrix_power(m, 3),
    "power 0": lambda m: np.linalg.matrix_power(m, 0),
    "cumsum": lambda m: np.cumsum(m, axis=0),
    "maximum": lambda m: np.maximum(m, 0.5),
    "product with itself": lambda m: m @ m,
    "plus itself": lambda m: m + m,
    "minus itself": lambda m: m - 3 * m,
    "times itself": lambda m: m * m,
    "max": np.max,
    "concatenate": lambda m: np.concatenate([m, m]),
    "stack": lambda m: np.stack([m, 2 * m]),
    "by an array": lambda m: m / np.arange(1.0, 37.0).reshape(N, N),
    "column factors": lambda m: m * np.arange(1.0, N + 1),
    "row factors": lambda m: m * np.arange(1.0, N + 1)[:, None],
    "singular values": np.linalg.svdvals,
    "eigenvalues": lambda m: np.sort(np.linalg.eigvals(m)),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("what", LOUD)
def test_what_may_need_one_is_right_too(name, what, rng):
    m = matrix(name, real(rng))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DensifyWarning)
        same(LOUD[what](m), LOUD[what](m.materialise()))


#: What is closed, and what is not: the table of the README.
ONE = [
    "identity", "diagonal", "lower", "symmetric", "hermitian", "circulant", "toeplitz", "low_rank", "diagonal_plus",
    "kronecker", "block_diagonal", "block",
]  # fmt: skip
INVERSES = {
    "ScaledIdentity", "Diagonal", "Triangular", "Symmetric", "Hermitian", "Circulant", "DiagonalPlusLowRank",
    "Kronecker", "BlockDiagonal", "Block",
}  # fmt: skip


@pytest.mark.parametrize("operation", ["sum", "difference", "product", "entries"])
@pytest.mark.parametrize("a", ONE)
@pytest.mark.parametrize("b", ONE)
def test_pairs(operation, a, b, rng):
    x, y = matrix(a, real(rng)), matrix(b, real(rng))
    f = {
        "sum": lambda x, y: x + y,
        "difference": lambda x, y: x - y,
        "product": lambda x, y: x @ y,
        "entries": lambda x, y: x * y,
    }[operation]
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", DensifyWarning)
        got = f(x, y)
    same(got, f(x.materialise(), y.materialise()))
    densified = [w for w in seen if issubclass(w.category, DensifyWarning)]
    assert (kind(got) == "dense") == bool(densified)
    table = {"sum": SUMS, "difference": SUMS, "product": PRODUCTS}.get(operation)
    if table is not None:
        assert (kind(got) != "dense") == ((type(x), type(y)) in table)


@pytest.mark.parametrize("name", REGULAR)
def test_inverses(name, rng):
    m = matrix(name, real(rng))
    if type(m) is Toeplitz or name == "kronecker_toeplitz":
        with pytest.warns(DensifyWarning, match="inv has no rule for Toeplitz"):
            got = np.linalg.inv(m)
    else:
        got = np.linalg.inv(m)
        assert type(got) is type(m)
        assert type(m).__name__ in INVERSES
    same(got, np.linalg.inv(m.materialise()))


def test_the_sides_of_triangular_matrices(rng):
    lower, upper = matrix("lower", real(rng)), matrix("upper", real(rng))
    assert lower.T.lower is False
    assert (lower @ lower).lower
    assert not np.linalg.inv(upper).lower
    with pytest.warns(DensifyWarning, match="matmul has no rule for Triangular times Triangular"):
        same(lower @ upper, lower.materialise() @ upper.materialise())
    assert np.tril(matrix("symmetric", real(rng))).lower


def test_the_other_triangle_is_never_looked_at():
    a = np.array([[2.0, np.nan], [1.0, 4.0]])
    for cls in (Triangular, Symmetric, Hermitian):
        m = cls(a)
        assert np.isfinite(m.materialise()).all()
        assert np.isfinite(np.linalg.solve(m, np.ones(2))).all()
        assert np.isfinite(plain(m @ m if cls is Triangular else m + m)).all()
        if cls is not Hermitian:
            assert np.isfinite(plain(np.sqrt(m))).all()
    unit = Triangular(np.array([[np.inf, np.nan], [1.0, np.nan]]), unit=True)
    np.testing.assert_array_equal(unit.materialise(), [[1, 0], [1, 1]])
    assert np.linalg.det(unit) == 1


def test_zeros_off_the_pattern_stay_zeros_whatever_they_meet():
    d = Diagonal([1.0, 2.0])
    wild = np.array([[1.0, np.inf], [np.nan, 3.0]])
    assert type(d * wild) is Diagonal
    np.testing.assert_array_equal((d * wild).diag, [1, 6])
    np.testing.assert_array_equal((wild * d).diag, [1, 6])
    np.testing.assert_array_equal((d / np.array([[2.0, 0.0], [0.0, 4.0]])).diag, [0.5, 0.5])
    t = Triangular([[1.0, 0.0], [3.0, 4.0]]) * wild.T
    np.testing.assert_array_equal(t.materialise(), [[1, 0], [np.inf, 12]])


def test_cholesky(rng):
    a = rng.normal(size=(3, 3))
    spd = a @ a.T + 3 * np.eye(3)
    for m, expected in (
        (Diagonal([4.0, 9.0]), Diagonal),
        (ScaledIdentity(4.0, 2), ScaledIdentity),
        (Symmetric(spd), Triangular),
        (Hermitian(spd + 0j), Triangular),
        (Kronecker(Diagonal([4.0, 9.0]), Symmetric(spd)), Kronecker),
        (BlockDiagonal(np.stack([spd, 2 * spd])), BlockDiagonal),
        (build("block", [spd[:1, :1], spd[:1, 1:], spd[1:, :1], spd[1:, 1:]]), None),
    ):
        root = np.linalg.cholesky(m)
        assert expected is None or type(root) is expected
        same(root, np.linalg.cholesky(m.materialise()))
        upper = np.linalg.cholesky(m, upper=True)
        same(upper, np.linalg.cholesky(m.materialise(), upper=True))
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        np.linalg.cholesky(Diagonal([1.0, -1.0]))


def test_eigenvalues(rng):
    a = rng.normal(size=(3, 3))
    column = np.array([4.0, 1.0, 0.5, 0.25, 0.5, 1.0])
    odd = np.array([4.0, 1.0, 0.5, 0.5, 1.0])
    complex_column = np.array([4.0, 1 + 1j, 0.5, 1 - 1j])
    for m in (
        Diagonal([3.0, 1.0, 2.0]),
        ScaledIdentity(2.0, 3),
        Symmetric(a),
        Hermitian(a + 1j * a[::-1]),
        Kronecker(Symmetric(a), Diagonal([2.0, -1.0])),
        Circulant(column),
        Circulant(odd),
        Circulant(complex_column),
        BlockDiagonal(np.stack([a + a.T, a @ a.T])),
    ):
        d = m.materialise()
        same(np.linalg.eigvalsh(m), np.linalg.eigvalsh(d))
        w, v = np.linalg.eigh(m)
        assert kind(v) == "dense"
        same(w, np.linalg.eigvalsh(d))
        np.testing.assert_allclose(v @ np.diag(w) @ v.conj().T, d, atol=1e-12)
        np.testing.assert_allclose(v.conj().T @ v, np.eye(len(d)), atol=1e-12)
    w, v = Kronecker(Symmetric(a), Symmetric(a @ a)).eigen()
    assert type(v) is Kronecker
    same(v @ Diagonal(w).materialise() @ v.T.materialise(), np.kron(Symmetric(a).materialise(), Symmetric(a @ a)
         .materialise()))  # fmt: skip
    with pytest.warns(DensifyWarning, match="eigvalsh has no rule for Circulant"):
        np.linalg.eigvalsh(Circulant([1.0, 2.0, 3.0]))


def test_functions_of_matrices(rng):
    d = Diagonal([1.0, 2.0, 4.0])
    assert type(ops.expm(d)) is Diagonal
    same(ops.expm(d), np.diag(np.exp(d.diag)))
    same(ops.sqrtm(d), np.diag(np.sqrt(d.diag)))
    same(np.linalg.matrix_power(d, -2), np.diag(d.diag**-2.0))
    k = Kronecker(np.ones((3, 2)), np.arange(6.0).reshape(2, 3))
    assert type(np.linalg.pinv(k)) is Kronecker
    same(np.linalg.pinv(k), np.linalg.pinv(k.materialise()))
    assert np.linalg.norm(k) == pytest.approx(np.linalg.norm(k.materialise()))


def test_oblong_matrices(rng):
    for m in (
        LowRank(rng.normal(size=(4, 2)), rng.normal(size=(3, 2))),
        Toeplitz(rng.normal(size=4), rng.normal(size=3)),
        Toeplitz(rng.normal(size=3), rng.normal(size=5)),
        Kronecker(rng.normal(size=(2, 1)), rng.normal(size=(2, 3))),
        BlockDiagonal(rng.normal(size=(2, 2, 1))),
        build("block", [rng.normal(size=s) for s in ((1, 2), (1, 3), (2, 2), (2, 3))]),
    ):
        d = m.materialise()
        x = rng.normal(size=d.shape[1])
        same(m @ x, d @ x)
        same(m.T @ d, d.T @ d)
        same(np.sum(m, axis=0), d.sum(axis=0))
        assert m.shape == d.shape
        with pytest.raises(np.linalg.LinAlgError, match="is not square"):
            np.linalg.det(m)
    square = Kronecker(np.arange(1.0, 3.0).reshape(1, 2), np.arange(2.0, 4.0).reshape(2, 1))
    with pytest.warns(DensifyWarning, match="det has no rule for Kronecker with factors that are not square"):
        assert np.linalg.det(square) == pytest.approx(np.linalg.det(square.materialise()))


@pytest.mark.parametrize("name", NAMES)
def test_copies(name, rng):
    m = matrix(name, real(rng))
    again = pickle.loads(pickle.dumps(m))
    assert type(again) is type(m)
    np.testing.assert_array_equal(again.materialise(), m.materialise())
    assert repr(m).startswith(type(m).__name__ + "(")
    assert bool(np.all(m == again))


@pytest.mark.parametrize("name", NAMES)
def test_stacks(name, rng):
    m = matrix(name, real(rng), (3,))
    d = m.materialise()
    assert d.shape == m.shape == (3, N, N)
    columns = rng.normal(size=(3, N, 2))
    same(m @ X, d @ X)
    same(m @ Y, d @ Y)
    same(m @ columns, d @ columns)
    same(np.swapaxes(columns, 1, 2) @ m, np.swapaxes(columns, 1, 2) @ d)
    same(np.matrix_transpose(m), np.swapaxes(d, 1, 2))
    same(np.linalg.diagonal(m), np.diagonal(d, axis1=1, axis2=2))
    same(np.linalg.trace(m), np.trace(d, axis1=1, axis2=2))
    same(np.sum(m), d.sum())
    same(np.sum(m, axis=(1, 2)), d.sum(axis=(1, 2)))
    same(np.sum(m, axis=0 - 2), d.sum(axis=1))
    same(np.linalg.det(m), np.linalg.det(d))
    factors = np.array([1.0, 2.0, 3.0])[:, None, None]
    if name not in ("block", "block_nested", "diagonal_plus"):
        assert type(m * factors) is type(m)
        same(m * factors, d * factors)
    if name != "low_rank":
        same(np.linalg.solve(m, columns), np.linalg.solve(d, columns))
        sign, log = np.linalg.slogdet(m)
        same(sign * np.exp(log), np.linalg.det(d))
    parts = [matrix(name, real(np.random.default_rng(k))) for k in range(2)]
    if "nested" not in name and "kronecker_t" not in name:
        stacked = np.stack(parts)
        assert type(stacked) is type(m)
        same(stacked, np.stack([p.materialise() for p in parts]))


def test_stacks_are_broadcast():
    d = Diagonal(np.array([1.0, 2.0]))
    wide = np.broadcast_to(d, (3, 2, 2))
    assert type(wide) is Diagonal
    assert wide.diag.shape == (3, 2)
    assert np.expand_dims(d, 0).shape == (1, 2, 2)
    assert (np.broadcast_to(d, (3, 2, 2)) @ np.ones((3, 2, 1))).shape == (3, 2, 1)


def test_every_builder_is_tried():
    assert {type(build(n, arrays(n, real(np.random.default_rng(0))))).__name__ for n in BUILDERS} == INVERSES | {
        "LowRank",
        "Toeplitz",
    }
