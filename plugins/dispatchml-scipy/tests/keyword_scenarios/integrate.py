"""scipy.integrate."""

import numpy as np

from .moving import moved

X = np.array([0.0, 0.1, 0.3, 0.4, 0.8, 0.9, 1.2, 1.3])
SAMPLES = np.stack([np.sin(X) + 0.2, np.cos(2 * X)])
TIGHT = {"rtol": 1e-9, "atol": 1e-10}
TIMES = np.linspace(0, 2, 4)


def bell(t, c=1.3):
    """An integrand."""
    return np.exp(-c * t * t)


def swing(t, y, mu=1.0):
    """Van der Pol's oscillator."""
    return np.stack([y[1], mu * (1 - y[0] ** 2) * y[1] - y[0]])


def swung(f, a, **keywords):
    """Its solution from a start that moves."""
    return f.solve_ivp(lambda t, y: swing(t, y, a), (0.0, 1.5), np.stack([a, 1.0]), **{**TIGHT, **keywords})


def crossing(t, y):
    """An event."""
    return y[0] - 1.1


def stretched(t, y):
    """A right-hand side for a boundary value problem."""
    return np.stack([y[1], -np.exp(y[0])])


SCENARIOS = {
    "quad": lambda f, a: f.quad(
        bell,
        0.2 * a,
        2.0,
        args=(a,),
        full_output=0,
        epsabs=1e-12,
        epsrel=1e-12,
        limit=60,
        points=None,
        maxp1=40,
        limlst=40,
    )[0],
    "quad points": lambda f, a: f.quad(lambda t: np.abs(t - a / 3) * bell(t, a), 0, 1, points=[a / 3])[0],
    **{
        f"quad {weight}": lambda f, a, weight=weight, wvar=wvar: f.quad(
            lambda t: np.exp(-a * t), -1.0, 2.0, weight=weight, wvar=wvar, wopts=None
        )[0]
        for weight, wvar in (
            ("cos", 3.0),
            ("sin", 3.0),
            ("cauchy", 0.5),
            ("alg", (-0.5, 0.5)),
            ("alg-loga", (-0.5, 0.5)),
            ("alg-logb", (-0.5, 0.5)),
            ("alg-log", (-0.5, 0.5)),
        )
    },
    "quad to infinity": lambda f, a: f.quad(lambda t: np.exp(-a * t), 0.3 * a, np.inf, weight="cos", wvar=3.0)[0],
    "quad complex": lambda f, a: f.quad(lambda t: np.exp(1j * a * t), 0, a, complex_func=True)[0],
    "dblquad": lambda f, a: f.dblquad(
        lambda y, x, c: np.exp(-c * x * y),
        0,
        a,
        lambda x: x / 2,
        lambda x: a * x,
        args=(a,),
        epsabs=1e-10,
        epsrel=1e-10,
    )[0],
    "tplquad": lambda f, a: f.tplquad(
        lambda z, y, x, c: c * c * x + y * z, 0, 0.3 * a, 0, 1, 0, lambda x, y: x + y, args=(a,), epsabs=0.1, epsrel=0.1
    )[0],
    "nquad": lambda f, a: f.nquad(
        lambda x, y, c: np.exp(-c * x * y),
        [(0, a), lambda c: (0, c)],
        args=(a,),
        opts={"epsabs": 1e-10},
        full_output=False,
    )[0],
    "quad_vec": lambda f, a: f.quad_vec(
        lambda t, c: np.exp(-c * t * np.arange(3.0)),
        0.1,
        a,
        epsabs=1e-12,
        epsrel=1e-10,
        norm="max",
        cache_size=1e6,
        limit=1000,
        workers=1,
        points=[0.5],
        quadrature="gk21",
        full_output=False,
        args=(a,),
    )[0],
    "tanhsinh": lambda f, a: (
        f.tanhsinh(
            lambda t, c: np.exp(-c * t),
            0.1 * a,
            2.0,
            args=(a,),
            log=False,
            maxlevel=8,
            minlevel=3,
            atol=1e-13,
            rtol=1e-13,
            preserve_shape=False,
            callback=None,
        ).integral
    ),
    "fixed_quad": lambda f, a: f.fixed_quad(bell, 0.1 * a, 2.0, args=(a,), n=4)[0],
    "romb": lambda f, a: f.romb(
        moved(np.stack([SAMPLES[0][:5], SAMPLES[1][:5]], 1), a), dx=0.3 * a, axis=0, show=False
    ),
    **{
        name: lambda f, a, name=name: getattr(f, name)(moved(SAMPLES.T, a), x=moved(X, a), axis=0)
        for name in ("trapezoid", "simpson", "cumulative_trapezoid", "cumulative_simpson")
    },
    **{
        f"{name} of steps": lambda f, a, name=name: getattr(f, name)(moved(SAMPLES, a), dx=0.3 * a)
        for name in ("trapezoid", "simpson")
    },
    "cumulative_trapezoid of steps": lambda f, a: f.cumulative_trapezoid(moved(SAMPLES, a), dx=0.3 * a, initial=0),
    "cumulative_simpson of steps": lambda f, a: f.cumulative_simpson(
        moved(SAMPLES, a), dx=0.3 * a, initial=moved(np.ones((2, 1)), a)
    ),
    "odeint": lambda f, a: f.odeint(
        lambda y, t, mu: swing(t, y, mu),
        np.stack([a, 1.0]),
        TIMES * a,
        args=(a,),
        rtol=1e-10,
        atol=1e-11,
        h0=0.001,
        hmax=0.2,
        hmin=0.0,
        ixpr=0,
        mxstep=3000,
        mxhnil=1,
        mxordn=12,
        mxords=5,
        printmessg=0,
        full_output=0,
        tcrit=np.array([5.0]),
    ),
    "odeint with a jacobian": lambda f, a: f.odeint(
        lambda t, y, k: -k * y,
        [1.0, 2.0],
        TIMES,
        args=(a,),
        Dfun=lambda t, y, k: [[-k, 0], [0, -k]],
        col_deriv=True,
        ml=1,
        mu=1,
        tfirst=True,
        rtol=1e-10,
        atol=1e-11,
    ),
    **{
        f"solve_ivp {method}": lambda f, a, method=method: (lambda r: (r.y, r.t_events[0], r.y_events[0], r.sol(1.1)))(
            swung(f, a, method=method, dense_output=True, events=crossing, vectorized=False, t_eval=[0.5, 1.2])
        )
        for method in ("RK23", "RK45", "DOP853", "Radau", "BDF", "LSODA")
    },
    "solve_ivp with args": lambda f, a: f.solve_ivp(
        swing,
        (0.1 * a, 1.2 * a),
        np.stack([a, 1.0]),
        args=(a,),
        method="LSODA",
        vectorized=True,
        max_step=0.1,
        first_step=0.01,
        min_step=0.0,
        jac=None,
        lband=None,
        uband=None,
        **TIGHT,
    ).y[:, -1],
    "solve_bvp": lambda f, a: (
        f.solve_bvp(
            lambda x, y, p: np.stack([y[1], -a * p[0] ** 2 * y[0]]),
            lambda ya, yb, p: np.stack([ya[0], yb[0], ya[1] - p[0]]),
            np.linspace(0, 1, 6),
            np.stack([np.sin(np.pi * np.linspace(0, 1, 6)), np.pi * np.cos(np.pi * np.linspace(0, 1, 6))]),
            p=[2.8],
            S=None,
            fun_jac=None,
            bc_jac=None,
            tol=1e-9,
            max_nodes=4000,
            verbose=0,
            bc_tol=1e-9,
        ).p
    ),
}
REFUSED = {
    "quad of a traced frequency": lambda f, a: f.quad(bell, 0, 1, weight="cos", wvar=a)[0],
    "solve_bvp with a singular term": lambda f, a: f.solve_bvp(
        lambda x, y: np.stack([y[1], -a * np.exp(y[0])]),
        lambda ya, yb: np.stack([ya[1], yb[0]]),
        np.linspace(0, 1, 6),
        np.zeros((2, 6)),
        S=np.array([[0.0, 0.0], [0.0, -2.0]]),
    ).y[0, 0],
}
TOLERANCE = {n: 1e-5 for n in SCENARIOS if n.startswith(("odeint", "solve_"))} | {"tplquad": 1e-5}
#: In these the step sizes, which the differences see and the derivatives do not, are chosen by the numbers.
FIRST_ORDER = {n for n in SCENARIOS if n.startswith(("odeint", "solve_"))} | {"tplquad"}
ONE_BY_ONE = {n for n in SCENARIOS if n.startswith(("solve_", "odeint"))} | {"tplquad"}
#: Seconds each.
SLOW = {"tplquad", "dblquad", "nquad", "solve_bvp"} | {n for n in SCENARIOS if n.startswith(("odeint", "solve_ivp"))}
