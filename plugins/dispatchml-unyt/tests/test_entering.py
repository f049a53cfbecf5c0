"""A traced value in units is a traced quantity, whoever puts the two together; carriers; unyt's methods."""

import numpy as np
import pytest
import unyt as u

import dispatchml as dm
from dispatchml.dispatch import is_layer
from dispatchml.dispatch.errors import TracerConversionError
from dispatchml.testing import check_array_quantities

X = np.array([1.0, 2.0])
is_layer(1 * u.m)
WAYS = {
    "unyt_array(x, text)": lambda x: u.unyt_array(x, "km"),
    "unyt_array(x, Unit)": lambda x: u.unyt_array(x, u.km),
    "unyt_array of a list": lambda x: u.unyt_array([x[0], x[1]], "km"),
    "unyt_quantity": lambda x: np.stack([u.unyt_quantity(x[0], "km"), u.unyt_quantity(x[1], u.km)]),
}


def test_quantities_are_entered_met_and_carried():
    check_array_quantities(
        u.unyt_array,
        lambda name: u.Unit(name or "dimensionless"),
        unit_of=lambda q: q.units,
        number=lambda q, unit: q.to_value(unit),
        ways=WAYS,
    )


METHODS = {
    "to": (lambda x: x.to("km"), 1e-3, "km/m"),
    "in_units": (lambda x: x.in_units(u.km), 1e-3, "km/m"),
    "to_value": (lambda x: x.to_value("cm"), 1e2, "1/m"),
    "value": (lambda x: x.to("cm").value, 1e2, "1/m"),
    "v": (lambda x: x.to("cm").v, 1e2, "1/m"),
    "d": (lambda x: x.to("cm").d, 1e2, "1/m"),
    "ndarray_view": (lambda x: x.to("cm").ndarray_view(), 1e2, "1/m"),
    "in_base": (lambda x: x.to("km").in_base("mks"), 1.0, "dimensionless"),
    "in_cgs": (lambda x: x.in_cgs(), 1e2, "cm/m"),
    "in_mks": (lambda x: x.to("km").in_mks(), 1.0, "dimensionless"),
    "unit_quantity": (lambda x: x * x / x.unit_quantity, None, "dimensionless"),
}


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_unyt_are_differentiable(name):
    method, expected, unit = METHODS[name]
    x = X * u.m
    found = dm.grad(lambda x: np.sum(method(x)))(x)
    np.testing.assert_allclose(found.to_value(unit), 2 * X if expected is None else [expected] * 2, rtol=1e-12)
    y = dm.vjp(method, x)[0]
    assert type(y) is type(method(x))
    np.testing.assert_allclose(np.asarray(y), np.asarray(method(x)))


EQUIVALENCES = {
    "spectral": (500.0 * u.nm, "Hz"),
    "thermal": (1e7 * u.K, "keV"),
    "mass_energy": (2.0 * u.kg, "J"),
    "schwarzschild": (1.0 * u.Msun, "km"),
}


@pytest.mark.parametrize("name", EQUIVALENCES)
def test_equivalences(name):
    x, unit = EQUIVALENCES[name]
    value, slope = dm.value_and_grad(lambda x: x.to(unit, equivalence=name))(x)
    np.testing.assert_allclose(value.to_value(unit), x.to_value(unit, equivalence=name), rtol=1e-12)
    h = 1e-6 * x
    difference = ((x + h).to(unit, equivalence=name) - (x - h).to(unit, equivalence=name)) / (2 * h)
    np.testing.assert_allclose((slope / difference).to_value("dimensionless"), 1.0, rtol=1e-6)


def test_gaussian_units():
    value, slope = dm.value_and_grad(lambda x: x.to("T"))(1e4 * u.gauss)
    np.testing.assert_allclose(value.to_value("T"), 1.0)
    np.testing.assert_allclose(slope.to_value("T/G"), 1e-4)


def test_what_would_lose_a_derivative_raises():
    def fill(x):
        q = np.zeros(2) * u.m
        q[0] = x
        return np.sum(q)

    with pytest.raises(TracerConversionError):
        dm.grad(fill)(2.0 * u.m)
    with pytest.raises(AttributeError, match=r"write_hdf5.*register_type"):
        dm.grad(lambda x: x.write_hdf5("name"))(1.0 * u.m)
    with pytest.raises(TracerConversionError, match=r"to_string.*test_entering.py:\d+.*primal\(x\).to_string"):
        dm.grad(lambda x: x.to_string())(1.0 * u.m)
