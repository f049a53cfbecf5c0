"""What the tests of solvers and integrals share."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.plugins import meet_module
from dispatchml.lift.replacing import REPLACEMENTS

meet_module("scipy")  # the plugin is loaded, as by a first traced value


@pytest.fixture(scope="session")
def stand_in():
    """What stands for a function of SciPy where something is traced, by its name behind `scipy.`."""
    return lambda name: REPLACEMENTS[f"scipy.{name}"].function


@pytest.fixture(scope="session")
def check_function():
    """Compare the derivatives of a function of one number, to second order and in both modes, with differences."""

    def check(f, x, *, plain=None, tolerance=1e-5, second=1e-5, step=1e-4, batch=True):
        slope = dm.grad(f)
        reference = f if plain is None else plain
        assert np.array_equal(f(x), reference(x))
        assert np.array_equal(dm.value_and_grad(f)(x)[0], reference(x))
        first = (reference(x + step) - reference(x - step)) / (2 * step)
        np.testing.assert_allclose(slope(x), first, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(dm.derivative(f)(x), slope(x), rtol=1e-8, atol=1e-10)
        curvature = (slope(x + step) - slope(x - step)) / (2 * step)
        np.testing.assert_allclose(dm.derivative(slope)(x), curvature, rtol=second, atol=second)
        np.testing.assert_allclose(dm.grad(slope)(x), dm.derivative(slope)(x), rtol=1e-7, atol=1e-9)
        if batch:
            xs = np.array([x, x + 2 * step])
            np.testing.assert_allclose(dm.vmap(slope)(xs), [slope(x) for x in xs], rtol=1e-7, atol=1e-9)

    return check
