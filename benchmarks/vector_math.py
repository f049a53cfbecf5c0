"""Accuracy and speed of the compiled mathematics beside NumPy's and SciPy's.

The error is the largest that was found, in units in the last place, against mpmath: over numbers of random bits,
numbers where the function changes, and corners. Times are ns of one element, of 4,096 elements in cache.

    python vector_math.py [--markdown] [name ...]
"""

import sys
import time

import numpy as np

from dispatchml.compile import scalars
from dispatchml.testing import scalar_loops
from dispatchml.testing.accuracy import arguments, units_in_the_last_place
from dispatchml.testing.exact_functions import exactly

N = 4096
#: name -> where it is timed; arguments beyond which errors are not looked for.
NAMES = {
    "exp": (-4, 4), "exp2": (-4, 4), "expm1": (-4, 4), "log": (0.1, 4), "log2": (0.1, 4), "log10": (0.1, 4),
    "log1p": (0.1, 4), "sinh": (-4, 4), "cosh": (-4, 4), "tanh": (-4, 4), "arcsinh": (-4, 4), "arccosh": (1, 9),
    "arctanh": (-1, 1), "sigmoid": (-4, 4), "softplus": (-4, 4), "sin": (-4, 4), "cos": (-4, 4), "tan": (-4, 4),
    "arcsin": (-1, 1), "arccos": (-1, 1), "arctan": (-4, 4), "cbrt": (-4, 4), "power": (0.1, 4), "hypot": (-4, 4),
    "arctan2": (-4, 4), "erf": (-4, 4), "erfc": (-4, 4), "erfcx": (-4, 4), "ndtr": (-4, 4), "log_ndtr": (-4, 4),
    "gammaln": (0.1, 9), "gamma": (0.1, 9), "digamma": (0.1, 9), "erfinv": (-1, 1), "erfcinv": (0, 2), "ndtri": (0, 1),
}  # fmt: skip
OF_TWO = ("power", "hypot", "arctan2")
POSITIVE = ("gammaln", "gamma", "digamma")


def best(f, *given, seconds=0.05):
    """The shortest time of a call, in ns an element."""
    least, end = 1e9, time.perf_counter() + seconds
    while time.perf_counter() < end:
        t = time.perf_counter()
        for _ in range(10):
            f(*given)
        least = min(least, (time.perf_counter() - t) / 10)
    return least / N * 1e9


def uncompiled(name):
    """The function that runs without compilation, and whose it is."""
    from dispatchml import ops

    if hasattr(np, name):
        return getattr(np, name)
    import scipy.special

    return getattr(scipy.special, name, None) or getattr(ops, name)


def samples(name, character, count):
    """Arguments: one array, or two."""
    x = arguments(character, count)
    if name in POSITIVE:
        x = np.concatenate([x[(x > 0) & (x < 1e15)], np.random.default_rng(3).uniform(0, 12, 2 * count)])
    if name == "power":
        random = np.random.default_rng(4)
        base = np.exp(np.concatenate([random.uniform(-20, 20, count), random.normal(size=count) * 0.01]))
        low, high = (-740, 709) if character == "d" else (-100, 88)
        return [base.astype(character), (random.uniform(low, high, 2 * count) / np.log(base)).astype(character)]
    if name in ("erfinv", "erfcinv", "ndtri"):
        x = np.concatenate([x, np.random.default_rng(3).uniform(*NAMES[name], 2 * count)])
    x = x[np.isfinite(x) & (x != 0)].astype(character)
    return [x, np.random.default_rng(5).permutation(x)] if name in OF_TWO else [x]


def errors(name, character, count):
    """The largest errors of ours and of the uncompiled function."""
    given = samples(name, character, count)
    exact = exactly(name, *given)
    known = np.isfinite(exact) & (exact != 0)  # mpmath's zeros have no sign; corners are looked at in the tests
    given, exact = [x[known] for x in given], exact[known]
    ours = scalar_loops.run(scalars.find(name, character * len(given)), *given)
    return [units_in_the_last_place(y, exact).max() for y in (ours, uncompiled(name)(*given))]


def times(name, character):
    """ns an element, of ours and of the uncompiled function."""
    random = np.random.default_rng(1)
    given = [random.uniform(*NAMES[name], N).astype(character) for _ in range(1 + (name in OF_TWO))]
    out, scalar = np.empty_like(given[0]), scalars.find(name, character * len(given))
    loop = scalar_loops.compiled(scalar)
    return best(loop, out.ctypes.data, *(x.ctypes.data for x in given), N), best(uncompiled(name), *given)


def shown(error):
    """An error of a few places, or its order."""
    return f"{error:.2f}" if error < 100 else f"{error:.0e}"


if __name__ == "__main__":
    np.seterr(all="ignore")
    markdown = "--markdown" in sys.argv
    names = [n for n in sys.argv[1:] if not n.startswith("--")] or NAMES
    if markdown:
        heads = "error | uncompiled | ns | uncompiled"
        print(f"| function | float64: {heads} | float32: {heads} |")
        print("|---|---|---|---|---|---|---|---|---|")
    for name in names:
        cells = [name]
        for character in "df":
            cells += [shown(e) for e in errors(name, character, 1500)]
            cells += [f"{t:.2f}" for t in times(name, character)]
        print("| " + " | ".join(cells) + " |" if markdown else " ".join(f"{c:>9}" for c in cells), flush=True)
