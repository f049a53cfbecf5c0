"""Backward loops read what the forward loop has computed at some cost; the derivatives are the same."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.control import residuals


def network(w, xs):
    def step(h, x):
        h = np.tanh(w @ h + x)
        return h, h

    h, ys = dm.scan(step, np.zeros(3), xs)
    return np.sum(ys**2) + np.sum(h)


def repeated(x, n):
    return dm.while_loop(lambda s: s[0] < n, lambda s: (s[0] + 1, np.exp(np.sin(s[1] * x)) - 1.0), (0, x))[1]


GENERATOR = np.random.default_rng(0)
W, XS = GENERATOR.normal(size=(3, 3)), GENERATOR.normal(size=(7, 3))


def loops_of(program):
    """The lines of a program's listing that are operations."""
    return [line.strip() for line in program.partition("define")[0].split("\n") if " = " in line]


def test_costly_operations_are_done_once():
    lines = loops_of(dm.jit(dm.grad(network)).lower(W, XS))
    assert sum("tanh(" in line for line in lines) == 1
    assert sum("matmul(" in line for line in lines) == 2  # W h, and its transpose on the way back
    lines = loops_of(dm.jit(dm.grad(repeated)).lower(0.5, 10.0))
    assert sum("exp(" in line for line in lines) == 1


@pytest.mark.parametrize("few", [0, 1 << 21])
def test_the_derivatives_are_the_same(monkeypatch, few):
    monkeypatch.setattr(residuals, "FEW", few)
    monkeypatch.setattr(residuals, "MOST_KEPT", few)
    np.testing.assert_allclose(dm.jit(dm.grad(network))(W, XS), dm.grad(network)(W, XS), rtol=1e-12)
    found = dm.jit(lambda w: dm.hvp(lambda w: network(w, XS), (w,), (w,)))(W)
    np.testing.assert_allclose(found, dm.hvp(lambda w: network(w, XS), (W,), (W,)), rtol=1e-11)
    batch = np.stack([W, 2 * W])
    expected = [dm.grad(network)(w, XS) for w in batch]
    np.testing.assert_allclose(dm.jit(dm.vmap(dm.grad(network), in_axes=(0, None)))(batch, XS), expected, rtol=1e-12)

    def rows(w):
        return dm.scan(lambda h, x: (np.tanh(w @ h + x),) * 2, np.zeros(3), XS)[1]

    np.testing.assert_allclose(dm.jit(dm.jacrev(rows))(W), dm.jacfwd(rows)(W), rtol=1e-11)
    compiled = dm.jit(dm.grad(repeated))
    for n in (0.0, 5.0, 40.0):
        assert compiled(0.5, n) == pytest.approx(dm.grad(repeated)(0.5, n), rel=1e-12)


def test_within_another_loop():
    def outer(w):
        return dm.fori_loop(0, 3, lambda i, v: v * 0.5 + network(w * v, XS), 1.0)

    np.testing.assert_allclose(dm.jit(dm.grad(outer))(W), dm.grad(outer)(W), rtol=1e-11)
