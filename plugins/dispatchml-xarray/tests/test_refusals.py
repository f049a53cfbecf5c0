"""What has no meaning for labels, or would lose them or a derivative, raises and says what to write."""

import numpy as np
import pytest
import xarray as xr

import dispatchml as dm

P = xr.DataArray([1.0, 2.0, 3.0], dims="x", coords={"x": [10, 20, 30]})
T = xr.DataArray(np.ones((3, 4)), dims=("x", "y"))

CASES = {
    "reshape": (lambda p: np.reshape(T * p, (4, 3)).sum(), "x.stack"),
    "cumsum of all": (lambda p: dm.ops.cummax(T * p).sum(), "Name an axis"),
    "swapaxes": (lambda p: np.swapaxes(T * p, 0, 1).sum(), "x.transpose"),
    "clip by other labels": (
        lambda p: np.clip(p, p.shift(x=1, fill_value=0.0).assign_coords(x=[1, 2, 3]), 9).sum(),
        "x.clip",
    ),
    "inv of no square": (lambda p: np.linalg.pinv(T * p).sum(), "another shape"),
    "svd": (lambda p: np.linalg.svd(T * p)[1].sum(), "x.data"),
    "a plain matrix": (lambda p: (np.ones((3, 3)) @ p).sum(), "Label the other one"),
    "a larger plain array": (lambda p: (p * np.ones((2, 3))).sum(), "axes without names"),
    "interp by a curve": (lambda p: p.interp(x=[15.0], method="pchip").sum(), "linear"),
    "interp to traced places": (lambda p: p.interp(x=p).sum(), "dispatchml.primal"),
    "interpolate_na in a batch": (
        lambda p: dm.vmap(lambda r: r.interpolate_na("x"))(xr.concat([p, p], "t")).sum(),
        "at places of its own",
    ),
    "sortby in a batch": (lambda p: dm.vmap(lambda r: r.sortby(r))(xr.concat([p, p], "t")).sum(), "order of its own"),
    "apply_ufunc of numbers": (
        lambda p: xr.apply_ufunc(np.sum, p, input_core_dims=[["x"]], vectorize=True),
        "dispatchml.vmap",
    ),
    "to_numpy": (lambda p: p.to_numpy().sum(), "dispatchml.primal"),
    "to_pandas": (lambda p: p.to_pandas().sum(), "dispatchml.primal"),
    "plot": (lambda p: (p.plot(), p.sum())[1], "dispatchml.primal"),
    "item": (lambda p: p[0].item(), "dispatchml.primal"),
    "float": (lambda p: float(p[0]), "dispatchml.primal"),
    "a traced coordinate": (lambda p: p.assign_coords(c=("x", p.data)).sum(), "Coordinates are labels"),
    "a value of other dims": (lambda p: written(p, T), "is written into"),
    "a groupby as a result": (lambda p: p.groupby("x"), "one of its methods"),
    "an attribute": (lambda p: p.nothing, "nothing"),
}


def written(p, value):
    y = p * 1.0
    y[:] = value
    return y.sum()


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("transform", ["grad", "jvp"])
def test_it_raises_and_says_what_to_write(name, transform):
    function, text = CASES[name]
    call = {"grad": lambda: dm.grad(function)(P), "jvp": lambda: dm.jvp(function, (P,), (P,))}[transform]
    with pytest.raises(Exception, match=text):
        call()
