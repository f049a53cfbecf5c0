"""jit: objects, functions and generators among the arguments, which change between calls."""

import warnings

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning

from .compiled import X, same


class Layer:
    """Numbers, arrays, a function and other objects."""

    def __init__(self):
        self.weights, self.scale, self.bend, self.inner, self.more = np.ones(len(X)), 2, np.tanh, None, []

    def __call__(self, x):
        found = self.bend(self.weights * x) * self.scale
        return found + (self.inner(x) if self.inner else 0) + sum(layer(x) for layer in self.more)

    @dm.jit
    def compiled_method(self, x):
        return np.sum(self.weights * x) * self.scale

    def method(self, x):
        return np.sum(self.weights * x) * self.scale


def loss(layer, x):
    return np.sum(layer(x) ** 2)


COMPILED = dm.jit(loss)
ROWS = np.stack([X, X + 1])
FORMS = {
    "plain": (COMPILED, loss),
    "gradient compiled": (dm.jit(dm.grad(loss, 1)), dm.grad(loss, 1)),
    "gradient of compiled": (dm.grad(COMPILED, 1), dm.grad(loss, 1)),
    "batch of compiled": (
        lambda layer, x: dm.vmap(lambda row: COMPILED(layer, row))(ROWS),
        lambda layer, x: np.array([loss(layer, row) for row in ROWS]),
    ),
    "within": (dm.jit(lambda layer, x: COMPILED(layer, x) + 1), lambda layer, x: loss(layer, x) + 1),
    "method": (Layer.compiled_method, Layer.method),
}


def changes(layer):
    """What is done to an object between calls."""
    yield
    layer.scale = 3
    yield
    layer.weights = np.full(len(X), 0.5)
    yield
    layer.weights[1] = 2.0
    yield
    layer.bend = np.sin
    layer.inner = Layer()
    yield
    layer.inner.scale = 7
    yield
    layer.more.append(Layer())
    yield
    layer.more[0].weights[0] = 0.1
    yield


@pytest.mark.filterwarnings("error::dispatchml.dispatch.errors.FallbackWarning")
@pytest.mark.parametrize("form", FORMS)
def test_attributes_of_arguments_may_change(form):
    compiled, wanted = FORMS[form]
    layer = Layer()
    for _ in changes(layer):
        for _ in range(2):
            np.testing.assert_allclose(compiled(layer, X), wanted(layer, X), rtol=1e-12)


class Settings:
    """Read by a function that another one calls."""

    rate = 1.0


HELD = Settings()


def scaled(settings, x):
    return x * settings.rate


def test_functions_that_are_called_read_attributes_too():
    passed, reached = dm.jit(lambda settings, x: scaled(settings, x)), dm.jit(lambda x: scaled(HELD, x))
    for rate in (1.0, 4.0):
        HELD.rate = rate
        assert passed(HELD, 2.0) == reached(2.0) == 2.0 * rate


def test_functions_as_arguments_reach_what_they_reach():
    held = [2.0]
    compiled = dm.jit(lambda f, x: f(x))

    def double(x):
        return x * held[0]

    assert compiled(double, 1.0) == 2.0
    held[0] = 3.0
    assert compiled(double, 1.0) == 3.0


class Holder:
    """A generator within an object."""

    def __init__(self):
        self.generator = np.random.default_rng(1)


@pytest.mark.filterwarnings("ignore::dispatchml.dispatch.errors.FallbackWarning")
@pytest.mark.parametrize(
    ("given", "draw"),
    [
        (np.random.default_rng(1), lambda g: g.normal()),
        (Holder(), lambda h: h.generator.normal()),
        ({"g": np.random.default_rng(1)}, lambda d: d["g"].normal()),
    ],
    ids=["generator", "in an object", "in a dict"],
)
def test_generators_among_the_arguments_draw_in_every_call(given, draw):
    compiled, wanted = dm.jit(lambda g, x: draw(g) * x), np.random.default_rng(1)
    for _ in range(3):
        assert compiled(given, 1.0) == wanted.normal()


def test_the_derivative_of_a_function_that_draws_is_that_of_its_value():
    generator, wanted = np.random.default_rng(1), np.random.default_rng(1)
    f = dm.value_and_grad(dm.jit(lambda x: generator.normal() * x))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            assert f(2.0) == (2.0 * (drawn := wanted.normal()), drawn)
    assert len(caught) == 1


def test_iterators_move_on():
    numbers = iter([1.0, 2.0])
    compiled = dm.jit(lambda numbers, x: next(numbers) * x)
    with pytest.warns(FallbackWarning, match="moves on in each call. Pass a list"):
        assert [compiled(numbers, 1.0), compiled(numbers, 1.0)] == [1.0, 2.0]


def test_what_a_function_changes_and_reads_again():
    calls = []

    def count(x):
        calls.append(1)
        return x * len(calls)

    compiled = dm.jit(count)
    for n in (1, 2, 3):
        same(compiled(X), X * n)
