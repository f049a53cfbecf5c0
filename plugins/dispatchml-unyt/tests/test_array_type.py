"""unyt arrays keep the promises of every array type, and every operation treats their units rightly."""

from importlib.util import find_spec

import pytest
import unyt
from dispatchml_unyt.system import SYSTEM
from unyt.exceptions import UnytError

from dispatchml.dispatch import is_layer
from dispatchml.testing import check_array_type, check_registry, check_units


@pytest.mark.parametrize("unit", ["m", "", "degree", "kg*m/s**2"])
def test_unyt_arrays_are_an_array_type(unit):
    outcome = check_array_type(unyt.unyt_array, lambda a: unyt.unyt_array(a, unit), refuses=(UnytError,))
    assert "untried" not in outcome.values() or find_spec("scipy") is None


@pytest.mark.parametrize("unit", [unyt.m, unyt.dimensionless, unyt.radian], ids=str)
def test_units_and_derivatives_of_every_operation(unit):
    is_layer(1 * unit)
    outcome = check_units(SYSTEM, unit, refuses=[UnytError])
    assert unit is not unyt.dimensionless or "refused" not in outcome.values()


def test_the_plugin_registers_what_it_may():
    check_registry("dispatchml_unyt")
