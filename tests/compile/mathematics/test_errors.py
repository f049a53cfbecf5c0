"""The error function against mpmath."""

import mpmath
import numpy as np
import pytest

from dispatchml.compile import scalars
from dispatchml.testing import scalar_loops
from dispatchml.testing.accuracy import arguments, units_in_the_last_place

pytestmark = pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="no wider floats to compare with")


def exactly(function, x):
    """mpmath's values as float64 pairs in long doubles."""
    with mpmath.workprec(80):
        values = [function(mpmath.mpf(float(v))) for v in x]
        high = np.array([float(v) for v in values])
        low = np.array([float(v - mpmath.mpf(h)) for v, h in zip(values, high, strict=True)])
    return high.astype(np.longdouble) + low


@pytest.mark.parametrize("character", "fd")
def test_within_two_units(character):
    x = arguments(character, 300)
    x = np.concatenate([x[np.isfinite(x) & (x != 0)], np.linspace(0.5, 7, 500).astype(character)])
    error = units_in_the_last_place(scalar_loops.run(scalars.find("erf", character), x), exactly(mpmath.erf, x))
    assert error.max() <= 2


def test_corners():
    x = np.array([np.inf, -np.inf, 0.0, -0.0, np.nan])
    y = scalar_loops.run(scalars.find("erf", "d"), x)
    assert np.array_equal(y, [1, -1, 0, 0, np.nan], equal_nan=True)
    assert np.signbit(y[3])
