"""Each plugin loads when the first number of its module arrives, and only then."""

import subprocess
import sys

import pytest

from dispatchml.testing import check_registry


def run(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_plugins_register_what_they_may():
    check_registry("dispatchml_exact")


def test_a_plain_program_loads_nothing():
    program = """
import sys, numpy as np, dispatchml as dm
dm.grad(lambda x: np.sum(np.sin(x) ** 2))(np.ones(3))
dm.jvp(np.exp, (1.0,), (1.0,))
class Foreign: pass
try: dm.ops.add(Foreign(), 1.0)
except TypeError: pass
print([m for m in sys.modules if m.partition('.')[0] == 'mpmath' or m.startswith('dispatchml_exact.')])
"""
    assert run(program) == "[]"


@pytest.mark.parametrize(
    ("number", "others"),
    [
        ("__import__('fractions').Fraction(1, 2)", ["dispatchml_exact.decimals", "dispatchml_exact.multiprecision"]),
        ("__import__('decimal').Decimal(1)", ["dispatchml_exact.rational", "dispatchml_exact.multiprecision"]),
    ],
)
def test_one_plugin_loads_no_other(number, others):
    program = f"""
import sys, numpy as np, dispatchml as dm
x = {number}
print(type(dm.grad(lambda x: x**3)(x)).__name__, [m for m in {others!r} if m in sys.modules], 'mpmath' in sys.modules)
"""
    assert run(program) in ("Fraction [] False", "Decimal [] False")


FIRST = {
    "an argument": "dm.grad(lambda x: x**2)(Fraction(1, 2))",
    "an operation": "dm.ops.add(Fraction(1, 2), Fraction(1, 2))",
    "an array": "dm.grad(lambda x: np.sum(x**2))(np.array([Fraction(1, 2)]))[0]",
    "a sum": "dm.ops.sum(np.array([Fraction(1, 2), Fraction(1, 2)]))",
    "a system": "dm.ops.solve(np.array([[Fraction(1)]]), np.array([Fraction(1)]))[0]",
    "a product": "dm.ops.matmul(np.array([Fraction(1)]), np.array([1]))",
    "a literal": "dm.ops.literal(1, 1, Fraction(1)) * Fraction(1)",
    "a container": "dm.vjp(lambda t: t['a'][0] * 2, {'a': [Fraction(1)]})[1](Fraction(1, 2))[0]['a'][0]",
}


@pytest.mark.parametrize("first", FIRST)
def test_whatever_comes_first_loads_the_plugin(first):
    program = f"from fractions import Fraction\nimport numpy as np, dispatchml as dm\nprint(repr({FIRST[first]}))"
    assert run(program) == "Fraction(1, 1)"


@pytest.mark.parametrize("order", [("fractions", "decimal", "mpmath"), ("mpmath", "decimal", "fractions")])
def test_the_order_of_first_meetings_changes_nothing(order):
    numbers = {
        "fractions": "Fraction(1, 2)",
        "decimal": "Decimal('0.5')",
        "mpmath": "mpmath.mpf(1) / 2",
    }
    meets = "\n".join(f"dm.grad(lambda x: x * x)({numbers[name]})" for name in order)
    program = f"""
from fractions import Fraction
from decimal import Decimal
import mpmath, numpy as np, dispatchml as dm
{meets}
print(dm.ops.add(Fraction(1, 2), mpmath.mpf(1)), end=' ')
for pair in ((Fraction(1), Decimal(1)), (Decimal(1), Fraction(1)), (Decimal(1), mpmath.mpf(1)), (1.5, Fraction(1))):
    try: print(dm.ops.add(*pair))
    except TypeError as error: print(type(error).__name__, end=' ')
"""
    assert run(program) == "1.5" + " PrecisionError" * 4
