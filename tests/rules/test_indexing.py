"""Derivatives and batch rules of indexing."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import TracerConversionError

RNG = np.random.default_rng(4)
X = RNG.standard_normal((3, 4, 5))
MASK = np.array([True, False, True, True])
FULL = RNG.standard_normal((3, 4, 5)) > 0
INDICES = [
    (), 1, -1, (1, 2), (1, 2, 3), slice(None, None, 2), (..., 0), (slice(None), 1), (..., None, slice(1, 3)), None,
    np.array([0, 2, 2]), [0, 2, 2], np.array([[0, 1], [2, 2]]), (slice(None), MASK), FULL, FULL[..., 0],
    (np.array([0, 0, 1]), np.array([1, 1, 2])), (np.array([0, 0]), slice(None), np.array([1, 1])),
    (slice(None), np.array([0, 0]), np.array([1, 1])), (0, slice(None), np.array([1, 1])), (np.array([0]), None, 1),
    (MASK[:3], slice(1, 3)), (slice(None), 0, np.array([1, 1])), (np.array([[0], [2]]), ..., np.array([1, 3])), True,
    np.zeros(0, int), (slice(2, 2),), (None, np.array([1, 1]), None, slice(None), 2), (np.int64(1), np.array(2)),
    (slice(None, None, -1), np.array([-1, 0])),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_getitem(index, check_derivative, check_batch):
    np.testing.assert_array_equal(ops.getitem(X, index=index), X[index])
    check_derivative(lambda x: ops.getitem(x, index=index), X)
    check_batch(ops.getitem, X, index=index)


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_scatter(index, check_derivative, check_batch):
    value = RNG.standard_normal(X[index].shape)
    want = np.zeros(X.shape)
    np.add.at(want, index, value)
    np.testing.assert_allclose(ops.scatter(value, index=index, shape=X.shape), want)
    check_derivative(lambda v: ops.scatter(v, index=index, shape=X.shape), value)
    check_batch(ops.scatter, value, index=index, shape=X.shape)


@pytest.mark.parametrize("index", INDICES, ids=str)
@pytest.mark.parametrize("op", [ops.setitem, ops.add_at], ids=lambda op: op.__name__)
def test_updates(op, index, check_derivative, check_batch):
    shape = X[index].shape
    want = X.copy()
    value = RNG.standard_normal(shape)
    if op is ops.setitem:
        want[index] = value
    else:
        np.add.at(want, index, value)
    np.testing.assert_allclose(op(X, value, index=index), want)
    longer = op is ops.setitem and shape and index is not FULL  # NumPy assigns values with more axes of size 1
    for v in (value, np.asarray(2.0), value[..., :1] if shape else value, value[None] if longer else value):
        check_derivative(lambda x, u: op(x, u, index=index), X, v)
        check_batch(op, X, v, index=index)
    check_derivative(lambda x: op(x, 2.0, index=index), X, second=False)
    check_derivative(lambda u: op(X, u, index=index), value, second=False)


def test_repeated_indices_accumulate():
    found = dm.grad(lambda x: ops.sum(ops.getitem(x, index=np.array([1, 1, 1, 0]))))(np.zeros(3))
    np.testing.assert_array_equal(found, [1, 3, 0])


def test_the_last_writer_wins():
    _, pullback = dm.vjp(lambda v: ops.setitem(np.zeros(3), v, index=np.array([1, 1])), np.array([5.0, 6.0]))
    np.testing.assert_array_equal(pullback(np.array([1.0, 2.0, 3.0]))[0], [0, 2])


def test_updates_leave_their_argument_alone():
    x = np.zeros(3)
    ops.setitem(x, 1.0, index=0)
    ops.add_at(x, 1.0, index=np.array([0, 0]))
    np.testing.assert_array_equal(x, 0)


def test_an_update_does_not_lose_digits_silently():
    with pytest.raises(TracerConversionError, match="int64"):
        ops.setitem(np.zeros(3, int), 0.5, index=0)
    with pytest.raises(TracerConversionError, match="complex128"):
        ops.add_at(np.zeros(3), 1j, index=0)
    assert ops.setitem(np.zeros(3, np.float32), 0.5, index=0).dtype == np.float32
    assert ops.setitem(np.zeros(3), 2, index=0)[0] == 2


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_take(mode, axis, check_derivative, check_batch):
    for indices in (np.array([0, 2, 2]), np.array([[-1, 0], [1, 1]]), np.asarray(1), np.zeros(0, int)):
        if mode == "clip":
            indices = np.abs(indices)
        np.testing.assert_array_equal(ops.take(X, indices, axis=axis, mode=mode), np.take(X, indices, axis, mode=mode))
        check_derivative(lambda x, indices=indices: ops.take(x, indices, axis=axis, mode=mode), X)
        check_batch(ops.take, X, indices, axis=axis, mode=mode, variants=(0, 3))
        value = np.take(X, indices, axis, mode=mode)
        check_derivative(
            lambda v, indices=indices: ops.scatter_take(v, indices, shape=X.shape, axis=axis, mode=mode), value
        )
        check_batch(ops.scatter_take, value, indices, shape=X.shape, axis=axis, mode=mode, variants=(0, 3))
    if mode != "raise":
        far = np.array([7, -9, 60])
        check_derivative(lambda x: ops.take(x, far, axis=axis, mode=mode), X)
        check_batch(ops.take, X, far, axis=axis, mode=mode, variants=(-9, 90))
        check_batch(
            ops.scatter_take,
            np.take(X, far, axis, mode=mode),
            far,
            shape=X.shape,
            axis=axis,
            mode=mode,
            variants=(-9, 90),
        )
    else:
        with pytest.raises(IndexError):
            ops.take(X, np.array([60]), axis=axis)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_along_an_axis(axis, check_derivative, check_batch):
    shapes = [(7,)] if axis is None else [(3, 4, 5), (1, 1, 2) if axis == -1 else (1, 2, 1) if axis == 1 else (2, 1, 1)]
    n = X.size if axis is None else X.shape[axis]
    for shape in shapes:
        indices = RNG.integers(-n, n, shape)
        value = np.take_along_axis(X, indices, axis)
        np.testing.assert_array_equal(ops.take_along_axis(X, indices, axis=axis), value)
        check_derivative(lambda x, indices=indices: ops.take_along_axis(x, indices, axis=axis), X)
        check_batch(ops.take_along_axis, X, indices, axis=axis, variants=(-n, n))
        check_derivative(lambda v, indices=indices: ops.scatter_along_axis(v, indices, shape=X.shape, axis=axis), value)
        check_batch(ops.scatter_along_axis, value, indices, shape=X.shape, axis=axis, variants=(-n, n))
        for v in (RNG.standard_normal(shape), np.asarray(2.0)):
            want = X.copy()
            np.put_along_axis(want, indices, v, axis)
            np.testing.assert_array_equal(ops.put_along_axis(X, indices, v, axis=axis), want)
            check_derivative(lambda x, u, indices=indices: ops.put_along_axis(x, indices, u, axis=axis), X, v)
            check_batch(ops.put_along_axis, X, indices, v, axis=axis, variants=(-n, n))
    if axis is not None:
        check_derivative(lambda x, v: ops.add_along_axis(x, indices, v, axis=axis), X, value)


def test_derived_picks(check_derivative):
    condition = np.array([True, False, True])
    for axis in (None, 0):
        np.testing.assert_array_equal(ops.compress(X, condition=condition, axis=axis), np.compress(condition, X, axis))
        check_derivative(lambda x, axis=axis: ops.compress(x, condition=condition, axis=axis), X)
    np.testing.assert_array_equal(ops.extract(X, condition=FULL), np.extract(FULL, X))
    for index in (1, [0, 2], slice(1, None)):
        for axis in (None, 0, -1):
            np.testing.assert_array_equal(ops.delete(X, index=index, axis=axis), np.delete(X, index, axis))
            check_derivative(lambda x, index=index, axis=axis: ops.delete(x, index=index, axis=axis), X, second=False)
    for index, values, axis in (
        (1, np.asarray(9.0), 0),
        ([0, 2], np.array([7.0, 8.0]), None),
        ([1, 1], RNG.standard_normal((3, 2, 5)), 1),
    ):
        np.testing.assert_array_equal(ops.insert(X, values, index=index, axis=axis), np.insert(X, index, values, axis))
        check_derivative(lambda x, v, index=index, axis=axis: ops.insert(x, v, index=index, axis=axis), X, values)
    which = np.array([0, 1, 1, 0, 1])
    np.testing.assert_array_equal(ops.choose((X, -X), indices=which), np.choose(which, (X, -X)))
    check_derivative(lambda x, y: ops.choose((x, y), indices=which), X, -X)
    conditions = (X > 1, X > 0)
    np.testing.assert_array_equal(ops.select((X, -X, 0.0), conditions=conditions), np.select(conditions, (X, -X), 0.0))
    check_derivative(lambda x, y: ops.select((x, y, 0.0), conditions=conditions), X, -X)
    x = np.array([3.0, 1.0, 3.0, 2.0])
    np.testing.assert_array_equal(dm.vjp(ops.unique, x)[0], [1, 2, 3])
    np.testing.assert_array_equal(dm.vjp(ops.unique, x)[1](np.array([1.0, 2.0, 3.0]))[0], [3, 1, 0, 2])
