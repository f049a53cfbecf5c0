"""Tests of what comes of float32 beside Python's numbers, NumPy's numbers and arrays: as NumPy does, or refused."""

import math

import numpy as np
import pytest

import dispatchml as dm

TABLE, COUNTS, SINGLE, DOUBLE = np.array([0.1, 0.2]), np.array([3, 4]), np.float32(1.5), np.float64(0.1)


def arithmetic(x):
    return (1 - x) * (2.0 + x) / (x + 0.1) - x**2 + x**0.5 + 2.0**x - x // 0.3 + x % 0.3


def functions(x):
    return np.maximum(x, 0.3) + np.hypot(x, 3) * np.arctan2(x, 2.0) + np.clip(x, 0.2, 0.6) - abs(-x) * np.pi


def compared(x):
    return np.where(x > 0.7, x, 0.1), np.where(x == 0.7, 2.0, x)


def single(x):
    return x * SINGLE + np.float32(0.1) * 0.3


def rounded(x):
    y = np.zeros(3, np.float32)
    y[0], y[1], y[2] = 0.1, TABLE[0] * 3.0, np.sum(x) / 7
    return y


def array(x):
    return x * TABLE, TABLE + 0.1 * x


def accumulated(x):
    s = 0.0
    for i in range(len(TABLE) + 5):
        s += x * 0.1 + i / 3
    return s * 0.3


def by_math(x):
    return x * math.sin(0.3), math.exp(x) * 0.1, float(x) * 0.1, max(x, 0.1) * np.pi


def helped(x):
    return product(x, 0.1) + product(0.3, x) * 0.7


def product(a, b):
    return a * b


def converted(x):
    return np.float64(x) * TABLE[0], x * np.float32(TABLE[1]), x * float(TABLE[0])


ARRAYS = (arithmetic, functions, compared, single, rounded, array)
NUMBERS = (*ARRAYS, accumulated, by_math, helped, converted)
GIVEN = [(f, np.float32(0.7)) for f in NUMBERS] + [(f, np.array([0.7, 0.4], np.float32)) for f in ARRAYS]


@pytest.mark.parametrize(("f", "x"), GIVEN, ids=[f"{f.__name__}-{np.ndim(x)}d" for f, x in GIVEN])
def test_values_and_dtypes_are_numpys(f, x):
    found, wanted = dm.kernel(f)(x), f(x)
    if type(wanted) is not tuple:
        found, wanted = (found,), (wanted,)
    for y, z in zip(found, wanted, strict=True):
        assert np.asarray(y).dtype == np.asarray(z).dtype
        np.testing.assert_allclose(y, z, rtol=2e-6 if np.asarray(z).dtype == np.float32 else 1e-15)


@pytest.mark.parametrize("f", [arithmetic, accumulated, helped], ids=lambda f: f.__name__)
def test_derivatives_are_of_the_argument_s_dtype(f):
    k, x, h = dm.kernel(f), np.float32(0.55), 1e-6
    wanted = (f(np.float64(0.55 + h)) - f(np.float64(0.55 - h))) / (2 * h)
    for found in (dm.grad(k)(x), dm.derivative(k)(x), dm.jvp(k, (x,), (np.float32(1),))[1]):
        assert np.asarray(found).dtype == np.float32
        np.testing.assert_allclose(found, wanted, rtol=2e-6)


def test_derivatives_by_the_array_of_more_digits():
    k = dm.kernel(lambda x, t: np.sum(x * t))
    x, t = np.array([0.1, 0.7], np.float32), np.array([0.3, 1 / 3])
    np.testing.assert_array_equal(dm.grad(k, argnums=1)(x, t), x.astype(float))
    np.testing.assert_array_equal(dm.jacfwd(k, argnums=1)(x, t), x.astype(float))


def element(x):
    return x * TABLE[1]


def whole_element(x):
    return x * COUNTS[1]


def of_numpy(x):
    return x * np.sqrt(2.0)


def total(x):
    return x + TABLE.sum()


def iterated(x):
    s = 0.0
    for v in TABLE:
        s += v * x
    return s


def handed_on(x):
    return product(x, TABLE[0])


def result_of_helper(x):
    return x * sine()


def sine():
    return np.sin(0.5)


def one_or_the_other(x):
    return TABLE[0] if x > 0 else x


def listed(x):
    return np.array([x, 0.1])[1]


@pytest.mark.parametrize(
    "f",
    [element, whole_element, of_numpy, total, iterated, handed_on, result_of_helper, one_or_the_other, listed],
    ids=lambda f: f.__name__,
)
def test_numbers_of_numpy_s_that_meet_float32_are_refused(f):
    with pytest.raises(TypeError, match=r"at .*test_promotion.py:\d+\): a (number|list) .* np.float32\(a\) beside x"):
        dm.kernel(f)(np.float32(0.7))
    assert dm.kernel(f)(0.7) == f(0.7)


def whole_array(x):
    return x * COUNTS


def test_arrays_of_whole_numbers_and_float32():
    k = dm.kernel(whole_array)
    assert k(np.float32(0.7)).dtype == np.float64
    with pytest.raises(TypeError, match=r"at .*test_promotion.py:\d+\): .* n.astype\(np.float32\) \* x"):
        k(np.ones(2, np.float32))


def outside(x):
    return x * DOUBLE


def test_numbers_of_numpy_s_as_arguments():
    k = dm.kernel(product)
    for x in (np.float32(0.7), np.array([0.7], np.float32)):
        assert k(x, 0.1).dtype == np.float32
        for refused in (lambda x=x: k(x, np.float64(0.1)), lambda x=x: dm.kernel(outside)(x)):
            with pytest.raises(TypeError, match=r"float64 that meets a float32 \(at .*test_promotion.py"):
                refused()
    assert k(0.7, np.float64(0.1)) == 0.7 * 0.1
