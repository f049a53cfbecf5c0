"""Positions as linear forms."""

import numpy as np
import pytest

from dispatchml.compile.lower.forms import (
    NeedsSplit,
    NotAffine,
    Variable,
    broadcast,
    by_axes,
    flattened,
    form_of,
    number,
    settled,
)  # fmt: skip

from .positions import Domain


def test_forms_are_equal_by_content():
    i, j = Variable(4), Variable(5)
    one = form_of(i).times(5).plus(form_of(j)).plus(2)
    other = number(2).plus(form_of(j)).plus(form_of(i), 5)
    assert one == other
    assert hash(one) == hash(other)
    assert one.bounds == (2, 21)
    assert form_of(i).plus(form_of(i), -1) == number(0)


def test_a_variable_with_one_value_is_a_number():
    assert form_of(Variable(1)) == number(0)


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4), (1, 5, 1, 2), (6,), (2, 2, 2, 2)])
def test_axes_and_offsets_are_inverse(shape):
    domain = Domain(int(np.prod(shape)))
    places = domain.follow(lambda p: by_axes(p, shape))
    expected = np.unravel_index(np.arange(np.prod(shape)), shape)
    for form, wanted in zip(places, expected, strict=True):
        assert np.array_equal(domain.numbers(form), wanted)
    assert flattened(places, shape) == domain.position()


@pytest.mark.parametrize(
    ("source", "shape"),
    [((4,), (3, 4)), ((3, 1), (3, 4)), ((1, 4), (3, 4)), ((2, 1, 4), (2, 3, 4)), ((3, 1), (2, 3, 4)), ((), (5, 2))],
)
def test_broadcasting_reads_what_numpy_reads(source, shape):
    domain = Domain(int(np.prod(shape)))
    position = domain.follow(lambda p: broadcast(p, shape, source))
    x = np.arange(int(np.prod(source))).reshape(source)
    assert np.array_equal(domain.offsets(position, source), np.broadcast_to(x, shape).ravel())


def test_axes_that_broadcasting_treats_alike_stay_one_loop():
    domain = Domain(2 * 3 * 4)
    domain.follow(lambda p: broadcast(p, (2, 3, 4), (4,)))
    assert [v.extent for v in domain.variables] == [6, 4]


def test_what_may_be_outside_stays_by_axes():
    i = form_of(Variable(4))
    assert type(settled((i.plus(1),), (4,))) is tuple
    assert settled((i.plus(1),), (5,)) == i.plus(1)


def test_a_position_across_axes_is_refused():
    i = Variable(6)
    with pytest.raises(NeedsSplit):
        by_axes(form_of(i), (2, 3))
    with pytest.raises(NotAffine):
        by_axes(form_of(i).plus(1), (2, 4))
