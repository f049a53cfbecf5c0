"""What astropy hands out as a view of a quantity is one of a traced quantity, too; what changes it in place does."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import Angle

import dispatchml as dm
from dispatchml.dispatch.errors import AttributeSetError, DispatchmlError
from dispatchml.testing import check_writing

AT = np.array([1.0, 2.0, -3.0])
GRID = np.array([[1.0, 2.0, -3.0], [0.5, -1.5, 2.5]])


def make(x):
    return np.array(x) * u.m


def numbers(q):
    return getattr(q, "value", q)


def objective(q):
    m = q.to_value(u.m)
    return np.sum(m**3 * np.arange(1.0, m.size + 1).reshape(m.shape))


PROGRAMS = {
    "value": lambda q: q.value.__setitem__(0, 5.0),
    "value of itself": lambda q: q.value.__setitem__(slice(1, None), q.value[:-1] * 2.0),
    "value of a slice": lambda q: q[1:].value.__setitem__(0, 5.0),
    "slice of value": lambda q: q.value[1:].__setitem__(0, q.value[0] ** 2),
    "view": lambda q: q.view(np.ndarray).__setitem__(0, 5.0),
    "view of a slice": lambda q: q[1:].view(np.ndarray)[::-1].__setitem__(0, 5.0),
    "view as itself": lambda q: q.view().__setitem__(0, 5.0 * u.m),
    "copyto": lambda q: np.copyto(q.value[1:], 3.0),
    "add in place": lambda q: q.value.__iadd__(q.value**2),
    "to_value": lambda q: q.to_value().__setitem__(0, 5.0),
    "to_value in the same unit": lambda q: q.to_value(u.m).__setitem__(0, 5.0),
    "to_value in another unit": lambda q: q.to_value(u.km).__setitem__(0, 5.0),
    "to": lambda q: q.to(u.m).value.__setitem__(0, 5.0),
    "to without a copy": lambda q: q.to(u.m, copy=False).value.__setitem__(0, 5.0),
    "si": lambda q: q.si.value.__setitem__(0, 5.0),
    "shifted": lambda q: (q << u.m).value.__setitem__(0, 5.0),
    "shifted to another unit": lambda q: (q << u.km).value.__setitem__(0, 5.0),
    "a quantity of the value": lambda q: u.Quantity(q.value, u.s).__setitem__(0, 5.0 * u.s),
    "a quantity of the value without a copy": lambda q: u.Quantity(q.value, u.s, copy=False).__setitem__(0, 5.0 * u.s),
    "a quantity of a quantity": lambda q: u.Quantity(q).__setitem__(0, 5.0 * u.m),
    "a quantity of a quantity without a copy": lambda q: u.Quantity(q, copy=False).__setitem__(0, 5.0 * u.m),
    "fill": lambda q: q[1:].value.fill(2.0),
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
        lambda q: q.T.value.__setitem__((0, 1), 5.0),
        lambda q: q.value.T.__setitem__((0, 1), q.value[0, 0] ** 2),
        lambda q: q[0].value.__setitem__(slice(1, None), 5.0),
        lambda q: q.reshape(-1).value.__setitem__(3, 5.0),
        lambda q: q.T.reshape(-1).value.__setitem__(3, 5.0),
    ],
)
def test_views_of_views_of_a_matrix(write):
    def program(q):
        write(q)
        return objective(q)

    check_writing(program, make, GRID, numbers=numbers, batch=make)


def test_a_view_shows_what_is_written_to_its_owner():
    def program(q):
        whole, part, square = q.value, q[1:].view(np.ndarray), q.value.reshape(-1, 1)
        q[1] = q[0] * 2.0
        part[1] = 7.0
        return np.sum(whole**2) + 2 * np.sum(part**2) + 3 * np.sum(square**2)

    check_writing(program, make, AT, numbers=numbers, batch=make)


def test_the_class_of_an_angle_stays():
    def program(a):
        a.value[0] = a.value[1]
        seen.append(type(dm.primal(a)))
        return np.sum(a.degree**2)

    seen = []
    check_writing(
        program, lambda x: Angle(np.array(x), u.deg), AT, numbers=numbers, batch=lambda x: Angle(np.array(x), u.deg)
    )
    assert set(seen) == {Angle}


def test_shifting_in_place_changes_the_unit_for_everybody():
    def program(q):
        same, value = q, q.value
        q <<= u.km
        assert same.unit == u.km
        same.value[1] = 0.5 * q.value[0]
        return np.sum((same.value * 1000.0) ** 2) + np.sum((1000.0 * value) ** 2)

    check_writing(program, make, AT, numbers=numbers, batch=make)


def test_operators_in_place_change_the_unit_for_everybody():
    def program(q):
        same = q
        q *= 2.0 * q
        assert same.unit == u.m**2
        q /= 4.0 * u.m
        return objective(same)

    check_writing(program, make, AT, numbers=numbers, batch=make)


def test_setting_what_astropy_does_not_set():
    with pytest.raises(AttributeSetError, match=r"x.value of a traced .*Quantity.*test_writing.py.*\[\.\.\.\]"):
        dm.grad(lambda q: (setattr(q, "value", 1.0), objective(q))[1])(make(AT))
    with pytest.raises(AttributeSetError, match=r"x.unit of.*test_writing.py.*Make a new value"):
        dm.grad(lambda q: (setattr(q, "unit", u.km), objective(q))[1])(make(AT))


def test_converting_a_view_in_place_is_refused():
    def program(q):
        part = q[1:]
        part <<= u.km
        return objective(q)

    with pytest.raises(DispatchmlError, match=r"<<=.*test_writing.py.*[Cc]opy"):
        dm.grad(program)(make(AT))
