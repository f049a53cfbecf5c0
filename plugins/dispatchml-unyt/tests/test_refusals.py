"""Wrong units raise inside a transform, also where unyt itself would strip them."""

import numpy as np
import pytest
import unyt as u
from unyt.exceptions import InvalidUnitOperation, UnitConversionError, UnitOperationError

import dispatchml as dm
from dispatchml.units import LogarithmicUnitError

TRANSFORMS = {
    "grad": lambda f, x: dm.grad(lambda x: np.sum(f(x)))(x),
    "jvp": lambda f, x: dm.jvp(f, (x,), (x,)),
    "vjp": lambda f, x: dm.vjp(f, x)[1](np.ones(2)),
    "hvp": lambda f, x: dm.hvp(lambda x: np.sum(f(x)), (x,), (x,)),
    "jacobian": lambda f, x: dm.jacobian(f)(x),
    "hessian": lambda f, x: dm.hessian(lambda x: np.sum(f(x)))(x),
    "vmap": lambda f, x: dm.vmap(f)(x),
    "checkpoint": lambda f, x: dm.grad(dm.checkpoint(lambda x: np.sum(f(x))))(x),
}
MISTAKES = {
    "1 m + 1 s": (lambda x: x + 1 * u.s, UnitOperationError),
    "1 s + 1 m": (lambda x: 1 * u.s + x, UnitOperationError),
    "1 m - 1": (lambda x: x - 1.0, UnitOperationError),
    "1 m + nan": (lambda x: x + np.nan, UnitOperationError),
    "sin(2 m)": (np.sin, UnitOperationError),
    "exp(2 m)": (np.exp, UnitOperationError),
    "2 ** m": (lambda x: 2.0**x, UnitOperationError),
    "m < s": (lambda x: x * (x < 1 * u.s), UnitOperationError),
    "m.to(s)": (lambda x: x.to("s"), UnitConversionError),
    "maximum(m, s)": (lambda x: np.maximum(x, 1 * u.s), UnitOperationError),
    "where(m, s)": (lambda x: np.where(x > 0 * u.m, x, 1 * u.s), UnitOperationError),
    "arctan2(m, s)": (lambda x: np.arctan2(x, 1 * u.s), UnitOperationError),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_wrong_units_raise_in_every_transform(mistake, transform):
    f, error = MISTAKES[mistake]
    with pytest.raises(error):
        TRANSFORMS[transform](f, np.array([1.0, 2.0]) * u.m)


def test_zero_fits_every_unit_and_a_number_is_compared_as_in_unyt():
    x = np.array([1.0, 2.0]) * u.m
    np.testing.assert_array_equal(dm.vjp(lambda x: x + 0, x)[0].value, (x + 0).value)
    seen = []
    dm.grad(lambda x: (seen.append(dm.primal(x > 1.5)), np.sum(x))[1])(x)
    np.testing.assert_array_equal(seen[0], x > 1.5)


def test_products_of_offset_units_raise_as_in_unyt():
    t = u.unyt_quantity(20.0, "degC")
    for f in (lambda t: 2 * t, lambda t: t * t, lambda t: t + t, lambda t: t**2):
        with pytest.raises(InvalidUnitOperation):
            dm.grad(f)(t)


def test_logarithmic_units_are_refused_with_a_reason():
    with pytest.raises(LogarithmicUnitError, match=r"(?s)logarithmic.*Convert it first"):
        dm.grad(lambda x: x + x)(u.unyt_quantity(20.0, "dB"))


@pytest.mark.parametrize("unit", ["lat", "lon"])
def test_scales_without_a_unit_for_differences_are_refused(unit):
    with pytest.raises(InvalidUnitOperation, match=r"Convert it first: q.to\('degree'\)"):
        dm.grad(np.sin)(u.unyt_quantity(10.0, unit))
    with pytest.raises(InvalidUnitOperation):
        dm.grad(lambda x: x.to("degree"))(u.unyt_quantity(10.0, unit))
