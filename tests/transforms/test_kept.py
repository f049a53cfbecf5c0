"""What a derivative still needs is safe against being overwritten, however it was handed over."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.dispatch.errors import MutatedConstantError
from dispatchml.rules import rule


@pytest.mark.parametrize("product", [lambda c, x: np.tensordot(c, x, 1), lambda c, x: np.inner(c, x)])
def test_constants_of_rules_that_hand_them_on(product):
    def f(x):
        c = np.arange(9.0).reshape(3, 3) + 1
        y = np.sum(product(c, x))
        c[...] = 0
        return y

    np.testing.assert_array_equal(dm.grad(f)(np.ones(3)), (np.arange(9.0).reshape(3, 3) + 1).sum(0))


def test_a_pullback_that_another_function_makes_keeps_its_arguments():
    @operation
    def scaled(a, b):
        """a b."""

    @scaled.register
    def _(a: np.ndarray, b: np.ndarray):
        return a * b

    def pullback_of(a, b):
        return lambda ct: (ct * b, ct * a)

    @rule(scaled).vjp
    def scaled_vjp(y, a, b, *, needs):
        return pullback_of(a, b)

    def f(x):
        c = np.full(3, 2.0)
        y = ops.sum(scaled(x, c))
        c[...] = 0
        return y

    np.testing.assert_array_equal(dm.grad(f)(np.ones(3)), np.full(3, 2.0))


@pytest.mark.parametrize("view", [np.diagonal, lambda a: np.broadcast_to(a[0], (3, 3))[:, 0]])
def test_read_only_views_of_what_can_be_written(view):
    def f(x):
        a = np.eye(3) * 2.0
        a[0] = 2.0
        y = np.sum(x * view(a))
        a[...] = 0
        return y

    np.testing.assert_array_equal(dm.grad(f)(np.ones(3)), np.full(3, 2.0))


def test_frozen_views_are_promised():
    w = np.full(3, 2.0)
    still = dm.frozen(w)
    np.testing.assert_array_equal(dm.grad(lambda x: np.sum(still * x))(np.ones(3)), w)


def test_rows_exchanged_in_a_large_constant():
    large = np.random.default_rng(0).standard_normal((10_000, 61))

    def g(x):
        y = ops.sum(ops.exp(ops.multiply(large, x)))
        large[[1, 2]] = large[[2, 1]]
        return y

    with pytest.raises(MutatedConstantError):
        dm.grad(g)(np.ones(61))


def test_primals_and_stopped_values_are_ones_own():
    def f(x):
        y = np.tanh(x)
        p, s = dm.primal(y), dm.stop_gradient(y)
        p *= 0
        s *= 0
        return y.sum()

    np.testing.assert_allclose(dm.grad(f)(np.ones(2)), 1 - np.tanh(1.0) ** 2)


def test_an_input_of_some_size_that_the_function_writes_to():
    x = np.ones(600)

    def f(traced):
        y = (traced * traced).sum()
        x[7] = 7.0
        return y

    assert dm.grad(f)(x)[7] == 2.0
