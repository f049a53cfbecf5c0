"""scipy.optimize."""

import numpy as np

from .moving import moved

T = np.linspace(0, 1, 7)
Y = np.array([1.0, 1.3, 0.8, 2.0, 2.2, 2.9, 3.1])
MATRIX = np.array([[1.0, 2, 0.3], [0.5, -1, 2], [2, 0.1, 1], [1, 1, 1]])
VECTOR = np.array([1.0, 2, -1, 0.5])
WIDE = [(-2.0, 3.0), (-2.0, 3.0)]
START = [0.9, 0.8]


def valley(x, a):
    """A function with one minimum."""
    return (a - x[0]) ** 2 + 10 * (x[1] - x[0] ** 2) ** 2 + a * x[1]


def slope(x, a):
    """Its gradient."""
    inner = x[1] - x[0] ** 2
    return np.stack([-2 * (a - x[0]) - 40 * x[0] * inner, 20 * inner + a])


def bending(x, a):
    """Its Hessian."""
    return np.array([[2 - 40 * (x[1] - 3 * x[0] ** 2), -40 * x[0]], [-40 * x[0], 20.0]])


def bent(x, p, a):
    """The Hessian times a vector."""
    return bending(x, a) @ p


def seen(*arguments, **keywords):
    """A callback."""


def bowl(x, a):
    """A function of one number."""
    return (x - a) ** 2 + np.exp(a * x)


def cubic(x, b):
    """An equation."""
    return x**3 - b


def of_cubic(x, b):
    """Its derivative."""
    return 3 * x**2


def of_of_cubic(x, b):
    """Its second derivative."""
    return 6 * x


def system(x, a):
    """Two equations."""
    return [x[0] ** 2 + a * x[1] - 2, x[1] ** 3 + a * x[1] - x[0]]


def of_system(x, a):
    """Their Jacobian."""
    return np.array([[2 * x[0], a], [-1.0, 3 * x[1] ** 2 + a]])


def misfit(x, a):
    """Residuals."""
    return np.exp(x[0] * T) + x[1] * T - a * Y


def of_misfit(x, a):
    """Their Jacobian."""
    return np.stack([T * np.exp(x[0] * T), T], axis=1)


def curve(t, p, q):
    """A model."""
    return np.exp(p * t) + q * t


SCENARIOS = {
    **{
        name: lambda f, a, name=name: getattr(f, name)(
            cubic, 0.5, 3.0, args=(a,), xtol=1e-13, rtol=1e-13, maxiter=200, full_output=True, disp=False
        )[0]
        for name in ("bisect", "brenth", "brentq", "ridder")
    },
    "toms748": lambda f, a: f.toms748(
        cubic, 0.5, 3.0, args=(a,), k=2, xtol=1e-13, rtol=1e-13, maxiter=200, full_output=True, disp=False
    )[0],
    "newton": lambda f, a: f.newton(
        cubic,
        1.0,
        fprime=of_cubic,
        args=(a,),
        tol=1e-13,
        maxiter=60,
        fprime2=of_of_cubic,
        rtol=0.0,
        full_output=True,
        disp=False,
    )[0],
    "newton by secants": lambda f, a: f.newton(cubic, 1.0, x1=1.2, args=(a,), tol=1e-13),
    "newton for many": lambda f, a: f.newton(lambda x: x**3 - moved([2.0, 5.0], a), np.array([1.0, 2.0]), tol=1e-13),
    "root_scalar": lambda f, a: (
        f.root_scalar(
            cubic, args=(a,), method="brentq", bracket=(0.5, 3.0), xtol=1e-13, rtol=1e-13, maxiter=100, options={}
        ).root
    ),
    "root_scalar by halley": lambda f, a: (
        f.root_scalar(cubic, args=(a,), method="halley", x0=1.0, fprime=of_cubic, fprime2=of_of_cubic, xtol=1e-13).root
    ),
    "root_scalar by secants": lambda f, a: (
        f.root_scalar(cubic, args=(a,), method="secant", x0=1.0, x1=1.1, xtol=1e-13).root
    ),
    **{
        f"root {method}": lambda f, a, method=method: (
            f.root(
                system,
                [1.0, 0.5],
                args=(a,),
                method=method,
                jac=of_system if method in ("hybr", "lm") else None,
                tol=1e-12,
                callback=None,
                options={},
            ).x
        )
        for method in ("hybr", "lm", "broyden1", "broyden2", "anderson", "krylov", "df-sane")
    },
    "fsolve": lambda f, a: f.fsolve(
        system,
        [1.0, 0.5],
        args=(a,),
        fprime=of_system,
        full_output=True,
        col_deriv=0,
        xtol=1e-13,
        maxfev=500,
        factor=50,
        diag=np.ones(2),
    )[0],
    "fsolve by differences": lambda f, a: f.fsolve(
        system, [1.0, 0.5], args=(a,), band=(1, 1), epsfcn=1e-12, xtol=1e-12
    ),
    "fixed_point": lambda f, a: f.fixed_point(
        lambda x, b: np.cos(b * x), 0.5, args=(a / 2,), xtol=1e-13, maxiter=900, method="del2"
    ),
    **{
        f"minimize {method}": lambda f, a, method=method, more=more: (
            f.minimize(
                valley,
                START,
                args=(a,),
                method=method,
                **{"tol": 1e-9, "callback": None, "options": {"maxiter": 2000}, **more},
            ).x
        )
        for method, more in (
            ("BFGS", {"jac": slope}),
            ("CG", {"jac": slope}),
            ("L-BFGS-B", {"jac": slope, "bounds": WIDE, "tol": 1e-14}),
            ("TNC", {"jac": slope, "tol": 1e-13}),
            ("SLSQP", {"jac": slope, "tol": 1e-13}),
            ("Nelder-Mead", {"tol": 1e-12}),
            ("Powell", {"tol": 1e-12}),
            ("Newton-CG", {"jac": slope, "hess": bending}),
            ("dogleg", {"jac": slope, "hess": None}),
            ("trust-ncg", {"jac": slope, "hessp": bent, "tol": 1e-6}),
            ("trust-exact", {"jac": slope, "hess": bending}),
            ("trust-krylov", {"jac": slope, "hess": bending}),
        )
        if method != "dogleg"
    },
    "minimize constrained": lambda f, a: (
        f.minimize(
            valley,
            START,
            args=(a,),
            method="SLSQP",
            tol=1e-13,
            constraints={"type": "eq", "fun": lambda x, b: x[0] * x[1] - b / 5, "args": (a,)},
        ).x
    ),
    "minimize_scalar": lambda f, a: (
        f.minimize_scalar(bowl, bracket=(-2.0, 0.0), args=(a,), method="brent", tol=1e-12, options={"maxiter": 200}).x
    ),
    "minimize_scalar bounded": lambda f, a: (
        f.minimize_scalar(bowl, bounds=(-4.0, 4.0), args=(a,), method="bounded", options={"xatol": 1e-11}).x
    ),
    "brent": lambda f, a: f.brent(bowl, args=(a,), brack=(-2.0, 0.0), tol=1e-12, full_output=True, maxiter=300)[0],
    "golden": lambda f, a: f.golden(bowl, args=(a,), brack=(-2.0, 0.0), tol=1e-12, full_output=True, maxiter=300)[0],
    "fminbound": lambda f, a: f.fminbound(bowl, -4.0, 4.0, args=(a,), xtol=1e-11, maxfun=300, full_output=True, disp=0)[
        0
    ],
    "fmin": lambda f, a: f.fmin(
        valley,
        START,
        args=(a,),
        xtol=1e-12,
        ftol=1e-13,
        maxiter=900,
        maxfun=900,
        full_output=True,
        disp=0,
        retall=0,
        callback=seen,
        initial_simplex=np.array([[0.9, 0.8], [1.0, 0.8], [0.9, 0.9]]),
    )[0],
    "fmin_powell": lambda f, a: f.fmin_powell(
        valley,
        START,
        args=(a,),
        xtol=1e-12,
        ftol=1e-14,
        maxiter=900,
        maxfun=9000,
        full_output=True,
        disp=0,
        retall=0,
        callback=seen,
        direc=np.eye(2),
    )[0],
    "fmin_bfgs": lambda f, a: f.fmin_bfgs(
        valley,
        START,
        fprime=slope,
        args=(a,),
        gtol=1e-9,
        norm=np.inf,
        epsilon=1e-8,
        maxiter=900,
        full_output=True,
        disp=0,
        retall=0,
        callback=seen,
        xrtol=0,
        c1=1e-4,
        c2=0.9,
        hess_inv0=np.eye(2),
    )[0],
    "fmin_cg": lambda f, a: f.fmin_cg(
        valley,
        START,
        fprime=slope,
        args=(a,),
        gtol=1e-9,
        norm=np.inf,
        epsilon=1e-8,
        maxiter=900,
        full_output=True,
        disp=0,
        retall=0,
        callback=seen,
        c1=1e-4,
        c2=0.4,
    )[0],
    "fmin_ncg": lambda f, a: f.fmin_ncg(
        valley,
        START,
        slope,
        fhess_p=bent,
        args=(a,),
        avextol=1e-11,
        epsilon=1e-8,
        maxiter=900,
        full_output=True,
        disp=0,
        retall=0,
        callback=seen,
        c1=1e-4,
        c2=0.9,
    )[0],
    "fmin_ncg by a matrix": lambda f, a: f.fmin_ncg(
        valley, START, slope, fhess=bending, args=(a,), avextol=1e-11, disp=0
    ),
    "fmin_l_bfgs_b": lambda f, a: f.fmin_l_bfgs_b(
        valley,
        START,
        fprime=slope,
        args=(a,),
        approx_grad=0,
        bounds=WIDE,
        m=8,
        factr=1e-3,
        pgtol=1e-11,
        epsilon=1e-8,
        maxfun=900,
        maxiter=900,
        callback=seen,
        maxls=30,
    )[0],
    "fmin_tnc": lambda f, a: f.fmin_tnc(
        valley,
        START,
        fprime=slope,
        args=(a,),
        approx_grad=0,
        bounds=WIDE,
        epsilon=1e-8,
        scale=None,
        offset=None,
        messages=0,
        maxCGit=-1,
        maxfun=900,
        eta=-1,
        stepmx=0,
        accuracy=0,
        fmin=0,
        ftol=1e-15,
        xtol=1e-13,
        pgtol=1e-11,
        rescale=-1,
        disp=0,
        callback=seen,
    )[0],
    "fmin_slsqp": lambda f, a: f.fmin_slsqp(
        valley,
        START,
        eqcons=(),
        f_eqcons=lambda x, a: x[0] * x[1] - a / 5,
        ieqcons=(),
        f_ieqcons=lambda x, a: x + 5.0,
        bounds=WIDE,
        fprime=slope,
        fprime_eqcons=None,
        fprime_ieqcons=None,
        args=(a,),
        iter=200,
        acc=1e-14,
        iprint=0,
        disp=0,
        full_output=True,
        epsilon=1e-8,
        callback=seen,
    )[0],
    "basinhopping": lambda f, a: (
        f.basinhopping(
            valley,
            START,
            niter=2,
            T=1.0,
            stepsize=0.1,
            minimizer_kwargs={"args": (a,), "jac": slope, "tol": 1e-10},
            take_step=None,
            accept_test=None,
            callback=seen,
            interval=5,
            disp=False,
            niter_success=None,
            rng=3,
            target_accept_rate=0.5,
            stepwise_factor=0.9,
        ).x
    ),
    "differential_evolution": lambda f, a: (
        f.differential_evolution(
            valley,
            WIDE,
            args=(a,),
            strategy="best1bin",
            maxiter=200,
            popsize=8,
            tol=1e-10,
            mutation=(0.5, 1),
            recombination=0.7,
            rng=3,
            callback=None,
            disp=False,
            polish=True,
            init="latinhypercube",
            atol=0,
            updating="immediate",
            workers=1,
            constraints=(),
            x0=None,
            integrality=None,
            vectorized=False,
        ).x
    ),
    "direct": lambda f, a: (
        f.direct(
            valley,
            WIDE,
            args=(a,),
            eps=1e-6,
            maxfun=20000,
            maxiter=4000,
            locally_biased=True,
            f_min=-np.inf,
            f_min_rtol=1e-6,
            vol_tol=1e-22,
            len_tol=1e-11,
            callback=None,
        ).fun
    ),
    "dual_annealing": lambda f, a: (
        f.dual_annealing(
            valley,
            WIDE,
            args=(a,),
            maxiter=20,
            minimizer_kwargs=None,
            initial_temp=5230.0,
            restart_temp_ratio=2e-5,
            visit=2.62,
            accept=-5.0,
            maxfun=1e5,
            rng=3,
            no_local_search=False,
            callback=None,
            x0=None,
        ).fun
    ),
    "shgo": lambda f, a: (
        f.shgo(
            valley,
            WIDE,
            args=(a,),
            constraints=None,
            n=30,
            iters=1,
            callback=None,
            minimizer_kwargs={"options": {"ftol": 1e-12}},
            options=None,
            sampling_method="simplicial",
            workers=1,
        ).fun
    ),
    **{
        f"least_squares {loss}": lambda f, a, loss=loss: (
            f.least_squares(
                misfit,
                [0.5, 0.2],
                jac=of_misfit,
                bounds=(-9.0, 9.0),
                method="trf",
                ftol=1e-14,
                xtol=1e-14,
                gtol=1e-14,
                x_scale=1.0,
                loss=loss,
                f_scale=0.8,
                diff_step=None,
                tr_solver="exact",
                tr_options={},
                jac_sparsity=None,
                max_nfev=900,
                verbose=0,
                args=(),
                kwargs={"a": a},
            ).x
        )
        for loss in ("linear", "soft_l1", "huber", "cauchy", "arctan")
    },
    "leastsq": lambda f, a: f.leastsq(
        misfit,
        [0.5, 0.2],
        args=(a,),
        Dfun=of_misfit,
        full_output=True,
        col_deriv=False,
        ftol=1e-14,
        xtol=1e-14,
        gtol=0.0,
        maxfev=900,
        epsfcn=None,
        factor=50,
        diag=np.ones(2),
    )[0],
    "curve_fit": lambda f, a: f.curve_fit(
        curve,
        T,
        moved(Y, a),
        p0=[0.5, 0.2],
        sigma=moved(np.linspace(1, 2, 7), a),
        absolute_sigma=True,
        check_finite=True,
        bounds=(-9.0, 9.0),
        method="trf",
        jac=None,
        full_output=False,
        ftol=1e-14,
        xtol=1e-14,
        gtol=1e-14,
    ),
    "lsq_linear": lambda f, a: (
        f.lsq_linear(
            moved(MATRIX, a),
            moved(VECTOR, a),
            bounds=(-0.2, 0.9),
            method="bvls",
            tol=1e-13,
            lsq_solver=None,
            lsmr_tol=None,
            max_iter=200,
            verbose=0,
        ).x
    ),
    "lsq_linear by iterations": lambda f, a: (
        f.lsq_linear(
            moved(MATRIX, a),
            moved(VECTOR, a),
            bounds=(-0.2, 0.9),
            lsq_solver="lsmr",
            lsmr_tol="auto",
            lsmr_maxiter=100,
            tol=1e-13,
        ).x
    ),
    "nnls": lambda f, a: f.nnls(moved(MATRIX, a), moved(VECTOR, a), maxiter=100)[0],
    "linprog": lambda f, a: (
        f.linprog(
            moved([-1.0, -2.0], a),
            A_ub=moved([[1.0, 1.3], [1.3, 1.0]], a),
            b_ub=moved([4.0, 5.0], a),
            A_eq=None,
            b_eq=None,
            bounds=[(0, None), (0.1 * a, None)],
            method="highs",
            callback=None,
            options={},
            x0=None,
            integrality=None,
        ).x
    ),
    "linprog equal": lambda f, a: f.linprog([1.0, 2.0, 0.5 * a], A_eq=[[1.0, 1.0, 1.0]], b_eq=np.stack([a])).fun,
    "linear_sum_assignment": lambda f, a: moved(np.outer([1.0, 2, 4], [3, 1, 2]), a)[
        f.linear_sum_assignment(moved(np.outer([1.0, 2, 4], [3, 1, 2]), a), maximize=True)
    ],
}
REFUSED = {
    "linprog of whole numbers": lambda f, a: f.linprog(np.stack([a]), integrality=1).fun,
    "curve_fit without nans": lambda f, a: f.curve_fit(curve, T, moved(Y, a), nan_policy="omit")[0],
}
#: The answers of solvers are as exact as they say.
TOLERANCE = dict.fromkeys(SCENARIOS, 1e-5)
ROUNDING = dict.fromkeys(SCENARIOS, 1e-6)
ONE_BY_ONE = set(SCENARIOS)
#: Seconds each.
SLOW = {"differential_evolution", "direct", "dual_annealing", "shgo", "basinhopping", "fmin_powell", "fmin"}
#: Keywords of older and newer versions of SciPy, and such that only print.
WITHOUT = {
    "basinhopping": ("seed",),
    "differential_evolution": ("seed",),
    "dual_annealing": ("seed",),
    "fmin_l_bfgs_b": ("iprint", "disp"),
    "least_squares": ("callback", "workers"),
    "nnls": ("atol",),
}
