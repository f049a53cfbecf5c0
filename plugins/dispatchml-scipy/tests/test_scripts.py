"""Plain scripts: SciPy's functions are called as they are, with traced values in closures, objects and arguments."""

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
from scipy.optimize import brentq

import dispatchml as dm


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
