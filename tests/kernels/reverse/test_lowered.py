"""The same function over numbers alone."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.kernels.kernel import kernel
from dispatchml.kernels.reverse import lowered
from dispatchml.kernels.source import read

from .programs import PROGRAMS, runge_kutta
from .running import as_function, differences, flat


@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_value(function):
    made = as_function(lowered(read(function), ("d", "d")))
    for point in ((1.13, 0.67), (0.41, 0.93)):
        assert np.allclose(flat(made(*point)), flat(function(*point)), rtol=1e-13)


def test_dual_numbers_run_over_it():
    """np.array of dual numbers is nothing that Numba has."""
    pytest.importorskip("numba")
    _, slope = dm.jvp(kernel(runge_kutta), (1.13, 0.67), (1.0, 0.0))
    assert np.isclose(slope, differences(runge_kutta, (1.13, 0.67), 1.0)[0])
