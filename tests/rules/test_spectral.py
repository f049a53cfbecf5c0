"""Derivatives and batch rules of eigenvalues, singular values and vectors, also where values are equal or zero."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NonDifferentiableError
from dispatchml.rules.adjoints import adjoint, hermitian_part, scale_columns

RNG = np.random.default_rng(6)


def real(*shape):
    return RNG.standard_normal(shape)


def cplx(*shape):
    return RNG.standard_normal(shape) + 1j * RNG.standard_normal(shape)


def hermitian(make, *shape):
    a = make(*shape)
    return a + np.conj(np.swapaxes(a, -1, -2))


def projector(v, k=0):
    """The projector on one vector: free of its sign and phase."""
    one = ops.getitem(v, index=(..., slice(None), slice(k, k + 1)))
    return ops.matmul(one, adjoint(one))


@pytest.mark.parametrize("UPLO", ["L", "U"])
@pytest.mark.parametrize("shape", [(3, 3), (1, 1), (2, 3, 3)])
@pytest.mark.parametrize("make", [real, cplx])
def test_eigh(make, shape, UPLO, check_derivative, check_batch):
    a = hermitian(make, *shape)

    def f(a):
        w, v = ops.eigh(hermitian_part(a), UPLO=UPLO)
        return w, projector(v), ops.matmul(scale_columns(v, ops.exp(w)), adjoint(v))

    check_derivative(f, a, tolerance=1e-5)
    check_derivative(lambda a: ops.eigvalsh(hermitian_part(a), UPLO=UPLO), a, tolerance=1e-5)
    check_batch(ops.eigh, a, UPLO=UPLO)
    check_batch(ops.eigvalsh, a, UPLO=UPLO)


def test_empty_matrices(check_derivative):
    for f in (ops.eigvalsh, ops.svdvals, lambda a: ops.eigh(a), lambda a: ops.svd(a)):
        check_derivative(f, np.zeros((0, 0)))
    check_derivative(ops.svdvals, np.zeros((0, 3)))


def test_gradients_of_eigenvalues_are_symmetric_and_exact_at_equal_eigenvalues():
    for op in (ops.eigvalsh, lambda a: ops.eigh(a)[0]):
        for a in (np.eye(3), np.zeros((3, 3)), np.diag([1.0, 1.0, 2.0])):
            np.testing.assert_allclose(dm.grad(lambda a, op=op: ops.sum(op(a)))(a), np.eye(3), atol=1e-14)
            np.testing.assert_allclose(dm.grad(lambda a, op=op: ops.sum(ops.square(op(a))))(a), 2 * a, atol=1e-14)
            y, dy = dm.jvp(lambda a, op=op: ops.sum(ops.square(op(a))), (a,), (np.arange(9.0).reshape(3, 3),))
            assert dy == pytest.approx(2 * np.trace(a @ np.arange(9.0).reshape(3, 3)))


def rotated(values):
    q = np.linalg.qr(real(len(values), len(values)))[0]
    return (q * values) @ q.T


def test_functions_of_all_eigenvectors_have_no_nan_at_equal_eigenvalues():
    for a in (np.eye(3), rotated([1.0, 1.0, 2.0, 2.0]), np.zeros((2, 2))):
        g = dm.grad(lambda a: ops.sum(ops.square(ops.eigh(a)[1])))(a)
        np.testing.assert_allclose(g, 0 * a, atol=1e-12)


def test_projector_on_the_simple_part_of_a_degenerate_spectrum():
    a, weights = rotated([1.0, 1.0, 3.0]), real(3, 3)
    f = lambda a: ops.sum(ops.multiply(weights, projector(ops.eigh(hermitian_part(a))[1], 2)))  # noqa: E731
    t = real(3, 3)
    wanted = (f(a + 1e-6 * t) - f(a - 1e-6 * t)) / 2e-6
    assert np.sum(dm.grad(f)(a) * t) == pytest.approx(wanted, rel=1e-6)


def test_derivative_of_one_of_two_degenerate_eigenvectors_raises_when_it_is_used():
    a = rotated([1.0, 1.0, 3.0])
    with pytest.raises(NonDifferentiableError, match="hermitian_function"):
        dm.grad(lambda a: ops.sum(projector(ops.eigh(a)[1], 0)))(a)
    with pytest.raises(NonDifferentiableError, match="hermitian_function"):
        dm.jvp(lambda a: projector(ops.eigh(a)[1], 0), (a,), (hermitian(real, 3, 3),))


def test_rebuilding_a_degenerate_matrix_raises_rather_than_losing_a_part():
    weights = real(3, 3)

    def rebuilt(a):
        w, v = ops.eigh(a)
        return ops.sum(ops.multiply(weights, ops.matmul(scale_columns(v, w), adjoint(v))))

    with pytest.raises(NonDifferentiableError):
        dm.grad(rebuilt)(rotated([1.0, 1.0, 1.0]))


@pytest.mark.parametrize("make", [real, cplx])
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3), (1, 1)])
def test_eig(make, shape, check_derivative, check_batch):
    a = make(*shape) + 3 * np.diag(np.arange(shape[-1]))

    def f(a):
        w, v = ops.eig(a)
        return w, ops.matmul(scale_columns(v, ops.exp(w)), ops.inv(v)), projector(v)

    check_derivative(f, a, tolerance=1e-5)
    check_derivative(ops.eigvals, a, tolerance=1e-5)
    check_batch(ops.eig, a)
    check_batch(ops.eigvals, a)


def test_eig_is_complex_whatever_the_values_and_its_gradient_is_real():
    w, v = ops.eig(np.diag([1.0, 2.0]))
    assert w.dtype == v.dtype == np.complex128
    assert ops.eigvals(np.eye(2, dtype=np.float32)).dtype == np.complex64
    g = dm.grad(lambda a: ops.sum(ops.real(ops.square(ops.eigvals(a)))))(np.array([[0.0, 1.0], [-2.0, 0.5]]))
    np.testing.assert_allclose(g, 2 * np.array([[0.0, 1.0], [-2.0, 0.5]]).T, atol=1e-12)


@pytest.mark.parametrize("make", [real, cplx])
@pytest.mark.parametrize("shape", [(3, 3), (5, 3), (3, 5), (2, 4, 3), (1, 3), (3, 1), (1, 1)])
def test_svd(make, shape, check_derivative, check_batch):
    def f(a):
        u, s, vh = ops.svd(a)
        return (
            s, projector(u), projector(adjoint(vh)), ops.matmul(u, vh),
            ops.matmul(scale_columns(u, ops.exp(s)), vh),
        )  # fmt: skip

    a = make(*shape)
    check_derivative(f, a, tolerance=1e-5)
    check_derivative(ops.svdvals, a, tolerance=1e-5)
    check_derivative(lambda a: ops.svd(a, compute_uv=False), a, tolerance=1e-5, second=False)
    check_batch(ops.svd, a)
    check_batch(ops.svdvals, a)


@pytest.mark.parametrize("make", [real, cplx])
@pytest.mark.parametrize("shape", [(3, 3), (5, 3), (3, 5), (2, 4, 3)])
def test_full_matrices(make, shape, check_derivative, check_batch):
    count = min(shape[-2:])

    def f(a):
        u, s, vh = np.linalg.svd(a)
        v = adjoint(vh)
        first = ops.matmul(scale_columns(u[..., :count], ops.exp(s)), vh[..., :count, :])
        rest = [ops.matmul(x, adjoint(x)) for x in (u[..., count:], v[..., count:])]
        return s, first, projector(u), *rest

    a = make(*shape)
    check_derivative(f, a, tolerance=1e-5)
    check_batch(ops.svd, a, full_matrices=True)
    np.testing.assert_allclose(
        dm.jacfwd(lambda a: np.linalg.svd(a)[1])(a.real), dm.jacrev(lambda a: np.linalg.svd(a)[1])(a.real)
    )


def test_singular_values_at_zero_and_at_equal_values():
    f = lambda a: ops.sum(ops.svdvals(a))  # noqa: E731
    np.testing.assert_array_equal(dm.grad(f)(np.zeros((3, 2))), np.zeros((3, 2)))
    np.testing.assert_allclose(dm.grad(f)(np.eye(3)), np.eye(3))
    squares = lambda a: ops.sum(ops.square(ops.svdvals(a)))  # noqa: E731
    a = real(4, 1) @ real(1, 3)
    np.testing.assert_allclose(dm.grad(squares)(a), 2 * a, atol=1e-12)
    np.testing.assert_allclose(dm.grad(lambda a: ops.sum(ops.square(ops.svd(a)[1])))(a), 2 * a, atol=1e-12)
    with pytest.raises(NonDifferentiableError):
        dm.grad(lambda a: ops.sum(projector(ops.svd(a)[0])))(np.eye(3))


def test_single_precision_stays():
    a = hermitian(real, 3, 3).astype(np.float32)
    for f in (
        ops.eigvalsh,
        lambda a: ops.eigh(a)[1],
        ops.svdvals,
        lambda a: ops.svd(a)[0],
        lambda a: ops.real(ops.eigvals(a)),
    ):
        assert np.asarray(dm.jvp(f, (a,), (a,))[1]).dtype == np.float32
        assert dm.grad(lambda a, f=f: ops.sum(f(a)))(a).dtype == np.float32


@pytest.mark.parametrize("values", [np.linalg.eigvalsh, np.linalg.svdvals])
@pytest.mark.parametrize("a", [np.zeros((2, 2)), 2 * np.eye(2)], ids=["zero", "equal"])
def test_second_derivatives_of_equal_values_that_would_mix_up_their_order_raise(values, a):
    f = lambda a: np.sum(values(a) ** 2)  # noqa: E731
    first, second = np.array([[0.3, 1.0], [1.0, -0.2]]), np.array([[1.0, 0.5], [0.5, 2.0]])
    if values is np.linalg.svdvals and not a.any():
        pytest.skip("a singular value of 0 has a kink")
    wanted = 2 * np.sum(first * second)
    assert np.sum(dm.hvp(f, (a,), (first,)) * second) == pytest.approx(wanted)
    along = lambda x: dm.jvp(f, (x,), (first,))[1]  # noqa: E731
    with pytest.raises(NonDifferentiableError, match="hvp and dispatchml.hessian"):
        dm.jvp(along, (a,), (second,))
    with pytest.raises(NonDifferentiableError, match="hvp and dispatchml.hessian"):
        dm.grad(along)(a)
    with pytest.raises(NonDifferentiableError):
        dm.grad(lambda x: np.sum(dm.grad(f)(x) * first))(a)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_zero_tangents_and_cotangents_give_zero_at_degenerate_matrices():
    for f, a in ((ops.svd, np.zeros((3, 2))), (ops.svd, np.zeros((2, 3))), (ops.eigh, np.eye(3)), (ops.eig, np.eye(2))):
        y, dy = dm.jvp(lambda a, f=f: f(a), (a,), (np.zeros_like(a),))
        assert not any(np.any(d) for d in dy)
        (g,) = dm.vjp(lambda a, f=f: f(a), a)[1](tuple(np.zeros_like(v) for v in y))
        np.testing.assert_array_equal(g, np.zeros_like(a))


def test_vectors_of_equal_values_raise_in_forward_mode_where_they_are_used():
    a, da = np.eye(3), np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 3.0], [2.0, 3.0, 0.0]])
    with pytest.raises(NonDifferentiableError, match="equal"):
        dm.jvp(lambda x: np.linalg.eigh(x)[1], (a,), (da,))
    with pytest.raises(NonDifferentiableError, match="equal"):
        dm.jvp(lambda x: dm.jvp(lambda v: np.linalg.eigh(v)[1], (x,), (da,))[1], (a,), (da,))
    w, dw = dm.jvp(lambda x: np.linalg.eigh(x)[0], (a,), (np.diag([1.0, 2.0, 3.0]),))
    np.testing.assert_allclose(np.sort(dw), [1, 2, 3])


# ---- second derivatives of symmetric functions of eigenvalues, also where these are equal ----------------------------

TURN = np.linalg.qr(np.random.default_rng(4).normal(size=(4, 4)))[0]
EQUAL = {
    "all": 2 * np.eye(4),
    "two": (TURN * np.array([1.0, 2.0, 2.0, 3.0])) @ TURN.T,
    "pairs": (TURN * np.array([1.0, 1.0, 2.5, 2.5])) @ TURN.T,
    "none": (TURN * np.array([1.0, 1.5, 2.5, 3.0])) @ TURN.T,
}
SYMMETRIC = {
    "squares": lambda w: np.sum(w**2),
    "product": lambda w: np.sum(w**3) * np.sum(w),
    "logarithm of the determinant": lambda w: np.sum(np.log(w)),
    "smooth maximum": lambda w: np.log(np.sum(np.exp(w))),
}


def second_differences(f, a, step=1e-4):
    units = np.eye(a.size).reshape(a.size, *a.shape) * step

    def slope(x):
        return np.array([(f(x + u) - f(x - u)) / (2 * step) for u in units])

    return np.array([(slope(a + u) - slope(a - u)) / (2 * step) for u in units])


@pytest.mark.parametrize("function", SYMMETRIC.values(), ids=SYMMETRIC)
@pytest.mark.parametrize("a", EQUAL.values(), ids=EQUAL)
def test_hessians_of_symmetric_functions(function, a):
    def f(x):
        return function(np.linalg.eigvalsh((x + x.T) / 2))

    wanted = second_differences(f, a)
    found = dm.hessian(f)(a).reshape(16, 16)
    np.testing.assert_allclose(found, wanted, atol=1e-6 * np.abs(wanted).max())
    direction = np.cos(np.arange(16.0)).reshape(4, 4)
    along = dm.hvp(f, (a,), (direction,))
    np.testing.assert_allclose(along.reshape(-1), found @ direction.reshape(-1), rtol=1e-9, atol=1e-9)
    batch = dm.vmap(lambda x: dm.hvp(f, (x,), (direction,)))(np.stack([a, 2 * np.eye(4), a + np.eye(4)]))
    np.testing.assert_allclose(batch[0], along, rtol=1e-9, atol=1e-9)


def test_hessians_of_hermitian_matrices():
    a, da = 3 * np.eye(2, dtype=complex), np.array([[1.0, 2j], [-2j, 0.5]])
    np.testing.assert_allclose(dm.hvp(lambda x: np.sum(np.linalg.eigvalsh(x) ** 2), (a,), (da,)), 2 * da, atol=1e-12)


def test_eigenvalues_that_are_equal_go_apart_in_order():
    da = np.array([[0.0, 1.0], [1.0, 0.0]])
    np.testing.assert_allclose(dm.jvp(np.linalg.eigvalsh, (np.eye(2),), (da,))[1], [-1.0, 1.0])


def test_what_has_no_second_derivative_raises():
    a, da = 2 * np.eye(2), np.array([[0.0, 1.0], [1.0, 0.0]])
    with pytest.raises(NonDifferentiableError, match="equal"):
        dm.hvp(lambda x: np.linalg.eigvalsh(x)[0] ** 2, (a,), (da,))


def test_second_derivatives_in_one_mode_raise_where_values_are_equal():
    """The forward mode over itself, and the reverse mode over itself, do not know the direction; they say so."""

    def f(x):
        return np.sum(np.linalg.eigvalsh(x) ** 2)

    for second in (lambda a: dm.jacfwd(dm.jacfwd(f))(a), lambda a: dm.jacrev(dm.grad(f))(a)):
        with pytest.raises(NonDifferentiableError, match="equal"):
            second(2 * np.eye(2))
        np.testing.assert_allclose(
            second(np.diag([1.0, 2.0])).reshape(4, 4)[:, [0, 3]], 2 * np.eye(4)[:, [0, 3]], atol=1e-12
        )


def test_third_derivatives():
    a, v = EQUAL["none"], np.sin(np.arange(16.0)).reshape(4, 4)

    def second(x):
        return dm.hvp(lambda y: np.sum(np.log(np.linalg.eigvalsh((y + y.T) / 2))), (x,), (v,))

    third = dm.jvp(second, (a,), (v,))[1]
    np.testing.assert_allclose(third, (second(a + 1e-5 * v) - second(a - 1e-5 * v)) / 2e-5, rtol=1e-6, atol=1e-8)


def test_units_of_derivatives_of_eigenvalues():
    pint = pytest.importorskip("pint")
    unit = pint.UnitRegistry()
    rate = np.ones((3, 3)) * unit.m / unit.s

    def f(x):
        return np.sum(np.linalg.eigvalsh(x) ** 2)

    for a in (np.diag([1.0, 2.0, 2.0]) * unit.m, np.diag([1.0, 2.0, 3.0]) * unit.m):
        along = dm.derivative(lambda t, a=a: dm.grad(f)(a + t * rate))(0.0 * unit.s)
        assert along.units == unit.m / unit.s
        np.testing.assert_allclose(along.magnitude, 2 * rate.magnitude, atol=1e-12)
    assert dm.jacrev(dm.grad(f))(a).dimensionless
    third = dm.derivative(lambda t: dm.derivative(lambda s: dm.grad(f)(a + s * rate))(t))(0.0 * unit.s)
    assert third.units == unit.m / unit.s**2


# ---- the same for singular values ------------------------------------------------------------------------------------

OTHER_TURN = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]
SINGULAR = {
    "all": np.eye(3),
    "tall": TURN[:, :3] @ np.diag([2.0, 2.0, 1.0]) @ OTHER_TURN,
    "wide": OTHER_TURN @ np.diag([2.0, 1.5, 1.5]) @ TURN[:3],
    "square": OTHER_TURN @ np.diag([2.0, 1.0, 1.0]),
    "none": np.random.default_rng(6).normal(size=(3, 2)),
}


@pytest.mark.parametrize("function", SYMMETRIC.values(), ids=SYMMETRIC)
@pytest.mark.parametrize("a", SINGULAR.values(), ids=SINGULAR)
def test_hessians_of_symmetric_functions_of_singular_values(function, a):
    def f(x):
        return function(np.linalg.svd(x, compute_uv=False))

    wanted = second_differences(f, a)
    found = dm.hessian(f)(a).reshape(a.size, a.size)
    np.testing.assert_allclose(found, wanted, atol=2e-6 * np.abs(wanted).max())
    direction = np.cos(np.arange(1.0 * a.size)).reshape(a.shape)
    along = dm.hvp(f, (a,), (direction,))
    np.testing.assert_allclose(along.reshape(-1), found @ direction.reshape(-1), rtol=1e-8, atol=1e-9)


def test_hessians_of_complex_matrices_by_singular_values():
    a = (OTHER_TURN @ np.diag([2.0, 1.0, 1.0])).astype(complex) * 1j
    da = np.arange(9.0).reshape(3, 3) - 2j * np.eye(3)
    along = dm.hvp(lambda x: np.sum(np.linalg.svd(x, compute_uv=False) ** 2), (a,), (da,))
    np.testing.assert_allclose(along, 2 * da, atol=1e-10)


def test_singular_values_of_zero_have_no_second_derivative():
    """Of sum(s**2), 2 da would be right, but a weight of 0 does not tell it from that of sum(s**4)."""

    def f(x):
        return np.sum(np.linalg.svd(x, compute_uv=False) ** 2)

    for a in (np.zeros((2, 2)), np.diag([1.0, 0.0]), np.zeros((3, 2))):
        with pytest.raises(NonDifferentiableError):
            dm.hvp(f, (a,), (np.ones_like(a),))
        np.testing.assert_array_equal(dm.hvp(f, (a,), (np.zeros_like(a),)), np.zeros_like(a))


def test_second_derivatives_of_singular_values_in_one_mode():
    def f(x):
        return np.sum(np.linalg.svd(x, compute_uv=False) ** 2)

    a = SINGULAR["none"]
    for second in (lambda x: dm.jacfwd(dm.jacfwd(f))(x), lambda x: dm.jacrev(dm.grad(f))(x)):
        np.testing.assert_allclose(second(a).reshape(6, 6), 2 * np.eye(6), atol=1e-10)
        with pytest.raises(NonDifferentiableError):
            second(np.eye(2))
