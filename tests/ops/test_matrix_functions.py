"""Powers, norms and functions of matrices against NumPy and SciPy."""

import math

import mpmath
import numpy as np
import pytest

from dispatchml import ops
from dispatchml.backends.numpy.divided_differences import DERIVATIVES, divided_difference
from dispatchml.dispatch.errors import ShapeError

RNG = np.random.default_rng(0)
DTYPES = [np.float32, np.float64, np.complex64, np.complex128]


def numbers(shape, dtype):
    x = RNG.standard_normal(shape)
    return (x + 1j * RNG.standard_normal(shape)).astype(dtype) if np.dtype(dtype).kind == "c" else x.astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
def test_powers_and_norms_against_numpy(dtype):
    for shape in ((3, 3), (2, 3, 3), (1, 1)):
        a = numbers(shape, dtype)
        for n in (-2, -1, 0, 1, 2, 5):
            np.testing.assert_array_equal(ops.matrix_power(a, n=n), np.linalg.matrix_power(a, n))
    for shape in ((3, 3), (2, 3, 4), (4, 2)):
        a = numbers(shape, dtype)
        for ord in ("fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf):
            for keepdims in (False, True):
                found = ops.matrix_norm(a, ord=ord, keepdims=keepdims)
                np.testing.assert_array_equal(found, np.linalg.matrix_norm(a, ord=ord, keepdims=keepdims))
                assert found.dtype == np.abs(a).dtype


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", ["expm", "sqrtm", "logm"])
def test_functions_against_scipy(name, dtype):
    linalg = pytest.importorskip("scipy.linalg")
    for shape, scale in (((3, 3), 0.3), ((2, 4, 4), 0.2), ((1, 1), 1), ((3, 3), 3e-3), ((4, 4), 8)):
        a = numbers(shape, dtype) * dtype(scale)
        if name != "expm":
            if scale > 1:
                continue
            a = a + 3 * np.eye(shape[-1], dtype=dtype)
        found = getattr(ops, name)(a)
        assert found.dtype == dtype
        wide = a.astype(np.result_type(dtype, np.float64))
        wanted = np.array([getattr(linalg, name)(m) for m in wide.reshape((-1, *shape[-2:]))]).reshape(a.shape)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=300 * np.finfo(dtype).eps * np.abs(wanted).max())
        assert getattr(ops, name)(np.zeros((0, 0), dtype)).shape == (0, 0)


def test_expm_of_matrices_of_very_different_size():
    a = np.stack([1e-3 * np.eye(2), 50 * np.eye(2), np.array([[0.0, 1e6], [0.0, 0.0]])])
    np.testing.assert_allclose(ops.expm(a)[0], np.exp(1e-3) * np.eye(2))
    np.testing.assert_allclose(ops.expm(a)[1], np.exp(50) * np.eye(2), rtol=1e-13)
    np.testing.assert_allclose(ops.expm(a)[2], [[1, 1e6], [0, 1]])
    assert ops.expm(np.eye(2, dtype=int)).dtype == np.float64


def test_no_real_result_is_an_error():
    pytest.importorskip("scipy")
    for op in (ops.sqrtm, ops.logm):
        with pytest.raises(np.linalg.LinAlgError, match="Pass a complex matrix"):
            op(-np.eye(2) + np.diag([0.5, 0]))
        assert op(np.array([[-1.0 + 0j]])).imag != 0


@pytest.mark.parametrize("function", [*DERIVATIVES, ("power", 3), ("power", -0.5)], ids=str)
def test_hermitian_functions(function):
    a = numbers((2, 4, 4), complex)
    a = a @ np.conj(np.swapaxes(a, -1, -2)) + np.eye(4)
    w, v = np.linalg.eigh(a)
    plain = {
        "exp": np.exp, "log": np.log, "sqrt": np.sqrt,
        "reciprocal": np.reciprocal, "inverse_sqrt": lambda x: x**-0.5,
        "sin": np.sin, "cos": np.cos, "sinh": np.sinh, "cosh": np.cosh,
        ("power", 3): lambda x: x**3, ("power", -0.5): lambda x: x**-0.5,
    }[function]  # fmt: skip
    wanted = (v * plain(w)[..., None, :]) @ np.conj(np.swapaxes(v, -1, -2))
    np.testing.assert_allclose(ops.hermitian_function(a, function=function), wanted)
    np.testing.assert_allclose(ops.frechet((a,), function=function, hermitian=True), wanted)


@pytest.mark.parametrize("name", list(DERIVATIVES))
def test_divided_differences_against_mpmath(name):
    scalar = {
        "reciprocal": lambda x: 1 / x,
        "inverse_sqrt": lambda x: 1 / mpmath.sqrt(x),
    }.get(name, getattr(mpmath, name, None))
    cases = [
        [1.5],
        [1.5, 1.5],
        [1.5, 1.5 + 1e-9],
        [1.0, 1.09],
        [1.0, 1.3],
        [1.0, 1.0, 1.0],
        [1.0, 2.0, 1.0],
        [1.0, 1.001, 1.02, 2.5],
    ]
    for points in cases:
        with mpmath.workdps(80):
            apart = [mpmath.mpf(p) + mpmath.mpf(10) ** -12 * k * mpmath.mpf(10) ** -6 for k, p in enumerate(points)]
            row = [scalar(p) for p in apart]
            for level in range(1, len(points)):
                row = [(row[k + 1] - row[k]) / (apart[k + level] - apart[k]) for k in range(len(row) - 1)]
        found = divided_difference(name, [np.array(p) for p in points])
        assert float(found) == pytest.approx(float(row[0]), rel=3e-12)
    assert math.isfinite(found)


def test_names_and_shapes_that_do_not_fit():
    with pytest.raises(ShapeError, match="known are exp, log"):
        ops.hermitian_function(np.eye(2), function="gamma")
    with pytest.raises(ShapeError, match="not square"):
        ops.expm(np.ones((2, 3)))
    with pytest.raises(ShapeError, match='ord is "fro"'):
        ops.matrix_norm(np.ones((2, 3)), ord="max")
