"""A traced value in units is a traced quantity, whoever puts the two together; carriers; unyt's methods."""

import copy
import pickle
from fractions import Fraction

import attrs
import numpy as np
import pytest
import unyt as u

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import Carrier, is_layer
from dispatchml.dispatch.errors import TracerConversionError

X = np.array([1.0, 2.0])
is_layer(1 * u.m)
WAYS = {
    "unyt_array(x, text)": lambda x: u.unyt_array(x, "km"),
    "unyt_array(x, Unit)": lambda x: u.unyt_array(x, u.km),
    "unyt_array of a list": lambda x: u.unyt_array([x[0], x[1]], "km"),
    "unyt_quantity": lambda x: np.stack([u.unyt_quantity(x[0], "km"), u.unyt_quantity(x[1], u.km)]),
    "x * Unit": lambda x: x * u.km,
    "Unit * x": lambda x: u.km * x,
    "x / Unit": lambda x: x / u.km**-1,
    "Unit / (1 / x)": lambda x: u.km / (1 / x),
    "x * quantity": lambda x: x * (1 * u.km),
    "quantity * x": lambda x: (1 * u.km) * x,
    "array * x": lambda x: (np.ones(2) * u.km) * x,
    "x * array": lambda x: x * (np.ones(2) * u.km),
    "np.multiply": lambda x: np.multiply(np.ones(2) * u.km, x),
    "matmul": lambda x: (np.eye(2) * u.km) @ x,
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_same_traced_quantity(way):
    seen = []

    def f(x):
        q = WAYS[way](x)
        seen.append(q)
        return np.sum(q**2)

    found = dm.grad(f)(X)
    assert isinstance(found, u.unyt_array)
    np.testing.assert_allclose(found.to_value("km**2"), 2 * X)
    assert not isinstance(seen[0], u.unyt_array), "the traced value is outside"
    assert seen[0].units == u.km
    assert dm.isinstance(seen[0], u.unyt_array)
    np.testing.assert_allclose(dm.jvp(f, (X,), (X,))[1].to_value("km**2"), 10.0)
    np.testing.assert_allclose(dm.vmap(WAYS[way])(np.stack([X, 2 * X])).to_value("km"), [X, 2 * X])


OPERATORS = {
    "+": (lambda q, x: q + x, lambda q, x: x + q, 1.0),
    "-": (lambda q, x: q - x, lambda q, x: -(x - q), -1.0),
    "*": (lambda q, x: q * x / u.m, lambda q, x: x * q / u.m, [2.5, 4.5]),
    "maximum": (lambda q, x: np.maximum(q, x), lambda q, x: np.maximum(x, q), 0.0),
    "where": (lambda q, x: np.where(q > x, q, x), lambda q, x: np.where(x < q, q, x), 0.0),
    "concatenate": (lambda q, x: np.concatenate([q, x]), lambda q, x: np.concatenate([x, q]), 1.0),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_with_a_quantity_on_either_side(name):
    q, expected = np.array([2.5, 4.5]) * u.m, OPERATORS[name][2]
    for f in OPERATORS[name][:2]:
        found = dm.grad(lambda x, f=f: np.sum(f(q, x)))(X * u.m)
        np.testing.assert_allclose(found.to_value("dimensionless"), np.broadcast_to(expected, 2))


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
    for made in (Diagonal(q), u.unyt_array(Diagonal(X), "m"), Diagonal(X) * u.m, u.m * Diagonal(X)):
        assert isinstance(made, Carrier)
        assert dm.isinstance(made, u.unyt_array)
        assert made.units == u.m
        product = made @ (X * u.s)
        assert type(product) is u.unyt_array
        np.testing.assert_array_equal(product.to_value("m*s"), X * X)
        assert made.to("km").units == u.km
        assert copy.deepcopy(made).units == u.m
    assert repr(u.unyt_array(Diagonal(X), "m")) == "<unyt_array Diagonal(diag=array([1., 2.])) m>"
    np.testing.assert_allclose(dm.grad(lambda x: np.sum(Diagonal(x).diag ** 2))(q).to_value("m"), 2 * X)


def test_fractions_stay_exact():
    q = np.array([Fraction(1, 3), Fraction(2, 3)], object) * u.m
    assert isinstance(q, Carrier)
    g = dm.grad(lambda x: np.sum(x * x * x))(q)
    assert g.units == u.m**2
    assert list(g._payload) == [Fraction(1, 3), Fraction(4, 3)]
    assert pickle.loads(pickle.dumps(g)).units == u.m**2


def test_carriers_meet_units_and_are_converted_exactly():
    q = np.array([Fraction(1, 3), Fraction(2, 3)], object) * u.m
    for made, unit in ((q * u.s, u.m * u.s), (u.s * q, u.m * u.s), (q / u.s, u.m / u.s)):
        assert isinstance(made, Carrier)
        assert made.units == unit
        assert list(made._payload) == [Fraction(1, 3), Fraction(2, 3)]
    assert list((u.s / q)._payload) == [3, Fraction(3, 2)]
    for made in (q.to("km"), u.unyt_array(q, "km")):
        assert made.units == u.km
        assert list(made._payload) == [Fraction(1, 3000), Fraction(1, 1500)]
