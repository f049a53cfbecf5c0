"""pint.Quantity keeps the promises of every array type."""

from importlib.util import find_spec

import pint
import pytest

from dispatchml.testing import check_array_type, check_registry


@pytest.mark.parametrize("unit", ["m", "", "degree", "km / m", "kg m / s**2"])
def test_quantities_are_an_array_type(unit, u):
    outcome = check_array_type(pint.Quantity, lambda a: u.Quantity(a, unit), refuses=(pint.DimensionalityError,))
    shifts = {"bitwise_left_shift", "bitwise_right_shift"}
    whole = {"bitwise_and", "bitwise_count", "bitwise_invert", "bitwise_or", "bitwise_xor", "gcd", "lcm"} | shifts
    assert "untried" not in outcome.values() or find_spec("scipy") is None
    if unit == "":
        assert {name for name, what in outcome.items() if what == "refused"} == whole


def test_temperatures_are_an_array_type(u):
    refuses = (pint.DimensionalityError, pint.OffsetUnitCalculusError)
    check_array_type(pint.Quantity, lambda a: u.Quantity(a, "degC"), refuses=refuses, programs={})


def test_the_plugin_registers_what_it_may():
    check_registry("dispatchml_pint")
