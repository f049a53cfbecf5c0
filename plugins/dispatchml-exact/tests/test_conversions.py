"""Conversions of units by a ratio are exact, of the value and of its derivatives."""

from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch import is_layer
from dispatchml.units import magnitude

NUMBERS = {
    "Fraction": (Fraction(1, 3), Fraction),
    "Decimal": (Decimal("0.3"), Decimal),
    "mpf": (mpmath.mpf(3) / 8, mpmath.mpf),
}
CASES = [("m", "km", Fraction(1, 1000)), ("inch", "m", Fraction(127, 5000)), ("hour", "day", Fraction(1, 24))]


def makers():
    pint = pytest.importorskip("pint")
    astropy = pytest.importorskip("astropy.units")
    unyt = pytest.importorskip("unyt")
    registry = pint.UnitRegistry()
    is_layer(1 * astropy.m), is_layer(1 * unyt.m)
    names = {"inch": astropy.imperial.inch, "hour": astropy.h, "day": astropy.d}
    return {
        "pint": (registry.Quantity, lambda unit: unit),
        "astropy": (lambda x, unit: x * names.get(unit, astropy.Unit("m")), lambda unit: names.get(unit, unit)),
        "unyt": (lambda x, unit: x * unyt.Unit(unit), lambda unit: unit),
    }


@pytest.mark.parametrize(("source", "target", "ratio"), CASES)
@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("library", ["pint", "astropy", "unyt"])
def test_a_ratio_is_kept(library, name, source, target, ratio):
    make, unit = makers()[library]
    number, exact = NUMBERS[name]
    factor = exact(ratio.numerator) / exact(ratio.denominator)
    q = make(np.array([number], object), source)
    y, dy = dm.jvp(lambda q: q.to(unit(target)), (q,), (q,))
    for found in (y, dm.vjp(lambda q: q.to(unit(target)), q)[0]):
        (value,) = magnitude(found)
        assert type(value) is exact
        assert value == number * factor
    (value,) = magnitude(dy.to(unit(target)))
    assert (type(value), value) == (exact, number * factor)
    (slope,) = magnitude(dm.grad(lambda q: np.sum(q.to(unit(target))))(q))
    assert type(slope) is exact
    assert slope in (factor, 1)  # unyt folds km / m into the number


def test_points_of_a_scale_with_an_offset():
    pint = pytest.importorskip("pint")
    t = pint.UnitRegistry().Quantity(Fraction(212), "degF")
    value, slope = dm.value_and_grad(lambda t: t.to("kelvin"))(t)
    assert value.magnitude == Fraction("373.15")
    assert slope.magnitude == Fraction(5, 9)


def test_precision_beyond_floats():
    pint = pytest.importorskip("pint")
    with mpmath.workdps(50):
        q = pint.UnitRegistry().Quantity(mpmath.mpf(1) / 3, "m")
        assert abs(dm.grad(lambda q: q.to("km") ** 2)(q).magnitude * 1500000 - 1) < mpmath.mpf(10) ** -45
