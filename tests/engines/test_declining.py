"""Operators between traced numbers and objects of classes that nobody registered: Python asks these, as for floats."""

import operator

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import NoMethodError


class Interval:
    def __init__(self, low, high):
        self.low, self.high = low, high

    def __rmul__(self, other):
        return Interval(other * self.low, other * self.high)

    def __radd__(self, other):
        return Interval(other + self.low, other + self.high)

    def __rsub__(self, other):
        return Interval(other - self.high, other - self.low)

    def __gt__(self, other):
        return self.low > other


def width(x):
    made = 1.0 - (x + x * Interval(x, 2 * x))
    return made.high - made.low if x < Interval(9.0, 10.0) else x


def in_place(x):
    y = x
    y *= Interval(x, 2 * x)
    return y.high


def called(x):
    return operator.mul(x, Interval(x, 2 * x)).high


@pytest.mark.parametrize(("function", "slope"), [(width, 4.0), (in_place, 8.0), (called, 8.0)])
def test_the_object_answers(function, slope):
    assert dm.grad(function)(2.0) == slope
    assert dm.jvp(function, (2.0,), (1.0,))[1] == slope
    assert dm.grad(dm.grad(function))(2.0) == slope / 2
    np.testing.assert_array_equal(dm.vmap(dm.grad(function))(np.array([2.0, 4.0])), [slope, 2 * slope])


def test_an_operation_by_name_still_says_that_it_has_no_method():
    with pytest.raises(NoMethodError, match="Interval"):
        dm.grad(lambda x: dm.numpy.multiply(x, Interval(x, x)).high)(2.0)


def test_a_class_without_the_operator_is_refused():
    with pytest.raises(TypeError):
        dm.grad(lambda x: (x / Interval(x, x)).high)(2.0)
