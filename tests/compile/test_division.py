"""Division of many numbers by one is exact to the last bit, whatever the numbers are."""

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.compile import build
from dispatchml.compile.emit.division import LEAST, MOST

from .programs import traced

UNUSUAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1e-310, LEAST, MOST, 1e308, -3e-200]


def bits(x):
    """The bits of floats, with one nan for all."""
    return np.where(np.isnan(x), np.nan, x).view(np.int64)


def standardised(x):
    return ops.divide(ops.subtract(x, ops.mean(x, axis=1, keepdims=True)), ops.std(x, axis=1, keepdims=True))


@pytest.mark.parametrize("unusual", [None, *UNUSUAL])
def test_quotients_by_a_number_of_the_row(unusual):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 100)) * 10.0 ** rng.integers(-60, 60, size=(500, 1))
    b = np.abs(rng.normal(size=(500, 1)))
    if unusual is not None:
        x[::3, 7] = unusual
        b[1::5] = unusual
    program = traced(lambda x, b: (ops.divide(x, b), ops.divide(ops.divide(x, b), b)), x, b)
    with np.errstate(all="ignore"):
        found = build(program)(x, b)
        assert np.array_equal(bits(found[0]), bits(x / b))
        assert np.array_equal(bits(found[1]), bits(x / b / b))


def test_quotients_by_a_number_that_the_row_gives():
    x = np.random.default_rng(1).normal(size=(300, 257))
    top = np.max(x, axis=1, keepdims=True)
    found = build(traced(lambda x: ops.divide(x, ops.max(x, axis=1, keepdims=True)), x))(x)[0]
    assert np.array_equal(bits(found), bits(x / top))


def test_products_that_mind_zeros_beside_quotients():
    rng = np.random.default_rng(2)
    x, b = rng.normal(size=(400, 64)), np.abs(rng.normal(size=(400, 1)))
    x[::7, 3], b[::5] = np.inf, 0.0

    def f(x, b):
        return ops.strong_multiply(ops.divide(x, ops.add(b, 1.0)), b)

    with np.errstate(all="ignore"):
        found = build(traced(f, x, b))(x, b)[0]
        assert not np.isnan(found[:, 3]).any()
        np.testing.assert_array_equal(np.abs(found), np.abs(f(x, b)))
