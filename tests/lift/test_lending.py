"""Arrays of lifted code whose memory another library's array holds."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError

xr = pytest.importorskip("xarray")


def labelled(x):
    b = np.zeros((2, 3))
    b[0] = x * x
    c = b[1]
    d = xr.DataArray(b, dims=("s", "t"))
    c[1] = 3 * x
    d[1, 2] = x * c[1]
    b[0, 2] = 4 * x
    return np.sum(d.data**2) + c[2] * x


def masked(x):
    b = np.zeros(3)
    b[0] = x * x
    d = np.ma.array(b, copy=False)
    b[1] = 3 * x
    d[2] = x * b[2]
    b[2] = 4 * x
    return d.sum() + b[2] * x


def copied(x):
    b = np.zeros(3)
    b[0] = x * x
    d = np.ma.array(b, copy=True)
    b[1] = 3 * x
    d[2] = x * b[0]
    return d.sum() + b[1] * x


def no_longer_held(x):
    b = np.zeros(3)
    d = xr.DataArray(b, dims="t")
    b[0] = 5.0
    first = d.sum().item()
    del d
    b[1] = x
    return np.sum(b) * first


@pytest.mark.parametrize("f", [labelled, masked, copied, no_longer_held])
def test_both_see_what_is_written(f):
    value, g = dm.value_and_grad(f)(2.0)
    assert value == f(2.0)
    np.testing.assert_allclose(g, (f(2.0 + 1e-6) - f(2.0 - 1e-6)) / 2e-6, rtol=1e-7)


@pytest.mark.parametrize(
    "hold",
    [
        lambda b: xr.DataArray(b, dims="t"),
        lambda b: xr.DataArray(b, dims="t")[:2].data,
        lambda b: xr.Dataset({"a": ("t", b)}).a,
        lambda b: np.ma.array(b, copy=False),
    ],
    ids=["a labelled array", "numbers of a part", "a data set", "a masked array"],
)
def test_plain_memory_that_is_held_takes_no_traced_value(hold):
    """The other array was nan, and its sum zero."""

    def f(x):
        b = np.zeros(3)
        other = hold(b)
        b[0] = x * x
        return np.sum(b) + np.sum(other)

    with pytest.raises(LiftError, match=r"whose memory another array holds.*test_lending.py"):
        dm.grad(f)(2.0)
