"""Drawn kernels in float64 and float32 against plain Python, forward against reverse, both against differences.

`python -m pytest -m slow tests/kernels/test_drawn_types.py` draws two thousand.
"""

import linecache
import math

import numpy as np
import pytest

import dispatchml as dm

from .drawn_types import text_of

#: What may be refused: numbers of NumPy's beside float32, and variables that change their type.
REFUSALS = (
    "meets a float32",
    "a list holds both",
    "is of one type at one place",
    "whole numbers and of float32",
)


def function_of(seed):
    """The drawn function, with its text where a kernel finds it."""
    text, name = text_of(seed), f"<drawn types {seed}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    names = {"np": np, "math": math, "__name__": "drawn"}
    exec(compile(text, name, "exec"), names)
    return names["f"]


def compare(seed, single):
    """Whether it is compiled; raises where something is wrong."""
    function, numbers = function_of(seed), np.random.default_rng(seed)
    k = dm.kernel(function)
    x, n = float(numbers.uniform(0.2, 1)), int(numbers.integers(1, 5))
    c, t = numbers.integers(-3, 6, 3), numbers.uniform(-1, 1, 4)
    given = (np.float32(x), n, c, t.astype(np.float32)) if single else (x, n, c, t)
    try:
        found = k(*given)
    except dm.kernels.errors.KernelError as error:
        if not single or not any(text in str(error) for text in REFUSALS):
            raise
        return False
    wanted = function(*given)
    if single and type(wanted) is not float:
        assert np.asarray(found).dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=2e-5 if single else 1e-12, atol=1e-5 if single else 1e-12)
    total = lambda x, t: k(x, n, c, t)  # noqa: E731
    by_x, by_t = dm.grad(total, argnums=(0, 1))(given[0], given[3])
    along = np.array([0.5, -1.0, 0.25, 1.0]).astype(t.dtype if not single else np.float32)
    pushed = dm.jvp(total, (given[0], given[3]), (type(given[0])(1.0), along))[1]
    back = by_x + np.sum(by_t * along)
    tolerance = 1e-3 if single else 1e-9
    np.testing.assert_allclose(pushed, back, rtol=tolerance, atol=tolerance)
    if single:
        assert np.asarray(by_x).dtype == by_t.dtype == np.float32
        return True
    for h in (1e-6, 1e-8):
        difference = (function(x + h, n, c, t + h * along) - function(x - h, n, c, t - h * along)) / (2 * h)
        if np.isclose(difference, back, rtol=1e-4, atol=1e-4 + 1e-5 * abs(wanted)):
            return True
    raise AssertionError(f"{back} is not {difference}")


@pytest.mark.parametrize("seed", range(6))
def test_drawn(seed):
    compare(seed, seed % 2 == 1)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 1000, 50))
def test_many(first):
    done = sum(compare(seed, single) for seed in range(first, first + 50) for single in (False, True))
    assert done >= 60
