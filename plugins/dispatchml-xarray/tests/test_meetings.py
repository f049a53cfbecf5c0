"""Labelled arrays beside masked and sparse ones, in both orders, traced or not: the same normal form."""

import operator

import numpy as np
import pytest
import xarray as xr

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import foreign_class

A = xr.DataArray([1.0, 2.0, 3.0], dims="t", coords={"t": [10, 20, 30]}, name="a")
M = np.ma.array([4.0, 5.0, 6.0], mask=[False, True, False])
ORDERS = {"first": lambda f: f, "second": lambda f: lambda a, b: f(b, a)}


@pytest.fixture(autouse=True)
def loaded():
    ops.add(A, M)  # the plugins are loaded when one of their types first meets an operation


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("f", [operator.add, operator.mul, operator.truediv, np.subtract, np.maximum])
def test_masks_stay(f, order):
    f = ORDERS[order](f)
    expected = f(A.values, M.data)
    found = [f(A, M), f(A.variable, M)]
    found += [dm.jvp(lambda x: f(x, M), (A,), (A,))[0], dm.jvp(lambda x: f(A, x), (M,), (M,))[0]]
    found += [dm.vjp(lambda x: f(x, M), A)[0], dm.vjp(lambda x: f(A, x), M)[0]]
    for y in found:
        assert y.dims == ("t",)
        data = getattr(y, "variable", y)._data
        assert foreign_class(data) is np.ma.MaskedArray
        np.testing.assert_array_equal(data.mask, M.mask)
        np.testing.assert_allclose(data._payload[~M.mask], expected[~M.mask])


def test_in_place_is_a_new_value():
    x = A.copy()
    x += M
    assert foreign_class(x.variable._data) is np.ma.MaskedArray


@pytest.mark.parametrize("order", ORDERS)
def test_sparse_coordinates_are_no_labels(order):
    sparse = pytest.importorskip("sparse")
    f = ORDERS[order](operator.mul)
    c = sparse.COO.from_numpy(np.array([0.0, 2.0, 0.5]))
    found = [f(A, c), dm.jvp(lambda x: f(x, c), (A,), (A,))[0], dm.jvp(lambda x: f(A, x), (c,), (c,))[0]]
    found += [dm.vjp(lambda x: f(x, c), A)[0], dm.vjp(lambda x: f(A, x), c)[0]]
    for y in found:
        assert isinstance(y, xr.DataArray)
        assert isinstance(y.data, sparse.COO)
        np.testing.assert_allclose(y.data.todense(), [0.0, 4.0, 1.5])
        assert list(y.t.values) == [10, 20, 30]
