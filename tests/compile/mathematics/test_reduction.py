"""Angles less whole quarter turns."""

import mpmath
import numpy as np
import pytest

from dispatchml.compile import scalars
from dispatchml.compile.mathematics.reduction import DIGITS
from dispatchml.testing import scalar_loops


def test_digits_of_two_over_pi():
    with mpmath.workprec(1600):
        bits = int(mpmath.floor(2 / mpmath.pi * mpmath.mpf(2) ** 1344))
    assert DIGITS[0] == 0
    assert sum(word << 64 * k for k, word in enumerate(DIGITS[:0:-1])) == bits


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_next_to_multiples_of_a_quarter_turn(name):
    """The hardest double (W. Kahan, 1983), and the neighbours of multiples up to 10**15."""
    x = [6381956970095103.0 * 2.0**797]
    for n in (1, 2, 3, 355, 10**6 + 1, 3 * 10**11, 10**15 + 7):
        with mpmath.workdps(60):
            near = float(n * mpmath.pi / 2)
        x += [np.nextafter(near, 0), near, np.nextafter(near, np.inf)]
    got = scalar_loops.run(scalars.find(name, "d"), x)
    with mpmath.workdps(1000):
        want = [float(getattr(mpmath, name)(mpmath.mpf(v))) for v in x]
    assert np.all(np.abs(got - want) <= 2 * np.spacing(np.abs(want)))
