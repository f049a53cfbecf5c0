"""SciPy's functions in compiled functions: calls within the program, with the numbers of each run."""

import numpy as np
import pytest
import scipy.fft
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.ndimage
import scipy.optimize
import scipy.signal
import scipy.sparse.linalg
import scipy.special
from dispatchml_scipy.errors import ConvergenceError

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning

X, Y = np.linspace(0.1, 2.0, 9), np.linspace(3.0, 1.0, 9)
B = np.array([1.0, 2.0, 0.5])
MATRIX = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 5.0]])
CASES = {
    "special": (lambda x: scipy.special.jv(1.5, x) + scipy.special.erf(x), X, Y),
    "fft": (lambda x: scipy.fft.dct(x), X, Y),
    "signal": (lambda x: scipy.signal.lfilter([1.0, 0.5], [1.0, -0.3], x), X, Y),
    "ndimage": (lambda x: scipy.ndimage.gaussian_filter(x, 1.0), X, Y),
    "linalg": (lambda a: scipy.linalg.expm(a), MATRIX / 9, MATRIX / 7),
    "lu": (lambda a: scipy.linalg.lu_solve(scipy.linalg.lu_factor(a), B), MATRIX, MATRIX[[2, 0, 1]]),
    "cg": (lambda b: scipy.sparse.linalg.cg(MATRIX, b, rtol=1e-12)[0], B, B[::-1].copy()),
    "spline": (lambda y: scipy.interpolate.CubicSpline(np.arange(9.0), y)(2.5), X, Y),
    "trapezoid": (lambda y: scipy.integrate.trapezoid(y), X, Y),
    "quad": (lambda a: np.stack(scipy.integrate.quad(lambda t: np.exp(-a * t), 0, 1)), 1.5, 20.0),
    "odeint": (lambda a: scipy.integrate.odeint(lambda y, t: -a * y, 1.0, [0.0, 1.0])[-1, 0], 1.5, 0.3),
    "brentq": (lambda a: scipy.optimize.brentq(lambda t: t * t - a, 0, 5), 2.0, 9.0),
    "root": (lambda a: scipy.optimize.root(lambda t: t**3 - a, np.ones(9)).x, X, Y),
    "minimize": (lambda a: scipy.optimize.minimize(lambda t: np.sum((t - a) ** 2), np.zeros(9)).x, X, Y),
    "curve_fit": (lambda y: scipy.optimize.curve_fit(lambda t, a, b: a * t + b, np.arange(9.0), y)[0], X, Y),
}


@pytest.mark.filterwarnings("error::dispatchml.dispatch.errors.FallbackWarning")
@pytest.mark.parametrize("name", CASES)
def test_calls_and_their_derivatives(name):
    function, *arguments = CASES[name]
    derivative = dm.grad(lambda x: np.sum(np.sin(np.atleast_1d(function(x))[:2])))
    for f in (function, derivative) if name != "cg" else (function,):
        compiled = dm.jit(f)
        for x in (arguments[0], *arguments):
            found, wanted = compiled(x), f(x)
            assert type(found) is type(wanted)
            np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-9)


def test_errors_are_those_of_the_function():
    compiled = dm.jit(lambda a: scipy.optimize.brentq(lambda t: t * t - a, 0, 5))
    assert compiled(4.0) == pytest.approx(2.0)
    with pytest.raises(ValueError, match="different signs"):
        compiled(-1.0)


def test_what_has_no_derivative_is_refused_in_each_run():
    derivative = dm.grad(lambda p: scipy.optimize.brentq(lambda t: (t - p[0]) ** 3 + p[1] * (t - p[0]), 0, 5))
    compiled, triple = dm.jit(derivative), np.array([2.0, 0.0])
    np.testing.assert_allclose(compiled(np.array([2.0, 1.0])), [1.0, 0.0], atol=1e-8)
    for function in (derivative, compiled):
        with pytest.raises(ConvergenceError):
            function(triple)


def test_what_a_solver_tells_is_not_kept():
    def told(a):
        return scipy.optimize.fsolve(lambda t: t**3 - a, 1.0, full_output=True)[1]["nfev"]

    with pytest.warns(FallbackWarning, match="full_output"):
        assert dm.jit(told)(8.0) == told(8.0)
