"""Tests of dispatchml.kernels.reverse.lengths: arrays that change their shape from round to round."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.kernels.reverse import stacks

from .running import reverse


def emptied(x, n):
    rest, total = x.copy(), 0.0
    while len(rest) > 0:
        total += rest[0] * rest.sum()
        rest = rest[1:]
    return total + n


def shortened(x, n):
    rest, total = x * 1.0, 0.0
    for i in range(n):
        total += rest[0] * rest[-1] * (i + 1)
        rest = rest[:-1]
    return total


def doubled(x, n):
    longer, total = x.copy(), 0.0
    for _ in range(n):
        total += longer[0] * longer.sum()
        more = np.empty(2 * len(longer))
        for i in range(len(longer)):
            more[2 * i] = longer[i] * x[0]
            more[2 * i + 1] = longer[i] + x[1]
        longer = more
    return total + (longer * longer).sum()


def first_is_another(x, n):
    y, total = x.copy(), 0.0
    for i in range(n):
        total += (y * y).sum() * (i + 1)
        y = x[:2] * total
    return total + y[0]


def minors(x, n):
    square, total = np.outer(x, x) + x, 0.0
    for i in range(n):
        total += square[0, 0] * square.sum() * (i + 1)
        square = square[1:, :-1]
    return total


def rows(x, n):
    square, total = np.outer(x, x), 0.0
    part = x.copy()
    for i in range(n):
        total += part.sum() * part[-1]
        part = square[i, i:]
    return total


FUNCTIONS = [emptied, shortened, doubled, first_is_another, minors, rows]
X = np.array([0.8, -1.2, 0.5, 1.3, 0.4, -0.7])


def slopes(f, n):
    steps = 1e-6 * np.eye(len(X))
    return np.array([(f(X + h, n) - f(X - h, n)) / 2e-6 for h in steps])


@pytest.mark.parametrize("f", FUNCTIONS)
def test_cotangents_have_the_shape_of_their_round(f):
    value, (gradient, _) = reverse(f, X, 3)(X, 3, 1.0)
    assert value == pytest.approx(f(X, 3), rel=1e-12)
    assert np.allclose(gradient, slopes(f, 3), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_arrays_that_change_their_shape_with_segments(f, monkeypatch):
    monkeypatch.setattr(stacks, "LIMIT", 3)
    _, (gradient, _) = reverse(f, X, 5, checkpoints=True)(X, 5, 1.0)
    assert np.allclose(gradient, slopes(f, 5), rtol=1e-6, atol=1e-6)


def test_compiled():
    assert np.allclose(dm.grad(dm.kernel(emptied))(X, 1), slopes(emptied, 1), rtol=1e-6)
