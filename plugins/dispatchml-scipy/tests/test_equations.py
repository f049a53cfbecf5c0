"""odeint, LSODA and boundary value problems."""

import warnings

import numpy as np
import pytest
import scipy.integrate
from dispatchml_scipy.errors import ConvergenceError
from dispatchml_scipy.integrate import flows

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning, NonDifferentiableError

TIMES = np.linspace(0, 3, 4)
TIGHT = {"rtol": 1e-8, "atol": 1e-8}
HIDDEN = [1.0]


def oscillator(y, t, mu, c):
    return np.stack([y[1], mu * (1 - y[0] ** 2) * y[1] - c * y[0] * np.cos(t)])


ODES = {
    "start and parameters": lambda f, a: f(oscillator, np.stack([a, 1.0]), TIMES, args=(a, 1.2), **TIGHT),
    "times": lambda f, a: f(oscillator, [1.0, 1.0], TIMES * a + a / 10, args=(1.0, 1.0), **TIGHT),
    "backward": lambda f, a: f(oscillator, np.stack([a, 1.0]), -TIMES / 2, args=(a, 1.2), **TIGHT),
    "time first": lambda f, a: f(lambda t, y: -a * y + t, [1.0], TIMES, tfirst=True, mxstep=5000, **TIGHT),
    "Dfun": lambda f, a: f(lambda y, t, k: -k * y, [1.0], TIMES, args=(a,), Dfun=lambda y, t, k: [[-k]], **TIGHT),
    "full output": lambda f, a: f(oscillator, [a, 1.0], TIMES, args=(1.0, 1.0), full_output=True, hmax=0.5, **TIGHT)[0],
}


@pytest.mark.parametrize("name", ODES)
def test_odeint(name, stand_in, check_function):
    f = lambda solver: lambda a: np.sum(ODES[name](solver, a) ** 2)  # noqa: E731
    check_function(
        f(stand_in("integrate.odeint")),
        1.3,
        plain=f(scipy.integrate.odeint),
        tolerance=1e-4,
        modes=1e-6,
        second=None,
        batch=False,
    )


@pytest.mark.slow
def test_the_adjoint_equation_agrees_with_the_sensitivities(stand_in, monkeypatch):
    f = lambda a: np.sum(ODES["start and parameters"](stand_in("integrate.odeint"), a) ** 2)  # noqa: E731
    moving = lambda a: np.sum(ODES["times"](stand_in("integrate.odeint"), a) ** 2)  # noqa: E731
    first, second, third = dm.grad(f)(1.3), dm.derivative(dm.grad(f))(1.3), dm.derivative(dm.derivative(moving))(1.3)
    monkeypatch.setattr(flows, "FORWARD_SIZE", 0)
    assert dm.grad(f)(1.3) == pytest.approx(first, rel=1e-6)
    assert dm.derivative(dm.grad(f))(1.3) == pytest.approx(second, rel=1e-5)
    assert dm.derivative(dm.grad(moving))(1.3) == pytest.approx(third, rel=1e-5)


def test_many_parameters(stand_in):
    """More than are integrated forward: 3 states, 60 parameters."""
    w = np.linspace(-1, 1, 60)

    def f(w):
        first, last = np.reshape(w[:30], (10, 3)), np.reshape(w[30:], (3, 10))
        y = stand_in("integrate.odeint")(
            lambda y, t: np.matmul(last, np.tanh(np.matmul(first, y))), np.ones(3), TIMES, **TIGHT
        )
        return np.sum(y[1:] ** 2)

    g = dm.grad(f)(w)
    direction = np.cos(np.arange(60.0))
    assert np.sum(g * direction) == pytest.approx(dm.jvp(f, (w,), (direction,))[1], rel=1e-6)
    assert np.sum(g * direction) == pytest.approx((f(w + 1e-5 * direction) - f(w - 1e-5 * direction)) / 2e-5, rel=1e-5)


def test_odeint_in_a_batch_and_refusals(stand_in):
    odeint = stand_in("integrate.odeint")
    f = lambda a: odeint(lambda y, t: -a * y, [1.0], TIMES, **TIGHT)[-1, 0]  # noqa: E731
    np.testing.assert_allclose(dm.vmap(dm.grad(f))(np.array([1.0, 2.0])), [-3 * np.exp(-3), -3 * np.exp(-6)], rtol=1e-7)
    warnings.simplefilter("ignore", scipy.integrate.ODEintWarning)
    with pytest.raises(ConvergenceError, match="odeint"):
        dm.grad(lambda a: odeint(lambda y, t: a * y**2, [1.0], TIMES, mxstep=20)[-1, 0])(1.0)

    def hidden(a):
        HIDDEN[0] = a
        return odeint(lambda y, t: -HIDDEN[0] * y * a, [1.0], TIMES)[-1, 0]

    with pytest.raises(NonDifferentiableError, match="did not receive"):
        dm.grad(hidden)(1.0)


def swing(t, y, mu):
    return np.stack([y[1], mu * (1 - y[0] ** 2) * y[1] - y[0]])


IVPS = {
    "args": lambda f, a: f(swing, (0, 2.0), np.stack([a, 1.0]), args=(a,)).y[0, -1],
    "t_eval": lambda f, a: f(lambda t, y: swing(t, y, a), (0, 2.0), [2.0, 1.0], t_eval=[0.5, 1.0]).y[1, 0],
    "span": lambda f, a: f(lambda t, y: swing(t, y, 1.0), (a / 5, a), [2.0, 1.0]).y[0, -1],
    "dense": lambda f, a: f(swing, (0, 2.0), np.stack([a, 1.0]), args=(a,), dense_output=True).sol(a)[0],
    "vectorized": lambda f, a: f(lambda t, y: -a * y, (0, 1.0), [1.0], vectorized=True, max_step=0.1).y[0, -1],
}


@pytest.mark.parametrize("name", IVPS)
def test_lsoda(name, stand_in, check_function):
    def with_method(solver):
        return lambda *arguments, **keywords: solver(*arguments, method="LSODA", **TIGHT, **keywords)

    f = IVPS[name]
    check_function(
        lambda a: f(with_method(stand_in("integrate.solve_ivp")), a),
        1.3,
        plain=lambda a: f(with_method(scipy.integrate.solve_ivp), a),
        batch=name == "t_eval",
        tolerance=1e-4,
        modes=1e-6,
        second=None,
    )


def test_events(stand_in, check_function):
    def fall(a, solver=None):
        solver = solver or stand_in("integrate.solve_ivp")
        ground = lambda t, y: y[0]  # noqa: E731
        ground.terminal = True
        rate = lambda t, y: np.stack([y[1], -9.81 - a * y[1]])  # noqa: E731
        top = lambda t, y: y[1]  # noqa: E731
        return solver(rate, (0, 5.0), np.stack([1.0, a]), events=[ground, top], method="LSODA", **TIGHT)

    plain = lambda a: fall(a, scipy.integrate.solve_ivp)  # noqa: E731
    for read in (
        lambda r: r.t_events[0][0] + r.t_events[1][0],
        lambda r: r.t[-1] ** 2,
        lambda r: r.y_events[0][0, 1] + r.y[1, -1],
    ):
        check_function(
            lambda a, read=read: read(fall(a)),
            1.3,
            plain=lambda a, read=read: read(plain(a)),
            batch=False,
            second=None,
            modes=1e-6,
            tolerance=1e-4,
        )


def test_lsoda_refuses(stand_in):
    solve_ivp = stand_in("integrate.solve_ivp")
    assert solve_ivp(swing, (0, 1), [1.0, 1.0], args=(1.0,)) is NotImplemented
    end = lambda a: solve_ivp(swing, (0, 1), [1.0, 1.0], args=(a,), method="LSODA").y[0, -1]  # noqa: E731
    with pytest.warns(FallbackWarning, match="element by element.*solve_ivp"):  # each has steps of its own
        found = dm.vmap(dm.grad(end))(np.array([1.0, 1.5]))
    np.testing.assert_allclose(found, [dm.grad(end)(1.0), dm.grad(end)(1.5)])
    with pytest.raises(ValueError, match="outside"):
        dm.grad(lambda a: solve_ivp(swing, (0, 1), [a, 1.0], args=(a,), method="LSODA", dense_output=True).sol(2.0)[0])(
            1.0
        )


def test_second_derivatives_of_an_event(stand_in):
    def f(a):
        ground = lambda t, y: y[0]  # noqa: E731
        rate = lambda t, y: np.stack([y[1], -2.0 * a])  # noqa: E731
        r = stand_in("integrate.solve_ivp")(rate, (0, 3.0), [a, 1.0], events=ground, method="LSODA", **TIGHT)
        return r.t_events[0][0]

    exact = lambda a: (1 + np.sqrt(1 + 4 * a**2)) / (2 * a)  # noqa: E731
    assert dm.derivative(dm.grad(f))(1.3) == pytest.approx(dm.derivative(dm.grad(exact))(1.3), rel=1e-4)


def test_boundary_value_problems(stand_in, check_function):
    x = np.linspace(0, 1, 6)

    def bratu(solver, a):
        fun = lambda x, y: np.stack([y[1], -a * np.exp(y[0])])  # noqa: E731
        bc = lambda ya, yb: np.stack([ya[0], yb[0] - a / 10])  # noqa: E731
        return solver(fun, bc, x, np.zeros((2, 6)), tol=1e-8)

    solve_bvp = stand_in("integrate.solve_bvp")
    plain = lambda a: bratu(scipy.integrate.solve_bvp, a)  # noqa: E731
    for read in (lambda r: r.y[1, 0], lambda r: r.sol(0.37)[0] + r.sol(0.37, 1)[1]):
        check_function(
            lambda a, read=read: read(bratu(solve_bvp, a)),
            1.3,
            plain=lambda a, read=read: read(plain(a)),
            batch=False,
            tolerance=1e-5,
            second=1e-4,
        )

    def frequency(a):
        fun = lambda x, y, p: np.stack([y[1], -a * p[0] ** 2 * y[0]])  # noqa: E731
        bc = lambda ya, yb, p: np.stack([ya[0], yb[0], ya[1] - p[0]])  # noqa: E731
        start = np.stack([np.sin(np.pi * x), np.pi * np.cos(np.pi * x)])
        return solve_bvp(fun, bc, x, start, p=[3.0], tol=1e-6).p[0]

    assert dm.grad(frequency)(1.0) == pytest.approx(-np.pi / 2, rel=1e-4)
    with pytest.raises(ConvergenceError, match="solve_bvp"):
        dm.grad(lambda a: bratu(solve_bvp, a).y[1, 0])(9.0)


@pytest.mark.parametrize("solver", ["dopri5", "dop853"])
def test_ode_objects(solver):
    def f(p):
        made = scipy.integrate.ode(lambda t, y, k: [y[1], -k * y[0]]).set_integrator(solver, rtol=1e-11, atol=1e-12)
        made.set_initial_value([1.0, p[1]], 0.0).set_f_params(p[0])
        return made.integrate(0.7)[1] + made.integrate(p[0] + 1.0)[0]

    dm.lift.enable("scipy.integrate")
    try:
        p, direction, step = np.array([0.7, 1.3]), np.array([0.6, -0.8]), 1e-4
        change = (f(p + step * direction) - f(p - step * direction)) / (2 * step)
        value, gradient = dm.value_and_grad(f)(p)
        assert value == f(p)
        assert gradient @ direction == pytest.approx(change, rel=1e-6)
        assert dm.jvp(f, (p,), (direction,))[1] == pytest.approx(change, rel=1e-6)
    finally:
        dm.lift.disable("scipy.integrate")
