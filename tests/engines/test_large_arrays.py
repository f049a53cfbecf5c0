"""Backward functions of large arrays write over intermediate results: the same numbers as those of small ones."""

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
