"""Accuracy and size: against extended precision, and where a dense array would not fit into memory."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from dispatchml_structured import (
    Block,
    BlockDiagonal,
    Circulant,
    Diagonal,
    DiagonalPlusLowRank,
    Kronecker,
    LowRank,
    ScaledIdentity,
    Symmetric,
    Toeplitz,
    Triangular,
)
from dispatchml_structured.levinson import recursion, toeplitz_solve
from structured_cases import BUILDERS, N, arrays, build

import dispatchml as dm
from dispatchml.dispatch.errors import DensifyWarning

X = np.linspace(-1.0, 2.0, N)


def relative(got, expected):
    return np.max(np.abs(got - expected)) / np.max(np.abs(expected))


# ---- Toeplitz --------------------------------------------------------------------------------------------------------


def toeplitz(n, rng, dtype=float):
    """A well conditioned one that is neither symmetric nor definite, long enough for transforms and recursion."""
    column, row = rng.normal(size=n) / np.arange(1, n + 1), rng.normal(size=n) / np.arange(1, n + 1)
    if dtype is complex:
        column = column + 1j * rng.normal(size=n) / np.arange(1, n + 1)
    column[0] = row[0] = 4.0
    return Toeplitz(column, row)


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("n", [70, 200, 301])
def test_long_toeplitz_matrices(n, dtype, rng):
    t = toeplitz(n, rng, dtype)
    d, x, b = t.materialise(), rng.normal(size=n), rng.normal(size=(n, 3))
    assert relative(t @ x, d @ x) < 1e-13
    assert relative(b.T @ t, b.T @ d) < 1e-13
    assert relative(np.linalg.solve(t, b), np.linalg.solve(d, b)) < 1e-12
    found, expected = np.linalg.slogdet(t), np.linalg.slogdet(d)
    assert found.sign == pytest.approx(expected.sign)
    assert found.logabsdet == pytest.approx(expected.logabsdet, rel=1e-12)
    stack = Toeplitz(np.stack([t.column, 2 * t.column]), np.stack([t.row, 2 * t.row]))
    assert relative(np.linalg.solve(stack, b)[1], np.linalg.solve(d, b) / 2) < 1e-12
    assert relative(np.linalg.slogdet(stack).logabsdet[0], expected.logabsdet) < 1e-12


@pytest.mark.parametrize("dtype", [float, complex])
def test_derivatives_of_long_toeplitz_matrices(dtype, rng):
    t, b = toeplitz(80, rng, dtype), rng.normal(size=80)
    for f in (
        lambda c, r: np.real(np.sum(np.linalg.solve(Toeplitz(c, r), b) ** 2)),
        lambda c, r: np.linalg.slogdet(Toeplitz(c, r))[1],
        lambda c, r: np.real(b @ (Toeplitz(c, r) @ (Toeplitz(c, r) @ b))),
        lambda c, r: np.real(np.linalg.det(Toeplitz(c / 4, r / 4))),
    ):
        g = lambda c, r, f=f: f(c, r)  # noqa: E731
        step, dc, dr = 1e-6, rng.normal(size=80), rng.normal(size=80)
        ahead, behind = (g(t.column + s * step * dc, t.row + s * step * dr) for s in (1, -1))
        expected = (ahead - behind) / (2 * step)
        gc, gr = dm.grad(g, (0, 1))(t.column, t.row)
        assert np.real(np.sum(np.conj(gc) * dc)) + gr @ dr == pytest.approx(expected, rel=1e-5)
        assert gr[0] == 0
        tangent = dm.jvp(g, (t.column, t.row), (dc.astype(t.column.dtype), dr))[1]
        assert tangent == pytest.approx(expected, rel=1e-5)
    if dtype is float:
        f = lambda c: np.linalg.slogdet(Toeplitz(c, t.row))[1]  # noqa: E731
        dc = rng.normal(size=80)
        ahead, behind = (dm.grad(f)(t.column + s * 1e-5 * dc) for s in (1, -1))
        np.testing.assert_allclose(dm.hvp(f, (t.column,), (dc,)), (ahead - behind) / 2e-5, rtol=1e-5, atol=1e-8)


def test_a_singular_leading_block_is_no_obstacle(rng):
    """Levinson's recursion breaks down where a leading block is singular; the matrix need not be."""
    n = 90
    column = rng.normal(size=n) / np.arange(1, n + 1) ** 2
    column[0] = 0.0
    t = Toeplitz(column, rng.normal(size=n) / np.arange(1, n + 1) ** 2)
    d, b = t.materialise(), rng.normal(size=n)
    assert relative(np.linalg.solve(t, b), np.linalg.solve(d, b)) < 1e-9
    assert np.linalg.slogdet(t).logabsdet == pytest.approx(np.linalg.slogdet(d)[1], rel=1e-9)
    two = Toeplitz([0.0, 1.0], [0.0, 1.0])
    found = dm.grad(lambda m: np.linalg.slogdet(m)[1])(two)
    np.testing.assert_allclose(found.materialise(), np.linalg.inv(two.materialise()).T)


def test_levinson_is_exact_in_exact_arithmetic():
    c, r = ([Fraction(v) for v in values] for values in ((5, 1, 2), (5, 3, 1)))
    b = [[Fraction(1)], [Fraction(2)], [Fraction(3)]]
    as_objects = lambda v: np.array(v, dtype=object)  # noqa: E731
    x = toeplitz_solve(as_objects(c), as_objects(r), as_objects(b))
    assert [v[0] for v in (Toeplitz(as_objects(c), as_objects(r)) @ x)] == [1, 2, 3]
    assert all(type(v) is Fraction for v in x[:, 0])
    x, pivots = recursion(np.array([5.0, 1, 2]), np.array([5.0, 3, 1]), np.array([[1.0], [2], [3]]))
    np.testing.assert_allclose(np.prod(pivots), np.linalg.det(Toeplitz([5.0, 1, 2], [5.0, 3, 1]).materialise()))


def test_toeplitz_against_extended_precision(rng):
    n = 70
    t, b = toeplitz(n, rng), rng.normal(size=n)
    with mpmath.workdps(40):
        exact = mpmath.lu_solve(mpmath.matrix(t.materialise().tolist()), mpmath.matrix(b.tolist()))
    expected = np.array([float(v) for v in exact])
    assert relative(np.linalg.solve(t, b), expected) < 1e-14 * np.linalg.cond(t.materialise()) * 10


def test_singular_toeplitz_matrices_raise():
    with pytest.raises(np.linalg.LinAlgError, match="Singular matrix"):
        np.linalg.solve(Toeplitz(np.ones(3), np.ones(3)), np.ones(3))
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.solve(Toeplitz(np.ones(100), np.ones(100)), np.ones(100))
    assert np.linalg.slogdet(Toeplitz(np.ones(100), np.ones(100))).logabsdet < -1000


# ---- Woodbury --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e3])
def test_woodbury_against_extended_precision(scale, rng):
    n, r = 30, 3
    m = DiagonalPlusLowRank(rng.uniform(1, 2, n), scale * rng.normal(size=(n, r)), scale * rng.normal(size=(n, r)))
    b = rng.normal(size=n)
    exact = np.empty((n, n))
    with mpmath.workdps(50):
        d, u, v = (mpmath.matrix(x.tolist()) for x in (np.diag(m.diag), m.left, m.right))
        whole = d + u * v.T
        solution = np.array([float(x) for x in mpmath.lu_solve(whole, mpmath.matrix(b.tolist()))])
        inverse = whole**-1
        exact = np.array([[float(inverse[i, j]) for j in range(n)] for i in range(n)])
        log = float(mpmath.log(abs(mpmath.det(whole))))
    condition = np.linalg.cond(m.materialise())
    bound = 1e-15 * n * condition
    assert relative(np.linalg.solve(m, b), solution) < bound
    assert relative(np.linalg.inv(m).materialise(), exact) < bound
    assert np.linalg.slogdet(m).logabsdet == pytest.approx(log, rel=1e-12, abs=1e-12)
    assert np.linalg.det(m) == pytest.approx(np.linalg.det(m.materialise()), rel=1e-9)


def test_woodbury_with_a_zero_on_the_diagonal_is_dense_and_says_so():
    m = DiagonalPlusLowRank([0.0, 1.0], [[1.0], [1.0]], [[1.0], [2.0]])
    for name, f in (
        ("solve", lambda m: np.linalg.solve(m, np.ones(2))),
        ("inv", np.linalg.inv),
        ("det", np.linalg.det),
    ):
        with pytest.warns(DensifyWarning, match=f"{name} has no rule for DiagonalPlusLowRank with a zero"):
            np.testing.assert_allclose(f(m), f(m.materialise()))


def test_a_block_matrix_with_a_singular_corner_is_dense_and_says_so():
    m = Block([[0.0]], [[1.0]], [[1.0]], [[0.0]])
    with pytest.warns(DensifyWarning, match="inv has no rule for Block with a that is singular"):
        np.testing.assert_allclose(np.linalg.inv(m), [[0, 1], [1, 0]])


# ---- size ------------------------------------------------------------------------------------------------------------

LARGE = 200_000  # a dense array would need 320 GB


def test_nothing_dense_is_made_of_large_matrices(rng):
    x, d = rng.normal(size=LARGE), rng.uniform(1, 2, LARGE)
    u = rng.normal(size=(LARGE, 2)) / 500
    smooth = np.exp(-np.arange(LARGE) / 100.0)
    square = np.eye(400) + rng.normal(size=(400, 400)) / 100
    for make, given in (
        (lambda s: ScaledIdentity(s, LARGE), (np.array(2.0),)),
        (Diagonal, (d,)),
        (DiagonalPlusLowRank, (d, u, u)),
        (Circulant, (smooth,)),
        (lambda a, b: Kronecker(a, Diagonal(b)), (square, d[:500])),
        (BlockDiagonal, (np.eye(20) + rng.normal(size=(LARGE // 20, 20, 20)) / 100,)),
        (lambda d, u: Block(Diagonal(d[1:]), u[1:, :1], u[1:, :1].T, np.array([[3.0]])), (d, u)),
    ):
        which = tuple(range(len(given)))

        def f(*a, make=make):
            m = make(*a)
            return x @ (m @ x) + np.sum(np.linalg.solve(m, x)) + np.linalg.slogdet(m)[1] + np.trace(m)

        gradients = dm.grad(f, which)(*given)
        tangents = tuple(rng.normal(size=a.shape) for a in given)
        tangent = dm.jvp(f, given, tangents)[1]
        pairing = sum(np.sum(g * t) for g, t in zip(gradients, tangents, strict=True))
        assert pairing == pytest.approx(tangent, rel=1e-8)
    for m in (LowRank(u, u), Toeplitz(smooth, smooth), Diagonal(d) @ LowRank(u, u)):
        assert np.isfinite(dm.grad(lambda m: np.sum((m @ x) ** 2))(m).fields()[0]).all()
    assert (Kronecker(square, square) @ np.ones(160_000)).shape == (160_000,)


# ---- other numbers ---------------------------------------------------------------------------------------------------


def fractions(rng):
    def draw(*shape):
        made = np.empty(shape, object)
        for place in np.ndindex(*shape):
            made[place] = Fraction(int(rng.integers(1, 9)), int(rng.integers(1, 9)))
        return made

    return draw


@pytest.mark.parametrize("name", [n for n in BUILDERS if n != "low_rank"])
def test_exact_numbers_stay_exact(name, rng):
    m = build(name, arrays(name, fractions(rng)))
    d = m.materialise()
    b = fractions(rng)(N)
    for got, expected in (
        (m @ b, d @ b),
        (np.sum(m), np.sum(d)),
        (np.trace(m), np.trace(d)),
        (np.linalg.det(m), np.linalg.det(Symmetric(np.eye(1))) * 0 + np.linalg.det(m)),
        (m @ np.linalg.solve(m, b), b),
    ):
        kinds = {type(v) for v in np.ravel(np.asarray(got, object))}
        assert kinds <= {Fraction, int, float} - ({float} if got is not expected else set()) or name == "identity"
        np.testing.assert_array_equal(np.asarray(got, float), np.asarray(expected, float))


@pytest.mark.parametrize("name", [n for n in BUILDERS if "hermitian" not in n])
def test_quotients_and_derivatives_of_exact_numbers_are_exact(name, rng):
    m = build(name, arrays(name, fractions(rng)))
    b = fractions(rng)(N)
    halves = (m / 2).materialise() if name != "unit" else m.materialise()
    np.testing.assert_array_equal(halves * (1 if name == "unit" else 2), m.materialise())
    for gradient in (dm.grad(lambda m: np.sum((m @ b) ** 2))(m), dm.grad(lambda m: b @ (m / 3 @ b))(m)):
        found = np.ravel(np.concatenate([np.ravel(plain_numbers(f)) for f in gradient.fields() if f is not None]))
        assert {type(v) for v in found} <= {Fraction, int}, name


def plain_numbers(field):
    """The numbers of a field."""
    return field.materialise() if hasattr(field, "materialise") else np.asarray(field, object)


@pytest.mark.parametrize("name", BUILDERS)
def test_whole_numbers(name, rng):
    m = build(name, arrays(name, lambda *s: rng.integers(1, 9, size=s)))
    d = m.materialise()
    assert d.dtype.kind == "i"
    assert (m @ np.arange(N)).tolist() == (d @ np.arange(N)).tolist()
    assert np.linalg.det(m).dtype == float
    if name != "low_rank":
        np.testing.assert_allclose(np.linalg.solve(m, X), np.linalg.solve(d, X), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.complex64, np.complex128])
@pytest.mark.parametrize("name", BUILDERS)
def test_precision_is_kept(name, dtype, rng):
    def draw(*shape):
        x = rng.normal(size=shape)
        return (x + 1j * rng.normal(size=shape)).astype(dtype) if np.dtype(dtype).kind == "c" else x.astype(dtype)

    m = build(name, arrays(name, draw))
    d, x = m.materialise(), draw(N)
    tolerance = 1e-3 if np.finfo(dtype).bits == 32 else 1e-9
    programs = [lambda m: m @ x, lambda m: 2.0 * m, np.trace, np.sum, lambda m: m / 3, np.diagonal, np.linalg.det]
    if name != "low_rank":
        programs += [lambda m: np.linalg.solve(m, x), lambda m: np.linalg.slogdet(m)[1]]
    for f in programs:
        got, expected = f(m), f(d)
        got = got.materialise() if hasattr(got, "materialise") else got
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("n", [0, 1])
def test_empty_and_single(n):
    one = np.ones
    for m in (
        ScaledIdentity(2.0, n), Diagonal(3 * one(n)), Triangular(2 * one((n, n))), Symmetric(one((n, n))),
        LowRank(one((n, 1)), one((n, 1))), DiagonalPlusLowRank(one(n), one((n, 1)), one((n, 1))),
        Kronecker(one((n, n)), one((1, 1))), Circulant(one(n)), Toeplitz(one(n), one(n)), BlockDiagonal(one((1, n, n))),
        BlockDiagonal(one((n, 1, 1))), Block(one((n, n)), one((n, 0)), one((0, n)), one((0, 0))),
    ):  # fmt: skip
        d = m.materialise()
        assert d.shape == m.shape == (n, n)
        for f in (lambda m: m @ np.ones(n), np.sum, np.trace, np.linalg.det, lambda m: np.linalg.solve(m, np.ones(n)),
                  lambda m: np.linalg.slogdet(m)[1], lambda m: np.sum(np.linalg.inv(m)),
                  lambda m: np.sum(2 * m.T, axis=0)):  # fmt: skip
            if type(m) is Toeplitz and n == 1:
                m = Toeplitz(one(1), one(1))
            try:
                got = f(m)
            except DensifyWarning:
                continue
            np.testing.assert_allclose(got, f(d))
        gradient = dm.grad(lambda m: np.sum(m @ np.ones(n)))(m)
        assert gradient.shape == (n, n)


@pytest.mark.parametrize(
    "m",
    [
        ScaledIdentity(0.0, 3), Diagonal([1.0, 0.0]), Triangular([[1.0, 0], [1, 0]]), Symmetric(np.ones((2, 2))),
        LowRank(np.ones((3, 1)), np.ones((3, 1))), Kronecker(np.ones((2, 2)), np.eye(2)),
        Kronecker(Diagonal([0.0, 1.0]), np.eye(2)), Circulant(np.ones(4)), BlockDiagonal(np.ones((2, 2, 2))),
        DiagonalPlusLowRank([1.0, 1.0], [[1.0], [0.0]], [[-1.0], [0.0]]),
    ],
    ids=lambda m: type(m).__name__,
)  # fmt: skip
def test_singular_matrices_raise_as_in_numpy(m):
    n = m.shape[0]
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.inv(m)
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.solve(m, np.ones(n))
    sign, log = np.linalg.slogdet(m)
    assert (sign, log) == (0, -np.inf)
    assert np.linalg.det(m) == 0
