"""primitive: containers of traced values, settings, and traced values that reach the function otherwise."""

import dataclasses
import math

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import NoRuleError, TangentMismatchError


@dataclasses.dataclass
class Dense:
    weights: object
    offset: object
    name: str = "dense"


SEEN = []


@dm.primitive
def dense(x, layer, *, gain=1.0):
    SEEN.append(type(layer.weights))
    return gain * np.tanh(x @ layer.weights + layer.offset)


@dense.defvjp
def dense_vjp(y, x, layer, *, needs, gain):
    def dense_pullback(ct):
        z = ct * (1 - (y / gain) ** 2) * gain
        found = Dense(np.outer(x, z), z, "ignored") if needs[1] else None
        return (layer.weights @ z if needs[0] else None), found

    return dense_pullback


@dense.defjvp
def dense_jvp(y, tangents, x, layer, *, gain):
    dx, dlayer = tangents
    terms = [] if dx is None else [dx @ layer.weights]
    if dlayer is not None:
        terms += [] if dlayer.weights is None else [x @ dlayer.weights]
        terms += [] if dlayer.offset is None else [dlayer.offset]
    return (1 - (y / gain) ** 2) * gain * sum(terms)


def by_rule(x, layer):
    return np.sum(dense(x, layer, gain=2.0) ** 2)


def by_parts(x, layer):
    return np.sum((2.0 * np.tanh(x @ layer.weights + layer.offset)) ** 2)


RNG = np.random.default_rng(0)
X, LAYER = RNG.normal(size=3), Dense(RNG.normal(size=(3, 2)), RNG.normal(size=2))


def numbers(tree):
    """The arrays in a result."""
    if isinstance(tree, Dense):
        return [np.asarray(tree.weights), np.asarray(tree.offset)]
    return [a for t in tree for a in numbers(t)] if isinstance(tree, tuple) else [np.asarray(tree)]


EVERYTHING = {
    "grad": lambda f: dm.grad(f, argnums=(0, 1))(X, LAYER),
    "one": lambda f: dm.grad(lambda offset: f(X, Dense(LAYER.weights, offset)))(LAYER.offset),
    "forward": lambda f: dm.jvp(f, (X, LAYER), (X, LAYER)),
    "forward of one": lambda f: dm.derivative(lambda t: f(X, Dense(LAYER.weights, t * LAYER.offset)))(1.0),
    "forward over reverse": lambda f: dm.hvp(f, (X, LAYER), (X, LAYER)),
    "reverse over reverse": lambda f: dm.grad(lambda p: np.sum(dm.grad(f, 1)(X, p).weights ** 2))(LAYER),
    "batch": lambda f: dm.vmap(dm.grad(f, 1), in_axes=(0, None))(np.stack([X, 2 * X]), LAYER),
    "batch of containers": lambda f: dm.vmap(lambda b: f(X, Dense(LAYER.weights, b)))(np.ones((2, 2))),
    "compiled": lambda f: dm.jit(dm.grad(f, argnums=(0, 1)))(X, LAYER),
}


@pytest.mark.parametrize("what", EVERYTHING)
def test_rules_get_containers(what):
    for found, expected in zip(numbers(EVERYTHING[what](by_rule)), numbers(EVERYTHING[what](by_parts)), strict=True):
        np.testing.assert_allclose(found, expected)


def test_the_function_never_sees_traced_values():
    SEEN.clear()
    EVERYTHING["reverse over reverse"](by_rule)
    EVERYTHING["batch"](by_rule)
    assert set(SEEN) == {np.ndarray}


@pytest.mark.parametrize("argument", [(2.0,), [2.0], {"a": 2.0}], ids=["tuple", "list", "dict"])
def test_a_rule_that_is_no_derivative_is_used(argument):
    @dm.primitive
    def opaque(d):
        return math.sin(*(d.values() if isinstance(d, dict) else d))

    opaque.defvjp(lambda y, d: lambda ct: {"a": ct * 100} if isinstance(d, dict) else type(d)([ct * 100]))
    opaque.defjvp(lambda y, tangents, d: 50.0)
    expected = {"a": 100.0} if isinstance(argument, dict) else type(argument)([100.0])
    assert dm.grad(opaque)(argument) == expected
    assert dm.jvp(opaque, (argument,), (argument,))[1] == 50.0
    assert opaque(argument) == math.sin(2.0)


def test_several_results_and_a_batch_rule():
    @dm.primitive
    def both(d):
        return d[0] * d[1], np.sum(d[0] + d[1])

    both.defvjp(lambda y, d: lambda ct: ((ct[0] * d[1] + ct[1], ct[0] * d[0] + ct[1]),))
    assert dm.grad(lambda d: both(d)[0] * both(d)[1])((2.0, 3.0)) == (21.0, 16.0)
    flags = []

    @both.defbatch
    def both_batch(arguments, batched, size):
        flags.append(batched)
        ((a, b),) = arguments
        return a * b, a + b

    assert dm.vmap(lambda a: both((a, 3.0))[1])(np.array([1.0, 2.0])).tolist() == [4.0, 5.0]
    assert flags == [((True, False),)]


WRONG = [
    (lambda ct: {"a": ct}, r"cotangents like the arguments, \(\{'a': \*, 'b': \*\},\), not dict"),
    (lambda ct: {"a": ct, "b": np.ones(3)}, r"of shape \(\) for the arguments .*, value 1, not numpy.ndarray"),
    (lambda ct: {"a": ct, "b": None}, "value 1, not None"),
]


@pytest.mark.parametrize(("pullback", "text"), WRONG, ids=["structure", "shape", "nothing"])
def test_cotangents_of_another_structure_raise(pullback, text):
    @dm.primitive
    def product(d):
        return d["a"] * d["b"]

    def product_vjp(y, d):
        return pullback

    product.defvjp(product_vjp)
    with pytest.raises(TangentMismatchError, match=rf"The vjp of product \(product_vjp, .*\) must return .*{text}"):
        dm.grad(lambda x: product({"a": x, "b": x}))(1.0)


def test_what_no_rule_can_do_raises():
    @dm.primitive
    def sine(a):
        return np.sin(a)

    sine.elementwise("cos(a)")
    with pytest.raises(NoRuleError, match="sine got a container of traced values .*declared as text"):
        dm.grad(lambda a: sine((a,))[0])(1.0)
    assert sine((1.0,)).tolist() == [math.sin(1.0)]

    @dm.primitive
    def named(x):
        return {"twice": 2.0 * x}

    named.defvjp(lambda y, x: lambda ct: 2.0 * ct)
    with pytest.raises(NoRuleError, match="named returns dict.*an array or a tuple of arrays"):
        dm.grad(lambda x: named(x)["twice"])(1.0)


@dm.primitive
def scaled(x, *, scale=1.0):
    return scale * x


scaled.defvjp(lambda y, x, *, scale: lambda ct: scale * ct)
scaled.defbatch(lambda arguments, batched, size, *, scale: scale * arguments[0])

SETTINGS = [
    lambda: dm.grad(lambda x, s: scaled(x, scale=s), argnums=(0, 1))(2.0, 3.0),
    lambda: dm.grad(lambda s: scaled(2.0, scale=s))(2.0),
    lambda: dm.grad(lambda s: scaled((2.0,), scale=[s])[0])(2.0),
    lambda: dm.vmap(lambda x, s: scaled(x, scale=s))(np.ones(2), np.ones(2)),
    lambda: dm.vmap(dm.grad(lambda x, s: scaled(x, scale=s)))(np.ones(2), np.ones(2)),
    lambda: dm.jvp(lambda s: dm.grad(lambda x: scaled(x, scale=s))(2.0), (3.0,), (1.0,)),
]


@pytest.mark.parametrize("call", SETTINGS, ids=range(len(SETTINGS)))
def test_traced_settings_raise(call):
    with pytest.raises(NoRuleError, match=r"scaled: scale is traced \(at .*test_primitive_containers.py.*`\*`"):
        call()
    assert dm.grad(lambda x: scaled(x, scale=3.0))(2.0) == 3.0


def test_traced_values_in_a_closure_raise():
    def f(w):
        @dm.primitive
        def weighted(x):
            return w * x

        weighted.defvjp(lambda y, x: lambda ct: w * ct)
        return weighted(2.0)

    with pytest.raises(NoRuleError, match="weighted .*reaches traced values by its closure"):
        dm.grad(f)(3.0)
