"""Labelled arrays: each axis of a result that belongs to the argument's axis has its coordinates."""

import numpy as np

import dispatchml as dm
from dispatchml.testing.composition import Probe, Subject
from dispatchml.testing.composition.programs import B, C

LIBRARIES = ("xarray",)

PLACES = np.array([10, 20, 30])
MATRIX = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 2.0, 5.0]])


class InAnyOrder(list):
    """The labels of a matrix inside, whose gradient has as many numbers as are stored, in one axis."""

    def __eq__(self, other):
        return {tuple(v or ()) for v in self} == {tuple(v or ()) for v in other}


def subjects():
    import xarray as xr

    def held(inside):
        """What xarray would fill with nan is carried."""
        if isinstance(inside, np.ma.MaskedArray):
            from dispatchml.dispatch import carrier

            return carrier(np.ma.MaskedArray)(inside.data, mask=inside.mask, fill_value=None, hardmask=False)
        return inside if hasattr(inside, "ndim") else np.asarray(inside)

    def make(inside):
        inside = held(inside)
        first = "row" if inside.shape == (3, 3) else "batch"
        dims = (first, "x")[2 - inside.ndim :]
        return xr.DataArray(inside, dims=dims, coords={n: PLACES for n in dims if n != "batch"})

    def make_variable(inside):
        inside = held(inside)
        return xr.Variable(("batch", "x")[2 - inside.ndim :], inside)

    def constant(array, axes):
        dims = tuple(f"new{k}" if axis is None else "x" for k, axis in enumerate(axes))
        return xr.DataArray(array, dims=dims, coords={"x": PLACES} if "x" in dims else {})

    def constant_variable(array, axes):
        return xr.Variable(tuple(f"new{k}" if axis is None else "x" for k, axis in enumerate(axes)), array)

    def labels(d):
        found = [d.coords[n].values.tolist() if n in d.coords else None for n in d.dims]
        return {"labels": InAnyOrder(found) if "row" in d.dims else found}

    def expected(e):
        if e.program == "indexing" and len(e.axes) == 1 and e.axes[0] is None:  # a row of a matrix
            return {"labels": [PLACES.tolist()]}
        if any(axis is not None and axis.size > PLACES.size for axis in e.axes):  # the numbers of a matrix inside
            return {"labels": [PLACES.tolist()]}
        return {"labels": [None if axis is None else PLACES[axis].tolist() for axis in e.axes]}

    def matmul(x, given):
        if x.ndim == 2:  # a matrix inside
            b, c = (xr.DataArray(v, dims=n, coords={n: PLACES}) for v, n in ((B, "row"), (C, "x")))
            once = x.dot(c)
            return b.dot(x.dot(once.rename(row="x"))) + b.dot(once) * given.one
        form = given.constant(MATRIX, (None, 0))
        return xr.dot(x, xr.dot(form, x).rename(new0="x").assign_coords(x=PLACES))

    def solve(x, given):
        right = x * x  # whose labels the solution gets
        return np.linalg.solve(given.constant(MATRIX, (0, None)), right if right.ndim == 2 else right.drop_vars("x"))

    def recognised(x, given):
        assert dm.isinstance(x, xr.DataArray), "dm.isinstance does not see the array"
        assert x.dims == ("x",), x.dims
        assert x.coords["x"].values.tolist() == PLACES.tolist()
        return x * x

    whole = (np.arange(3),)
    return [
        Subject(
            name="DataArray",
            slot="meaning",
            family="labels",
            rank=2,
            cls=xr.DataArray,
            make=make,
            constant=constant,
            metadata=labels,
            expect=expected,
            payload=lambda d: d.data,
            programs={"matmul": matmul, "solve": solve},
            probes=[
                Probe(
                    ".sel", lambda x, given: x.sel(x=[30, 10]) * 2, lambda n: 2 * n[[2, 0]], axes=(np.array([2, 0]),)
                ),
                Probe(".mean(dim)", lambda x, given: x.mean("x"), lambda n: np.mean(n)),
                Probe(".where", lambda x, given: x.where(x > 1, 0.0), lambda n: np.where(n > 1, n, 0.0), axes=whole),
                Probe(".dot", lambda x, given: x.dot(x), lambda n: np.sum(n * n), 2),
                Probe(".groupby", lambda x, given: x.groupby("x").sum() * 3, lambda n: 3 * n, axes=whole),
                Probe(".diff", lambda x, given: x.diff("x"), lambda n: n[1:] - n[:-1], axes=(np.array([1, 2]),)),
                Probe(".data", lambda x, given: np.sum(x.data**2), lambda n: np.sum(n * n), 2, plain=True),
                Probe("isinstance", recognised, lambda n: n * n, 2, axes=whole),
            ],
        ),
        Subject(
            name="Variable",
            slot="meaning",
            family="labels",
            rank=2,
            cls=xr.Variable,
            make=make_variable,
            constant=constant_variable,
            metadata=lambda d: {"dims": len(d.dims) == len(set(d.dims)) == d.ndim},
            expect=lambda e: {"dims": True},
            payload=lambda d: d.data,
            programs={
                "matmul": lambda x, given: xr.dot(
                    x, xr.Variable(("x",), xr.dot(given.constant(MATRIX, (None, 0)), x).data)
                ),
                "solve": lambda x, given: np.linalg.solve(given.constant(MATRIX, (0, None)), x * x),
            },
            pairs=False,
            probes=[
                Probe(".isel", lambda x, given: x.isel(x=[2, 0]) * 2, lambda n: 2 * n[[2, 0]]),
                Probe(".mean(dim)", lambda x, given: x.mean("x"), lambda n: np.mean(n)),
            ],
        ),
    ]
