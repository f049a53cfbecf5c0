"""Derivatives and batch rules of inverses, linear systems and determinants."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops

RNG = np.random.default_rng(4)
SHAPES = [(3, 3), (1, 1), (2, 3, 3), (0, 0), (4, 2, 2)]


def real(*shape):
    return RNG.standard_normal(shape)


def cplx(*shape):
    return RNG.standard_normal(shape) + 1j * RNG.standard_normal(shape)


def regular(make, *shape):
    return make(*shape) + 3 * np.eye(shape[-1])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("make", [real, cplx])
def test_inv(make, shape, check_derivative, check_batch):
    check_derivative(ops.inv, regular(make, *shape))
    check_batch(ops.inv, regular(make, *shape))


SYSTEMS = [
    ((3, 3), (3,)),
    ((3, 3), (3, 2)),
    ((2, 3, 3), (3,)),
    ((2, 3, 3), (3, 2)),
    ((3, 3), (2, 3, 2)),
    ((2, 3, 3), (2, 3, 2)),
    ((0, 0), (0,)),
]


@pytest.mark.parametrize(("a", "b"), SYSTEMS)
@pytest.mark.parametrize("make", [real, cplx])
def test_solve(make, a, b, check_derivative, check_batch):
    check_derivative(ops.solve, regular(make, *a), make(*b))
    constant = regular(make, *a)
    check_derivative(lambda b: ops.solve(constant, b), make(*b))
    check_batch(ops.solve, regular(real, *a), real(*b))


@pytest.mark.parametrize(("a", "b"), SYSTEMS)
@pytest.mark.parametrize("make", [real, cplx])
@pytest.mark.parametrize("trans", ["N", "T", "C", 0, 1, 2])
def test_solve_triangular(make, a, b, trans, check_derivative, check_batch):
    for lower in (False, True):
        for unit_diagonal in (False, True):
            keywords = {"lower": lower, "trans": trans, "unit_diagonal": unit_diagonal}
            check_derivative(
                lambda a, b, keywords=keywords: ops.solve_triangular(a, b, **keywords),
                regular(make, *a),
                make(*b),
                second=trans == "T",
            )
            check_batch(ops.solve_triangular, regular(real, *a), real(*b), **keywords)


def test_solve_triangular_in_blocks(check_derivative):
    check_derivative(
        lambda a, b: ops.solve_triangular(a, b, lower=True),
        real(150, 150) / 20 + 3 * np.eye(150),
        real(150, 2),
        second=False,
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("make", [real, cplx])
def test_det_and_slogdet(make, shape, check_derivative, check_batch):
    check_derivative(ops.det, make(*shape))
    check_batch(ops.det, make(*shape))
    check_derivative(lambda a: ops.slogdet(a), regular(make, *shape))
    check_batch(ops.slogdet, regular(make, *shape))


def rank(make, n, r):
    return make(n, r) @ make(r, n)


@pytest.mark.parametrize("make", [real, cplx])
@pytest.mark.parametrize(("n", "r"), [(3, 2), (3, 1), (4, 3), (4, 2), (2, 0), (3, 0), (1, 0)])
def test_det_of_singular_matrices(make, n, r, check_derivative):
    check_derivative(ops.det, rank(make, n, r), tolerance=1e-5)


def minors(a):
    n = len(a)
    drop = lambda i, j: np.delete(np.delete(a, i, 0), j, 1)  # noqa: E731
    return np.array([[(-1) ** (i + j) * np.linalg.det(drop(i, j)) for j in range(n)] for i in range(n)])


@pytest.mark.parametrize("r", [4, 3, 2, 1])
def test_gradient_of_det_is_exact_for_every_rank(r):
    a = rank(real, 4, r)
    np.testing.assert_allclose(dm.grad(ops.det)(a), minors(a), rtol=1e-10, atol=1e-12)


def test_det_of_repeated_singular_values_to_third_order():
    b, c = real(3, 3), real(3, 3)
    for a in (np.eye(3), np.zeros((3, 3)), np.diag([1.0, 1.0, 0.0])):
        f = lambda t, a=a: ops.det(ops.add(a, ops.add(ops.multiply(t, b), ops.multiply(ops.multiply(t, t), c))))  # noqa: E731
        # det is a polynomial of degree 6 in t: seven values give its coefficients
        points = np.linspace(-1, 1, 7)
        wanted = np.polynomial.Polynomial.fit(points, [np.linalg.det(a + t * b + t * t * c) for t in points], 6)
        for order in range(4):
            np.testing.assert_allclose(f(0.3), wanted.deriv(order)(0.3) if order else wanted(0.3), rtol=1e-8, atol=1e-8)
            f = dm.derivative(f)


def test_slogdet_at_a_singular_matrix_gives_no_exception():
    a = np.array([[1.0, 2.0], [2.0, 4.0]])
    (g,) = dm.vjp(lambda a: ops.slogdet(a)[1], a)[1](np.float64(1))
    assert not np.isfinite(g).any()
    (g,) = dm.vjp(lambda a: ops.slogdet(a)[1], a)[1](np.float64(0))
    np.testing.assert_array_equal(g, np.zeros((2, 2)))


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2), (0, 3)])
@pytest.mark.parametrize("make", [real, cplx])
def test_pinv(make, shape, check_derivative, check_batch):
    check_derivative(ops.pinv, make(*shape))
    check_batch(ops.pinv, make(*shape))


def test_pinv_at_a_fixed_rank(check_derivative):
    check_derivative(lambda u, v: ops.pinv(ops.matmul(u, v), rcond=1e-8), real(4, 2), real(2, 3))


@pytest.mark.parametrize("shape", [(4, 3), (3, 5), (2, 3, 3)])
@pytest.mark.parametrize("make", [real, cplx])
def test_pinv_that_drops_singular_values_which_are_not_zero(make, shape, check_derivative, check_batch):
    u, _, vh = np.linalg.svd(make(*shape), full_matrices=False)
    a = (u * [2.0, 1.1, 0.3]) @ vh
    check_derivative(lambda a: ops.pinv(a, rcond=0.3), a)
    check_batch(ops.pinv, a, rcond=0.3)
    if len(shape) == 2:
        check_derivative(lambda a, b: ops.lstsq(a, b, rcond=0.3)[0], a, make(shape[0], 2))


def test_second_derivatives_where_several_dropped_singular_values_are_zero():
    u, v = real(5, 2), real(2, 5)
    f = lambda x, rcond: ops.sum(ops.sin(ops.pinv(x @ v, rcond=rcond)))  # noqa: E731
    got = dm.hvp(lambda x: f(x, 1e-8), (u,), (u,))
    np.testing.assert_allclose(got, dm.hvp(lambda x: f(x, None), (u,), (u,)), rtol=1e-9)


@pytest.mark.parametrize(
    ("a", "b"), [((5, 3), (5,)), ((5, 3), (5, 2)), ((3, 3), (3,)), ((2, 4), (2,)), ((2, 4), (2, 3))]
)
@pytest.mark.parametrize("make", [real, cplx])
def test_lstsq(make, a, b, check_derivative):
    check_derivative(lambda a, b: tuple(ops.lstsq(a, b)[k] for k in (0, 1, 3)), make(*a), make(*b), tolerance=1e-5)


def test_rank_cond_and_tensors(check_derivative):
    assert dm.grad(lambda a: ops.sum(a) * ops.matrix_rank(a))(np.eye(2)).tolist() == [[2, 2], [2, 2]]
    for p in (None, 2, -2, 1, -1, np.inf, "fro", "nuc"):
        check_derivative(lambda a, p=p: ops.cond(a, p=p), regular(real, 3, 3), tolerance=1e-5)
    check_derivative(lambda a: ops.tensorinv(a, ind=1), real(6, 2, 3))
    check_derivative(lambda a, b: ops.tensorsolve(a, b), real(2, 3, 6), real(2, 3))
    check_derivative(lambda a, b: ops.tensorsolve(a, b, axes=(0,)), real(6, 2, 3), real(2, 3))


def test_single_precision_stays():
    a = regular(real, 3, 3).astype(np.float32)
    for f in (ops.inv, ops.det, ops.pinv, lambda a: ops.solve(a, a), lambda a: ops.slogdet(a)[1]):
        y, dy = dm.jvp(f, (a,), (a,))
        assert np.asarray(y).dtype == np.asarray(dy).dtype == np.float32
        assert dm.grad(lambda a, f=f: ops.sum(f(a)))(a).dtype == np.float32
