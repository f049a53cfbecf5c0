"""A traced value in units is a traced quantity, whoever puts the two together; carriers; astropy's methods."""

from fractions import Fraction

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import Angle, Distance

import dispatchml as dm
from dispatchml.dispatch import is_layer
from dispatchml.dispatch.errors import ArgumentError, TracerConversionError
from dispatchml.testing import check_array_quantities

X = np.array([1.0, 2.0])
is_layer(1 * u.m)
WAYS = {
    "Quantity(x, Unit)": lambda x: u.Quantity(x, u.km),
    "Quantity(x, text)": lambda x: u.Quantity(x, "km"),
    "Quantity of a list": lambda x: u.Quantity([x[0], x[1]], u.km),
    "Quantity of a list of quantities": lambda x: u.Quantity([x[0] * u.km, x[1] * u.km]),
    "x << Unit": lambda x: x << u.km,
    "Constant": lambda x: x * u.Quantity(1000.0, u.m).to(u.km),
}


def test_quantities_are_entered_met_and_carried():
    check_array_quantities(
        u.Quantity, u.Unit, unit_of=lambda q: q.unit, number=lambda q, unit: q.to_value(unit), ways=WAYS
    )
    assert (Fraction(1, 3) * u.m)._payload == Fraction(1, 3)
    carried = np.array([Fraction(1, 3)], object) * u.m
    assert (carried << u.km).unit == u.km
    assert repr(carried) == "<Quantity array([Fraction(1, 3)], dtype=object) m>"


def test_in_place_operators_and_comparisons():
    def f(x):
        total = 0.0 * u.m
        for k in range(2):
            total += x[k] ** 2 / u.m
        assert bool(1500.0 * u.m > x[0])
        assert bool(x[0] < 1500.0 * u.m)
        assert not bool(x[0] == 1 * u.s)
        return total

    np.testing.assert_allclose(dm.grad(f)(X * u.m).to_value(u.one), 2 * X)


METHODS = {
    "to": (lambda x: x.to(u.km), 1e-3, u.km / u.m),
    "to by text": (lambda x: x.to("km"), 1e-3, u.km / u.m),
    "to_value": (lambda x: x.to_value(u.cm), 1e2, 1 / u.m),
    "value": (lambda x: x.to(u.cm).value, 1e2, 1 / u.m),
    "si": (lambda x: x.to(u.km).si, 1.0, u.one),
    "cgs": (lambda x: x.cgs, 1e2, u.cm / u.m),
    "decompose": (lambda x: (x * x / x.to(u.km)).decompose(), 1.0, u.one),
    "<<": (lambda x: x << u.km, 1e-3, u.km / u.m),
}


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_astropy_are_differentiable(name):
    method, expected, unit = METHODS[name]
    x = X * u.m
    np.testing.assert_allclose(dm.grad(lambda x: np.sum(method(x)))(x).to_value(unit), [expected] * 2, rtol=1e-12)
    y = dm.vjp(method, x)[0]
    assert type(y) is type(method(x))
    assert np.all(y == method(x))
    dy = dm.jvp(lambda x: np.sum(method(x)), (x,), (np.ones(2) * u.cm,))[1]
    np.testing.assert_allclose((dy / (2 * expected * u.cm)).to_value(unit), 1.0)


EQUIVALENCIES = {
    "spectral": (500.0 * u.nm, u.Hz, u.spectral()),
    "spectral energy": (500.0 * u.nm, u.eV, u.spectral()),
    "temperature": (20.0 * u.deg_C, u.K, u.temperature()),
    "mass and energy": (2.0 * u.kg, u.J, u.mass_energy()),
    "doppler": (500.5 * u.nm, u.km / u.s, u.doppler_optical(500 * u.nm)),
    "angles are numbers": (0.5 * u.rad, u.one, u.dimensionless_angles()),
}


@pytest.mark.parametrize("name", EQUIVALENCIES)
def test_equivalencies(name):
    x, unit, given = EQUIVALENCIES[name]
    value, slope = dm.value_and_grad(lambda x: x.to(unit, equivalencies=given))(x)
    plain = x.to(unit, equivalencies=given)
    np.testing.assert_allclose(value.to_value(unit), plain.value, rtol=1e-12)
    step = 1e-6 * x
    difference = ((x + step).to(unit, equivalencies=given) - (x - step).to(unit, equivalencies=given)) / (2 * step)
    np.testing.assert_allclose(slope.to_value(unit / x.unit), difference.to_value(unit / x.unit), rtol=1e-6)


def test_an_angle_answers_by_the_name_of_a_unit():
    x = Angle(30.0, u.deg)
    np.testing.assert_allclose(dm.grad(lambda x: x.radian)(x).to_value(1 / u.deg), np.pi / 180)
    np.testing.assert_allclose(dm.grad(lambda x: x.hour)(x).to_value(1 / u.deg), 1 / 15)
    value, slope = dm.value_and_grad(lambda x: x.wrap_at(20 * u.deg))(x)
    np.testing.assert_allclose(value.to_value(u.deg), -330.0)
    np.testing.assert_allclose(slope.value, 1.0)
    with pytest.raises(AttributeError, match="degree"):
        dm.grad(lambda x: x.degree)(30.0 * u.deg)


def test_what_cannot_be_had_of_a_traced_quantity_says_what_to_write():
    for f, text in (
        (lambda x: x.to_string(), r"to_string.*test_entering.py:\d+.*primal\(x\).to_string"),
        (lambda x: x.info, r"info.*test_entering.py:\d+.*primal\(x\).info"),
    ):
        with pytest.raises(TracerConversionError, match=text):
            dm.grad(f)(1.0 * u.m)
    with pytest.raises(AttributeError, match=r"strides.*test_entering.py:\d+.*about memory.*primal\(x\).strides"):
        dm.grad(lambda x: x.strides)(1.0 * u.m)


def test_what_would_lose_a_derivative_raises():
    def fill(x):
        q = np.zeros(2) * u.m
        q[0] = x
        return np.sum(q)

    with pytest.raises(TracerConversionError):
        dm.grad(fill)(2.0 * u.m)
    with pytest.raises((ArgumentError, TracerConversionError)):
        dm.grad(lambda x: Angle(x, u.deg))(2.0)
    with pytest.raises(ArgumentError, match="Make a Quantity"):
        dm.grad(lambda x: Distance(x, u.pc))(2.0)
    with pytest.raises(TracerConversionError):  # its formula calls asarray
        dm.grad(lambda x: x.to(u.pc, equivalencies=u.parallax()))(0.1 * u.arcsec)
