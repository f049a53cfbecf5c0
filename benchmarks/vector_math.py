"""Accuracy and speed of the compiled mathematics, beside NumPy's: python vector_math.py [name ...].

ns are of one element, on 4,096 elements in cache; ulp is the largest error found, in units in the last place.
"""

import sys
import time

import numpy as np

from dispatchml.compile import scalars
from dispatchml.testing import scalar_loops
from dispatchml.testing.accuracy import arguments, units_in_the_last_place

N = 4096
NAMES = """
exp exp2 expm1 log log2 log10 log1p sinh cosh tanh arcsinh arccosh arctanh sigmoid sin cos tan arcsin arccos arctan cbrt
""".split()


def best(f, *given, seconds=0.05):
    """The shortest time of a call, in ns an element."""
    least, end = 1e9, time.perf_counter() + seconds
    while time.perf_counter() < end:
        t = time.perf_counter()
        for _ in range(10):
            f(*given)
        least = min(least, (time.perf_counter() - t) / 10)
    return least / N * 1e9


def sigmoid(x):
    """The logistic function, by NumPy."""
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def row(name, character):
    """A line of the table."""
    scalar = scalars.find(name, character)
    function = {"sigmoid": sigmoid}.get(name) or getattr(np, name)
    x = arguments(character, 200_000)
    exact = function(x.astype(np.longdouble))
    error = units_in_the_last_place(scalar_loops.run(scalar, x), exact).max()
    numpy_error = units_in_the_last_place(function(x), exact).max()
    loop, assembly = scalar_loops.compiled(scalar)
    low, high = {"arcsin": (-1, 1), "arccos": (-1, 1), "arctanh": (-1, 1), "arccosh": (1, 9)}.get(name, (0.1, 4))
    x = np.random.default_rng(1).uniform(low, high, N).astype(character)
    out = np.empty_like(x)
    ours, theirs = best(loop, out.ctypes.data, x.ctypes.data, N), best(function, x)
    vectors = "zmm" if "zmm" in assembly else "no vectors"
    said = f"{name:10} {character} ulp {error:5.2f} NumPy {numpy_error:5.2f}"
    print(f"{said}   ns {ours:6.2f} NumPy {theirs:6.2f}  {vectors}")


if __name__ == "__main__":
    np.seterr(all="ignore")
    for each in sys.argv[1:] or NAMES:
        for character in "df":
            row(each, character)
