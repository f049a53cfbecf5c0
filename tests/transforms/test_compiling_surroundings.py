"""jit: what a function reaches without receiving it."""

import subprocess
import sys

import attrs
import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import (
    FallbackWarning,
)

from .compiled import RUNS, W, X, same

pytestmark = [
    pytest.mark.filterwarnings("error::dispatchml.dispatch.errors.FallbackWarning"),
    pytest.mark.usefixtures("no_runs"),
]


def test_arrays_that_a_function_reaches_are_read_at_every_call():
    held = np.ones(5)

    def f(x):
        RUNS.put(1)
        return np.sum(W * 2 * x) + helper(x)

    def helper(x):
        return np.sum(held * x)

    compiled, gradient = dm.jit(f), dm.jit(dm.grad(f))
    for value in (1.0, 2.0):
        W[:] = value
        held[:] = 10 * value
        same(compiled(X), f(X))
        same(gradient(X), dm.grad(f)(X))
    assert RUNS.qsize() == 2 + 4
    W[:] = 1.0


def test_numbers_that_a_function_reaches_are_parts_of_the_signature():
    scale = 2.0

    class Model:
        def __init__(self):
            self.weights, self.power = np.ones(5), 2

        def __call__(self, x):
            return np.sum(self.weights * x**self.power) * scale

    model = Model()
    compiled = dm.jit(model.__call__)
    direct = dm.jit(model)
    for change in ("nothing", "weights", "power", "new weights", "scale"):
        if change == "weights":
            model.weights[0] = 5.0
        elif change == "power":
            model.power = 3
        elif change == "new weights":
            model.weights = np.zeros(5) + 7
        elif change == "scale":
            scale = 3.0
        same(compiled(X), model(X))
        same(direct(X), model(X))


def test_a_value_of_a_transform_around_it_is_reached():
    def f(a):
        return dm.jit(lambda x: np.sum(x * a))(X)

    same(dm.grad(f)(2.0), float(X.sum()))
    same(dm.jit(dm.grad(f))(2.0), float(X.sum()))


def test_what_is_reached_may_become_an_array_and_stop_being_one():
    factor = X

    def f(x):
        return np.sum(x * factor)

    compiled = dm.jit(f)
    for value in (X, 2.0, W, 3):
        factor = value
        same(compiled(X), f(X))


def test_layers_that_a_function_reaches_are_parts_of_the_signature():
    @dm.layer(slot="structure")
    @attrs.define(eq=False)
    class Scaled:
        numbers: dm.Array
        name: str = "a"

    held = Scaled(np.ones(5))
    dispatch_rule = dm.ops.multiply.layer(Scaled, lambda a, b: Scaled(dm.ops.multiply(a, b.numbers), b.name))
    assert dispatch_rule is not None

    def f(x):
        RUNS.put(1)
        return x * held

    compiled = dm.jit(f)
    for change in ("nothing", "nothing", "numbers", "name"):
        if change == "numbers":
            held.numbers[0] = 7.0
        elif change == "name":
            held.name = "b"
        got = compiled(X)
        same(got.numbers, X * held.numbers)
        assert got.name == held.name
    assert RUNS.qsize() == 3


def test_masked_arrays_that_a_function_reaches():
    held = np.ma.array([1.0, 2.0, 3.0, 4.0, 5.0], mask=[0, 1, 0, 0, 0])
    compiled = dm.jit(lambda x: x * held)
    with pytest.warns(FallbackWarning, match="MaskedArray"):
        assert compiled(X).mask.tolist() == [False, True, False, False, False]
    held[0] = np.ma.masked
    with pytest.warns(FallbackWarning, match="MaskedArray"):
        assert compiled(X).mask.tolist() == [True, True, False, False, False]


@pytest.mark.parametrize("draws", ["", "np.random.random()", "np.random.bytes(4)", "np.random.random(312)"])
def test_a_generator_that_is_brought_into_use_meanwhile(draws):
    """An import is no draw."""
    program = f"""
import sys, warnings, numpy as np, dispatchml as dm
assert "numpy.random.mtrand" not in sys.modules
def f(x):
    import numpy.random
    {draws or "pass"}
    return x * 2
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    dm.jit(f)(np.ones(3))
print(sum("draws random numbers" in str(w.message) for w in caught))
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert found.stdout.strip() == str(int(bool(draws))), found.stderr


def test_states_of_generators_are_compared_and_not_printed():
    """Twice for each call within a program, and as the user has set how arrays are printed."""

    def refuse(number):
        raise AssertionError("an array is printed")

    x = np.eye(3) + 0.5
    compiled = dm.jit(lambda x: np.linalg.det(x @ x))
    np.random.seed(3)  # noqa: NPY002  # the global generator is in use
    with np.printoptions(formatter={"all": refuse}):
        found = compiled(x)
    np.testing.assert_allclose(found, np.linalg.det(x @ x), rtol=1e-12)
