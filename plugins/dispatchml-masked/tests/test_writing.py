"""NumPy's functions that write in place: on traced masked arrays they leave the mask that numpy.ma leaves, or raise."""

import numpy as np
import pytest

import dispatchml as dm

from dispatchml_masked.parts import MaskError  # isort: skip  (dispatchml first)

X = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
SQUARE = np.ma.array(np.arange(9.0).reshape(3, 3), mask=np.eye(3) > 0)
V = np.ma.array([7.0, 8.0, 9.0], mask=[True, False, False])

#: Name -> (what is written, the array that it is written into).
WRITING = {
    "copyto": (lambda x: np.copyto(x, np.array([7.0, 8.0, 9.0])), X),
    "copyto a number": (lambda x: np.copyto(x, 4.0), X),
    "copyto where": (lambda x: np.copyto(x, [7.0, 8.0, 9.0], where=np.array([True, True, False])), X),
    "copyto a view": (lambda x: np.copyto(x[1:], x[:1] * 2.0), X),
    "place": (lambda x: np.place(x, [True, True, False], [7.0, 8.0]), X),
    "place traced": (lambda x: np.place(x, [True, True, False], x[2:] * 2.0), X),
    "place nowhere": (lambda x: np.place(x, [False] * 3, []), X),
    "putmask": (lambda x: np.putmask(x, [True, True, False], [7.0, 8.0, 9.0]), X),
    "putmask of what is not masked": (lambda x: np.putmask(x, [False, True, True], V), X),
    "fill": (lambda x: x.fill(7.0), X),
    "fill a view": (lambda x: x[1:].fill(7.0), X),
    "put": (lambda x: np.put(x, [0, 1], [7.0, 8.0]), X),
    "put masked": (lambda x: np.put(x, [0, 1], V[:2]), X),
    "x.put": (lambda x: x.put([0, 1], V[:2]), X),
    "np.ma.put": (lambda x: np.ma.put(x, [0, -2], [7.0, 8.0]), X),
    "np.ma.putmask": (lambda x: np.ma.putmask(x, [True, True, False], V), X),
    "flat": (lambda x: x.flat.__setitem__(slice(None), V), X),
    "put_along_axis": (lambda x: np.put_along_axis(x, np.array([0, 1]), V[:2], 0), X),
    "sort": (lambda x: x.sort(), X),
    "add.at": (lambda x: np.add.at(x, [0, 1], 1.0), X),
    "fill_diagonal": (lambda x: np.fill_diagonal(x, 7.0), SQUARE),
    "fill_diagonal masked": (lambda x: np.fill_diagonal(x, V), SQUARE),
    "fill_diagonal with masked": (lambda x: np.fill_diagonal(x, np.ma.masked), SQUARE),
    "x += masked": (lambda x: x.__iadd__(V), X),
}


@pytest.mark.parametrize("name", WRITING)
def test_what_is_written_has_the_mask_that_numpy_ma_gives_it(name):
    write, x = WRITING[name]

    def written(x):
        y = x.copy()
        write(y)
        return y

    wanted, (found, slope) = written(x), dm.jvp(written, (x,), (x,))
    np.testing.assert_array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(wanted))
    np.testing.assert_array_equal(found.filled(-1.0), wanted.filled(-1.0))
    step = 1e-6
    more = written(np.ma.array(x.data * (1 + step), mask=x.mask))
    np.testing.assert_allclose(slope.filled(0.0), (more - wanted).filled(0.0) / step, atol=1e-5)
    gradient = dm.grad(lambda x: np.sum(written(x)))(x)
    np.testing.assert_array_equal(np.ma.getmaskarray(gradient), x.mask)


@pytest.mark.parametrize(
    "write",
    [
        lambda x: np.copyto(x, V),
        lambda x: np.place(x, [True, True, False], V[:2]),
        lambda x: np.putmask(x, [True, True, False], V),
    ],
)
def test_masked_elements_that_would_show_their_numbers_are_refused(write):
    with pytest.raises(MaskError, match=r"test_writing.*x\[condition\] = values"):
        dm.jvp(lambda x: write(x.copy()), (X,), (X,))


def test_masks_that_cover_what_is_masked_are_enough():
    def twice(x):
        y = x.copy()
        np.copyto(y, 2 * x)
        return y

    found, slope = dm.jvp(twice, (X,), (X,))
    assert found.tolist() == [2.0, None, 6.0]
    assert slope.tolist() == [2.0, None, 6.0]


def test_traced_values_are_not_written_into_plain_arrays():
    with pytest.raises(MaskError, match=r"numpy.ma.where\(condition, values, x\)"):
        dm.jvp(lambda x: np.ma.putmask(X.copy(), [True, False, False], x), (X,), (X,))
