"""A traced value in units is a traced quantity, whoever puts the two together; pint's methods are differentiable."""

import numpy as np
import pint
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning, TracerConversionError

X = np.array([1.0, 2.0])
WAYS = {
    "Quantity(x, text)": lambda u, x: u.Quantity(x, "km"),
    "Quantity(x, Unit)": lambda u, x: u.Quantity(x, u.km),
    "Quantity(x, Quantity)": lambda u, x: u.Quantity(x, 1 * u.km),
    "pint.Quantity(x, Unit)": lambda u, x: type(1 * u.m)(x, u.km),
    "Quantity of a list": lambda u, x: u.Quantity([x[0], x[1]], "km"),
    "x * Unit": lambda u, x: x * u.km,
    "Unit * x": lambda u, x: u.km * x,
    "x / Unit": lambda u, x: x / (1 / u.km).units,
    "3 * Unit * x": lambda u, x: (3 * u.km * x) / 3,
    "x * Quantity": lambda u, x: x * (1 * u.km),
    "Quantity * x": lambda u, x: (1 * u.km) * x,
    "array of units * x": lambda u, x: (np.ones(2) * u.km) * x,
    "x * array of units": lambda u, x: x * (np.ones(2) * u.km),
    "np.multiply": lambda u, x: np.multiply(np.ones(2) * u.km, x),
    "Unit / (1/x)": lambda u, x: u.km / (1 / x),
    "matmul": lambda u, x: (np.eye(2) * u.km) @ x,
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_same_traced_quantity(way, u):
    seen = []

    def f(x):
        q = WAYS[way](u, x)
        seen.append(q)
        return np.sum(q**2)

    found = dm.grad(f)(X)
    assert isinstance(found, pint.Quantity)
    np.testing.assert_allclose(found.m_as("km**2"), 2 * X)
    assert not isinstance(seen[0], pint.Quantity), "the traced value is outside"
    assert seen[0].units == u.km
    y, dy = dm.jvp(lambda x: np.sum(WAYS[way](u, x) ** 2), (X,), (X,))
    np.testing.assert_allclose(dy.m_as("km**2"), 10.0)
    batch = dm.vmap(lambda x: WAYS[way](u, x))(np.stack([X, 2 * X]))
    np.testing.assert_allclose(batch.m_as("km"), [X, 2 * X])


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        (lambda q, x: q + x, [1.0, 1.0]), (lambda q, x: x + q, [1.0, 1.0]),
        (lambda q, x: q - x, [-1.0, -1.0]), (lambda q, x: x - q, [1.0, 1.0]),
        (lambda q, x: q % x, [-2.0, -2.0]), (lambda q, x: np.maximum(q, x), [0.0, 0.0]),
        (lambda q, x: np.where(q > x, q, x), [0.0, 0.0]), (lambda q, x: np.concatenate([q, x]), [1.0, 1.0]),
    ],
)  # fmt: skip
def test_operators_with_a_quantity_on_either_side(operator, expected, u):
    q = np.array([2.5, 4.5]) * u.m
    found = dm.grad(lambda x: np.sum(operator(q, x)))(X * u.m)
    np.testing.assert_allclose(found.m_as(""), expected)


def test_comparisons_look_at_units(u):
    q = 1500.0 * u.m
    seen = []

    def f(x):
        seen.append([bool(q > x), bool(x < q), bool(q == x), bool(x != q), bool(x == 1 * u.s)])
        return x

    dm.grad(f)(1.0 * u.km)
    assert seen == [[True, True, False, True, False]]


@pytest.mark.parametrize("plugin_is_new", [True, False])
def test_augmented_assignment_on_a_plain_quantity(plugin_is_new, u):
    def f(x):
        total = 0.0 * u.m
        for k in range(2):
            total += x[k] ** 2 / u.m
        return total

    np.testing.assert_allclose(dm.grad(f)(X * u.m).m_as(""), 2 * X)


METHODS = [
    (lambda x: x.to("km"), [1e-3, 1e-3], "km / m"),
    (lambda x: x.m_as("cm"), [1e2, 1e2], "1 / m"),
    (lambda x: x.to("cm").magnitude, [1e2, 1e2], "1 / m"),
    (lambda x: x.to("cm").m, [1e2, 1e2], "1 / m"),
    (lambda x: x.to_base_units(), [1.0, 1.0], ""),
    (lambda x: x.to_root_units(), [1.0, 1.0], ""),
    (lambda x: (x * x / x.to("km")).to_reduced_units(), [1.0, 1.0], ""),
]


@pytest.mark.parametrize(("method", "expected", "units"), METHODS)
def test_methods_of_pint_are_differentiable(method, expected, units, u):
    x = X * u.m
    np.testing.assert_allclose(dm.grad(lambda x: np.sum(method(x)))(x).m_as(units), expected, rtol=1e-12)
    _, dy = dm.jvp(lambda x: np.sum(method(x)), (x,), (np.ones(2) * u.cm,))
    assert (dy / (np.sum(expected) * u.Unit(units) * u.cm)).to("").magnitude == pytest.approx(1.0)
    assert dm.hvp(lambda x: np.sum(method(x) ** 2), (x,), (x,)).check(np.sum(method(x) ** 2) / x)


def test_attributes_of_pint_answer_as_on_plain_quantities(u):
    def f(x):
        assert x.units == x.u == u.m
        assert x.dimensionality == {"[length]": 1}
        assert not x.dimensionless
        assert not x.unitless
        assert x.check("[length]")
        assert x.is_compatible_with("km")
        return np.sum(x)

    dm.grad(f)(X * u.m)


def test_an_attribute_that_nobody_registered_is_named(u):
    with pytest.raises(AttributeError, match=r"format_babel.*register_type"):
        dm.grad(lambda x: x.format_babel())(X * u.m)


def test_temperatures_move_by_differences(u):
    t = u.Quantity(20.0, "degC")
    value, found = dm.value_and_grad(lambda t: 2 * u.J / u.K * t.to("kelvin"))(t)
    assert value.m_as("J") == pytest.approx(586.3)
    assert found.units == u.J / u.delta_degC
    assert found.magnitude == pytest.approx(2.0)
    _, dy = dm.jvp(lambda t: t.to("degF"), (t,), (u.Quantity(1.0, "delta_degC"),))
    assert dy.m_as("delta_degF") == pytest.approx(1.8)
    _, found = dm.value_and_grad(lambda t: (t - u.Quantity(10.0, "degC")) ** 2)(t)
    assert found.m_as("delta_degC") == pytest.approx(20.0)
    assert dm.grad(lambda x: u.Quantity(x, "degC").to("kelvin"))(20.0).m_as("kelvin") == pytest.approx(1.0)
    assert dm.grad(lambda t: t.m_as("kelvin"))(t).m_as("1/delta_degC") == pytest.approx(1.0)


def test_structures_inside_quantities(u):
    @dm.layer(slot="structure")
    class Diagonal:
        diag: dm.Array

        def __init__(self, diag):
            self.diag = diag

        @property
        def shape(self):
            return (len(self.diag),) * 2

    @dm.ops.matmul.layer(Diagonal)
    def matmul(a, b):
        return a.diag * b if isinstance(a, Diagonal) else a * b.diag

    q = X * u.m
    for made in (Diagonal(q), u.Quantity(Diagonal(X), "m")):
        assert isinstance(made, pint.Quantity)
        assert isinstance(made.magnitude, Diagonal)
        assert made.diag.units == u.m
        np.testing.assert_array_equal((made @ (X * u.s)).m_as("m s"), X * X)
    np.testing.assert_allclose(dm.grad(lambda x: np.sum(Diagonal(x).diag ** 2))(q).m_as("m"), 2 * X)


def test_a_matrix_on_the_left_stays_on_the_left(u):
    """pint's own reflected product is the product, with the operands in the wrong order."""

    @dm.layer(slot="structure")
    class Upper:
        corner: dm.Array

        def __init__(self, corner):
            self.corner = corner

        shape = (2, 2)

        def materialise(self):
            return dm.ops.stack((dm.ops.stack((1.0, self.corner)), np.array([0.0, 1.0])))

    @dm.ops.matmul.layer(Upper)
    def matmul(a, b):
        return dm.ops.matmul(*(x.materialise() if isinstance(x, Upper) else x for x in (a, b)))

    np.testing.assert_array_equal((Upper(5.0) @ (X * u.m)).m_as("m"), [11.0, 2.0])
    np.testing.assert_array_equal(((X * u.m) @ Upper(5.0)).m_as("m"), [1.0, 7.0])


def test_writing_a_traced_value_into_a_plain_quantity_says_what_to_do(u):
    def fill(x):
        q = np.zeros(2) * u.m
        q[0] = x
        return np.sum(q)

    with pytest.raises(TracerConversionError, match="numpy.stack"):
        dm.grad(fill)(2.0 * u.m)


def test_methods_that_choose_units_by_the_number(u):
    x = 1500.0 * u.m
    value, slope = dm.value_and_grad(lambda x: x.to_compact())(x)
    assert str(value.units) == "kilometer"
    assert slope.m_as("km/m") == 1e-3
    with pytest.warns(FallbackWarning, match="element by element"):
        assert dm.vmap(lambda x: x.to_compact())(np.array([1.0, 1500.0]) * u.m).m_as("m").tolist() == [1.0, 1500.0]
    with pytest.raises(TracerConversionError, match=r"plus_minus.*test_nesting.py:\d+.*ufloat"):
        dm.grad(lambda x: x.plus_minus(0.1))(x)
    assert dm.grad(lambda x: x * x.is_compatible_with(x))(x).magnitude == 1.0
    assert dm.grad(lambda x: x.to_tuple()[0] ** 2)(x).m_as("1/m") == 3000.0
