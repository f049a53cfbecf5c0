"""Reductions and products in machine code: NumPy's bits for every shape, axis and memory order."""

import numpy as np
import pytest

from dispatchml.backends.native import layout
from dispatchml.backends.native.machine import Machine

pytestmark = pytest.mark.skipif(bool(layout.reason_against()), reason=layout.reason_against() or "machine code runs")

SHAPES = [
    (1,), (7,), (8,), (16,), (17,), (129,), (1000,), (3, 5), (10, 4), (4, 1), (1, 4), (100, 20), (20, 100), (1000, 4),
    (3, 4, 5), (8, 16, 3), (2, 1, 3, 4), (0,), (0, 3), (3, 0), (), (70, 70),
]  # fmt: skip


@pytest.fixture(scope="module")
def machine():
    return Machine()


def start_of(ufunc):
    """What changes nothing: 0.0 or -0.0 for sums, by NumPy's version; nan where nothing is known to."""
    return float(np.add.reduce(np.array([-0.0]))) if ufunc is np.add else np.nan


@pytest.mark.parametrize("dtype", "df")
@pytest.mark.parametrize("ufunc", [np.add, np.maximum, np.minimum], ids=lambda u: u.__name__)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_reductions(machine, ufunc, shape, dtype):
    def by_numpy(x, axis, keepdims):
        return ufunc.reduce(x, axis, None, None, keepdims)

    fast = machine.reduce(ufunc, start_of(ufunc), by_numpy)
    rng = np.random.default_rng(0)
    x = np.asarray(rng.standard_normal(shape)).astype(dtype)
    spoiled = x.copy()
    if x.size and x.ndim:
        spoiled.flat[rng.integers(0, x.size)] = np.nan
    zeros = np.full(shape, -0.0, dtype)
    signed = np.copysign(zeros, x)  # which zero of several a maximum gives depends on the order
    for y in (x, spoiled, zeros, signed, np.minimum(signed, x), x.T, x[::-1] if x.ndim else x, np.asfortranarray(x)):
        for axis in (None, *range(-len(shape), len(shape)), (0, 1), 7, -7, True, 2**80):
            for keepdims in (False, True):
                assert answer(fast, y, axis, keepdims) == answer(by_numpy, y, axis, keepdims), (axis, keepdims)


def answer(function, *arguments):
    """A result as something that compares bit by bit, or the class of the error."""
    try:
        y = function(*arguments)
    except Exception as error:
        return type(error)
    return type(y), y.dtype, y.shape, np.asarray(y).tobytes()


@pytest.mark.parametrize("dtype", "dfD")
@pytest.mark.parametrize(
    "shapes",
    [
        ((3, 4), (4, 5)), ((3, 4), (4,)), ((4,), (4, 5)), ((4,), (4,)), ((1, 1), (1,)), ((1, 4), (4, 1)),
        ((2, 3, 4), (4, 5)), ((0, 4), (4, 2)), ((3, 0), (0, 2)), ((3, 4), (3, 4)), ((), (3,)), ((40, 40), (40, 40)),
        ((17, 3), (3, 9)),
    ],
    ids=str,
)  # fmt: skip
def test_products(machine, shapes, dtype):
    fast = machine.matmul(np.matmul)
    rng = np.random.default_rng(1)
    a, b = (np.asarray(rng.standard_normal(s)).astype(dtype) for s in shapes)
    layouts = (lambda x: x, np.asfortranarray, lambda x: np.repeat(x, 2, axis=-1)[..., ::2] if x.ndim else x)
    for first in layouts:
        for second in layouts:
            assert answer(fast, first(a), second(b)) == answer(np.matmul, first(a), second(b))
    other = b.real.astype("f")
    assert answer(fast, a, other) == answer(np.matmul, a, other)


def test_a_product_that_overflows_warns_as_numpys(machine):
    fast, huge = machine.matmul(np.matmul), np.full((2, 2), 1e300)
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        fast(huge, huge)
    with np.errstate(over="ignore"):
        assert np.isinf(fast(huge, huge)).all()
