"""A tangent has the units of a difference of its primal."""

import numpy as np
import pint
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import TangentMismatchError

UNITS = pint.UnitRegistry()


@pytest.mark.parametrize("tangent", [1.0 * UNITS.s, 1.0], ids=["another dimension", "no unit"])
def test_a_tangent_that_is_no_difference_of_its_primal(tangent):
    with pytest.raises(TangentMismatchError, match="cannot be added to its primal"):
        dm.jvp(lambda x: x**2, (2.0 * UNITS.m,), (tangent,))
    with pytest.raises(TangentMismatchError, match="cannot be added to its primal"):
        dm.hvp(lambda x: x**3, (2.0 * UNITS.m,), (tangent,))


def test_a_tangent_in_another_prefix_fits():
    y, dy = dm.jvp(lambda x: np.sum(x**2), (np.array([1.0, 2.0]) * UNITS.m,), (np.array([1.0, 0.0]) * UNITS.km,))
    assert y.to("m**2").magnitude == 5
    assert dy.to("m**2").magnitude == pytest.approx(2000)
