"""The public names, and what importing them costs."""

import subprocess
import sys

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


def test_names_that_are_not_there():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = dm.nothing
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = dm.transforms.nothing
    assert dm.transforms.grad is dm.grad
    assert "vmap" in dir(dm.transforms)
