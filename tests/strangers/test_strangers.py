"""Plugins as third parties write them, installed into a fresh environment: they meet, and broken ones hurt nobody."""

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent

MEET = """
import importlib, json, sys
for name in {order}:
    importlib.import_module(name)
import numpy
import dispatchml as dm
import dispatchml.numpy as np
import circulant, ledger
early = sorted(m for m in sys.modules if m.startswith(("dispatchml_ledger", "dispatchml_circulant")))

c = circulant.Circulant(numpy.array([0.5, 0.25, 0.125]))
m = ledger.Money(numpy.array([100.0, 10.0, 1.0]))

def total(c, m):                     # knows neither of money nor of circulant matrices
    return np.sum(np.square(np.matmul(c, m)))

def told(x):
    if isinstance(x, ledger.Money):
        return [x.currency, x.power, told(x.amount)]
    return ["circulant", told(x.column)] if isinstance(x, circulant.Circulant) else numpy.asarray(x).tolist()

found = {{}}
value, gradients = dm.value_and_grad(total, argnums=(0, 1))(c, m)
found["value"] = told(value)
found["gradients"] = [told(g) for g in gradients]
found["jvp"] = [told(x) for x in dm.jvp(total, (c, m), (c, m))]
found["hvp"] = told(dm.hvp(lambda m: total(c, m), (m,), (m,)))
nested = ledger.Money(c, "EUR")
found["nested"] = [told(x) for x in dm.value_and_grad(total)(nested, m)]
found["vmap"] = told(dm.vmap(lambda m: total(c, m))(ledger.Money(numpy.stack([m.amount, 2 * m.amount]))))
try:
    dm.grad(lambda m: total(c, np.add(m, ledger.Money(1.0, "USD"))))(m)
except ledger.CurrencyError as error:
    found["refused"] = str(error)
print(json.dumps([early, found]))
"""

#: The matrix of the circulant c, its product with m, and what follows, by hand.
C = [[0.5, 0.125, 0.25], [0.25, 0.5, 0.125], [0.125, 0.25, 0.5]]
M = [100.0, 10.0, 1.0]
Y = [sum(a * b for a, b in zip(row, M, strict=True)) for row in C]
VALUE = sum(y * y for y in Y)
BY_M = [2 * sum(C[i][j] * Y[i] for i in range(3)) for j in range(3)]
#: The circulant part of the gradient 2 y m^T is the mean of its shifted diagonals.
BY_C = [sum(2 * Y[(j + k) % 3] * M[j] for j in range(3)) / 3 for k in range(3)]


@pytest.mark.parametrize("order", [["ledger", "circulant"], ["circulant", "ledger"], ["dispatchml", "circulant"]])
def test_two_strangers_meet(order, environment):
    environment.install(FOLDER / "ledger", FOLDER / "circulant")
    early, found = json.loads(environment.ask(MEET.format(order=order)))
    assert early == []
    about = pytest.approx
    assert found["value"] == ["EUR", 2, about(VALUE)]
    assert found["gradients"] == [["EUR", 2, ["circulant", about(BY_C)]], ["EUR", 1, about(BY_M)]]
    assert found["jvp"] == [["EUR", 2, about(VALUE)], ["EUR", 2, about(4 * VALUE)]]
    assert found["hvp"] == ["EUR", 1, about(BY_M)]
    assert found["nested"] == [["EUR", 4, about(VALUE)], ["EUR", 3, ["circulant", about(BY_C)]]]
    assert found["vmap"] == ["EUR", 2, about([VALUE, 4 * VALUE])]
    assert found["refused"] == "EUR and USD meet"


USE = """
import numpy, ledger
import dispatchml as dm, dispatchml.numpy as np
m = ledger.Money(numpy.array([1.0, 2.0]))
print(dm.grad(lambda m: np.sum(np.square(m)))(m))
print(dm.grad(lambda x: np.sum(x**2))(numpy.ones(2)))
"""


def doctor(environment):
    pytest.importorskip("typer")
    pytest.importorskip("rich")
    return environment.run("-m", "dispatchml.cli", "doctor")


@pytest.mark.parametrize(
    ("package", "name", "reason"),
    [
        ("broken_import", "wreck", "RuntimeError: the keel is missing"),
        ("wrong_object", "impostor", "dispatchml_impostor:plugin is dict, not a dispatchml.Plugin"),
    ],
)
def test_a_broken_plugin_hurts_nobody_and_is_named(package, name, reason, environment):
    environment.install(FOLDER / "ledger", FOLDER / package)
    assert environment.ask(USE) == "Money(array([2., 4.]), 'EUR', 1)\n[2. 2.]"
    done = doctor(environment)
    assert done.returncode == 1
    assert f"{name} is broken (dispatchml-{name} 0.3, entry point dispatchml_{name}:plugin): " in done.stdout
    assert reason in done.stdout
    assert "ledger is broken" not in done.stdout
    error = environment.run("-c", "import dispatchml.ops as o\nclass T: pass\nT.__module__ = 'x'\no.add(T(), T())")
    assert f"The plugin '{name}' (from dispatchml-{name} 0.3) could not be loaded: " in error.stderr
    assert reason in error.stderr


def test_an_ambiguous_plugin_is_named_and_hurts_nobody(environment):
    environment.install(FOLDER / "ledger", FOLDER / "ambiguous")
    assert environment.ask(USE) == "Money(array([2., 4.]), 'EUR', 1)\n[2. 2.]"
    done = doctor(environment)
    assert done.returncode == 1
    assert "ambiguous: logaddexp(Fraction, Fraction) fits" in done.stdout
    assert "(of dispatchml-muddle)" in done.stdout
    error = environment.run(
        "-c", "from fractions import Fraction as F; from dispatchml import ops; ops.logaddexp(F(1), F(2))"
    )
    assert "AmbiguousMethodError: logaddexp(fractions.Fraction, fractions.Fraction) is ambiguous" in error.stderr
    assert "(of dispatchml-muddle)" in error.stderr


def test_a_plugin_that_breaks_while_it_is_loaded(environment, tmp_path):
    """Its own types raise an error that names it; the others work."""
    package = tmp_path / "sunk"
    for path in (FOLDER / "ambiguous").rglob("*.*"):
        if path.suffix in (".py", ".toml"):
            target = package / str(path.relative_to(FOLDER / "ambiguous")).replace("muddle", "sunk")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(path.read_text().replace("muddle", "sunk"))
    (package / "src/dispatchml_sunk/register.py").write_text("def register():\n    raise KeyError('anchor')\n")
    environment.install(FOLDER / "ledger", package)
    assert environment.ask(USE) == "Money(array([2., 4.]), 'EUR', 1)\n[2. 2.]"
    error = environment.run("-c", "from fractions import Fraction as F; from dispatchml import ops; ops.sin(F(1))")
    assert "PluginError: The plugin 'sunk' (from dispatchml-sunk 0.3) could not be loaded: KeyError" in error.stderr
    assert "other plugins are not affected" in error.stderr
    assert "sunk is broken" in doctor(environment).stdout
