"""SciPy's solvers of initial value problems as they are, in both modes."""

import threading

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError

integrate = pytest.importorskip("scipy.integrate")
pytest.importorskip("dispatchml_scipy")

METHODS = ["RK23", "RK45", "DOP853", "Radau", "BDF"]
P = np.array([1.3, 0.4, 0.8])
CLOSE = {"BDF": 2e-5, "Radau": 1e-6}


@pytest.fixture(autouse=True, scope="module")
def enabled():
    dm.lift.enable("scipy.integrate")
    yield
    dm.lift.disable("scipy.integrate")


def oscillator(p, method, **options):
    """Frequency, damping, initial state."""

    def rhs(t, y):
        return [y[1], -p[0] * y[0] - p[1] * y[1]]

    return integrate.solve_ivp(rhs, (0.0, 1.5), [p[2], 0.1], method=method, rtol=1e-7, atol=1e-9, **options)


def differences(f, x, h=1e-4):
    return np.array(
        [(8 * (f(x + h * e) - f(x - h * e)) - f(x + 2 * h * e) + f(x - 2 * h * e)) / (12 * h) for e in np.eye(len(x))]
    )


def exact_end(p):
    """The same by the exponential of the matrix."""
    from scipy.linalg import expm

    return (expm(1.5 * np.array([[0.0, 1.0], [-p[0], -p[1]]])) @ [p[2], 0.1]) @ [1.0, 2.0]


@pytest.mark.parametrize("method", METHODS)
def test_parameters_and_initial_state(method):
    def end(p):
        return oscillator(p, method).y[:, -1] @ np.array([1.0, 2.0])

    before = end(P)
    wanted = differences(exact_end, P)
    value, gradient = dm.value_and_grad(end)(P)
    np.testing.assert_allclose(value, before, rtol=1e-13)
    np.testing.assert_allclose(gradient, wanted, atol=CLOSE.get(method, 1e-6))
    forward = [dm.jvp(end, (P,), (e,))[1] for e in np.eye(3)]
    np.testing.assert_allclose(forward, gradient, rtol=1e-9, atol=1e-12)
    assert end(P) == before


@pytest.mark.parametrize("method", ["RK45", "Radau"])
def test_second_derivatives(method):
    hessian = dm.hessian(lambda p: oscillator(p, method).y[:, -1] @ np.array([1.0, 2.0]))(P)
    wanted = [differences(lambda p, k=k: differences(exact_end, p)[k], P, 1e-3) for k in range(3)]
    np.testing.assert_allclose(hessian, wanted, atol=2e-5)


@pytest.mark.parametrize("method", METHODS)
def test_times(method):
    def end(times):
        solution = integrate.solve_ivp(
            lambda t, y: -y * t, (times[0], times[1]), [1.0], method=method, rtol=1e-8, atol=1e-10
        )
        return solution.y[0, -1]

    start, stop = 0.2, 1.1
    wanted = np.array([start, -stop]) * np.exp((start**2 - stop**2) / 2)
    np.testing.assert_allclose(dm.grad(end)(np.array([start, stop])), wanted, atol=1e-6)


@pytest.mark.parametrize("method", ["RK45", "DOP853", "BDF", "Radau", "RK23"])
def test_dense_output_and_chosen_times(method):
    times = np.array([0.2, 0.7, 1.3])

    def dense(p):
        return np.sum(oscillator(p, method, dense_output=True).sol(times)[0])

    def chosen(p):
        return np.sum(oscillator(p, method, t_eval=times).y[0])

    def exact(p):
        from scipy.linalg import expm

        matrix = np.array([[0.0, 1.0], [-p[0], -p[1]]])
        return sum((expm(t * matrix) @ [p[2], 0.1])[0] for t in times)

    wanted = differences(exact, P)
    for f in (dense, chosen):
        np.testing.assert_allclose(dm.grad(f)(P), wanted, atol=2e-4 if method == "BDF" else 2e-5)
        np.testing.assert_allclose(dm.jvp(f, (P,), (np.ones(3),))[1], dm.grad(f)(P).sum(), rtol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_the_time_of_an_event(method):
    def fall(p):
        """Height, gravity: when the ground is hit."""

        def ground(t, y):
            return y[0]

        ground.terminal = True
        solution = integrate.solve_ivp(
            lambda t, y: [y[1], -p[1]], (0.0, 10.0), [p[0], 0.0], method=method, events=ground, rtol=1e-9, atol=1e-11
        )
        return solution.t_events[0][0] + 0.1 * solution.y_events[0][0, 1]

    height, g = 2.0, 9.81
    speed = np.sqrt(2 * height * g)
    wanted = [1 / speed - 0.1 * g / speed, -speed / g**2 / 2 * 2 / 2 * 1.0 - 0.1 * height / speed]
    np.testing.assert_allclose(dm.grad(fall)(np.array([height, g])), wanted, rtol=1e-5)


@pytest.mark.parametrize("method", ["RK45", "BDF"])
def test_vectorised_functions_and_args(method):
    def end(k):
        solution = integrate.solve_ivp(
            lambda t, y, k: -k * y,
            (0.0, 1.0),
            [1.0, 2.0],
            method=method,
            args=(k,),
            vectorized=True,
            rtol=1e-7,
            atol=1e-9,
        )
        return np.sum(solution.y[:, -1])

    np.testing.assert_allclose(dm.grad(end)(1.5), -3 * np.exp(-1.5), atol=1e-5)


def test_a_matrix_that_the_user_gives():
    def end(k):
        solution = integrate.solve_ivp(
            lambda t, y: [-k * y[0] ** 2],
            (0.0, 1.0),
            [1.0],
            method="Radau",
            jac=lambda t, y: [[-2 * k * y[0]]],
            rtol=1e-8,
        )
        return solution.y[0, -1]

    np.testing.assert_allclose(dm.grad(end)(1.5), -1 / 2.5**2, atol=1e-5)


def test_step_sizes_on_demand():
    def end(p):
        return oscillator(p, "RK45").y[0, -1]

    constant = dm.grad(end)(P)
    dm.lift.enable("scipy.integrate", exact_steps=True)
    try:
        exact = dm.grad(end)(P)
    finally:
        dm.lift.enable("scipy.integrate", exact_steps=False)
    np.testing.assert_allclose(exact, differences(end, P, 1e-5), rtol=1e-6)
    assert 0 < np.abs(exact - constant).max() < 1e-4


def test_threads_with_and_without_derivatives():
    wanted, gradient = oscillator(P, "RK45").y, dm.grad(lambda p: oscillator(p, "RK45").y[0, -1])(P)
    wrong = []

    def plain():
        for _ in range(5):
            found = oscillator(P, "RK45").y
            if type(found) is not np.ndarray or not np.array_equal(found, wanted):
                wrong.append(found)

    def traced():
        for _ in range(3):
            if not np.array_equal(dm.grad(lambda p: oscillator(p, "RK45").y[0, -1])(P), gradient):
                wrong.append("gradient")

    threads = [threading.Thread(target=f) for f in (plain, traced, plain, traced)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_plain_results_and_code_come_back():
    from scipy.integrate._ivp import rk

    before = oscillator(P, "DOP853")
    assert rk.RungeKutta._step_impl.__code__.co_filename == rk.__file__
    dm.lift.disable("scipy.integrate")
    try:
        after = oscillator(P, "DOP853")
        assert not any("switched" in name for name in rk.RungeKutta.__init__.__code__.co_names)
    finally:
        dm.lift.enable("scipy.integrate")
    assert any("switched" in name for name in rk.RungeKutta.__init__.__code__.co_names)
    for name in ("t", "y"):
        assert type(before[name]) is np.ndarray
        assert np.array_equal(before[name], after[name])


def test_a_result_without_a_path_is_refused():
    def independent(p):
        return integrate.solve_ivp(lambda t, y: -y, (0.0, 1.0), [1.0]).y[0, -1]

    for call in (dm.grad(independent), dm.jacrev(independent), lambda p: dm.jvp(independent, (p,), (1.0,))):
        with pytest.raises(LiftError, match=r"independent .*test_solvers\.py:\d+.* does not depend.*allow_zero=True"):
            call(1.0)
    assert dm.grad(dm.lift(independent, allow_zero=True))(1.0) == 0.0
    assert dm.grad(lambda p: 3.0)(1.0) == 0.0


def test_what_to_enable_is_said():
    dm.lift.disable("scipy.integrate")
    try:
        with pytest.raises(LiftError, match=r"dispatchml\.lift\.enable\('scipy'\)"):
            dm.grad(lambda p: oscillator(p, "RK45").y[0, -1])(P)
    finally:
        dm.lift.enable("scipy.integrate")
