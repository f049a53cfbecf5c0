"""Whether values hold nan or inf, through arrays, numbers, traced values and layers."""

import math
import warnings

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.engines.choices import has_nan, has_non_finite

VALUES = [
    (1.0, False, False),
    (math.inf, False, True),
    (math.nan, True, True),
    (np.float32(math.nan), True, True),
    (np.array([1e200, -1e200]), False, None),
    (np.array([math.inf, -math.inf]), False, True),
    (np.array([[1.0, math.nan]]), True, True),
    (np.array([math.nan], dtype=np.float32), True, True),
    (np.array([complex(1.0, math.inf), complex(-math.inf, 2.0)]), False, True),
    (np.array([complex(1.0, math.nan)]), True, True),
    (np.zeros(0), False, False),
    (np.array([1, 2]), False, False),
    (np.array(["a"]), False, False),
    ("text", False, False),
    (None, False, False),
]


@pytest.mark.parametrize(("value", "nan", "other"), VALUES, ids=repr)
def test_plain_values(value, nan, other):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert has_nan(value) is nan
        if other is not None:
            assert has_non_finite(value) == other


@pytest.mark.parametrize("number", [1.0, math.inf, math.nan])
def test_traced_values(number):
    seen = []

    def f(x):
        seen.append((has_nan(x), has_non_finite(x)))
        return np.sum(x)

    expected = (math.isnan(number), not math.isfinite(number))
    x = np.array([number, 2.0])
    dm.grad(f)(x)
    dm.jvp(f, (x,), (x,))
    dm.hvp(f, (x,), (np.ones(2),))
    dm.vmap(f)(np.stack([x, x]))
    assert set(seen) == {expected}
