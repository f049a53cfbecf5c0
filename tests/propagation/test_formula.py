"""propagate without any library of uncertain numbers; the plugins' tests have the rest."""

import numpy as np
import pytest

from dispatchml.dispatch.errors import ArgumentError, ShapeError
from dispatchml.propagation import propagate

COV = np.array([[0.04, 0.01], [0.01, 0.09]])


def test_linear_functions_exactly():
    m = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]])
    for order in (1, 2):
        mean, cov = propagate(lambda x: m @ x, np.array([1.0, 2.0]), COV, order=order)
        np.testing.assert_allclose(mean, m @ [1.0, 2.0])
        np.testing.assert_allclose(cov, m @ COV @ m.T)


def test_against_samples():
    rng = np.random.default_rng(3)
    mean, narrow = np.array([1.0, 2.0]), COV / 400
    samples = rng.multivariate_normal(mean, narrow, 40000)

    def f(x):
        return np.stack([np.sin(x[..., 0]) * x[..., 1], np.exp(x[..., 0] - x[..., 1])], axis=-1)

    _, cov = propagate(f, mean, narrow)
    np.testing.assert_allclose(cov, np.cov(f(samples).T), rtol=0.05)


@pytest.mark.parametrize("output", [3, "text", True, 1j, np.arange(2)])
def test_outputs_without_a_covariance_are_refused(output):
    for function in (lambda x: output, lambda x: (x, output)):
        with pytest.raises(ArgumentError, match="has no covariance"):
            propagate(function, 2.0, 0.5)


def test_complex_values_in_between():
    mean, cov = propagate(lambda x: np.abs(np.fft.rfft(x)) ** 2, np.array([1.0, 2.0, 4.0]), np.eye(3) / 100)
    assert mean.dtype == cov.dtype == np.float64
    assert cov[0, 0] == pytest.approx((2 * 7) ** 2 * 3 / 100)


def test_refusals():
    with pytest.raises(ShapeError, match="the mean twice"):
        propagate(lambda x: x, np.ones(2), np.ones(2))
    with pytest.raises(ArgumentError, match="order=0"):
        propagate(lambda x: x, 1.0, 1.0, order=0)
