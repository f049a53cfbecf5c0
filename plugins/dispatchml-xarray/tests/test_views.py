"""What xarray hands out as a view is one of a traced labelled array, too; what it sets in place is set."""

import numpy as np
import pytest
import xarray as xr

import dispatchml as dm
from dispatchml.dispatch.errors import AttributeSetError, DispatchmlError
from dispatchml.testing import check_writing

from dispatchml_xarray.labels import LabelError  # isort: skip  (dispatchml first)

AT = np.array([[1.0, 2.0, -3.0], [0.5, -1.5, 2.5]])
COORDS = {"x": [10, 20, 30], "c": ("x", [1.0, 2.0, 3.0])}


def make(x):
    return xr.DataArray(np.array(x), dims=("t", "x"), coords=COORDS, attrs={"units": "m"}, name="n")


def batch(x):
    return xr.DataArray(np.array(x), dims=("b", "t", "x"), coords=COORDS, attrs={"units": "m"}, name="n")


def numbers(g):
    return g.values


def objective(x):
    data = x.data if x.dims == ("t", "x") else x.data.T
    return np.sum(data**3 * np.arange(1.0, 7.0).reshape(2, 3))


def give_and_write(x, new):
    x.data = new
    x.data[1] = 5.0
    x.data[0] = new[1] * new[0]  # new has what was written to x
    x.data = x.data * 1.0
    new[0] = 50.0


PROGRAMS = {
    "values": lambda x: x.values.__setitem__((0, 1), 5.0),
    "data": lambda x: x.data.__setitem__((1, slice(None)), x.data[0] * 2.0),
    "data of a slice": lambda x: x[1].data.__setitem__(0, 5.0),
    "data.T": lambda x: x.data.T.__setitem__((0, 1), x.data[0, 0] ** 2),
    "T.data": lambda x: x.T.data.__setitem__((0, 1), 5.0),
    "variable": lambda x: x.variable.__setitem__((0, 1), 5.0),
    "variable.data": lambda x: x.variable.data.__setitem__((0, 1), 5.0),
    "isel": lambda x: x.isel(x=slice(1, None)).data.__setitem__((0, 0), 5.0),
    "isel by position": lambda x: x.isel(x=[0, 1]).data.__setitem__((0, 0), 5.0),
    "sel": lambda x: x.sel(x=slice(20, 30)).__setitem__({"x": 0}, 5.0),
    "a dict": lambda x: x[{"x": slice(1)}].__setitem__(Ellipsis, 5.0),
    "rename": lambda x: x.rename(x="z").data.__setitem__((0, 1), 5.0),
    "shallow copy": lambda x: x.copy(deep=False).data.__setitem__((0, 1), 5.0),
    "copy": lambda x: x.copy().data.__setitem__((0, 1), 5.0),
    "assign_coords": lambda x: x.assign_coords(k=1).data.__setitem__((0, 1), 5.0),
    "transpose twice": lambda x: x.transpose("x", "t").transpose("t", "x").data.__setitem__((0, 1), 5.0),
    "copyto": lambda x: np.copyto(x.data[1:], 3.0),
    "add in place": lambda x: x.data.__iadd__(x.data**2),
    "values =": lambda x: setattr(x, "values", x.values * 2.0),
    "data =": lambda x: setattr(x, "data", AT * 2.0),
    "data += ": lambda x: setattr(x, "data", x.data.__iadd__(1.0)),
    "data = of a view": lambda x: setattr(x[0], "data", x.data[1] * 2.0),
    "a DataArray round numbers": lambda x: xr.DataArray(x.data, dims=("a", "b")).data.__setitem__((0, 1), 5.0),
    "name": lambda x: setattr(x, "name", "other"),
    "data of before": lambda x: (lambda old: (setattr(x, "data", old * 2.0), old.__setitem__((0, 1), 100.0)))(x.data),
    "a view of before": lambda x: (lambda old: (setattr(x, "data", x.data * 2.0), old.data.__setitem__(0, 9.0)))(x[1]),
    "data that is given": lambda x: (lambda new: (setattr(x, "data", new), new.__setitem__((0, 1), 7.0)))(x.data * 2.0),
    "data that is taken": lambda x: give_and_write(x, x.data * 2.0),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_with_plain_arrays(name):
    def program(x):
        PROGRAMS[name](x)
        return objective(x)

    check_writing(program, make, AT, numbers=numbers, batch=batch)


def test_views_show_what_is_written_to_their_owner():
    def program(x):
        data, part, turned = x.data, x.sel(x=slice(20, 30)).data, x.T
        x[{"t": 0, "x": 1}] = x.data[0, 0] * 2.0
        x.data[1, 2] = 7.0
        return np.sum(data**2) + 2.0 * np.sum(part**3) + 3.0 * objective(turned)

    check_writing(program, make, AT, numbers=numbers, batch=batch)


def labels(x):
    return x.name, dict(x.attrs), list(x.coords), x.c.values.tolist(), x.x.values.tolist()


LABELS = {
    "name": lambda x: setattr(x, "name", "q"),
    "attrs": lambda x: x.attrs.__setitem__("a", 1),
    "attrs.update": lambda x: x.attrs.update(a=1, units="km"),
    "attrs.pop": lambda x: x.attrs.pop("units"),
    "attrs =": lambda x: setattr(x, "attrs", {"b": 2}),
    "coords[new]": lambda x: x.coords.__setitem__("k", ("t", [1, 2])),
    "coords[old]": lambda x: x.coords.__setitem__("x", [1, 2, 3]),
    "coords.update": lambda x: x.coords.update({"k": ("t", [1, 2])}),
    "x[new]": lambda x: x.__setitem__("k", 5.0),
    "numbers of a coordinate": lambda x: x.coords["c"].data.__setitem__(0, 7.0),
    "elements of a coordinate": lambda x: x.c.__setitem__(0, 7.0),
    "of a view": lambda x: setattr(x[0], "name", "q"),
    "attrs of a variable": lambda x: x.variable.attrs.update(a=1, units="km"),
    "attrs = of a variable": lambda x: setattr(x.variable, "attrs", {"b": 2}),
    "attrs of a view": lambda x: x.T.attrs.update(a=1),
    "coords of a view": lambda x: x[0].coords.__setitem__("k", 1),
}


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("transform", ["grad", "jvp", "vmap"])
def test_labels_are_changed_as_xarray_changes_them(name, transform):
    def program(x):
        y = x.copy()
        same = y
        LABELS[name](y)
        seen.append((labels(same), labels(y)))
        y.data[0, 0] = 3.0
        return objective(same)

    seen = []
    program(make(AT).copy(deep=True))
    if transform == "vmap":
        dm.vmap(program)(xr.concat([make(AT), make(AT)], dim="b").copy(deep=True))
    elif transform == "grad":
        dm.grad(program)(make(AT).copy(deep=True))
    else:
        dm.jvp(program, (make(AT).copy(deep=True),), (make(AT).copy(deep=True),))
    assert all(found == seen[0] for found in seen)
    assert len(seen) > 1


def test_a_view_keeps_labels_of_its_own():
    def program(x):
        part = x[0]
        part.name, part.attrs["a"] = "part", 1
        part.coords["k"] = 3
        part.data[0] = 5.0
        x.data[0, 1] = x.data[1, 1]
        assert (part.name, part.attrs["a"], int(part.k)) == ("part", 1, 3)
        assert x.name == "n"
        return objective(x) + np.sum(part.data**2)

    check_writing(program, make, AT, numbers=numbers, batch=batch)


def test_what_xarray_refuses():
    for write, error, text in (
        (lambda x: setattr(x, "dims", ("a", "b")), AttributeError, "rename"),
        (lambda x: setattr(x, "coords", 3), AttributeSetError, "x.coords of a traced .*test_views.py"),
        (lambda x: setattr(x, "data", np.ones(3)), DispatchmlError, r"x.data = v.*\(2, 3\).*\(3,\).*test_views.py"),
        (lambda x: x.x.__setitem__(0, 5), TypeError, "IndexVariable"),
        (lambda x: x.encoding.update(a=1), LabelError, "encoding.*test_views.py"),
        (lambda x: x.coords.__setitem__("k", ("x", x.data[0])), LabelError, "traced value.*test_views.py"),
    ):
        with pytest.raises(error, match=text):
            dm.grad(lambda x: (write(x), objective(x))[1])(make(AT))  # noqa: B023


def test_a_variable():
    def program(x):
        x.dims = ("a", "b")
        x.data[0, 1] = 5.0
        x.attrs["a"] = 1
        return np.sum(x.data**3)

    check_writing(program, lambda x: xr.Variable(("t", "x"), np.array(x)), AT, numbers=numbers)
