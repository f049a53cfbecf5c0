"""What pint hands out as a view of a quantity is one of a traced quantity, too; what changes it in place does."""

import numpy as np
import pint
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import AttributeSetError, DispatchmlError, TracerConversionError
from dispatchml.testing import WritingError, check_writing

u = pint.UnitRegistry()
AT = np.array([1.0, 2.0, -3.0])
GRID = np.array([[1.0, 2.0, -3.0], [0.5, -1.5, 2.5]])


def make(x):
    return u.Quantity(x, "m")


def numbers(q):
    return getattr(q, "magnitude", q)


def objective(q):
    m = q.m_as("m")
    return np.sum(m**3 * np.arange(1.0, m.size + 1).reshape(m.shape))


PROGRAMS = {
    "magnitude": lambda q: q.magnitude.__setitem__(0, 5.0),
    "m": lambda q: q.m.__setitem__(slice(1, None), q.m[:-1] * 2.0),
    "m of a slice": lambda q: q[1:].m.__setitem__(0, 5.0),
    "slice of m": lambda q: q.m[1:].__setitem__(0, q.m[0] ** 2),
    "m of a slice of a slice, reversed": lambda q: q[::-1][:2].m[::-1].__setitem__(0, 5.0),
    "copyto": lambda q: np.copyto(q.magnitude[1:], 3.0),
    "fill": lambda q: q.m[1:].fill(3.0),
    "add in place": lambda q: q.m.__iadd__(q.m**2),
    "to the same unit": lambda q: q.to("m").m.__setitem__(0, 5.0),
    "to another unit": lambda q: q.to("km").m.__setitem__(0, 5.0),
    "m_as the same unit": lambda q: q.m_as("m").__setitem__(0, 5.0),
    "m_as another unit": lambda q: q.m_as("km").__setitem__(0, 5.0),
    "base units": lambda q: q.to_base_units().m.__setitem__(0, 5.0),
    "a quantity of the magnitude": lambda q: u.Quantity(q.m, "s").__setitem__(0, 5.0 * u.s),
    "a quantity of a quantity": lambda q: u.Quantity(q).__setitem__(0, 5.0 * u.m),
    "a product": lambda q: (q * 1.0).m.__setitem__(0, 5.0),
    "a sum": lambda q: (q + q).m.__setitem__(0, 5.0),
    "real": lambda q: q.real.m.__setitem__(0, 5.0),
    "mask": lambda q: q.m.__setitem__(q.m > 0, 0.5),
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
        lambda q: q.T.m.__setitem__((0, 1), 5.0),
        lambda q: q.m.T.__setitem__((0, 1), q.m[0, 0] ** 2),
        lambda q: q[0].m.__setitem__(slice(1, None), 5.0),
        lambda q: q.reshape(-1).m.__setitem__(3, 5.0),
        lambda q: q.T.reshape(-1).m.__setitem__(3, 5.0),
        lambda q: q[1].m.__setitem__(0, q.m.T[0, 0] * 2.0),
    ],
)
def test_views_of_views_of_a_matrix(write):
    def program(q):
        write(q)
        return objective(q)

    check_writing(program, make, GRID, numbers=numbers, batch=make)


def test_a_view_shows_what_is_written_to_its_owner():
    def program(q):
        whole, part, square = q.m, q[1:].m, q.m.reshape(-1, 1)
        q[1] = q[0] * 2.0
        part[1] = 7.0
        return np.sum(whole**2) + 2 * np.sum(part**2) + 3 * np.sum(square**2)

    check_writing(program, make, AT, numbers=numbers, batch=make)


def test_a_copy_of_a_view_is_none():
    def program(q):
        kept = q.m.copy()
        q[0] = 5.0 * u.m
        kept[1] = 7.0
        return np.sum(kept**2) + objective(q)

    check_writing(program, make, AT, numbers=numbers, batch=make)


def test_a_quantity_round_an_array_is_a_view_of_the_array():
    def program(x):
        q = u.Quantity(x, "m")
        q[0] = 2.0 * q[1]
        q.m[2] = 4.0
        x[1] = 3.0
        return np.sum(x**2) + objective(q)

    check_writing(program, np.array, AT, numbers=numbers, batch=np.array)


def test_offset_units():
    def program(q):
        q.m[0] = q.m[1] * 2.0
        return np.sum(q.m_as("kelvin") ** 2)

    value, slope = dm.value_and_grad(program)(u.Quantity(AT, "degC"))
    np.testing.assert_allclose(value, program(u.Quantity(np.array(AT), "degC")))
    np.testing.assert_allclose(slope.m, [0.0, 4 * (4.0 + 273.15) + 2 * (2.0 + 273.15), 2 * (273.15 - 3.0)])


@pytest.mark.parametrize("way", ["ito", "ito_base_units", "ito_root_units", "ito_reduced_units"])
def test_methods_that_convert_in_place(way):
    def program(q):
        same, m = q, q.m
        getattr(q, way)(*["km"] * (way == "ito"))
        assert same.units == q.units == (u.km if way == "ito" else u.m)
        q.m[0] = 2.0 * q.m[1]
        return objective(same) + np.sum(m)

    check_writing(program, lambda x: u.Quantity(x, "m"), AT, numbers=numbers, batch=make)


def test_operators_in_place_change_the_unit_for_everybody():
    def program(q):
        same = q
        q *= 2.0 * q
        assert same.units == u.m**2
        q /= 4.0 * u.m
        return objective(same)

    check_writing(program, make, AT, numbers=numbers, batch=make)


def test_converting_a_view_in_place_is_refused():
    with pytest.raises(DispatchmlError, match=r"ito.*test_writing.py.*[Cc]opy"):
        dm.grad(lambda q: (q[1:].ito("km"), objective(q))[1])(make(AT))


def test_setting_what_pint_does_not_set():
    with pytest.raises(AttributeSetError, match=r"x.magnitude of a traced pint.Quantity.*test_writing.py.*\[\.\.\.\]"):
        dm.grad(lambda q: (setattr(q, "magnitude", 1.0), objective(q))[1])(make(AT))
    with pytest.raises(AttributeSetError, match=r"x.units.*test_writing.py.*[Mm]ake a new value"):
        dm.grad(lambda q: (setattr(q, "units", "km"), objective(q))[1])(make(AT))


def test_a_quantity_is_no_magnitude():
    def program(q):
        q.m[0] = 5.0 * u.m
        return objective(q)

    with pytest.raises((pint.DimensionalityError, DispatchmlError, TypeError, ValueError)):
        dm.grad(program)(make(AT))


def test_an_owner_outside_of_the_batch_takes_no_batched_numbers():
    def program(q):
        def inner(v):
            q.m[0] = v
            return q.m[0]

        return np.sum(dm.vmap(inner)(np.array([1.0, 2.0])) * q.m[0])

    with pytest.raises(TracerConversionError, match="newer transform"):
        dm.grad(program)(make(AT))


def test_one_batched_operand():
    weights = np.array([2.0, 3.0])

    def program(q, w):
        q.m[0] = w
        return objective(q)

    values = dm.vmap(program, in_axes=(0, None))(make(np.stack([AT, AT])), 2.0)
    np.testing.assert_allclose(values, objective(make(np.array([2.0, *AT[1:]]))))
    plain = make(np.array(AT))

    def shared(w):
        q = plain * 1.0 * (w / w)
        q.m[0] = w
        return objective(q)

    np.testing.assert_allclose(dm.vmap(shared)(weights), [objective(make(np.array([w, *AT[1:]]))) for w in weights])


def test_inner_transforms_see_their_own_writes():
    def program(q):
        def inner(v):
            w = q * v
            w.m[0] = v**2
            return objective(w)

        q.m[1] = 4.0
        return dm.grad(inner)(1.5) + dm.jvp(inner, (1.5,), (1.0,))[1]

    def plain(x):
        x = np.array([x[0], 4.0, x[2]])
        return 2 * (6 * 1.5**5 + 3 * 1.5**2 * (2 * x[1] ** 3 + 3 * x[2] ** 3))

    value, slope = dm.value_and_grad(program)(make(np.array(AT)))
    np.testing.assert_allclose(value, plain(AT))
    np.testing.assert_allclose(slope.m, [0.0, 0.0, 2 * 3 * 1.5**2 * 9 * AT[2] ** 2])


def test_the_check_notices_a_write_that_is_lost(monkeypatch):
    import dispatchml.engines.views as views

    monkeypatch.setattr(views, "put_back", lambda x, new: None)
    with pytest.raises(WritingError, match="the value under grad"):
        test_as_with_plain_quantities("magnitude")
