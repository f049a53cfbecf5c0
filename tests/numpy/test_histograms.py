"""Counts are NumPy's, and edges, weights and densities carry the derivatives that differences have."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import NoMethodError

X = np.array([0.3, 2.9, 1.4, 0.8, 2.1, 1.7])
Y = np.array([1.0, 0.2, 0.7, 3.1, 1.9, 2.2])
W = np.array([1.0, 2.0, 0.5, 1.5, 3.0, 0.7])
E = np.array([0.0, 1.0, 1.9, 3.0])
M = np.linspace(1.0, 2.0, 40)  # numbers to weigh results with


def weighed(*results):
    """One number that depends on every number of the results."""
    return sum(np.sum(np.ravel(r) * M[: np.size(r)]) for r in results)


PROGRAMS = {
    "edges of a count": lambda x: weighed(*np.histogram(x, 4)),
    "edges within limits": lambda x: weighed(*np.histogram(X, 4, range=(x[0] - 0.1, x[1] + 0.1))),
    "edges of a rule": lambda x: weighed(np.histogram_bin_edges(x, "sturges")),
    "edges that are given": lambda x: weighed(*np.histogram(X, E * (x[2] + 0.05))),
    "densities": lambda x: weighed(*np.histogram(x, 3, density=True)),
    "weights and densities": lambda x: weighed(*np.histogram(x, 3, density=True, weights=x * x)),
    "two axes": lambda x: weighed(*np.histogram2d(x, Y, 3)),
    "densities of two axes": lambda x: weighed(*np.histogram2d(Y, x, [E, 2], density=True)),
    "weights of two axes": lambda x: weighed(*np.histogram2d(X, Y, (3, 2), weights=x)),
    "edges of both axes": lambda x: weighed(*np.histogram2d(X, Y, E * (x[2] + 0.05))),
    "three axes": lambda x: weighed(*(lambda h, e: (h, *e))(*np.histogramdd((x, Y, W), 2, density=True))),
    "columns": lambda x: weighed(*(lambda h, e: (h, *e))(*np.histogramdd(np.stack([x, Y], 1), (2, 3), weights=x))),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_derivatives_are_those_of_differences(name):
    program, step = PROGRAMS[name], 1e-6
    wanted = [(program(X + d) - program(X - d)) / (2 * step) for d in np.eye(len(X)) * step]
    value, gradient = dm.value_and_grad(program)(X)
    np.testing.assert_allclose(value, program(X), rtol=1e-14)
    np.testing.assert_allclose(gradient, wanted, rtol=1e-6, atol=1e-7)
    assert np.any(gradient != 0)
    np.testing.assert_allclose(dm.jvp(program, (X,), (W,))[1], gradient @ W, rtol=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda x, y: np.histogram(x, 5),
        lambda x, y: np.histogram(x, "auto"),
        lambda x, y: np.histogram(x, np.array([0, 1, 3])),
        lambda x, y: np.histogram(x[:0], 3),
        lambda x, y: np.histogram(x * 0, 3),
        lambda x, y: np.histogram(x.astype(np.float32), 3, density=True),
        lambda x, y: np.histogram2d(x, y, 4, [[0, 2], [0, 3]]),
        lambda x, y: np.histogram2d(x, y, np.array([2, 3])),
        lambda x, y: np.histogram2d(x, y, [2, E], density=True),
        lambda x, y: np.histogramdd(np.stack([x, y], 1), (2, 3))[0],
        lambda x, y: np.histogramdd((x, y), [E, E], weights=W)[1],
    ],
)
def test_values_are_those_of_numpy(call):
    def same(ours, plain):
        if isinstance(plain, (tuple, list)):
            assert (type(ours), len(ours)) == (type(plain), len(plain))
            for a, b in zip(ours, plain, strict=True):
                same(a, b)
        else:
            np.testing.assert_array_equal(dm.primal(ours), plain)
            assert dm.primal(ours).dtype == plain.dtype

    def inside(x):
        same(call(x, Y), call(X, Y))
        return np.sum(x)

    dm.grad(inside)(X)


@pytest.mark.parametrize("count", [0, -1])
def test_a_count_of_no_bins_is_refused_as_by_numpy(count):
    for call in (lambda x: np.histogram(x, count)[1], lambda x: np.histogramdd((x, Y), count)[0]):
        with pytest.raises(ValueError, match="bins"):
            dm.grad(lambda x: np.sum(call(x)))(X)  # noqa: B023


def test_axes_and_bins_must_be_as_many():
    with pytest.raises(ValueError, match="bins"):
        dm.grad(lambda x: np.sum(np.histogramdd((x, Y), [2, 3, 4])[0]))(X)
    with pytest.raises(ValueError, match="same length"):
        dm.grad(lambda x: np.sum(np.histogram2d(x, Y[:2])[0]))(X)


def test_batches_are_refused():
    for call in (lambda x: np.histogram(X * x, 3)[1], lambda x: np.histogramdd((X * x, Y), 3)[0]):
        with pytest.raises(NoMethodError, match="batch"):
            dm.vmap(call)(np.array([1.0, 2.0]))
