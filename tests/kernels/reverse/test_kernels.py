"""Gradients of compiled kernels by running them back."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.kernels.kernel import kernel
from dispatchml.kernels.reverse import stacks

pytest.importorskip("numba")


def logistic(rates, n):
    x = 0.3
    for i in range(n):
        x = x + 0.01 * rates[i % 3] * x * (1.0 - x)
    return x


def cubes(v):
    total = 0.0
    for i in range(v.shape[0]):
        total += v[i] ** 3
    return total


def times_first(v):
    total = 0.0
    for i in range(v.shape[0]):
        total += dm.grad(cubes)(v)[i] * v[0]
    return total


def test_a_loop_that_is_too_long_is_run_back_in_segments(monkeypatch):
    monkeypatch.setattr(stacks, "LIMIT", 1000)
    run, rates = kernel(logistic), np.array([0.5, 1.0, 1.5])
    short, long = (dm.grad(run)(rates, n) for n in (900, 20_000))
    for n, found in ((900, short), (20_000, long)):
        step = 1e-6 * np.eye(3)
        expected = [(logistic(rates + s, n) - logistic(rates - s, n)) / 2e-6 for s in step]
        assert np.allclose(found, expected, rtol=1e-6)
    slope = dm.grad(run)
    along = dm.jvp(lambda r: slope(r, 2000), (rates,), (rates,))[1]
    expected = (slope(rates * (1 + 1e-5), 2000) - slope(rates * (1 - 1e-5), 2000)) / 2e-5
    assert np.allclose(along, expected, rtol=1e-5)


def test_running_back_a_gradient():
    """Names of the derived text inside do not meet those outside."""
    v = np.arange(1.0, 7.0)
    expected = 6 * v * v[0]
    expected[0] += 3 * np.sum(v**2)
    assert np.allclose(dm.grad(kernel(times_first))(v), expected)
