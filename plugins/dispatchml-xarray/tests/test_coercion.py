"""NumPy's functions inside of transforms give what they give outside: by position, and with labels only where NumPy
keeps them.
"""

import warnings

import numpy as np
import pytest
import xarray as xr

import dispatchml as dm

from dispatchml_xarray.labels import LabelWarning  # isort: skip  (dispatchml first)

generator = np.random.default_rng(0)
A = xr.DataArray(generator.random((3, 3)) + 0.5, dims=("x", "y"), coords={"x": [0, 1, 2], "y": [1, 2, 3]}, name="a")
OTHERS = {
    "the same labels": 2 * A,
    "dims in another order": A.transpose() + 1.0,
    "coordinates in another order": (3 * A).assign_coords(x=[2, 1, 0]),
    "other dims": (3 * A).rename(x="u", y="v"),
}

#: Functions that NumPy's own code computes by position.
CASES = {
    "dot": lambda a, b: np.dot(a, b),
    "inner": lambda a, b: np.inner(a, b),
    "vdot": lambda a, b: np.vdot(a, b),
    "tensordot": lambda a, b: np.tensordot(a, b, 1),
    "einsum": lambda a, b: np.einsum("ij,kj->ki", a, b),
    "kron": lambda a, b: np.kron(a, b),
    "outer": lambda a, b: np.outer(a, b),
    "cross": lambda a, b: np.cross(a, b),
    "where": lambda a, b: np.where(a.data > 1.0, a, b),
    "select": lambda a, b: np.select([a.data > 1.0, b.data > 1.0], [a, b], 0.0),
    "concatenate": lambda a, b: np.concatenate([a, b]),
    "stack": lambda a, b: np.stack([a, b], axis=1),
    "vstack": lambda a, b: np.vstack([a, b]),
    "append": lambda a, b: np.append(a, b),
    "block": lambda a, b: np.block([[a, b], [b, a]]),
    "average": lambda a, b: np.average(a, weights=b, axis=0),
    "trapezoid": lambda a, b: np.trapezoid(a, b, axis=0),
    "solve": lambda a, b: np.linalg.solve(a, b),
    "cov": lambda a, b: np.cov(a, b),
    "broadcast_arrays": lambda a, b: np.broadcast_arrays(a, b)[1] * 1.0,
    "gradient": lambda a, b: np.gradient(a, axis=0),
    "diff": lambda a, b: np.diff(a) * b[:, :-1],  # the second factor would join by labels with labelled differences
    "sort": lambda a, b: np.sort(a, axis=0) * b,
    "roll": lambda a, b: np.roll(a, 1, axis=0) * b,
    "inv": lambda a, b: np.linalg.inv(a),
    "pinv": lambda a, b: np.linalg.pinv(a),
    "det": lambda a, b: np.linalg.det(a),
    "norm": lambda a, b: np.linalg.norm(a, axis=0),
    "fft": lambda a, b: np.abs(np.fft.fft(a)),
    "median": lambda a, b: np.median(a, axis=1),
    "ravel": lambda a, b: np.ravel(a),
    "pad": lambda a, b: np.pad(a, 1),
    "copy": lambda a, b: np.copy(a) * b.data,
    "triu": lambda a, b: np.triu(a),
    "nansum": lambda a, b: np.nansum(a, axis=0),
    "zeros_like": lambda a, b: np.zeros_like(a) + b,
    "cumsum": lambda a, b: np.cumsum(a, axis=0),
    "cumsum of all": lambda a, b: np.cumsum(a),
    "sum": lambda a, b: np.sum(a, axis=0),
    "mean": lambda a, b: np.mean(a),
    "clip": lambda a, b: np.clip(a, 0.7, 1.2),
    "split": lambda a, b: np.split(a, 3)[1],
    "add": lambda a, b: np.add(a, b),
    "maximum": lambda a, b: np.maximum(a, b),
}


def numbers(y):
    return np.asarray(y)


@pytest.mark.filterwarnings("ignore::dispatchml_xarray.labels.LabelWarning")
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("name", CASES)
def test_inside_is_the_same_as_outside(name, other):
    function, b = CASES[name], OTHERS[other]
    wanted = function(A, b)
    found, slope = dm.jvp(function, (A, b), (A, b))
    assert type(found) is type(wanted) or np.ndim(wanted) == 0
    if isinstance(wanted, xr.DataArray):
        xr.testing.assert_allclose(found, wanted)
        assert found.name == wanted.name
        assert found.dims == wanted.dims
    np.testing.assert_allclose(numbers(found), numbers(wanted))
    step = 1e-6
    more, less = (function(A * (1 + h), b * (1 + h)) for h in (step, -step))
    np.testing.assert_allclose(numbers(slope), (numbers(more) - numbers(less)) / (2 * step), rtol=1e-5, atol=1e-7)
    gradient = dm.grad(lambda a, b: np.sum(function(a, b)))(A, b)
    assert gradient.dims == A.dims
    along = dm.jvp(lambda a: np.sum(function(a, b)), (A,), (A,))[1]
    np.testing.assert_allclose((gradient * A).sum().item(), np.asarray(along), rtol=1e-8, atol=1e-10)


def test_labels_that_are_lost_are_named_once_a_line():
    with pytest.warns(LabelWarning, match=r"numpy.where of labelled arrays .* a.where\(condition, b\)"):
        dm.grad(lambda a: np.where(a.data > 1.0, a, 0.0).sum())(A)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dm.grad(lambda a: np.vdot(a, a) + np.sum(a) + np.dot(a[0], a[0]))(A)  # no axes are left that had names
        dm.grad(lambda a: (np.zeros_like(a) + a).sum())(A)


def test_batches_go_by_position_too():
    with pytest.warns(LabelWarning):
        found = dm.vmap(lambda a, b: np.concatenate([a, b]))(A, A.assign_coords(y=[3, 2, 1]))
    np.testing.assert_array_equal(found, np.concatenate([A, A], axis=1))
