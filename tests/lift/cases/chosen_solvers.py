"""Chosen: differential equations, integrals, roots, minima, fits of SciPy."""

import numpy as np
from lifted_harness import case
from scipy import integrate, interpolate, linalg, optimize

GROUP = "chosen"
TIMES = np.linspace(0.0, 2.0, 9)
DATA = 2.0 * np.exp(-0.8 * TIMES) + 0.1 * np.sin(5 * TIMES)


def oscillator(p):
    def right(t, y):
        return [y[1], -p[0] * y[0] - p[1] * y[1] * abs(y[1])]

    return right


def with_method(method):
    @case(f"scipy.integrate.solve_ivp, {method}", [1.7, 0.3, 1.0], tolerance=1e-5, second=method in ("RK45", "Radau"))
    def solved(p):
        solution = integrate.solve_ivp(oscillator(p), (0.0, 1.5), [p[2], 0.2], method=method, rtol=1e-9, atol=1e-11)
        return solution.y[:, -1]

    return solved


for method in ("RK23", "RK45", "DOP853", "Radau", "BDF", "LSODA"):
    with_method(method)


@case("scipy.integrate.solve_ivp, event", [1.7, 0.3, 1.0], tolerance=1e-5)
def _(p):
    def crossing(t, y):
        return y[0]

    crossing.terminal = True
    crossing.direction = -1
    solution = integrate.solve_ivp(oscillator(p), (0.0, 5.0), [p[2], 0.2], events=crossing, rtol=1e-9, atol=1e-11)
    return solution.t_events[0], solution.y_events[0]


@case("scipy.integrate.solve_ivp, dense output", [1.7, 0.3, 1.0, 0.6], tolerance=1e-4)
def _(p):
    solution = integrate.solve_ivp(oscillator(p), (0.0, 2.0), [p[2], 0.2], dense_output=True, rtol=1e-10, atol=1e-12)
    return solution.sol(p[3])


@case("scipy.integrate.solve_ivp, t_eval", [1.7, 0.3, 1.0], tolerance=1e-4)
def _(p):
    solution = integrate.solve_ivp(oscillator(p), (0, 2), [p[2], 0.2], t_eval=TIMES, rtol=1e-10, atol=1e-12)
    return solution.y


@case("scipy.integrate.solve_ivp, time span", [0.3, 1.5, 1.7], tolerance=1e-5)
def _(p):
    def right(t, y):
        return -p[2] * y * np.sin(t)

    return integrate.solve_ivp(right, (p[0], p[1]), np.array([1.0, 0.3]), rtol=1e-9, atol=1e-11).y[:, -1]


@case("scipy.integrate.solve_ivp, args and vectorized", [1.7, 0.3], tolerance=1e-5)
def _(p):
    def right(t, y, a, b):
        return np.array([y[1], -a * y[0] - b * y[1]])

    solution = integrate.solve_ivp(
        right, (0, 1.5), [1.0, 0.0], args=(p[0], p[1]), method="BDF", vectorized=True, rtol=1e-9, atol=1e-11
    )
    return solution.y[:, -1]


@case("scipy.integrate.solve_ivp, complex", [1.7, 0.3], tolerance=1e-5)
def _(p):
    def right(t, y):
        return (1j * p[0] - p[1]) * y

    return integrate.solve_ivp(right, (0, 1.5), [1.0 + 0j], rtol=1e-9, atol=1e-11).y[:, -1]


@case("scipy.integrate.odeint", [1.7, 0.3, 1.0], tolerance=1e-5)
def _(p):
    def right(y, t, a, b):
        return [y[1], -a * y[0] - b * y[1]]

    return integrate.odeint(right, [p[2], 0.2], TIMES, args=(p[0], p[1]), rtol=1e-9, atol=1e-11)


@case("scipy.integrate.solve_bvp", [1.7, 0.3], tolerance=1e-4, second=False)
def _(p):
    def right(x, y):
        return np.vstack((y[1], -p[0] * np.sin(y[0])))

    def ends(left, right):
        return np.array([left[0], right[0] - p[1]])

    x = np.linspace(0, 1, 21)
    solution = integrate.solve_bvp(right, ends, x, np.zeros((2, x.size)), tol=1e-8)
    return solution.sol(0.4)


@case("scipy.integrate.quad", [0.7, 1.3, 0.2])
def _(p):
    value, _ = integrate.quad(lambda x, a: np.exp(-a * x * x) * np.cos(p[1] * x), p[2], 2.0, args=(p[0],))
    return value


@case("scipy.integrate.quad, infinite", [0.7, 1.3])
def _(p):
    return integrate.quad(lambda x: np.exp(-p[0] * x * x) * np.cos(p[1] * x), -np.inf, np.inf)[0]


@case("scipy.integrate.dblquad", [0.7, 1.3])
def _(p):
    return integrate.dblquad(lambda y, x: np.exp(-p[0] * x * y), 0.0, p[1], lambda x: x, lambda x: x + 1.0)[0]


@case("scipy.integrate.quad_vec", [0.7, 1.3])
def _(p):
    return integrate.quad_vec(lambda x: np.array([np.exp(-p[0] * x), np.sin(p[1] * x)]), 0.0, 1.5)[0]


@case("scipy.integrate.simpson", [0.7, 1.3])
def _(p):
    return integrate.simpson(np.exp(-p[0] * TIMES), x=TIMES * p[1])


@case("scipy.integrate.cumulative_trapezoid", [0.7, 1.3])
def _(p):
    return integrate.cumulative_trapezoid(np.exp(-p[0] * TIMES), x=TIMES * p[1], initial=0)


@case("scipy.integrate.fixed_quad", [0.7, 1.3])
def _(p):
    return integrate.fixed_quad(lambda x: np.exp(-p[0] * x), 0.0, p[1], n=5)[0]


@case("scipy.optimize.root, hybr", [0.7, 1.3])
def _(p):
    def residual(x):
        return [x[0] + p[0] * x[1] ** 2 - p[1], np.exp(x[0]) - x[1] - 0.5]

    return optimize.root(residual, [0.2, 0.5], tol=1e-12).x


@case("scipy.optimize.fsolve", [0.7, 1.3])
def _(p):
    def residual(x, a, b):
        return [x[0] + a * x[1] ** 2 - b, np.exp(x[0]) - x[1] - 0.5]

    return optimize.fsolve(residual, [0.2, 0.5], args=(p[0], p[1]), xtol=1e-13)


@case("scipy.optimize.brentq", [0.7, 1.3])
def _(p):
    return optimize.brentq(lambda x, b: np.exp(x * p[0]) - b - 1.0, 0.0, 4.0, args=(p[1],), xtol=1e-14)


@case("scipy.optimize.newton", [0.7, 1.3])
def _(p):
    return optimize.newton(lambda x: np.exp(x * p[0]) - p[1] - 1.0, 1.0, tol=1e-14)


@case("scipy.optimize.root_scalar", [0.7, 1.3])
def _(p):
    return optimize.root_scalar(lambda x: np.cos(x * p[0]) - p[1] * x, bracket=[0.0, 2.0], xtol=1e-14).root


@case("scipy.optimize.fixed_point", [0.7, 1.3], tolerance=1e-5)
def _(p):
    return optimize.fixed_point(lambda x: p[0] * np.cos(x) / p[1], 0.5, xtol=1e-13)


def objective(x, p):
    return (x[0] - p[0]) ** 2 + 2 * (x[1] - p[1] * x[0]) ** 2 + 0.1 * np.cos(x[0])


def with_minimizer(method):
    @case(f"scipy.optimize.minimize, {method}", [0.7, 1.3], tolerance=2e-4, second=method == "BFGS")
    def minimum(p):
        tight = {"BFGS": {"gtol": 1e-9}, "L-BFGS-B": {"ftol": 1e-15, "gtol": 1e-9}, "SLSQP": {"ftol": 1e-15}}
        tight["Nelder-Mead"] = {"xatol": 1e-10, "fatol": 1e-14}
        return optimize.minimize(objective, [0.1, 0.2], args=(p,), method=method, options=tight[method]).x

    return minimum


for method in ("BFGS", "L-BFGS-B", "SLSQP", "Nelder-Mead"):
    with_minimizer(method)


@case("scipy.optimize.minimize, bounds", [0.7, 1.3], tolerance=1e-4, second=False)
def _(p):
    result = optimize.minimize(objective, [0.1, 0.2], args=(p,), bounds=[(0.0, 0.5), (None, None)], tol=1e-12)
    return result.x, result.fun


@case("scipy.optimize.minimize, constraint", [0.7, 1.3], tolerance=1e-4, second=False)
def _(p):
    constraint = {"type": "eq", "fun": lambda x: x[0] + x[1] - p[0] * p[1]}
    return optimize.minimize(objective, [0.1, 0.2], args=(p,), constraints=[constraint], tol=1e-12).x


@case("scipy.optimize.minimize_scalar", [0.7, 1.3], tolerance=1e-4)
def _(p):
    result = optimize.minimize_scalar(lambda x: (x - p[0]) ** 2 + np.exp(p[1] * x), tol=1e-10)
    return result.x, result.fun


@case("scipy.optimize.least_squares", [0.7, 1.3], tolerance=1e-5)
def _(p):
    def residuals(x):
        return x[0] * np.exp(-x[1] * TIMES) - DATA * p[0] - 0.1 * p[1] * TIMES

    return optimize.least_squares(residuals, [1.0, 1.0], xtol=1e-14, ftol=1e-14, gtol=1e-14).x


@case("scipy.optimize.curve_fit", [0.7, 1.3], tolerance=1e-5, second=False)
def _(p):
    values, covariance = optimize.curve_fit(
        lambda t, a, b: a * np.exp(-b * t),
        TIMES,
        DATA * p[0] + 0.1 * p[1] * TIMES,
        p0=[1.0, 1.0],
        xtol=1e-14,
        ftol=1e-14,
    )
    return values, covariance


@case("scipy.optimize.linprog", [0.7, 1.3, 4.0])
def _(p):
    result = optimize.linprog([-p[0], -p[1]], A_ub=[[1.0, 2.0], [3.0, 1.0]], b_ub=np.array([p[2], 6.0]))
    return result.fun, result.x


@case("scipy.optimize.nnls", [0.7, 1.3, 0.4])
def _(p):
    return optimize.nnls(np.array([[1.0, 0.2], [0.3, 2.0], [0.5, p[2]]]), np.array([p[0], p[1], 1.0]))[0]


@case("scipy.optimize.approx_fprime", [0.7, 1.3], tolerance=1e-4, second=False)
def _(p):
    return optimize.approx_fprime(np.array([0.3, 0.4]), lambda x: np.sin(p[0] * x[0]) * x[1] ** p[1], 1e-7)


KNOTS = np.array([0.0, 0.4, 1.0, 1.7, 2.5])


@case("scipy.interpolate.CubicSpline", [0.7, 1.3, 0.2, -0.5, 0.35, 0.6])
def _(p):
    return interpolate.CubicSpline(KNOTS, p[:5])(np.array([p[5], 2.0 * p[5]]))


@case("scipy.interpolate.CubicSpline, knots and derivative", [0.0, 0.5, 1.2, 2.0, 0.8])
def _(p):
    spline = interpolate.CubicSpline(p[:4], np.sin(p[:4] * 2.0), bc_type="natural")
    return spline(p[4]), spline(p[4], 1), spline.integrate(0.1, 1.5)


@case("scipy.interpolate.PchipInterpolator", [0.7, 1.3, 1.6, 2.5, 2.9, 0.6])
def _(p):
    return interpolate.PchipInterpolator(KNOTS, p[:5])(p[5])


@case("scipy.interpolate.Akima1DInterpolator", [0.7, 1.3, 0.2, -0.5, 0.35, 0.6])
def _(p):
    return interpolate.Akima1DInterpolator(KNOTS, p[:5])(p[5])


@case("scipy.interpolate.interp1d", [0.7, 1.3, 0.2, -0.5, 0.35, 0.6])
def _(p):
    return interpolate.interp1d(KNOTS, p[:5])(p[5]), interpolate.interp1d(KNOTS, p[:5], kind="cubic")(p[5])


@case("scipy.interpolate.make_interp_spline", [0.7, 1.3, 0.2, -0.5, 0.35, 0.6])
def _(p):
    return interpolate.make_interp_spline(KNOTS, p[:5], k=3)(p[5])


@case("scipy.interpolate.UnivariateSpline", [0.7, 1.3, 0.2, -0.5, 0.35, 0.6])
def _(p):
    return interpolate.UnivariateSpline(KNOTS, p[:5], s=0)(p[5])


@case("scipy.interpolate.RegularGridInterpolator", [0.7, 1.3, 0.2, -0.5, 0.35, 0.6, 0.8, 0.3])
def _(p):
    grid = interpolate.RegularGridInterpolator(([0.0, 1.0, 2.0], [0.0, 1.0]), p[:6].reshape(3, 2))
    return grid(np.array([[p[6], p[7]], [1.5, 0.5]]))


@case("scipy.interpolate.RBFInterpolator", [0.7, 1.3, 0.2, -0.5, 0.6, 0.8])
def _(p):
    places = np.array([[0.0, 0.0], [1.0, 0.2], [0.3, 1.0], [1.2, 1.1]])
    return interpolate.RBFInterpolator(places, p[:4])(p[4:].reshape(1, 2))


@case("scipy.interpolate.griddata", [0.7, 1.3, 0.2, -0.5, 0.4, 0.3])
def _(p):
    places = np.array([[0.0, 0.0], [1.0, 0.2], [0.3, 1.0], [1.2, 1.1]])
    return interpolate.griddata(places, p[:4], p[4:].reshape(1, 2), method="linear")


@case("scipy.linalg.solve", [2.3, 0.5, 0.4, 1.6, 1.0, 2.0])
def _(p):
    return linalg.solve(p[:4].reshape(2, 2), p[4:])


@case("scipy.linalg.cho_solve", [2.3, 0.5, 1.6, 1.0, 2.0])
def _(p):
    return linalg.cho_solve(linalg.cho_factor(np.array([[p[0], p[1]], [p[1], p[2]]])), p[3:])


@case("scipy.linalg.lu_solve", [2.3, 0.5, 0.4, 1.6, 1.0, 2.0])
def _(p):
    return linalg.lu_solve(linalg.lu_factor(p[:4].reshape(2, 2)), p[4:])


@case("scipy.linalg.eigh", [2.3, 0.5, 0.4, 1.6, 0.2, 3.0])
def _(p):
    matrix = np.array([[p[0], p[1], p[2]], [p[1], p[3], p[4]], [p[2], p[4], p[5]]])
    values, vectors = linalg.eigh(matrix)
    return values, np.abs(vectors)


@case("scipy.linalg.svd", [2.3, 0.5, 0.4, 1.6, -0.7, 0.9])
def _(p):
    u, s, vh = linalg.svd(p.reshape(3, 2), full_matrices=False)
    return s, u @ vh


@case("scipy.linalg.sqrtm", [2.3, 0.5, 0.4, 1.6])
def _(p):
    return linalg.sqrtm(p.reshape(2, 2))


@case("scipy.linalg.logm", [2.3, 0.5, 0.4, 1.6])
def _(p):
    return linalg.logm(p.reshape(2, 2))


@case("scipy.linalg.solve_banded", [0.5, 0.4, 2.6, 2.2, 3.1, 0.3, 0.8, 1.0, 2.0, 0.5])
def _(p):
    band = np.array([[0.0, p[0], p[1]], [p[2], p[3], p[4]], [p[5], p[6], 0.0]])
    return linalg.solve_banded((1, 1), band, p[7:])


@case("scipy.linalg.solve_toeplitz", [2.5, 0.4, 0.6, 1.2, 0.1, -0.3])
def _(p):
    return linalg.solve_toeplitz(p[:3], p[3:])


@case("scipy.linalg.lstsq", [2.3, 0.5, 0.4, 1.6, -0.7, 0.9, 1.0, 2.0, 3.0])
def _(p):
    return linalg.lstsq(p[:6].reshape(3, 2), p[6:])[0]


@case("scipy.linalg.solve_sylvester", [2.3, 0.5, 0.4, 1.6, 1.0, 0.2, 0.1, 1.1, 0.5, 0.6, 0.7, 0.8])
def _(p):
    return linalg.solve_sylvester(p[:4].reshape(2, 2), p[4:8].reshape(2, 2), p[8:].reshape(2, 2))
