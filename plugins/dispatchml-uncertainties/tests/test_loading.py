"""The plugin loads when the first number arrives, whatever comes first, and only then."""

import subprocess
import sys

import pytest

from dispatchml.testing import check_loading


def run(program):
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", "-c", program], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_imports_nothing_foreign():
    program = """
import sys, dispatchml, dispatchml_uncertainties
dispatchml_uncertainties.propagate
print('uncertainties' in sys.modules)
"""
    assert run(program) == "False"


def test_a_plain_program_never_loads_the_plugin():
    program = """
import sys, numpy as np, uncertainties, dispatchml as dm
dm.grad(lambda x: np.sum(np.sin(x) ** 2))(np.ones(3))
print('dispatchml_uncertainties.register' in sys.modules, 'dispatchml.propagation' in sys.modules)
"""
    assert run(program) == "False False"


FIRST = {
    "an argument": "dm.grad(lambda x: x**2)(ufloat(2.0, 0.1))",
    "an array": "dm.grad(lambda x: np.sum(np.exp(np.log(x) * 2)))(np.array([ufloat(2.0, 0.1)], object))[0]",
    "an operation": "2 * dm.ops.positive(ufloat(2.0, 0.1))",
    "a constant on the left": "dm.grad(lambda t: ufloat(2.0, 0.1) * t**2)(1.0)",
    "a constant on the right": "dm.grad(lambda t: t**2 * ufloat(2.0, 0.1))(1.0)",
    "an array of constants": "dm.grad(lambda t: np.sum(np.array([ufloat(2.0, 0.1)], object) * t**2))(1.0)",
    "an array and an array": "dm.grad(lambda t: np.sum(np.array([ufloat(2.0, 0.1)], object) * t**2))(np.ones(1))[0]",
    "a forward pass": "dm.jvp(lambda t: t**2 * ufloat(2.0, 0.1), (1.0,), (1.0,))[1]",
}


def test_whatever_comes_first():
    check_loading("uncertainties", FIRST, "4.00+/-0.20", setup="ufloat = uncertainties.ufloat")


def test_functions_imported_before_the_plugin_see_traced_numbers():
    program = """
from uncertainties import ufloat, std_dev, nominal_value
from uncertainties.unumpy import std_devs, uarray
import numpy as np, dispatchml as dm
x = ufloat(2.0, 0.1)
print(dm.grad(lambda t: std_dev(t * x))(1.0), dm.grad(lambda t: np.sum(std_devs(np.stack([t * x]))))(1.0))
"""
    assert [float(x) for x in run(program).split()] == pytest.approx([0.1, 0.1])


def test_the_example_of_the_readme():
    program = """
import numpy as np, dispatchml as dm
from uncertainties import ufloat
g = ufloat(9.81, 0.02)

def period(length):
    return 2 * np.pi * np.sqrt(length / g)

print(dm.grad(period)(1.0))
print(dm.grad(lambda length: period(length).std_dev)(1.0))
"""
    first, second = run(program).splitlines()
    assert first == "1.0030+/-0.0010"
    assert float(second) == pytest.approx(0.02 * 3.141592653589793 / 2 / 9.81**1.5)


@pytest.mark.parametrize("program", ["dm.derivative(lambda x: x**2)(q).m.n", "dm.jvp(np.sqrt, (q,), (q,))[1].m.n * 4"])
def test_a_number_inside_of_a_quantity_loads_the_plugin(program):
    """The first value of a process is a quantity of an uncertain number."""
    pytest.importorskip("pint")
    pytest.importorskip("dispatchml_pint")
    code = (
        "import dispatchml as dm, numpy as np, pint; from uncertainties import ufloat; "
        f"q = ufloat(4.0, 0.1) * pint.UnitRegistry().m; assert {program} == {{}}"
    )
    wanted = "8.0" if "derivative" in program else "4.0"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code.format(wanted)], check=True, timeout=120)
