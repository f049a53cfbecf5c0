"""Derivatives by every transform: through the arrays that a matrix is made of, and with respect to the matrix."""

import warnings

import numpy as np
import pytest
from dispatchml_structured import (
    Diagonal,
    DiagonalPlusLowRank,
    Hermitian,
    Kronecker,
    KroneckerTangent,
    LowRank,
    LowRankTangent,
    Symmetric,
    Toeplitz,
    Triangular,
)
from dispatchml_structured.base import Structure
from structured_cases import BUILDERS, NAMES, N, arrays, build, matrix, real

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import DensifyWarning

X, Y = np.linspace(-1.0, 2.0, N), np.linspace(0.5, 1.5, N) ** 3
COLUMNS = np.linspace(0.5, 3.0, 2 * N).reshape(N, 2) ** 2

PROGRAMS = {
    "quadratic form": lambda m: X @ (m @ Y),
    "columns": lambda m: np.sum((m @ COLUMNS) ** 2),
    "rows": lambda m: np.sum((COLUMNS.T @ m) ** 3),
    "system": lambda m: Y @ np.linalg.solve(m, X),
    "log determinant": lambda m: np.linalg.slogdet(m)[1],
    "determinant": lambda m: np.linalg.det(m),
    "trace": lambda m: np.trace(m) ** 2,
    "sum": lambda m: np.sum(m) ** 2,
    "inverse": lambda m: X @ (np.linalg.inv(m) @ Y),
    "polynomial": lambda m: X @ ((m @ m + 2 * m) @ Y),
    "entries": lambda m: np.sum(m[0] ** 2) + m[1, 2] * m[2, 1],
    "entry by entry": lambda m: np.sum((m * np.outer(X, Y)) @ COLUMNS),
    "squares": lambda m: np.sum(m * m),
    "transpose": lambda m: np.sum(m.T @ COLUMNS),
}
NEED_AN_INVERSE = {"system", "log determinant", "inverse", "determinant"}
PAIRS = [(n, p) for n in NAMES for p in PROGRAMS if not (n == "low_rank" and p in NEED_AN_INVERSE)]


def flat(x):
    """All numbers of a result."""
    if isinstance(x, (tuple, list)):
        return np.concatenate([flat(v) for v in x]) if x else np.zeros(0)
    return np.ravel(x)


def same(got, expected, tolerance=1e-7):
    got, expected = flat(got), flat(expected)
    np.testing.assert_allclose(
        got, expected, rtol=tolerance, atol=tolerance * max(1.0, np.abs(expected).max(initial=0))
    )


@pytest.fixture
def quietly():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DensifyWarning)
        yield


@pytest.mark.parametrize(("name", "program"), PAIRS)
def test_through_the_arrays(name, program, rng, quietly):
    given, p = arrays(name, real(rng)), PROGRAMS[program]

    def f(*a):
        return p(build(name, a))

    def g(*a):
        return p(build(name, a).materialise())

    which = tuple(range(len(given)))
    tangents = tuple(rng.normal(size=a.shape) for a in given)
    same(dm.grad(f, which)(*given), dm.grad(g, which)(*given))
    same(dm.jvp(f, tuple(given), tangents), dm.jvp(g, tuple(given), tangents))
    same(dm.hvp(f, tuple(given), tangents), dm.hvp(g, tuple(given), tangents), 1e-6)
    same(dm.grad(dm.checkpoint(f), which)(*given), dm.grad(g, which)(*given))


@pytest.mark.parametrize(("name", "program"), [x for x in PAIRS if x[1] in ("quadratic form", "system", "determinant")])
def test_batches(name, program, rng, quietly):
    given, p = arrays(name, real(rng)), PROGRAMS[program]
    batch = tuple(np.stack([a, 1.1 * a + 0.1, 0.7 * a]) for a in given)
    which = tuple(range(len(given)))

    def f(*a):
        return p(build(name, a))

    def g(*a):
        return p(build(name, a).materialise())

    same(dm.vmap(f)(*batch), dm.vmap(g)(*batch))
    same(dm.vmap(dm.grad(f, which))(*batch), dm.vmap(dm.grad(g, which))(*batch))
    same(
        dm.grad(lambda *b: np.sum(dm.vmap(f)(*b)), which)(*batch),
        dm.grad(lambda *b: np.sum(dm.vmap(g)(*b)), which)(*batch),
    )
    same(dm.hessian(f)(*given), dm.hessian(g)(*given), 1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_jacobians_and_batches_of_matrices(name, rng):
    given = arrays(name, real(rng))
    for jacobian in (dm.jacfwd, dm.jacrev):
        same(
            jacobian(lambda *a: build(name, a) @ COLUMNS)(*given),
            jacobian(lambda *a: build(name, a).materialise() @ COLUMNS)(*given),
        )
    m = build(name, given)
    d = m.materialise()
    same(dm.hessian(lambda x: x @ (m @ x))(X), d + d.T)
    same(dm.vmap(lambda x: m @ x)(COLUMNS.T), (d @ COLUMNS).T)
    stack = matrix(name, real(rng), (3,))
    same(dm.vmap(lambda m: m @ X)(stack), stack.materialise() @ X)
    back = dm.vmap(lambda m: 2 * m)(stack)
    assert type(back) is type(stack)
    same(back.materialise(), 2 * stack.materialise())


# ---- with respect to a matrix ----------------------------------------------------------------------------------------


def numbers_of(x):
    """The arrays inside a matrix, those of nested ones too."""
    values = (x._data,) if hasattr(x, "_data") else x.fields()
    parts = [numbers_of(v) if isinstance(v, Structure) else [v] for v in values if v is not None]
    return [v for p in parts for v in p]


@pytest.mark.parametrize(("name", "program"), PAIRS)
def test_with_respect_to_the_matrix(name, program, rng, quietly):
    """The gradient is of the matrix's own kind, and pairs with directions as `dm.inner` says."""
    given = arrays(name, real(rng))
    m, p = build(name, given), PROGRAMS[program]
    directions = [rng.normal(size=a.shape) for a in given]
    direction = build(name, directions)
    if name == "unit":
        direction = Triangular(np.tril(directions[0], -1))
    expected = dm.jvp(lambda *a: p(build(name, a).materialise()), tuple(given), tuple(directions))[1]
    gradient = dm.grad(p)(m)
    assert type(gradient).__name__ in (type(m).__name__, type(m).__name__ + "Tangent")
    same(dm.inner(gradient, direction), expected)
    same(dm.jvp(p, (m,), (direction,))[1], expected)
    product = dm.hvp(p, (m,), (direction,))
    second = dm.jvp(lambda m: dm.jvp(p, (m,), (direction,))[1], (m,), (direction,))[1]
    same(dm.inner(product, direction), second, 1e-6)


LINEAR = [n for n in NAMES if matrix(n, real(np.random.default_rng(0))).is_linear]


@pytest.mark.parametrize("name", LINEAR)
def test_gradients_are_orthogonal_projections(name, rng):
    """<G, dX> over all entries is <g, dX> for every dX of the kind, and G is of the kind."""
    m = matrix(name, real(rng))
    g = rng.normal(size=(N, N))
    gradient = dm.grad(lambda m: np.sum(m * g))(m)
    for seed in range(3):
        dx = matrix(name, real(np.random.default_rng(seed)))
        dx = Triangular(np.tril(dx.materialise(), -1)) if name == "unit" else dx
        dense = dx.materialise()
        assert np.sum(gradient.materialise() * dense) == pytest.approx(np.sum(g * dense))
        assert dm.inner(gradient, dx) == pytest.approx(np.sum(g * dense))
    if name not in ("unit", "block_nested", "block_diagonal_nested"):
        again = m.project(g)
        assert type(again) is type(m)
        np.testing.assert_allclose(again.materialise(), gradient.materialise())
        np.testing.assert_allclose(again.project(again).materialise(), again.materialise())


def test_conventions():
    g = np.arange(9.0).reshape(3, 3)
    pair = lambda m: np.sum(m * g)  # noqa: E731  the gradient with respect to a dense matrix is g
    np.testing.assert_allclose(dm.grad(pair)(Symmetric(np.eye(3))).materialise(), (g + g.T) / 2)
    np.testing.assert_allclose(dm.grad(pair)(Diagonal(np.ones(3))).diag, np.diag(g))
    t = dm.grad(pair)(Toeplitz(np.ones(3), np.ones(3)))
    np.testing.assert_allclose(t.column, [4, 5, 6])
    np.testing.assert_allclose(t.row, [4 * (t.row[0] != 0), 3, 2])
    np.testing.assert_allclose(dm.grad(pair)(Triangular(np.eye(3), unit=True)).materialise(), np.tril(g, -1))
    array = dm.grad(lambda a: pair(Symmetric(a)))(np.eye(3))
    np.testing.assert_allclose(array, np.tril(g) + np.tril(g.T, -1))
    column = dm.grad(lambda c: pair(Toeplitz.symmetric(c)))(np.ones(3))
    np.testing.assert_allclose(column, [12, 16, 8])


def test_complex_matrices(rng):
    draw = lambda *shape: rng.normal(size=shape) + 1j * rng.normal(size=shape)  # noqa: E731
    programs = {
        "norm": lambda m: np.sum(np.abs(m @ COLUMNS) ** 2),
        "system": lambda m: np.sum(np.abs(np.linalg.solve(m, X)) ** 2),
        "determinant": lambda m: np.linalg.slogdet(m)[1],
        "adjoint": lambda m: np.real(X @ (np.conj(m).T @ (m @ Y))),
    }
    for name in ("identity", "diagonal", "lower", "symmetric", "hermitian", "diagonal_plus", "kronecker", "circulant",
                 "toeplitz", "block_diagonal", "block"):  # fmt: skip
        given = arrays(name, draw)
        which = tuple(range(len(given)))
        for p in programs.values():
            found = dm.grad(lambda *a, name=name, p=p: p(build(name, a)), which)(*given)
            expected = dm.grad(lambda *a, name=name, p=p: p(build(name, a).materialise()), which)(*given)
            same(found, expected)


def test_gradients_of_hermitian_matrices_are_hermitian(rng):
    m = Hermitian(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))
    g = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    gradient = dm.grad(lambda m: np.real(np.sum(np.conj(g) * m)))(m)
    np.testing.assert_allclose(gradient.materialise(), (g + g.conj().T) / 2)
    d = Hermitian(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))
    assert dm.inner(gradient, d) == pytest.approx(np.real(np.sum(np.conj(g) * d.materialise())))


def test_tangents_of_products(rng):
    k = matrix("kronecker", real(rng))
    t = dm.grad(PROGRAMS["columns"])(k)
    assert type(t) is KroneckerTangent
    moved = k - 0.1 * t
    assert type(moved) is Kronecker
    np.testing.assert_allclose(moved.left, k.left - 0.1 * t.left)
    twice = t + t
    assert type(twice) is KroneckerTangent
    np.testing.assert_allclose(twice.right, 2 * t.right)
    np.testing.assert_allclose((-(t / 2)).right, -t.right / 2)
    assert dm.inner(t, t) == pytest.approx(np.sum(t.left**2) + np.sum(t.right**2))
    assert type(dm.retract(k, t)) is Kronecker
    with pytest.raises(TypeError, match="a direction of its fields, not a matrix"):
        t @ X
    with pytest.raises(ValueError, match="goes with numbers"):
        t + np.ones((N, N))
    low = dm.grad(lambda m: np.sum(m @ X))(matrix("low_rank", real(rng)))
    assert type(low) is LowRankTangent
    with pytest.raises(ValueError, match="of one class only"):
        low + t


def test_jacobians_with_respect_to_products_are_stacks_of_tangents(rng):
    k = matrix("kronecker", real(rng))
    rows = dm.jacobian(lambda k: k @ X)(k)
    assert type(rows) is KroneckerTangent
    assert rows.left.shape == (N, 2, 2)
    expected = dm.jacrev(lambda a, b: np.kron(a, b) @ X, (0, 1))(k.left, k.right)
    same((rows.left, rows.right), expected)
    columns = dm.jacfwd(lambda k: k @ X)(k)
    assert type(columns) is KroneckerTangent
    same((columns.left, columns.right), expected)
    for transform in (dm.jacrev, dm.jacfwd):
        for program in (lambda k: (2 * k).materialise(), lambda k: 2 * k):
            entries = transform(program)(k)
            assert entries.left.shape == (N, N, 2, 2)
            same(entries.fields(), dm.jacrev(lambda a, b: 2 * np.kron(a, b), (0, 1))(k.left, k.right))


def factors_of(x, matrix):
    """The fields of a direction, those of factors that are products of factors apart."""
    found = []
    for field, factor in zip(x.fields(), matrix.fields(), strict=True):
        found += factors_of(field, factor) if isinstance(factor, LowRank) else [field]
    return found


def check_hessian(program, matrix, arrays, dense):
    """All transforms that give second derivatives, against those by the arrays that a matrix is made of."""
    expected = dm.hessian(lambda *arrays: program(dense(*arrays)), tuple(range(len(arrays))))(*arrays)
    for transform in (dm.hessian, lambda f: dm.jacrev(dm.grad(f)), lambda f: dm.jacfwd(dm.jacrev(f), chunk_size=3)):
        for row, blocks in zip(factors_of(transform(program)(matrix), matrix), expected, strict=True):
            for one, other in zip(factors_of(row, matrix), blocks, strict=True):
                assert one.shape == other.shape
                same(one, other)


def test_hessians_with_respect_to_products_are_by_pairs_of_factors(rng):
    a, b = rng.normal(size=(2, 2, 2)) + 3 * np.eye(2)
    check_hessian(lambda m: np.sum((m @ X[:4]) ** 3), Kronecker(a, b), (a, b), np.kron)
    check_hessian(lambda m: np.linalg.slogdet(m)[1], Kronecker(a, b), (a, b), np.kron)
    u, v = rng.normal(size=(2, 4, 1))
    check_hessian(lambda m: np.sum(m * m) + np.trace(m), LowRank(u, v), (u, v), lambda u, v: u @ v.T)
    d = np.arange(1.0, 5.0)
    check_hessian(
        lambda m: X[:4] @ np.linalg.solve(m, Y[:4]), DiagonalPlusLowRank(d, u, v), (d, u, v),
        lambda d, u, v: np.diag(d) + u @ v.T,
    )  # fmt: skip
    check_hessian(
        lambda m: np.sum((m @ np.arange(8.0)) ** 2), Kronecker(LowRank(u, v), b), (u, v, b),
        lambda u, v, b: np.kron(u @ v.T, b),
    )  # fmt: skip


def test_hessians_of_products_inside_of_other_transforms(rng):
    a, b = rng.normal(size=(2, 2, 2))

    def mixed(s):
        return dm.hessian(lambda m: np.sum((m @ X[:4]) ** 3))(Kronecker(s * a, b)).left.right

    def mixed_by_arrays(s):
        return dm.hessian(lambda a, b: np.sum((np.kron(a, b) @ X[:4]) ** 3), (0, 1))(s * a, b)[0][1]

    same(dm.jvp(mixed, (2.0,), (1.0,)), dm.jvp(mixed_by_arrays, (2.0,), (1.0,)))
    same(dm.grad(lambda s: np.sum(mixed(s)))(2.0), dm.grad(lambda s: np.sum(mixed_by_arrays(s)))(2.0))
    same(dm.vmap(mixed)(np.arange(3.0)), dm.vmap(mixed_by_arrays)(np.arange(3.0)))
    h = dm.hessian(lambda m, x: np.sum((m @ x) ** 2), (0, 1))(Kronecker(a, b), X[:4])
    expected = dm.hessian(lambda a, b, x: np.sum((np.kron(a, b) @ x) ** 2), (0, 1, 2))(a, b, X[:4])
    same(
        (h[0].left[0].right, h[0].left[1], h[1][0].right, h[1][1]),
        (expected[0][1], expected[0][2], expected[2][1], expected[2][2]),
    )
    structured = dm.hessian(lambda m: np.sum((m @ X[:4]) ** 2))(Kronecker(Diagonal(a[0]), b))
    assert type(structured.right.left) is Diagonal  # by a structured factor: a stack of its kind
    dense = dm.hessian(lambda a, b: np.sum((np.kron(np.diag(a), b) @ X[:4]) ** 2), (0, 1))(a[0], b)
    same((structured.right.left.diag, structured.right.right), (dense[1][0], dense[1][1]))


def test_a_dense_direction_is_none_of_a_product(rng):
    k = matrix("kronecker", real(rng))
    with pytest.raises(TypeError, match="no direction of a Kronecker"):
        dm.jvp(lambda m: np.sum(m @ X), (k,), (np.ones((N, N)),))


def test_dense_cotangents_are_projected(rng):
    """A cotangent from outside may be dense: it pulls back through the factors."""
    left, right = rng.normal(size=(N, 2)), rng.normal(size=(N, 2))
    ct = rng.normal(size=(N, N))
    _, pullback = dm.vjp(lambda a, b: LowRank(a, b), left, right)
    ga, gb = pullback(ct)
    np.testing.assert_allclose(ga, ct @ right)
    np.testing.assert_allclose(gb, ct.T @ left)
    a, b = rng.normal(size=(2, 2)), rng.normal(size=(3, 3))
    _, pullback = dm.vjp(lambda a, b: Kronecker(a, b), a, b)
    same(pullback(ct), dm.grad(lambda a, b: np.sum(np.kron(a, b) * ct), (0, 1))(a, b))
    _, pullback = dm.vjp(Symmetric, np.eye(N))
    np.testing.assert_allclose(pullback(ct)[0], np.tril(ct) + np.tril(ct.T, -1))


def test_fields_of_traced_matrices():
    d = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(dm.grad(lambda d: np.sum(Diagonal(d).diag ** 2))(d), 2 * d)
    np.testing.assert_allclose(dm.grad(lambda m: np.sum(m.diag**2))(Diagonal(d)).diag, 2 * d)
    assert dm.grad(lambda m: np.sum(m.column) + m.row[1])(Toeplitz(d, d)).column.tolist() == [1 / 3, 1 / 2, 1]
    assert dm.grad(lambda d: Diagonal(d).shape[0] * d[0])(d)[0] == 3
    assert dm.grad(lambda a: float(Triangular(a).lower) * a[0, 0])(np.eye(2))[0, 0] == 1
    np.testing.assert_allclose(dm.grad(lambda d: np.sum(Diagonal(d).materialise()))(d), 1)
    np.testing.assert_allclose(dm.grad(lambda a: np.sum(Symmetric(a).T @ np.ones(2)))(np.eye(2)), [[1, 0], [2, 1]])


def test_unused_matrices_have_zeros_of_their_kind():
    for m in (Diagonal(np.ones(3)), Toeplitz(np.ones(3), np.ones(3)), Symmetric(np.eye(3))):
        zero = dm.grad(lambda m, x: x**2)(m, 3.0)
        assert type(zero) is type(m)
        assert not np.any(zero.materialise())
        zero = dm.zero_tangent(m)
        assert not np.any(zero.materialise())


def test_values_and_other_outputs():
    d = Diagonal([1.0, 2.0])
    value, gradient = dm.value_and_grad(lambda d: np.linalg.slogdet(d)[1])(d)
    assert value == pytest.approx(np.log(2))
    np.testing.assert_allclose(gradient.diag, [1, 0.5])
    y, pullback = dm.vjp(lambda d: d @ d, d)
    assert type(y) is Diagonal
    np.testing.assert_allclose(pullback(Diagonal([1.0, 1.0]))[0].diag, [2, 4])
    y, tangent = dm.jvp(lambda d: np.linalg.inv(d), (d,), (Diagonal([1.0, 1.0]),))
    np.testing.assert_allclose(tangent.diag, [-1, -0.25])
    y, push = dm.linearize(lambda d: 3 * d, d)
    assert type(push(d)) is Diagonal


def test_determinants_of_singular_matrices_have_exact_derivatives():
    assert dm.grad(np.linalg.det)(Diagonal([0.0, 2.0, 3.0])).diag.tolist() == [6, 0, 0]
    found = dm.grad(lambda a: np.linalg.det(Kronecker(a, np.eye(1) * 2.0)))(np.array([[0.0, 1.0], [0.0, 1.0]]))
    np.testing.assert_allclose(found, [[4, 0], [-4, 0]])


def test_a_determinant_that_is_zero_whatever_the_factors_are_has_no_logarithm_to_differentiate(rng):
    u, v = rng.normal(size=(2, N, 2))
    m = LowRank(u, v)
    sign, logarithm = np.linalg.slogdet(m)
    assert (sign, logarithm) == (0, -np.inf)
    gradient = dm.grad(lambda m: np.linalg.slogdet(m)[1])(m)
    assert all(np.isnan(f).all() for f in gradient.fields())
    assert np.isnan(dm.jvp(lambda m: np.linalg.slogdet(m)[1], (m,), (m,))[1])
    assert np.isnan(dm.grad(lambda u: np.linalg.slogdet(LowRank(u, v))[1])(u)).all()


HOLDING = {
    "sum": lambda m, d: np.sum(np.kron(m, d)),
    "trace": lambda m, d: np.trace(np.kron(m, d) @ np.kron(m, d)),
    "twice": lambda m, d: np.sum((np.kron(np.kron(m, d), m) @ np.linspace(-1, 1, 32)) ** 2),
    "other order": lambda m, d: X[:2] @ (np.kron(d, m) @ np.ones(8))[2:4],
}


@pytest.mark.parametrize("name", HOLDING)
def test_products_that_hold_products(name, rng):
    program = HOLDING[name]
    u, v, d = rng.normal(size=(3, 4, 1))
    m, d = LowRank(u, v), d.reshape(2, 2)
    expected = dm.grad(lambda u, v, d: program(u @ v.T, d), argnums=(0, 1, 2))(u, v, d)
    same(dm.grad(lambda u, v, d: program(LowRank(u, v), d), argnums=(0, 1, 2))(u, v, d), expected)
    gradient, other = dm.grad(program, argnums=(0, 1))(m, d)
    assert type(gradient) is LowRankTangent
    same((*gradient.fields(), other), expected)
    direction = LowRankTangent(v, u)
    same(dm.jvp(lambda m: program(m, d), (m,), (direction,))[1], dm.inner(gradient, direction))


def test_a_gradient_of_a_product_that_holds_a_product(rng):
    u, v = rng.normal(size=(2, 4, 1))
    whole = dm.grad(lambda k: np.sum(k @ np.arange(8.0)))(np.kron(LowRank(u, v), np.eye(2)))
    assert type(whole) is KroneckerTangent
    assert type(whole.left) is LowRankTangent


def test_single_precision_stays(rng):
    for name in BUILDERS:
        given = tuple(a.astype(np.float32) for a in arrays(name, real(rng)))
        for g in dm.grad(lambda *a, name=name: ops.sum(build(name, a) @ COLUMNS.astype(np.float32)),
                         tuple(range(len(given))))(*given):  # fmt: skip
            assert g.dtype == np.float32
