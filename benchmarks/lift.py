"""SciPy's solvers under derivatives against the plain run, and what not differentiating costs once SciPy is enabled.

One thread. Run with `--quick` for fewer rounds.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import _race
import numpy as np
import scipy.fft
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.ndimage
import scipy.optimize
import scipy.signal
import scipy.spatial.distance
import scipy.stats

import dispatchml as dm

ROUNDS = 3 if "--quick" in sys.argv else 7
results: list[bool] = []
SPACE = np.linspace(0.0, 1.0, 500)


def oscillator(p):
    """Two states: van der Pol's oscillator."""

    def rhs(t, y):
        return [y[1], p[0] * (1 - y[0] ** 2) * y[1] - p[1] * y[0]]

    solution = scipy.integrate.solve_ivp(rhs, (0.0, 3.0), [1.2, 0.5], rtol=1e-6, atol=1e-8)
    return solution.y[0, -1]


def waves(p):
    """500 states: coupled pendulums, of which the neighbours pull."""

    def rhs(t, y):
        return p[0] * (np.roll(y, 1) - 2 * y + np.roll(y, -1)) - p[1] * np.sin(y)

    solution = scipy.integrate.solve_ivp(rhs, (0.0, 3.0), np.sin(6 * SPACE), rtol=1e-6, atol=1e-8)
    return np.sum(solution.y[:, -1] ** 2)


A = -np.diag(1.0 + SPACE) + 0.1 * np.diag(np.ones(499), 1)


def linear(p):
    """500 states with a full matrix."""

    def rhs(t, y):
        return p[0] * (A @ y) - p[1] * y**3

    solution = scipy.integrate.solve_ivp(rhs, (0.0, 3.0), SPACE, rtol=1e-6, atol=1e-8)
    return np.sum(solution.y[:, -1])


def derivatives():
    """Forward and reverse mode against the plain run."""
    p, dp = np.array([1.5, 1.0]), np.ones(2)
    dm.lift.enable("scipy.integrate")
    for f, forward, reverse in ((oscillator, 15, 25), (waves, 3, 5), (linear, 3, 5)):
        gradient = dm.grad(f)
        np.testing.assert_allclose(dm.jvp(f, (p,), (dp,))[1], gradient(p).sum(), rtol=1e-8)
        h = 1e-6
        np.testing.assert_allclose(gradient(p).sum(), (f(p + h) - f(p - h)) / (2 * h), rtol=1e-3)
        for _ in range(10):
            gradient(p)  # machine code is made meanwhile
        times = _race.race(
            {
                "plain": lambda f=f: f(p),
                "forward": lambda f=f: dm.jvp(f, (p,), (dp,)),
                "reverse": lambda gradient=gradient: gradient(p),
            },
            rounds=ROUNDS,
            target=0.1,
        )
        ratios = _race.show(f"{f.__doc__}", times, "plain")
        results.append(_race.verdict("plain / forward", 1 / ratios["forward"], round(1 / forward, 3)))
        results.append(_race.verdict("plain / reverse", 1 / ratios["reverse"], round(1 / reverse, 3)))
    dm.lift.disable()


def calls():
    """Functions of SciPy on plain values."""
    generator = np.random.default_rng(0)
    x, m = generator.normal(size=50), generator.normal(size=(4, 4)) + 4 * np.eye(4)
    spline = scipy.interpolate.CubicSpline(np.arange(10.0), np.arange(10.0) ** 2)
    b, a = scipy.signal.butter(2, 0.3)
    return {
        "solve_ivp": lambda: oscillator(np.array([1.5, 1.0])),
        "solve_ivp BDF": lambda: scipy.integrate.solve_ivp(lambda t, y: -y, (0, 1), [1.0], method="BDF").y,
        "quad": lambda: scipy.integrate.quad(np.cos, 0.0, 1.0),
        "simpson": lambda: scipy.integrate.simpson(x),
        "brentq": lambda: scipy.optimize.brentq(lambda t: t * t - 2, 0.0, 2.0),
        "minimize": lambda: scipy.optimize.minimize(lambda t: np.sum((t - 1) ** 2), np.zeros(3)).x,
        "curve_fit": lambda: scipy.optimize.curve_fit(lambda t, k: k * t, x, 2 * x)[0],
        "CubicSpline": lambda: scipy.interpolate.CubicSpline(np.arange(10.0), np.arange(10.0) ** 2).c,
        "CubicSpline()": lambda: spline(x / 10 + 4),
        "solve": lambda: scipy.linalg.solve(m, x[:4]),
        "expm": lambda: scipy.linalg.expm(m),
        "lu_factor": lambda: scipy.linalg.lu_factor(m)[0],
        "logpdf": lambda: scipy.stats.norm.logpdf(x),
        "ttest": lambda: scipy.stats.ttest_ind(x[:25], x[25:]).pvalue,
        "gaussian_kde": lambda: scipy.stats.gaussian_kde(x)(x[:5]),
        "lfilter": lambda: scipy.signal.lfilter(b, a, x),
        "filtfilt": lambda: scipy.signal.filtfilt(b, a, x),
        "fft": lambda: scipy.fft.fft(x),
        "gaussian_filter": lambda: scipy.ndimage.gaussian_filter(x, 1.0),
        "cdist": lambda: scipy.spatial.distance.cdist(x[:, None], x[:, None]),
    }


def not_differentiating():
    """The same calls before and after `enable`, in turns."""
    functions = calls()
    times: dict[str, dict[str, list[float]]] = {name: {"before": [], "after": []} for name in functions}
    for _ in range(ROUNDS):
        before = {name: f() for name, f in functions.items()}
        for name, f in functions.items():
            times[name]["before"] += _race.race({"f": f}, rounds=3, target=0.01)["f"]
        dm.lift.enable("scipy")
        dm.grad(lambda x: x)(1.0)
        for name, f in functions.items():
            np.testing.assert_array_equal(before[name], f())
            times[name]["after"] += _race.race({"f": f}, rounds=3, target=0.01)["f"]
        dm.lift.disable()
    ratios = {name: min(t["after"]) / min(t["before"]) for name, t in times.items()}
    print("\nnot differentiating, after / before enable (the best of all rounds)")
    for name, ratio in ratios.items():
        print(f"  {name:20} {ratio:6.2f}")
    mean = float(np.exp(np.mean(np.log(list(ratios.values())))))
    print(f"  geometric mean       {mean:6.3f}")
    results.append(_race.verdict("1 / geometric mean", 1 / mean, 0.909))
    results.append(_race.verdict("1 / slowest", 1 / max(ratios.values()), 0.769))


if __name__ == "__main__":
    derivatives()
    not_differentiating()
    sys.exit(not all(results))
