"""Kernels against C and jax: integrators, Newton's method, recursion, bodies; values, derivatives, compilation.

One thread each. Run with `--quick` for fewer rounds.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ["DISPATCHML_CACHE_DIR"] = tempfile.mkdtemp()

import subprocess

import _loops
import _race
import numpy as np

import dispatchml as dm

ROUNDS = 5 if "--quick" in sys.argv else 11
jax = _race.optional("jax")
if jax:
    jax.config.update("jax_enable_x64", True)
    from jax import lax
results: list[bool] = []
c = _loops.library()
c_exact = _loops.library("-ffp-contract=off")
A = np.random.default_rng(1).normal(size=(6, 6))
BODIES = np.random.default_rng(2).normal(size=(32, 3))
LV = (1.5, 1.0, 3.0, 1.0, 1.0, 1.0, 1e-3, 10_000)
PROGRAMS = {
    "lotka_volterra": (LV, LV),
    "roots": ((1.5, 1000), (1.5, 1000)),
    "fibonacci": ((20,), (20,)),
    "determinant": ((A,), (A.ctypes.data, 6)),
    "energy": ((BODIES,), (BODIES.ctypes.data, 32)),
    "oscillator": ((5.0, 20.0, 1e-6), (5.0, 20.0, 1e-6)),
}


def first_calls():
    """Seconds of processor time of the first call of each, compiled cold and out of the cache."""
    program = (
        "import sys, time; sys.path.insert(0, {folder!r}); import _loops, numpy as np, dispatchml as dm\n"
        "import dispatchml.kernels.kernel\n"
        "{warm}"
        "A = np.ones((6, 6)); B = np.ones((32, 3)) * np.arange(32)[:, None]\n"
        "given = dict(lotka_volterra=(1.5, 1., 3., 1., 1., 1., 1e-3, 10), roots=(1.5, 3), fibonacci=(3,), "
        "determinant=(A,), energy=(B,), oscillator=(5., .1, 1e-3))\n"
        "for name, x in given.items():\n"
        "    f = dm.kernel(getattr(_loops, name)); t = [time.process_time()]\n"
        "    f(*x); t.append(time.process_time())\n"
        "    for derive in (dm.jacfwd, dm.grad) if name != 'fibonacci' else ():\n"
        "        derive(f)(*x); t.append(time.process_time())\n"
        "    print(name, *(f'{{b - a:.3f}}' for a, b in zip(t, t[1:])), 'numba' in sys.modules)\n"
    )
    folder = os.path.dirname(os.path.abspath(__file__))
    warm = "dm.kernel(_loops.roots)(1, 1.0)\n"
    print("\nSeconds of the first call: value, forward, reverse; whether Numba was imported")
    for title, before in (("cold, Numba imported and its tables made", warm), ("out of the cache", "")):
        print(f" {title}")
        done = subprocess.run(
            [sys.executable, "-c", program.format(folder=folder, warm=before)], capture_output=True, text=True
        )
        print("  " + done.stdout.strip().replace("\n", "\n  ") + done.stderr[-300:])


def values():
    """Every program against C."""
    for name, (given, in_c) in PROGRAMS.items():
        function = getattr(_loops, name)
        checked, unchecked = dm.kernel(function), dm.kernel(function, unchecked=True)
        runs = {"kernel": lambda f=checked, x=given: f(*x), "kernel, unchecked": lambda f=unchecked, x=given: f(*x)}
        np.testing.assert_allclose(checked(*given), unchecked(*given))
        if c is not None:
            np.testing.assert_allclose(checked(*given), getattr(c, name)(*in_c), rtol=1e-9)
            fused, exact = getattr(c, name), getattr(c_exact, name)
            runs["C"] = lambda f=fused, x=in_c: f(*x)
            runs["C without fused multiply-add"] = lambda f=exact, x=in_c: f(*x)
        ratios = _race.show(f"{name}: value", _race.race(runs, rounds=ROUNDS), "kernel")
        if c is not None:
            results.append(_race.verdict(f"{name} over C", ratios["C"], 1 / 1.2))


def duals():
    """One, four and eight partial derivatives of the integrator at once."""
    kernel = dm.kernel(_loops.lotka_volterra)
    kernel(*LV)
    kinds = ("d",) * 7 + ("q",)
    runs = {"value": lambda: kernel(*LV)}
    wanted = {1: 1.4, 4: 1.7, 8: 2.0}
    for count in wanted:
        active = tuple(k < min(count, 7) for k in range(8))
        program = kernel.program.columns(kinds, active, count)
        directions = [np.eye(count)[:, k].copy() for k in range(min(count, 7))]
        runs[f"{count} partials"] = lambda p=program, d=directions: p(*LV, *d)
    if jax:
        primal = jax.jit(jax_lotka_volterra)
        tangent = jax.jit(lambda a: jax.jvp(lambda a: jax_lotka_volterra(a, *LV[1:7]), (a,), (1.0,))[1])
        runs["jax value"] = lambda: primal(*LV[:7]).block_until_ready()
        runs["jax jvp"] = lambda: tangent(LV[0]).block_until_ready()
    gradient = dm.grad(kernel, argnums=tuple(range(7)))
    runs["reverse, 7 inputs"] = lambda: gradient(*LV)
    ratios = _race.show("lotka_volterra: derivatives", _race.race(runs, rounds=ROUNDS), "value")
    for count, most in wanted.items():
        results.append(_race.verdict(f"value over {count} partials", 1 / ratios[f"{count} partials"], 1 / most))
    results.append(_race.verdict("value over reverse", 1 / ratios["reverse, 7 inputs"], 1 / 3))


def jax_lotka_volterra(a, b, c, d, x, y, dt):
    def slope(x, y):
        return a * x - b * x * y, -c * y + d * x * y

    def step(_, state):
        x, y = state
        k1x, k1y = slope(x, y)
        k2x, k2y = slope(x + 0.5 * dt * k1x, y + 0.5 * dt * k1y)
        k3x, k3y = slope(x + 0.5 * dt * k2x, y + 0.5 * dt * k2y)
        k4x, k4y = slope(x + dt * k3x, y + dt * k3y)
        return x + dt / 6 * (k1x + 2 * k2x + 2 * k3x + k4x), y + dt / 6 * (k1y + 2 * k2y + 2 * k3y + k4y)

    x, y = lax.fori_loop(0, LV[7], step, (x, y))
    return x + y


def gradients():
    """Gradients of the others over their values."""
    for name in ("roots", "determinant", "energy", "oscillator"):
        given = PROGRAMS[name][0]
        kernel = dm.kernel(getattr(_loops, name))
        reverse, forward = dm.grad(kernel), dm.jacfwd(kernel)
        np.testing.assert_allclose(reverse(*given), forward(*given), rtol=1e-9)
        runs = {"value": lambda f=kernel, x=given: f(*x), "grad": lambda f=reverse, x=given: f(*x)}
        runs["jacfwd"] = lambda f=forward, x=given: f(*x)
        _race.show(f"{name}: derivatives", _race.race(runs, rounds=ROUNDS), "value")


def calls():
    """What a call costs that computes next to nothing."""
    import numba

    def first(v, x):
        return v[0] * x

    kernel, jitted, v = dm.kernel(first), numba.njit(first), np.ones(3)
    runs = {"kernel": lambda: kernel(v, 2.0), "numba's dispatcher": lambda: jitted(v, 2.0)}
    _race.show("a call", _race.race(runs, rounds=ROUNDS), "kernel", "ns")


if __name__ == "__main__":
    _race.versions("numpy", "numba", "llvmlite", "jax", "dispatchml")
    first_calls()
    start = time.perf_counter()
    values()
    duals()
    gradients()
    calls()
    print(f"\n{sum(results)} of {len(results)} reached, in {time.perf_counter() - start:.0f} s")
