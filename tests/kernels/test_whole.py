"""Tests of dispatchml.kernels.whole: whole numbers fail where Python's and NumPy's do."""

import numpy as np
import pytest

import dispatchml as dm


@dm.kernel
def divided(a, b):
    return a // b


@dm.kernel
def remainder(a, b):
    return a % b


@dm.kernel
def both(a, b):
    q, r = divmod(a, b)
    return q + r


@dm.kernel
def in_place(a, b):
    a //= b
    return a


@pytest.mark.parametrize("f", [divided, remainder, both, in_place], ids=lambda f: f.__name__)
def test_division_by_zero_raises(f):
    with pytest.raises(ZeroDivisionError, match=r"test_whole.py:\d+"):
        f(1, 0)
    for a in (7, -7):
        assert [f(a, 2), f(a, -3)] == [f.py_func(a, 2), f.py_func(a, -3)]


@dm.kernel
def power(n, m):
    return n**m


@dm.kernel
def inverse_square(n):
    return n**-2


def test_negative_powers_of_whole_numbers_raise():
    assert power(-3, 3) == -27
    assert power(2.0, -1) == 0.5
    for call in (lambda: power(2, -1), lambda: inverse_square(2), lambda: inverse_square(np.array([2, 4]))):
        with pytest.raises(ValueError, match=r"negative power.*float\(n\)"):
            call()
    assert inverse_square(2.0) == 0.25
    assert dm.grad(inverse_square)(2.0) == -0.25


def test_numbers_of_more_than_64_bits_are_refused():
    with pytest.raises(TypeError, match=r"64 bits.*test_whole.py:\d+"):
        divided(2**70, 3)
