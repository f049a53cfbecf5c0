"""Where NumPy's functions raise or give nan in ways of their own, traced and recorded values do as well."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import NonDifferentiableError


@pytest.mark.parametrize("x", [np.inf, np.array([np.inf, 1.0, -2.0]), np.array([np.inf, 1 + 1j]), np.array([2, 3])])
def test_a_polynomial_at_infinity_is_nan(x):
    def f(x):
        return np.polyval([1.0, 2.0, 3.0], x)

    with np.errstate(all="ignore"):
        compiled = dm.jit(f)
        for _ in range(2):
            np.testing.assert_array_equal(compiled(x), f(x))
        if np.asarray(x).dtype.kind == "f":
            value, tangent = dm.jvp(f, (x,), (np.ones_like(x)[()],))
            np.testing.assert_array_equal(value, f(x))
            np.testing.assert_array_equal(tangent, np.where(np.isfinite(x), 2 * x + 2, np.nan))


def test_a_number_has_no_axes_to_move():
    for function in (dm.jit, dm.grad):
        with pytest.raises(np.exceptions.AxisError, match="axis 0 is out of bounds"):
            function(lambda x: np.moveaxis(np.sum(x), 0, -1))(np.ones(3))


def test_interpolation_at_complex_places():
    places, values = np.arange(3.0), np.array([1.0, 3.0, 2.0])

    def f(x):
        return np.interp(x, places, values)

    with pytest.raises(TypeError, match="complex128"):
        dm.jit(f)(np.array([0.5 + 1j]))
    with pytest.raises(NonDifferentiableError, match="complex numbers have no order"):
        dm.jvp(f, (np.array([0.5 + 1j]),), (np.array([1.0 + 0j]),))
