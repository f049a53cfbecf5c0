"""Inverses, linear systems and determinants against NumPy and SciPy, and their errors."""

import ctypes

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.backends.numpy import blas
from dispatchml.dispatch.errors import ShapeError

RNG = np.random.default_rng(0)
DTYPES = [np.float32, np.float64, np.complex64, np.complex128]


def numbers(shape, dtype):
    x = RNG.standard_normal(shape)
    return (x + 1j * RNG.standard_normal(shape)).astype(dtype) if np.dtype(dtype).kind == "c" else x.astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("shape", [(3, 3), (1, 1), (2, 4, 4), (0, 0), (0, 2, 2)])
def test_against_numpy(shape, dtype):
    a = numbers(shape, dtype)
    for name in ("inv", "det", "pinv", "slogdet", "matrix_rank"):
        found, wanted = getattr(ops, name)(a), getattr(np.linalg, name)(a)
        for f, w in zip(
            found if type(found) is tuple else (found,), wanted if isinstance(wanted, tuple) else (wanted,), strict=True
        ):
            np.testing.assert_array_equal(f, w)
            assert np.asarray(f).dtype == np.asarray(w).dtype


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
def test_systems_against_numpy(dtype):
    for a, b in (((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (3,)), ((2, 3, 3), (2, 3, 2)), ((3, 3), (3, 0))):
        a, b = numbers(a, dtype), numbers(b, dtype)
        np.testing.assert_array_equal(ops.solve(a, b), np.linalg.solve(a, b))
        assert ops.solve(a, b).dtype == dtype
    for a, b in (((5, 3), (5,)), ((5, 3), (5, 2)), ((2, 3), (2,))):
        a, b = numbers(a, dtype), numbers(b, dtype)
        for found, wanted in zip(ops.lstsq(a, b), np.linalg.lstsq(a, b, rcond=None), strict=True):
            np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("way", ["blas", "numpy"])
@pytest.mark.parametrize("size", [0, 1, 5, 64, 65, 200])
def test_triangular_systems_read_one_triangle(size, way, dtype, monkeypatch):
    if way == "numpy":
        monkeypatch.setattr(blas, "triangular_solver", lambda character: None)
    a = numbers((size, size), dtype) / max(size, 1) + 2 * np.eye(size, dtype=dtype)
    b = numbers((size, 3), dtype)
    for lower in (False, True):
        for unit_diagonal in (False, True):
            t = np.tril(a) if lower else np.triu(a)
            if unit_diagonal:
                t = t - np.diag(np.diag(t)) + np.eye(size)
            for trans, m in (("N", t), ("T", t.T), ("C", t.conj().T)):
                x = ops.solve_triangular(a, b, lower=lower, trans=trans, unit_diagonal=unit_diagonal)
                assert x.dtype == dtype
                np.testing.assert_allclose(m @ x, b, atol=1e-4 if dtype in (np.float32, np.complex64) else 1e-11)


def test_blas_is_found_by_its_names(monkeypatch):
    class Library:
        """A library that has some functions under some names."""

        def __init__(self, **functions):
            self.__dict__.update(functions)

    if blas.triangular_solver("d") is None:
        pytest.skip("NumPy's BLAS shows no names here")
    right = ctypes.CFUNCTYPE(None)(blas.triangular_solver("d")[1])
    wrong = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 12)(lambda *arguments: None)
    for functions, there in (({"cblas_dtrsm64_": right}, True), ({"cblas_dtrsm64_": wrong}, False), ({}, False)):
        monkeypatch.setattr(blas, "library", lambda functions=functions: Library(**functions))
        blas.triangular_solver.cache_clear()
        assert (blas.triangular_solver("d") is not None) == there
        np.testing.assert_allclose(ops.solve_triangular(np.array([[2.0, 1], [0, 4]]), np.ones(2)), [0.375, 0.25])
    blas.triangular_solver.cache_clear()


def test_a_triangular_system_leaves_its_arguments_alone():
    a, b = np.triu(np.ones((150, 150))) + np.eye(150), np.ones((3, 150)).T
    a.flags.writeable = b.flags.writeable = False
    x = ops.solve_triangular(a[::1], b)
    np.testing.assert_allclose(a @ x, b)
    np.testing.assert_array_equal(ops.solve_triangular(a.T, b, lower=True, trans="T"), x)
    np.testing.assert_array_equal(ops.solve_triangular(np.repeat(a, 2, 1)[:, ::2], b), x)
    with pytest.raises(np.linalg.LinAlgError):
        ops.solve_triangular(np.diag(np.arange(200.0)), np.ones(200))
    assert ops.solve_triangular(np.float32([[2]]), np.ones(1)).dtype == np.float64


def test_triangular_systems_in_stacks_and_of_vectors():
    a, b = numbers((4, 80, 80), float) / 80 + np.eye(80), numbers((80,), float)
    x = ops.solve_triangular(a, b, lower=True)
    assert x.shape == (4, 80)
    for k in range(4):
        np.testing.assert_allclose(np.tril(a[k]) @ x[k], b, atol=1e-12)
    with pytest.raises(np.linalg.LinAlgError):
        ops.solve_triangular(np.diag([1.0, 0.0]), np.ones(2))


def test_cofactors():
    a = numbers((5, 4, 4), complex)
    np.testing.assert_allclose(
        ops.cofactor((a,)), np.linalg.det(a)[:, None, None] * np.swapaxes(np.linalg.inv(a), -1, -2), rtol=1e-10
    )
    x, y = numbers((4, 4), float), numbers((4, 4), float)
    a = numbers((4, 4), float)
    step = 1e-5
    np.testing.assert_allclose(
        ops.cofactor((a, x)), (ops.cofactor((a + step * x,)) - ops.cofactor((a - step * x,))) / (2 * step), atol=1e-8
    )
    np.testing.assert_allclose(
        ops.cofactor((a, x, y)),
        (ops.cofactor((a + step * y, x)) - ops.cofactor((a - step * y, x))) / (2 * step),
        atol=1e-8,
    )
    assert ops.cofactor((np.zeros((1, 1)),)).tolist() == [[1.0]]
    assert ops.cofactor((np.ones((0, 0)),)).shape == (0, 0)


def test_inverse_filled_where_there_is_none():
    found = ops.inv(np.array([[[2.0, 0.0], [0.0, 1.0]], [[1.0, 2.0], [2.0, 4.0]]]), singular="fill")
    np.testing.assert_array_equal(found[0], [[0.5, 0], [0, 1]])
    assert not np.isfinite(found[1]).any()


def test_tensors_and_conditions():
    a = numbers((2, 3, 6), float)
    b = numbers((2, 3), float)
    np.testing.assert_array_equal(ops.tensorsolve(a, b), np.linalg.tensorsolve(a, b))
    np.testing.assert_allclose(ops.tensorsolve.decomposition(a, b), np.linalg.tensorsolve(a, b))
    moved = numbers((2, 6, 3), float)
    np.testing.assert_allclose(
        ops.tensorsolve.decomposition(moved, b, axes=(1,)), np.linalg.tensorsolve(moved, b, axes=(1,))
    )
    np.testing.assert_allclose(ops.tensorinv.decomposition(a), np.linalg.tensorinv(a))
    m = numbers((3, 3), float)
    for p in (None, 2, -2, 1, -1, np.inf, -np.inf, "fro", "nuc"):
        assert ops.cond.decomposition(m, p=p) == pytest.approx(np.linalg.cond(m, p=p))
        assert ops.cond(m, p=p) == np.linalg.cond(m, p=p)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [("inv", [(2, 3)]), ("det", [(3,)]), ("slogdet", [(2, 3)]), ("solve", [(2, 3), (2,)]), ("solve", [(2, 2), (3,)]),
     ("pinv", [(3,)]), ("solve_triangular", [(2, 3), (2,)]), ("solve_triangular", [(2, 2), (3,)]),
     ("lstsq", [(2, 3, 3), (3,)]), ("lstsq", [(2, 3), (3,)])],
)  # fmt: skip
def test_shapes_that_do_not_fit(name, shapes):
    with pytest.raises(ShapeError) as raised:
        getattr(ops, name)(*map(np.ones, shapes))
    text = str(raised.value)
    assert text.startswith(f"{name}(numpy.ndarray[float64, shape {shapes[0]}]")
    assert "test_solvers.py" in text


def test_a_singular_matrix_is_numpys_error():
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        ops.inv(np.zeros((2, 2)))
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        ops.solve(np.zeros((2, 2)), np.ones(2))
