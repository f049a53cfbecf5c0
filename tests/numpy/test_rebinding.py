"""`a += x` of a plain array and a traced value: it works where the array has one name, and is refused elsewhere."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import OutArgumentError

GRID = np.array([1.0, 2.0, 3.0])


def one_name(p):
    a = GRID - 1
    a += p
    a *= 2 * p
    return np.sum(a)


def further_names(p):
    b = a = GRID - 1
    a += p
    return np.sum(b)


def with_a_view(p):
    a = GRID - 1
    b = a[1:]
    a += p
    return np.sum(b)


def in_a_list(p):
    a = [GRID - 1]
    a[0] += p
    return np.sum(a[0])


def in_two_lists(p):
    a = GRID - 1
    lists = [a], [a]
    lists[0][0] += p
    return np.sum(lists[1][0])


def by_a_function(p):
    a = GRID - 1
    np.add(a, p, out=a)
    return np.sum(a)


def of_the_module(p):
    global GRID
    GRID += p
    return np.sum(GRID)


@pytest.mark.filterwarnings("ignore::dispatchml.dispatch.errors.FallbackWarning")
@pytest.mark.parametrize("function", [one_name, in_a_list])
@pytest.mark.parametrize("lift", [True, False])
def test_with_one_name_it_works(function, lift):
    slope = (function(2.0 + 1e-6) - function(2.0 - 1e-6)) / 2e-6
    value, gradient = dm.value_and_grad(function, lift=lift)(2.0)
    assert value == function(2.0)
    np.testing.assert_allclose(gradient, slope, rtol=1e-8)
    np.testing.assert_allclose(dm.jvp(function, (2.0,), (1.0,), lift=lift)[1], gradient, rtol=1e-14)
    np.testing.assert_allclose(dm.jit(dm.grad(function))(2.0), gradient, rtol=1e-14)
    np.testing.assert_allclose(dm.vmap(dm.grad(function))(np.array([2.0, 2.0])), [gradient] * 2, rtol=1e-14)


@pytest.mark.parametrize("function", [further_names, with_a_view, in_two_lists, by_a_function])
def test_with_more_names_it_is_refused(function):
    with pytest.raises(OutArgumentError, match="other names or views"):
        dm.grad(function)(2.0)
    with pytest.raises(OutArgumentError, match="other names or views"):
        dm.jvp(function, (2.0,), (1.0,))


def test_an_array_of_the_callers_is_refused():
    given = np.ones(2)

    def function(p, a):
        a += p
        return np.sum(a)

    with pytest.raises(OutArgumentError):
        dm.grad(function)(2.0, given)
    np.testing.assert_array_equal(given, [1.0, 1.0])


def test_dtypes_and_shapes_are_those_of_the_array():
    def single(p):
        a = np.float32(2) * GRID.astype(np.float32)
        a += p
        return a.sum(), a.dtype

    assert dm.value_and_grad(lambda p: single(p)[0])(np.float64(2.0))[0] == single(np.float64(2.0))[0]

    def whole(p):
        a = GRID.astype(int)
        a += p
        return a.sum()

    def longer(p):
        a = GRID * 2
        a += np.ones((2, 3)) * p
        return a.sum()

    with pytest.raises(TypeError, match="same_kind"):
        dm.grad(whole)(2.0)
    with pytest.raises(ValueError, match="broadcast"):
        dm.grad(longer)(2.0)
