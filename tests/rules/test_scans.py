"""Derivatives and batch rules of scans and sorting."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops

RNG = np.random.default_rng(2)
X = RNG.standard_normal((3, 5, 2))
Z = RNG.standard_normal((3, 4)) + 1j * RNG.standard_normal((3, 4))
AXES = (None, 0, 1, -1)
SCANS = (ops.cumsum, ops.cumprod, ops.cummax, ops.cummin, ops.sort, ops.cumulative_logsumexp)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("op", SCANS, ids=lambda op: op.__name__)
def test_scans(op, axis, check_derivative):
    check_derivative(lambda x: op(x, axis=axis), X)
    check_derivative(lambda x: op(x, axis=axis), np.zeros((0,) if axis is None else (2, 0, 3)))


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("op", [*SCANS[:5], ops.argsort, ops.argpartition, ops.partition], ids=lambda op: op.__name__)
def test_scans_of_batches(op, axis, check_batch):
    check_batch(op, X, axis=axis)


def test_scans_of_numbers_in_batches(check_batch):
    for op in (ops.cumsum, ops.cumprod):
        check_batch(op, np.asarray(2.0))


@pytest.mark.parametrize("op", [ops.cumsum, ops.cumprod], ids=lambda op: op.__name__)
def test_complex_scans(op, check_derivative):
    for axis in (None, 1):
        check_derivative(lambda z, axis=axis: op(z, axis=axis), Z)


def test_cumprod_with_zeros_is_exact():
    for x in (np.array([2.0, 0.0, 3.0, 4.0]), np.array([0.0, 0.0, 3.0]), np.zeros(3), np.array([5.0])):
        n = len(x)
        want = np.array([[0.0 if i > k else np.prod(np.delete(x[: k + 1], i)) for i in range(n)] for k in range(n)])
        _, pullback = dm.vjp(ops.cumprod, x)
        np.testing.assert_array_equal(np.stack([pullback(row)[0] for row in np.eye(n)]), want)
        columns = [dm.jvp(ops.cumprod, (x,), (row,))[1] for row in np.eye(n)]
        np.testing.assert_array_equal(np.stack(columns, axis=1), want)
        last = lambda v: ops.getitem(ops.cumprod(v), index=-1)  # noqa: E731
        product = [dm.jvp(dm.grad(ops.prod), (x,), (row,))[1] for row in np.eye(n)]
        np.testing.assert_array_equal([dm.jvp(dm.grad(last), (x,), (row,))[1] for row in np.eye(n)], product)


def test_running_extremes_take_the_first_of_equals():
    x = np.array([1.0, 3.0, 3.0, 2.0, 4.0])
    _, pullback = dm.vjp(ops.cummax, x)
    np.testing.assert_array_equal(pullback(np.arange(1.0, 6.0))[0], [1, 9, 0, 0, 5])


@pytest.mark.parametrize("descending", [False, True])
def test_sorting_keeps_the_sum_at_ties(descending, check_derivative, check_batch):
    x = np.array([2.0, 1.0, 2.0, 1.0])
    _, pullback = dm.vjp(lambda v: ops.sort(v, descending=descending), x)
    (ct,) = pullback(np.array([1.0, 2.0, 3.0, 4.0]))
    np.testing.assert_array_equal(ct, [1, 3, 2, 4] if descending else [3, 1, 4, 2])
    check_derivative(lambda v: ops.sort(v, axis=1, descending=descending), X)
    check_batch(ops.sort, X, axis=0, descending=descending)
    order = ops.argsort(x, kind="stable", descending=descending)
    np.testing.assert_array_equal(order, [0, 2, 1, 3] if descending else [1, 3, 0, 2])


@pytest.mark.parametrize("kth", [0, 2, (1, 3), -1])
def test_partition(kth, check_derivative, check_batch):
    for axis in (None, 1):
        check_derivative(lambda v, axis=axis: ops.partition(v, kth=kth, axis=axis), X)
    check_batch(ops.partition, X, kth=kth, axis=1)
    x = np.array([2.0, 1.0, 2.0, 1.0, 2.0])
    _, pullback = dm.vjp(lambda v: ops.partition(v, kth=2), x)
    assert sorted(pullback(np.arange(5.0))[0]) == [0, 1, 2, 3, 4]


def test_differences_and_integrals(check_derivative):
    for n in (0, 1, 2):
        for axis in (0, 1, -1):
            check_derivative(lambda x, n=n, axis=axis: ops.diff(x, n=n, axis=axis), X)
    points = np.cumsum(RNG.uniform(1, 2, 5))
    check_derivative(lambda y, x: ops.trapezoid(y, x, axis=1), X, points)
    check_derivative(lambda y, x: ops.trapezoid(y, x, axis=0), X, np.cumsum(np.abs(X), axis=0))
    check_derivative(lambda y: ops.trapezoid(y, 0.5), X)
    np.testing.assert_allclose(ops.trapezoid(X, points, axis=1), np.trapezoid(X, points, axis=1))
    np.testing.assert_allclose(ops.trapezoid(X, 0.5, axis=0), np.trapezoid(X, dx=0.5, axis=0))


def test_differences_of_truth():
    x = np.array([True, False, False])
    np.testing.assert_array_equal(ops.diff.decomposition(x), np.diff(x))


def test_scans_without_nans():
    x = np.array([1.0, np.nan, 3.0])
    for op, want in ((ops.nancumsum, np.nancumsum), (ops.nancumprod, np.nancumprod)):
        np.testing.assert_array_equal(dm.vjp(op, x)[0], want(x))
        np.testing.assert_array_equal(op(x), want(x))
        assert np.isfinite(dm.vjp(op, x)[1](np.ones(3))[0]).all()


@pytest.mark.parametrize("side", ["left", "right"])
def test_searching_in_batches(side, check_batch):
    edges = np.array([-1.0, 0.0, 0.0, 1.0])
    values = np.array([-2.0, 0.0, 0.5, 3.0])
    np.testing.assert_array_equal(ops.searchsorted(edges, values, side=side), np.searchsorted(edges, values, side=side))
    from dispatchml.rules.registry import BATCH_RULES

    rule = BATCH_RULES[ops.searchsorted.info]
    rows = np.sort(RNG.standard_normal((3, 6)))
    queries = RNG.standard_normal((3, 2, 2))
    for q, flag in ((queries, True), (queries[0], False)):
        found = rule((rows, q), (True, flag), 3, side=side, sorter=None)
        for k in range(3):
            np.testing.assert_array_equal(found[k], np.searchsorted(rows[k], q[k] if flag else q, side=side))


def test_single_precision_stays():
    x = X.astype(np.float32)
    for op in SCANS:
        y, dy = dm.jvp(lambda v, op=op: op(v, axis=1), (x,), (x,))
        assert y.dtype == dy.dtype == np.float32
        assert dm.vjp(lambda v, op=op: op(v, axis=1), x)[1](x)[0].dtype == np.float32
