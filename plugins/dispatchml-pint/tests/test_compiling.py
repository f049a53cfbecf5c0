"""Compiled functions of quantities give what the functions give, units included."""

import numpy as np
import pytest

import dispatchml as dm

METHODS = ("sum", "mean", "std", "var", "prod", "max", "min", "cumsum", "cumprod", "ravel", "round", "conj", "flatten")


@pytest.mark.parametrize("name", METHODS)
def test_methods_keep_units(u, name):
    x = np.array([1.0, 2.0, 3.0]) * (u.m if name != "cumprod" else u.dimensionless)
    wanted = getattr(x, name)()
    compiled = dm.jit(lambda x: getattr(x, name)())
    for _ in range(2):
        found = compiled(x)
        assert found.units == wanted.units
        np.testing.assert_allclose(found.magnitude, wanted.magnitude, rtol=1e-14)


def test_quantities_that_a_function_reaches_may_change(u):
    held, shared = np.array([1.0, 2.0, 3.0]) * u.s, 2.0 * u.s
    x = np.ones(3) * u.m
    compiled = dm.jit(lambda x: x * held / shared)
    for change in ("nothing", "numbers", "units", "number's unit"):
        if change == "numbers":
            held[0] = 100.0 * u.s
        elif change == "units":
            held.ito("ms")
        elif change == "number's unit":
            shared.ito("ms")
        wanted = x * held / shared
        for _ in range(2):
            found = compiled(x)
            assert found.units == wanted.units
            np.testing.assert_array_equal(found.magnitude, wanted.magnitude)
