"""Special functions against mpmath: at most two units in the last place where that is promised."""

import numpy as np
import pytest

from dispatchml.compile import scalars
from dispatchml.testing import scalar_loops
from dispatchml.testing.accuracy import arguments, units_in_the_last_place
from dispatchml.testing.exact_functions import exactly

pytestmark = pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="no wider floats to compare with")

#: name -> (from, to): where samples are dense; units in the last place.
RANGES = {
    "erf": (-7, 7, 2), "erfc": (-7, 28, 2), "erfcx": (-27, 60, 2), "ndtr": (-38, 9, 2), "log_ndtr": (-60, 30, 2),
    "gammaln": (0.01, 12, 2), "digamma": (0.01, 8, 2), "gamma": (0.01, 172, 2), "erfinv": (-1, 1, 2),
    "erfcinv": (0, 2, 2), "ndtri": (0, 1, 2),
}  # fmt: skip


def at(name, character, x):
    """The results for an array."""
    return scalar_loops.run(scalars.find(name, character), np.asarray(x, character))


@pytest.mark.parametrize("character", "fd")
@pytest.mark.parametrize("name", RANGES)
def test_within_two_units(name, character):
    low, high, limit = RANGES[name]
    x = np.concatenate([arguments(character, 60), np.random.default_rng(5).uniform(low, high, 600).astype(character)])
    x = x[np.isfinite(x) & (x != 0)]
    x = x[(x > 0) & (x < 1e15)] if name in ("gammaln", "digamma", "gamma") else x
    exact = exactly(name, x)
    known = (exact != 0) & ~np.isnan(exact)  # mpmath's zeros have no sign
    x, exact = x[known], exact[known]
    error = units_in_the_last_place(at(name, character, x), exact)
    worst = np.argmax(error)
    assert error[worst] <= limit, (x[worst], error[worst])


@pytest.mark.parametrize("name", ["gammaln", "digamma", "gamma"])
def test_negative_arguments(name):
    """Beside 1: near the zeros between the poles digits are lost, as in SciPy's."""
    x = -np.random.default_rng(1).uniform(0, 30, 1000)
    exact = exactly(name, x)
    relative = np.abs(at(name, "d", x) - exact) / (np.abs(exact) + (name != "gamma"))
    assert relative.max() <= 5 * np.finfo(float).eps


def test_corners():
    inf, nan = np.inf, np.nan
    x = [inf, -inf, 0.0, -0.0, nan, -1.0, -2.0]
    for name, want in {
        "erf": [1, -1, 0, -0.0, nan], "erfc": [0, 2, 1, 1, nan], "erfcx": [0, inf, 1, 1, nan],
        "ndtr": [1, 0, 0.5, 0.5, nan], "log_ndtr": [-0.0, -inf, np.log(0.5), np.log(0.5), nan],
        "gammaln": [inf, -inf, inf, inf, nan, inf, inf], "digamma": [inf, nan, -inf, inf, nan, nan, nan],
        "gamma": [inf, nan, inf, -inf, nan, nan, nan], "factorial": [inf, 0, 1, 1, nan, 0, 0],
    }.items():  # fmt: skip
        got = at(name, "d", x)[: len(want)]
        assert np.array_equal(got, want, equal_nan=True), (name, got)
        assert np.array_equal(np.signbit(got[got == 0]), np.signbit(np.array(want)[got == 0])), name


def test_ends_of_inverses():
    inf, nan = np.inf, np.nan
    for name, x, want in (
        ("erfinv", [-1.0, 1.0, 0.0, -0.0, 1.5, -inf, nan], [-inf, inf, 0.0, -0.0, nan, nan, nan]),
        ("erfcinv", [0.0, 2.0, 1.0, -1.0, 2.5, inf, nan], [inf, -inf, 0.0, nan, nan, nan, nan]),
        ("ndtri", [0.0, 1.0, 0.5, -1.0, 1.5, inf, nan], [-inf, inf, 0.0, nan, nan, nan, nan]),
    ):
        got = at(name, "d", x)
        assert np.array_equal(got, want, equal_nan=True), (name, got)


def test_tiny_probabilities():
    p = np.concatenate([np.exp(np.linspace(-745, -30, 200)), [5e-324]])
    for name in ("erfcinv", "ndtri"):
        assert units_in_the_last_place(at(name, "d", p), exactly(name, p)).max() <= 2


def test_factorials_are_exact():
    want = [1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800]
    assert np.array_equal(at("gamma", "d", np.arange(1, 12)), want)
    assert np.array_equal(at("factorial", "d", np.arange(11)), want)
