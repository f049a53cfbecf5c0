"""Adding up at positions in the memory of what it is added to."""

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.compile import build
from dispatchml.compile.graph import evaluate
from dispatchml.compile.passes import optimised

from ..programs import assert_alike, traced

RNG = np.random.default_rng(3)
X = RNG.normal(size=(300, 70))
X[3, :5] = -0.0
VALUES, PLACES = RNG.normal(size=500), RNG.integers(0, X.size, 500)
PLACES[:2] = 213, 213  # twice the same, at one of the negative zeros


def added(x, values, places):
    """Elements added to an array that is computed."""
    spread = ops.scatter_take(values, places, shape=x.shape, axis=None)
    return ops.add(ops.multiply(x, 1.5), spread)


def along(x, values, places):
    index = slice(None, 300)
    rows = ops.reshape(ops.remainder(ops.getitem(places, index=index), 70), shape=(300, 1))
    part = ops.reshape(ops.getitem(values, index=index), shape=(300, 1))
    spread = ops.scatter_along_axis(part, rows, shape=x.shape, axis=1)
    return ops.add(spread, ops.exp(x))


def names(program):
    return [node.op.name for node in optimised(program).nodes]


@pytest.mark.parametrize("function", [added, along])
def test_elements_are_added_in_place(function):
    program = traced(function, X, VALUES, PLACES)
    assert any(name.endswith("_onto") for name in names(program))
    executable = build(program)
    (found,), (expected,) = executable(X, VALUES, PLACES), evaluate(program, (X, VALUES, PLACES))
    assert_alike(found, expected, 1e-14)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))
    first, second = executable(X, VALUES, PLACES)[0], executable(X, VALUES, PLACES)[0]
    np.testing.assert_array_equal(first, second)  # nothing is left from the call before


def test_what_is_read_elsewhere_keeps_its_memory():
    def function(x, values, places):
        y = ops.multiply(x, 1.5)
        return ops.add(ops.scatter_take(values, places, shape=x.shape, axis=None), y), ops.sum(y, axis=1)

    program = traced(function, X, VALUES, PLACES)
    assert not any(name.endswith("_onto") for name in names(program))
    for found, expected in zip(build(program)(X, VALUES, PLACES), evaluate(program, (X, VALUES, PLACES)), strict=True):
        assert_alike(found, expected, 1e-13)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_nan_is_seen_wherever_it_comes_from(bad):
    def function(x, values, places):
        y = added(x, values, places)
        return y, ops.any(ops.isnan(y))

    x, values = X.copy(), VALUES.copy()
    x.reshape(-1)[PLACES[7]] = -np.inf
    values[7] = bad  # -inf + inf
    program = traced(function, x, values, PLACES)
    executable = build(program)
    assert executable(x, values, PLACES)[1]
    assert not executable(X, VALUES, PLACES)[1]
    x = X.copy()
    x[9, 9] = np.nan
    assert executable(x, VALUES, PLACES)[1]


def test_a_call_between_makes_a_copy():
    def through_a_call(x, values, places):
        y = ops.exp(x)
        order = ops.take(values, ops.argsort(ops.take(ops.ravel(y), places, axis=None), axis=-1), axis=0)
        return ops.add(ops.multiply(y, 1.5), ops.scatter_take(order, places, shape=x.shape, axis=None))

    program = traced(through_a_call, X, VALUES, PLACES)
    assert any(name.endswith("_onto") for name in names(program))
    (found,), (expected,) = build(program)(X, VALUES, PLACES), evaluate(program, (X, VALUES, PLACES))
    assert_alike(found, expected, 1e-13)


def test_a_position_outside_raises():
    program = traced(added, X, VALUES, PLACES)
    places = PLACES.copy()
    places[5] = X.size
    with pytest.raises(IndexError):
        build(program)(X, VALUES, places)


SPECIAL = np.array([[1.0, -2.0, 800.0], [np.inf, 1.0, 2.0], [-np.inf] * 3, [np.nan, 1.0, 2.0], [-np.inf, 0.0, 700.0]])


@pytest.mark.parametrize("axis", [0, 1, None, -1])
def test_shares_of_logsumexp_are_quotients(axis):
    def shares(x):
        y = ops.logsumexp(x, axis=axis)
        return ops.exp(ops.subtract(x, y if axis is None else ops.expand_dims(y, axis=axis)))

    program = traced(shares, SPECIAL)
    assert names(program).count("exp") == 1
    with np.errstate(all="ignore"):
        (found,), (expected,) = build(program)(SPECIAL), evaluate(program, (SPECIAL,))
    assert_alike(found, expected, 1e-12)


def test_other_differences_stay_what_they_are():
    x = RNG.normal(size=(4, 4))
    program = traced(lambda x: ops.exp(ops.subtract(x, ops.logsumexp(x, axis=1))), x)  # along the other axis
    assert names(program).count("exp") == 2
    assert_alike(build(program)(x)[0], evaluate(program, (x,))[0], 1e-13)
