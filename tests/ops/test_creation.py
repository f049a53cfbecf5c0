"""New values of the kind of another."""

from fractions import Fraction

import numpy as np
import pytest

from dispatchml import ops


@pytest.mark.parametrize("dtype", [np.float64, np.float32, complex, int, bool, object])
def test_arrays(dtype):
    x = np.ones((2, 3), dtype)
    for op, number in ((ops.zeros_like, 0), (ops.ones_like, 1), (ops.one_like, 1)):
        y = op(x)
        np.testing.assert_array_equal(y, np.full((2, 3), number, dtype))
        assert y.dtype == dtype
        assert y.flags.writeable
    for op, number in ((ops.zeros_of, 0), (ops.ones_of, 1)):
        np.testing.assert_array_equal(op(x, shape=(4,)), np.full(4, number, dtype))
        assert op(x, shape=(4,)).dtype == dtype
        assert op(x).shape == (2, 3)
        assert op(x, shape=()).shape == ()
    assert ops.empty_like(x).shape == (2, 3)
    assert ops.zeros_like(x, dtype=np.float32).dtype == np.float32


def test_numbers():
    assert type(ops.zeros_like(2.0)) is float
    assert type(ops.zeros_like(2)) is int
    assert type(ops.ones_like(2j)) is complex
    assert ops.one_like(2.0) == 1.0
    assert ops.zeros_like(np.float32(2)).dtype == np.float32
    assert ops.zeros_of(2.0, shape=(2,)).dtype == np.float64


def test_numbers_of_choice():
    x = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(ops.full_like(x, value=7), np.full((2, 3), 7))
    assert ops.full_of(x, value=np.nan, shape=()).dtype == np.float32
    assert ops.full_of(np.array([1, 2]), value=np.nan, shape=()).dtype == np.float64
    assert ops.full_of(np.array([1, 2]), value=3, shape=(1,)).dtype == np.int64


def test_objects_get_exact_zeros():
    x = np.array([Fraction(1, 2), Fraction(1, 3)])
    assert ops.sum(ops.add(x, ops.zeros_like(x))) == Fraction(5, 6)
