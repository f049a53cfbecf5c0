"""Products and decompositions within native functions: against the operations, and left to Python where need be."""

import numpy as np
import pytest

import dispatchml as dm


def normal(*shape, dtype="d", seed=0):
    """Random numbers."""
    x = np.random.default_rng(seed).normal(size=(2, *shape))
    return (x[0] + 1j * x[1] if dtype in "FD" else x[0]).astype(dtype)


def positive(*shape, dtype="d"):
    """Hermitian positive definite matrices."""
    x = normal(*shape, dtype=dtype)
    return x @ np.conj(np.swapaxes(x, -1, -2)) + np.eye(shape[-1], dtype=dtype)


def check(f, *arguments, calls=0, rtol=1e-12):
    """Compiled equals uncompiled, and so many operations are left to Python."""
    compiled = dm.jit(f)
    wanted, found = f(*arguments), [compiled(*arguments) for _ in range(3)][-1]
    several = isinstance(wanted, tuple)
    for w, g in zip(wanted if several else (wanted,), found if several else (found,), strict=True):
        assert type(g) is type(w)
        assert g.dtype == w.dtype
        np.testing.assert_allclose(g, w, rtol=rtol, atol=rtol)
    report = compiled.report(*arguments)
    python = sum(line.startswith(("call of ", "view by ")) for line in report.splitlines())
    assert python == calls, report
    return report


@pytest.mark.parametrize("dtype", "fdFD")
def test_products_between_loops(dtype):
    a, b = normal(5, 6, dtype=dtype), normal(6, 7, dtype=dtype, seed=1)
    report = check(lambda a, b: ((a + 1) @ (b * 2)) * 0.5 - 1, a, b, rtol=1e-5)
    assert "matmul" in report


TURNED = [
    lambda a: a.T @ a, lambda a: a @ a.T, lambda a: a.T @ (a + 1), lambda a: (a.T @ a).T @ a.T, lambda a: a @ a[0],
    lambda a: a.T @ a[:, 0], lambda a: a[0] @ a.T, lambda a: a[0] @ a[1], lambda a: np.dot(a, a.T),
    lambda a: np.dot(a[0], a[1]),
    lambda a: np.exp(a @ a.T) @ a, lambda a: a.reshape(3, 2, 2) @ a.reshape(3, 2, 2),
    lambda a: a[None].T @ a[None, None, 0],
    lambda a: np.broadcast_to(a[0], (5, 4)) @ a.T,
]  # fmt: skip


@pytest.mark.parametrize("k", range(len(TURNED)))
def test_products_of_views(k):
    f, a = TURNED[k], normal(3, 4)
    compiled = dm.jit(f)
    for _ in range(3):
        found = compiled(a)
    assert type(found) is type(f(a))
    np.testing.assert_allclose(found, f(a), rtol=1e-13)


def test_transposed_arguments_are_not_copied():
    check(lambda a, b: (a.T @ b.T) + 1, normal(5, 6), normal(7, 5))


def test_reversed_arguments_are_left_to_python():
    check(lambda a, b: a[::-1] @ b, normal(5, 6), normal(6, 5), calls=2)


def test_results_that_are_views_belong_to_nobody_else():
    f = dm.jit(lambda a: ((p := a @ a).T, p))
    turned, plain = f(normal(3, 3))
    assert not np.may_share_memory(turned, plain)


@pytest.mark.parametrize("dtype", "dD")
def test_systems_and_decompositions(dtype):
    a, b = positive(4, 4, dtype=dtype), normal(4, 3, dtype=dtype)
    check(lambda a, b: np.linalg.solve(a + 1, b) * 2, a, b)
    check(lambda a, b: np.linalg.solve(a, b[:, 0] + 1) * 2, a, b, calls=0)
    check(lambda a: np.linalg.inv(a + 1) * 2, a)
    check(lambda a: np.linalg.cholesky(a + 0) * 2, a)
    check(lambda a: np.linalg.cholesky(a + 0, upper=True) * 2, a)
    check(lambda a: np.linalg.det(a + 1) * 2, a)
    check(lambda a: tuple(np.linalg.slogdet(a + 1)), a)
    check(lambda a: tuple(np.linalg.eigh(a + 0)), a)


def test_stacks():
    a, b = positive(6, 9, 9), normal(6, 9, 5)
    check(lambda a, b: np.linalg.solve(a + 1, b + 1) @ np.swapaxes(b, -1, -2), a, b)
    check(lambda a, b: np.linalg.inv(a) @ b[0], a, b)
    check(lambda a, b: np.linalg.inv(a)[:, None] @ b + 1, a, b, calls=2)


@pytest.mark.parametrize("f", [np.linalg.inv, np.linalg.cholesky, lambda a: np.linalg.solve(a, a)])
def test_matrices_without_a_result_raise_as_ever(f):
    compiled = dm.jit(lambda a: f(a * 1.0) + 1)
    np.testing.assert_allclose(compiled(positive(3, 3)), f(positive(3, 3)) + 1)
    for _ in range(2):
        with pytest.raises(np.linalg.LinAlgError):
            compiled(np.zeros((3, 3)))
    np.testing.assert_allclose(compiled(positive(3, 3)), f(positive(3, 3)) + 1)


def test_whole_numbers_and_empty_arrays_are_left_to_python():
    check(lambda a: a @ a + 1, np.arange(9).reshape(3, 3), calls=1)
    check(lambda a: a @ a.T + 1, np.zeros((3, 0)), calls=2)


def likelihood(x, y, scale):
    """A Gaussian process: what the decompositions are for."""
    k = np.exp(-0.5 * ((x[:, None] - x[None, :]) / scale) ** 2) + 0.1 * np.eye(len(x))
    return 0.5 * y @ np.linalg.solve(k, y) + 0.5 * np.linalg.slogdet(k)[1]


def test_a_likelihood_and_its_gradient():
    x, y = np.linspace(0, 3, 20), normal(20)
    f = dm.value_and_grad(likelihood, argnums=(1, 2))
    wanted, found = f(x, y, 0.7), dm.jit(f)(x, y, 0.7)
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-11)
    for w, g in zip(wanted[1], found[1], strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-12)
