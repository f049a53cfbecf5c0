"""Tests of dispatchml.kernels.closing: what is read from outside is read at each call."""

import numpy as np

import dispatchml as dm

PAIR = (1.0, np.array([2.0]))
NESTED = (2, (np.array([3.0]), 1.0))


@dm.kernel
def of_tuples(x):
    return x * PAIR[0] * PAIR[1][0] + NESTED[0] * NESTED[1][0][0] * x


def test_arrays_in_tuples_are_read_at_each_call(monkeypatch):
    assert of_tuples(3.0) == 24.0
    PAIR[1][0] = 5.0
    NESTED[1][0][0] = 1.0
    try:
        assert of_tuples(3.0) == 21.0
        assert dm.value_and_grad(of_tuples)(3.0) == (21.0, 7.0)
        assert dm.derivative(of_tuples)(3.0) == 7.0
    finally:
        PAIR[1][0], NESTED[1][0][0] = 2.0, 3.0
    monkeypatch.setitem(globals(), "PAIR", (10.0, np.array([1.0])))
    assert of_tuples(1.0) == 16.0


def test_tuples_may_hold_traced_values():
    def f(a):
        pair = (a, 2 * a)

        def inner(x):
            return x * pair[0] * pair[1]

        return dm.kernel(inner)(3.0)

    assert dm.grad(f)(2.0) == dm.derivative(f)(2.0) == 24.0
    assert dm.derivative(dm.grad(f))(2.0) == 12.0
