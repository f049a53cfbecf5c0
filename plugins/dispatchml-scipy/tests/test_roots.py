"""Roots and fixed points by the implicit function theorem."""

import numpy as np
import pytest
import scipy.optimize
from dispatchml_scipy.errors import ConvergenceError, SingularSolutionError

import dispatchml as dm

HIDDEN = [1.0]


@pytest.mark.parametrize("name", ["brentq", "brenth", "ridder", "bisect", "toms748"])
def test_bracketing(name, stand_in, check_function):
    def found(solver):
        return lambda a: solver(lambda x, b: x - np.cos(b * x), 0.0, 2.0, args=(a,), xtol=1e-13)

    check_function(found(stand_in(f"optimize.{name}")), 1.2, plain=found(getattr(scipy.optimize, name)))


def test_everything_that_a_bracketing_solver_returns(stand_in):
    def f(a):
        root, r = stand_in("optimize.brentq")(lambda x: x * x - a, 0.0, 3.0, full_output=True)
        assert r.converged
        assert r.flag == "converged"
        assert r.iterations > 1
        return root + r.root

    assert dm.grad(f)(4.0) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "settings",
    [
        {"bracket": (0.5, 3.0)},
        {"bracket": (0.5, 3.0), "method": "ridder"},
        {"x0": 1.0, "method": "newton", "fprime": lambda x, b: 3 * x**2},
        {"x0": 1.0, "x1": 1.1, "method": "secant"},
        {"x0": 1.0, "method": "halley", "fprime": lambda x, b: 3 * x**2, "fprime2": lambda x, b: 6 * x},
    ],
    ids=lambda settings: settings.get("method", "bracket"),
)
def test_root_scalar(settings, stand_in, check_function):
    def found(solver):
        return lambda a: solver(lambda x, b: x**3 - b, args=(a,), **settings).root

    check_function(found(stand_in("optimize.root_scalar")), 2.0, plain=found(scipy.optimize.root_scalar))


def test_root_scalar_of_a_function_with_its_derivative(stand_in, check_function):
    check_function(
        lambda a: stand_in("optimize.root_scalar")(lambda x: (x**3 - a, 3 * x**2), x0=1.0, fprime=True).root, 2.0
    )


def test_newton(stand_in, check_function):
    newton = stand_in("optimize.newton")
    check_function(lambda a: newton(lambda x: x**3 - a, 1.0, fprime=lambda x: 3 * x**2), 2.0)
    check_function(lambda a: newton(lambda x: x**3 - a, 1.0, tol=1e-13, full_output=True)[0], 2.0)
    check_function(lambda a: np.imag(newton(lambda z: z * z + a, 0.1 + 1j, tol=1e-13)), 2.0)
    a = np.array([2.0, 5.0])
    cube_roots = dm.jacrev(lambda a: newton(lambda x: x**3 - a, np.array([1.0, 2.0])))(a)
    np.testing.assert_allclose(cube_roots, np.diag(a ** (-2 / 3) / 3), atol=1e-10)


def system(x, a):
    return [x[0] ** 2 + a * x[1] - 2, x[1] ** 3 + a * x[1] - x[0]]


@pytest.mark.parametrize("method", ["hybr", "lm", "broyden1", "df-sane", "krylov"])
def test_root(method, stand_in, check_function):
    def found(solver):
        return lambda a: solver(system, [1.0, 0.5], args=(a,), method=method, tol=1e-10).x[1]

    check_function(found(stand_in("optimize.root")), 1.1, plain=found(scipy.optimize.root))


def test_root_with_a_jacobian(stand_in, check_function):
    def with_jacobian(x):
        return np.stack([x[0] * x[1] - 1.0, x[0] - x[1] ** 2]), np.stack(
            [np.stack([x[1], x[0]]), np.stack([1.0, -2 * x[1]])]
        )

    check_function(
        lambda a: np.sum(
            stand_in("optimize.root")(
                lambda x: (with_jacobian(x)[0] - np.stack([a, 0.0]), with_jacobian(x)[1]),
                [1.0, 1.2],
                jac=True,
                tol=1e-12,
            ).x
        ),
        0.5,
    )


def test_fsolve_and_fixed_point(stand_in, check_function):
    check_function(lambda a: stand_in("optimize.fsolve")(system, [1.0, 0.5], args=a, xtol=1e-12)[1], 1.1)
    full = dm.grad(lambda a: stand_in("optimize.fsolve")(system, [1.0, 0.5], args=a, full_output=True)[0][1])
    assert full(1.1) == pytest.approx(-0.3311956767755)
    check_function(lambda a: stand_in("optimize.fixed_point")(lambda x: np.cos(a * x), 0.5, xtol=1e-12), 1.2)
    check_function(
        lambda a: np.sum(
            stand_in("optimize.fixed_point")(lambda x, b: np.cos(b * x), [0.5, 0.6], args=(a,), xtol=1e-12)
        ),
        1.2,
    )


def test_a_traced_value_in_a_global(stand_in):
    def f(a):
        HIDDEN[0] = a
        return stand_in("optimize.brentq")(lambda x: x**2 - HIDDEN[0], 0.0, 3.0)

    assert dm.grad(f)(4.0) == pytest.approx(0.25)
    HIDDEN[0] = 1.0


def test_what_is_not_traced_is_left_to_scipy(stand_in):
    made = stand_in("optimize.root")(system, [1.0, 0.5], args=(1.1,))
    expected = scipy.optimize.root(system, [1.0, 0.5], args=(1.1,))
    assert np.array_equal(made.x, expected.x)
    assert made.message == expected.message


def test_no_convergence_is_an_error(stand_in):
    with pytest.raises(ConvergenceError, match="did not converge.*The solver said"):
        dm.grad(lambda a: stand_in("optimize.root")(lambda x: x**2 + a, [1.0]).x[0])(1.0)
    with pytest.raises(ConvergenceError, match="brentq"):
        dm.grad(lambda a: stand_in("optimize.brentq")(lambda x: x**3 - a, 0.0, 3.0, maxiter=2, disp=False))(1.0)
    with pytest.raises(ConvergenceError, match="fixed_point"):
        dm.grad(lambda a: stand_in("optimize.fixed_point")(lambda x: 3 * a * x + 1, 0.5, maxiter=1))(1.0)
    with pytest.raises(ConvergenceError, match="newton"):
        dm.grad(lambda a: stand_in("optimize.newton")(lambda x: x**2 + a, 0.3, maxiter=9))(1.0)


def test_a_multiple_root_is_an_error(stand_in):
    with pytest.raises(SingularSolutionError, match="slope 0"):
        dm.grad(lambda a: stand_in("optimize.root_scalar")(lambda x: (x - 1.0) ** 3 * a, bracket=(0.0, 2.0)).root)(1.0)
    with pytest.raises(SingularSolutionError, match="singular"):
        dm.grad(
            lambda a: stand_in("optimize.fsolve")(lambda x: a * np.stack([x[0] + x[1], x[0] + x[1]]), [1.0, -1.0])[0]
        )(1.0)
