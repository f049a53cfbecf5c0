"""Quantities of astropy keep the promises of every array type, and every operation treats their units rightly."""

from importlib.util import find_spec

import pytest
from astropy import units as u
from dispatchml_astropy.system import SYSTEM

from dispatchml.dispatch import is_layer
from dispatchml.testing import check_array_type, check_registry, check_units

ANGLES_ONLY = {"cos", "cosh", "sin", "sinc", "sinc_derivative", "sinh", "tan", "tanh"}
TRUTHS = {"all", "any", "logical_and", "logical_not", "logical_or", "logical_xor"}


@pytest.mark.parametrize("unit", [u.m, u.one, u.deg, u.km / u.m, u.kg * u.m / u.s**2], ids=str)
def test_quantities_are_an_array_type(unit):
    outcome = check_array_type(u.Quantity, lambda a: u.Quantity(a, unit), refuses=(u.UnitsError,))
    assert "untried" not in outcome.values() or find_spec("scipy") is None


@pytest.mark.parametrize("unit", [u.m, u.one, u.rad], ids=str)
def test_units_and_derivatives_of_every_operation(unit):
    is_layer(1 * unit)
    outcome = check_units(SYSTEM, unit, refuses=[u.UnitsError])
    if unit is u.one:
        assert {name for name, what in outcome.items() if what == "refused"} == ANGLES_ONLY | TRUTHS


def test_the_plugin_registers_what_it_may():
    check_registry("dispatchml_astropy")
