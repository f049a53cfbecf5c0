"""Arrays that are overwritten while a derivative still needs them."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import MutatedConstantError
from dispatchml.transforms.watching import SMALL, arrays_of, sampled, settled

LARGE = 100_000


def test_a_primal_overwritten_before_the_pullback():
    z = np.ones(3)
    _, pullback = dm.vjp(lambda a: a**2, z)
    z[:] = 7
    np.testing.assert_array_equal(pullback(np.ones(3))[0], np.full(3, 2.0))
    z = np.ones(LARGE)
    _, pullback = dm.vjp(lambda a: a**2, z)
    np.testing.assert_array_equal(pullback(np.ones(LARGE))[0], np.full(LARGE, 2.0))
    z[17] = 7
    with pytest.raises(MutatedConstantError, match=r"shape \(100000,\).*test_watching.py"):
        pullback(np.ones(LARGE))


def test_a_primal_overwritten_before_the_linear_function():
    z = np.ones(3)
    _, push = dm.linearize(lambda a: a**2, z)
    z[:] = 7
    np.testing.assert_array_equal(push(np.ones(3)), np.full(3, 2.0))
    z = np.ones(LARGE)
    _, push = dm.linearize(lambda a: a**2, z)
    z[:] = 7
    with pytest.raises(MutatedConstantError):
        push(np.ones(LARGE))


@pytest.mark.parametrize("size", [3, LARGE])
def test_an_output_overwritten_before_the_pullback(size):
    y, pullback, t = dm.vjp(lambda a: ((t := np.exp(a)), t), np.zeros(size), has_aux=True)
    y[:] = 7
    t[:] = 8
    np.testing.assert_array_equal(pullback(np.ones(size))[0], np.ones(size))
    y, push = dm.linearize(np.exp, np.zeros(size))
    y[:] = 7
    np.testing.assert_array_equal(push(np.ones(size)), np.ones(size))


def test_an_array_in_a_layer():
    pint = pytest.importorskip("pint")
    metres = pint.UnitRegistry().m
    z = np.ones(3) * metres
    y, pullback = dm.vjp(lambda a: a**2, z)
    z.magnitude[:] = 7
    y.magnitude[:] = 7
    np.testing.assert_array_equal(pullback(np.ones(3))[0].magnitude, np.full(3, 2.0))
    z = np.ones(LARGE) * metres
    _, pullback = dm.vjp(lambda a: a**2, z)
    z.magnitude[:] = 7
    with pytest.raises(MutatedConstantError):
        pullback(np.ones(LARGE))


def in_containers(transform):
    return lambda f: lambda z: transform(lambda t: f(t["a"]))({"a": z})["a"]


@pytest.mark.parametrize(
    "transform",
    [dm.grad, lambda f: lambda z: dm.value_and_grad(f)(z)[1], dm.jacrev, dm.jacobian, in_containers(dm.grad)],
)
def test_a_function_that_overwrites_its_own_argument(transform):
    def overwriting(z):
        def f(a):
            y = np.sum(a**2)
            z[:] = 7
            return y

        return f

    z = np.ones(3)
    np.testing.assert_array_equal(transform(overwriting(z))(z), np.full(3, 2.0))
    z = np.ones(LARGE)
    with pytest.raises(MutatedConstantError):
        transform(overwriting(z))(z)


def test_a_frozen_argument_is_neither_copied_nor_watched():
    z = dm.frozen(np.ones(LARGE))
    large = []
    assert settled(z, SMALL, large) is z
    assert large == []


def test_which_arrays_are_copied_and_watched():
    small, big = np.ones((2, 3), order="F"), np.ones(SMALL)
    large = []
    copy = settled(small, SMALL, large)
    assert copy is not small
    assert copy.flags.f_contiguous
    assert settled(big, SMALL, large) is big
    assert large[0] is big
    assert [x is big for x in arrays_of([big, 1.0, "text", big])] == [True]


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16", np.longdouble])
def test_samples(dtype):
    x = np.ones((300, 41), dtype)[:, ::2]
    before = sampled(x)
    assert sampled(x.copy()) == before
    x[:] = 7
    assert sampled(x) != before
