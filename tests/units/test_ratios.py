"""Which ratio a factor of conversion stands for."""

import math
from fractions import Fraction

import pytest

from dispatchml.units.ratios import ratio_of

RATIOS = [
    (1000.0, Fraction(1000)),
    (1e-3, Fraction(1, 1000)),
    (0.0254, Fraction(127, 5000)),
    (1.602176634e-19, Fraction(1602176634, 10**28)),
    (1 / 3600, Fraction(1, 3600)),
    (1 / 3.6e6, Fraction(1, 3600000)),
    (5 / 9, Fraction(5, 9)),
    (459.67 * 5 / 9, Fraction(45967, 180)),
    (math.nextafter(1 / 720, 0), Fraction(1, 720)),
    (-2.5, Fraction(-5, 2)),
    (0.0, Fraction(0)),
]


@pytest.mark.parametrize(("number", "ratio"), RATIOS, ids=str)
def test_a_rounded_ratio_is_found(number, ratio):
    assert ratio_of(number) == ratio


@pytest.mark.parametrize("number", [math.pi, math.pi / 180, math.pi / 648000, math.sqrt(2), math.inf, math.nan])
def test_other_numbers_stand_for_none(number):
    assert ratio_of(number) is None
