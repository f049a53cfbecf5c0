"""Derivatives are of the kind of what they are by, tangents of what they are of; none shares the caller's memory."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops

NUMBERS = [0.7, np.float64(0.7), np.float32(0.7), np.float16(0.7), np.array(0.7), np.array(0.7, np.float32)]
COMPLEX = [0.7 + 0.1j, np.complex128(0.7 + 0.1j), np.complex64(0.7), np.array(0.7 + 0.1j)]
FUNCTIONS = [
    np.sum, np.sin, np.mean, np.prod, np.max, np.abs, np.positive, lambda x: x, lambda x: x * x, lambda x: x + 1.0,
    lambda x: np.reshape(x, ()), lambda x: np.ravel(x)[0], lambda x: np.cumsum(x)[0],
    lambda x: np.linalg.norm(np.stack([x, x])),
    lambda x: np.std(np.stack([x, 2 * x])), lambda x: np.tensordot(x, x, 0), lambda x: np.sum(x * np.ones(3, x.dtype)),
]  # fmt: skip


def kind(x):
    return type(x), getattr(x, "dtype", None), np.shape(x)


@pytest.mark.parametrize("x", NUMBERS, ids=lambda x: f"{type(x).__name__}-{getattr(x, 'dtype', '')}")
@pytest.mark.parametrize("number", range(len(FUNCTIONS)))
def test_gradients_are_of_the_kind_of_the_primal(x, number):
    if number == len(FUNCTIONS) - 1 and type(x) is float:
        pytest.skip("numbers of Python have no dtype")
    f = FUNCTIONS[number]
    assert kind(dm.grad(f)(x)) == kind(x)
    assert kind(dm.value_and_grad(f)(x)[1]) == kind(x)
    assert kind(dm.grad(lambda t: f(t["a"]))({"a": x})["a"]) == kind(x)
    y, pullback = dm.vjp(f, x)
    assert kind(pullback(y)[0]) == kind(x)
    assert kind(dm.hvp(f, (x,), (x,))) == kind(x)


@pytest.mark.parametrize("x", [*NUMBERS, *COMPLEX], ids=lambda x: f"{type(x).__name__}-{getattr(x, 'dtype', '')}")
@pytest.mark.parametrize("number", range(len(FUNCTIONS) - 1))
def test_tangents_are_of_the_kind_of_the_value(x, number):
    f = FUNCTIONS[number]
    y, dy = dm.jvp(f, (x,), (x,))
    assert kind(dy) == kind(y)
    y, push = dm.linearize(f, x)
    assert kind(push(x)) == kind(y)


GIVEN_ON = [
    lambda x: x,
    lambda x: x.T,
    lambda x: x[1:],
    lambda x: ops.reshape(x, shape=(-1,)),
    lambda x: np.flip(x, -1),
]


@pytest.mark.parametrize("size", [3, 20_000])
@pytest.mark.parametrize("number", range(len(GIVEN_ON)))
def test_results_are_the_callers_own(size, number):
    f = GIVEN_ON[number]
    x, dx = np.ones((size, 2)), np.ones((size, 2))

    def apart(*found):
        for y in found:
            assert not np.shares_memory(y, x)
            assert not np.shares_memory(y, dx)
            assert y.flags.writeable

    apart(*dm.jvp(f, (x,), (dx,)))
    apart(dm.jvp(lambda x: (x, f(x)), (x,), (dx,), has_aux=True)[2])
    apart(dm.grad(lambda x: (np.sum(x), f(x)), has_aux=True)(x)[1])
    apart(dm.linearize(f, x)[1](dx))
    if number != 2:
        apart(dm.vmap(f)(x))
    apart(dm.vmap(lambda x: x, out_axes=1)(x))
    if size == 3:
        apart(dm.jacfwd(lambda x: (np.sum(x), f(x)), has_aux=True)(x)[1])
        apart(dm.jacrev(lambda x: (np.sum(x), f(x)), has_aux=True)(x)[1])


def test_what_a_batch_shares_is_repeated_in_memory_of_its_own():
    x, c = np.ones((3, 2)), np.ones(2)
    found = dm.vmap(lambda x, c: c, in_axes=(0, None))(x, c)
    found[0] = 7.0
    assert found[1, 0] == c[0] == 1.0


def test_quantities_are_apart_too():
    u = pytest.importorskip("pint").UnitRegistry()
    x = np.ones(20_000) * u.m
    y, dy = dm.jvp(lambda x: x, (x,), (x,))
    assert not np.shares_memory(y.magnitude, x.magnitude)
    assert not np.shares_memory(dy.magnitude, x.magnitude)
    assert not np.shares_memory(dm.vmap(lambda x: x)(x).magnitude, x.magnitude)


SHAPED = {
    "reshape": lambda x: np.reshape(x, ()),
    "method": lambda x: x.reshape(()),
    "squeeze": np.squeeze,
    "transpose": np.transpose,
    "T": lambda x: x.T,
    "vector": lambda x: np.reshape(x, (1,)),
    "real": np.real,
}


@pytest.mark.parametrize("name", SHAPED)
@pytest.mark.parametrize("x", NUMBERS[1:], ids=lambda x: f"{type(x).__name__}-{x.dtype}")
def test_the_shape_of_a_scalar_is_taken_as_numpy_takes_it(x, name):
    f = SHAPED[name]
    assert kind(dm.jvp(f, (x,), (x,))[0]) == kind(f(x))
    assert kind(dm.vjp(f, x)[0]) == kind(f(x))
    assert kind(dm.grad(lambda x: np.sum(f(x)))(x)) == kind(x)
