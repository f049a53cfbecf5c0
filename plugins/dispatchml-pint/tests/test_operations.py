"""Every operation of dispatchml on quantities: numbers as on plain arrays, units as pint says, derivatives in units of
y/x.
"""

import numpy as np
import pint
import pytest
from dispatchml_pint.system import SYSTEM

import dispatchml as dm
from dispatchml import ops
from dispatchml.testing import check_units
from dispatchml.testing.samples import public_operations
from dispatchml.units import rules_for

NAMES = sorted(public_operations())
RULES = rules_for(SYSTEM)
MEANINGLESS = (pint.DimensionalityError, pint.OffsetUnitCalculusError)


def test_every_rule_is_of_an_operation():
    assert set(RULES) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_is_provided_for(name):
    op = public_operations()[name]
    stripped = "meaning" in op.strips and (op.arity == 1 or name.startswith("logical_"))
    assert name in RULES or stripped or op.decomposition is not None or op.layer_default is not None


@pytest.mark.parametrize("unit", ["m", "", "radian"])
def test_numbers_units_and_derivatives(unit, u):
    outcome = check_units(SYSTEM, u.Unit(unit), refuses=MEANINGLESS)
    assert unit == "m" or "refused" not in outcome.values(), "with dimensionless arguments everything works"


def test_angles_are_converted(u):
    x = u.Quantity(90.0, "degree")
    assert ops.deg2rad(x).m_as("radian") == pytest.approx(np.pi / 2)
    assert ops.rad2deg(u.Quantity(np.pi, "radian")).magnitude == pytest.approx(180.0)
    y, dy = dm.jvp(np.deg2rad, (x,), (u.Quantity(1.0, "degree"),))
    assert str(y.units) == "radian"
    assert dy.m_as("radian") == pytest.approx(np.pi / 180)
    assert dm.grad(np.deg2rad)(x).m_as("") == pytest.approx(1.0)
    with pytest.raises(pint.DimensionalityError):
        ops.deg2rad(1.0 * u.m)


ROOTS = {
    "cbrt(x) + x**(1/3)": (lambda x: np.cbrt(x) + x ** (1 / 3), 1 / 3),
    "x**(2/3) * cbrt(x) + x": (lambda x: x ** (2 / 3) * np.cbrt(x) + x, 1),
    "(x**0.1)**10 + x": (lambda x: (x**0.1) ** 10 + x, 1),
    "sqrt(cbrt(x)) * x**(5/6) + x": (lambda x: np.sqrt(np.cbrt(x)) * x ** (5 / 6) + x, 1),
    "x**(1/7) / x**(1/7) + 1": (lambda x: x ** (1 / 7) / x ** (1 / 7) + 1, 0),
}


@pytest.mark.parametrize("name", ROOTS)
def test_fractional_powers_can_be_added_in_every_transform(name, u):
    f, power = ROOTS[name]
    x = np.array([1.0, 8.0]) * u.m
    unit = u.m**power
    assert dm.vjp(f, x)[0].is_compatible_with(unit)
    assert dm.jvp(f, (x,), (x,))[1].is_compatible_with(unit)
    for k, transform in enumerate((dm.grad, dm.hessian), 1):
        found = transform(lambda x: np.sum(f(x)))(x)
        exponent = dict(found.dimensionality).get("[length]", 0)
        assert exponent == pytest.approx(power - k)
    np.testing.assert_allclose(
        dm.grad(lambda x: np.sum(f(x)))(x).magnitude,
        dm.grad(lambda x: np.sum(f(x)))(x.magnitude),
        rtol=1e-12,
        atol=1e-12,
    )


@pytest.mark.parametrize(
    "root",
    [np.cbrt, lambda x: x ** (1 / 3), lambda x: x**0.1, lambda x: np.cbrt(x**2)],
    ids=["cbrt", "x**(1/3)", "x**0.1", "cbrt(x**2)"],
)
def test_the_tangent_of_a_root_can_be_added_to_its_value(root, u):
    x = np.array([1.0, 8.0]) * u.m
    for unit, factor in (("m", 1.0), ("cm", 100.0)):
        y, dy = dm.jvp(root, (x,), (u.Quantity(np.array([1.0, 8.0]) * 1e-3 * factor, unit),))
        np.testing.assert_allclose((y + dy).m_as(root(x).units), root(x * 1.001).magnitude, rtol=1e-6)


def test_units_of_another_registry_are_refused(u):
    other = pint.UnitRegistry()
    for f in (ops.multiply, ops.divide):
        with pytest.raises(ValueError, match=r"(?s)different registries.*set_application_registry"):
            f(2.0 * u.m, other.s)
    with pytest.raises(ValueError, match="different registries"):
        dm.grad(lambda x: x * other.s)(2.0 * u.m)


def test_a_unit_to_the_power_of_zero_is_none(u):
    assert ops.power(np.ones(2) * u.m, 0).units == u.Unit("")
    assert str(dm.vjp(lambda x: x**0, 2.0 * u.m)[0].units) == "dimensionless"
    assert not dict(ops.multiply(np.sqrt(2.0 * u.m), ops.power(2.0 * u.m, -0.5))._units)
