"""Drawn kernels against central differences: `python -m pytest -m slow` draws a thousand."""

import linecache
import math

import numpy as np
import pytest

from dispatchml.kernels.reverse import KernelReverseError, stacks

from .drawn import text_of
from .running import differences, flat, reverse


def kernel_of(seed, wide):
    """The drawn function, with its text where `read` finds it."""
    text, name = text_of(seed, wide), f"<drawn kernel {seed} {wide}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    names = {"np": np, "math": math, "__name__": "drawn"}
    exec(compile(text, name, "exec"), names)
    return names["f"]


def compare(seed, wide=False):
    """Whether the derivative could be written; raises where it is wrong."""
    function, numbers = kernel_of(seed, wide), np.random.default_rng(seed)
    x, y = (float(n) for n in numbers.uniform(-1, 1, 2))
    c = numbers.uniform(-1, 1, 3)
    try:
        derived = reverse(function, x, y, c)
    except KernelReverseError as error:
        if "bind a copy" not in str(error):  # the only thing of these programs that may be refused
            raise
        return False
    with np.errstate(all="ignore"):
        result, cotangents = derived(x, y, c, 1.0)
        assert np.isclose(result, function(x, y, c), rtol=1e-12)
        found = np.array(flat(cotangents))
        for step in (1e-6, 1e-7, 1e-9):  # one of them may meet a jump, or be too coarse
            expected = np.hstack([np.ravel(d) for d in differences(function, (x, y, c), 1.0, step)])
            atol = 1e-5 * (1 + abs(result)) + 1e-9 * np.max(np.abs(expected))
            if np.allclose(found, expected, rtol=1e-4, atol=atol):
                return True
    raise AssertionError(f"seed {seed}: {found} is not {expected}\n{text_of(seed, wide)}")


#: Seeds where a difference meets a jump of the drawn function.
JUMPS = {1954}


@pytest.mark.parametrize("first", range(0, 80, 20))
def test_drawn(first):
    done = sum(compare(seed) for seed in range(first, first + 20))
    assert done >= 16


@pytest.mark.parametrize("first", range(1000, 1060, 20))
def test_drawn_in_segments(first, monkeypatch):
    monkeypatch.setattr(stacks, "LIMIT", 3)
    done = sum(compare(seed) for seed in range(first, first + 20))
    assert done >= 16


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_drawn_with_helpers_views_and_recursion(first, monkeypatch):
    monkeypatch.setattr(stacks, "LIMIT", 20)
    done = sum(compare(seed, True) for seed in range(first, first + 20))
    assert done >= 16


@pytest.mark.parametrize("seed", [231, 337, 689, 1013])
def test_once_wrong(seed, monkeypatch):
    """What once came out wrong: a carried array written over, a view of a variable that does not change, a segment that
    reads what was written after its loop.
    """
    assert compare(seed)
    monkeypatch.setattr(stacks, "LIMIT", 3)
    assert compare(seed)


def test_an_array_that_one_branch_makes():
    assert compare(476, True)
    assert compare(706, True)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 2000, 100))
def test_many(first, monkeypatch):
    for limit in (stacks.LIMIT, 3):
        monkeypatch.setattr(stacks, "LIMIT", limit)
        for seed in range(first, first + 100):
            if seed not in JUMPS:
                compare(seed)
                compare(seed, True)
