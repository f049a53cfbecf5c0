"""Compiled derivatives are nan where the uncompiled ones are, and zero where a zero wins."""

import warnings

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning


def step(x):
    """Its value is nan where x is infinite, and so is its derivative."""
    return np.heaviside(x / x, x / x)


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("order", [[np.inf, 1.0, np.inf, 2.0], [1.0, np.inf, 1.0]])
def test_a_derivative_of_nan(order):
    compiled = dm.jit(lambda x: dm.jvp(step, (x,), (1.0,))[1])
    for x in order:
        np.testing.assert_equal(compiled(x), dm.jvp(step, (x,), (1.0,))[1])


def test_the_correlation_of_one_value():
    gradient = dm.grad(lambda x: np.sum(np.corrcoef(x)))
    x = np.array([1.5])
    assert np.isnan(gradient(x)).all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for _ in range(2):
            np.testing.assert_array_equal(dm.jit(gradient)(x), gradient(x))


def test_calls_that_are_always_doubtful_run_uncompiled_and_say_so():
    compiled = dm.jit(lambda x: dm.jvp(step, (x,), (1.0,))[1])
    for _ in range(3):
        assert np.isnan(compiled(np.inf))
    with pytest.warns(FallbackWarning, match="Its derivative is nan for 4 calls"):
        compiled(np.inf)
    assert np.isnan(compiled(np.inf))


def test_branches_that_are_not_taken_stay_compiled():
    gradient = dm.jit(dm.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0))))
    with warnings.catch_warnings():
        warnings.simplefilter("error", FallbackWarning)
        for x in ([-1.0, 4.0], [1.0, 4.0], [-1.0, 1.0]):
            expected = np.where(np.array(x) > 0, 0.5 / np.sqrt(np.abs(x)), 0.0)
            np.testing.assert_allclose(gradient(np.array(x)), expected)
