"""The public names, and what importing them costs."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import dispatchml as dm

HEAVY = (
    "attr",
    "attrs",
    "cupy",
    "dispatchml.transforms.jacobians",
    "hypothesis",
    "numba",
    "optree",
    "plum",
    "rich",
    "scipy",
)


def loaded(program):
    """Which of the heavy modules a fresh interpreter has loaded after a program."""
    code = f"import sys; {program}; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_importing_is_light():
    assert loaded("import dispatchml") == []


def test_a_first_gradient_is_light():
    program = "import numpy as np, dispatchml as dm; dm.grad(lambda x: np.sum(x * x))(np.ones(3)); dm.grad(np.sin)(1.0)"
    assert loaded(program) == []


def test_a_container_loads_optree_and_nothing_else():
    program = "import dispatchml as dm; dm.grad(lambda t: t[0] * t[1])((1.0, 2.0))"
    assert loaded(program) == ["optree"]


@pytest.mark.parametrize("name", dm.__all__)
def test_every_public_name_is_there_and_documented(name):
    assert getattr(dm, name).__doc__
    assert name in dir(dm)


PUBLIC = {
    "dispatchml", "dispatchml.dispatch", "dispatchml.dispatch.errors", "dispatchml.lift", "dispatchml.numpy",
    "dispatchml.numpy.meanings", "dispatchml.ops", "dispatchml.propagation", "dispatchml.rules", "dispatchml.testing",
    "dispatchml.units",
}  # fmt: skip
#: But dispatchml-scipy, which runs users' functions within transforms and is part of the engines in that.
PLUGINS = [
    p for p in sorted((Path(__file__).parents[1] / "plugins").glob("dispatchml-*")) if p.name != "dispatchml-scipy"
]


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda p: p.name)
def test_plugins_use_public_names(plugin):
    """A name of a package that lists its names is in the list, and nothing else is imported but modules of these."""
    found = [
        (str(path.relative_to(plugin)), node.module, alias.name)
        for path in (plugin / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and not node.level and str(node.module).partition(".")[0] == "dispatchml"
        for alias in node.names
    ]
    assert found
    assert [f for f in found if f[1] not in PUBLIC] == []
    listed = {name: getattr(importlib.import_module(name), "__all__", None) for name in PUBLIC - {"dispatchml.numpy"}}
    missing = [f for f in found if listed.get(f[1]) is not None and f[2] not in listed[f[1]]]
    assert [f for f in missing if f"{f[1]}.{f[2]}" not in PUBLIC] == []


def test_names_that_are_not_there():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = dm.nothing
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = dm.transforms.nothing
    assert dm.transforms.grad is dm.grad
    assert "vmap" in dir(dm.transforms)
