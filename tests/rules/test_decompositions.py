"""Derivatives and batch rules of cholesky, lu and qr."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NonDifferentiableError, NoRuleError
from dispatchml.rules.adjoints import hermitian_part

RNG = np.random.default_rng(5)


def real(*shape):
    return RNG.standard_normal(shape)


def cplx(*shape):
    return RNG.standard_normal(shape) + 1j * RNG.standard_normal(shape)


def positive(make, *shape):
    a = make(*shape)
    return a @ np.conj(np.swapaxes(a, -1, -2)) + np.eye(shape[-1])


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("shape", [(3, 3), (1, 1), (2, 3, 3), (0, 0)])
@pytest.mark.parametrize("make", [real, cplx])
def test_cholesky(make, shape, upper, check_derivative, check_batch):
    check_derivative(lambda a: ops.cholesky(hermitian_part(a), upper=upper), positive(make, *shape))
    if make is cplx:
        return
    rule_input = np.stack([positive(real, *shape) for _ in range(2)])
    found = dm.rules.registry.BATCH_RULES[ops.cholesky.info]((rule_input,), (True,), 2, upper=upper)
    np.testing.assert_array_equal(found, np.stack([ops.cholesky(x, upper=upper) for x in rule_input]))


@pytest.mark.parametrize("upper", [False, True])
def test_gradient_of_cholesky_is_symmetric(upper):
    g = dm.grad(lambda a: ops.sum(ops.cholesky(a, upper=upper)))(positive(real, 4, 4))
    np.testing.assert_allclose(g, g.T, rtol=1e-12)
    assert np.abs(np.triu(g, 1)).max() > 1e-3


SHAPES = [(3, 3), (5, 3), (3, 5), (1, 4), (4, 1), (2, 4, 3), (2, 3, 4), (0, 0)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("make", [real, cplx])
def test_qr(make, shape, check_derivative, check_batch):
    check_derivative(lambda a: ops.qr(a), make(*shape), tolerance=1e-5)
    check_batch(ops.qr, make(*shape))
    if shape[-2] <= shape[-1]:
        check_derivative(lambda a: ops.qr(a, mode="complete"), make(*shape), tolerance=1e-5)


def test_complete_qr_of_a_tall_matrix_has_no_derivative():
    with pytest.raises(NoRuleError, match='Leave mode="complete" out'):
        dm.jvp(lambda a: ops.qr(a, mode="complete"), (real(4, 2),), (real(4, 2),))


@pytest.mark.parametrize("shape", SHAPES[:-1])
@pytest.mark.parametrize("make", [real, cplx])
def test_lu(make, shape, check_derivative, check_batch):
    pytest.importorskip("scipy")
    check_derivative(lambda a: ops.lu(a)[1:], make(*shape), tolerance=1e-5)
    check_batch(ops.lu, make(*shape))


def test_single_precision_stays():
    a = positive(real, 3, 3).astype(np.float32)
    for f in (ops.cholesky, lambda a: ops.qr(a)[0], lambda a: ops.qr(a)[1]):
        assert np.asarray(dm.jvp(f, (a,), (a,))[1]).dtype == np.float32
        assert dm.grad(lambda a, f=f: ops.sum(f(a)))(a).dtype == np.float32


def test_singular_values_of_a_full_decomposition_have_a_derivative():
    a = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]])
    of_full = dm.grad(lambda x: np.sum(np.linalg.svd(x)[1]))(a)
    np.testing.assert_allclose(of_full, dm.grad(lambda x: np.sum(np.linalg.svd(x, full_matrices=False)[1]))(a))
    np.testing.assert_allclose(dm.jacfwd(lambda x: np.sum(np.linalg.svd(x)[1]))(a), of_full)


@pytest.mark.parametrize("transform", [dm.grad, dm.jacfwd])
@pytest.mark.parametrize("a", [np.zeros((2, 2)), np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 2.0]])])
def test_factors_of_dependent_columns_have_no_derivative(transform, a):
    for k in (0, 1):
        with pytest.raises(NonDifferentiableError, match=r"linearly dependent .*lstsq, pinv or svdvals"):
            transform(lambda a, k=k: np.sum(np.linalg.qr(a)[k]))(a)
