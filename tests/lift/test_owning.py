"""Arrays that arithmetic, copies and functions make take traced elements in lifted code."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import DispatchmlError

GRID = np.array([1.0, 2.0, 3.0])
TABLE = np.arange(6.0).reshape(2, 3)


class Model:
    def __init__(self):
        self.grid = np.linspace(0.0, 1.0, 4)

    def force(self, p):
        force = np.sin(self.grid)
        force[0] = p
        force[1:] += p * force[:-1]
        return force


def of_whole_numbers(p):
    a = np.arange(4) * 1.0
    a[1:] += p
    a[::2] *= p
    a[a < p] = p
    return a.sum()


def copied(p):
    a = GRID.copy()
    a[0] *= p
    b = GRID.astype(float)
    b[:] = p
    return np.sum(a * b)


def of_a_method(p):
    return np.sum(Model().force(p) ** 2)


def drawn(p):
    a = np.random.default_rng(0).normal(size=3)
    a[1:] += p
    return np.sum(a) * p


def rows_and_columns(p):
    m = TABLE @ TABLE.T
    m[0] += p
    m[:, 1] *= p
    m.T[0, 1] = p
    m[1][0] -= p * p
    return np.sum(m) * p


def through_a_view(p):
    m = TABLE * 2
    row = m[1]
    row[:] = p
    m[0, 0] = p
    return np.sum(m)


def in_a_closure(p):
    a = GRID * 2

    def change(k):
        nonlocal a
        a[k] = p * k
        a = a * 1.0

    for k in range(3):
        change(k)
    return np.sum(a * a)


def in_a_branch(p):
    a = GRID / 2 if p > 0 else -GRID
    for k in range(len(a)):
        try:
            a[k] = a[k] * p if k else p
        finally:
            a[k] += 1
    with np.errstate(all="ignore"):
        a[-1] = p
    return np.sum(a * GRID)


WRITERS = [
    of_whole_numbers, copied, of_a_method, drawn, rows_and_columns, through_a_view, in_a_closure, in_a_branch,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::dispatchml.dispatch.errors.FallbackWarning")
@pytest.mark.parametrize("function", WRITERS)
def test_elements_can_be_written(function):
    slope = (function(1.5 + 1e-6) - function(1.5 - 1e-6)) / 2e-6
    value, gradient = dm.value_and_grad(function)(1.5)
    assert value == function(1.5)
    np.testing.assert_allclose(gradient, slope, rtol=1e-7)
    np.testing.assert_allclose(dm.jvp(function, (1.5,), (1.0,))[1], gradient, rtol=1e-14)
    np.testing.assert_allclose(dm.jit(dm.grad(function))(1.5), gradient, rtol=1e-14)


def test_the_arrays_of_others_stay_theirs():
    def function(p):
        a = GRID
        a[0] = p
        return np.sum(GRID)

    with pytest.raises(DispatchmlError):
        dm.grad(function)(2.0)
    np.testing.assert_array_equal(GRID, [1.0, 2.0, 3.0])


def test_an_error_points_to_its_line():
    def function(p):
        a = GRID * 2
        a[0] = p
        return a[7] * p

    line = function.__code__.co_firstlineno + 3
    with pytest.raises(IndexError, match=f"test_owning.py:{line}"):
        dm.grad(function)(2.0)
