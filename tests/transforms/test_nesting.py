"""Derivatives of derivatives: every mix of transforms to order 4, perturbations, threads, leaks, reentrancy."""

import itertools
import math
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LeakedTracerError

STEPS = {
    "grad": dm.grad,
    "derivative": dm.derivative,
    "jvp": lambda f: lambda x: dm.jvp(f, (x,), (1.0,))[1],
    "jacfwd": dm.jacfwd,
    "jacrev": dm.jacrev,
    "vjp": lambda f: lambda x: dm.vjp(f, x)[1](1.0)[0],
    "linearize": lambda f: lambda x: dm.linearize(f, x)[1](1.0),
}


def program(x):
    return ops.sin(x) * x**3 + ops.exp(x * 0.5)


def closed_form(x, order):
    """The derivative of sin(x) x^3 + exp(x/2), by Leibniz."""
    total = math.exp(x / 2) / 2**order
    for k in range(min(order, 3) + 1):
        power = math.perm(3, k) * x ** (3 - k)
        total += math.comb(order, k) * power * math.sin(x + (order - k) * math.pi / 2)
    return total


@pytest.mark.parametrize("order", [1, 2, 3])
def test_every_mix_agrees_with_the_closed_form(order):
    for names in itertools.product(STEPS, repeat=order):
        f = program
        for name in names:
            f = STEPS[name](f)
        assert f(0.7) == pytest.approx(closed_form(0.7, order), rel=1e-11), names


@pytest.mark.parametrize("names", list(itertools.product(["grad", "derivative", "jvp", "jacfwd", "jacrev"], repeat=2)))
def test_order_four_in_pairs_of_pairs(names):
    for rest in itertools.product(["grad", "derivative", "jvp", "jacfwd", "jacrev"], repeat=2):
        f = program
        for name in (*names, *rest):
            f = STEPS[name](f)
        assert f(0.7) == pytest.approx(closed_form(0.7, 4), rel=1e-10), (names, rest)


def test_arrays_to_order_three():
    x = np.array([0.3, 0.7, -1.2])

    def f(x):
        return ops.sum(ops.sin(x) * ops.sum(x * x))

    third = [a(b(c(f)))(x) for a, b, c in itertools.product([dm.jacfwd, dm.jacrev], repeat=3)]
    assert third[0].shape == (3, 3, 3)
    for other in third[1:]:
        np.testing.assert_allclose(other, third[0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(third[0], np.transpose(third[0], (2, 0, 1)), atol=1e-12)


@pytest.mark.parametrize("outer", ["grad", "derivative", "jacfwd", "jacrev", "jvp"])
@pytest.mark.parametrize("inner", ["grad", "derivative", "jacfwd", "jacrev", "jvp"])
def test_perturbations_are_not_confused(outer, inner):
    # d/dx [x * d/dy (x + y)] = 1, where a confused derivative says 2
    assert STEPS[outer](lambda x: x * STEPS[inner](lambda y: x + y)(1.0))(1.0) == 1.0
    # d/dx [x * d/dy (x * y) at y = x] = 2 x
    assert STEPS[outer](lambda x: x * STEPS[inner](lambda y: x * y)(x))(3.0) == 6.0


def test_perturbations_that_meet_in_one_array():
    def outer(x):
        return ops.sum(dm.jacfwd(lambda y: ops.stack((x * y, y * y)))(2.0))

    assert dm.grad(outer)(5.0) == 1.0
    assert dm.derivative(outer)(5.0) == 1.0


def test_a_constant_of_an_inner_transform_keeps_its_outer_derivative():
    def outer(w):
        step = dm.grad(lambda x: ops.sum((x - w) ** 2))(np.zeros(2))
        return ops.sum(step * step)

    np.testing.assert_allclose(dm.grad(outer)(np.array([1.0, 2.0])), [8.0, 16.0])


def test_reentrant_use_of_one_transformed_function():
    g = dm.grad(lambda x: x**3)
    assert dm.grad(lambda x: g(g(x)))(0.5) == pytest.approx(2 * 27 * 2 * 0.5**3)

    def recursive(x, depth):
        return x * x if depth == 0 else x * dm.grad(recursive)(x, depth - 1)

    # x * d/dx (x * 2x) = 4 x^2, and its derivative is 8 x
    assert dm.grad(recursive)(3.0, 2) == pytest.approx(24.0)


def test_eight_threads_agree_with_one():
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal(20 + k) for k in range(8)]

    def work(x):
        def f(v):
            y = v * 1.0
            y[0] = ops.sum(v)
            return ops.sum(ops.tanh(y) * ops.exp(v * 0.1)) + y[1:3][0] ** 2

        first = dm.grad(f)(x)
        second = dm.hvp(f, (x,), (x,))
        rows = dm.jacobian(lambda v: ops.sin(v) * ops.sum(v))(x)
        batch = dm.vmap(dm.grad(lambda v: v**3 + ops.cos(v)))(x)
        again = dm.grad(dm.checkpoint(f))(x)
        return first, second, rows, batch, again

    serial = [work(x) for x in inputs]
    barrier = threading.Barrier(8)

    def together(x):
        barrier.wait()
        return [work(x) for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        for found, expected in zip(pool.map(together, inputs), serial, strict=True):
            for one in found:
                for a, b in zip(one, expected, strict=True):
                    np.testing.assert_array_equal(a, b)


def test_first_use_of_an_operation_by_many_threads_at_once():
    f = dm.primitive(ops.operation("first_used", arity=2))
    f.elementwise("a*b+a", "b+1", "a")
    barrier = threading.Barrier(8)

    def work(k):
        barrier.wait()
        return dm.grad(lambda x: f(x, x))(float(k))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [2.0 * k + 1.0 for k in range(8)]


LEAKED = {}


def keep(x, y):
    LEAKED["x"] = x
    return y


@pytest.mark.parametrize("name", ["grad", "derivative", "jacfwd", "jacrev"])
def test_a_leaked_value_raises(name):
    STEPS[name](lambda x: keep(x * 2.0, x * x))(1.0)
    with pytest.raises(LeakedTracerError, match=r"after .* had ended"):
        LEAKED["x"] * 2.0


def test_a_leaked_value_raises_inside_a_later_transform():
    dm.grad(lambda x: keep(x * 2.0, x * x))(1.0)
    with pytest.raises(LeakedTracerError):
        dm.grad(lambda x: x * LEAKED["x"])(1.0)
    with pytest.raises(LeakedTracerError):
        dm.derivative(lambda x: x * LEAKED["x"])(1.0)


def test_a_leaked_batch_raises():
    dm.vmap(lambda x: keep(x * 2.0, x))(np.ones(3))
    with pytest.raises(LeakedTracerError):
        LEAKED["x"] + 1.0


def test_a_closure_returned_from_a_transform_is_leaked():
    y, f = dm.grad(lambda x: (x * x, lambda t: t * x), has_aux=True)(2.0)
    with pytest.raises(LeakedTracerError):
        f(1.0)


def test_an_error_in_the_function_leaves_nothing_half_done():
    def fails(x):
        keep(x * 2.0, x)
        raise KeyError("mine")

    for transform in (dm.grad, dm.derivative, dm.jacfwd, dm.jacrev, dm.vmap, dm.checkpoint):
        with pytest.raises(KeyError, match="mine"):
            transform(fails)(np.ones(2) if transform is dm.vmap else 1.0)
        if transform is not dm.checkpoint:
            with pytest.raises(LeakedTracerError):
                LEAKED["x"] * 2.0
        assert dm.grad(lambda x: x * x)(3.0) == 6.0


def test_transforms_of_vmap_and_vmap_of_transforms():
    x = np.array([0.3, 0.7, -1.2])
    np.testing.assert_allclose(dm.vmap(dm.grad(dm.grad(program)))(x), [closed_form(v, 2) for v in x])
    np.testing.assert_allclose(
        dm.grad(lambda v: ops.sum(dm.vmap(dm.grad(program))(v)))(x), [closed_form(v, 2) for v in x]
    )
    np.testing.assert_allclose(
        dm.jvp(dm.vmap(dm.derivative(program)), (x,), (np.ones(3),))[1], [closed_form(v, 2) for v in x]
    )
    hessians = dm.vmap(dm.hessian(lambda v: ops.sum(v**3)))(np.stack([x, x * 2]))
    np.testing.assert_allclose(hessians, [np.diag(6 * x), np.diag(12 * x)])
    nested = dm.vmap(dm.vmap(lambda a, b: a * b, (0, None)), (None, 0))(x, np.arange(2.0))
    np.testing.assert_allclose(nested, np.outer(np.arange(2.0), x))
