"""DataArray and Variable keep the promises of every array type."""

import numpy as np
import pytest
import xarray as xr

from dispatchml.testing import check_array_type, check_registry

from dispatchml_xarray.labels import LabelError  # isort: skip  (dispatchml first)

REFUSES = (LabelError, TypeError, xr.AlignmentError)
#: Operations that would lose dims, or whose results have axes without names.
LOSING = set(
    """
    atleast_1d atleast_2d atleast_3d choose cofactor column_stack convolve correlate cross divide_by_gaps dstack eig eigh
    eigvals eigvalsh frechet hstack insert kron lstsq lu multi_dot outer qr rot90 select solve_triangular svd svdvals
    tensordot tensorinv tensorsolve vstack
    """.split()
)
WHOLE = set(
    """
    bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor gcd lcm
    """.split()
)


def dims_of(a):
    return tuple("xyzuvw"[: np.ndim(a)])


def data_array(a):
    a, dims = np.asarray(a), dims_of(a)
    return xr.DataArray(a, dims=dims, coords={d: 10 * np.arange(s) for d, s in zip(dims, a.shape)}, name="n")


def variable(a):
    return xr.Variable(dims_of(a), np.asarray(a), {"units": "m"})


@pytest.mark.parametrize(("cls", "make"), [(xr.DataArray, data_array), (xr.Variable, variable)])
def test_labelled_arrays_are_an_array_type(cls, make):
    outcome = check_array_type(cls, make, refuses=REFUSES)
    assert "untried" not in outcome.values()
    refused = {name for name, what in outcome.items() if what == "refused"}
    assert refused - {"broadcast_arrays"} <= LOSING | WHOLE


def test_the_plugin_registers_what_it_may():
    check_registry("dispatchml_xarray")
