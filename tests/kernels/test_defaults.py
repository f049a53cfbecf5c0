"""Tests of dispatchml.kernels.defaults: helpers that call themselves and leave arguments out."""

import math

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.kernels.errors import KernelError


def power(a, n=3, scale=0.5):
    return a if n == 0 else a * power(a * 0.9, n - 1) + scale


def total(x):
    return power(x[0]) + power(x[1], 2) * power(x[0], scale=2.0) + power(a=x[1], n=1)


def test_helpers_with_defaults_that_call_themselves():
    k, x = dm.kernel(total), np.array([0.8, 1.3])
    assert k(x) == pytest.approx(total(x), rel=1e-14)
    steps = 1e-6 * np.eye(2)
    slopes = [(total(x + h) - total(x - h)) / 2e-6 for h in steps]
    assert np.allclose(dm.grad(k)(x), slopes, rtol=1e-7)
    assert np.allclose(dm.jvp(k, (x,), (x,))[1], np.dot(slopes, x), rtol=1e-7)


@pytest.mark.parametrize(
    ("f", "said"),
    [
        (
            lambda x: np.where(x[0] > 0, x[0], x[1]) * x[0],
            "np.where of numbers",
        ),
        (lambda x: x[0] * math.factorial(3), "`math.factorial` cannot be compiled"),
    ],
    ids=["where", "factorial"],
)
def test_what_cannot_be_compiled_says_what_to_write(f, said):
    with pytest.raises(KernelError) as caught:
        dm.kernel(f)(np.ones(2))
    assert said in str(caught.value)
    assert "test_defaults.py" in str(caught.value)
