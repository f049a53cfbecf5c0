"""Integrals by Leibniz, and integrals of samples."""

import numpy as np
import pytest
import scipy.integrate
from dispatchml_scipy.errors import ConvergenceError

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError, NonDifferentiableError

HIDDEN = [1.0]

INTEGRALS = {
    "closure": lambda quad, a: quad(lambda t: np.exp(-a * t * t), 0, 2)[0],
    "args": lambda quad, a: quad(lambda t, c: np.exp(-c * t * t), 0, 2, args=(a,))[0],
    "a single arg": lambda quad, a: quad(lambda t, c: np.exp(-c * t * t), 0, 2, a)[0],
    "infinite": lambda quad, a: quad(lambda t: np.exp(-a * t * t), -np.inf, np.inf)[0],
    "half infinite": lambda quad, a: quad(lambda t: np.exp(-a * t * t), a, np.inf)[0],
    "limits": lambda quad, a: quad(lambda t: np.exp(-a * t * t), -a, a**2)[0],
    "turned round": lambda quad, a: quad(lambda t: np.exp(-a * t * t), a, 0)[0],
    "a singular end": lambda quad, a: quad(lambda t: t ** (a - 1.8), 0, 1)[0],
    "a peak": lambda quad, a: quad(lambda t: np.exp(-20 * (t - a / 100) ** 2) * a, -50, 50, limit=200)[0],
    "points": lambda quad, a: quad(lambda t: np.abs(t - 0.3) * np.exp(-a * t), 0, 1, points=[0.3])[0],
    "cos": lambda quad, a: quad(lambda t: np.exp(-a * t), 0, a, weight="cos", wvar=3.0)[0],
    "cauchy": lambda quad, a: quad(lambda t: np.exp(-a * t), -1, 2.0, weight="cauchy", wvar=0.5)[0],
    "alg": lambda quad, a: quad(lambda t: np.exp(-a * t), -1, 2.0, weight="alg", wvar=(-0.5, 0.5))[0],
    "complex": lambda quad, a: np.real(quad(lambda t: np.exp(1j * a * t), 0, a, complex_func=True)[0]),
}


@pytest.mark.parametrize("name", INTEGRALS)
def test_quad(name, stand_in, check_function):
    f = INTEGRALS[name]
    check_function(
        lambda a: f(stand_in("integrate.quad"), a),
        1.3,
        plain=lambda a: f(scipy.integrate.quad, a),
        tolerance=1e-6,
        second=None if name == "a singular end" else 1e-5,
    )


def test_third_derivatives(stand_in):
    f = lambda a: stand_in("integrate.quad")(lambda t: np.exp(a * t), 0, 1)[0]  # noqa: E731
    exact = scipy.integrate.quad(lambda t: t**3 * np.exp(1.3 * t), 0, 1)[0]
    assert dm.derivative(dm.grad(dm.derivative(f)))(1.3) == pytest.approx(exact)


def test_parameters_in_arrays(stand_in):
    w = np.array([0.3, -0.2, 0.5])
    f = lambda w: stand_in("integrate.quad")(lambda t: np.sum(w * np.array([1.0, t, t**2])) ** 2, 0, 1)[0]  # noqa: E731
    hilbert = 1 / (np.arange(3)[:, None] + np.arange(3) + 1)
    np.testing.assert_allclose(dm.grad(f)(w), 2 * hilbert @ w)
    np.testing.assert_allclose(dm.hessian(f)(w), 2 * hilbert)


def test_what_quad_returns(stand_in):
    quad = stand_in("integrate.quad")

    def f(a):
        value, error, about = quad(lambda t: np.exp(-a * t), 0, 1, full_output=True)
        assert error < 1e-10
        assert about["neval"] == 21
        return value

    assert dm.grad(f)(1.0) == pytest.approx(2 / np.e - 1)


def test_quad_refuses(stand_in):
    quad = stand_in("integrate.quad")
    with pytest.raises(LiftError, match="wvar"):
        dm.grad(lambda a: quad(np.exp, 0, 1, weight="cos", wvar=a)[0])(1.0)
    with pytest.raises(NonDifferentiableError, match="singular at the limits"):
        dm.grad(lambda a: quad(np.exp, 0, a, weight="alg", wvar=(-0.5, 0.5))[0])(1.0)
    assert dm.grad(lambda b: quad(lambda t: np.exp(-t), 0, b)[0])(np.inf) == 0.0
    assert dm.derivative(lambda a: quad(lambda t: np.exp(-a * t), 0, a * np.inf)[0])(2.0) == pytest.approx(-0.25)
    with pytest.raises(ConvergenceError, match="integral of the derivative"):
        dm.grad(lambda a: quad(lambda t: t * np.cos(a / t**3), 0, 1)[0])(1.0)

    def hidden(a):
        HIDDEN[0] = a
        return quad(lambda t: t * HIDDEN[0] * a, 0, 1)[0]

    with pytest.raises(NonDifferentiableError, match="did not receive"):
        dm.grad(hidden)(1.0)


def test_quad_vec(stand_in, check_function):
    def f(a):
        found, error = stand_in("integrate.quad_vec")(lambda t: np.exp(-a * t * np.arange(3.0)), 0, a)
        assert error < 1e-6
        return np.sum(found**2)

    check_function(f, 1.3)


MULTIPLE = {
    "dblquad": lambda f, a: f(lambda y, x: np.exp(-a * x * y), 0, a, lambda x: x / 2, lambda x: a * x)[0],
    "dblquad with numbers": lambda f, a: f(lambda y, x, c: c * x * y + y**2, 0, 1, 0, a, args=(a,))[0],
    "nquad": lambda f, a: f(lambda x, y, c: np.exp(-c * x * y), [(0, a), (0, 1)], args=(a,), opts={"epsabs": 1e-9})[0],
}


@pytest.mark.parametrize("name", MULTIPLE)
def test_multiple_integrals(name, stand_in):
    f = MULTIPLE[name]
    kind = name.split()[0]
    traced = lambda a: f(stand_in(f"integrate.{kind}"), a)  # noqa: E731
    plain = lambda a: f(getattr(scipy.integrate, kind), a)  # noqa: E731
    value, slope = dm.value_and_grad(traced)(1.3)
    assert value == plain(1.3)
    assert slope == pytest.approx((plain(1.3 + 1e-4) - plain(1.3 - 1e-4)) / 2e-4, rel=1e-6)
    assert dm.derivative(traced)(1.3) == pytest.approx(slope)


@pytest.mark.slow
def test_a_triple_integral(stand_in):
    f = lambda a: stand_in("integrate.tplquad")(lambda z, y, x: a * x, 0, 1, 0, lambda x: x, 0, lambda x, y: x + y)[0]  # noqa: E731
    value, slope = dm.jvp(f, (1.3,), (1.0,))
    assert slope == pytest.approx(value / 1.3)


def test_fixed_quad(stand_in, check_function):
    check_function(lambda a: stand_in("integrate.fixed_quad")(lambda x: np.exp(-a * x), 0, a, n=4)[0], 1.3)


X = np.array([0.0, 0.1, 0.3, 0.4, 0.8, 0.9, 1.2, 1.3])
SAMPLES = np.sin(X) + 0.2


@pytest.mark.parametrize("count", [2, 3, 7, 8])
@pytest.mark.parametrize("name", ["trapezoid", "simpson", "cumulative_trapezoid", "cumulative_simpson"])
def test_samples(name, count, stand_in, check_function):
    y, x = SAMPLES[:count], X[:count]
    for call in (
        lambda f, a: f(y**a, dx=a),
        lambda f, a: f(y * a, x=a * x ** (1 + a)),
        lambda f, a: f(np.outer(y * a, y**a), x=x, axis=0),
    ):
        check_function(
            lambda a, call=call: np.sum(call(stand_in(f"integrate.{name}"), a) ** 2),
            1.3,
            plain=lambda a, call=call: np.sum(call(getattr(scipy.integrate, name), a) ** 2),
        )


def test_samples_with_an_initial_value(stand_in, check_function):
    f = stand_in("integrate.cumulative_simpson")
    check_function(lambda a: np.sum(f(np.stack([SAMPLES * a, SAMPLES**a]), x=X, initial=a) ** 2), 1.3)
    check_function(lambda a: np.sum(stand_in("integrate.cumulative_trapezoid")(SAMPLES**a, x=X, initial=0) ** 2), 1.3)
    check_function(lambda a: stand_in("integrate.romb")(np.linspace(1, 2, 9) ** a, dx=a), 1.3)


def kink(x, p):
    return abs(x - p) * np.sin(p)


def jump(x, p):
    return np.sin(x) if x < p else 2.0 + p


@pytest.mark.parametrize("integrand", [kink, jump])
@pytest.mark.parametrize("ends", [(0.0, 1.0), (1.0, 0.0)])
def test_points_that_move_with_a_kink_or_a_jump(integrand, ends):
    a, b = ends
    exact = {
        kink: lambda p: (b - a) * np.sin(p) * (p * p + (1 - p) ** 2) / 2,
        jump: lambda p: (b - a) * (1 - np.cos(p) + (2 + p) * (1 - p)),
    }[integrand]

    def by_points(p):
        return scipy.integrate.quad(integrand, a, b, args=(p,), points=[p, 0.8])[0]

    def by_pieces(p):
        return sum(scipy.integrate.quad(integrand, *ends, args=(p,))[0] for ends in ((a, p), (p, b)))

    def by_vectors(p):
        made = scipy.integrate.quad_vec(lambda x: np.array([1.0, 2.0]) * integrand(x, p), a, b, points=[p])[0]
        return np.sum(made) / 3

    for f in (by_points, by_pieces, by_vectors):
        assert dm.value_and_grad(f)(0.3) == pytest.approx((exact(0.3), dm.grad(exact)(0.3)), rel=1e-7)
        assert dm.grad(dm.grad(f))(0.3) == pytest.approx(dm.grad(dm.grad(exact))(0.3), rel=1e-6)
        assert dm.derivative(dm.derivative(f))(0.3) == pytest.approx(dm.grad(dm.grad(exact))(0.3), rel=1e-6)


def test_a_removable_singularity_at_a_limit_keeps_its_value():
    def f(a):
        return scipy.integrate.quad(lambda x: (np.exp(x) - 1) / x if x else 1.0, a, 1.0)[0]

    assert dm.grad(f)(0.0) == -1.0


def test_an_integrand_for_all_places_is_called_once_for_many():
    calls = []

    def f(a):
        def integrand(x):
            calls.append(np.shape(x))
            return np.exp(-a * x * x)

        return scipy.integrate.quad(integrand, 0.0, np.inf)[0]

    dm.grad(f)(1.3)
    assert calls.count(()) < 400  # SciPy's own, and those that are compared
    assert any(shape for shape in calls)


@pytest.mark.parametrize("limits", [(0.2, np.inf), (np.inf, 0.2), (-np.inf, 0.2), (-np.inf, np.inf), (np.inf, -np.inf)])
def test_infinite_limits(limits):
    def f(a):
        return scipy.integrate.quad(lambda x: np.exp(-a * x * x + x), *limits)[0]

    assert dm.grad(f)(1.3) == pytest.approx((f(1.3 + 1e-4) - f(1.3 - 1e-4)) / 2e-4, rel=1e-6)


def test_an_integrand_that_sees_more_than_its_place_is_called_for_each():
    def f(a):
        return scipy.integrate.quad(lambda x: a * x * (1 + np.size(x)), 0.0, 1.0)[0]

    assert dm.grad(f)(1.3) == pytest.approx(1.0)


def test_tanhsinh(check_function):
    check_function(lambda a: scipy.integrate.tanhsinh(lambda x: np.exp(-a * x * x), a, 2.0).integral, 0.7, batch=False)
    several = np.array([0.2, 0.4])
    check_function(
        lambda a: np.sum(scipy.integrate.tanhsinh(lambda x, c: np.exp(-c * x), several, a + 1, args=(a,)).integral),
        0.7, batch=False,
    )  # fmt: skip
    with pytest.raises(LiftError, match="log=True"):
        dm.grad(lambda a: scipy.integrate.tanhsinh(lambda x: -a * x, 0.0, 1.0, log=True).integral)(1.0)
