"""Products of small matrices, einsum, and positions of the largest become parts of loops."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.compile import build
from dispatchml.compile.graph import evaluate

from ..programs import assert_alike, traced

RNG = np.random.default_rng(2)
SIZES = {"i": 3, "j": 4, "k": 5, "l": 40, "m": 60, "b": 7, "v": 50}
EINSUMS = [
    "bij,vj,vb->vi", "ij,jk->ik", "ij,jk->ki", "lm,mv->lv", "blm,bmv->bvl", "ij,ij->i", "i,j->ij", "ijk,k->j",
    "i,i,i->i", "ij,jk,kl->il", "lm,lm,m->l", "ijk,jkl,kb->bl", "lmv,vb,mk->lbk", "ij,j,j->i",
]  # fmt: skip


@pytest.mark.parametrize("subscripts", EINSUMS)
def test_einsum_two_arrays_at_a_time(subscripts):
    given, _ = subscripts.split("->")
    arrays = [RNG.normal(size=[SIZES[label] for label in labels]) for labels in given.split(",")]

    def product(*arrays):
        return np.einsum(subscripts, *arrays)

    compiled = dm.jit(product)
    assert_alike(compiled(*arrays), product(*arrays), 1e-11)
    assert " 0 calls from Python" in compiled.report(*arrays)
    gradient = dm.grad(lambda *arrays: np.sum(np.sin(product(*arrays))))
    np.testing.assert_allclose(dm.jit(gradient)(*arrays), gradient(*arrays), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("subscripts", ["ij,ij->", "ii,ij->j", "i...,j->...ij", "ij,kl->"])
def test_other_einsums_are_calls(subscripts):
    shapes = {"ii": (3, 3), "i...": (3, 2)}
    given, _ = subscripts.split("->")
    arrays = [RNG.normal(size=shapes.get(s, [SIZES[c] for c in s if c != "."])) for s in given.split(",")]
    found, wanted = dm.jit(lambda *x: np.einsum(subscripts, *x))(*arrays), np.einsum(subscripts, *arrays)
    assert type(found) is type(wanted)
    np.testing.assert_allclose(found, wanted, rtol=1e-13)


def test_axes_of_size_one_beside_others():
    a, b = RNG.normal(size=(3, 1)), RNG.normal(size=(4, 5))
    np.testing.assert_allclose(dm.jit(lambda a, b: np.einsum("ij,jk->ik", a, b))(a, b), np.einsum("ij,jk->ik", a, b))


def test_small_products_are_in_loops():
    a, b = RNG.normal(size=(26, 4, 4)), RNG.normal(size=(4, 4))

    def function(a, b):
        return (a @ b)[:, :3] @ np.transpose(a, (0, 2, 1))[:, :, :3]

    program = traced(function, a, b)
    executable = build(program)
    assert_alike(executable(a, b)[0], evaluate(program, (a, b))[0], 1e-13)
    assert executable.report().startswith("5 operations in 1 kernels and 0 calls")


@pytest.mark.parametrize("shape", [(400, 30), (400, 1), (20, 20, 30), (9, 3000)])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("function", [np.argmin, np.argmax])
def test_positions_of_the_first_smallest_and_largest(function, dtype, shape):
    x = RNG.normal(size=shape).round(1).astype(dtype)
    x[3, ..., -1] = x[3, ..., 0] = np.nan
    x[4], x[5], x[6, ..., ::2] = 1.0, np.inf, -np.inf
    x[7], x[7, ..., ::2] = 0.0, -0.0
    for keepdims in (False, True):
        compiled = dm.jit(lambda x, keepdims=keepdims: function(x, axis=-1, keepdims=keepdims))
        assert_alike(compiled(x), function(x, axis=-1, keepdims=keepdims))
        assert shape[-1] == 1 or "0 calls" in compiled.report(x)


def test_sums_that_are_stretched_are_done_once():
    p, c = RNG.normal(size=(3000, 8)), RNG.normal(size=(100, 8))

    def nearest(p, c):
        d = np.sum(c * c, axis=1) - 2 * p @ c.T
        return np.argmin(d, axis=1), np.min(d, axis=1)

    compiled = dm.jit(nearest)
    for found, wanted in zip(compiled(p, c), nearest(p, c), strict=True):
        assert_alike(found, wanted, 1e-12)
    assert ": 100 x 8," in compiled.report(p, c)
