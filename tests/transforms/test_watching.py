"""Arrays that are overwritten while a derivative still needs them."""

from fractions import Fraction

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import MutatedConstantError
from dispatchml.engines.constants import fingerprint
from dispatchml.transforms.watching import SMALL, arrays_of, settled

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


def hessian_product(f):
    return lambda z: dm.hvp(f, (z,), (np.ones(z.shape),))


@pytest.mark.parametrize("size", [3, LARGE])
def test_a_function_that_overwrites_what_a_hessian_product_needs(size):
    z = np.ones(size)

    def f(a):
        y = np.sum(a**3)
        z[0] = 7
        return y

    if size == LARGE:
        with pytest.raises(MutatedConstantError):
            hessian_product(f)(z)
    else:
        np.testing.assert_array_equal(hessian_product(f)(z), np.full(size, 6.0))


TRANSFORMS = [dm.grad, lambda f: lambda z: dm.value_and_grad(f)(z)[1], dm.jacrev, dm.jacobian, in_containers(dm.grad)]


@pytest.mark.parametrize("transform", TRANSFORMS)
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


@pytest.mark.parametrize("place", [0, 1, 17, 49_998, LARGE - 1])
@pytest.mark.parametrize("transform", [*TRANSFORMS, hessian_product])
def test_one_number_of_a_large_argument(transform, place):
    z = np.ones(LARGE)
    view = z[place:]

    def f(a):
        y = np.sum(a * a)
        view[0] = -1.0
        return y

    with pytest.raises(MutatedConstantError, match=r"shape \(100000,\).*test_watching.py"):
        transform(f)(z)


def exchange_rows(x):
    x[[0, 61]] = x[[61, 0]]


def change_signs(x):
    x[[3, 5]] *= -1


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16", "i8", np.longdouble])
@pytest.mark.parametrize("change", [exchange_rows, change_signs])
def test_what_a_sum_does_not_see(dtype, change):
    x = np.random.default_rng(0).uniform(1, 99, (300, 61)).astype(dtype)
    for array in (x, np.asfortranarray(x), x[:, ::2]):
        before = fingerprint(array)
        assert fingerprint(array.copy("K")) == before
        change(array)
        assert fingerprint(array) != before


def test_large_arguments_that_the_derivative_does_not_need_may_be_overwritten():
    z = np.ones(LARGE)

    def f(a):
        y = np.sum(2.0 * a)
        z[:] = 7
        return y

    np.testing.assert_array_equal(dm.grad(f)(z), np.full(LARGE, 2.0))
    np.testing.assert_array_equal(dm.grad(lambda t: f(t["a"]))({"a": z})["a"], np.full(LARGE, 2.0))


@pytest.mark.parametrize(
    "use",
    [lambda a: a.T * a.T, lambda a: a.reshape(-1)[5:] ** 2, lambda a: np.exp(-a[0] * a[1]), np.sin, lambda a: a @ a.T],
)
def test_views_of_large_arguments_are_needed_by_who_holds_them(use):
    z = np.ones((250, 400))

    def f(a):
        y = np.sum(use(a))
        z[:2, 17] += 1
        return y

    for transform in (dm.grad, in_containers(dm.grad)):
        with pytest.raises(MutatedConstantError):
            transform(f)(z)


def test_what_a_transform_inside_has_let_go_of():
    z = np.ones(LARGE)

    def f(a):
        def inner(b):
            y = np.sum(b**3)
            z[0] = 7.0
            return y

        return np.sum(dm.grad(inner)(a) * 2.0)

    with pytest.raises(MutatedConstantError):
        dm.value_and_grad(f)(z)


def test_large_arrays_of_objects():
    z = np.full(1_000, Fraction(1), dtype=object)

    def f(a):
        y = np.sum(a * a)
        z[17] = Fraction(7)
        return y

    assert dm.grad(f)(z)[17] == 2
    constant = np.full(33_000, Fraction(1), dtype=object)

    def g(a):
        y = np.sum(a * constant * a)
        constant[17] = Fraction(7)
        return y

    assert dm.grad(g)(np.full(33_000, Fraction(1), dtype=object))[17] == 2
