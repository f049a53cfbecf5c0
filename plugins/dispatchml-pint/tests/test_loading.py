"""The plugin loads when the first quantity arrives, and only then."""

import subprocess
import sys

from dispatchml.testing import check_loading


def run(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_plain_program_never_loads_the_plugin():
    program = """
import sys, numpy as np, dispatchml as dm
dm.grad(lambda x: np.sum(np.sin(x) ** 2))(np.ones(3))
dm.jvp(np.exp, (1.0,), (1.0,))
class Foreign: pass
try: dm.ops.add(Foreign(), 1.0)
except TypeError: pass
print([m for m in sys.modules if m.partition('.')[0] in ('pint', 'dispatchml_pint.register')])
"""
    assert run(program) == "[]"


FIRST = {
    "an argument": "dm.grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]) * u.m)",
    "an operation": "dm.ops.multiply(2.0, np.array([1.0, 2.0]) * u.m)",
    "a constructor": "dm.grad(lambda x: np.sum(u.Quantity(x, 'm') ** 2))(np.array([1.0, 2.0]))",
    "a unit on the right": "dm.grad(lambda x: np.sum((x * u.m) ** 2))(np.array([1.0, 2.0]))",
    "a unit on the left": "dm.grad(lambda x: np.sum((u.m * x) ** 2))(np.array([1.0, 2.0]))",
    "a quantity on the left": "dm.grad(lambda x: np.sum((1 * u.m * x) ** 2))(np.array([1.0, 2.0]))",
    "a result in a container": (
        "dm.vjp(lambda x: {'a': [u.Quantity(x, 'm') ** 2]}, np.array([1.0, 2.0]))[1]({'a': [np.ones(2)]})[0]"
    ),
    "a forward pass": "dm.jvp(lambda x: u.Quantity(x, 'm') ** 2, (np.array([1.0, 2.0]),), (np.ones(2),))[1]",
}


def test_whatever_comes_first_loads_the_plugin():
    programs = {name: f"({expression}).to_base_units()" for name, expression in FIRST.items()}
    check_loading("pint", programs, "[2.0 4.0] meter", setup="u = pint.UnitRegistry()")


def test_the_example_of_the_readme():
    program = """
import numpy as np, pint, dispatchml as dm
u = pint.UnitRegistry()

def energy(v, m):                        # knows nothing of units or derivatives
    return 0.5 * m * np.sum(v ** 2)

print(dm.grad(energy)(np.array([3.0, 4.0]) * u.m / u.s, 2.0 * u.kg))
"""
    assert run(program) == "[6.0 8.0] kilogram * meter / second"


def test_declaring_twice_changes_nothing():
    program = """
import numpy as np, pint, dispatchml as dm
from dispatchml_pint.register import register
u = pint.UnitRegistry()
x = np.array([1.0, 2.0]) * u.m
dm.ops.add(x, x)
try: register()
except dm.dispatch.errors.RegistrationError: pass
print(dm.grad(lambda x: np.sum(u.Quantity(x, 'm') ** 2))(np.array([1.0, 2.0])))
""".replace("dm.dispatch.errors", "__import__('dispatchml.dispatch.errors', fromlist=['x'])")
    assert run(program) == "[2.0 4.0] meter ** 2"
