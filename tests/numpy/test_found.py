"""Functions of NumPy are found topic by topic: the same ones as with everything loaded, and no more than is needed."""

import subprocess
import sys

PROGRAM = """
import sys
import numpy as np
import dispatchml as dm

dm.grad(lambda x: np.sum(np.sin(x) * x))(np.linspace(0.0, 1.0, 10))
print({"dispatchml.numpy.linalg", "dispatchml.numpy.elementwise"}.isdisjoint(sys.modules))
from dispatchml.numpy import surface
functions = [f for home in (np, np.linalg, np.fft) for n in sorted(dir(home)) if callable(f := getattr(home, n))]
found = {f: surface.implementation_of(f) for f in reversed(functions)}
print([f for f, one in found.items() if one is not surface.implementations().get(f)])
"""


def test_one_by_one_as_all_at_once():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["True", "[]"], done.stderr
