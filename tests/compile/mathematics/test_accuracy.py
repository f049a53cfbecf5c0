"""Transcendental functions: at most two units in the last place from the exact value, and nan, infinities and signs of
zeros as NumPy's, over the whole range."""

import numpy as np
import pytest

from dispatchml.compile import scalars
from dispatchml.testing import scalar_loops
from dispatchml.testing.accuracy import arguments, units_in_the_last_place

pytestmark = pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="no wider floats to compare with")

FUNCTIONS = {
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "tanh": np.tanh, "sin": np.sin, "cos": np.cos,
    "sigmoid": lambda x: np.where(x < 0, np.exp(-np.abs(x)), 1) / (1 + np.exp(-np.abs(x))),
}  # fmt: skip


@pytest.mark.parametrize("character", "efd")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_within_two_units(name, character):
    x = arguments(character)
    with np.errstate(all="ignore"):
        exact = FUNCTIONS[name](x.astype(np.longdouble))
    error = units_in_the_last_place(scalar_loops.run(scalars.find(name, character), x), exact)
    worst = np.argmax(error)
    assert error[worst] <= 2, (x[worst], error[worst])
