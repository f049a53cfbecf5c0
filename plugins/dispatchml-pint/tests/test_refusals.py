"""Wrong units raise inside a transform as they do outside."""

import numpy as np
import pint
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.units import ExponentUnitError, LogarithmicUnitError

TRANSFORMS = {
    "plain": lambda f, x: f(x),
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
    "1 m + 1 s": lambda u, x: x + np.ones(2)[: x.size].sum() * u.s,
    "1 s + 1 m": lambda u, x: 1 * u.s + x,
    "1 m - 1": lambda u, x: x - 1.0,
    "sin(2 m)": lambda u, x: np.sin(x),
    "exp(2 m)": lambda u, x: np.exp(x),
    "2 ** m": lambda u, x: 2.0**x,
    "m ** m": lambda u, x: x**x,
    "m < s": lambda u, x: x * (x < 1 * u.s),
    "m.to(s)": lambda u, x: x.to("s"),
    "maximum(m, s)": lambda u, x: np.maximum(x, 1 * u.s),
    "where(m, s)": lambda u, x: np.where(x > 0 * u.m, x, 1 * u.s),
    "arctan2(m, s)": lambda u, x: np.arctan2(x, 1 * u.s),
    "cumprod(m)": lambda u, x: np.cumprod(np.stack([x, x])),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_wrong_units_raise_in_every_transform(mistake, transform, u):
    with pytest.raises(pint.DimensionalityError):
        TRANSFORMS[transform](lambda x: MISTAKES[mistake](u, x), np.array([1.0, 2.0]) * u.m)


def test_prefixes_are_no_mistake(u):
    assert dm.value_and_grad(lambda x: x + 1 * u.km)(1.0 * u.m)[0] == 1001 * u.m
    assert ops.add(1.0 * u.m, 1.0 * u.km) == 1001 * u.m


@pytest.mark.parametrize("zero", [0, 0.0, np.zeros(2), np.nan])
def test_a_plain_zero_or_nan_fits_every_unit_as_in_pint(zero, u):
    x = np.array([1.0, 2.0]) * u.m
    np.testing.assert_array_equal(ops.add(x, zero).m_as("m"), (x + zero).m_as("m"))
    assert dm.grad(lambda x: np.sum(x + zero))(x).dimensionless


def test_products_of_offset_units_raise_as_in_pint(u):
    t = u.Quantity(20.0, "degC")
    for f in (lambda t: 2 * t, lambda t: t * t, lambda t: t + t, lambda t: t**2, lambda t: 1 / t):
        with pytest.raises(pint.OffsetUnitCalculusError):
            f(t)
        with pytest.raises(pint.OffsetUnitCalculusError):
            dm.grad(f)(t)


def test_products_of_offset_units_are_converted_where_the_registry_says_so():
    u = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    t = u.Quantity(20.0, "degC")
    assert ops.multiply(2.0, t) == 2.0 * t
    assert dm.grad(lambda t: t * t)(t).m_as("K**2 / delta_degC") == pytest.approx(2 * 293.15)


def test_logarithmic_units_are_refused_with_a_reason(u):
    with pytest.raises(LogarithmicUnitError, match=rf"(?s){__file__}.*logarithmic.*Convert it first"):
        dm.grad(lambda x: x + x)(u.Quantity(20.0, "dBm"))


def test_quantities_of_two_registries_are_refused(u):
    other = pint.UnitRegistry()
    for f in (ops.add, ops.multiply, ops.less, ops.setitem):
        with pytest.raises(ValueError, match="different registries"):
            f(1.0 * u.m, 1.0 * other.m)
    with pytest.raises(ValueError, match="different registries"):
        dm.grad(lambda x: x + 1 * other.m)(1.0 * u.m)


def test_contexts_are_refused_on_traced_quantities(u):
    with pytest.raises(NotImplementedError, match="context"):
        dm.grad(lambda x: x.to("THz", "spectroscopy"))(500.0 * u.nm)


def test_a_derivative_of_a_dimensional_power_in_its_exponent_raises(u):
    for transform in (dm.grad, dm.derivative, lambda f: lambda n: dm.vmap(f)(np.array([n, n]))):
        with pytest.raises(ExponentUnitError, match=r"test_refusals.py:\d+.*Write x \*\* dispatchml.primal\(n\)"):
            transform(lambda n: (2.0 * u.m) ** n)(2.0)


def test_products_are_reduced_where_the_registry_says_so():
    u = pint.UnitRegistry(auto_reduce_dimensions=True)
    product = ops.multiply(2.0 * u.km, 3.0 / u.m)
    assert product.units == u.Unit("")
    assert product.magnitude == pytest.approx(6000.0)
