"""What numpy.ma hands out as a view (data, masks) is one of a traced masked array, too; what it sets is set."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import AttributeSetError
from dispatchml.testing import check_writing

from dispatchml_masked.parts import MaskError  # isort: skip  (dispatchml first)

AT = np.array([1.0, 2.0, -3.0, 0.5])
HIDDEN = np.array([False, True, False, False])


def make(x):
    return np.ma.array(np.array(x), mask=np.array(np.broadcast_to(HIDDEN, np.shape(x))), fill_value=3.0)


def bare(x):
    return np.ma.array(np.array(x), fill_value=3.0)


def numbers(g):
    return np.ma.filled(g, 0.0)


def objective(x):
    return np.ma.filled((x**3 * np.arange(1.0, x.size + 1).reshape(x.shape)).sum(), 0.0)


PROGRAMS = {
    "data": lambda x: x.data.__setitem__(0, 5.0),
    "data of itself": lambda x: x.data.__setitem__(slice(2, None), x.data[:1] * 2.0),
    "data of a slice": lambda x: x[2:].data.__setitem__(0, 5.0),
    "slice of data": lambda x: x.data[2:].__setitem__(0, x.data[0] ** 2),
    "data below the mask": lambda x: x.data.__setitem__(1, 5.0),
    "_data": lambda x: x._data.__setitem__(0, 5.0),
    "getdata": lambda x: np.ma.getdata(x).__setitem__(0, 5.0),
    "view": lambda x: x.view(np.ndarray).__setitem__(0, 5.0),
    "view of a view": lambda x: x[::-1].view(np.ndarray)[::-1].__setitem__(0, 5.0),
    "view as itself": lambda x: x.view().__setitem__(0, 5.0),
    "copyto": lambda x: np.copyto(x.data[2:], 3.0),
    "add in place": lambda x: x.data.__iadd__(x.data**2),
    "filled": lambda x: x.filled(0.0).__setitem__(0, 5.0),
    "compressed": lambda x: x.compressed().__setitem__(0, 5.0),
    "copy": lambda x: x.copy().data.__setitem__(0, 5.0),
    "real": lambda x: x.real.data.__setitem__(0, 5.0),
    "mask": lambda x: x.mask.__setitem__(0, True),
    "mask of a slice": lambda x: x[:2].mask.__setitem__(0, True),
    "slice of a mask": lambda x: x.mask[2:].__setitem__(0, True),
    "mask by a mask": lambda x: x.mask.__setitem__(np.array([True, True, False, False]), True),
    "mask reshaped": lambda x: x.mask.reshape(2, 2).T.__setitem__((0, 1), True),
    "mask |=": lambda x: x.mask.__ior__(np.array([True, False, False, False])),
    "copyto a mask": lambda x: np.copyto(x.mask, [True, True, False, False]),
    "fill of a mask": lambda x: x.mask[2:].fill(True),
    "getmask": lambda x: np.ma.getmask(x).__setitem__(0, True),
    "getmaskarray": lambda x: np.ma.getmaskarray(x).__setitem__(0, True),
    "x.mask =": lambda x: setattr(x, "mask", [True, True, False, False]),
    "x.mask = True": lambda x: setattr(x, "mask", True),
    "x[:2].mask =": lambda x: setattr(x[:2], "mask", True),
    "x.mask |=": lambda x: setattr(x, "mask", x.mask | np.array([True, False, False, False])),
    "an element of a slice": lambda x: x[:2].__setitem__(0, np.ma.masked),
    "a slice of a slice": lambda x: x[1:][1:].__setitem__(slice(None), np.ma.array([7.0, 8.0], mask=[0, 1])),
    "reversed": lambda x: x[::-1].__imul__(np.ma.array([2.0, 3.0, 4.0, 5.0], mask=[1, 0, 0, 0])),
    "x.fill_value =": lambda x: setattr(x, "fill_value", 7.0),
    "np.ma.set_fill_value": lambda x: np.ma.set_fill_value(x, 7.0),
    "hard": lambda x: (x.harden_mask(), x.__setitem__(1, 5.0), setattr(x, "mask", False)),
    "hard and soft": lambda x: x.harden_mask().soften_mask().__setitem__(1, 5.0),
    "shrink": lambda x: x.shrink_mask().data.__setitem__(0, 5.0),
    "array of an array": lambda x: np.ma.array(x).__setitem__(slice(2), 5.0),
    "array of data": lambda x: np.ma.array(x.data).__setitem__(0, 5.0),
    "array with a mask": lambda x: np.ma.array(x, mask=[1, 0, 0, 0]).__setitem__(slice(None), 5.0),
    "asarray": lambda x: np.ma.asarray(x).__setitem__(0, np.ma.masked),
    "masked_where without a copy": lambda x: np.ma.masked_where([1, 0, 0, 0], x, copy=False).__setitem__(2, 8.0),
    "masked_where": lambda x: np.ma.masked_where([1, 0, 0, 0], x).__setitem__(2, 8.0),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("of", [make, bare])
def test_as_with_plain_arrays(name, of):
    function = PROGRAMS[name]
    try:
        function(of(AT))
    except (TypeError, ValueError, IndexError, AttributeError):
        with pytest.raises(Exception, match=".+"):
            dm.grad(lambda x: (function(x), objective(x))[1])(of(AT))
        return

    def program(x):
        function(x)
        return objective(x) + np.ma.filled(x, 0.25)[0] + x.filled()[2]

    check_writing(program, of, AT, numbers=numbers, batch=None if name == "compressed" else of)


GRID = np.array([[1.0, 2.0, -3.0], [0.5, -1.5, 2.5]])


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.T.data.__setitem__((0, 1), 5.0),
        lambda x: x.data.T.__setitem__((0, 1), x.data[0, 0] ** 2),
        lambda x: x[0].data.__setitem__(slice(1, None), 5.0),
        lambda x: x.T.mask.__setitem__((0, 1), True),
        lambda x: x.mask.T.__setitem__((0, 1), True),
        lambda x: x[1].mask.__setitem__(slice(1, None), True),
        lambda x: setattr(x[1], "mask", True),
        lambda x: x.reshape(-1).mask.__setitem__(3, True),
    ],
)
def test_views_of_views_of_a_matrix(write):
    def program(x):
        write(x)
        return objective(x)

    def matrix(x):
        return np.ma.array(np.array(x), mask=np.array(np.broadcast_to([[0, 1, 0], [0, 0, 0]], np.shape(x))))

    check_writing(program, matrix, GRID, numbers=numbers, batch=matrix)


def test_views_show_what_is_written_to_their_owner():
    def program(x):
        data, part, hidden, some = x.data, x[2:].data, x.mask, x.mask[2:]
        x[2] = x[0] * 2.0
        x[3] = np.ma.masked
        x[1] = 2.0
        assert type(hidden) is not np.ndarray or hidden.tolist() == [False, False, False, True]
        assert type(some) is not np.ndarray or some.tolist() == [False, True]
        return data[0] ** 2 + 3.0 * part[0] ** 2 + objective(x)

    check_writing(program, make, AT, numbers=numbers, batch=make)


def test_a_mask_of_a_view_of_an_array_without_one_is_the_views_own():
    def program(x):
        part = x[:2]
        part.mask = [True, False]
        part[1] = 7.0
        part.data[0] = 3.0
        return objective(x) + 5.0 * part.sum()

    check_writing(program, bare, AT, numbers=numbers, batch=bare)


def test_unmasking_by_the_mask_is_refused():
    for write in (
        lambda x: x.mask.__setitem__(1, False),
        lambda x: setattr(x, "mask", False),
        lambda x: setattr(x, "mask", np.ma.nomask),
        lambda x: setattr(x[1:], "mask", [False, True, True]),
    ):
        with pytest.raises(MaskError, match=r"test_views.py.*no derivative.*x\[i\] = v"):
            dm.grad(lambda x: (write(x), objective(x))[1])(make(AT))  # noqa: B023
        with pytest.raises(MaskError, match="no derivative"):
            dm.vmap(lambda x: (write(x), objective(x))[1])(make(np.stack([AT, AT])))  # noqa: B023


def test_setting_what_numpy_ma_does_not_set():
    for name in ("data", "hardmask", "baseclass"):
        with pytest.raises(AttributeSetError, match=rf"x.{name} of a traced .*MaskedArray.*test_views.py"):
            dm.grad(lambda x: (setattr(x, name, 1.0), objective(x))[1])(make(AT))  # noqa: B023


def test_masks_that_are_shown_are_plain_for_everybody():
    kept = []

    def program(x):
        m = x.mask
        kept.extend([~m, m & True, m.any(), m[1:], m.copy(), np.where(m, 1.0, 2.0), m.sum(), m[0], np.asarray(m)])
        kept.append(m)
        return np.where(m, 0.0, x.data).sum() + (x.data[~m] ** 2).sum() + x.data[m].sum() + np.sum(x.data * m)

    found = dm.grad(program)(make(AT))
    np.testing.assert_allclose(numbers(found), np.where(HIDDEN, 0.0, 1.0 + 2 * AT))
    assert type(kept[0]) is type(kept[1]) is type(kept[4]) is type(kept[5]) is np.ndarray
    assert type(kept[2]) is np.bool_
    assert kept[6] == 1
    value, m = dm.value_and_grad(lambda x: (objective(x), x.mask), has_aux=True)(make(AT))[0]
    assert type(m) is np.ndarray
    m[0] = True
    assert value == objective(make(AT))


def test_masks_below_several_levels():
    def program(x):
        def inner(w):
            y = x * w
            y.mask[0] = True
            y.data[2] = w**2
            return objective(y)

        x.mask[3] = True
        return dm.grad(inner)(1.5)

    def plain(x):
        return 3 * 6 * 1.5**5 if x is None else 3 * 6 * 1.5**5

    value, slope = dm.value_and_grad(program)(make(AT))
    np.testing.assert_allclose(value, plain(AT))
    np.testing.assert_allclose(numbers(slope), 0.0)
