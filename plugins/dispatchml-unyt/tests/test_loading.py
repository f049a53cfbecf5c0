"""The plugin loads when the first quantity arrives, and only then, whichever package was imported first."""

import subprocess
import sys

import pytest


def run(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_plain_program_imports_no_unyt():
    program = """
import sys, numpy as np, dispatchml as dm
dm.grad(lambda x: np.sum(np.sin(x) ** 2))(np.ones(3))
print([m for m in sys.modules if 'unyt' in m.partition('.')[0] or m == 'dispatchml.units'])
"""
    assert run(program) == "[]"


FIRST = {
    "an argument": "dm.grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]) * u.m)",
    "an operation": "dm.ops.multiply(2.0, np.array([1.0, 2.0]) * u.m)",
    "a unit on the right": "dm.grad(lambda x: np.sum((x * u.m) ** 2))(np.array([1.0, 2.0]))",
    "a unit on the left": "dm.grad(lambda x: np.sum((u.m * x) ** 2))(np.array([1.0, 2.0]))",
    "a quantity on the left": "dm.grad(lambda x: np.sum((1 * u.m * x) ** 2))(np.array([1.0, 2.0]))",
    "a forward pass": "dm.jvp(lambda x: (x * u.m) ** 2, (np.array([1.0, 2.0]),), (np.ones(2),))[1]",
}


@pytest.mark.parametrize("imports", ["import dispatchml as dm, unyt as u", "import unyt as u, dispatchml as dm"])
@pytest.mark.parametrize("first", FIRST)
def test_whatever_comes_first_loads_the_plugin(first, imports):
    assert run(f"import numpy as np\n{imports}\nprint({FIRST[first]})").startswith("[2. 4.] m")
