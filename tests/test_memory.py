"""Memory: with the garbage collector off nothing stays behind, and the backward sweep gives memory back as it goes."""

import functools
import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import dispatchml as dm

STEPS = 1000
RNG = np.random.default_rng(0)
INPUTS, TARGETS = RNG.normal(size=(8, 3)), RNG.normal(size=(8, 2))


def network(parameters, inputs):
    """A multilayer perceptron with two layers."""
    hidden = np.tanh(inputs @ parameters["w1"] + parameters["b1"])
    return hidden @ parameters["w2"] + parameters["b2"]


def loss(parameters):
    return np.mean((network(parameters, INPUTS) - TARGETS) ** 2)


def initial():
    return {"w1": RNG.normal(size=(3, 4)), "b1": np.zeros(4), "w2": RNG.normal(size=(4, 2)), "b2": np.zeros(2)}


def reverse_step(p):
    gradient = dm.grad(loss)(p)
    return {k: v - 0.01 * gradient[k] for k, v in p.items()}


def value_step(p):
    value, gradient = dm.value_and_grad(loss)(p)
    assert value > 0
    return {k: v - 0.01 * gradient[k] for k, v in p.items()}


def pullback_step(p):
    y, pullback = dm.vjp(loss, p)
    (gradient,) = pullback(1.0)
    pullback(2.0)
    return {k: v - 0.01 * gradient[k] for k, v in p.items()}


def forward_step(p):
    direction = {k: np.ones_like(v) for k, v in p.items()}
    slope = dm.jvp(loss, (p,), (direction,))[1]
    return {k: v - 1e-4 * slope for k, v in p.items()}


def curvature_step(p):
    direction = {k: np.ones_like(v) for k, v in p.items()}
    product = dm.hvp(loss, (p,), (direction,))
    return {k: v - 1e-4 * product[k] for k, v in p.items()}


def batched_step(p):
    values = dm.vmap(lambda x: np.sum(network(p, x)))(INPUTS)
    return {k: v + 1e-6 * values.sum() for k, v in p.items()}


def branching_step(p):
    gradient = dm.grad(lambda q: np.sum(np.where(q["w1"] > 0, np.sqrt(np.abs(q["w1"])), 0.0)) + loss(q))(p)
    return {k: v - 0.01 * gradient[k] for k, v in p.items()}


def assigning_step(p):
    def f(w):
        y = w * 2.0
        y[0] = y[1] * y[2]
        return np.sum(y[:2])

    return {**p, "w1": p["w1"] - 1e-3 * dm.grad(f)(p["w1"])}


def raising_step(p):
    with pytest.raises(TypeError):
        dm.grad(lambda q: np.sum(np.asarray(q["w1"] * 2.0)), lift=False)(p)
    return p


STEPS_OF = [
    reverse_step, value_step, pullback_step, forward_step, curvature_step, batched_step, branching_step, assigning_step,
]  # fmt: skip


@pytest.fixture
def without_collector():
    """The garbage collector off, and everything collected before."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("step", STEPS_OF, ids=lambda f: f.__name__)
def test_training_steps_leave_nothing_behind(step, without_collector):
    """No object that the collector knows may stay; for the bytes a collection empties Python's free lists first."""
    count = STEPS if step is reverse_step else STEPS // 3
    parameters = initial()
    with np.errstate(all="ignore"):
        for _ in range(20):
            parameters = step(parameters)
        gc.collect()
        tracemalloc.start()
        try:
            parameters = step(parameters)
            gc.collect()
            for _ in range(3):  # a table that is made larger once is no leak: what leaks grows each time
                objects, bytes_before = len(gc.get_objects()), tracemalloc.get_traced_memory()[0]
                for _ in range(count):
                    parameters = step(parameters)
                more = len(gc.get_objects()) - objects
                gc.collect()
                grown = tracemalloc.get_traced_memory()[0] - bytes_before
                if more >= 20 or grown < 16 * 1024:
                    break
        finally:
            tracemalloc.stop()
    assert more < 20, f"{more} more objects after {count} steps"
    assert grown < 16 * 1024, f"{grown} more bytes after {count} steps"


def test_a_step_that_raises_leaves_nothing_behind(without_collector):
    parameters = initial()
    for _ in range(5):
        raising_step(parameters)
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(50):
        raising_step(parameters)
    gc.collect()
    assert len(gc.get_objects()) - before < 50


def test_traced_values_die_with_their_transform(without_collector):
    kept = []

    def f(v):
        y = np.sin(v)
        kept.append(weakref.ref(y._value))
        return np.sum(y * y)

    dm.grad(f)(RNG.normal(size=1000))
    dm.jvp(f, (np.ones(5),), (np.ones(5),))
    dm.vjp(f, np.ones(5))[1](1.0)
    assert [payload() for payload in kept] == [None] * 3


def weighted(w, x):
    """Runs as a lifted copy."""
    return np.sum(np.array([x[0], x[1]]) * w)


class OfSlots:
    """A callable to which nothing can refer weakly."""

    __slots__ = ("w",)

    def __init__(self, w):
        self.w = w

    def __call__(self, x):
        return weighted(self.w, x)


class Model:
    def __init__(self, w):
        self.w = w

    def __call__(self, x, then):
        return then(weighted(self.w, x))


def through_a_push(w):
    dm.linearize(lambda x: w * x, np.ones(2))[1](np.ones(2))


def through_a_push_inside(w):
    dm.grad(lambda x: np.sum(dm.linearize(lambda z: w * z, x)[1](x)))(np.ones(2))


def through_a_pullback(w):
    dm.jvp(dm.vjp(lambda x: w * x, np.ones(2))[1], (np.ones(2),), (np.ones(2),))


CALLS_THAT_HOLD = [
    through_a_push,
    through_a_push_inside,
    through_a_pullback,
    lambda w: dm.grad(functools.partial(weighted, w))(np.ones(2)),
    lambda w: dm.grad(OfSlots(w))(np.ones(2)),
    lambda w: dm.grad(Model(w))(np.ones(2), lambda y: np.array([y, y]).sum()),
    lambda w: dm.grad(Model(w).__call__)(np.ones(2), lambda y: np.array([y, y]).sum()),
]


@pytest.mark.parametrize("call", CALLS_THAT_HOLD, ids=range(len(CALLS_THAT_HOLD)))
def test_what_a_transform_was_given_dies_with_it(call):
    w = np.array([1.0, 2.0])
    known = weakref.ref(w)
    call(w)
    del w
    gc.collect()
    assert known() is None


def peak_of(function):
    """The peak of memory in bytes while a function runs."""
    function()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        function()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_the_sweep_releases_residuals_as_it_passes():
    layers, size = 40, 20_000
    x = RNG.normal(size=size)

    def deep(v):
        for _ in range(layers):
            v = np.sin(v)
        return np.sum(v)

    array = x.nbytes
    peak = peak_of(lambda: dm.grad(deep)(x))
    # what the primal leaves: one value a layer; the sweep then needs a few arrays more, not one a layer
    assert peak < (layers + 8) * array
    kept = peak_of(lambda: dm.vjp(deep, x)[1](1.0))
    assert kept < (layers + 8) * array


def test_a_pullback_that_is_called_once_gives_its_tape_back():
    x = RNG.normal(size=50_000)

    def deep(v):
        for _ in range(10):
            v = np.sin(v)
        return np.sum(v)

    gc.collect()
    tracemalloc.start()
    try:
        _, pullback = dm.vjp(deep, x, once=True)
        held = tracemalloc.get_traced_memory()[0]
        gradient = pullback(1.0)
        left = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held > 9 * x.nbytes
    assert left < 3 * x.nbytes
    assert gradient[0].shape == x.shape
