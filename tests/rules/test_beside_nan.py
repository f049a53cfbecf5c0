"""A branch that was not taken contributes exactly 0: matrices of a stack, and the end of a product, beside nan."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops

rng = np.random.default_rng(5)
GOOD = rng.standard_normal((3, 2, 2)) + 3 * np.eye(2)
SPOILT = GOOD.copy()
SPOILT[1] = np.nan
RIGHT = rng.standard_normal((3, 2, 1))
TAKEN = np.array([True, False, True])


def chosen(y):
    """The sum of what comes of the first and the last matrix."""
    return np.sum(np.where(TAKEN.reshape(3, *[1] * (np.ndim(y) - 1)), y, 0.0) ** 2)


def symmetric(a):
    return a @ np.swapaxes(a, -1, -2) + np.eye(2)


FUNCTIONS = {
    "inv": lambda a: chosen(np.linalg.inv(a)),
    "inv, one of the stack": lambda a: np.sum(np.linalg.inv(a)[0]) + np.sum(np.linalg.inv(a)[2] ** 3),
    "solve": lambda a: chosen(np.linalg.solve(a, RIGHT)),
    "det": lambda a: chosen(np.linalg.det(a)),
    "slogdet": lambda a: chosen(np.linalg.slogdet(a)[1]),
    "cholesky": lambda a: chosen(np.linalg.cholesky(symmetric(a))),
    "qr": lambda a: chosen(np.linalg.qr(a)[1]) + chosen(np.linalg.qr(a)[0]),
    "norm": lambda a: chosen(np.linalg.norm(a, axis=(1, 2))),
    "matrix_power": lambda a: chosen(np.linalg.matrix_power(a, 3)),
    "solve_triangular": lambda a: chosen(ops.solve_triangular(a, RIGHT, lower=True)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_matrix_that_is_not_used(name):
    f = FUNCTIONS[name]
    wanted = dm.grad(f)(GOOD)
    wanted[1] = 0.0
    twice = dm.grad(lambda a: np.sum(dm.grad(f)(a) ** 2))
    second = twice(GOOD)
    second[1] = 0.0
    with np.errstate(all="ignore"):
        found, found_twice, forward = dm.grad(f)(SPOILT), twice(SPOILT), dm.jacfwd(f)(SPOILT)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    np.testing.assert_allclose(forward, wanted, rtol=1e-12)
    np.testing.assert_allclose(found_twice, second, rtol=1e-9, atol=1e-12)
    assert not np.any(found[1])


def test_a_right_hand_side_that_is_not_used():
    a = np.stack([np.full((2, 2), np.nan), GOOD[0]])
    with np.errstate(all="ignore"):
        found = dm.grad(lambda b: np.sum(np.where([[[False]], [[True]]], np.linalg.solve(a, b), 0.0)))(RIGHT[:2])
    np.testing.assert_allclose(found[1], np.linalg.solve(GOOD[0].T, np.ones((2, 1))))
    assert not np.any(found[0])


def test_nan_that_is_used_stays_nan():
    with np.errstate(all="ignore"):
        for f in (np.linalg.inv, np.linalg.det, lambda a: np.linalg.solve(a, RIGHT)):
            found = dm.grad(lambda a, f=f: np.sum(f(a)))(SPOILT)
            assert np.isnan(found[1]).any()
            assert np.isfinite(found[[0, 2]]).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_factors_behind_what_is_used_of_a_product(bad):
    x = np.array([1.5, 2.0, -3.0, bad, 4.0])
    for f in (lambda x: np.sum(np.cumprod(x)[:3]), lambda x: np.sum(np.where(np.arange(5) < 3, np.cumprod(x), 0.0))):
        with np.errstate(all="ignore"):
            assert dm.grad(f)(x).tolist() == [1 + 2 - 6, 1.5 - 4.5, 3.0, 0, 0]
            assert dm.jacfwd(f)(x).tolist() == [1 + 2 - 6, 1.5 - 4.5, 3.0, 0, 0]
            hessian = dm.hessian(f)(x)
        assert hessian[:3, :3].tolist() == [[0, -2, 2], [-2, 0, 1.5], [2, 1.5, 0]]
        assert not np.any(hessian[3:])
    table = np.stack([x[:3], np.full(3, bad)])
    with np.errstate(all="ignore"):
        found = dm.grad(lambda t: np.sum(np.where([[True], [False]], np.cumprod(t, axis=1), 0.0)))(table)
    assert found.tolist() == [[-3, -3, 3], [0, 0, 0]]
