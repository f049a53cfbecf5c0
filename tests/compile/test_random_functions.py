"""Compiled functions give what uncompiled ones give, in class and dtype exactly, at three sizes each.

    DISPATCHML_RANDOM_FUNCTIONS=10000 python -m pytest tests/compile/test_random_functions.py

runs as many random functions as that; `make random-functions` does.
"""

import os
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dispatchml as dm

from .functions import RandomFunction

COUNT = int(os.environ.get("DISPATCHML_RANDOM_FUNCTIONS", "40"))
SIZES = {
    1: [(5,), (1,), (70,), (3000,), (0,)],
    2: [(4, 7), (1, 3), (60, 33), (300, 5), (3, 300), (0, 3)],
    3: [(2, 3, 4), (1, 5, 1), (20, 6, 17)],
}


def outcome(function, arguments):
    """What a call gives, or the class of its error."""
    try:
        return function(*arguments)
    except IndexError as error:
        return type(error)


def assert_same(found, wanted, error):
    """The same class and dtype; the same bits where nothing is rounded."""
    assert type(found) is type(wanted)
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    if not error or wanted.dtype.kind not in "fc":
        np.testing.assert_array_equal(found, wanted)
        parts = (np.real, np.imag) if wanted.dtype.kind == "c" else (np.asarray,) if wanted.dtype.kind == "f" else ()
        for part in parts:
            a, b = part(found), part(wanted)
            np.testing.assert_array_equal(np.signbit(a)[~np.isnan(b)], np.signbit(b)[~np.isnan(b)])
        return
    if wanted.dtype.kind == "c" and np.isinf(wanted).any():  # infinite in one part, rounded in the other
        mixed = np.isinf(wanted)
        np.testing.assert_array_equal(np.isinf(found.real)[mixed], np.isinf(wanted.real)[mixed])
        np.testing.assert_array_equal(np.isinf(found.imag)[mixed], np.isinf(wanted.imag)[mixed])
        found, wanted = np.where(mixed, 0, found), np.where(mixed, 0, wanted)
    sizes = np.abs(wanted[np.isfinite(wanted)])
    np.testing.assert_allclose(found, wanted, rtol=error, atol=error * min(sizes.max(initial=1.0), 1e300))


@settings(
    max_examples=COUNT, deadline=None, derandomize=COUNT < 1000, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
@given(seed=st.integers(0, 2**32), count=st.integers(4, 22), sizes=st.sampled_from(sorted(SIZES)), data=st.data())
def test_random_functions(seed, count, sizes, data):
    function = RandomFunction(seed, count, sizes)
    compiled = dm.jit(function, lift=False)
    shapes = data.draw(st.permutations(SIZES[sizes]))[:3]
    for shape in shapes:
        arguments = function.arguments(shape)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function.settle(arguments)
            wanted = outcome(function, arguments)
            for _ in range(2):  # recorded, and run again
                found = outcome(compiled, arguments)
                if isinstance(wanted, type):
                    assert found is wanted
                    continue
                for a, b, error in zip(found, wanted, function.errors(*arguments), strict=True):
                    assert_same(a, b, error)


def test_most_functions_are_compiled():
    """What runs uncompiled would compare nothing."""
    fallen = 0
    for seed in range(30):
        function = RandomFunction(seed, 12, 2)
        function.settle(function.arguments((4, 7)))
        with np.errstate(all="ignore"), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            outcome(dm.jit(function, lift=False), function.arguments((4, 7)))
        fallen += any("runs uncompiled" in str(w.message) for w in caught)
    assert fallen <= 5


@pytest.mark.parametrize("dtype", ["i8", "i4", "i2", "u1"])
def test_extreme_whole_numbers_end_no_process(dtype):
    info = np.iinfo(dtype)
    x = np.array([info.min, info.max, 0, 1, info.min], dtype)
    y = np.array([-1 if info.min else 0, 0, 0, 0, 64], "i8").astype(dtype)

    def function(x, y):
        return x // y, x % y, x << y, x >> y, np.fmod(x, y), x * x, -x, np.abs(x)

    with np.errstate(all="ignore"):
        for a, b in zip(dm.jit(function)(x, y), function(x, y), strict=True):
            np.testing.assert_array_equal(a, b)
