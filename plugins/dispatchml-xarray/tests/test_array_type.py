"""DataArray and Variable keep the promises of every array type."""

from importlib.util import find_spec

import numpy as np
import pytest
import xarray as xr

from dispatchml.testing import check_array_type, check_registry

from dispatchml_xarray.labels import LabelError  # isort: skip  (dispatchml first)

REFUSES = (LabelError, TypeError, xr.AlignmentError)
#: Operations that must work: all that xarray has, and what else has a meaning for named axes.
WORKING = set(
    """
    add multiply power where maximum sum mean std var median max min prod any all argmax quantile cumsum sort diff
    transpose moveaxis expand_dims squeeze flip roll concatenate stack split getitem setitem take compress delete dot
    matmul inner vecdot einsum solve inv det trace diagonal cholesky fft softmax logsumexp
    vector_norm average pad_constant     broadcast_to repeat zeros_like full_like isnan nan_to_num nansum searchsorted
    """.split()
)


def dims_of(a):
    return tuple("xyzuvw"[: np.ndim(a)])


def data_array(a):
    a, dims = np.asarray(a), dims_of(a)
    return xr.DataArray(
        a, dims=dims, coords={d: 10 * np.arange(s) for d, s in zip(dims, a.shape, strict=True)}, name="n"
    )


def variable(a):
    return xr.Variable(dims_of(a), np.asarray(a), {"units": "m"})


@pytest.mark.parametrize(("cls", "make"), [(xr.DataArray, data_array), (xr.Variable, variable)])
def test_labelled_arrays_are_an_array_type(cls, make):
    outcome = check_array_type(cls, make, refuses=REFUSES)
    assert "untried" not in outcome.values() or find_spec("scipy") is None
    assert {name for name in WORKING if outcome[name] != "works"} == set()


def test_the_plugin_registers_what_it_may():
    check_registry("dispatchml_xarray")
