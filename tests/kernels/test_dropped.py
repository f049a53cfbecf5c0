"""What is dropped is freed: kernels, vectorized functions and loops made by the hundred, and the arrays they return."""

import gc
import sys
import weakref

import numpy as np
import pytest

import dispatchml as dm

pytest.importorskip("numba")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/statm")
X = np.linspace(-1.0, 1.0, 5)


def resident():
    """The memory of the process in KiB."""
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4


def of_kernel(k):
    @dm.kernel
    def f(x):
        s = 0.0
        for _ in range(3):
            s += x * k
        return s

    return f, dm.grad(f)(2.0)


def of_vectorize(k):
    @dm.vectorize
    def f(x):
        return x * k if x > 0 else 0.0

    return f, f(X), dm.grad(lambda y: np.sum(f(y)))(X)


def of_loop(k):
    def f(x):
        return dm.fori_loop(0, 5, lambda i, v: v * k, x)

    return f, dm.grad(f)(2.0)


def grown(make, count):
    """How much memory so many of them take that are dropped at once."""
    for i in range(20):
        make(float(i))
    before = resident()
    for i in range(count):
        make(float(i))
    return resident() - before


@pytest.mark.parametrize("make", [of_kernel, of_vectorize, of_loop], ids=lambda f: f.__name__)
def test_what_is_dropped_is_freed(make):
    dropped = weakref.ref(make(0.5)[0])
    gc.collect()
    assert dropped() is None
    assert grown(make, 200) < 2000


@pytest.mark.slow
@pytest.mark.parametrize("make", [of_kernel, of_vectorize, of_loop], ids=lambda f: f.__name__)
def test_a_thousand(make):
    assert grown(make, 1000) < 4000


def test_results_are_freed():
    @dm.kernel
    def pair(x):
        kept = [x * 3.0]
        return x * 2.0, kept[0] + 1.0

    x = np.ones(20_000)
    slope = dm.grad(lambda v: np.sum(pair(v)[0]))

    def calls(_):
        pair(x)
        slope(x)

    assert grown(calls, 200) < 2000
