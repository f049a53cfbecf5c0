"""Views through several layers: a DataArray of a quantity of a masked array, a quantity of a sparse array."""

import astropy.units as au
import numpy as np
import pint
import pytest
import scipy.sparse as sp
import unyt
import xarray as xr

import dispatchml as dm
from dispatchml.dispatch import is_layer
from dispatchml.dispatch.errors import DispatchmlError, LeakedTracerError, TracerConversionError
from dispatchml.testing import check_writing

U = pint.UnitRegistry()
AT = np.array([1.0, 2.0, -3.0])
HIDDEN = np.array([False, True, False])


def masked(x):
    return np.ma.array(np.array(x), mask=np.array(np.broadcast_to(HIDDEN, np.shape(x))))


def in_metres(x):
    return U.Quantity(np.array(x), "m")


def masked_in_metres(x):
    return U.Quantity(masked(x), "m")


def labelled(inside):
    dims = ("x",) if len(inside.shape) == 1 else ("b", "x")
    return xr.DataArray(inside, dims=dims, coords={"x": [1, 2, 3]})


def sparse_in_metres(x):
    return U.Quantity(sp.csr_array((np.array(x), [0, 1, 2], [0, 1, 3]), shape=(2, 3)), "m")


for each in (masked(AT), in_metres(AT), labelled(AT), sparse_in_metres(AT).m, AT * au.m, unyt.unyt_array(AT, "m")):
    is_layer(each)  # plugins are loaded by the question, so that plain values have their layers, too


def bare(x):
    """The floats of a value below all layers."""
    x = getattr(x, "_payload", x)
    for name in ("values" if isinstance(x, xr.DataArray) and type(x.data) is np.ndarray else "data", "magnitude"):
        if isinstance(x, xr.DataArray) or isinstance(x, pint.Quantity):
            x = getattr(x, name if not isinstance(x, pint.Quantity) else "magnitude")
            x = getattr(x, "_payload", x) if not isinstance(x, pint.Quantity) else x
    if isinstance(x, pint.Quantity):
        x = getattr(x.magnitude, "_payload", x.magnitude)
    return x.data if sp.issparse(x) else np.ma.filled(x, 0.0)


def cubes(m):
    return np.sum(m**3 * np.array([1.0, 2.0, 3.0]))


CASES = {
    "numbers of a masked quantity": (masked_in_metres, lambda q: q.m.data.__setitem__(0, 5.0), lambda q: q.m),
    "its mask": (masked_in_metres, lambda q: q.m.mask.__setitem__(0, True), lambda q: q.m),
    "its mask as a whole": (masked_in_metres, lambda q: setattr(q.m, "mask", [True, True, False]), lambda q: q.m),
    "a slice of it": (masked_in_metres, lambda q: q[1:].m.data.__setitem__(1, q.m.data[0] * 2.0), lambda q: q.m),
    "a quantity of a DataArray": (
        lambda x: labelled(in_metres(x)), lambda d: d.data.m.__setitem__(0, d.data.m[2] ** 2), lambda d: d.data.m
    ),
    "a slice of a DataArray": (
        lambda x: labelled(in_metres(x)), lambda d: d[1:].data.m[::-1].__setitem__(0, 5.0), lambda d: d.data.m
    ),
    "a selection": (
        lambda x: labelled(in_metres(x)), lambda d: d.sel(x=slice(2, 3)).data.m.__setitem__(0, 5.0), lambda d: d.data.m
    ),
    "another unit": (
        lambda x: labelled(in_metres(x)), lambda d: d.data.to("km").m.__setitem__(0, 5.0), lambda d: d.data.m
    ),
    "three layers": (
        lambda x: labelled(masked_in_metres(x)), lambda d: d.data.m.data.__setitem__(0, 5.0), lambda d: d.data.m
    ),
    "a slice of three layers": (
        lambda x: labelled(masked_in_metres(x)),
        lambda d: d.isel(x=slice(1, 3)).data.m.data.__setitem__(1, d.data.m.data[0] * 2.0),
        lambda d: d.data.m,
    ),
    "a mask below two layers": (
        lambda x: labelled(masked_in_metres(x)), lambda d: d.data.m.mask.__setitem__(0, True), lambda d: d.data.m
    ),
    "what a sparse array in metres stores": (
        sparse_in_metres, lambda q: q.m.data.__setitem__(0, q.m.data[2] ** 2), lambda q: q.m.data
    ),
    "a part of that": (sparse_in_metres, lambda q: q.m.data[1:].__setitem__(0, 5.0), lambda q: q.m.data),
    "its transpose": (sparse_in_metres, lambda q: q.m.T.data.__setitem__(0, 5.0), lambda q: q.m.data),
    "all of it": (sparse_in_metres, lambda q: q.m.data.__imul__(3.0), lambda q: q.m.data),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_as_with_plain_values(name):
    make, write, read = CASES[name]

    def program(x):
        write(x)
        return cubes(read(x))

    check_writing(program, make, AT, numbers=bare, batch=None if make is sparse_in_metres else make)


def test_layers_that_are_put_round_an_array_are_views_of_it():
    def program(x):
        d = xr.DataArray(U.Quantity(x, "m"), dims="x")
        d.data.m[0] = 2.0 * x[1]
        x[2] = d.data.m[0] ** 2
        d[1:].data.m[0] = 3.0
        return cubes(d.data.m) + np.sum(x**2)

    check_writing(program, np.array, AT, numbers=lambda g: getattr(g, "magnitude", g), batch=None)


def test_layers_that_are_put_round_a_masked_array():
    def program(x):
        q = U.Quantity(np.ma.array(x, mask=HIDDEN), "m")
        q[0] = q[2] * 2.0
        q.m.data[2] = 1.0
        return np.sum(q.m**2) + np.sum(x**3)

    check_writing(program, np.array, AT, numbers=lambda g: np.ma.filled(getattr(g, "magnitude", g), 0.0))


def test_views_across_levels():
    def program(d):
        def inner(v):
            w = d * v
            view = w.data.m
            w[1:].data.m[0] = v
            w.data.m[0] = view[1] * 2.0
            return np.sum(view**2)

        outer = d.data.m
        d.data.m[1] = outer[2]
        return float_of(dm.vmap(inner)(np.array([1.0, 2.0])).sum()) + float_of(dm.grad(inner)(2.0))

    def float_of(x):
        return getattr(x, "magnitude", x)

    def plain(x):
        def inner(v):
            return (2 * v) ** 2 + v**2 + (x[2] * v) ** 2

        return inner(1.0) + inner(2.0) + (10.0 + 2 * x[2] ** 2) * 2.0

    value, slope = dm.value_and_grad(program)(labelled(in_metres(AT)))
    np.testing.assert_allclose(value, plain(AT))
    np.testing.assert_allclose(bare(slope), [0.0, 0.0, 18.0 * AT[2]])


def test_an_inner_value_in_an_outer_view_is_refused():
    def program(d):
        def inner(v):
            d.data.m[0] = v
            return np.sum(d.data.m) * v

        return dm.grad(inner)(2.0) + np.sum(d.data.m)

    for f in (program, lambda d: np.sum(dm.vmap(lambda v: (d.data.m.__setitem__(0, v), v)[1])(AT)) + np.sum(d.data.m)):
        with pytest.raises((TracerConversionError, LeakedTracerError, DispatchmlError), match="test_views.py"):
            dm.grad(f)(labelled(in_metres(AT)))


@pytest.mark.parametrize(
    ("make", "read"),
    [
        (in_metres, lambda q: q.m),
        (lambda x: np.array(x) * au.m, lambda q: q.value),
        (lambda x: unyt.unyt_array(np.array(x), "m"), lambda q: q.d),
        (lambda x: labelled(np.array(x)), lambda d: d.data),
        (masked, lambda a: a.data),
    ],
)
def test_one_batched_operand(make, read):
    """The value is in the batch or the array is, or both; every element has its own numbers in the end."""

    def program(x, w):
        y = x * 1.0
        read(y)[0] = w
        return np.sum(read(y) ** 2)

    numbers, rows = np.array([2.0, 5.0]), np.stack([AT, AT + 1.0])
    both = dm.vmap(program)(make(rows), numbers)
    array = dm.vmap(program, in_axes=(0, None))(make(rows), 2.0)
    np.testing.assert_allclose(both, [program(make(r), w) for r, w in zip(rows, numbers, strict=True)])
    np.testing.assert_allclose(array, [program(make(r), 2.0) for r in rows])
    with pytest.raises((TracerConversionError, DispatchmlError, TypeError), match="test_views.py"):
        dm.vmap(program, in_axes=(None, 0))(make(AT), numbers)
    broadcast = dm.vmap(lambda x, w: program(x * (w / w), w), in_axes=(None, 0))(make(AT), numbers)
    np.testing.assert_allclose(broadcast, [program(make(AT), w) for w in numbers])
