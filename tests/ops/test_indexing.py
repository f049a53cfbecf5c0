"""What indexing gives for numbers and objects, and what an index means; values on arrays are in tests/rules."""

from fractions import Fraction

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.ops.index import behind_batch, is_basic, is_injective, last_writers, result_shape

X = np.arange(12.0).reshape(3, 4)


def test_numbers():
    assert type(ops.getitem(2.0, index=())) is float
    np.testing.assert_array_equal(ops.getitem(2.0, index=None), [2.0])
    assert ops.getitem(2j, index=...) == 2j
    assert type(ops.getitem(X, index=(1, 2))) is np.float64
    assert ops.getitem(np.float32(2), index=()).dtype == np.float32
    with pytest.raises(IndexError):
        ops.getitem(2.0, index=0)
    with pytest.raises(IndexError):
        ops.getitem(X, index=3)


def test_a_basic_index_gives_a_view():
    assert np.shares_memory(ops.getitem(X, index=(slice(None), 1)), X)
    assert not np.shares_memory(ops.getitem(X, index=[0, 1]), X)


def test_objects():
    x = np.array([Fraction(1, 2), Fraction(1, 3)])
    np.testing.assert_array_equal(ops.scatter(x, index=np.array([1, 1]), shape=(3,)), [0, Fraction(5, 6), 0])
    assert ops.setitem(x, np.array(Fraction(2)), index=0)[0] == 2
    assert ops.take(x, np.array([1]))[0] == Fraction(1, 3)


def test_single_precision_stays():
    x = X.astype(np.float32)
    assert ops.scatter(x, index=(slice(None), slice(0, 4)), shape=(3, 5)).dtype == np.float32
    assert ops.add_at(x, 1.0, index=np.array([0, 0])).dtype == np.float32


def test_the_meaning_of_an_index():
    assert all(map(is_basic, (0, np.int32(1), slice(None), None, ..., (0, ..., None))))
    assert not any(map(is_basic, (True, [0], np.array([0]), (0, np.array(1)), np.True_)))
    assert is_injective((slice(None), np.array([True, False]), 3))
    assert not is_injective(np.array([0, 0]))
    assert result_shape((np.array([0, 1]), slice(None)), (3, 4)) == (2, 4)
    np.testing.assert_array_equal(last_writers(np.array([1, 0, 1]), (3,)), [False, True, True])
    assert behind_batch((0, slice(None), np.array([1, 2])))[1] == 1
    assert behind_batch((np.array([[1]]), None, 0))[1] == 2
    assert behind_batch((slice(None), np.array([1, 2]), 0))[1] == 0


def test_positions_of_what_is_there():
    x = np.array([[0, 3], [4, 0]])
    for found, want in zip(ops.nonzero(x), np.nonzero(x), strict=True):
        np.testing.assert_array_equal(found, want)
    np.testing.assert_array_equal(ops.flatnonzero(x), [1, 2])
    np.testing.assert_array_equal(ops.argwhere(x), np.argwhere(x))
    np.testing.assert_array_equal(ops.unique(np.array([3, 1, 3])), [1, 3])
    np.testing.assert_array_equal(ops.unique_indices(np.array([3, 1, 3])), [1, 0])
