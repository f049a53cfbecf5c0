"""Where derivatives are matters of convention: docs/conventions.md."""

import math

import numpy as np
import pytest

from .running import reverse


def not_taken(x, y):
    root = math.sqrt(x)
    return root if y > 0 else y


def where(x, y):
    return np.where(x > 0, np.log(x), 0.0) * y


def quotient(x, y):
    slope = y / x
    return slope if x > 0 else y


def absolute(x, y):
    return abs(x) * y


def powers(x, y):
    return x**0 + x**1 + x**2 + y**3


def power(x, y):
    return x**y


def largest(x, y):
    return max(x, y) + 3 * min(x, y)


def largest_of_numpy(x, y):
    return np.maximum(x, y) + 3 * np.minimum(x, y)


def largest_of_three(x, y):
    return np.max(np.array([x, y, x, 0.0]))


def norm(x, y):
    return np.linalg.norm(np.array([x, y]))


def hypotenuse(x, y):
    return math.hypot(x, y)


def root(x, y):
    return math.sqrt(x) * y


def steps(x, y):
    return math.floor(x) * y + int(y) * x + round(x) + x % 2.0 + x // 2.0


@pytest.mark.parametrize(
    ("function", "point", "expected"),
    [
        (not_taken, (0.0, -1.0), (0.0, 1.0)),
        (not_taken, (0.0, 1.0), (np.inf, 0.0)),
        (where, (0.0, 2.0), (0.0, 0.0)),
        (quotient, (0.0, 2.0), (0.0, 1.0)),
        (absolute, (0.0, 2.0), (0.0, 0.0)),
        (powers, (0.0, 0.0), (1.0, 0.0)),
        (powers, (-2.0, -3.0), (-3.0, 27.0)),
        (power, (0.0, 2.0), (0.0, 0.0)),
        (power, (2.0, 3.0), (12.0, 8.0 * math.log(2.0))),
        (largest, (2.0, 2.0), (4.0, 0.0)),
        (largest_of_numpy, (2.0, 2.0), (2.0, 2.0)),
        (largest, (2.0, 3.0), (3.0, 1.0)),
        (largest_of_three, (1.0, 1.0), (2 / 3, 1 / 3)),
        (norm, (0.0, 0.0), (0.0, 0.0)),
        (norm, (3.0, 4.0), (0.6, 0.8)),
        (hypotenuse, (0.0, 0.0), (0.0, 0.0)),
        (root, (0.0, 1.0), (np.inf, 0.0)),
        (root, (0.0, 0.0), (0.0, 0.0)),
        (steps, (2.5, 3.7), (4.0, 2.0)),
    ],
    ids=lambda v: getattr(v, "__name__", None),
)
def test_conventions(function, point, expected):
    with np.errstate(all="ignore"):
        _, cotangents = reverse(function, 1.0, 1.0)(*map(np.float64, point), 1.0)
    assert np.array_equal(cotangents, expected) or np.allclose(cotangents, expected, rtol=1e-14)


def test_a_zero_cotangent_gives_zero():
    for function in (where, quotient, power, norm, hypotenuse, root):
        with np.errstate(all="ignore"):
            _, cotangents = reverse(function, 1.0, 1.0)(np.float64(0.0), np.float64(0.0), 0.0)
        assert list(cotangents) == [0.0, 0.0], function.__name__


def scaled(x, a, n):
    total = 0.0
    for i in range(n):
        total += x * a[i]
    return total


def test_single_precision_and_integers():
    a = np.array([0.5, 2.0], np.float32)
    _, (dx, da, dn) = reverse(scaled, np.float32(1.5), a, 2)(np.float32(1.5), a, 2, np.float32(1.0))
    assert type(dx) is np.float32
    assert da.dtype == np.float32
    assert dn == 0.0
    assert (dx, *da) == (2.5, 1.5, 1.5)
    whole = np.array([1, 2])
    _, (dx, da, _) = reverse(scaled, 1.5, whole, 2)(1.5, whole, 2, 1.0)
    assert (dx, *da) == (3.0, 0.0, 0.0)
