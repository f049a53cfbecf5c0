"""Differential equations between quantities."""

import numpy as np
import pytest
from dispatchml_scipy import quantities

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError

pint = pytest.importorskip("pint")
unit = pint.UnitRegistry()
TIMES = np.linspace(0.0, 3.0, 4)


def swing(t, y, stiffness):
    place, speed = y
    return [speed, -stiffness * place]


def place(stiffness, start, method="RK45"):
    speed = unit.Quantity(np.array([0.0, 360.0]), "m/hour")
    solution = quantities.solve_ivp(
        swing, unit.Quantity([0.0, 0.05], "minute"), [start, speed], t_eval=unit.Quantity(TIMES, "s"),
        args=(stiffness,), method=method, rtol=1e-9, atol=1e-10,
    )  # fmt: skip
    assert solution.success
    return solution.y[0]


@pytest.fixture(autouse=True)
def lifted():
    dm.lift.enable("scipy.integrate")
    yield
    dm.lift.disable("scipy.integrate")


@pytest.mark.parametrize("method", ["RK45", "LSODA"])
def test_quantities_of_different_units_and_their_derivatives(method):
    stiffness, start = unit.Quantity(4.0, "1/s^2"), unit.Quantity(np.array([30.0, 20.0]), "cm")
    found = place(stiffness, start, method)
    assert found.shape == (2, 4)
    exact = np.outer([30.0, 20.0], np.cos(2 * TIMES)) + np.outer([0.0, 5.0], np.sin(2 * TIMES))
    np.testing.assert_allclose(found.m_as("cm"), exact, atol=1e-5)
    slope = dm.jacobian(lambda k: place(k, start, method))(stiffness)
    assert slope.check("[length] * [time]**2")
    change = place(stiffness * 1.001, start, method) - place(stiffness * 0.999, start, method)
    np.testing.assert_allclose(slope.m_as("cm*s^2"), (change / (0.002 * stiffness)).m_as("cm*s^2"), atol=1e-3)
    gradient = dm.grad(lambda s: np.sum(place(stiffness, s, method)))(start)
    assert gradient.check("[]")
    np.testing.assert_allclose(gradient.m_as(""), np.full(2, np.sum(np.cos(2 * TIMES))), atol=1e-6)


def test_a_rate_that_is_none_of_its_quantity_raises():
    with pytest.raises(pint.DimensionalityError):
        quantities.solve_ivp(lambda t, y: [y[0]], unit.Quantity([0.0, 1.0], "s"), [unit.Quantity(1.0, "m")])
    with pytest.raises(TypeError, match="events"):
        quantities.solve_ivp(swing, unit.Quantity([0.0, 1.0], "s"), [unit.Quantity(1.0, "m")], events=lambda t, y: t)


def test_a_unit_is_not_lost_in_an_integral():
    from scipy.integrate import quad

    with pytest.raises(pint.DimensionalityError):
        quad(lambda x: unit.Quantity(2.0, "m") * x, 0, 1)
    with pytest.raises((pint.DimensionalityError, LiftError)):
        dm.value_and_grad(lambda a: quad(lambda x: a * x, 0, 1)[0])(unit.Quantity(2.0, "m"))
    with pytest.raises((pint.DimensionalityError, LiftError)):
        dm.value_and_grad(lambda b: quad(lambda x: x, 0, b)[0])(unit.Quantity(2.0, "m"))
