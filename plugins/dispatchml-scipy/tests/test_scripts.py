"""Plain scripts: SciPy's functions are called as they are, with traced values in closures, objects and arguments."""

import functools

import numpy as np
import pytest
import scipy.fft
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.optimize
from scipy.optimize import brentq

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError


def equations(x, a):
    return np.array([x[0] ** 2 + a * x[1] - 2, x[1] ** 3 + a * x[1] - x[0]])


class Model:
    def __init__(self, k):
        self.k = k

    def excess(self, x):
        return x**2 - self.k


PROGRAMS = {
    "a lambda": lambda a: brentq(lambda x: x - np.cos(a * x), 0, 2),
    "an array of elements": lambda a: scipy.optimize.root(equations, [1.0, 0.5], args=(a,)).x[1],
    "a method": lambda a: brentq(Model(a).excess, 0, 5),
    "minimize": lambda a: scipy.optimize.minimize(lambda x: (x[0] - a) ** 4 + x[0] ** 2, [1.0], tol=1e-9).x[0],
    "odeint": lambda a: scipy.integrate.odeint(lambda y, t: [y[1], -a * y[0]], [a, 1.0], [0.0, 1.0, 2.0])[-1, 0],
    "LSODA": lambda a: scipy.integrate.solve_ivp(
        lambda t, y: [y[1], -a * y[0]], (0, 1), [1.0, 0.0], method="LSODA", rtol=1e-9, atol=1e-9
    ).y[0, -1],
    "quad": lambda a: scipy.integrate.quad(lambda t: np.exp(-a * t), 0, 1)[0],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    f = PROGRAMS[name]
    difference = (f(1.3 + 1e-4) - f(1.3 - 1e-4)) / 2e-4
    assert dm.grad(f)(1.3) == pytest.approx(difference, rel=1e-4)
    assert dm.grad(dm.checkpoint(f))(1.3) == pytest.approx(dm.grad(f)(1.3), rel=1e-9)
    assert dm.grad(dm.jit(f))(1.3) == pytest.approx(dm.grad(f)(1.3), rel=1e-9)
    assert dm.derivative(f)(1.3) == pytest.approx(dm.grad(f)(1.3), rel=1e-7)


PLACES = np.linspace(0.0, 3.0, 7)
CORNERS = np.random.default_rng(0).normal(size=(9, 2))
TABLE = {
    "cubic": scipy.interpolate.CubicSpline,
    "pchip": scipy.interpolate.PchipInterpolator,
    "linear": scipy.interpolate.interp1d,
    "spline": scipy.interpolate.make_interp_spline,
    "smoothing": scipy.interpolate.UnivariateSpline,
    "barycentric": scipy.interpolate.BarycentricInterpolator,
}
ROUTINES = [scipy.linalg.det, scipy.fft.rfft, scipy.integrate.quad]
HELD = functools.partial(scipy.interpolate.CubicSpline, PLACES)
BY_VALUE = {
    **{name: lambda a, name=name: TABLE[name](PLACES, np.sin(a * PLACES))(1.3) for name in TABLE},
    "a partial class": lambda a: HELD(np.sin(a * PLACES))(1.3),
    "functions": lambda a: (
        ROUTINES[0](np.array([[a, 1.0], [2.0, a]]))
        + np.abs(ROUTINES[1](np.array([a, 2.0, a * a])))[1]
        + ROUTINES[2](lambda t: t * a, 0, a)[0]
    ),
}
CUBIC = scipy.interpolate.CubicSpline(PLACES, np.sin(PLACES))
TRIANGLES = scipy.interpolate.LinearNDInterpolator(CORNERS, CORNERS[:, 0] ** 2, rescale=True)
POINTED = {
    "a spline": lambda t: CUBIC(t) + CUBIC.derivative()(t),
    "triangles": lambda t: TRIANGLES(np.array([t / 10, 0.1]))[0],
}


@pytest.mark.parametrize("name", BY_VALUE)
def test_functions_and_classes_as_values(name):
    f = BY_VALUE[name]
    assert dm.grad(f)(1.3) == pytest.approx((f(1.3 + 1e-5) - f(1.3 - 1e-5)) / 2e-5, rel=1e-6)


@pytest.mark.parametrize("name", POINTED)
def test_objects_that_were_made_before(name):
    f = POINTED[name]
    assert dm.grad(f)(1.3) == pytest.approx((f(1.3 + 1e-5) - f(1.3 - 1e-5)) / 2e-5, rel=1e-6)
    assert dm.derivative(f)(1.3) == pytest.approx(dm.grad(f)(1.3))


def test_what_has_no_rule_says_so():
    smooth = scipy.interpolate.CloughTocher2DInterpolator(CORNERS, CORNERS[:, 0])
    with pytest.raises(LiftError, match=r"CloughTocher2DInterpolator \(at .* LinearNDInterpolator"):
        dm.grad(lambda t: smooth(t)[0])(CORNERS.mean(0))
