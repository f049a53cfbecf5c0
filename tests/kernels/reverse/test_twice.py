"""The transform of a derived source: second derivatives by running back twice."""

import numpy as np
import pytest

from dispatchml.kernels.reverse import derived
from dispatchml.kernels.reverse.kinds import FLOAT
from dispatchml.kernels.source import read

from .programs import PROGRAMS
from .running import as_function


@pytest.mark.parametrize("function", [f for f in PROGRAMS if f.__name__ != "two_results"], ids=lambda f: f.__name__)
def test_second_derivatives(function):
    once = derived(read(function), (FLOAT, FLOAT), (0, 1), checkpoints=False)
    twice = as_function(derived(once, (FLOAT, FLOAT, FLOAT), (0, 1), checkpoints=False))
    run = as_function(once)

    def slope(x, y):
        dx, dy = run(x, y, 1.0)[1]
        return dx + 0.5 * dy

    for x, y in ((1.13, 0.67), (0.41, 0.93)):
        _, found = twice(x, y, 1.0, (0.0, (1.0, 0.5)))
        h = 1e-6
        expected = (slope(x + h, y) - slope(x - h, y)) / (2 * h), (slope(x, y + h) - slope(x, y - h)) / (2 * h)
        assert np.allclose(found, expected, rtol=1e-4, atol=1e-5)
