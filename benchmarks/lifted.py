"""What lifting costs: those who do not differentiate pay close to nothing, and derivatives of solvers a small multiple.

First the cases of tests/lift, plain, in two processes that are asked in turn: one in which `lift.enable("scipy")` was
called and one in which it was not. The bounds are a geometric mean of 1.10 and 1.30 for each call. Then solve_ivp with
2 and with 500 states, plain, forward and reverse. Run with `--quick` for every eighth case.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

QUICK = "--quick" in sys.argv
ROUNDS = 3 if QUICK else 5
SECONDS = 0.01 if QUICK else 0.03
LISTS = Path(__file__).parent.parent / "tests" / "lift"


def best(run, seconds=SECONDS):
    """The time of one call: the shortest of batches, within some seconds."""
    run()
    begun = time.perf_counter()
    run()
    once = max(time.perf_counter() - begun, 1e-7)
    number = max(1, min(1000, int(seconds / once / 5)))
    found, end = math.inf, time.perf_counter() + seconds
    while time.perf_counter() < end or found == math.inf:
        begun = time.perf_counter()
        for _ in range(number):
            run()
        found = min(found, (time.perf_counter() - begun) / number)
    return found


def answer(enabled):
    """A process that times the cases whose names it reads."""
    sys.path.insert(0, str(LISTS))
    import table

    table.load("cases")
    if enabled:
        table.enable(["scipy"])
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        case = table.CASES[line.strip()]
        point = case.point.copy()
        print(best(lambda c=case, p=point: c.function(p)), flush=True)


def plain_calls():
    sys.path.insert(0, str(LISTS))
    import table

    table.load("cases")
    names = [n for n in table.counted() if n != "scipy.stats.ncf:entropy"]
    names = names[::8] if QUICK else names
    processes = [
        subprocess.Popen([sys.executable, __file__, word], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for word in ("--without", "--enabled")
    ]
    ratios = {}
    for name in names:
        times = ([], [])
        for _ in range(ROUNDS):
            for process, kept in zip(processes, times, strict=True):
                process.stdin.write(name + "\n")
                process.stdin.flush()
                kept.append(float(process.stdout.readline()))
        ratios[name] = min(times[1]) / min(times[0])
    for process in processes:
        process.stdin.close()
        process.wait()
    mean = math.exp(sum(map(math.log, ratios.values())) / len(ratios))
    slowest = sorted(ratios, key=ratios.get)[-8:]
    print(f"plain calls after enable, {len(ratios)} cases: geometric mean {mean:.3f} of the time before (bound 1.10)")
    for name in reversed(slowest):
        print(f"  {ratios[name]:.2f}  {name}")
    above = sum(r > 1.3 for r in ratios.values())
    print(f"  above 1.30: {above}")
    return mean <= 1.1 and not above


def small(p):
    from scipy import integrate

    def right(t, y):
        return [y[1], -p[0] * y[0] - p[1] * y[1]]

    return np.sum(integrate.solve_ivp(right, (0.0, 5.0), np.array([p[2], 0.2]), rtol=1e-6).y[:, -1])


LINKS = np.random.default_rng(0).normal(size=(500, 500)) / 30


def large(p):
    from scipy import integrate

    def right(t, y):
        return np.tanh(LINKS @ y) * p[0] - p[1] * y

    return np.sum(integrate.solve_ivp(right, (0.0, 2.0), np.full(500, 0.1) * p[2], rtol=1e-6).y[:, -1])


def solvers():
    import dispatchml as dm

    dm.lift.enable("scipy")
    good = True
    point = np.array([1.3, 0.4, 1.0])
    for name, function, bounds in (("2 states", small, (15, 25)), ("500 states", large, (3, 5))):
        gradient = dm.grad(function)
        plain = forward = reverse = math.inf
        for _ in range(ROUNDS):
            plain = min(plain, best(lambda f=function: f(point), 0.1))
            forward = min(forward, best(lambda f=function: dm.jvp(f, (point,), (np.ones(3),)), 0.2))
            reverse = min(reverse, best(lambda g=gradient: g(point), 0.2))
        ratios = forward / plain, reverse / plain
        print(
            f"solve_ivp, {name}: plain {plain * 1e3:.2f} ms, forward {ratios[0]:.1f}x (bound {bounds[0]}), "
            f"reverse {ratios[1]:.1f}x (bound {bounds[1]})"
        )
        good = good and ratios[0] <= bounds[0] and ratios[1] <= bounds[1]
    return good


if __name__ == "__main__":
    if "--without" in sys.argv or "--enabled" in sys.argv:
        answer("--enabled" in sys.argv)
    else:
        met = [plain_calls(), solvers()]
        sys.exit(not all(met))
