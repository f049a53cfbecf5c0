"""Backward functions of large arrays write over intermediate results: the same numbers as those of small ones."""

import os
import subprocess
import sys

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.engines.elementwise_backward import LARGE
from dispatchml.rules.registry import RULES

OPERATIONS = sorted(
    op.name
    for op, rule in RULES.items()
    if rule.kind == "elementwise" and op.module.startswith("dispatchml.ops") and not op.keywords and all(rule.partials)
)
PIECES = 40


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_large_arrays_have_the_derivatives_of_their_pieces(name):
    op = getattr(ops, name)
    rng = np.random.default_rng(0)
    given = tuple(rng.uniform(0.1, 0.9, LARGE + PIECES - LARGE % PIECES) for _ in range(op.info.arity))
    kept = tuple(x.copy() for x in given)
    argnums = tuple(range(op.info.arity))

    def total(*arguments):
        return np.sum(op(*arguments) * 2.0)

    whole = dm.grad(total, argnums)(*given)
    pieces = [dm.grad(total, argnums)(*parts) for parts in zip(*(np.split(x, PIECES) for x in given), strict=True)]
    for k in argnums:
        np.testing.assert_array_equal(whole[k], np.concatenate([p[k] for p in pieces]))
        np.testing.assert_array_equal(given[k], kept[k])


@pytest.mark.parametrize("name", ["log", "sqrt", "reciprocal", "arcsin"])
def test_zero_cotangents_win_in_large_arrays(name):
    op = getattr(ops, name)
    x = np.full(LARGE, 0.5)
    x[::7] = {"arcsin": 1.0}.get(name, 0.0)
    with np.errstate(all="ignore"):
        g = dm.grad(lambda x: np.sum(np.where(x == 0.5, op(x), 0.0)))(x)
    assert np.isfinite(g).all()
    assert (g[::7] == 0).all()
    assert (g[1::7] != 0).all()


@pytest.mark.parametrize("native", ["0", "1"])
def test_slices_of_one_array_give_one_cotangent(native):
    program = """
import numpy as np, dispatchml as dm
from dispatchml.engines.tape import IN_PLACE_SIZE
for dtype in (np.float64, np.float32):
    for n in (12, 4 * IN_PLACE_SIZE):
        x = np.linspace(0.5, 1.5, n, dtype=dtype)
        def f(x):
            y = 3 * x
            return np.sum(y[1:] * y[:-1]) + np.sum(y[::-1] ** 2) + np.sum(y[2:5]) + np.sum(np.sin(y))
        y = 3 * x
        wanted = 2 * y + np.cos(y)
        wanted[1:] += y[:-1]
        wanted[:-1] += y[1:]
        wanted[2:5] += 1
        found = dm.grad(f)(x)
        assert found.dtype == dtype and found.flags.writeable
        np.testing.assert_allclose(found, 3 * wanted, rtol=2e-6)
        np.testing.assert_allclose(dm.jacfwd(f)(x), found, rtol=2e-6)
        second = dm.hvp(f, (x,), (np.ones_like(x),))
        np.testing.assert_allclose(second, dm.grad(lambda x: np.sum(dm.grad(f)(x)))(x), rtol=2e-5)
    y, pull = dm.vjp(lambda x: (x[1:], x[:-1]), x)  # cotangents of the caller's are not written into
    given = (np.ones(n - 1, dtype), np.ones(n - 1, dtype))
    assert pull(given)[0].sum() == pull(given)[0].sum() == 2 * (n - 1)
    assert all((g == 1).all() for g in given)
"""
    environment = {k: v for k, v in os.environ.items() if k != "DISPATCHML_NATIVE"} | {"DISPATCHML_NATIVE": native}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr


def test_infinities_that_meet_in_the_cotangent_of_a_slice():
    n = 4096
    large = np.full(n - 1, 1e300)

    def f(x):
        y = x + 0
        return np.sum(y[1:] * large * 1e200) - np.sum(y[:-1] * large * 1e200) + np.sum(y[:2])

    with np.errstate(all="ignore"):
        found = dm.grad(f)(np.ones(n))
    assert np.isnan(found[1:-1]).all()
    assert found[0] == -np.inf
    assert found[-1] == np.inf


@pytest.mark.parametrize("axis", [None, 0, 1, 2, -1, -2, -3])
@pytest.mark.parametrize("keepdims", [False, True])
def test_cotangents_of_sums_are_spread(axis, keepdims):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 4))
    w = rng.standard_normal(np.sum(x, axis=axis, keepdims=keepdims).shape)
    found = dm.grad(lambda x: np.sum(w * np.sum(x, axis=axis, keepdims=keepdims)))(x)
    spread = w if keepdims or axis is None else np.expand_dims(w, axis)
    assert np.array_equal(found, np.broadcast_to(spread, x.shape))
    assert found.flags.writeable
