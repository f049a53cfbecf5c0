"""Labelled arrays in compiled functions: labels are part of the signature, the numbers are the program's."""

import warnings

import numpy as np
import pytest
import xarray as xr

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning

GENERATOR = np.random.default_rng(0)
PROGRAMS = {
    "polynomial": lambda x, y: x * x + 2.0 * y,
    "reductions": lambda x, y: (x * y).sum() + x.mean("t") - y.std(),
    "gradient": lambda x, y: dm.grad(lambda x: (np.sin(x) * y).sum())(x),
    "tangent": lambda x, y: dm.jvp(lambda x: x * y / (1.0 + x * x), (x,), (y,)),
    "Hessian": lambda x, y: dm.hessian(lambda x: (x**3).sum())(x),
    "by label": lambda x, y: x.sel(t=10) * y,
    "alignment": lambda x, y: x[1:] + y[:-1],
    "where": lambda x, y: xr.where(x > 0, x, y),
    "differences": lambda x, y: x.diff("t") * y.shift(t=1),
    "other labels": lambda x, y: x.assign_coords(t=[1, 2, 3]).rename("other"),
    "together": lambda x, y: xr.concat([x, y], "z"),
    "groups": lambda x, y: x.groupby("s").mean(),
    "dataset": lambda x, y: xr.Dataset({"a": x, "b": y}).mean()["a"],
    "in place": lambda x, y: in_place(x * 1.0, y),
}


def in_place(x, y):
    x[0] = y[1]
    x *= 2.0
    return x


def drawn(t=(10, 20, 30), name="n"):
    coords = {"t": list(t), "s": ("t", ["a", "b", "a"])}
    return xr.DataArray(GENERATOR.normal(size=3), dims="t", coords=coords, name=name, attrs={"unit": 1})


def check_same(found, wanted):
    if isinstance(wanted, tuple):
        for a, b in zip(found, wanted, strict=True):
            check_same(a, b)
        return
    xr.testing.assert_allclose(found, wanted)
    assert (found.name, found.attrs) == (wanted.name, wanted.attrs)


@pytest.mark.parametrize("name", PROGRAMS)
def test_compiled_functions_keep_labels(name):
    f = PROGRAMS[name]
    compiled = dm.jit(f)
    with warnings.catch_warnings():
        warnings.simplefilter("error", FallbackWarning)
        for x, y in ((drawn(), drawn()), (drawn(), drawn()), (drawn((10, 20, 40), "m"), drawn((10, 20, 40)))):
            check_same(compiled(x, y), f(x, y))


def test_another_name_dimension_or_coordinate_is_another_program():
    compiled = dm.jit(lambda x: x * x.t + (1.0 if x.name == "n" else 2.0))
    for x in (drawn(), drawn((1, 2, 3)), drawn(name="m")):
        check_same(compiled(x), x * x.t + (1.0 if x.name == "n" else 2.0))
