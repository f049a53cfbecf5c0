"""Where records lie: near the processor where running twice is cheap, room before loops, no look at known indices."""

import math

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.kernels.reverse import derived, stacks
from dispatchml.kernels.reverse.kinds import of_value
from dispatchml.kernels.source import read

from .running import differences, reverse


def powers(x, n):
    """Few operations for each number that is saved."""
    total = 0.0
    for i in range(n):
        t = 0.1 * i
        power, rest = 1.0, 0.3
        for j in range(len(x)):
            rest -= x[j] * power
            power *= t
        total += rest * rest
    return total


def waves(x, n):
    """Many operations for each."""
    for _ in range(n):
        x = math.sin(x) + math.exp(-x * x) * math.cos(x) - math.tanh(x)
    return x


def shrinking(x, n):
    """The number of rounds inside is known when they begin, not before."""
    total = 0.0
    for _ in range(n):
        m = n - int(abs(total)) % 3
        for j in range(m):
            x = math.sin(x * 1.1)
            total += x * (1 + j % 2)
    return total


def text(function, *arguments):
    return derived(read(function), tuple(map(of_value, arguments)), (0,), True).text


def test_cheap_loops_have_short_segments(monkeypatch):
    given = np.array([0.3, -0.2, 0.1]), 9
    assert f"{stacks.NEAR} //" in text(powers, *given)
    assert f"{stacks.LIMIT} //" in text(waves, 0.3, 5)
    monkeypatch.setattr(stacks, "NEAR", 7)
    _, (slope,) = reverse(powers, *given, positions=(0,))(*given, 1.0)
    assert np.allclose(slope, differences(powers, given, 1.0)[0], rtol=1e-6)


def test_a_long_cheap_loop_is_run_in_segments():
    pytest.importorskip("numba")
    x, n = np.linspace(0.1, 0.5, 20) * 0.5 ** np.arange(20), 2 * stacks.FAR // 20
    t = 0.1 * np.arange(n) / n

    def scaled(x, n):
        total = 0.0
        for i in range(n):
            power, rest = 1.0, 0.3
            for j in range(len(x)):
                rest -= x[j] * power
                power *= 0.1 * i / n
            total += rest * rest
        return total

    kernel = dm.kernel(scaled)
    matrix = t[:, None] ** np.arange(20)
    assert np.allclose(dm.grad(kernel)(x, n), -2 * (0.3 - matrix @ x) @ matrix, rtol=1e-9)


def test_room_is_made_before_a_loop_whose_length_is_known_there():
    lines = text(shrinking, 0.3, 4).splitlines()
    first = next(k for k, line in enumerate(lines) if "for j in range(m)" in line)
    push = next(k for k, line in enumerate(lines) if k > first and "put(floats" in line)
    assert any("longer(" in line for line in lines[:first])
    assert not any("longer(" in line for line in lines[first:push])
    for n in (0, 1, 7, 40):
        _, (slope,) = reverse(shrinking, 0.3, n, positions=(0,))(0.3, n, 1.0)
        assert np.isclose(slope, differences(shrinking, (0.3, n), 1.0)[0], rtol=1e-5, atol=1e-7)


def test_the_gradient_of_a_kernel_in_one_call():
    pytest.importorskip("numba")

    def ratio(x, a, n):
        total = 0.0
        for i in range(n):
            total += x[i] * a / (1.0 + x[i])
        return total

    kernel = dm.kernel(ratio)
    x = np.array([1.0, 2.0, 3.0])
    by_x, by_a = 2.0 / (1 + x) ** 2, np.sum(x / (1 + x))
    for _ in range(3):  # the second and third call take the short way
        value, slope = dm.value_and_grad(kernel)(x, 2.0, 3)
        assert value == pytest.approx(2.0 * by_a)
        assert np.allclose(slope, by_x)
        found = dm.grad(kernel, argnums=(0, 1))(x, 2.0, 3)
        assert isinstance(found, tuple)
        assert np.allclose(found[0], by_x)
        assert found[1] == pytest.approx(by_a)
        assert dm.grad(kernel, argnums=1)(x, 2.0, 3) == pytest.approx(by_a)
    assert np.allclose(dm.grad(kernel)(x.astype(np.float32), 2.0, 3), by_x, rtol=1e-6)  # other kinds in between
    assert np.allclose(dm.grad(kernel)(x, 2.0, 3), by_x)
    assert np.isnan(dm.grad(kernel)(np.array([np.nan, 1.0, 2.0]), 2.0, 3)[0])
    with pytest.raises(IndexError):
        dm.grad(kernel)(x, 2.0, 4)
