"""What a stencil gives is computed row by row before the stencil's derivative reads it."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.compile import build

from ..programs import assert_alike, traced

RNG = np.random.default_rng(5)


def heat(u):
    flow = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
    return np.sum(flow * flow)


def backwards(u):
    """Rows are read three further and one before, and turned round within a row."""
    v = np.sin(u) * u
    return np.sum((v[4:, ::-1] - v[:-4]) ** 2) + np.sum(v[3:-1])


def blurred(u):
    v = np.tanh(0.25 * (u[1:, 1:] + u[:-1, 1:] + u[1:, :-1] + u[:-1, :-1]))
    return np.sum(v[1:, 2:] * v[:-1, :-2])


def difference(u):
    return np.sum(np.exp(u[1:] - u[:-1]))


def ringed(compiled, *arguments):
    return "rows of it at a time" in compiled.report(*arguments)


@pytest.mark.parametrize("shape", [(400, 130), (137, 401), (33, 4000)])
@pytest.mark.parametrize("function", [heat, blurred, backwards, difference])
def test_derivatives_of_stencils(function, shape):
    u = RNG.normal(size=shape)
    u[3, 4], u[0, 0], u[-1, -1] = -0.0, np.pi, 1e-300
    both = dm.value_and_grad(function)
    compiled = dm.jit(both)
    value, gradient = compiled(u)
    expected_value, expected = both(u)
    np.testing.assert_allclose(value, expected_value, rtol=1e-12)
    np.testing.assert_allclose(gradient, expected, rtol=1e-13, atol=1e-13 * np.max(np.abs(expected)))
    if function in (heat, blurred) and shape[1] < 1000:
        assert ringed(compiled, u)
    compiled(u)[1][:] = 0
    np.testing.assert_array_equal(compiled(u)[1], gradient)


def test_results_do_not_depend_on_threads():
    u = RNG.normal(size=(700, 300))
    compiled = dm.jit(dm.value_and_grad(heat))
    found = []
    for count in (1, 2, 3):
        with dm.threads(count):
            found.append(compiled(u))
    for value, gradient in found[1:]:
        assert value == found[0][0]
        np.testing.assert_array_equal(gradient, found[0][1])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_spreads_as_far_as_uncompiled(bad):
    u = RNG.normal(size=(300, 200))
    u[150, 20] = u[0, 0] = bad
    with np.errstate(all="ignore"):
        value, expected = dm.value_and_grad(heat)(u)
    found, gradient = dm.jit(dm.value_and_grad(heat))(u)
    np.testing.assert_array_equal(np.isnan(gradient), np.isnan(expected))
    np.testing.assert_allclose(gradient, expected, rtol=1e-13, atol=1e-12)
    np.testing.assert_equal(found, value)


def test_a_value_that_is_wanted_lies_in_memory():
    u = RNG.normal(size=(300, 200))

    def both(u):
        v = np.sin(u) + np.cos(u) * np.exp(u)
        return v, v[2:, 2:] + v[:-2, 2:] + v[1:-1, 1:-1] + v[:-2, :-2]

    compiled = dm.jit(both)
    for found, expected in zip(compiled(u), both(u), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)
    assert not ringed(compiled, u)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8"])
def test_forward_stencils_of_what_is_dear(dtype):
    u = (RNG.normal(size=(300, 260)) * 3).astype(dtype)

    def function(u):
        v = np.exp(np.sin(u)) * np.cos(u)
        return v[2:, 2:] + v[:-2, 2:] + v[1:-1, 1:-1] + v[:-2, :-2]

    program = traced(function, u)
    (found,) = build(program)(u)
    assert_alike(found, function(u), 1e-5 if dtype == "f4" else 1e-12)
    assert ringed(dm.jit(function), u)


def test_what_comes_of_the_same_loop_is_computed_there():
    x, y = RNG.normal(size=(300, 200)), RNG.normal(size=(300, 1))

    def function(x, y):
        v = np.exp(np.sin(x)) * np.cos(x)
        return v[1:, 1:] - v[:-1, :-1], np.maximum(x, 3.0) * y, np.floor(v)

    program = traced(function, x, y)
    for found, expected in zip(build(program)(x, y), function(x, y), strict=True):
        assert_alike(found, expected, 1e-12)
