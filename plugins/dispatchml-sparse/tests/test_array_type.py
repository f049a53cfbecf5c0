"""Sparse arrays keep the promises of every array type, and the plugin registers what it may."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import sparse
from dispatchml_sparse.foreign import SparseRefusal

from dispatchml import ops
from dispatchml.dispatch.errors import DensifyWarning
from dispatchml.testing import check_array_type, check_registry

ONE_AXIS = {
    sparse.COO: sparse.COO.from_numpy,
    sparse.GCXS: sparse.GCXS.from_numpy,
    sp.coo_array: sp.coo_array,
    sp.csr_array: sp.csr_array,
}
#: On floating-point numbers these have no meaning.
WHOLE = {
    "bitwise_and", "bitwise_count", "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "gcd", "lcm",
}  # fmt: skip


@pytest.mark.parametrize("cls", ONE_AXIS, ids=lambda cls: cls.__name__)
def test_sparse_arrays_are_an_array_type(cls):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DensifyWarning)
        outcome = check_array_type(cls, ONE_AXIS[cls], refuses=(SparseRefusal,))
    refused = {name for name, what in outcome.items() if what != "works"}
    assert refused - WHOLE <= ({"setitem"} if cls in (sparse.COO, sparse.GCXS) else set())


#: Programs of a matrix, for a class that has two axes only.
MATRIX_PROGRAMS = {
    "quadratic form": lambda a: ops.sum(ops.matmul(a, ops.transpose(a))),
    "cubes": lambda a: ops.sum(ops.power(a, 3)),
    "columns": lambda a: ops.sum(ops.square(ops.sum(a, axis=0))),
}


def test_matrices_by_columns_are_an_array_type():
    def make(numbers):
        return sp.csc_array(np.atleast_2d(numbers) if numbers.ndim < 2 else numbers)

    names = ["add", "multiply", "matmul", "sum", "transpose", "swapaxes", "max", "absolute", "sin", "negative"]
    outcome = check_array_type(sp.csc_array, make, operations=names, programs=MATRIX_PROGRAMS)
    assert set(outcome.values()) == {"works"}


def test_the_plugin_registers_what_it_may():
    check_registry("dispatchml_sparse")
