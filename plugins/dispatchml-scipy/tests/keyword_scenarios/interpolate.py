"""scipy.interpolate."""

import numpy as np
import scipy.sparse.linalg

from .moving import moved

X = np.array([0.0, 0.3, 1.0, 1.4, 2.2, 3.0])
Y = np.array([0.1, 1.0, 0.4, 0.9, -0.3, 0.6])
YY = np.stack([Y, np.cos(3 * Y)])
Q = np.array([0.13, 0.71, 1.22, 2.83, 3.11, -0.12])
INSIDE = np.array([0.13, 0.71, 1.22, 2.07])
KNOTS = np.array([0.0, 0, 0, 0, 0.5, 1.5, 3, 3, 3, 3])
GRID = (np.array([0.0, 1, 2, 3, 4, 5.5]), np.array([0.0, 1, 3, 4, 5, 6]))
VALUES = np.sin(GRID[0])[:, None] * np.cos(GRID[1])
PLACES = np.array([[0.5, 0.7], [2.2, 3.3], [1.1, 4.1]])
RANDOM = np.random.default_rng(0)
SCATTERED = np.concatenate([RANDOM.random((12, 2)), [[0, 0], [0, 1], [1, 0], [1, 1.0]]])
HEIGHTS = np.sin(SCATTERED[:, 0] * 3) + SCATTERED[:, 1] ** 2
POINTS = 0.2 + 0.5 * RANDOM.random((5, 2))
WEIGHTS = np.array([1.0, 2, 0.5, 1, 3, 1])
EXACT = {"solver": scipy.sparse.linalg.gcrotmk, "solver_args": {"rtol": 1e-13, "atol": 0.0}}
SPLINES = ("CubicSpline", "PchipInterpolator", "Akima1DInterpolator")
BETWEEN = (
    ("linear", 0),
    ("nearest", 0),
    ("nearest-up", 0),
    ("zero", 0),
    ("previous", 0),
    ("next", 0),
    ("slinear", 0),
    ("quadratic", 0),
    ("cubic", 0),
    (3, 0),
)


def places(a):
    """X, moved and in order."""
    return moved(X, a)


def fitted(f, a):
    """Knots, coefficients and degree."""
    return f.splrep(X, moved(Y, a))


SCENARIOS = {
    **{
        f"{name} {extrapolate}": lambda f, a, name=name, extrapolate=extrapolate: (lambda s: (s(INSIDE), s(INSIDE, 1)))(
            getattr(f, name)(places(a), moved(YY, a), axis=1, extrapolate=extrapolate)
        )
        for name in SPLINES
        for extrapolate in (None, True, False)
    },
    **{
        f"CubicSpline {bc}": lambda f, a, bc=bc: f.CubicSpline(places(a), moved(Y, a), bc_type=bc)(moved(Q, a))
        for bc in ("natural", "clamped", ((1, 0.3), (2, -0.4)))
    },
    "CubicSpline periodic": lambda f, a: f.CubicSpline(
        X, np.concatenate([moved(Y[:5], a), moved(Y[:1], a)]), bc_type="periodic", extrapolate="periodic"
    )(Q + 0.3 * a + 6.0),
    "Akima1DInterpolator makima": lambda f, a: f.Akima1DInterpolator(places(a), moved(Y, a), method="makima")(INSIDE),
    "CubicHermiteSpline": lambda f, a: f.CubicHermiteSpline(
        places(a), moved(YY, a), moved(YY**2, a), axis=1, extrapolate=True
    )(moved(Q, a)),
    **{
        f"{name} of pieces": lambda f, a, name=name: (lambda s: s(moved(INSIDE, a), nu=1, extrapolate=True))(
            getattr(f, name)(moved(np.stack([np.outer(Y[:3], Y[1:])] * 2, 2), a), places(a), extrapolate=False, axis=0)
        )
        for name in ("PPoly", "BPoly")
    },
    "PPoly integral": lambda f, a: f.PPoly(moved(np.outer(Y[:3], Y[1:]), a), X).integrate(
        0.2 * a, 2 * a, extrapolate=True
    ),
    "BPoly along an axis": lambda f, a: f.BPoly(moved(np.stack([np.outer(Y[:3], Y[1:])] * 2), a), X, axis=1)(INSIDE),
    "PPoly along an axis": lambda f, a: f.PPoly(moved(np.stack([np.outer(Y[:3], Y[1:])] * 2), a), X, axis=1)(INSIDE),
    "plain PPoly": lambda f, a: f.PPoly(np.outer(Y[:3], Y[1:]), X)(moved(INSIDE, a), nu=1, extrapolate=False),
    "plain PPoly integral": lambda f, a: f.PPoly(np.outer(Y[:3], Y[1:]), X).integrate(
        0.2 * a, 2 * a, extrapolate=False
    ),
    "plain BPoly": lambda f, a: f.BPoly(np.outer(Y[:3], Y[1:]), X)(moved(INSIDE, a), nu=1, extrapolate=True),
    "BSpline": lambda f, a: f.BSpline(moved(KNOTS, a) * 0 + KNOTS * a, moved(YY, a), 3, extrapolate=False, axis=1)(
        INSIDE, nu=1
    ),
    "plain BSpline": lambda f, a: f.BSpline(KNOTS, Y, 3)(moved(INSIDE, a), nu=1, extrapolate=False),
    "plain BSpline integral": lambda f, a: f.BSpline(KNOTS, Y, 3).integrate(0.2 * a, 2 * a, extrapolate=False),
    "BSpline integral": lambda f, a: f.BSpline(KNOTS, moved(Y, a), 3).integrate(0.2 * a, 2 * a),
    "periodic BSpline": lambda f, a: f.BSpline(KNOTS, moved(Y, a), 3, extrapolate="periodic")(Q + 5 * a),
    "BarycentricInterpolator": lambda f, a: f.BarycentricInterpolator(places(a), moved(YY, a), axis=1, rng=3)(
        moved(INSIDE, a)
    ),
    "BarycentricInterpolator anyhow": lambda f, a: f.BarycentricInterpolator(X, moved(Y, a), random_state=3)(INSIDE),
    "plain BarycentricInterpolator": lambda f, a: f.BarycentricInterpolator(X, Y)(moved(INSIDE, a)),
    "KroghInterpolator": lambda f, a: f.KroghInterpolator(places(a), moved(YY, a), axis=1)(moved(INSIDE, a)),
    "plain KroghInterpolator": lambda f, a: f.KroghInterpolator(X, Y)(moved(INSIDE, a)),
    "barycentric_interpolate": lambda f, a: f.barycentric_interpolate(
        places(a), moved(YY, a), moved(INSIDE, a), axis=1, der=[0, 1], rng=3
    ),
    "krogh_interpolate": lambda f, a: f.krogh_interpolate(places(a), moved(YY, a), moved(INSIDE, a), der=1, axis=1),
    "UnivariateSpline": lambda f, a: f.UnivariateSpline(
        X, moved(Y, a), w=None, bbox=[None, None], k=3, s=0, ext=0, check_finite=True
    )(moved(Q, a), nu=1, ext=1),
    "plain UnivariateSpline": lambda f, a: f.UnivariateSpline(X, Y, s=0.1)(moved(INSIDE, a), nu=1, ext=0),
    "UnivariateSpline integral": lambda f, a: f.UnivariateSpline(X, Y, s=0.1).integral(0.2 * a, 2 * a),
    "InterpolatedUnivariateSpline": lambda f, a: f.InterpolatedUnivariateSpline(
        X, moved(Y, a), w=None, bbox=[-1.0, 4.0], k=2, ext=3, check_finite=True
    )(moved(Q, a)),
    "LSQUnivariateSpline": lambda f, a: f.LSQUnivariateSpline(
        X, moved(Y, a), [1.1], w=WEIGHTS, bbox=[-0.1, 3.1], k=2, ext=1, check_finite=True
    )(moved(INSIDE, a)),
    "splrep": lambda f, a: f.splev(
        moved(Q, a),
        f.splrep(X, moved(Y, a), w=None, xb=-0.1, xe=3.2, k=3, task=0, s=0, full_output=0, per=0, quiet=1),
        der=1,
        ext=3,
    ),
    "splrep by knots": lambda f, a: f.splrep(X, moved(Y, a), w=WEIGHTS, task=-1, t=[1.1], k=2)[1],
    "splder": lambda f, a: f.splder(fitted(f, a), n=2)[1],
    "splantider": lambda f, a: f.splantider(fitted(f, a), n=2)[1],
    "splint": lambda f, a: f.splint(0.1 * a, 2 * a, fitted(f, a), full_output=0),
    "splprep": lambda f, a: f.splprep(
        [X, moved(Y, a)],
        w=None,
        u=None,
        ub=None,
        ue=None,
        k=3,
        task=0,
        s=0,
        t=None,
        full_output=0,
        nest=None,
        per=0,
        quiet=1,
    )[0][1],
    "splprep with parameters": lambda f, a: f.splprep([X, moved(Y, a)], u=X, k=3, s=0)[0][1],
    "make_interp_spline": lambda f, a: f.make_interp_spline(
        X, moved(YY, a), k=3, t=None, bc_type="natural", axis=1, check_finite=False
    )(moved(Q, a)),
    "make_interp_spline on knots": lambda f, a: f.make_interp_spline(X, moved(Y, a), t=KNOTS)(INSIDE),
    "make_lsq_spline": lambda f, a: f.make_lsq_spline(
        X, moved(YY, a), np.r_[[0] * 4, [1.5], [3] * 4], k=3, w=WEIGHTS, axis=1, check_finite=False, method="qr"
    )(moved(Q, a)),
    "make_smoothing_spline": lambda f, a: f.make_smoothing_spline(X, moved(YY, a), w=WEIGHTS, lam=0.1, axis=1)(
        moved(Q, a)
    ),
    **{
        f"interp1d {kind}": lambda f, a, kind=kind: f.interp1d(
            X, moved(YY, a), kind=kind, axis=1, copy=False, bounds_error=False, fill_value=0.3, assume_sorted=True
        )(Q)
        for kind, _ in BETWEEN
    },
    "interp1d filled": lambda f, a: f.interp1d(
        places(a), moved(Y, a), bounds_error=False, fill_value=(0.3 * a, 0.4 * a * a), assume_sorted=False
    )(moved(Q, a)),
    "interp1d beyond": lambda f, a: f.interp1d(X[::-1], moved(Y, a), fill_value="extrapolate")(moved(Q, a)),
    "plain interp1d": lambda f, a: f.interp1d(X, Y, kind="quadratic")(moved(INSIDE, a)),
    **{
        f"RegularGridInterpolator {method}": lambda f, a, method=method, more=more: f.RegularGridInterpolator(
            GRID, moved(VALUES, a), method=method, bounds_error=False, fill_value=0.3, **more
        )(moved(np.concatenate([PLACES, [[9.0, 1.0]]]), a))
        for method, more in (("linear", {}), ("slinear", {}), ("cubic", EXACT), ("quintic", EXACT))
    },
    "RegularGridInterpolator filled": lambda f, a: f.RegularGridInterpolator(
        GRID, moved(VALUES, a), bounds_error=False, fill_value=0.3 * a
    )(moved(np.concatenate([PLACES, [[9.0, 1.0]]]), a)),
    "RegularGridInterpolator beyond": lambda f, a: f.RegularGridInterpolator(
        (moved(GRID[0], a), GRID[1]), moved(VALUES, a), bounds_error=False, fill_value=None
    )(np.concatenate([PLACES, [[9.0, 1.0]]])),
    "RegularGridInterpolator slopes": lambda f, a: f.RegularGridInterpolator(GRID, moved(VALUES, a), "cubic", **EXACT)(
        PLACES, method="cubic", nu=(1, 0)
    ),
    "plain RegularGridInterpolator": lambda f, a: f.RegularGridInterpolator(GRID, VALUES, "cubic", **EXACT)(
        moved(PLACES, a), method="quintic", nu=(0, 1)
    ),
    "RegularGridInterpolator nearest": lambda f, a: f.RegularGridInterpolator(GRID, moved(VALUES, a), "nearest")(
        PLACES
    ),
    "interpn": lambda f, a: f.interpn(
        GRID, moved(VALUES, a), moved(PLACES, a), method="linear", bounds_error=False, fill_value=0.3
    ),
    "RectBivariateSpline": lambda f, a: f.RectBivariateSpline(
        *GRID, moved(VALUES, a), bbox=[None] * 4, kx=2, ky=3, s=0, maxit=20
    )(moved(np.array([0.3, 1.2]), a), [0.1, 2.2, 4.0], dx=1, dy=0, grid=True),
    "RectBivariateSpline by points": lambda f, a: f.RectBivariateSpline(*GRID, moved(VALUES, a))(
        0.3 * a, 2.2, dx=0, dy=1, grid=False
    ),
    "plain RectBivariateSpline": lambda f, a: f.RectBivariateSpline(*GRID, VALUES)(
        np.stack([0.3 * a, 1.1 * a]), [0.1, 2.2], dx=0, dy=1, grid=True
    ),
    "plain RectBivariateSpline.ev": lambda f, a: f.RectBivariateSpline(*GRID, VALUES).ev(
        moved(PLACES[:, 0], a), PLACES[:, 1], dx=1, dy=0
    ),
    **{
        f"RBFInterpolator {kernel}": lambda f, a, kernel=kernel: f.RBFInterpolator(
            SCATTERED, moved(HEIGHTS, a), neighbors=None, smoothing=0.1, kernel=kernel, epsilon=2.0, degree=2
        )(moved(POINTS, a))
        for kernel in (
            "thin_plate_spline",
            "linear",
            "cubic",
            "quintic",
            "multiquadric",
            "inverse_multiquadric",
            "inverse_quadratic",
            "gaussian",
        )
    },
    "plain RBFInterpolator": lambda f, a: f.RBFInterpolator(SCATTERED, HEIGHTS)(moved(POINTS, a)),
    "griddata": lambda f, a: f.griddata(
        SCATTERED, moved(HEIGHTS, a), POINTS, method="linear", fill_value=0.1, rescale=True
    ),
    "griddata nearest": lambda f, a: f.griddata(SCATTERED, moved(HEIGHTS, a), POINTS, method="nearest"),
    "LinearNDInterpolator": lambda f, a: f.LinearNDInterpolator(
        SCATTERED, moved(HEIGHTS, a), fill_value=0.3, rescale=True
    )(np.concatenate([POINTS, [[3.0, 1.0]]])),
    "NearestNDInterpolator": lambda f, a: f.NearestNDInterpolator(
        SCATTERED, moved(HEIGHTS, a), rescale=True, tree_options={"leafsize": 4}
    )(POINTS),
}
REFUSED = {
    "BarycentricInterpolator with weights": lambda f, a: f.BarycentricInterpolator(X, moved(Y, a), wi=np.ones(6))(0.5),
    "make_interp_spline by knots": lambda f, a: f.make_interp_spline(X, Y, t=KNOTS * a)(1.0),
    "make_lsq_spline by knots": lambda f, a: f.make_lsq_spline(X, Y, np.r_[[0] * 4, [1.1 * a], [3] * 4])(1.0),
    "make_smoothing_spline chosen": lambda f, a: f.make_smoothing_spline(X, moved(Y, a))(1.0),
    "neighbours": lambda f, a: f.RBFInterpolator(SCATTERED, moved(HEIGHTS, a), neighbors=5)(POINTS),
    "griddata cubic": lambda f, a: f.griddata(SCATTERED, moved(HEIGHTS, a), POINTS, method="cubic"),
    "interpn splinef2d": lambda f, a: f.interpn(GRID, moved(VALUES, a), PLACES, method="splinef2d"),
    "RegularGridInterpolator pchip": lambda f, a: f.RegularGridInterpolator(GRID, moved(VALUES, a), "pchip")(PLACES),
    "RectBivariateSpline smooth": lambda f, a: f.RectBivariateSpline(*GRID, moved(VALUES, a), s=1)(1.0, 1.0),
    "splrep smooth": lambda f, a: f.splrep(X, moved(Y, a), s=0.3)[1],
    "splprep smooth": lambda f, a: f.splprep([X, moved(Y, a)], s=0.3)[0][1],
}
#: SciPy solves for the coefficients of another degree by iterations that stop early.
TOLERANCE = {"plain RegularGridInterpolator": 1e-4}
#: A keyword of older versions of SciPy.
WITHOUT = {"barycentric_interpolate": ("random_state",)}
