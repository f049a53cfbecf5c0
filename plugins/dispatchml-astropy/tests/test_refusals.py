"""Wrong units raise inside a transform as they do outside, and what has no meaning is refused with a reason."""

import numpy as np
import pytest
from astropy import units as u
from astropy.utils.masked import Masked

import dispatchml as dm
from dispatchml.dispatch.errors import UnregisteredTypeError
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
    "1 m + 1 s": lambda x: x + 1 * u.s,
    "1 s + 1 m": lambda x: 1 * u.s + x,
    "1 m - 1": lambda x: x - 1.0,
    "sin(2 m)": np.sin,
    "sin(number)": lambda x: np.sin(x / u.m),
    "exp(2 m)": np.exp,
    "exp(2 rad)": lambda x: np.exp(x / u.m * u.rad),
    "2 ** m": lambda x: 2.0**x,
    "m < s": lambda x: x * (x < 1 * u.s),
    "m.to(s)": lambda x: x.to(u.s),
    "maximum(m, s)": lambda x: np.maximum(x, 1 * u.s),
    "where(m, s)": lambda x: np.where(x > 0 * u.m, x, 1 * u.s),
    "arctan2(m, s)": lambda x: np.arctan2(x, 1 * u.s),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_wrong_units_raise_in_every_transform(mistake, transform):
    with pytest.raises(u.UnitsError):
        TRANSFORMS[transform](MISTAKES[mistake], np.array([1.0, 2.0]) * u.m)


@pytest.mark.parametrize("number", [0, np.zeros(2), np.nan, np.inf])
def test_zero_infinity_and_nan_fit_every_unit_as_in_astropy(number):
    x = np.array([1.0, 2.0]) * u.m
    y = dm.vjp(lambda x: x + number, x)[0]
    np.testing.assert_array_equal(y.value, (x + number).value)


@pytest.mark.parametrize("q", [u.Magnitude(5.0), 5.0 * u.mag(u.ct / u.s), 5.0 * u.mag, 3.0 * u.dex(u.m), 3.0 * u.dB])
def test_logarithmic_units_are_refused_with_a_reason(q):
    with pytest.raises(LogarithmicUnitError, match=r"(?s)logarithmic.*Convert it first"):
        dm.grad(lambda x: x + x)(q)


def test_structured_units_and_masked_quantities_are_refused_with_a_way_out():
    pair = u.Quantity([(1.0, 2.0)], u.StructuredUnit((u.m, u.s), ("x", "t")))
    with pytest.raises(UnregisteredTypeError, match="one by one"):
        dm.ops.add(pair, pair)
    with pytest.raises(UnregisteredTypeError, match="its mask would be lost"):
        dm.grad(lambda x: np.sum(x * x))(Masked([1.0, 2.0] * u.m, mask=[True, False]))


def test_an_array_as_exponent():
    with pytest.raises(u.UnitsError):
        dm.grad(lambda x: np.sum(x ** np.array([1.0, 2.0])))(np.array([1.0, 2.0]) * u.m)
    found = dm.grad(lambda x: np.sum(x ** np.array([1.0, 2.0])))(np.array([1.0, 2.0]) * u.one)
    np.testing.assert_allclose(found.value, [1.0, 4.0])


@pytest.mark.parametrize("f", [np.any, np.all, lambda x: x.any(), np.logical_not, lambda x: np.logical_or(x, x)])
def test_quantities_are_neither_true_nor_false(f):
    """As in astropy, which refuses a plain one."""
    x = np.array([0.0, 1.0]) * u.m
    with pytest.raises(TypeError):
        f(x)
    for call in (lambda: dm.jvp(f, (x,), (x,)), lambda: dm.jit(f)(x), lambda: dm.vmap(f)(np.stack([x, x]))):
        with pytest.raises(TypeError):
            call()
    assert dm.jvp(lambda x: (np.any(x > 0 * u.m) * x)[1], (x,), (x,))[1] == 1.0 * u.m
