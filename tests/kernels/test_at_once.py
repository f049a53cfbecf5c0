"""Tests of the derivative of a kernel of a number in one call."""

import math

import numpy as np
import pytest

pytest.importorskip("numba")

import dispatchml as dm
from dispatchml.dispatch.errors import NonDifferentiableError

SCALE = 3.0


@dm.kernel
def waves(x, n):
    total = 0.0
    for i in range(n):
        total += math.sin(x * i)
    return total


@dm.kernel
def scaled(x):
    return SCALE * x * x


@dm.kernel
def count(x, n):
    return n


@dm.kernel
def pair(x, y):
    return x * y, x


@dm.kernel
def of_tuple(t, x):
    return t[0] * x + t[1]


def slope(x, n):
    return sum(i * math.cos(x * i) for i in range(n))


def test_it_is_what_the_usual_way_gives():
    derive = dm.derivative(waves)
    for _ in range(2):
        for x, n in ((0.3, 10), (1.2, 4)):
            assert derive(x, n) == pytest.approx(slope(x, n), rel=1e-14)
            assert type(derive(x, n)) is float
    assert waves.fast_derivatives
    assert derive(np.float64(0.3), 10) == pytest.approx(slope(0.3, 10), rel=1e-14)
    second = -sum(i * i * math.sin(0.3 * i) for i in range(10))
    assert dm.derivative(derive)(0.3, 10) == pytest.approx(second, rel=1e-13)
    assert dm.grad(derive)(0.3, 10) == pytest.approx(second, rel=1e-13)


def test_what_is_read_from_outside_is_read_at_each_call(monkeypatch):
    derive = dm.derivative(scaled)
    assert [derive(2.0), derive(2.0)] == [12.0, 12.0]
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    assert derive(2.0) == 20.0


def test_other_results_and_arguments():
    assert dm.derivative(pair)(3.0, 2.0) == (2.0, 1.0)
    assert dm.derivative(pair, 1)(3.0, 2.0) == (3.0, 0.0)
    assert dm.derivative(of_tuple, 1)((2.0, 1.0), 3.0) == 2.0
    with pytest.raises(NonDifferentiableError):
        dm.derivative(waves)(np.ones(2), 3)
