"""Elements that are picked, and added up, at positions that are read from memory."""

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.compile import build
from dispatchml.compile.graph import evaluate

from ..programs import assert_alike, traced

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 7))


def check(f, *arguments):
    program = traced(f, *arguments)
    executable = build(program)
    assert "0 calls" in executable.report()
    for found, expected in zip(executable(*arguments), evaluate(program, arguments), strict=True):
        assert_alike(found, expected, 1e-12)
    return executable


@pytest.mark.parametrize("axis", [0, 1, None, -1])
@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
@pytest.mark.parametrize("dtype", ["i8", "i4", "u2"])
def test_take(axis, mode, dtype):
    indices = RNG.integers(0 if dtype[0] == "u" else -7, 7, size=(6, 4)).astype(dtype)
    check(lambda x, i: ops.multiply(ops.take(x, i, axis=axis, mode=mode), 2.0), X, indices)


def test_take_of_what_is_computed_and_of_rows_in_sums():
    indices = RNG.integers(-50, 50, size=300)
    check(lambda x, i: ops.sum(ops.exp(ops.take(ops.tanh(x), i, axis=0)), axis=1), X, indices)


@pytest.mark.parametrize("axis", [0, 1])
def test_take_along_axis(axis):
    indices = np.argsort(X, axis=axis)
    check(lambda x, i: ops.take_along_axis(x, i, axis=axis), X, indices)


def test_cross_entropy():
    labels = RNG.integers(0, 7, size=(50, 1))
    check(lambda x, i: ops.sum(ops.take_along_axis(ops.log_softmax(x, axis=1), i, axis=1)), X, labels)


@pytest.mark.parametrize("axis", [0, 1, None])
def test_adding_up(axis):
    indices = RNG.integers(-7, 7, size=40)
    shape = {0: (40, 7), 1: (50, 40), None: (40,)}[axis]
    value = RNG.normal(size=shape)
    check(lambda v, i: ops.scatter_take(v, i, shape=(50, 7), axis=axis), value, indices)


def test_adding_up_much():
    indices = RNG.integers(0, 1000, size=200_000)
    value = RNG.normal(size=200_000)
    check(lambda v, i: ops.scatter_take(ops.square(v), i, shape=(1000,), axis=0), value, indices)


@pytest.mark.parametrize("wrong", [7, -8, 2**40, -(2**63)])
def test_a_position_outside_raises_and_names_the_line(wrong):
    indices = np.array([0, 3, 6])
    program = traced(lambda x, i: ops.exp(ops.take(x, i, axis=1)), X, indices)
    executable = build(program)
    indices[1] = wrong
    with pytest.raises(IndexError) as caught:
        executable(X, indices)
    assert any("test_gathers.py" in note and "take" in note for note in caught.value.__notes__)
    indices[1] = -7
    assert_alike(executable(X, indices)[0], np.exp(X[:, [0, 0, 6]]), 1e-12)
