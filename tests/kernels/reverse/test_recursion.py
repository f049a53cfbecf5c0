"""Functions that call themselves, run back by two functions that share a stack."""

import math

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.kernels.kernel import kernel
from dispatchml.kernels.reverse import KernelReverseError, derived
from dispatchml.kernels.reverse.kinds import of_value
from dispatchml.kernels.source import read

from .running import differences, reverse


def fibonacci(x, n):
    if n <= 1:
        return x * (n + 1)
    return fibonacci(x, n - 1) * 0.5 + fibonacci(x, n - 2) * math.sin(x)


def power(x, n):
    if n == 0:
        return 1.0
    half = power(x, n // 2)
    if n % 2 == 0:
        return half * half
    return half * half * x


def pair(x, n):
    if n < 1:
        return x, x * x
    a, b = pair(x * 0.9, n - 1)
    return a * b, b + math.sin(a)


def with_pair(x, n):
    total = 0.0
    for i in range(n):
        a, b = pair(x + total, i)
        total += 0.1 * math.sin(a + 2 * b)
    return total


def even(x, n):
    return x if n == 0 else odd(x * x, n - 1) * 0.5


def odd(x, n):
    return 1.0 if n == 0 else even(math.cos(x), n - 1) + x


def determinant(a):
    n = a.shape[0]
    if n == 1:
        return a[0, 0]
    total = 0.0
    for j in range(n):
        minor = np.empty((n - 1, n - 1))
        for r in range(1, n):
            column = 0
            for k in range(n):
                if k != j:
                    minor[r - 1, column] = a[r, k]
                    column += 1
        total += (1.0 if j % 2 == 0 else -1.0) * a[0, j] * determinant(minor)
    return total


def endless(x, n):
    return np.array([x]) if n == 0 else endless(x, n - 1)


@pytest.mark.parametrize("function", [fibonacci, power, with_pair, even], ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [0, 1, 5, 8])
def test_numbers(function, n):
    result, (slope,) = reverse(function, 0.7, n, positions=(0,))(0.7, n, 1.0)
    assert np.isclose(result, function(0.7, n))
    assert np.isclose(slope, differences(function, (0.7, n), 1.0)[0], rtol=1e-6)


def test_determinant():
    a = np.random.default_rng(0).normal(size=(4, 4))
    result, (slope,) = reverse(determinant, a)(a, 1.0)
    assert np.isclose(result, np.linalg.det(a))
    assert np.allclose(slope, result * np.linalg.inv(a).T)


def test_deep():
    """The depth costs memory for each call, not a run for each."""

    def count(source):
        return sum(line.count("power_1_forward(") for line in source.text.splitlines())

    source = derived(read(power), (of_value(0.7), of_value(3)), (0,))
    assert count(source) == 1
    assert {"power_1_forward", "power_1_backward"} <= set(source.helpers)
    assert count(source.helpers["power_1_backward"]) == 0


def test_arrays_are_not_returned():
    with pytest.raises(KernelReverseError, match="test_recursion.py"):
        reverse(endless, 0.7, 3, positions=(0,))


def test_compiled():
    pytest.importorskip("numba")
    assert np.isclose(dm.grad(kernel(fibonacci))(0.7, 8), differences(fibonacci, (0.7, 8), 1.0)[0])
