"""Interpolants: derivatives by data, places and points, and what is refused."""

import numpy as np
import pytest
import scipy.interpolate

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError

X = np.array([0.0, 0.3, 1.0, 1.4, 2.2, 3.0])
Y = np.array([0.1, 1.0, 0.4, 0.9, -0.3, 0.6])
Q = np.array([0.1, 0.7, 1.2, 2.9, 3.1, -0.1])
INSIDE = np.array([0.1, 0.7, 1.2, 2.1])
KNOTS = np.array([0.0, 0, 0, 0, 0.5, 1.5, 3, 3, 3, 3])
GRID = (np.array([0.0, 1, 2, 3, 4, 5.5]), np.array([0.0, 1, 3, 4, 5, 6]))
VALUES = np.sin(GRID[0])[:, None] * np.cos(GRID[1])
PLACES = np.array([[0.5, 0.7], [2.2, 3.3], [1.0, 4.1]])
RANDOM = np.random.default_rng(0)
SCATTERED = np.concatenate([RANDOM.random((12, 2)), [[0, 0], [0, 1], [1, 0], [1, 1.0]]])
HEIGHTS = np.sin(SCATTERED[:, 0] * 3) + SCATTERED[:, 1] ** 2
POINTS = 0.2 + 0.5 * RANDOM.random((5, 2))


def moved(a):
    """Places that move, and stay in order."""
    return X * a**1.5 + 0.01 * a * X**2


def squares(y):
    return np.sum(y**2)


CLASSES = {
    "CubicSpline": {},
    "PchipInterpolator": {"extrapolate": True},
    "Akima1DInterpolator": {"extrapolate": True, "method": "makima"},
    "make_interp_spline": {},
}


@pytest.mark.parametrize("name", CLASSES)
def test_piecewise_interpolants(name, stand_in, check_function):
    settings = CLASSES[name]
    for program in (
        lambda f, a: squares(f(X, Y**2 * a + np.sin(a * Y), **settings)(Q * a)),
        lambda f, a: squares(f(moved(a), Y, **settings)(Q, 1)),
        lambda f, a: f(X, Y * a, **settings).integrate(0.2 * a, 2.5 * a),
        lambda f, a: squares(f(X, np.stack([Y * a, Y**3 * a**2]), axis=1, **settings)(Q * a)),
    ):
        check_function(
            lambda a, program=program: program(stand_in(f"interpolate.{name}"), a),
            1.3,
            plain=lambda a, program=program: program(getattr(scipy.interpolate, name), a),
            rounding=1e-12,
        )


PROGRAMS = {
    **{
        f"CubicSpline, {bc}": lambda f, a, bc=bc: squares(f.CubicSpline(moved(a), a * Y**2, bc_type=bc)(Q * a))
        for bc in ("natural", "clamped", ((1, 0.3), (2, -0.4)))
    },
    "periodic": lambda f, a: squares(f.CubicSpline(moved(a), a * np.append(Y[:-1], Y[0]), bc_type="periodic")(Q * a)),
    "three": lambda f, a: squares(f.CubicSpline(moved(a)[:3], a * Y[:3])(Q * a)),
    "two": lambda f, a: squares(f.CubicSpline(moved(a)[:2], a * Y[:2])(Q * a)),
    "hermite": lambda f, a: squares(f.CubicHermiteSpline(moved(a), a * Y, Y**2 * a**2)(Q * a)),
    "akima": lambda f, a: squares(f.Akima1DInterpolator(X, a * Y)(INSIDE * a)),
    "antiderivative": lambda f, a: squares(f.CubicSpline(X, Y * a).antiderivative(2)(Q * a)),
    **{f"degree {k}": lambda f, a, k=k: squares(f.make_interp_spline(X, a * Y**2, k=k)(Q * a)) for k in (0, 1, 2, 4)},
    "degree 1 by places": lambda f, a: squares(f.make_interp_spline(moved(a), a * Y**2, k=1)(Q * a)),
    "natural": lambda f, a: squares(f.make_interp_spline(X, a * Y**2, bc_type="natural")(Q * a)),
    "ends": lambda f, a: squares(f.make_interp_spline(X, a * Y, bc_type=([(1, 0.3)], [(1, 0.2)]))(Q * a)),
    "BSpline": lambda f, a: squares(f.BSpline(KNOTS * a, Y * a, 3)(Q[:4])),
    "slope of a BSpline": lambda f, a: squares(f.BSpline(KNOTS * a, Y * a, 3)(Q[:4], 1)),
    "coefficients": lambda f, a: squares(f.BSpline(KNOTS, Y * a, 3).derivative()(Q[:4] * a)),
    "PPoly": lambda f, a: squares(f.PPoly(np.outer(Y[:3], Y[1:]) * a, X * a).antiderivative()(Q * a)),
    "BPoly": lambda f, a: squares(f.BPoly(np.outer(Y[:3], Y[1:]) * a, X * a)(Q)),
    "splrep": lambda f, a: squares(f.splev(Q * a, f.splrep(X, Y * a))),
    "splder": lambda f, a: squares(f.splev(Q * a, f.splder(f.splrep(X, Y * a)))),
    "splantider": lambda f, a: squares(f.splantider(f.splrep(X, Y * a), 2)[1]),
    "splint": lambda f, a: f.splint(0.1 * a, 2 * a, f.splrep(X, Y * a)),
    **{f"ext {e}": lambda f, a, e=e: squares(f.splev(Q * a, f.splrep(X, Y * a), ext=e)) for e in (1, 3)},
    "UnivariateSpline": lambda f, a: squares(f.UnivariateSpline(X, Y * a, s=0)(Q * a)),
    "integral": lambda f, a: f.InterpolatedUnivariateSpline(X, Y * a).integral(a / 5, a * 2),
    "LSQUnivariateSpline": lambda f, a: squares(f.LSQUnivariateSpline(X, Y * a, [1.1], k=2)(Q * a, 1)),
    "least squares": lambda f, a: squares(f.make_lsq_spline(X, Y * a, np.r_[[0] * 4, [1.5], [3] * 4])(Q * a)),
    "smoothing": lambda f, a: squares(f.make_smoothing_spline(X, Y * a, lam=0.1)(Q * a)),
    **{
        f"interp1d, {kind}": lambda f, a, kind=kind: squares(f.interp1d(X, Y**2 * a + np.sin(a * Y), kind=kind)(INSIDE))
        for kind in ("linear", "nearest", "nearest-up", "zero", "previous", "next", "slinear", "quadratic", "cubic", 3)
    },
    "interp1d by places": lambda f, a: squares(f.interp1d(moved(a)[::-1], a * Y)(INSIDE)),
    "interp1d with ends": lambda f, a: squares(f.interp1d(X, a * Y, bounds_error=False, fill_value=(-1.0, 2.0))(Q * a)),
    "interp1d beyond": lambda f, a: squares(f.interp1d(X, a * np.outer(Y, Y), fill_value="extrapolate", axis=0)(Q * a)),
    **{
        f"grid, {m}": lambda f, a, m=m: squares(f.RegularGridInterpolator(GRID, a * VALUES**2, method=m)(PLACES * a))
        for m in ("linear", "slinear", "cubic")
    },
    "grid, nearest": lambda f, a: squares(f.RegularGridInterpolator(GRID, a * VALUES, method="nearest")(PLACES)),
    "grid by places": lambda f, a: squares(f.RegularGridInterpolator((GRID[0] * a, GRID[1]), a * VALUES)(PLACES)),
    "grid in 3-d": lambda f, a: squares(
        f.RegularGridInterpolator(
            (*GRID, np.arange(3.0)), a * VALUES[..., None] + np.arange(3.0), "linear", False, 0.0
        )(a * np.array([[0.5, 0.7, 0.3], [9.0, 1, 1]]))
    ),
    "interpn": lambda f, a: squares(f.interpn(GRID, a * VALUES**2, PLACES * a)),
    "surface": lambda f, a: squares(
        f.RectBivariateSpline(*GRID, a * VALUES)(np.array([0.3, 1.2]) * a, [0.1, 2.2, 4.0])
    ),
    "slope of a surface": lambda f, a: squares(f.RectBivariateSpline(*GRID, a * VALUES).ev([0.3 * a], [2.2], dx=1)),
    **{
        f"radial, {kernel}": lambda f, a, kernel=kernel: squares(
            f.RBFInterpolator(SCATTERED, a * HEIGHTS**2, kernel=kernel, epsilon=2.0)(POINTS)
        )
        for kernel in (
            "thin_plate_spline",
            "linear",
            "cubic",
            "quintic",
            "multiquadric",
            "inverse_quadratic",
            "gaussian",
        )
    },
    "radial by everything": lambda f, a: squares(
        f.RBFInterpolator(SCATTERED**a, a * HEIGHTS, smoothing=0.1, kernel="inverse_multiquadric", epsilon=1.3)(
            POINTS * a
        )
    ),
    "griddata": lambda f, a: squares(f.griddata(SCATTERED, a * HEIGHTS, POINTS)),
    "griddata, nearest": lambda f, a: squares(f.griddata(SCATTERED, a * HEIGHTS, POINTS, method="nearest")),
    "griddata, 1-d": lambda f, a: squares(f.griddata(X, a * Y, INSIDE)),
    "polynomial": lambda f, a: squares(f.BarycentricInterpolator(X * a, Y * a**2)(Q)),
    "Krogh": lambda f, a: squares(f.KroghInterpolator(X * a, Y * a**2).derivative(Q, 2)) / 1e4,
    "krogh_interpolate": lambda f, a: squares(f.krogh_interpolate(X * a, Y * a**2, INSIDE)),
}


class StandIns:
    def __init__(self, find):
        self.find = find

    def __getattr__(self, name):
        return self.find(f"interpolate.{name}")


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name, stand_in, check_function):
    f = PROGRAMS[name]
    check_function(
        lambda a: f(StandIns(stand_in), a), 1.3, plain=lambda a: f(scipy.interpolate, a), rounding=1e-9, second=1e-4,
        tolerance=2e-5,
    )  # fmt: skip


PLAIN = {
    "CubicSpline": scipy.interpolate.CubicSpline(X, Y),
    "BSpline": scipy.interpolate.make_interp_spline(X, Y),
    "interp1d": scipy.interpolate.interp1d(X, Y),
    "interp1d, cubic": scipy.interpolate.interp1d(X, Y, kind="cubic"),
    "UnivariateSpline": scipy.interpolate.UnivariateSpline(X, Y, s=0.1),
    "BarycentricInterpolator": scipy.interpolate.BarycentricInterpolator(X, Y),
    "KroghInterpolator": scipy.interpolate.KroghInterpolator(X, Y),
    "PchipInterpolator": scipy.interpolate.PchipInterpolator(X, Y),
    "BPoly": scipy.interpolate.BPoly.from_derivatives(X, Y[:, None]),
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_interpolants_at_traced_points(name, check_function):
    """The objects are SciPy's own; calling them is what is replaced."""
    made = PLAIN[name]
    check_function(lambda a: made(a * 0.7), 1.3, rounding=1e-12)


def test_plain_interpolants_in_space(check_function):
    grid = scipy.interpolate.RegularGridInterpolator(GRID, VALUES)
    radial = scipy.interpolate.RBFInterpolator(SCATTERED, HEIGHTS)
    surface = scipy.interpolate.RectBivariateSpline(*GRID, VALUES, s=0.1)
    check_function(lambda a: np.sum(grid(PLACES * a)), 1.1)
    check_function(lambda a: np.sum(radial(POINTS * a)), 1.1, rounding=1e-9)
    check_function(lambda a: surface.ev(a, 2.0), 1.1, rounding=1e-12, batch=False)


def test_triangles_by_places_and_points(stand_in):
    f = stand_in("interpolate.LinearNDInterpolator")
    g = lambda a: squares(f(SCATTERED * a, HEIGHTS)(POINTS * a**0.5))  # noqa: E731
    plain = lambda a: squares(scipy.interpolate.LinearNDInterpolator(SCATTERED * a, HEIGHTS)(POINTS * a**0.5))  # noqa: E731
    assert dm.grad(g)(1.1) == pytest.approx((plain(1.1 + 1e-5) - plain(1.1 - 1e-5)) / 2e-5, rel=1e-6)


def test_roots(stand_in):
    f = lambda a: np.sum(stand_in("interpolate.CubicSpline")(X, Y - a / 3).roots(extrapolate=False) ** 2)  # noqa: E731
    assert dm.grad(f)(1.3) == pytest.approx((f(1.3 + 1e-5) - f(1.3 - 1e-5)) / 2e-5, rel=1e-6)


REFUSED = {
    "splrep": (lambda f, a: f.splrep(X, Y * a, s=0.3)[1][0], "chosen by the data"),
    "UnivariateSpline": (lambda f, a: f.UnivariateSpline(X, Y * a, s=1e-3)(1.0), "chosen by the data"),
    "smoothing": (lambda f, a: f.make_smoothing_spline(X, Y * a)(1.0), "Give lam="),
    "knots": (lambda f, a: f.make_interp_spline(X, Y, t=KNOTS * a)(1.0), "knots t="),
    "even degree": (lambda f, a: f.make_interp_spline(moved(a), Y, k=2)(1.0), "odd degrees"),
    "neighbors": (lambda f, a: f.RBFInterpolator(SCATTERED, HEIGHTS * a, neighbors=5)(POINTS)[0], "neighbors"),
    "cubic": (lambda f, a: f.griddata(SCATTERED, HEIGHTS * a, POINTS, method="cubic")[0], "linear and nearest"),
    "smooth surface": (lambda f, a: f.RectBivariateSpline(*GRID, VALUES * a, s=1)(1.0, 1.0)[0, 0], "s=0"),
    "pchip grid": (lambda f, a: f.RegularGridInterpolator(GRID, VALUES * a, "pchip")(PLACES)[0], "no derivative rule"),
    "repeated places": (lambda f, a: f.KroghInterpolator([0.0, 0.0, 1.0], Y[:3] * a)(0.5), "several times"),
    "akima": (lambda f, a: f.Akima1DInterpolator(X, X * a)(1.0), "not continuous"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name, stand_in):
    f, text = REFUSED[name]
    with pytest.raises(LiftError, match=text):
        dm.grad(lambda a: f(StandIns(stand_in), a))(1.3)
    with pytest.raises(ValueError, match=r"out of bounds|above|below"):
        dm.grad(lambda a: stand_in("interpolate.interp1d")(X, Y * a)(5.0))(1.0)


def test_interp1d_traced_fill():
    """What fills counts once, below, above and between."""

    def f(p):
        made = scipy.interpolate.interp1d(
            np.arange(3.0), np.array([1.0, 3.0, 2.0]) * p[0], bounds_error=False, fill_value=(p[1], p[2])
        )
        return np.sum(made([0.5, -1.0, 9.0]) * np.array([1.0, 10.0, 100.0]))

    p = np.array([1.5, 0.3, 0.7])
    value, gradient = dm.value_and_grad(f)(p)
    assert value == f(p)
    np.testing.assert_allclose(gradient, [2.0, 10.0, 100.0], rtol=1e-12)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_splprep(k):
    x = np.array([0.0, 0.4, 1.0, 1.7, 2.5, 2.9, 3.6])

    def f(y):
        tck, u = scipy.interpolate.splprep([x, y], s=0, k=k)
        return np.sum(np.stack(scipy.interpolate.splev(np.array([0.3, 0.8]), tck))) + np.sum(u * u)

    y, direction, step = np.sin(x), np.cos(3 * x), 1e-5
    change = (f(y + step * direction) - f(y - step * direction)) / (2 * step)
    value, gradient = dm.value_and_grad(f)(y)
    assert value == pytest.approx(f(y))
    assert gradient @ direction == pytest.approx(change, rel=1e-6)
    assert dm.jvp(f, (y,), (direction,))[1] == pytest.approx(change, rel=1e-6)
    with pytest.raises(LiftError, match="s=0"):
        dm.grad(lambda y: scipy.interpolate.splprep([x, y], s=0.5)[1][1])(y)
