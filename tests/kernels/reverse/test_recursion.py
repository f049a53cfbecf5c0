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


def bump(v, k, t):
    v[k] += t
    return v[k]


def written_in_a_test(x):
    """A while whose condition writes."""
    a = np.zeros(2)
    n = 0
    y = x
    while bump(a, 0, x * x) < 3.0:
        y = y * math.sin(a[0]) + a[0] * a[1]
        a[1] += 0.1 * x
        n += 1
        if n > 20:
            break
    return y + a[0]


def walk(a, n, k, used, order, total):
    """Ways through the columns: two index arrays that every call writes into and puts right again."""
    if k == n:
        return total
    best = 0.0
    for j in range(n):
        if used[j] == 0:
            used[j] = 1
            order[k] = j
            p = order[k - 1] if k > 0 else 0
            best += walk(a, n, k + 1, used, order, total * 0.5 + math.sin(a[p * n + j] * total) + 0.1 * j)
            used[j] = 0
    return best


def ways(a):
    n = 3
    used, order = np.zeros(n, np.int64), np.zeros(n, np.int64)
    return walk(a, n, 0, used, order, 1.0) * (1 + order[0])


def sweep(v, low, high):
    """Changes an array of floats in place, and returns nothing."""
    if high - low < 2:
        v[low] = v[low] * math.cos(v[low])
        return
    middle = (low + high) // 2
    sweep(v, low, middle)
    for i in range(low, middle):
        v[i + middle - low] += math.sin(v[i]) * v[i + middle - low]
    sweep(v, middle, high)
    v[low] *= v[high - 1]


def in_place(x):
    v = x.copy()
    sweep(v, 0, 8)
    s = 0.0
    for i in range(8):
        s += v[i] * v[i] * (i + 1)
    sweep(v[2:], 0, 4)
    return s + v[0] * v[3]


def ping(v, x, n):
    if n == 0:
        return x
    v[n % 3] = v[(n + 1) % 3] * x + math.sin(x)
    return pong(v, x * 0.9, n - 1) + v[0]


def pong(w, x, n):
    if n == 0:
        return x * x
    t = w[1]
    r = ping(w, x + 0.1, n - 1)
    return r * 0.5 + t * w[2]


def in_turns(x, n):
    """Only one of two functions that call each other writes: the other one does, too."""
    v = np.array([x, x * x, 1.0])
    s = 0.0
    for i in range(n):
        s += pong(v, x + 0.1 * i, i) * v[2]
        v[1] = math.sin(s)
        if v[1] > 0.9:
            continue
        s += v[1] * v[0]
    return s


def twice(v, w, n):
    if n == 0:
        return v[0]
    v[0] += w[0] * n
    return twice(v, w, n - 1)


def aliased(x):
    a = np.array([x, x])
    return twice(a, a, 3)


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


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (written_in_a_test, (0.7,)),
        (ways, (np.random.default_rng(0).random(9),)),
        (in_place, (np.random.default_rng(1).random(8),)),
        (in_turns, (0.6, 5)),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_arrays_that_are_written_into(function, arguments):
    result, cotangents = reverse(function, *arguments)(*arguments, 1.0)
    assert np.isclose(result, function(*arguments))
    slopes = differences(function, arguments, 1.0)
    assert np.allclose(cotangents[0], slopes[0], rtol=1e-5, atol=1e-6)
    pytest.importorskip("numba")
    found = dm.grad(kernel(function))
    assert np.allclose(found(*arguments), slopes[0], rtol=1e-5, atol=1e-6)


def test_one_array_handed_over_twice():
    with pytest.raises(KernelReverseError, match="one array twice"):
        reverse(aliased, 0.7)


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
