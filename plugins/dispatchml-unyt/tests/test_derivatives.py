"""Derivatives of unyt arrays have units of output / input, through every transform."""

import numpy as np
import pytest
import unyt as u

import dispatchml as dm


def same(got, numbers, unit):
    """A quantity with these numbers in this unit, in whatever multiple of it it comes."""
    assert isinstance(got, u.unyt_array), f"{got!r} has no unit"
    assert isinstance(got, u.unyt_quantity) is (got.shape == ())
    np.testing.assert_allclose(got.to_value(unit), numbers, rtol=1e-12, atol=1e-14)


X = np.array([3.0, 4.0]) * u.m


def test_energy():
    momentum = dm.grad(lambda v, m: 0.5 * m * np.sum(v**2))(np.array([3.0, 4.0]) * u.m / u.s, 2.0 * u.kg)
    same(momentum, [6.0, 8.0], "kg*m/s")
    assert str(momentum) == "[6. 8.] kg*m/s"


def test_transforms():
    cube = lambda x: np.sum(x**3)  # noqa: E731
    same(dm.jvp(cube, (X,), (np.array([1.0, 0.0]) * u.cm,))[1], 27.0, "cm*m**2")
    same(dm.hvp(cube, (X,), (X,)), [54.0, 96.0], "m**2")
    same(dm.hessian(cube)(X), np.diag([18.0, 24.0]), "m")
    same(dm.jacfwd(lambda x: x**2 / u.s)(X), np.diag([6.0, 8.0]), "m/s")
    same(dm.jacrev(lambda x: x**2 / u.s)(X), np.diag([6.0, 8.0]), "m/s")
    same(dm.vmap(dm.grad(cube))(np.stack([X, X])), [[27.0, 48.0]] * 2, "m**2")
    same(dm.grad(dm.checkpoint(cube))(X), [27.0, 48.0], "m**2")
    same(dm.derivative(lambda t: t * X)(2.0 * u.s), [3.0, 4.0], "m")
    same(dm.vjp(lambda x: x**2, X)[1](np.ones(2))[0], [6.0, 8.0], "m")
    same(dm.linearize(cube, X)[1](X), 273.0, "m**3")
    same(dm.grad(lambda x, t: np.sum(x), 1)(X, 2.0 * u.s), 0.0, "m/s")
    same(dm.value_and_grad(lambda x: x + 1 * u.km)(1.0 * u.m)[0], 1001.0, "m")


def test_precision_shape_and_whole_numbers():
    for x in (X.astype(np.float32), 3.0 * u.m, u.unyt_array([1, 2], "m"), np.ones((2, 0)) * u.m, np.ones((2, 3)) * u.m):
        found = dm.grad(lambda x: np.sum(x**2))(x)
        same(found, 2 * x.value, "m")
        assert found.shape == x.shape
        assert found.dtype == (np.float64 if x.dtype.kind == "i" else x.dtype)
    single = X.astype(np.float32)
    assert dm.jvp(lambda x: 2.5 * u.s * x, (single,), (single,))[1].dtype == np.float32


def test_numpy_functions():
    for f, expected, unit in [
        (np.linalg.norm, [0.6, 0.8], "dimensionless"),
        (lambda x: np.sum(np.cbrt(x) + x ** (1 / 3)), 2 / 3 * np.cbrt([3.0, 4.0]) / [3.0, 4.0], "m**(-2/3)"),
        (lambda x: np.max(np.concatenate([x, [1, 2] * u.km])), [0.0, 0.0], "dimensionless"),
        (lambda x: np.prod(x), [4.0, 3.0], "m"),
        (lambda x: np.linalg.det(np.diag(x)), [4.0, 3.0], "m"),  # of which unyt itself loses the unit
        (lambda x: np.sum(np.linalg.inv(np.diag(x))), [-1 / 9, -1 / 16], "m**-2"),
        (lambda x: np.sum(np.linalg.solve(np.diag(x), np.ones(2))), [-1 / 9, -1 / 16], "m**-2"),
        (lambda x: np.log(np.sum(x) / u.m), [1 / 7, 1 / 7], "1/m"),
        (lambda x: np.sum(np.where(x > 3.5, x, 0)), [0.0, 1.0], "dimensionless"),
        (lambda x: np.trapezoid(x, dx=1 * u.s), [0.5, 0.5], "s"),
        (lambda x: x @ x + x.sum() * x.mean(), [13.0, 15.0], "m"),
        (lambda x: np.sum(x / u.cm), [100.0, 100.0], "1/m"),
    ]:
        same(dm.grad(f)(X), expected, unit)


def test_angles_are_one_for_each_radian():
    x = 30.0 * u.degree
    same(dm.grad(np.sin)(x), np.sqrt(0.75), "1/rad")
    y, dy = dm.jvp(np.sin, (x,), (1.0 * u.degree,))
    assert type(y) is np.float64  # as in unyt, a sine is a plain number
    assert float(dy) == pytest.approx(np.sqrt(0.75) * np.pi / 180)
    same(dm.hessian(np.cos)(x), -np.sqrt(0.75), "1/rad**2")
    same(dm.grad(np.sin)(0.5 * u.dimensionless), np.cos(0.5), "dimensionless")
    same(dm.grad(np.exp)(50.0 * u.percent), np.exp(0.5) / 100, "1/percent")
    same(dm.grad(np.arctan2)(1.0 * u.m, 2.0 * u.m), 0.4, "1/m")
    same(dm.grad(np.deg2rad)(x), 1.0, "dimensionless")


def test_temperatures_move_by_differences():
    t = u.unyt_quantity(20.0, "degC")
    value, found = dm.value_and_grad(lambda t: 2 * u.J / u.K * t.to("K"))(t)
    assert float(value.to_value("J")) == pytest.approx(586.3)
    assert float(found.to_value("J/K")) == pytest.approx(2.0)
    _, dy = dm.jvp(lambda t: t.to("degF"), (t,), (u.unyt_quantity(1.0, "delta_degC"),))
    assert float(dy.to_value("delta_degF")) == pytest.approx(1.8)
    value, found = dm.value_and_grad(lambda t: (t - u.unyt_quantity(10.0, "degC")) ** 2)(t)
    assert float(found.to_value("delta_degC")) == pytest.approx(20.0)


def test_item_assignment():
    def fill(x):
        y = x * 1.0
        y[0] = 2 * y[1].to("km")
        return np.sum(y**2)

    same(dm.grad(fill)(X), [0.0, 40.0], "m")
