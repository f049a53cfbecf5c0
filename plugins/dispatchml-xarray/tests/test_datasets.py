"""Datasets are containers: every transform takes them and gives them."""

import numpy as np
import pytest
import xarray as xr

import dispatchml as dm

A = xr.DataArray([1.0, 2.0, 3.0], dims="x", coords={"x": [10, 20, 30]}, attrs={"units": "m"})
B = xr.DataArray(np.arange(6.0).reshape(2, 3), dims=("t", "x"), coords={"t": [0, 1], "x": [10, 20, 30]})
DS = xr.Dataset({"b": B, "a": A}, coords={"lat": 5.0}, attrs={"title": "two arrays"})


def same(got, **numbers):
    assert isinstance(got, xr.Dataset)
    assert set(got.data_vars) == set(numbers)
    for name, wanted in numbers.items():
        np.testing.assert_allclose(got[name], wanted)
        assert got[name].dims == DS[name].dims
        assert got[name].coords["x"].values.tolist() == [10, 20, 30]


def test_a_gradient_is_a_dataset():
    found = dm.grad(lambda ds: (ds["a"] * ds.b).sum())(DS)
    same(found, a=B.sum("t"), b=[[1.0, 2.0, 3.0]] * 2)
    assert found["lat"].item() == 5.0
    assert list(found.data_vars) == ["b", "a"]


FUNCTIONS = {
    "methods": lambda ds: (ds.mean("x") ** 2)["b"].sum(),
    "operators": lambda ds: ((2 * ds - ds / 3 + ds**2) % 5)["b"].sum(),
    "an array beside it": lambda ds: (ds * ds["a"])["b"].sum() + (ds["a"] * ds)["a"].sum(),
    "a plain one beside it": lambda ds: (ds * DS)["b"].sum(),
    "ufuncs": lambda ds: np.sin(ds)["b"].sum(),
    "selection": lambda ds: ds.sel(x=20)["b"].sum() * ds.isel(x=0)["a"],
    "assign": lambda ds: ds.assign(c=ds["a"] ** 2).c.sum(),
    "assign to a plain one": lambda ds: DS.assign(c=ds["a"] ** 2).c.sum(),
    "map": lambda ds: ds.map(lambda v: v**2)["a"].sum(),
    "to_array": lambda ds: (ds.to_array() ** 2).sum(),
    "groupby": lambda ds: (ds.groupby("t").mean()["b"] ** 2).sum(),
    "items": lambda ds: sum((v**2).sum() for _, v in ds.items()),
    "data_vars": lambda ds: sum((v**2).sum() for v in ds.data_vars.values()),
    "a dict": lambda ds: sum((v**2).sum() for v in dict(ds.data_vars).values()),
    "concat": lambda ds: (xr.concat([ds[["a"]], 2 * ds[["a"]]], "k") ** 2)["a"].sum(),
    "merge": lambda ds: (xr.merge([ds[["a"]], ds[["b"]]]) ** 2)["b"].sum(),
    "its constructor": lambda ds: xr.Dataset({"p": ds["a"], "q": ds["b"] ** 2}, attrs={"k": 1})["q"].sum(),
    "to_dataset": lambda ds: (ds["a"].to_dataset(name="q") * 2)["q"].prod(),
    "comparisons": lambda ds: ds.where(ds > 1.5)["b"].sum(),
    "checkpoint": lambda ds: dm.checkpoint(lambda ds: (ds["a"] ** 2).sum())(ds),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_agree_with_differences(name):
    function, step = FUNCTIONS[name], 1e-6
    value, slope = dm.jvp(function, (DS,), (DS,))
    np.testing.assert_allclose(value, function(DS))
    difference = (function(DS * (1 + step)) - function(DS * (1 - step))) / (2 * step)
    np.testing.assert_allclose(slope, difference, rtol=1e-6)
    gradient = dm.grad(function)(DS)
    np.testing.assert_allclose(sum((gradient[k] * DS[k]).sum() for k in DS.data_vars), slope)


def test_results_may_be_datasets():
    value, tangent = dm.jvp(lambda a: xr.Dataset({"p": a, "q": a**2}, attrs={"k": 1}), (A,), (A,))
    assert value.attrs == {"k": 1}
    np.testing.assert_allclose(tangent["q"], 2 * A**2)
    value, pullback = dm.vjp(lambda ds: ds * ds, DS)
    xr.testing.assert_allclose(value, DS * DS)
    same(pullback(DS)[0], a=2 * A**2, b=2 * B**2)


def test_batches_and_jacobians():
    batch = dm.vmap(lambda ds: ds * 2)(DS[["b"]])
    xr.testing.assert_allclose(batch, DS[["b"]] * 2)
    block = dm.jacobian(lambda ds: ds["a"] * ds["b"].sum())(DS)
    assert block["a"].dims == ("x", "x'")
    assert block["b"].dims == ("x", "t", "x'")
    np.testing.assert_allclose(dm.hvp(lambda ds: (ds["a"] ** 3).sum(), (DS,), (DS,))["a"], 6 * A**2)
    vector, back = dm.ravel(DS)
    assert vector.shape == (9,)
    xr.testing.assert_allclose(back(vector), DS)


def test_arrays_are_put_into_it():
    def function(ds):
        ds["c"] = ds["a"] * 2
        assert "c" in ds
        assert set(ds) == {"a", "b", "c"}
        del ds["b"]
        return ds["c"].sum() + len(ds)

    same(dm.grad(function)(DS), a=[2.0] * 3, b=np.zeros((2, 3)))
    assert set(DS.data_vars) == {"a", "b"}


def test_other_names_and_traced_coordinates_are_refused():
    with pytest.raises(Exception, match=r"Dataset\(a\)"):
        dm.jvp(lambda ds: ds["a"], (DS[["a"]],), (DS[["b"]],))
    with pytest.raises(ValueError, match="Coordinates are labels"):
        dm.grad(lambda ds: ds.assign_coords(k=ds["a"].data[0])["a"].sum())(DS)
