"""Every construct of kernels against central differences, and a few compiled by Numba."""

import numpy as np
import pytest

from dispatchml.kernels.reverse import records, stacks

from . import programs
from .programs import PROGRAMS
from .running import differences, flat, reverse

POINTS = [(1.13, 0.67), (0.41, 0.93), (0.33, -0.2)]


def cotangent_of(function):
    return (1.7, (0.3, -0.4)) if function.__name__ == "two_results" else 1.7


@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_differences(function):
    derived, ct = reverse(function, 1.0, 1.0), cotangent_of(function)
    for x, y in POINTS:
        result, cotangents = derived(x, y, ct)
        assert np.allclose(flat(result), flat(function(x, y)), rtol=1e-13)
        assert np.allclose(cotangents, differences(function, (x, y), ct), rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_segments(function, monkeypatch):
    """Records that are full after a few iterations give the same result, to the last bit."""
    ct = cotangent_of(function)
    whole = reverse(function, 1.0, 1.0, checkpoints=False)
    monkeypatch.setattr(stacks, "LIMIT", 3)
    parts = reverse(function, 1.0, 1.0)
    for x, y in POINTS:
        assert parts(x, y, ct) == whole(x, y, ct)


@pytest.mark.parametrize("name", ["adaptive", "local_arrays_in_loop"])
def test_compiled(name):
    numba = pytest.importorskip("numba")
    function = getattr(programs, name)
    derived = reverse(function, 1.0, 1.0)
    plain = [derived(x, y, 1.7) for x, y in POINTS]
    for helper in records.FUNCTIONS:
        if helper.__name__ in derived.__globals__:
            derived.__globals__[helper.__name__] = numba.njit(helper)
    compiled = numba.njit(derived, error_model="numpy")
    for (x, y), expected in zip(POINTS, plain, strict=True):
        assert np.allclose(flat(compiled(x, y, 1.7)), flat(expected), rtol=1e-12)


def test_nothing_is_written_into_arguments():
    def f(a, n):
        b = a.copy()
        for i in range(n):
            b[i] = b[i] * b[i - 1]
        return b

    a = np.array([1.0, 2.0, 3.0])
    a.flags.writeable = False
    ct = np.array([1.0, 0.5, 0.25])
    ct.flags.writeable = False
    derived = reverse(f, a, 3, positions=(0,))
    result, (slope,) = derived(a, 3, ct)
    assert np.array_equal(result, f(a, 3))
    assert np.allclose(slope, differences(f, (a, 3), ct)[0])
