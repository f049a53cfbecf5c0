"""What unyt hands out as a view of a quantity is one of a traced quantity, too; what changes it in place does."""

import numpy as np
import pytest
import unyt as u

import dispatchml as dm
from dispatchml.dispatch.errors import DispatchmlError
from dispatchml.testing import check_writing

AT = np.array([1.0, 2.0, -3.0])
GRID = np.array([[1.0, 2.0, -3.0], [0.5, -1.5, 2.5]])


def make(x):
    return u.unyt_array(np.array(x), "m")


def numbers(q):
    return q.to_value("1/m")


def objective(q):
    m = q.to_value("m")
    return np.sum(m**3 * np.arange(1.0, m.size + 1).reshape(m.shape))


PROGRAMS = {
    "d": lambda q: q.d.__setitem__(0, 5.0),
    "ndview": lambda q: q.ndview.__setitem__(slice(1, None), q.d[:-1] * 2.0),
    "ndarray_view": lambda q: q.ndarray_view().__setitem__(0, 5.0),
    "view": lambda q: q.view(np.ndarray).__setitem__(0, 5.0),
    "v": lambda q: q.v.__setitem__(0, 5.0),
    "value": lambda q: q.value.__setitem__(0, 5.0),
    "to_ndarray": lambda q: q.to_ndarray().__setitem__(0, 5.0),
    "to_value": lambda q: q.to_value("m").__setitem__(0, 5.0),
    "to": lambda q: q.to("m").d.__setitem__(0, 5.0),
    "in_base": lambda q: q.in_base("mks").d.__setitem__(0, 5.0),
    "d of a slice": lambda q: q[1:].d.__setitem__(0, 5.0),
    "slice of d": lambda q: q.d[1:].__setitem__(0, q.d[0] ** 2),
    "copyto": lambda q: np.copyto(q.d[1:], 3.0),
    "add in place": lambda q: q.d.__iadd__(q.d**2),
    "an array of an array": lambda q: u.unyt_array(q).__setitem__(0, 5.0 * u.m),
    "an array of numbers": lambda q: u.unyt_array(q.d, "s").__setitem__(0, 5.0 * u.s),
    "fill": lambda q: q[1:].d.fill(2.0),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_with_plain_quantities(name):
    def program(q):
        PROGRAMS[name](q)
        return objective(q)

    check_writing(program, make, AT, numbers=numbers, batch=make)


@pytest.mark.parametrize(
    "write",
    [
        lambda q: q.T.d.__setitem__((0, 1), 5.0),
        lambda q: q.d.T.__setitem__((0, 1), q.d[0, 0] ** 2),
        lambda q: q[0].d.__setitem__(slice(1, None), 5.0),
        lambda q: q.T.reshape(-1).d.__setitem__(3, 5.0),
    ],
)
def test_views_of_views_of_a_matrix(write):
    def program(q):
        write(q)
        return objective(q)

    check_writing(program, make, GRID, numbers=numbers, batch=make)


def test_a_view_shows_what_is_written_to_its_owner():
    def program(q):
        whole, part, copy = q.d, q[1:].d, q.v
        q[1] = q[0] * 2.0
        part[1] = 7.0
        return np.sum(whole**2) + 2 * np.sum(part**2) + 3 * np.sum(copy**2)

    check_writing(program, make, AT, numbers=numbers, batch=make)


@pytest.mark.parametrize("way", ["convert_to_units", "convert_to_cgs", "convert_to_base"])
def test_methods_that_convert_in_place(way):
    def program(q):
        same, d = q, q.d
        getattr(q, way)(*["cm"] * (way == "convert_to_units"))
        assert same.units == (u.m if way == "convert_to_base" else u.cm)
        q.d[0] = 2.0 * q.d[1]
        return objective(same) + np.sum(d)

    check_writing(program, make, AT, numbers=numbers, batch=make)


def test_setting_units_keeps_the_numbers():
    def program(q):
        same, part = q, q[1:]
        q.units = u.cm
        part.units = u.s
        assert (same.units, part.units) == (u.cm, u.s)
        part[0] = 7.0 * u.s
        part.d[1] = part.d[0] * q.d[0]
        return np.sum(same.d**2) + np.sum(part.d**3)

    check_writing(program, make, AT, numbers=numbers, batch=make)


def test_operators_in_place_change_the_unit_for_everybody():
    def program(q):
        same = q
        q *= 2.0 * q
        assert same.units == u.m**2
        return np.sum(same.d**2)

    check_writing(program, make, AT, numbers=numbers, batch=make)


def test_converting_a_view_in_place_is_refused():
    with pytest.raises(DispatchmlError, match=r"convert_to_units.*test_writing.py.*[Cc]opy"):
        dm.grad(lambda q: (q[1:].convert_to_units("km"), objective(q))[1])(make(AT))
