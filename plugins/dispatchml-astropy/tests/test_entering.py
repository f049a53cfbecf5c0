"""A traced value in units is a traced quantity, whoever puts the two together; carriers; astropy's methods."""

import copy
import pickle
from fractions import Fraction

import attrs
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import Angle, Distance

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import Carrier, is_layer
from dispatchml.dispatch.errors import ArgumentError, TracerConversionError

X = np.array([1.0, 2.0])
is_layer(1 * u.m)
WAYS = {
    "Quantity(x, Unit)": lambda x: u.Quantity(x, u.km),
    "Quantity(x, text)": lambda x: u.Quantity(x, "km"),
    "Quantity of a list": lambda x: u.Quantity([x[0], x[1]], u.km),
    "Quantity of a list of quantities": lambda x: u.Quantity([x[0] * u.km, x[1] * u.km]),
    "x * Unit": lambda x: x * u.km,
    "Unit * x": lambda x: u.km * x,
    "x / Unit": lambda x: x / u.km**-1,
    "Unit / (1 / x)": lambda x: u.km / (1 / x),
    "x << Unit": lambda x: x << u.km,
    "x * Quantity": lambda x: x * (1 * u.km),
    "Quantity * x": lambda x: (1 * u.km) * x,
    "array * x": lambda x: (np.ones(2) * u.km) * x,
    "x * array": lambda x: x * (np.ones(2) * u.km),
    "np.multiply": lambda x: np.multiply(np.ones(2) * u.km, x),
    "matmul": lambda x: (np.eye(2) * u.km) @ x,
    "Constant": lambda x: x * u.Quantity(1000.0, u.m).to(u.km),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_same_traced_quantity(way):
    seen = []

    def f(x):
        q = WAYS[way](x)
        seen.append(q)
        return np.sum(q**2)

    found = dm.grad(f)(X)
    assert isinstance(found, u.Quantity)
    np.testing.assert_allclose(found.to_value(u.km**2), 2 * X)
    assert not isinstance(seen[0], u.Quantity), "the traced value is outside"
    assert seen[0].unit == u.km
    assert dm.isinstance(seen[0], u.Quantity)
    np.testing.assert_allclose(dm.jvp(f, (X,), (X,))[1].to_value(u.km**2), 10.0)
    np.testing.assert_allclose(dm.vmap(WAYS[way])(np.stack([X, 2 * X])).to_value(u.km), [X, 2 * X])


OPERATORS = {
    "+": (lambda q, x: q + x, lambda q, x: x + q, 1.0),
    "-": (lambda q, x: q - x, lambda q, x: -(x - q), -1.0),
    "*": (lambda q, x: q * x / u.m, lambda q, x: x * q / u.m, [2.5, 4.5]),
    "maximum": (lambda q, x: np.maximum(q, x), lambda q, x: np.maximum(x, q), 0.0),
    "where": (lambda q, x: np.where(q > x, q, x), lambda q, x: np.where(x < q, q, x), 0.0),
    "concatenate": (lambda q, x: np.concatenate([q, x]), lambda q, x: np.concatenate([x, q]), 1.0),
    "%": (lambda q, x: q % x, lambda q, x: q % x, -2.0),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_with_a_quantity_on_either_side(name):
    q, expected = np.array([2.5, 4.5]) * u.m, OPERATORS[name][2]
    for f in OPERATORS[name][:2]:
        found = dm.grad(lambda x, f=f: np.sum(f(q, x)))(X * u.m)
        np.testing.assert_allclose(found.to_value(u.one), np.broadcast_to(expected, 2))


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


# ---- carriers --------------------------------------------------------------------------------------------------------


@dm.layer(slot="structure")
@attrs.frozen
class Diagonal:
    diag: dm.Array

    @property
    def shape(self):
        return (len(self.diag),) * 2

    def materialise(self):
        return ops.diag(self.diag)


@ops.multiply.layer(Diagonal)
def multiply_diagonal(a, b):
    return Diagonal(a.diag * b if isinstance(a, Diagonal) else a * b.diag)


@ops.matmul.layer(Diagonal)
def matmul_diagonal(a, b):
    return a.diag * b if isinstance(a, Diagonal) else a * b.diag


def test_structures_are_carried():
    q = X * u.m
    for made in (Diagonal(q), u.Quantity(Diagonal(X), u.m), Diagonal(X) * u.m, u.m * Diagonal(X)):
        assert isinstance(made, Carrier)
        assert dm.isinstance(made, u.Quantity)
        assert made.unit == u.m
        assert made.diag.unit == u.m
        product = made @ (X * u.s)
        assert type(product) is u.Quantity
        np.testing.assert_array_equal(product.to_value(u.m * u.s), X * X)
        assert made.to(u.km).unit == u.km
        for again in (copy.deepcopy(made), pickle.loads(pickle.dumps(u.Quantity(thirds(), u.m)))):
            assert again.unit == u.m
    assert repr(u.Quantity(Diagonal(X), u.m)) == "<Quantity Diagonal(diag=array([1., 2.])) m>"
    np.testing.assert_allclose(dm.grad(lambda x: np.sum(Diagonal(x).diag ** 2))(q).to_value(u.m), 2 * X)


def thirds():
    return np.array([Fraction(1, 3), Fraction(2, 3)], object)


def test_fractions_stay_exact():
    q = thirds() * u.m
    assert isinstance(q, Carrier)
    assert list((q * q)._payload) == [Fraction(1, 9), Fraction(4, 9)]
    g = dm.grad(lambda x: np.sum(x * x * x))(q)
    assert g.unit == u.m**2
    assert list(g._payload) == [Fraction(1, 3), Fraction(4, 3)]
    assert (Fraction(1, 3) * u.m)._payload == Fraction(1, 3)


def test_carriers_meet_units_and_are_converted_exactly():
    q = thirds() * u.m
    for made, unit in ((q * u.s, u.m * u.s), (u.s * q, u.m * u.s), (q / u.s, u.m / u.s)):
        assert isinstance(made, Carrier)
        assert made.unit == unit
        assert list(made._payload) == [Fraction(1, 3), Fraction(2, 3)]
    assert list((u.s / q)._payload) == [3, Fraction(3, 2)]
    for made in (q.to(u.km), q << u.km, u.Quantity(q, u.km)):
        assert made.unit == u.km
        assert list(made._payload) == [Fraction(1, 3000), Fraction(1, 1500)]
