"""uncertainties' own mathematics on traced numbers: what it gives on plain ones, and its derivatives."""

import numpy as np
import pytest
from uncertainties import ufloat, umath, unumpy

import dispatchml as dm

X = ufloat(0.5, 0.1)
FUNCTIONS = (
    "acos asin atan cos cosh degrees erf exp expm1 fabs gamma lgamma log log10 log1p radians sin sinh sqrt tan tanh"
)


@pytest.mark.parametrize("name", FUNCTIONS.split())
def test_of_numbers(name):
    if name in ("gamma", "lgamma"):
        pytest.importorskip("scipy")  # of their derivatives
    function = getattr(umath, name)

    def f(x):
        return function(x) * x

    value, g = dm.value_and_grad(f)(X)
    assert value.nominal_value == pytest.approx(f(X).nominal_value, rel=1e-14)
    assert value.std_dev == pytest.approx(f(X).std_dev, rel=1e-6)  # of gamma the library takes differences
    h = 1e-6
    wanted = (f(X + h).nominal_value - f(X - h).nominal_value) / (2 * h)
    assert g.nominal_value == pytest.approx(wanted, rel=1e-7)
    assert g.std_dev > 0


def test_of_two_and_of_arrays():
    y = ufloat(2.0, 0.2)
    assert dm.grad(lambda x: umath.pow(x, y))(X).nominal_value == pytest.approx(1.0)
    assert dm.grad(lambda x: umath.log(x, 2))(X).nominal_value == pytest.approx(2.0 / np.log(2.0))
    a = unumpy.uarray([0.5, 0.25], [0.1, 0.2])
    found = dm.grad(lambda a: np.sum(unumpy.sin(a) * unumpy.exp(a)))(a)
    wanted = np.exp([0.5, 0.25]) * (np.sin([0.5, 0.25]) + np.cos([0.5, 0.25]))
    np.testing.assert_allclose(unumpy.nominal_values(found), wanted)
