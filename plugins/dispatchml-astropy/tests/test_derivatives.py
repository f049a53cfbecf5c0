"""Derivatives of astropy quantities have units of output / input, through every transform."""

import numpy as np
import pytest
from astropy import constants
from astropy import units as u
from astropy.coordinates import Angle, Distance, Latitude, Longitude

import dispatchml as dm


def same(got, numbers, unit):
    """A quantity with these numbers in this unit, in whatever multiple of it it comes."""
    assert isinstance(got, u.Quantity), f"{got!r} has no unit"
    np.testing.assert_allclose(got.to_value(unit), numbers, rtol=1e-12, atol=1e-14)


X = np.array([3.0, 4.0]) * u.m


def test_energy():
    momentum = dm.grad(lambda v, m: 0.5 * m * np.sum(v**2))(np.array([3.0, 4.0]) * u.m / u.s, 2.0 * u.kg)
    same(momentum, [6.0, 8.0], u.kg * u.m / u.s)
    assert str(momentum) == "[6. 8.] kg m / s"


def test_transforms():
    cube = lambda x: np.sum(x**3)  # noqa: E731
    same(dm.jvp(cube, (X,), (np.array([1.0, 0.0]) * u.cm,))[1], 27.0, u.cm * u.m**2)
    same(dm.hvp(cube, (X,), (X,)), [54.0, 96.0], u.m**2)
    same(dm.hessian(cube)(X), np.diag([18.0, 24.0]), u.m)
    same(dm.jacfwd(lambda x: x**2 / u.s)(X), np.diag([6.0, 8.0]), u.m / u.s)
    same(dm.jacrev(lambda x: x**2 / u.s)(X), np.diag([6.0, 8.0]), u.m / u.s)
    same(dm.vmap(dm.grad(cube))(np.stack([X, X])), [[27.0, 48.0]] * 2, u.m**2)
    same(dm.grad(dm.checkpoint(cube))(X), [27.0, 48.0], u.m**2)
    same(dm.derivative(lambda t: t * X)(2.0 * u.s), [3.0, 4.0], u.m)
    y, pullback = dm.vjp(lambda x: x**2, X)
    same(pullback(np.ones(2))[0], [6.0, 8.0], u.m)
    same(dm.linearize(cube, X)[1](X), 273.0, u.m**3)
    same(dm.grad(lambda x, t: np.sum(x), 1)(X, 2.0 * u.s), 0.0, u.m / u.s)


def test_precision_shape_and_whole_numbers():
    for x in (X.astype(np.float32), 3.0 * u.m, np.float32(3.0) * np.ones(()) * u.m, u.Quantity([1, 2], u.m, dtype=int),
              np.ones((2, 0)) * u.m, np.ones((2, 3), order="F") * u.m):  # fmt: skip
        found = dm.grad(lambda x: np.sum(x**2))(x)
        same(found, 2 * x.value, u.m)
        assert found.shape == x.shape
        assert found.dtype == (np.float64 if x.dtype.kind == "i" else x.dtype)


def test_numpy_functions():
    for f, expected, unit in [
        (np.linalg.norm, [0.6, 0.8], u.one),
        (lambda x: np.sum(np.cbrt(x) + x ** (1 / 3)), 2 / 3 * np.cbrt([3.0, 4.0]) / [3.0, 4.0], u.m ** (-2 / 3)),
        (lambda x: np.max(np.concatenate([x, [1, 2] * u.km])), [0.0, 0.0], u.one),
        (lambda x: np.prod(x), [4.0, 3.0], u.m),
        (lambda x: np.linalg.det(np.diag(x)), [4.0, 3.0], u.m),
        (lambda x: np.sum(np.linalg.solve(np.diag(x), np.ones(2))), [-1 / 9, -1 / 16], u.m**-2),
        (lambda x: np.log(np.sum(x) / u.m), [1 / 7, 1 / 7], 1 / u.m),
        (lambda x: np.sum(np.where(x > 3.5 * u.m, x, 0)), [0.0, 1.0], u.one),
        (lambda x: np.interp(3.5 * u.m, X, x), [0.5, 0.5], u.one),
        (lambda x: np.trapezoid(x, dx=1 * u.s), [0.5, 0.5], u.s),
        (lambda x: x @ x + x.sum() * x.mean(), [13.0, 15.0], u.m),
    ]:
        same(dm.grad(f)(X), expected, unit)


def test_angles_are_one_for_each_radian():
    x = 30.0 * u.deg
    same(dm.grad(np.sin)(x), np.sqrt(0.75), 1 / u.rad)
    y, dy = dm.jvp(np.sin, (x,), (1.0 * u.deg,))
    same(y, 0.5, u.one)
    same(dy, np.sqrt(0.75) * np.pi / 180, u.one)
    same(dm.hessian(lambda x: np.cos(x))(x), -np.sqrt(0.75), u.rad**-2)
    same(dm.grad(np.arcsin)(0.5 * u.one), 1 / np.sqrt(0.75), u.rad)
    same(dm.jvp(np.arctan, (1.0 * u.one,), (1.0 * u.one,))[1], 0.5, u.rad)
    for k, expected in enumerate([0.4 / u.m, -0.2 / u.m]):
        same(dm.grad(np.arctan2, k)(1.0 * u.m, 2.0 * u.m), expected.value, u.rad / u.m)
    same(dm.grad(lambda x: np.sin(x) + x / u.rad)(x), np.sqrt(0.75) + 1, 1 / u.rad)
    same(dm.grad(np.deg2rad)(x), 1.0, u.one)
    same(dm.vmap(dm.grad(np.sin))(np.array([0.0, 60.0]) * u.deg), [1.0, 0.5], 1 / u.rad)


def test_unwrapped_angles():
    x = np.array([0.0, 170.0, -160.0]) * u.deg
    y, dy = dm.jvp(np.unwrap, (x,), (np.ones(3) * u.deg,))
    same(y, [0.0, 170.0, 200.0], u.deg)
    same(dy, [1.0, 1.0, 1.0], u.deg)
    with pytest.raises(u.UnitsError):
        dm.jvp(np.unwrap, (X,), (X,))


def test_subclasses():
    value, slope = dm.value_and_grad(lambda x: 2 * x)(Angle(30.0, u.deg))
    assert type(value) is Angle
    same(slope, 2.0, u.one)
    y, dy = dm.jvp(lambda x: x + x, (Latitude([30.0, 60.0], u.deg),), (Angle([1.0, 1.0], u.deg),))
    assert type(y) is type(dy) is Angle  # 120 degrees are no latitude; astropy's own sum is an Angle, too
    same(y, [60.0, 120.0], u.deg)
    same(dm.grad(lambda x: np.sum(x * x))(Longitude([30.0, 350.0], u.deg)), [60.0, 700.0], u.deg)
    assert type(dm.jvp(lambda x: 2 * x, (Distance(3.0, u.kpc),), (1.0 * u.pc,))[0]) is Distance
    same(dm.grad(lambda m: constants.G * m / (1 * u.m) ** 2)(1.0 * u.kg), constants.G.value, u.m / u.s**2 / u.kg)
    same(dm.grad(lambda m: m * constants.c**2)(1.0 * u.kg), constants.c.value**2, u.J / u.kg)


def test_item_assignment():
    def fill(x):
        y = x * 1.0
        y[0] = 2 * y[1].to(u.km)
        return np.sum(y**2)

    same(dm.grad(fill)(X), [0.0, 40.0], u.m)


@pytest.mark.parametrize("transform", [dm.grad, dm.hessian, lambda f: lambda x: dm.jvp(f, (x,), (x,))])
def test_prefixes(transform):
    same(dm.value_and_grad(lambda x: x + 1 * u.km)(1.0 * u.m)[0], 1001.0, u.m)
    transform(lambda x: np.sum(x + 1 * u.km) ** 2)(X)
