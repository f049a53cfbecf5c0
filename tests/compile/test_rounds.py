"""Loops as one native call: carried values, rows forward and backward, counts, tests, room, against a call a round."""

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.compile import build, probes
from dispatchml.compile.graph import Literal, Node, Program, Value
from dispatchml.compile.rounds import native_rounds

D, WHOLE, B = np.dtype("d"), np.dtype("l"), np.dtype("?")


@pytest.fixture(params=["native", "portable"], autouse=True)
def way(request, monkeypatch):
    """The driver in machine code, and what stands in for it where objects are laid out differently."""
    if request.param == "portable":
        monkeypatch.setattr(probes, "reason_against", lambda: "for a test")
    return request.param


def values(*kinds):
    return [Value(k, dtype, shape, form) for k, (dtype, shape, form) in enumerate(kinds)]


def node(op, inputs, output, **keywords):
    return Node(op.info, inputs, {**op.info.keywords, **keywords}, [output])


def mixing():
    """c, e, row x, rest r -> e, c * r + x; rows: e and c."""
    array, number = (D, (3,), "array"), (D, (3,), "array")
    c, e, x, r, product, total = values(array, number, array, array, array, array)
    nodes = [node(ops.multiply, [c, r], product), node(ops.add, [product, x], total)]
    return Program([c, e, x, r], {}, nodes, [e, total, e, total])


def expected(c, e, xs, r, order):
    out = np.zeros((2, *xs.shape))
    for k in order:
        c, e = e, c * r + xs[k]
        out[0, k], out[1, k] = c, e
    return [c, e, *out]


@pytest.mark.parametrize("backward", [False, True])
def test_rows_and_values_that_change_places(backward):
    generator = np.random.default_rng(0)
    c, e, r, xs = *generator.normal(size=(3, 3)), generator.normal(size=(5, 3))
    f = native_rounds(build(mixing()), 2, 1, 2, 5, "fixed", backward)
    for _ in range(3):
        found = f(c, e, xs, r)
        for a, b in zip(found, expected(c, e, xs, r, range(5)[:: -1 if backward else 1]), strict=True):
            np.testing.assert_array_equal(a, b)
    assert f(c, e, xs[:4], r) is NotImplemented
    found[0][:] = 7.0  # results are the caller's own
    assert not (f(c, e, xs, r)[0] == 7.0).any()


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("count", [0, 1, 4, 5])
def test_counted_rounds_leave_the_other_rows_empty(backward, count):
    c, e, r, xs = np.ones(3), np.arange(3.0), np.full(3, 0.5), np.arange(15.0).reshape(5, 3)
    f = native_rounds(build(mixing()), 2, 1, 2, 5, "counted", backward)
    order = range(count)[:: -1 if backward else 1]
    for a, b in zip(f(count, c, e, xs, r), expected(c, e, xs, r, order), strict=True):
        np.testing.assert_array_equal(a, b)
    assert f(6, c, e, xs, r) is NotImplemented


def doubling(results):
    """v, k -> 2 v, k + 1, and on while 2 v < limit."""
    v, k, limit, twice, more, test = values(*[(D, (), "float"), (WHOLE, (), "int"), (D, (), "float")] * 2)
    test.dtype, test.form = B, "bool"
    nodes = [
        node(ops.multiply, [v, Literal(2.0)], twice),
        node(ops.add, [k, Literal(1)], more),
        node(ops.less, [twice, limit], test),
    ]
    return Program([v, k, limit], {}, nodes, [twice, more, *([v] if results else []), test])


def test_tested_rounds():
    f = native_rounds(build(doubling(False)), 2, 0, 0, 0, "tested", False)
    assert f(True, 1.0, 0, 1000.0) == [1024.0, 10]
    assert f(False, 1.0, 0, 1000.0) == [1.0, 0]
    assert [type(x) for x in f(True, 1.0, 0, 1e9)] == [float, int]
    f = native_rounds(build(doubling(True)), 2, 0, 1, 4, "tested", False)
    found = f(True, 1.0, 0, 5.0)
    assert found[:2] == [8.0, 3]
    np.testing.assert_array_equal(found[2], [1.0, 2.0, 4.0, 0.0])
    assert f(True, 1.0, 0, 1000.0) is NotImplemented  # there is no room for ten


def test_rounds_in_which_nothing_is_computed():
    (v, x) = values((D, (), "scalar"), (D, (), "scalar"))
    f = native_rounds(build(Program([v, x], {}, [], [x, v, Literal(2.5)])), 1, 1, 2, 3, "fixed", False)
    last, before, constant = f(np.float64(1.0), np.array([2.0, 3.0, 4.0]))
    assert last == 4.0
    assert type(last) is np.float64
    np.testing.assert_array_equal(before, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(constant, [2.5] * 3)
