"""Nothing becomes dense in silence: a test that means it says so."""

import warnings

import pytest
import scipy.sparse as sp
import sparse

from dispatchml.dispatch.errors import DensifyWarning

MAKERS = {
    "COO": sparse.COO.from_numpy,
    "GCXS": sparse.GCXS.from_numpy,
    "csr_array": sp.csr_array,
    "csc_array": sp.csc_array,
    "coo_array": sp.coo_array,
}


@pytest.fixture(autouse=True)
def strict():
    with warnings.catch_warnings():
        warnings.simplefilter("error", DensifyWarning)
        yield


@pytest.fixture(params=MAKERS)
def make(request):
    """What makes a sparse array of a dense one, for each class."""
    return MAKERS[request.param]
