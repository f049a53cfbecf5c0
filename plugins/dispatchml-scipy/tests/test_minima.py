"""Minima, fits and linear problems by the conditions of Karush, Kuhn and Tucker."""

import numpy as np
import pytest
import scipy.optimize
from dispatchml_scipy.errors import ConvergenceError, SingularSolutionError
from scipy.optimize import Bounds, LinearConstraint, NonlinearConstraint

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError, NonDifferentiableError


def valley(x, a):
    return (a - x[0]) ** 2 + 10 * (x[1] - x[0] ** 2) ** 2 + a * x[1]


def slope(x, a):
    inner = x[1] - x[0] ** 2
    return np.stack([-2 * (a - x[0]) - 40 * x[0] * inner, 20 * inner + a])


@pytest.mark.parametrize(
    "method",
    ["BFGS", "CG", "L-BFGS-B", "TNC", "SLSQP", "Nelder-Mead", "Powell", pytest.param("COBYQA", marks=pytest.mark.slow)],
)
def test_minimize(method, stand_in, check_function):
    settings = {"method": method, "tol": 1e-10}
    if method not in ("Nelder-Mead", "Powell", "COBYQA"):
        settings |= {"jac": slope, "tol": 1e-8}

    def found(solver):
        return lambda a: solver(valley, [1.0, 1.0], args=(a,), **settings).x[1]

    check_function(
        found(stand_in("optimize.minimize")), 1.3, plain=found(scipy.optimize.minimize), tolerance=1e-3, batch=False
    )


def test_the_minimum_itself_and_what_comes_with_it(stand_in, check_function):
    def solved(a):
        return stand_in("optimize.minimize")(lambda x: (valley(x, a), slope(x, a)), [1.0, 1.0], jac=True)

    check_function(lambda a: solved(a).fun, 1.3)

    def f(a):
        r = solved(a)
        assert r.success
        assert r.nit > 2
        assert r.message
        assert r.jac.shape == (2,)
        return r["x"][0]

    dm.grad(f)(1.3)
    xs = dm.vmap(lambda a: solved(a).nfev * 1.0)(np.array([1.3, 2.0]))
    assert xs[0] == solved(1.3).nfev
    assert xs[1] == solved(2.0).nfev


WIDE = [(-2, 2), (-2, 2)]
BOX = [(None, 0.3), (None, None)]
CONSTRAINED = {
    "pairs": lambda a: {"bounds": [(None, a / 4), (None, None)]},
    "Bounds": lambda a: {"bounds": Bounds([-5, -5], np.stack([a / 4, 5.0]))},
    "a bound that is not reached": lambda a: {"bounds": [(None, 4 * a), (-9, 9)]},
    "equal": lambda a: {"constraints": {"type": "eq", "fun": lambda x, b: x[0] * x[1] - b / 5, "args": (a,)}},
    "several": lambda a: {
        "constraints": [
            {"type": "eq", "fun": lambda x: x[0] * x[1] - a / 5},
            {"type": "ineq", "fun": lambda x: np.stack([3 - x[0], 0.1 * a + x[1]])},
        ]
    },
    "linear": lambda a: {"constraints": LinearConstraint(np.array([[1.0, 1.0]]), -np.inf, a / 4)},
    "nonlinear": lambda a: {"constraints": [NonlinearConstraint(lambda x: np.sum(x**2), a / 40, a / 4)], "bounds": BOX},
}


@pytest.mark.parametrize("name", CONSTRAINED)
def test_constraints(name, stand_in, check_function):
    def f(a):
        found = stand_in("optimize.minimize")(
            valley, [0.2, 0.5], args=(a,), method="SLSQP", tol=1e-12, **CONSTRAINED[name](a)
        )
        return found.x[0] + 2 * found.x[1]

    check_function(f, 1.3, tolerance=1e-4)


def test_trust_region_with_constraints(stand_in):
    def f(a):
        constraint = LinearConstraint(np.array([[1.0, 1.0]]), -np.inf, a / 4)
        return stand_in("optimize.minimize")(
            valley,
            [0.1, 0.1],
            args=(a,),
            jac=slope,
            hess="2-point",
            method="trust-constr",
            constraints=constraint,
            tol=1e-9,
        ).x[1]

    assert dm.grad(f)(1.3) == pytest.approx(0.06284879932, rel=1e-6)


def bowl(x, a):
    return (x - a) ** 2 + np.exp(a * x)


@pytest.mark.parametrize(
    "settings", [{}, {"method": "golden"}, {"bounds": (-4.0, 4.0), "options": {"xatol": 1e-10}}], ids=str
)
def test_minimize_scalar(settings, stand_in, check_function):
    def found(solver):
        return lambda a: solver(bowl, args=(a,), **settings).x

    check_function(
        found(stand_in("optimize.minimize_scalar")), 1.3, plain=found(scipy.optimize.minimize_scalar), tolerance=1e-3
    )


def test_minimize_scalar_at_a_bound(stand_in):
    f = dm.grad(
        lambda a: stand_in("optimize.minimize_scalar")(lambda x: x * x + x, bounds=(a, 4.0), method="bounded").x
    )
    assert f(1.3) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "name", ["fmin", "fmin_powell", "fmin_bfgs", "fmin_cg", "fmin_ncg", "fmin_l_bfgs_b", "fmin_tnc"]
)
def test_the_older_functions(name, stand_in):
    extra = {"fprime": slope} if name not in ("fmin", "fmin_powell") else {}
    quiet = {} if name == "fmin_l_bfgs_b" else {"disp": 0}

    def f(a):
        found = stand_in(f"optimize.{name}")(valley, [1.0, 1.0], args=(a,), **extra, **quiet)
        return found[0][1] if name in ("fmin_l_bfgs_b", "fmin_tnc") else found[1]

    assert dm.grad(f)(1.3) == pytest.approx(0.1636927755, rel=1e-6)
    assert dm.grad(dm.grad(f))(1.3) == pytest.approx(-0.1143506491, rel=1e-6)


def test_the_older_functions_of_one_number(stand_in):
    for name, ends in (("brent", ()), ("golden", ()), ("fminbound", (-3.0, 3.0))):
        f = dm.grad(lambda a, name=name, ends=ends: stand_in(f"optimize.{name}")(bowl, *ends, args=(a,)))
        assert f(1.3) == pytest.approx(-0.0297298318, rel=1e-6)

    def constrained(a):
        f_eqcons = lambda x, a: x[0] * x[1] - a / 5  # noqa: E731
        return stand_in("optimize.fmin_slsqp")(valley, [1.0, 1.0], args=(a,), f_eqcons=f_eqcons, iprint=0, acc=1e-10)[1]

    assert dm.grad(constrained)(1.3) == pytest.approx(0.1936441794, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("differential_evolution", lambda f, a: f(valley, WIDE, args=(a,), rng=1, popsize=5)),
        ("shgo", lambda f, a: f(valley, WIDE, args=(a,))),
        ("basinhopping", lambda f, a: f(valley, [1.0, 1.0], minimizer_kwargs={"args": (a,)}, niter=2, rng=1)),
        ("dual_annealing", lambda f, a: f(valley, WIDE, args=(a,), rng=1, maxiter=20)),
    ],
)
def test_global_methods(name, call, stand_in):
    f = dm.grad(lambda a: call(stand_in(f"optimize.{name}"), a).x[1])
    assert f(1.3) == pytest.approx(0.1636927755, rel=1e-6)


def test_no_derivative_is_an_error(stand_in):
    minimize = stand_in("optimize.minimize")
    with pytest.raises(ConvergenceError, match="Maximum number of iterations"):
        dm.grad(lambda a: minimize(valley, [5.0, 5.0], args=(a,), options={"maxiter": 2}).x[0])(1.3)
    with pytest.raises(SingularSolutionError, match="flat"):
        dm.grad(lambda a: minimize(lambda x: np.abs(x[0] - a), [0.0], method="Nelder-Mead").x[0])(1.3)
    with pytest.raises(SingularSolutionError, match="flat"):
        dm.grad(lambda a: minimize(lambda x: (x[0] + x[1] - a) ** 2, [0.0, 0.0]).x[0])(1.3)
    with pytest.raises(NonDifferentiableError, match="by chance"):
        dm.grad(lambda a: minimize(lambda x: (x[0] - 1.0) ** 2 * a, [2.0], bounds=[(1.0, None)]).x[0])(1.3)


# ---- fits ------------------------------------------------------------------------------------------------------------

T = np.linspace(0, 1, 7)
Y = np.array([1.0, 1.3, 0.8, 2.0, 2.2, 2.9, 3.1])
TIGHT = {"xtol": 1e-13, "ftol": 1e-13, "gtol": 1e-13}


def misfit(p, a):
    return a * np.exp(p[0] * T) + p[1] * T - Y


@pytest.mark.parametrize("loss", ["linear", "soft_l1", "huber", "cauchy", "arctan"])
def test_least_squares(loss, stand_in, check_function):
    settings = {} if loss == "linear" else {"loss": loss, "f_scale": 0.2}

    def found(solver):
        return lambda a: solver(misfit, [0.5, 0.2], args=(a,), **settings, **TIGHT).x[1]

    check_function(
        found(stand_in("optimize.least_squares")), 1.3, plain=found(scipy.optimize.least_squares), tolerance=2e-4
    )


def test_least_squares_with_everything(stand_in, check_function):
    least_squares = stand_in("optimize.least_squares")
    for lower in (lambda a: [-9.0, -9.0], lambda a: np.stack([a / 4, -9.0])):
        f = lambda a, lower=lower: least_squares(misfit, [0.5, 0.2], args=(1.1,), bounds=(lower(a), 9.0), **TIGHT)  # noqa: E731
        check_function(lambda a, f=f: np.sum(f(a).x) + a**2, 1.9, tolerance=1e-3, second=1e-3)
    check_function(lambda a: least_squares(misfit, [0.5, 0.2], kwargs={"a": a}).cost, 1.3)
    check_function(
        lambda a: np.sum(least_squares(misfit, [0.5, 0.2], args=(a,), **TIGHT).fun ** 3),
        1.3,
        tolerance=1e-3,
        second=1e-3,
    )
    own = lambda z: np.stack([np.log1p(z), 1 / (1 + z), -1 / (1 + z) ** 2])  # noqa: E731
    both = [
        dm.grad(lambda a, loss=loss: least_squares(misfit, [0.5, 0.2], args=(a,), loss=loss, **TIGHT).x[0])(1.3)
        for loss in (own, "cauchy")
    ]
    assert both[0] == pytest.approx(both[1])
    with pytest.raises(ConvergenceError, match="maximum number of function evaluations"):
        dm.grad(lambda a: least_squares(misfit, [0.5, 0.2], args=(a,), max_nfev=2).cost)(1.3)


def test_leastsq(stand_in, check_function):
    leastsq = stand_in("optimize.leastsq")
    check_function(lambda a: leastsq(misfit, [0.5, 0.2], args=(a,), xtol=1e-13, ftol=1e-13)[0][1], 1.3, tolerance=2e-4)
    check_function(
        lambda a: leastsq(misfit, [0.5, 0.2], args=(a,), full_output=True, xtol=1e-13, ftol=1e-13)[1][0, 1], 1.3,
        tolerance=1e-3, second=1e-3,
    )  # fmt: skip


def curve(t, p, q):
    return np.exp(p * t) + q * t


@pytest.mark.parametrize(
    "settings",
    [
        lambda a: {"ydata": a * Y},
        lambda a: {"ydata": a * Y, "p0": None},
        lambda a: {"ydata": Y, "xdata": a * T},
        lambda a: {"ydata": a * Y, "sigma": a * np.linspace(1, 2, 7), "absolute_sigma": True},
        lambda a: {"ydata": a * Y, "sigma": np.eye(7) + a * 0.1},
        lambda a: {"ydata": a * Y, "bounds": (0.0, np.stack([0.6, 9.0]))},
        lambda a: {"ydata": a * Y, "method": "dogbox", "jac": "3-point", "full_output": True},
    ],
    ids=["data", "no start", "places", "errors", "covariance", "bounds", "settings"],
)
def test_curve_fit(settings, stand_in, check_function):
    def fit(a):
        given = {"xdata": T, "p0": [0.5, 0.2], **settings(a)}
        return stand_in("optimize.curve_fit")(curve, **given)

    check_function(lambda a: fit(a)[0][0] + fit(a)[0][1] * a, 1.3, tolerance=3e-3, second=2e-3)
    slopes = dm.grad(lambda a: fit(a)[1][0, 1] * a)
    if "bounds" not in settings(1.0):
        plain = [
            scipy.optimize.curve_fit(curve, **{"xdata": T, "p0": [0.5, 0.2], **settings(a)})[1][0, 1] * a
            for a in (1.29, 1.31)
        ]
        assert slopes(1.3) == pytest.approx((plain[1] - plain[0]) / 0.02, rel=2e-2)


def test_curve_fit_refuses(stand_in):
    with pytest.raises(LiftError, match="nan_policy"):
        dm.grad(lambda a: stand_in("optimize.curve_fit")(curve, T, a * Y, nan_policy="omit")[0][0])(1.3)
    with pytest.raises(ConvergenceError, match="Optimal parameters not found"):
        dm.grad(lambda a: stand_in("optimize.curve_fit")(curve, T, a * Y, maxfev=3)[0][0])(1.3)


# ---- linear ----------------------------------------------------------------------------------------------------------

A = np.array([[1.0, 2, 0.3], [0.5, -1, 2], [2, 0.1, 1], [1, 1, 1]])
B = np.array([1.0, 2, -1, 0.5])


def test_linear_least_squares_with_bounds(stand_in, check_function):
    check_function(lambda a: stand_in("optimize.nnls")(A * a + A**2, B)[0][2], 1.3)
    check_function(lambda a: stand_in("optimize.nnls")(A, B * a)[1], 1.3)
    check_function(lambda a: np.sum(stand_in("optimize.lsq_linear")(A, a * B, bounds=(-0.2, 0.9)).x), 1.3)
    check_function(lambda a: stand_in("optimize.lsq_linear")(A * a, B, bounds=Bounds([-0.2] * 3, [0.9] * 3)).cost, 1.3)


def program(solver, a):
    rows = np.stack([np.stack([1.0, a]), np.stack([a, 1.0])])
    return solver(
        np.stack([-1.0, -2.0 * a]), A_ub=rows, b_ub=np.stack([4.0, 4.5 * a]), bounds=[(0, None), (0.1 * a, None)]
    )


def test_linprog(stand_in, check_function):
    check_function(lambda a: program(stand_in("optimize.linprog"), a).fun, 0.6)
    check_function(lambda a: program(stand_in("optimize.linprog"), a).x[0], 0.6)
    check_function(
        lambda a: stand_in("optimize.linprog")([1.0, 2.0, 0.5 * a], A_eq=[[1.0, 1.0, 1.0]], b_eq=np.stack([a])).fun, 1.3
    )
    with pytest.raises((SingularSolutionError, NonDifferentiableError)):
        dm.grad(lambda a: stand_in("optimize.linprog")([1.0, 1.0], A_eq=[[1.0, 1.0]], b_eq=np.stack([a])).x[0])(1.3)
    with pytest.raises(ConvergenceError, match="infeasible"):
        dm.grad(lambda a: stand_in("optimize.linprog")([1.0], A_ub=[[1.0]], b_ub=np.stack([-a])).fun)(1.3)
    with pytest.raises(LiftError, match="integrality"):
        dm.grad(lambda a: stand_in("optimize.linprog")(np.stack([a]), integrality=1).fun)(1.3)


def test_linear_sum_assignment(stand_in, check_function):
    costs = np.array([[4.0, 1, 3], [2, 0, 5], [3, 2, 2]])

    def best(a):
        rows, columns = stand_in("optimize.linear_sum_assignment")(costs * a)
        return (costs * a**2)[rows, columns].sum()

    check_function(best, 1.3)


def test_fits_through_points():
    """Residuals that are exactly 0 count as others do."""
    y = np.array([1.0, 2.0, 3.0])
    mean = [1 / 3, 1 / 3, 1 / 3]
    np.testing.assert_allclose(
        dm.grad(lambda y: scipy.optimize.least_squares(lambda x: x[0] - y, [0.0]).x[0])(y), mean, rtol=1e-9
    )
    np.testing.assert_allclose(
        dm.grad(lambda y: scipy.optimize.curve_fit(lambda t, a: a + 0 * t, np.arange(3.0), y)[0][0])(y), mean, rtol=1e-9
    )
    slope = dm.grad(lambda p: scipy.optimize.curve_fit(lambda t, a: a * t, np.arange(4.0), p * np.arange(4.0))[0][0])
    np.testing.assert_allclose(slope(1.0), 1.0, rtol=1e-9)


UNSOLVED = {
    "minimize": lambda p: scipy.optimize.minimize(lambda x: np.sum((x - p) ** 4), [9.0, -3.0], options={"maxiter": 1}),
    "minimize_scalar": lambda p: scipy.optimize.minimize_scalar(lambda x: (x - p) ** 4, options={"maxiter": 1}),
    "least_squares": lambda p: scipy.optimize.least_squares(lambda x: np.exp(x - p) + x**3, [9.0], max_nfev=1),
    "root": lambda p: scipy.optimize.root(lambda x: x**2 + p, [1.0]),
    "root_scalar": lambda p: scipy.optimize.root_scalar(lambda x: np.cos(x) - p * x, x0=8.0, x1=9.0, maxiter=1),
    "linprog": lambda p: scipy.optimize.linprog([-p], bounds=[(0, None)]),
}


@pytest.mark.parametrize("name", UNSOLVED)
def test_a_program_may_ask_whether_a_solver_converged(name):
    solve = UNSOLVED[name]

    def handled(p):
        r = solve(p)
        assert "message" in r or "flag" in r
        return p * p if not r.get("success", r.get("converged", False)) else np.sum(r.x)

    assert dm.value_and_grad(handled)(1.5) == (handled(1.5), 3.0)

    def careless(p):
        r = solve(p)
        return np.sum(r.root if "root" in r else r.x)

    with pytest.raises(ConvergenceError, match="did not converge"):
        dm.grad(careless)(1.5)

    def thrifty(p):
        r = solve(p)
        return p * sum(np.sum(x) for x in r.values() if isinstance(x, np.ndarray))

    with pytest.raises(ConvergenceError, match="did not converge"):
        dm.grad(thrifty)(1.5)
