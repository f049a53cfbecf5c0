"""What xarray gives for plain arrays is the value that a differentiated function has, with all labels; its derivative
agrees with differences.
"""

import warnings

import numpy as np
import pytest
import xarray as xr

import dispatchml as dm

generator = np.random.default_rng(0)
COORDS = {"x": [10, 20, 30], "y": list("abcd"), "g": ("x", [0, 1, 0])}
T = xr.DataArray(generator.uniform(0.5, 2.0, (3, 4)), dims=("x", "y"), coords=COORDS, name="t", attrs={"units": "m"})
D = T.copy(data=generator.uniform(-1.0, 1.0, (3, 4)))
W = xr.DataArray([1.0, 2.0, 3.0], dims="x", coords={"x": [10, 20, 30]}, name="w")
STEP = 1e-6
GAPS = xr.DataArray(
    generator.uniform(0.5, 2.0, (8, 3)), dims=("t", "x"), name="gaps",
    coords={"t": np.arange("2000-01-01", "2000-01-09", dtype="datetime64[D]").astype("datetime64[ns]"),
            "x": [10.0, 20.0, 40.0]},
)  # fmt: skip
GAPS[2, 1] = GAPS[3, 1] = GAPS[5, 0] = np.nan
TIMES = GAPS.t[:3] + np.timedelta64(6, "h")

#: Of an array with times and missing numbers.
WITH_GAPS = {
    "groupby first": lambda d: d.groupby("t.dayofweek").first(),
    "groupby last": lambda d: d.groupby(d.t.dt.day % 2).last(),
    "groupby first without skipping": lambda d: d.groupby(d.t.dt.day % 2).first(skipna=False),
    "groupby median": lambda d: d.groupby(d.t.dt.day % 2).median(),
    "groupby std": lambda d: d.groupby(d.t.dt.day % 2).std(),
    "groupby quantile": lambda d: d.groupby(d.t.dt.day % 2).quantile(0.3),
    "groupby map": lambda d: d.groupby(d.t.dt.day % 2).map(lambda v: v - v.mean("t")),
    "groupby_bins": lambda d: d.groupby_bins("x", [0, 25, 50]).mean(),
    "resample": lambda d: d.resample(t="3D").mean(),
    "resample first": lambda d: d.resample(t="3D").first(),
    "resample last": lambda d: d.resample(t="3D").last(),
    "resample ffill": lambda d: d.resample(t="12h").ffill(),
    "resample nearest": lambda d: d.resample(t="12h").nearest(),
    "resample interpolate": lambda d: d.resample(t="12h").interpolate("linear"),
    "resample median": lambda d: d.resample(t="3D").median(),
    "dropna": lambda d: d.dropna("t"),
    "fillna": lambda d: d.fillna(d.mean("t")),
    "ffill": lambda d: d.ffill("t"),
    "ffill with a limit": lambda d: d.ffill("t", limit=1),
    "bfill": lambda d: d.bfill("t"),
    "interp": lambda d: d.interp(x=[15.0, 30.0]),
    "interp nearest": lambda d: d.interp(x=[15.1, 35.0], method="nearest"),
    "interp outside": lambda d: d.interp(x=[5.0, 15.0]),
    "interp extrapolated": lambda d: d.interp(x=[5.0, 15.0], kwargs={"fill_value": "extrapolate"}),
    "interp to times": lambda d: d.interp(t=TIMES),
    "interp along two dims": lambda d: d.interp(t=TIMES, x=[15.0]),
    "interp at points": lambda d: d.interp(
        x=xr.DataArray([15.0, 25.0, 30.0], dims="p"), t=TIMES.rename(t="p").drop_vars("p")
    ),
    "interp_like": lambda d: d.interp_like(GAPS.isel(x=[0, 1]).assign_coords(x=[12.0, 17.0])),
    "interpolate_na": lambda d: d.interpolate_na("t"),
    "interpolate_na along x": lambda d: d.interpolate_na("x", method="nearest"),
    "interpolate_na with a limit": lambda d: d.interpolate_na("t", limit=1),
    "polyfit": lambda d: d.polyfit("x", 1).polyfit_coefficients,
    "polyfit residuals": lambda d: d.polyfit("t", 1, full=True).polyfit_residuals,
    "rolling": lambda d: d.rolling(t=3).mean(),
    "rolling with fewer": lambda d: d.rolling(t=3, min_periods=1, center=True).sum(),
    "rolling several dims": lambda d: d.rolling(t=3, x=2).mean(),
    "rolling max": lambda d: d.rolling(t=3, min_periods=2).max(),
    "rolling median": lambda d: d.rolling(t=3).median(),
    "rolling std": lambda d: d.rolling(t=3, min_periods=2).std(),
    "rolling count": lambda d: d * d.rolling(t=3, min_periods=1).count(),
    "rolling reduce": lambda d: d.rolling(t=3).reduce(np.sum),
    "rolling construct": lambda d: d.rolling(t=3).construct("w", stride=2).mean("w"),
    "rolling iterated": lambda d: sum(window.mean() for _, window in d.rolling(t=3, min_periods=1)),
    "cumulative": lambda d: d.cumulative("t").sum(),
    "cumulative mean": lambda d: d.cumulative("t").mean(),
    "coarsen": lambda d: d.coarsen(t=3, boundary="trim").mean(),
    "sortby itself": lambda d: d.isel(t=0).sortby(d.isel(t=0), ascending=False),
    "sortby a function": lambda d: d.sortby(lambda v: -v.x),
    "differentiate": lambda d: d.differentiate("x"),
    "cumulative_integrate": lambda d: d.cumulative_integrate("x"),
    "np.add": lambda d: np.add(d, d.rename("other")),
    "np.hypot": lambda d: np.hypot(d.isel(x=0).rename("other"), d),
    "weighted std": lambda d: d.weighted(d.x).std("x"),
    "unstack": lambda d: d.stack(s=("t", "x")).isel(s=slice(0, 5)).unstack("s"),
}

CASES = {
    "sel": lambda d: d.sel(x=20),
    "sel several": lambda d: d.sel(x=[30, 10], y="b"),
    "sel slice": lambda d: d.sel(x=slice(10, 20)),
    "sel nearest": lambda d: d.sel(x=19, method="nearest"),
    "isel": lambda d: d.isel(y=[0, 2]),
    "isel by a labelled index": lambda d: d.isel(x=xr.DataArray([0, 2], dims="p"), y=xr.DataArray([1, 3], dims="p")),
    "getitem": lambda d: d[1],
    "orthogonal getitem": lambda d: d[[0, 2], [1, 3]],
    "getitem by a dict": lambda d: d[{"x": 0}],
    "loc": lambda d: d.loc[20],
    "loc by a dict": lambda d: d.loc[{"y": ["a", "c"]}],
    "a boolean index": lambda d: d[(d.x > 10).values],
    "sum": lambda d: d.sum(),
    "sum over a dim": lambda d: d.sum("x"),
    "sum by axis": lambda d: d.sum(axis=1),
    "np.sum": lambda d: np.sum(d, axis=0),
    "mean over a dim": lambda d: d.mean("x"),
    "mean over several": lambda d: d.mean(dim=["x", "y"]),
    "mean without skipping": lambda d: d.mean("x", skipna=False),
    "std": lambda d: d.std("y"),
    "var": lambda d: d.var("y", ddof=1),
    "max": lambda d: d.max("x"),
    "min": lambda d: d.min(),
    "median": lambda d: d.median("y"),
    "prod": lambda d: d.prod("x"),
    "quantile": lambda d: d.quantile([0.3, 0.6], "y"),
    "reduce": lambda d: d.reduce(np.sum, "x"),
    "weighted": lambda d: d.weighted(W).mean("x"),
    "cumsum": lambda d: d.cumsum("x"),
    "cumprod": lambda d: d.cumprod("y"),
    "transpose": lambda d: d.transpose("y", "x"),
    "T": lambda d: d.T,
    "rename a dim": lambda d: d.rename(x="z"),
    "rename": lambda d: d.rename("new"),
    "stack": lambda d: d.stack(s=("x", "y")),
    "unstack": lambda d: d.stack(s=("x", "y")).unstack(),
    "expand_dims": lambda d: d.expand_dims("w"),
    "expand_dims with coordinates": lambda d: d.expand_dims(w=[1, 2]),
    "squeeze": lambda d: d.expand_dims("w").squeeze("w"),
    "where": lambda d: d.where(d > 1),
    "where else": lambda d: d.where(d > 1, 0.5),
    "where dropped": lambda d: d.where(d.x > 10, drop=True),
    "fillna": lambda d: d.where(d > 1).fillna(0.25),
    "dropna": lambda d: d.dropna("x"),
    "shift": lambda d: d.shift(x=1),
    "roll": lambda d: d.roll(x=1, roll_coords=True),
    "diff": lambda d: d.diff("x"),
    "np.diff": lambda d: d.diff("y", n=2),
    "dot": lambda d: d.dot(d),
    "dot over a dim": lambda d: d.dot(W, dim="x"),
    "matmul": lambda d: d @ d.rename(x="z"),
    "clip": lambda d: d.clip(0.8, 1.5),
    "astype": lambda d: d.astype("float64"),
    "groupby": lambda d: d.groupby("g").mean(),
    "groupby a dim": lambda d: d.groupby("g").sum("x"),
    "anomalies": lambda d: d.groupby("g") - d.groupby("g").mean(),
    "groupby_bins": lambda d: d.groupby_bins("x", [0, 15, 35]).mean(),
    "groups one by one": lambda d: sum(group.sum() * (1 + k) for k, (_, group) in enumerate(d.groupby("g"))),
    "rolling": lambda d: d.rolling(x=2).mean(),
    "rolling in the middle": lambda d: d.rolling(y=3, center=True).sum(),
    "rolling in the middle, even": lambda d: d.rolling(y=2, center=True).mean(),
    "rolling with few": lambda d: d.rolling(y=2, min_periods=1).max(),
    "windows": lambda d: d.rolling(x=2).construct("w"),
    "coarsen": lambda d: d.drop_vars("y").coarsen(y=2).mean(),
    "sortby": lambda d: d.sortby("y", ascending=False),
    "reindex": lambda d: d.reindex(x=[20, 40]),
    "reindex_like": lambda d: d.reindex_like(T[:2]),
    "drop_vars": lambda d: d.drop_vars("g"),
    "drop_sel": lambda d: d.drop_sel(x=10),
    "assign_coords": lambda d: d.assign_coords(x=[1, 2, 3]),
    "assign_attrs": lambda d: d.assign_attrs(k=1),
    "pad": lambda d: d.pad(x=1, constant_values=0.5),
    "differentiate": lambda d: d.differentiate("x"),
    "integrate": lambda d: d.integrate("x"),
    "cumulative_integrate": lambda d: d.cumulative_integrate("x"),
    "combine_first": lambda d: d.where(d > 1).combine_first(T),
    "broadcast_like": lambda d: d.isel(x=0).broadcast_like(T),
    "swap_dims": lambda d: d.swap_dims(x="g"),
    "set_index": lambda d: d.set_index(x="g"),
    "reset_coords": lambda d: d.reset_coords("g", drop=True),
    "head": lambda d: d.head(x=2),
    "thin": lambda d: d.thin(x=2),
    "copy": lambda d: d.copy(),
    "to_dataset": lambda d: d.to_dataset(name="q")["q"] * 2,
    "polyfit": lambda d: d.polyfit("x", 1).polyfit_coefficients,
    "map": lambda d: d.groupby("g").map(lambda group: group**2),
    "cross": lambda d: xr.cross(d, d + W, dim="x"),
    "idxmax": lambda d: d.sel(x=d.isel(y=0, drop=True).idxmax()),
    "resample": lambda d: (
        d.isel(y=0, drop=True)
        .drop_vars("g")
        .assign_coords(x=np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "datetime64[ns]"))
        .resample(x="2D")
        .mean()
    ),
    "pipe": lambda d: d.pipe(lambda v: v * 2),
    "a number": lambda d: 1 + d,
    "a plain array": lambda d: d + np.ones(4),
    "a plain array on the left": lambda d: np.arange(1.0, 5.0) * d,
    "another array": lambda d: d * T,
    "another array on the left": lambda d: T / d,
    "broadcast by name": lambda d: W * d,
    "broadcast to an outer product": lambda d: d.isel(x=0, drop=True) * W,
    "an inner join": lambda d: d * T[1:],
    "an inner join on the left": lambda d: T[:2, 1:] - d,
    "power": lambda d: d**2.5,
    "np.sin": lambda d: np.sin(d),
    "np.add": lambda d: np.add(d, T),
    "np.maximum": lambda d: np.maximum(d, W),
    "np.mean": lambda d: np.mean(d),
    "absolute": lambda d: abs(d - 1),
    "real": lambda d: d.real,
    "data": lambda d: d.data * 2,
    "values": lambda d: d.values * 2,
    "variable": lambda d: d.variable * 2,
    "a coordinate": lambda d: d * d.x,
    "a coordinate by name": lambda d: d * d["x"],
    "xr.where": lambda d: xr.where(d > 1, d, 0.0),
    "xr.concat": lambda d: xr.concat([d, 2 * d], "x"),
    "xr.concat along a new dim": lambda d: xr.concat([d, T], "new"),
    "xr.dot": lambda d: xr.dot(d, d, dim="x"),
    "xr.cov": lambda d: xr.cov(d, T, "x"),
    "xr.corr": lambda d: xr.corr(d, T, "x"),
    "xr.apply_ufunc": lambda d: xr.apply_ufunc(np.sin, d),
    "xr.apply_ufunc over a dim": lambda d: xr.apply_ufunc(
        lambda a: np.sum(a**2, axis=-1), d, input_core_dims=[["x"]], output_core_dims=[[]]
    ),
    "xr.polyval": lambda d: xr.polyval(W.x / 10, d.rename(x="degree").assign_coords(degree=[0, 1, 2])),
    "xr.broadcast": lambda d: xr.broadcast(d.isel(y=0, drop=True), T)[0],
    "xr.align": lambda d: xr.align(d, T[1:])[0],
}


def evaluate(function, x):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(x)


def same_labels(got, expected, attrs=True):
    assert type(got) is type(expected)
    if not isinstance(expected, (xr.DataArray, xr.Variable)):
        return
    assert got.dims == expected.dims
    assert not attrs or got.attrs == expected.attrs
    if isinstance(expected, xr.DataArray):
        assert got.name == expected.name
        xr.testing.assert_identical(got.coords.to_dataset(), expected.coords.to_dataset())


@pytest.mark.parametrize("name", CASES)
def test_values_and_labels_are_those_of_xarray(name):
    function = CASES[name]
    expected = evaluate(function, T)
    value, tangent = evaluate(lambda x: dm.jvp(function, (x,), (D,)), T)
    same_labels(value, expected)
    np.testing.assert_allclose(np.asarray(value), np.asarray(expected), rtol=1e-12)
    same_labels(tangent, expected, attrs=False)
    same_labels(evaluate(lambda x: dm.vjp(function, x)[0], T), expected)


@pytest.mark.parametrize("name", CASES)
def test_derivatives_agree_with_differences(name):
    function = CASES[name]
    ahead, behind = (np.asarray(evaluate(function, T + sign * STEP * D)) for sign in (1, -1))
    expected = np.nan_to_num((ahead - behind) / (2 * STEP))
    value, tangent = evaluate(lambda x: dm.jvp(function, (x,), (D,)), T)
    np.testing.assert_allclose(np.asarray(tangent), expected, rtol=1e-5, atol=1e-7)
    weights = np.random.default_rng(1).uniform(0.5, 1.5, np.shape(value))
    _, pullback = evaluate(lambda x: dm.vjp(function, x), T)
    (gradient,) = evaluate(pullback, weights)
    same_labels(gradient, T, attrs=False)
    assert gradient.attrs == {}
    np.testing.assert_allclose(
        float((gradient * D).sum()), np.sum(weights * np.asarray(tangent)), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("name", WITH_GAPS)
def test_missing_numbers_and_times(name):
    function = WITH_GAPS[name]
    value, tangent = evaluate(lambda x: dm.jvp(function, (x,), (x,)), GAPS)
    try:
        expected = evaluate(function, GAPS)
    except ImportError:  # bottleneck, which a traced array does not need
        assert name.startswith(("ffill", "bfill"))
        return
    same_labels(value, expected)
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    ahead, behind = (np.asarray(evaluate(function, GAPS * (1 + sign * STEP))) for sign in (1, -1))
    slope = (ahead - behind) / (2 * STEP)
    known = ~np.isnan(slope)
    np.testing.assert_allclose(np.asarray(tangent)[known], slope[known], rtol=1e-5, atol=1e-7)
    gradient = evaluate(lambda x: dm.grad(lambda d: function(d).sum())(x), GAPS)
    same_labels(gradient, GAPS, attrs=False)
    along = evaluate(lambda x: dm.jvp(lambda d: function(d).sum(), (x,), (x.fillna(0.0),)), GAPS)[1]
    np.testing.assert_allclose(float((gradient * GAPS).sum()), float(along), rtol=1e-9, atol=1e-12)


def test_what_is_missing_is_filled_with_the_last_number_before():
    d = xr.DataArray([np.nan, 1.0, np.nan, np.nan, 4.0, np.nan], dims="x")
    filled = {"ffill": [np.nan, 1, 1, 1, 4, 4], "bfill": [1, 1, 4, 4, 4, np.nan]}
    for name, numbers in filled.items():
        np.testing.assert_array_equal(dm.jvp(lambda x: getattr(x, name)("x"), (d,), (d,))[0], numbers)  # noqa: B023
    np.testing.assert_array_equal(dm.grad(lambda x: x.ffill("x", limit=1).sum())(d), [0.0, 2.0, 0.0, 0.0, 2.0, 0.0])


@pytest.mark.parametrize("name", ["mean over a dim", "std", "groupby", "dot", "rolling", "an inner join", "xr.cov"])
def test_second_derivatives_agree_with_differences(name):
    def scalar(x):
        return (CASES[name](x) ** 3).sum()

    ahead, behind = (evaluate(dm.grad(scalar), T + sign * STEP * D) for sign in (1, -1))
    found = evaluate(lambda x: dm.hvp(scalar, (x,), (D,)), T)
    same_labels(found, T, attrs=False)
    np.testing.assert_allclose(found, (ahead - behind) / (2 * STEP), rtol=1e-4, atol=1e-6)


#: What has no derivative.
CONSTANT = {
    "dims": lambda d: d.dims,
    "sizes": lambda d: dict(d.sizes),
    "shape": lambda d: d.shape,
    "name": lambda d: d.name,
    "attrs": lambda d: d.attrs,
    "get_axis_num": lambda d: d.get_axis_num("y"),
    "comparison": lambda d: (d > 1).sum().item(),
    "comparison from the left": lambda d: (T < d).any().item(),
    "isnull": lambda d: d.isnull().any().item(),
    "count": lambda d: d.count("x").values.tolist(),
    "argmax": lambda d: d.argmax("x").values.tolist(),
    "idxmax": lambda d: d.idxmax("x").values.tolist(),
    "np.argsort": lambda d: np.argsort(d.data, axis=0).tolist(),
    "coords": lambda d: d.coords["x"].values.tolist(),
    "a coordinate": lambda d: d.g.values.tolist(),
    "indexes": lambda d: list(d.indexes["y"]),
    "equals": lambda d: d.equals(d),
    "isin": lambda d: d.isin([1.0]).any().item(),
}


@pytest.mark.parametrize("name", CONSTANT)
def test_what_has_no_derivative_is_as_in_xarray(name):
    found = []

    def seen(d):
        found.append(CONSTANT[name](d))
        return d.sum()

    dm.grad(seen)(T)
    assert found == [CONSTANT[name](T)]
