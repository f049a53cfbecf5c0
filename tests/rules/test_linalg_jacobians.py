"""Jacobians and Hessians of linear algebra and transforms: the rules of both modes under the batching engine."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.rules.adjoints import hermitian_part
from dispatchml.transforms import hessian, jacfwd, jacrev

RNG = np.random.default_rng(8)
A = RNG.standard_normal((3, 3)) + 3 * np.eye(3)
S = A @ A.T
B = RNG.standard_normal((4, 3))
V, W, U = RNG.standard_normal(3), RNG.standard_normal(4), RNG.standard_normal(5)

CASES = {
    "matmul": (lambda a: ops.matmul(a, B.T), A),
    "matmul with a vector": (lambda a: ops.matmul(a, V), A),
    "dot": (lambda a: ops.dot(a, B.T), A),
    "inner": (lambda a: ops.inner(a, B), A),
    "outer": (lambda a: ops.outer(a, V), V),
    "vdot": (lambda a: ops.vdot(a, V), V),
    "vecdot": (lambda a: ops.vecdot(a, V), A),
    "tensordot": (lambda a: ops.tensordot(a, B, axes=((0,), (1,))), A),
    "einsum": (lambda a: ops.einsum((a, B), subscripts="ii,ji->j"), A),
    "kron": (lambda a: ops.kron(a, B), A),
    "cross": (lambda a: ops.cross(a, V), A),
    "convolve": (lambda a: ops.convolve(a, V, mode="same"), U),
    "correlate": (lambda a: ops.correlate(V, a, mode="same"), U),
    "multi_dot": (lambda a: ops.multi_dot((a, A, B.T)), A),
    "inv": (ops.inv, A),
    "solve": (lambda a: ops.solve(a, V), A),
    "solve_triangular": (lambda a: ops.solve_triangular(a, V, lower=True, trans="T"), A),
    "det": (ops.det, A),
    "slogdet": (lambda a: ops.slogdet(a)[1], A),
    "pinv": (ops.pinv, B),
    "lstsq": (lambda a: ops.lstsq(a, W)[0], B),
    "cond": (ops.cond, A),
    "tensorinv": (lambda a: ops.tensorinv(ops.reshape(a, shape=(3, 3, 1)), ind=1), A),
    "cholesky": (lambda a: ops.cholesky(hermitian_part(a)), S),
    "qr": (lambda a: ops.qr(a)[0], B),
    "svd": (lambda a: ops.matmul(ops.svd(a)[0], ops.svd(a)[2]), B),
    "svdvals": (ops.svdvals, B),
    "eigh": (lambda a: ops.square(ops.eigh(hermitian_part(a))[1]), S),
    "eigvalsh": (lambda a: ops.eigvalsh(hermitian_part(a)), S),
    "eigvals": (lambda a: ops.real(ops.eigvals(hermitian_part(a))), S),
    "matrix_power": (lambda a: ops.matrix_power(a, n=3), A),
    "Frobenius norm": (ops.matrix_norm, A),
    "nuclear norm": (lambda a: ops.matrix_norm(a, ord="nuc"), B),
    "norm by columns": (lambda a: ops.matrix_norm(a, ord=1), B),
    "expm": (ops.expm, A / 3),
    "hermitian_function": (lambda a: ops.hermitian_function(hermitian_part(a), function="log"), S),
    "fft": (lambda a: ops.real(ops.fft(a, n=4)), V),
    "rfft": (lambda a: ops.real(ops.rfft(a)), V),
    "irfft": (ops.irfft, V),
    "hfft": (ops.hfft, V),
    "fft2": (lambda a: ops.real(ops.fft2(a)), A),
    "irfftn": (ops.irfftn, A),
    "fftshift": (ops.fftshift, A),
}


def differences(f, x, step=1e-6):
    columns = []
    for place in np.ndindex(x.shape):
        change = np.zeros_like(x)
        change[place] = step
        columns.append((np.asarray(f(x + change)) - np.asarray(f(x - change))) / (2 * step))
    return np.moveaxis(np.array(columns), 0, -1).reshape(np.shape(f(x)) + x.shape)


@pytest.mark.parametrize("name", CASES)
def test_jacobian_and_hessian(name):
    f, x = CASES[name]
    wanted = differences(f, x)
    np.testing.assert_allclose(jacfwd(f)(x), wanted, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(jacrev(f)(x), wanted, rtol=1e-5, atol=1e-5)

    weights = np.cos(np.arange(np.size(f(x)))).reshape(np.shape(f(x)))

    def scalar(x):
        return ops.sum(ops.multiply(weights, ops.square(f(x))))

    wanted = differences(dm.grad(scalar), x)
    np.testing.assert_allclose(hessian(scalar)(x), wanted, rtol=1e-4, atol=1e-5 * (1 + np.abs(wanted).max()))
