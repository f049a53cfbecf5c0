"""Arrays like a quantity are plain for pint, inside a transform as outside: what is wrong with units shows."""

import numpy as np
import pint
import pytest

import dispatchml as dm

TRANSFORMS = {
    "plain": lambda f, x: f(x),
    "grad": lambda f, x: dm.grad(lambda x: np.sum(f(x)))(x),
    "jvp": lambda f, x: dm.jvp(f, (x,), (x,)),
    "vmap": lambda f, x: dm.vmap(f)(np.stack([x, x])),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("make", [np.ones_like, lambda x: np.full_like(x, 3.0)], ids=["ones_like", "full_like"])
def test_a_plain_array_cannot_be_added_to_a_quantity(make, transform, u):
    x = np.array([1.0, 2.0]) * u.m
    with pytest.raises((pint.DimensionalityError, ValueError)):
        TRANSFORMS[transform](lambda x: x + make(x), x)


def test_plain_zeros_are_filled_with_plain_numbers(u):
    def fill(x):
        y = np.zeros_like(x)
        y[0] = (x[1] / u.km) ** 2
        return np.sum(y) * x[0]

    x = np.array([1.0, 2.0]) * u.m
    found = dm.grad(fill)(x)
    np.testing.assert_allclose(found.m_as(""), [4e-6, 4e-6])
    np.testing.assert_allclose(dm.jvp(fill, (x,), (x,))[1].m_as("m"), 12e-6)
    np.testing.assert_allclose(dm.hessian(fill)(x).m_as("1/m"), np.array([[0.0, 4.0], [4.0, 2.0]]) * 1e-6)

    def wrong(x):
        y = np.zeros_like(x)
        y[0] = x[1]
        return np.sum(y)

    with pytest.raises(pint.DimensionalityError):
        dm.grad(wrong)(x)


def test_a_value_with_units_makes_an_array_with_units(u):
    x = np.array([1.0, 2.0]) * u.m
    y, (dx, ds) = dm.value_and_grad(lambda x, s: np.sum(np.full_like(x, s) * x), (0, 1))(x, 3.0 * u.km)
    assert str(y.units) == "kilometer * meter"
    np.testing.assert_allclose(dx.m_as("km"), [3.0, 3.0])
    np.testing.assert_allclose(ds.m_as("m"), 3.0)


def test_units_of_what_is_filled_are_kept_by_compiled_and_lifted_functions(u):
    """`full_like` of a plain quantity: under jit its numbers are recorded ones, under grad it is a constant."""
    x, k = np.array([1.0, 2.0]) * u.m, 2.0 * u.km
    found = dm.jit(lambda x: np.full_like(x, k) * 3)(x)
    assert str(found.units) == "kilometer"
    np.testing.assert_array_equal(found.magnitude, [6.0, 6.0])
    y, dy = dm.jvp(lambda s: np.full_like(x, k, dtype=float) * s, (1.5,), (1.0,))
    assert str(y.units) == str(dy.units) == "kilometer"
    np.testing.assert_array_equal(dy.magnitude, [2.0, 2.0])
