"""Derivatives and batch rules of powers, norms and functions of matrices."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.rules.adjoints import hermitian_part

RNG = np.random.default_rng(7)


def real(*shape):
    return RNG.standard_normal(shape)


def cplx(*shape):
    return RNG.standard_normal(shape) + 1j * RNG.standard_normal(shape)


def positive(make, *shape):
    a = make(*shape)
    return a @ np.conj(np.swapaxes(a, -1, -2)) + np.eye(shape[-1])


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, -1, -2])
@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2), (0, 0)])
@pytest.mark.parametrize("make", [real, cplx])
def test_matrix_power(make, shape, n, check_derivative, check_batch):
    a = make(*shape) / 2 + np.eye(shape[-1])
    check_derivative(lambda a: ops.matrix_power(a, n=n), a, tolerance=1e-5)
    check_batch(ops.matrix_power, a, n=n)


@pytest.mark.parametrize("op", [ops.expm, ops.sqrtm, ops.logm], ids=lambda op: op.__name__)
@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2), (1, 1), (0, 0)])
@pytest.mark.parametrize("make", [real, cplx])
def test_general_functions(make, shape, op, check_derivative):
    pytest.importorskip("scipy")
    a = make(*shape) / 2 + 2 * np.eye(shape[-1])
    check_derivative(op, a, tolerance=1e-5)
    found = dm.rules.registry.BATCH_RULES[op.info]((np.stack([a, 2 * a]),), (True,), 2)
    np.testing.assert_allclose(found, np.stack([op(a), op(2 * a)]))


def test_expm_of_equal_eigenvalues_to_fourth_order():
    a = np.array([[1.0, 1.0], [0.0, 1.0]])
    f = lambda t: ops.sum(ops.expm(ops.multiply(t, a)))  # noqa: E731
    for order in range(5):  # (d/dt)^n exp(t a) = a^n exp(t a)
        exact = np.exp(0.5) * np.array([[1.0, 0.5], [0.0, 1.0]])
        assert f(0.5) == pytest.approx(np.sum(np.linalg.matrix_power(a, order) @ exact))
        f = dm.derivative(f)


FUNCTIONS = [
    "exp",
    "log",
    "sqrt",
    "reciprocal",
    "inverse_sqrt",
    "sin",
    "cos",
    "sinh",
    "cosh",
    ("power", 2),
    ("power", 0.3),
    ("power", -2),
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
@pytest.mark.parametrize("make", [real, cplx])
def test_hermitian_functions(make, function, check_derivative):
    for shape in ((3, 3), (2, 2, 2), (0, 0)):
        a = positive(make, *shape)
        check_derivative(lambda a: ops.hermitian_function(hermitian_part(a), function=function), a, tolerance=1e-5)
    stack = np.stack([positive(make, 3, 3) for _ in range(2)])
    rule = dm.rules.registry.BATCH_RULES[ops.hermitian_function.info]
    found = rule((stack,), (True,), 2, function=function)
    np.testing.assert_allclose(found, np.stack([ops.hermitian_function(x, function=function) for x in stack]))


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_hermitian_functions_at_equal_eigenvalues(function, check_derivative):
    q = np.linalg.qr(real(3, 3))[0]
    for a in (2 * np.eye(3), (q * [1.0, 1.0, 2.5]) @ q.T, (q * [1.0, 1.0 + 1e-9, 1.05]) @ q.T):
        check_derivative(lambda a: ops.hermitian_function(hermitian_part(a), function=function), a, tolerance=1e-5)


def test_hermitian_square_at_zero_is_exact():
    f = lambda a: ops.sum(ops.hermitian_function(a, function=("power", 2)))  # noqa: E731
    np.testing.assert_array_equal(dm.grad(f)(np.zeros((2, 2))), np.zeros((2, 2)))


def test_batches_of_directions(check_batch):
    check_batch(ops.frechet, (real(3, 3), real(3, 3)), function="exp")
    check_batch(ops.frechet, (real(3, 3), real(3, 3), real(3, 3)), function="exp")


NORMS = ["fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf]


@pytest.mark.parametrize("ord", NORMS, ids=str)
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 2, 3), (1, 1)])
@pytest.mark.parametrize("make", [real, cplx])
def test_norms(make, shape, ord, check_derivative, check_batch):
    for keepdims in (False, True):
        check_derivative(
            lambda a, keepdims=keepdims: ops.matrix_norm(a, ord=ord, keepdims=keepdims), make(*shape), tolerance=1e-5
        )
        check_batch(ops.matrix_norm, make(*shape), ord=ord, keepdims=keepdims)


@pytest.mark.parametrize("ord", NORMS, ids=str)
def test_norms_at_zero(ord):
    zero = np.zeros((3, 3))
    f = lambda a: ops.matrix_norm(a, ord=ord)  # noqa: E731
    np.testing.assert_array_equal(dm.grad(f)(zero), zero)
    assert dm.jvp(f, (zero,), (np.ones((3, 3)),))[1] == 0
    np.testing.assert_array_equal(dm.grad(lambda a: ops.square(f(a)))(zero), zero)
    assert f(np.zeros((0, 3))) == 0
    assert dm.grad(f)(np.zeros((0, 3))).shape == (0, 3)


def test_ties_share_equally():
    np.testing.assert_allclose(dm.grad(lambda a: ops.matrix_norm(a, ord=1))(np.eye(2)), np.eye(2) / 2)
    np.testing.assert_allclose(dm.grad(lambda a: ops.matrix_norm(a, ord=2))(np.eye(2)), np.eye(2) / 2)


def test_single_precision_stays():
    a = positive(real, 3, 3).astype(np.float32)
    operations = (
        ops.expm,
        ops.matrix_norm,
        lambda a: ops.matrix_norm(a, ord=1),
        lambda a: ops.matrix_norm(a, ord=2),
        lambda a: ops.matrix_power(a, n=3),
        lambda a: ops.hermitian_function(a, function="sqrt"),
    )
    for f in operations:
        assert np.asarray(f(a)).dtype == np.asarray(dm.jvp(f, (a,), (a,))[1]).dtype == np.float32
        assert dm.grad(lambda a, f=f: ops.sum(f(a)))(a).dtype == np.float32
