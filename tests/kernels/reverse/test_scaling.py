"""Tests of dispatchml.kernels.reverse.scaling: loops that hand one cotangent on."""

import math

import numpy as np
import pytest

pytest.importorskip("numba")

import dispatchml as dm
from dispatchml.kernels.reverse import derived
from dispatchml.kernels.reverse.kinds import FLOAT, INTEGER, Kind
from dispatchml.kernels.source import read


def root(a, n):
    x = a
    for _ in range(n):
        x = x - (x * x - a) / (2.0 * x)
    return x


def until(a, b):
    """A `while` with a branch, and numbers from outside in both."""
    x, rounds = a, 0
    while abs(x * x - b) > 1e-12 * b:
        x = 0.5 * (x + b / x)
        if x > 10.0 * b:
            x = math.sqrt(x) * a
        rounds += 1
    return x * rounds


def product(x, values):
    y = x
    for _ in range(len(values)):
        y = y * math.sin(y) * 2.0
    return y


def two(x, n):
    y = 1.0
    for _ in range(n):
        x, y = x * math.sin(y), y * math.cos(x) * 0.5
    return x + y


def text(function, *kinds, at=(0,)):
    return derived(read(dm.kernel(function)), kinds, at, checkpoints=False).text


def test_the_way_back_is_written_for_the_number_one():
    assert "_ct = 1.0\n" in text(root, FLOAT, INTEGER)
    assert "_ct = 1.0\n" in text(until, FLOAT, FLOAT)
    assert "_ct = 1.0\n" not in text(two, FLOAT, INTEGER)  # hands on two


@pytest.mark.parametrize(
    ("function", "given", "at"),
    [
        (root, (2.0, 5), 0),
        (until, (0.02, 3.0), 0),
        (until, (0.02, 3.0), 1),
        (until, (1.5, 3.0), 0),
        (two, (0.4, 7), 0),
    ],
)
def test_gradients(function, given, at):
    kernel = dm.kernel(function)
    forward = dm.derivative(kernel, at)(*given)
    assert dm.grad(kernel, at)(*given) == pytest.approx(forward, rel=1e-12)
    h = 1e-6 * given[at]
    up, down = list(given), list(given)
    up[at] += h
    down[at] -= h
    assert forward == pytest.approx((function(*up) - function(*down)) / (2 * h), rel=1e-6, abs=1e-7)


def test_second_derivatives():
    kernel = dm.kernel(root)
    for a in (2.0, 0.3):
        first, second = 0.5 * a**-0.5, -0.25 * a**-1.5
        assert dm.grad(kernel)(a, 8) == pytest.approx(first, rel=1e-12)
        assert dm.derivative(dm.grad(kernel))(a, 8) == pytest.approx(second, rel=1e-11)
        assert dm.grad(dm.grad(kernel))(a, 8) == pytest.approx(second, rel=1e-11)


def test_what_a_zero_cotangent_meets():
    def starts(x, y, n):
        """y = 0 * root(x): its slope at x is 0 while that of the loop is infinite or nan at x = 0."""
        z = x
        for _ in range(n):
            z = math.sqrt(z) * math.sqrt(z + 1.0)
        return y * z

    kernel = dm.kernel(starts)
    assert dm.grad(kernel)(0.0, 0.0, 3) == 0.0
    assert dm.grad(kernel, 1)(0.0, 2.0, 3) == 0.0
    # the cotangent that is handed on is zero, its derivative is not
    mixed = dm.derivative(lambda y: dm.grad(kernel)(4.0, y, 2))(0.0)
    assert mixed == pytest.approx(dm.grad(kernel)(4.0, 1.0, 2), rel=1e-13)


def test_single_precision():
    kernel = dm.kernel(product)
    x, values = np.float32(0.7), np.zeros(3, np.float32)
    assert dm.grad(kernel)(float(x), values) == pytest.approx(dm.derivative(kernel)(float(x), values), rel=1e-5)
    assert "_ct = 1.0\n" in text(product, FLOAT, Kind("f4", 1))
