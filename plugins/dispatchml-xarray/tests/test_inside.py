"""What labels are round: quantities, masked arrays, sparse arrays, numbers of other libraries."""

from fractions import Fraction

import numpy as np
import pytest
import xarray as xr

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import carrier

PLACES = [10, 20, 30]
P = xr.DataArray([1.0, 2.0, 3.0], dims="x", coords={"x": PLACES})
M = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])


@pytest.fixture(scope="module")
def u():
    return pytest.importorskip("pint").UnitRegistry()


def units_of(d):
    assert d.dims == ("x",)
    assert d.coords["x"].values.tolist() == PLACES
    return str(d.data.units)


def test_labelled_quantities(u):
    q = xr.DataArray([1.0, 2.0, 3.0] * u.m, dims="x", coords={"x": PLACES})
    found = dm.grad(lambda q: (q**2).sum() * 3)(q)
    assert units_of(found) == "meter"
    np.testing.assert_allclose(found.data.m, [6.0, 12.0, 18.0])
    assert units_of(dm.grad(lambda q: q.data[0].to("km"))(q)) == "kilometer / meter"
    block = dm.jacobian(lambda q: q**2)(q)
    assert block.dims == ("x", "x'")
    assert str(block.data.units) == "meter"
    assert units_of(dm.vmap(lambda e: e**2)(q)) == "meter ** 2"
    with pytest.raises(Exception, match="Cannot convert from 'second'"):
        dm.grad(lambda q: (q + 1 * u.s).sum())(q)
    with pytest.raises(ValueError, match="lose what it carries"):
        dm.grad(lambda q: q.values.sum())(q)


def test_arrays_like_labelled_quantities_are_plain_as_outside(u):
    q = xr.DataArray([1.0, 2.0, 3.0] * u.m, dims="x")
    for make in (xr.ones_like, xr.zeros_like, lambda q: xr.full_like(q, 3.0)):
        seen = []
        dm.grad(lambda q, make=make, seen=seen: (seen.append(dm.primal(make(q))), q.sum())[1])(q)
        assert type(seen[0].data) is type(make(q).data) is np.ndarray
        np.testing.assert_array_equal(seen[0].data, make(q).data)


def test_numbers_with_units_are_filled_in(u):
    q = xr.DataArray([1.0, 2.0, 3.0] * u.m, dims="x", coords={"x": PLACES})
    for function, numbers in (
        (lambda q: q.shift(x=1).fillna(0 * u.m), [0.0, 1.0, 2.0]),
        (lambda q: q.shift(x=1).fillna(1.0 * u.cm), [0.01, 1.0, 2.0]),
        (lambda q: q.where(q > 2 * u.m, 0 * u.m), [0.0, 0.0, 3.0]),
        (lambda q: xr.where(q > 2 * u.m, q, 5 * u.m), [5.0, 5.0, 3.0]),
        (lambda q: q.where(q.x > 15, q.mean()), [2.0, 2.0, 3.0]),
        (lambda q: q.shift(x=1, fill_value=0 * u.m), [0.0, 1.0, 2.0]),
        (lambda q: q.interp(x=[15.0, 20.0, 25.0]), [1.5, 2.0, 2.5]),
        (lambda q: q.shift(x=1).bfill("x"), [1.0, 1.0, 2.0]),
    ):
        value, _ = dm.jvp(function, (q,), (q,))
        assert str(value.data.units) == "meter"
        np.testing.assert_allclose(value.data.m, numbers)
        assert units_of(dm.grad(lambda q: function(q).sum() * 2)(q)) == "dimensionless"  # noqa: B023
    with pytest.raises(Exception, match="Cannot convert from 'second'"):
        dm.grad(lambda q: q.shift(x=1).fillna(0 * u.s).sum())(q)


def test_quantities_and_labels_meet_in_every_order(u):
    two = 2 * u.s
    for function in (lambda p: (p * two).sum(), lambda p: (two * p).sum(), lambda p: (p * u.s).sum() * 2):
        found = dm.grad(function)(P)
        assert units_of(found) == "second"
        np.testing.assert_allclose(found.data.m, [2.0, 2.0, 2.0])
    for function in (lambda a: (a * P).sum(), lambda a: (P * a).sum(), lambda a: xr.DataArray(a).sum() * 6):
        np.testing.assert_allclose(dm.grad(function)(2.0 * u.m).m_as(""), 6.0)
    found = dm.grad(lambda a: (xr.DataArray(a * u.m, dims="x") ** 2).sum())(np.array([1.0, 2.0]))
    assert str(found.units) == "meter ** 2"


def test_masks_inside_labels_are_kept_and_never_become_nan():
    labelled = ops.multiply(P, M)
    assert labelled.data.mask.tolist() == [False, True, False]
    for found, numbers in (
        (dm.grad(lambda d: (d**2).sum())(labelled), [2.0, 0.0, 18.0]),
        (dm.grad(lambda d: d.mean("x"))(labelled), [0.5, 0.0, 0.5]),
        (dm.jvp(lambda d: d * P, (labelled,), (labelled,))[1], [1.0, 0.0, 27.0]),
    ):
        assert found.dims == ("x",)
        assert found.data.mask.tolist() == [False, True, False]
        np.testing.assert_allclose(found.data.filled(0.0), numbers)
    block = dm.jacobian(lambda d: d**2)(labelled)
    assert block.dims == ("x", "x'")
    assert block.data.mask.tolist() == [[False, True, False], [True, True, True], [False, True, False]]


def test_masks_stay_masks_in_what_xarray_makes_of_comparisons_and_missing_numbers():
    def mask_of(d):
        assert dm.isinstance(d.data, np.ma.MaskedArray)
        return np.ma.getmaskarray(d.data).tolist()

    labelled = ops.multiply(P, M)
    for function in (
        lambda d: (d > 0) * 1.0,
        lambda d: d.isnull() * 1.0,
        lambda d: d.notnull() & (d < 2.5),
        lambda d: -(d > 0).astype(float),
        lambda d: d.astype(np.float32) * 2,
    ):
        for found in (dm.jvp(function, (labelled,), (labelled,))[0], function(labelled)):
            assert mask_of(found) == [False, True, False]
    both = dm.jvp(lambda m: (xr.DataArray(m, dims="x") > 0) * 1.0, (M,), (M,))[0]
    assert both.data.filled(-1.0).tolist() == [1.0, -1.0, 1.0]
    table = xr.concat([labelled, labelled * 2], "t")
    assert np.ma.getmaskarray(table.sum("t").data).tolist() == [False, True, False]
    assert np.ma.getmaskarray(table.shift(t=1).data).tolist() == [[False] * 3, [False, True, False]]
    assert np.ma.getmaskarray(table.reindex(x=[30, 20, 5]).data).tolist() == [[False, True, False]] * 2
    for function in (lambda d: d.dropna("x"), lambda d: d.dropna("x", how="all")):
        assert function(table).coords["x"].values.tolist() == [10, 30]
        assert dm.jvp(function, (table,), (table,))[1].data.filled(0.0).tolist() == [[1.0, 9.0], [2.0, 18.0]]
    assert dm.jvp(lambda d: d.count("t") * 1.0, (table,), (table,))[0].values.tolist() == [2.0, 0.0, 2.0]
    window = dm.jvp(lambda d: d.rolling(x=2, min_periods=1).sum(), (labelled,), (labelled,))[0]
    assert window.data.filled(-1.0).tolist() == [1.0, 1.0, 9.0]
    assert isinstance(xr.DataArray(M, dims="x").data, np.ndarray)  # xarray's own: nan


def test_masked_and_labelled_arrays_meet_in_every_order():
    for function in (lambda p: (p * M).sum(), lambda p: (M * p).sum()):
        found = dm.grad(function)(P)
        np.testing.assert_allclose(found.values, [1.0, 0.0, 3.0])
    for function in (lambda m: (P * m).sum(), lambda m: (m * P).sum(), lambda m: (xr.DataArray(m, dims="x") * P).sum()):
        found = dm.grad(function)(M)
        assert found.mask.tolist() == [False, True, False]
        np.testing.assert_allclose(found.filled(0.0), [1.0, 0.0, 3.0])


def test_a_carried_mask_is_a_masked_array_to_users():
    made = xr.DataArray(carrier(np.ma.MaskedArray)(np.ones(3), mask=M.mask, fill_value=None, hardmask=False), dims="x")
    inside = dm.vmap(lambda d: d)(made).data
    assert dm.isinstance(inside, np.ma.MaskedArray)
    assert isinstance(dm.grad(lambda d: np.sum(d.data))(made).data.filled(0.0), np.ndarray)


def test_sparse_arrays_inside_labels_keep_their_pattern():
    sparse = pytest.importorskip("sparse")
    s = xr.DataArray(sparse.COO.from_numpy(np.array([[0.0, 1.0, 0.0], [2.0, 0.0, 3.0]])), dims=("i", "x"))
    found = dm.grad(lambda s: (s * s).sum())(s)
    assert isinstance(found.data, sparse.COO)
    assert found.dims == ("i", "x")
    np.testing.assert_allclose(found.data.todense(), 2 * s.data.todense())
    plain = P.drop_vars("x")
    np.testing.assert_allclose(dm.grad(lambda p: (s * p).sum())(plain).values, [2.0, 1.0, 3.0])


def test_fractions_stay_exact():
    pytest.importorskip("dispatchml_exact")
    f = xr.DataArray(np.array([Fraction(1, 3), Fraction(2, 3)], dtype=object), dims="x")
    found = dm.grad(lambda f: (f * f).sum("x") + f.mean())(f)
    assert found.values.tolist() == [Fraction(2, 3) + Fraction(1, 2), Fraction(4, 3) + Fraction(1, 2)]


@pytest.mark.filterwarnings("ignore")
def test_structures_inside_labels_meet_others():
    structured = pytest.importorskip("dispatchml_structured")
    diagonal = structured.Diagonal(np.array([1.0, 2.0, 3.0]))
    x = xr.DataArray(diagonal, dims=("i", "j"))
    for function in (lambda x: (diagonal * x).sum(), lambda x: (x * diagonal).sum()):
        found = dm.grad(function)(x)
        assert found.dims == ("i", "j")
        assert isinstance(found.data, structured.Diagonal)
        np.testing.assert_allclose(found.data.diag, [1.0, 2.0, 3.0])
    batch = dm.vmap(lambda k: k * (x * diagonal).sum())(P)
    assert batch.dims == ("x",)


def test_a_mask_inside_of_a_quantity_stays_in_plain_xarray_too(u):
    """xarray's reductions go by nan, and its elements are NumPy's: a mask in a quantity was lost without a word."""
    quantity = u.Quantity(np.ma.array([1.0, 2.0, 4.0], mask=[False, True, False]), "m")
    dm.grad(lambda q: np.sum(q * q) / (1.0 * u.m))(quantity)
    x = xr.DataArray(quantity, dims="x", coords={"x": [10, 20, 30]})
    assert x.data is quantity
    assert np.sum(x).data == 5.0 * u.m
    assert x.mean().data == 2.5 * u.m
    assert x.max().data == 4.0 * u.m
    assert x.count() == 2
    assert x.isnull().values.tolist() == [False, True, False]
    for y in (x[1], x.sel(x=20), x.isel(x=[1, 2]), x * 2.0, x.where(x.x > 10), x.fillna(0.0 * u.m), x.cumsum()):
        assert np.ma.is_masked(y.data.magnitude)
    x.data[0] = 5.0 * u.m
    x[1:].data[1] = 7.0 * u.m
    x.data.magnitude.mask[1:2] = False
    assert quantity.magnitude.tolist() == [5.0, 2.0, 7.0]
