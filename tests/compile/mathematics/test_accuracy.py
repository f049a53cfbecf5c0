"""Transcendental functions: at most two units in the last place from the exact value, and nan, infinities and signs of
zeros as NumPy's, over the whole range."""

import numpy as np
import pytest

from dispatchml.compile import scalars
from dispatchml.testing import scalar_loops
from dispatchml.testing.accuracy import arguments, units_in_the_last_place

pytestmark = pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="no wider floats to compare with")

NAMES = """
exp exp2 expm1 log log2 log10 log1p sinh cosh tanh arcsinh arccosh arctanh sin cos tan arcsin arccos arctan cbrt
""".split()
FUNCTIONS = {name: getattr(np, name) for name in NAMES} | {
    "sigmoid": lambda x: np.where(x < 0, np.exp(-np.abs(x)), 1) / (1 + np.exp(-np.abs(x))),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
}


@pytest.mark.parametrize("character", "efd")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_within_two_units(name, character):
    x = arguments(character)
    with np.errstate(all="ignore"):
        exact = FUNCTIONS[name](x.astype(np.longdouble))
    error = units_in_the_last_place(scalar_loops.run(scalars.find(name, character), x), exact)
    worst = np.argmax(error)
    assert error[worst] <= 2, (x[worst], error[worst])


@pytest.mark.parametrize("character", "efd")
@pytest.mark.parametrize("name", ["arctan2", "hypot"])
def test_of_points_within_two_units(name, character):
    corners = arguments(character, 0)
    random = np.random.default_rng(6)
    a = np.concatenate([np.repeat(corners, len(corners)), random.normal(size=20_000).astype(character)])
    b = np.concatenate([np.tile(corners, len(corners)), random.normal(size=20_000).astype(character)])
    with np.errstate(all="ignore"):
        exact = getattr(np, name)(a.astype(np.longdouble), b.astype(np.longdouble))
    error = units_in_the_last_place(scalar_loops.run(scalars.find(name, 2 * character), a, b), exact)
    worst = np.argmax(error)
    assert error[worst] <= 2, (a[worst], b[worst], error[worst])


@pytest.mark.parametrize("character", "efd")
def test_powers_within_two_units(character):
    corners = arguments(character, 0)
    corners = np.concatenate([corners, np.array([3, -3, -2, 2.5, -2.5, 0.1, 1001, -1001], character)])
    a, b = np.repeat(corners, len(corners)), np.tile(corners, len(corners))
    random, n = np.random.default_rng(3), 30_000
    base = np.concatenate([np.exp(random.uniform(-20, 20, n)), np.exp(0.01 * random.normal(size=n))])
    exponent = random.uniform(-740, 709, 2 * n) / np.log(base)
    negative = -random.integers(1, 300, n).astype(float)
    a = np.concatenate([a, base.astype(character), negative.astype(character)])
    b = np.concatenate([b, exponent.astype(character), random.integers(-40, 40, n).astype(character)])
    with np.errstate(all="ignore"):
        exact = np.power(a.astype(np.longdouble), b.astype(np.longdouble))
    error = units_in_the_last_place(scalar_loops.run(scalars.find("power", 2 * character), a, b), exact)
    worst = np.argmax(error)
    assert error[worst] <= 2, (a[worst], b[worst], error[worst])


@pytest.mark.parametrize("character", "fd")
def test_huge_angles_among_ordinary_ones(character):
    x = np.random.default_rng(2).normal(size=1000).astype(character)
    x[::50] = np.exp(np.random.default_rng(2).uniform(np.log(1e5), np.log(np.finfo(character).max), 20))
    for name in ("sin", "cos"):
        exact = FUNCTIONS[name](x.astype(np.longdouble))
        assert units_in_the_last_place(scalar_loops.run(scalars.find(name, character), x), exact).max() < 1


def test_functions_with_a_rare_branch_are_vectorised():
    variants = scalars.find("sin", "d").variants
    loop = scalar_loops.assembly(scalars.find("sin", "d")).split("loop:")[1]
    assert any(v in loop for v in variants)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("sin", "cos", "tan")])
def test_loops_call_nothing(name):
    for character in "fd":
        assert "call" not in scalar_loops.assembly(scalars.find(name, character))
