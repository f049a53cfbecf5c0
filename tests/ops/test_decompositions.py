"""Matrix decompositions against NumPy and SciPy, and their errors."""

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.dispatch.errors import NonDifferentiableError, ShapeError

RNG = np.random.default_rng(0)
DTYPES = [np.float32, np.float64, np.complex64, np.complex128]
LOOSE = {np.float32: 1e-4, np.complex64: 1e-4}


def numbers(shape, dtype):
    x = RNG.standard_normal(shape)
    return (x + 1j * RNG.standard_normal(shape)).astype(dtype) if np.dtype(dtype).kind == "c" else x.astype(dtype)


def adjoint(x):
    return np.conj(np.swapaxes(x, -1, -2))


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3), (1, 1), (0, 0), (0, 2, 2)])
def test_square_matrices_against_numpy(shape, dtype):
    a = numbers(shape, dtype)
    positive = a @ adjoint(a) + np.eye(shape[-1], dtype=dtype)
    for upper in (False, True):
        np.testing.assert_array_equal(ops.cholesky(positive, upper=upper), np.linalg.cholesky(positive, upper=upper))
    for side in "LU":
        found, wanted = ops.eigh(a, UPLO=side), np.linalg.eigh(a, UPLO=side)
        assert type(found) is tuple
        for f, w in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(f, w)
            assert f.dtype == w.dtype
        np.testing.assert_array_equal(ops.eigvalsh(a, UPLO=side), np.linalg.eigvalsh(a, UPLO=side))
    w, v = ops.eig(a)
    assert w.dtype == v.dtype == np.result_type(dtype, np.complex64)
    np.testing.assert_allclose(a @ v, v * w[..., None, :], atol=LOOSE.get(dtype, 1e-12))
    np.testing.assert_allclose(ops.eigvals(a), np.linalg.eigvals(a))


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("shape", [(3, 3), (5, 3), (3, 5), (2, 4, 3), (0, 3), (3, 0)])
def test_any_matrix_against_numpy(shape, dtype):
    a = numbers(shape, dtype)
    for mode in ("reduced", "complete"):
        for f, w in zip(ops.qr(a, mode=mode), np.linalg.qr(a, mode=mode), strict=True):
            np.testing.assert_array_equal(f, w)
            assert f.dtype == dtype
    for full in (False, True):
        found = ops.svd(a, full_matrices=full)
        assert type(found) is tuple
        for f, w in zip(found, np.linalg.svd(a, full_matrices=full), strict=True):
            np.testing.assert_array_equal(f, w)
    np.testing.assert_array_equal(ops.svdvals(a), np.linalg.svdvals(a))
    np.testing.assert_array_equal(ops.svd(a, compute_uv=False), np.linalg.svdvals(a))


@pytest.mark.parametrize("shape", [(3, 3), (5, 3), (3, 5), (2, 4, 3)])
def test_lu_against_scipy(shape):
    scipy_linalg = pytest.importorskip("scipy.linalg")
    a = numbers(shape, complex)
    for f, w in zip(ops.lu(a), scipy_linalg.lu(a), strict=True):
        np.testing.assert_array_equal(f, w)


def test_divide_by_gaps():
    x, w = numbers((3, 3), float), np.array([1.0, 2.0, 4.0])
    wanted = x / (w[None, :] - w[:, None] + np.eye(3)) * (1 - np.eye(3))
    np.testing.assert_allclose(ops.divide_by_gaps(x, w), wanted)
    np.testing.assert_allclose(ops.divide_by_gaps(x, w, sums=True), x / (w[:, None] + w))
    same = np.array([1.0, 1.0, 4.0])
    with pytest.raises(NonDifferentiableError, match="hermitian_function"):
        ops.divide_by_gaps(x, same)
    assert np.isnan(ops.divide_by_gaps(x, same, degenerate="nan")).sum() == 2
    x[0, 1] = x[1, 0] = 1e-17
    assert ops.divide_by_gaps(x, same)[0, 1] == 0
    assert ops.divide_by_gaps(np.ones((0, 0)), np.ones(0)).shape == (0, 0)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("cholesky", (2, 3)), ("eigh", (2, 3)), ("eigvalsh", (3,)), ("eig", (2, 3)),
     ("eigvals", (2, 3)), ("svd", (3,)), ("svdvals", (3,)), ("qr", (3,)), ("lu", (3,))],
)  # fmt: skip
def test_shapes_that_do_not_fit(name, shape):
    with pytest.raises(ShapeError) as raised:
        getattr(ops, name)(np.ones(shape))
    assert str(raised.value).startswith(f"{name}(numpy.ndarray[float64, shape {shape}])")


def test_a_matrix_that_is_not_positive_definite_is_numpys_error():
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        ops.cholesky(-np.eye(2))
